//! `ironpost domain list`.

use super::desk::{DeskArgs, Opened, absent, failed};
use super::format::LineFormat;
use super::{times, wording};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style};
use clap::Args;
use ironpost_hosting::operations::list::{Alarmed, PAGE};
use ironpost_proto::lifecycle::{Life, State, Version};
use ironpost_store::hosting::domains::Hosted;
use serde::Serialize;
use std::io::Write;

/// List the hosted domains
///
/// Of a domain with which something is wrong it says what; `ironpost domain show` says more.
///
/// What is gone is not among them; `ironpost domain history` still tells of it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// Only those in this state: pending, delegated, certified, testing, enforce, withdrawing,
    /// gone
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<State>,

    /// How each domain is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LineFormat::Text)]
    format: LineFormat,

    #[command(flatten)]
    desk: DeskArgs,
}

/// A domain, as a program reads it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    domain: &'a str,
    state: &'static str,
    since: String,
    version: Option<u32>,
    id: Option<&'a str>,
    mode: Option<&'static str>,
    mx: Vec<String>,
    alerts: &'a [String],
}

/// Runs the command. Domains are written as they come: there may be a hundred thousand.
pub(super) async fn run(args: ListArgs, console: &Console) -> Result<Exit, Failure> {
    if let Some(not_there) = absent(&args.desk.settle()?) {
        console.note(&not_there.to_string());
        return Ok(Exit::Clean);
    }
    let Opened { desk, .. } = args.desk.open().await?;
    let alarmed = desk.alarmed().await.map_err(failed)?;
    let style = console.stdout_style();
    let mut out = std::io::BufWriter::new(console.stdout_writer());
    let mut last = None;
    let mut none = true;
    loop {
        let page = desk.list(args.state, last.as_ref()).await.map_err(failed)?;
        none &= page.is_empty();
        let lines = match args.format {
            LineFormat::Text => table(&page, &alarmed, style),
            LineFormat::Jsonl => page
                .iter()
                .map(|hosted| serde_json::to_string(&Listed::of(hosted, wrong(hosted, &alarmed))))
                .collect::<Result<_, _>>()
                .map_err(Failure::usage)?,
        };
        for line in lines {
            writeln!(out, "{line}").map_err(Failure::stdout)?;
        }
        match page.last() {
            Some(hosted) if page.len() == usize::try_from(PAGE).unwrap_or(usize::MAX) => {
                last = Some(hosted.name.clone());
            }
            _ => break,
        }
    }
    out.flush().map_err(Failure::stdout)?;
    if none {
        console.note(match args.state {
            None => "No domain is hosted; `ironpost domain add DOMAIN` begins.",
            Some(_) => "No domain is in that state; `ironpost domain list` has them all.",
        });
    }
    Ok(Exit::Clean)
}

impl<'a> Listed<'a> {
    fn of(hosted: &'a Hosted, alerts: &'a [String]) -> Self {
        let version = listed(&hosted.life);
        Self {
            domain: hosted.name.as_str(),
            state: hosted.life.state.as_str(),
            since: times::stamp(hosted.life.since),
            version: version.map(|version| version.number),
            id: version.map(|version| version.id.as_str()),
            mode: version.map(|version| version.policy.mode.as_str()),
            mx: version.iter().flat_map(|v| &v.policy.mx).map(ToString::to_string).collect(),
            alerts,
        }
    }
}

/// A line for each domain of a page, its columns one below the other.
fn table(page: &[Hosted], alarmed: &Alarmed, style: Style) -> Vec<String> {
    let since = |life: &Life| format!("{} since {}", life.state.as_str(), times::stamp(life.since));
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default();
    let domains = widest(&mut page.iter().map(|hosted| hosted.name.as_str().len()));
    let states = widest(&mut page.iter().map(|hosted| since(&hosted.life).len()));
    let line = |hosted: &Hosted| {
        let (domain, state) = (hosted.name.as_str(), since(&hosted.life));
        let policy = listed(&hosted.life).map_or_else(
            || "no policy yet".to_owned(),
            |version| {
                let policy = &version.policy;
                format!("version {}, {}{}", version.number, policy.mode, wording::hosts(policy))
            },
        );
        let wrong = match wrong(hosted, alarmed) {
            [] => String::new(),
            kinds => format!("  {}", style.error(&format!("wrong: {}", kinds.join(", ")))),
        };
        format!("{domain:domains$}  {state:states$}  {policy}{wrong}")
    };
    page.iter().map(line).collect()
}

/// What is wrong with a domain.
fn wrong<'a>(hosted: &Hosted, alarmed: &'a Alarmed) -> &'a [String] {
    alarmed.get(&hosted.id).map(Vec::as_slice).unwrap_or_default()
}

/// The version that is listed: the one that is shown, or else the newest.
fn listed(life: &Life) -> Option<&Version> {
    life.shown.and_then(|number| life.version(number)).or(life.latest())
}

fn state(text: &str) -> Result<State, String> {
    State::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
        let known = State::ALL.map(State::as_str).join(", ");
        format!("expected one of {known}")
    })
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain list
  ironpost domain list --state pending
  ironpost domain list --format jsonl | jq -r 'select(.mode == \"testing\") | .domain'";
