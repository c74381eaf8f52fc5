//! `ironpost domain list`.

use super::desk::{DeskArgs, Opened};
use super::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::{Args, ValueEnum};
use ironpost_hosting::operations::list::PAGE;
use ironpost_proto::lifecycle::State;
use ironpost_store::hosting::domains::Hosted;
use serde::Serialize;
use std::io::Write;

/// List the hosted domains
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// Only those in this state: pending, delegated, certified, testing, enforce, withdrawing
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<State>,

    /// How each domain is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for people
    Text,
    /// A JSON object a line
    Jsonl,
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
}

/// Runs the command. Domains are written as they come: there may be a hundred thousand.
pub(super) async fn run(args: ListArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let mut out = std::io::BufWriter::new(console.stdout_writer());
    let mut last = None;
    let mut none = true;
    loop {
        let page = desk.list(args.state, last.as_ref()).await.map_err(Failure::usage)?;
        for hosted in &page {
            none = false;
            let line = match args.format {
                Format::Text => line(hosted),
                Format::Jsonl => {
                    serde_json::to_string(&Listed::from(hosted)).map_err(Failure::usage)?
                }
            };
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
        console.note("No such domain is hosted; `ironpost domain add DOMAIN` begins.");
    }
    Ok(Exit::Clean)
}

impl<'a> From<&'a Hosted> for Listed<'a> {
    fn from(hosted: &'a Hosted) -> Self {
        let version = hosted.life.shown.and_then(|number| hosted.life.version(number));
        let version = version.or(hosted.life.latest());
        Self {
            domain: hosted.name.as_str(),
            state: hosted.life.state.as_str(),
            since: times::stamp(hosted.life.since),
            version: version.map(|version| version.number),
            id: version.map(|version| version.id.as_str()),
            mode: version.map(|version| version.policy.mode.as_str()),
            mx: version.iter().flat_map(|v| &v.policy.mx).map(ToString::to_string).collect(),
        }
    }
}

fn line(hosted: &Hosted) -> String {
    let Listed { domain, state, since, version, mode, mx, .. } = Listed::from(hosted);
    let policy = match (version, mode) {
        (Some(version), Some(mode)) => format!("version {version}, {mode}, mx {}", mx.join(" ")),
        _ => "no policy yet".to_owned(),
    };
    format!("{domain}  {state} since {since}  {policy}")
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
