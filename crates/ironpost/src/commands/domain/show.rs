//! `ironpost domain show`.

use super::desk::{DeskArgs, Opened, failed};
use super::format::Format;
use super::{migrate, records, times, wording};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Console, Style};
use clap::Args;
use ironpost_hosting::jobs::Kind;
use ironpost_hosting::operations::show::{OlderGone, Shown};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Life, State, Version};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::hosting::alerts::StoredAlert;
use ironpost_store::hosting::jobs::Planned;
use serde::Serialize;
use std::fmt::Write;

/// Tell all about a hosted domain: how far it is, and what it waits for
///
/// Of a domain that is gone, how it was when it went.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArgs {
    /// The policy domain
    domain: Domain,

    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    desk: DeskArgs,
}

/// As a program reads it.
#[derive(Debug, Serialize)]
struct Record {
    domain: String,
    state: &'static str,
    since: String,
    shown: Option<PolicyRecord>,
    announced: Option<PolicyRecord>,
    newest: Option<PolicyRecord>,
    certificate_expires: Option<String>,
    certificate_authority: Option<String>,
    nodes_behind: Vec<String>,
    spread_percent: Option<u8>,
    older_versions_gone_from: Option<String>,
    alerts: Vec<AlertRecord>,
    waits: Vec<WaitRecord>,
}

#[derive(Debug, Serialize)]
struct PolicyRecord {
    version: u32,
    id: String,
    mode: &'static str,
    max_age: u32,
    mx: Vec<String>,
}

#[derive(Debug, Serialize)]
struct AlertRecord {
    kind: String,
    since: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct WaitRecord {
    job: String,
    next: Option<String>,
    note: Option<String>,
}

/// Runs the command.
pub(super) async fn run(args: ShowArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, settings } = args.desk.open().await?;
    let shown = desk.show(&args.domain).await.map_err(failed)?;
    match args.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&Record::of(&shown)).map_err(Failure::usage)?;
            console.print(&format!("{json}\n"))?;
        }
        Format::Text => {
            let style = console.stdout_style();
            let nodes = desk.database.nodes().await.map_err(Failure::could_not_test)?;
            let alive = nodes.iter().any(|node| node.is_live(shown.now));
            let mut out = text(&shown, alive, style);
            if shown.hosted.life.state == State::Pending {
                out.push_str("\nIts DNS is to have these records:\n\n");
                out.push_str(&records::table(&records::wanted(&shown.hosted, &settings)?, style));
            }
            console.print(&out)?;
        }
    }
    Ok(Exit::Clean)
}

impl Record {
    fn of(shown: &Shown) -> Self {
        let life = &shown.hosted.life;
        let version = |number: Option<u32>| {
            number.and_then(|number| life.version(number)).map(PolicyRecord::from)
        };
        Self {
            domain: shown.hosted.name.to_string(),
            state: life.state.as_str(),
            since: times::stamp(life.since),
            shown: version(life.shown),
            announced: version(life.announced),
            newest: life.latest().map(PolicyRecord::from),
            certificate_expires: shown.certificate.as_ref().map(|c| times::stamp(c.not_after)),
            certificate_authority: shown.certificate.as_ref().map(|c| c.directory.clone()),
            nodes_behind: shown.nodes.missing.iter().map(|(name, _)| name.clone()).collect(),
            spread_percent: shown.spread.as_ref().and_then(|spread| spread.all.percent()),
            older_versions_gone_from: match shown.older_gone {
                OlderGone::From(from) => Some(times::stamp(from)),
                OlderGone::None | OlderGone::Unknown => None,
            },
            alerts: wrong(shown)
                .map(|alert| AlertRecord {
                    kind: alert.kind.clone(),
                    since: times::stamp(alert.raised),
                    message: alert.message.clone(),
                })
                .collect(),
            waits: shown
                .jobs
                .iter()
                .map(|job| WaitRecord {
                    job: job.kind.clone(),
                    next: job.due.map(times::stamp),
                    note: job.note.clone(),
                })
                .collect(),
        }
    }
}

impl From<&Version> for PolicyRecord {
    fn from(version: &Version) -> Self {
        Self {
            version: version.number,
            id: version.id.to_string(),
            mode: version.policy.mode.as_str(),
            max_age: version.policy.max_age.as_secs(),
            mx: version.policy.mx.iter().map(ToString::to_string).collect(),
        }
    }
}

