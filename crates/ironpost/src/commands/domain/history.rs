//! `ironpost domain history`.

use super::desk::{DeskArgs, Opened};
use super::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use clap::{Args, ValueEnum};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::Version;
use ironpost_proto::visible::Visible;
use ironpost_store::hosting::domains::{Event, Hosted};
use serde::Serialize;
use std::fmt::Write;

/// Tell everything that happened to a domain, and every version of its policy
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// As a program reads it.
#[derive(Debug, Serialize)]
struct History {
    domain: String,
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

/// Runs the command.
pub(super) async fn run(args: HistoryArgs, console: &Console) -> Result<Exit, Failure> {
    let Opened { desk, .. } = args.desk.open().await?;
    let (hosted, events) = desk.history(&args.domain).await.map_err(Failure::usage)?;
    let history = History::of(&hosted, &events);
    match args.format {
        Format::Text => console.print(&text(&history))?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&history).map_err(Failure::usage)?;
            console.print(&format!("{json}\n"))?;
        }
    }
    Ok(Exit::Clean)
}

impl History {
    fn of(hosted: &Hosted, events: &[Event]) -> Self {
        Self {
            domain: hosted.name.to_string(),
            versions: hosted.life.versions.iter().map(VersionRecord::from).collect(),
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

fn text(history: &History) -> String {
    let mut out = String::from("Versions\n\n");
    if history.versions.is_empty() {
        out.push_str("  none yet\n");
    }
    // Writing to a `String` cannot fail, here and below.
    for version in history.versions.iter().rev() {
        let VersionRecord { number, id, mode, max_age, mx, .. } = version;
        let _ = writeln!(out, "  {number:3}  {mode}, max_age {max_age}, mx {}", mx.join(" "));
        let _ = writeln!(out, "       id {id}");
        let moments = [
            ("served since", &version.shown),
            ("announced", &version.announced),
            ("replaced", &version.replaced),
            ("last fetched", &version.last_served),
        ];
        for (what, moment) in moments {
            if let Some(moment) = moment {
                let _ = writeln!(out, "       {what:12}  {moment}");
            }
        }
    }
    out.push_str("\nEvents, newest first\n\n");
    for event in &history.events {
        let version = event.version.map(|number| format!(" version {number}")).unwrap_or_default();
        let why = event.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let line = format!("{}  {}{version}, by {}{why}", event.at, event.what, event.who);
        let _ = writeln!(out, "  {}", Visible::from(&*line));
    }
    out
}

const EXAMPLES: &str = "\
Examples:
  ironpost domain history example.com
  ironpost domain history example.com --format json | jq '.versions[].id'";
