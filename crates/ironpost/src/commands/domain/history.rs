//! `ironpost domain history`.

use super::desk::{DeskArgs, Opened, failed};
use super::format::Format;
use super::{times, wording};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{State, Version};
use ironpost_proto::visible::Visible;
use ironpost_store::hosting::domains::{Event, Hosted};
use serde::Serialize;
use std::fmt::Write;

/// Tell everything that happened to a domain, and every version of its policy
///
/// Who made which version, when and why; and the same of earlier times, if the domain was hosted
/// here before and is gone, or has come back.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HistoryArgs {
    /// The policy domain
    domain: Domain,

    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    desk: DeskArgs,
}

/// As a program reads it: the hosting that goes on, or else the last, and those before it.
#[derive(Debug, Serialize)]
struct History {
    domain: String,
    #[serde(flatten)]
    hosting: HostingRecord,
    earlier: Vec<HostingRecord>,
}

#[derive(Debug, Serialize)]
struct HostingRecord {
    state: &'static str,
    since: String,
    versions: Vec<VersionRecord>,
    events: Vec<EventRecord>,
}

#[derive(Debug, Serialize)]
struct VersionRecord {
    number: u32,
    id: String,
    mode: &'static str,
    max_age: u32,
    mx: Vec<String>,
    shown: Option<String>,
    announced: Option<String>,
    replaced: Option<String>,
    last_served: Option<String>,
}

#[derive(Debug, Serialize)]
struct EventRecord {
    at: String,
    what: String,
    version: Option<u32>,
    who: String,
    why: Option<String>,
}

/// A hosting of the name, and what happened in it.
type Hosting = (Hosted, Vec<Event>);

/// Runs the command.
pub(super) async fn run(args: HistoryArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let mut hostings = Vec::new();
    for hosted in desk.hostings(&args.domain).await.map_err(failed)? {
        let events = desk.events(&hosted).await.map_err(failed)?;
        hostings.push((hosted, events));
    }
    match args.format {
        Format::Text => console.print(&text(&hostings))?,
        Format::Json => {
            let mut records = hostings.iter().map(HostingRecord::from);
            let Some(hosting) = records.next() else { return Ok(Exit::Clean) };
            let domain = args.domain.to_string();
            let history = History { domain, hosting, earlier: records.collect() };
            let json = serde_json::to_string_pretty(&history).map_err(Failure::usage)?;
            console.print(&format!("{json}\n"))?;
        }
    }
    Ok(Exit::Clean)
}

impl From<&Hosting> for HostingRecord {
    fn from((hosted, events): &Hosting) -> Self {
        let life = &hosted.life;
        Self {
            state: life.state.as_str(),
            since: times::stamp(life.since),
            versions: life.versions.iter().map(VersionRecord::from).collect(),
            events: events.iter().map(EventRecord::from).collect(),
        }
    }
}

impl From<&Version> for VersionRecord {
    fn from(version: &Version) -> Self {
        Self {
            number: version.number,
            id: version.id.to_string(),
            mode: version.policy.mode.as_str(),
            max_age: version.policy.max_age.as_secs(),
            mx: version.policy.mx.iter().map(ToString::to_string).collect(),
            shown: version.shown.map(times::stamp),
            announced: version.announced.map(times::stamp),
            replaced: version.replaced.map(times::stamp),
            last_served: version.last_served.map(times::stamp),
        }
    }
}

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
        Self {
            at: times::stamp(event.at),
            // The word in the database is a noun.
            what: if event.what == "version" { "made".to_owned() } else { event.what.clone() },
            version: event.version,
            who: event.author.who.clone(),
            why: event.author.why.clone(),
        }
    }
}

/// One hosting below the other, the latest first.
fn text(hostings: &[Hosting]) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail, here and below.
    for (place, (hosted, events)) in hostings.iter().enumerate() {
        let (name, added) = (&hosted.name, times::stamp(hosted.added));
        if place > 0 {
            out.push('\n');
        }
        let _ = match hosted.life.state {
            State::Gone => {
                let gone = times::stamp(hosted.life.since);
                writeln!(out, "{name}, hosted from {added} to {gone}\n")
            }
            State::Pending
            | State::Delegated
            | State::Certified
            | State::Testing
            | State::Enforce
            | State::Withdrawing => writeln!(out, "{name}, hosted since {added}\n"),
        };
        versions(&hosted.life.versions, &mut out);
        out.push_str("\nEvents, newest first\n\n");
        for (place, event) in events.iter().enumerate() {
            // Every end of a domain ends a change of MX hosts, under way or not.
            let began = || events[place..].iter().any(|earlier| earlier.what == "migrating");
            if event.what == "migrated" && !began() {
                continue;
            }
            let line = format!("{}  {}", times::stamp(event.at), wording::event(event));
            let _ = writeln!(out, "  {}", Visible::from(&*line));
        }
    }
    out
}

/// The newest first.
fn versions(versions: &[Version], out: &mut String) {
    out.push_str("Versions\n\n");
    if versions.is_empty() {
        out.push_str("  none yet\n");
    }
    for version in versions.iter().rev() {
        let _ = writeln!(out, "  {:3}  {}", version.number, wording::policy(&version.policy));
        let _ = writeln!(out, "       {:14}  {}", "id", version.id);
        let moments = [
            ("served since", version.shown),
            ("announced", version.announced),
            ("replaced", version.replaced),
            ("last served", version.last_served),
        ];
        for (what, moment) in moments {
            if let Some(moment) = moment {
                let _ = writeln!(out, "       {what:14}  {}", times::stamp(moment));
            }
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain history example.com
  ironpost domain history example.com --format json | jq '.versions[].id'";