/// For people; `alive` if a node runs.
fn text(shown: &Shown, alive: bool, style: Style) -> String {
    let life = &shown.hosted.life;
    let now = shown.now;
    let mut out = String::new();
    // Writing to a `String` cannot fail, here and below.
    let name = style.strong(shown.hosted.name.as_str());
    let state = match life.state {
        State::Enforce | State::Testing => style.good(life.state.as_str()),
        State::Pending | State::Delegated | State::Certified | State::Withdrawing | State::Gone => {
            style.warning(life.state.as_str())
        }
    };
    let _ = writeln!(out, "{name}  {state} since {}\n", times::from_now(life.since, now));
    for alert in wrong(shown) {
        let since = times::from_now(alert.raised, now);
        let words = format!("{}: {} (since {since})", alert.kind, alert.message);
        let wrong = style.error("Something is wrong");
        let _ = writeln!(out, "{wrong}\n  {}\n", Visible::from(&*words));
    }
    for (what, fact) in facts(shown) {
        let _ = writeln!(out, "  {what:12}  {}", Visible::from(&*fact));
    }
    for (place, milestone) in shown.milestones.iter().enumerate() {
        let what = if place == 0 { "mx change" } else { "" };
        let _ = writeln!(out, "  {what:12}  {}", migrate::stage(milestone, now));
    }
    let mut notes: Vec<String> = shown.jobs.iter().filter_map(|job| waits(job, now)).collect();
    if !alive && life.state != State::Gone {
        notes.insert(0, "no node runs: nothing goes on before `ironpost serve` does".to_owned());
    }
    if !notes.is_empty() {
        out.push_str("\nWhat it waits for\n\n");
    }
    for note in notes {
        let _ = writeln!(out, "  {}", Visible::from(&*note));
    }
    if let Some(next) = next(life, &shown.hosted.name) {
        let _ = write!(out, "\n{next}\n");
    }
    out
}

fn wrong(shown: &Shown) -> impl Iterator<Item = &StoredAlert> {
    shown.alerts.iter().filter(|alert| alert.is_wrong())
}

/// What a job waits for, and when it looks again.
fn waits(job: &Planned, now: Timestamp) -> Option<String> {
    let note = job.note.as_ref()?;
    let next = job.due.map(|due| format!(" (next try {})", times::from_now(due, now)));
    // How far the domain is itself; what else is done for it has a name.
    let what =
        if job.kind == Kind::Advance.as_str() { String::new() } else { format!("{}: ", job.kind) };
    Some(format!("{what}{note}{}", next.unwrap_or_default()))
}

/// What is left to its administrator.
fn next(life: &Life, name: &Domain) -> Option<String> {
    match life.state {
        State::Testing => Some(format!(
            "Next: `ironpost domain publish {name} --mode enforce --dry-run` tells whether it is ready."
        )),
        State::Gone => Some(format!(
            "Nothing of it is served, and its records may go from its DNS.\n`ironpost domain add \
             {name}` hosts it anew."
        )),
        State::Pending
        | State::Delegated
        | State::Certified
        | State::Enforce
        | State::Withdrawing => None,
    }
}

/// A line for each fact.
fn facts(shown: &Shown) -> Vec<(&'static str, String)> {
    let life = &shown.hosted.life;
    let now = shown.now;
    let mut facts = Vec::new();
    match life.latest() {
        Some(latest) => {
            facts.push(("policy", version(latest)));
            if life.shown != Some(latest.number)
                && let Some(served) = life.shown.and_then(|number| life.version(number))
            {
                facts.push(("served", version(served)));
            }
            facts.push(("announced", announced(life, latest, now)));
        }
        None => facts.push(("policy", "none yet".to_owned())),
    }
    match &shown.certificate {
        _ if life.state == State::Gone => {}
        Some(certificate) => {
            let expires = times::from_now(certificate.not_after, now);
            facts.push(("certificate", format!("expires {expires}")));
        }
        None => facts.push(("certificate", "none yet".to_owned())),
    }
    for (name, beat) in &shown.nodes.missing {
        let silent = times::span(now.since(*beat));
        facts.push(("node behind", format!("{name}, last heard of {silent} ago")));
    }
    facts.extend(spread(shown).map(|spread| ("spread", spread)));
    match shown.older_gone {
        OlderGone::None => {}
        OlderGone::From(from) if from <= now => {
            facts.push(("older ones", "no sender can hold an older version".to_owned()));
        }
        OlderGone::From(from) => facts.push((
            "older ones",
            format!("senders may hold an older version until {}", times::from_now(from, now)),
        )),
        OlderGone::Unknown => facts.push((
            "older ones",
            "may still be served by a node that has not said otherwise".to_owned(),
        )),
    }
    if life.state == State::Withdrawing {
        let until = shown.free_from.map_or_else(
            || "until every node serves mode none".to_owned(),
            |from| format!("until {}", times::from_now(from, now)),
        );
        facts.push(("withdrawal", format!("keep the records in DNS {until}")));
    }
    facts
}

/// Which version senders are told of.
fn announced(life: &Life, latest: &Version, now: Timestamp) -> String {
    match life.announced {
        None if life.state == State::Gone => "nothing any more".to_owned(),
        None => "nothing yet".to_owned(),
        Some(number) if number == latest.number => latest
            .announced
            .map_or_else(|| "it".to_owned(), |at| format!("since {}", times::from_now(at, now))),
        Some(number) => format!("version {number}"),
    }
}

fn version(version: &Version) -> String {
    let policy = wording::policy(&version.policy);
    format!("version {} (id {}): {policy}", version.number, version.id)
}

fn spread(shown: &Shown) -> Option<String> {
    let spread = shown.spread.as_ref()?;
    let reach = spread.all;
    if reach.networks == 0 {
        return Some("no fetch of the policy is logged within three weeks".to_owned());
    }
    let percent = spread.all.percent().map(|percent| format!(", {percent} % of all fetches"));
    Some(format!(
        "version {} has reached {} of {} networks that fetch{}: `ironpost domain fetches`",
        spread.version,
        reach.reached,
        reach.networks,
        percent.unwrap_or_default()
    ))
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain show example.com
  ironpost domain show example.com --format json | jq -r .state";
