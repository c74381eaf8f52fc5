//! `ironpost doctor`: what stands in the way of hosting.

mod alerts;
mod ca;
mod machine;
mod ports;
mod report;
mod store;
mod zone;

use crate::config::hosting::args::{HostingArgs, NodeArgs};
use crate::config::hosting::settings::HostingSettings;
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use crate::outside::Network;
use clap::{Args, ValueEnum};
use report::{Finding, exit, json, text};
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// Tell what stands in the way of hosting: ports, clock, zone, database, CA, disk, keys, alerts
///
/// Changes nothing, and can be run while `ironpost serve` runs; best as the user that it runs as,
/// or as root.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,

    /// Send a message by every channel of alerts
    #[arg(long)]
    send_test: bool,

    #[command(flatten)]
    hosting: HostingArgs,

    #[command(flatten)]
    node: NodeArgs,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A JSON object
    Json,
}

/// Runs the command.
pub(crate) async fn run(args: DoctorArgs, console: &Console) -> Result<Exit, Failure> {
    let config = args.hosting.config();
    let settings = args.hosting.settle_node(args.node)?;
    let mut findings = machine::configuration(&settings, config.as_deref());
    findings.extend(Box::pin(examine(&settings, args.send_test)).await?);
    let shown = match args.format {
        Format::Text => text(&findings, console.stdout_style(), console.width()),
        Format::Json => json(&findings).map_err(Failure::usage)?,
    };
    console.print(&shown)?;
    Ok(exit(&findings))
}

async fn examine(settings: &HostingSettings, send: bool) -> Result<Vec<Finding>, Failure> {
    let outside = Network::open(settings.network.clone(), Descriptors::raise()).await?;
    let database = store::open(settings).await;
    let there = database.as_ref().ok();
    let (store, ports, zone, ca, alerts) = tokio::join!(
        in_time("database", store::examine(settings, &database)),
        in_time("ports", ports::examine(settings, there)),
        in_time("zone", zone::examine(settings, &outside)),
        in_time("ca", ca::examine(settings)),
        in_time("alerts", alerts::examine(settings, &outside, there, send)),
    );
    let key = in_time("sealing key", machine::sealing_key(settings, there)).await;
    let findings = [ports, ca, zone, store, key, machine::disk(settings), alerts].concat();
    if let Ok(database) = database {
        database.close().await;
    }
    Ok(findings)
}

/// What a test found, or that it did not come to an end.
async fn in_time(test: &'static str, findings: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    timeout(DEADLINE, findings).await.unwrap_or_else(|_| {
        let seen = format!("no end within {} s", DEADLINE.as_secs());
        vec![Finding::not_tested(test, seen)]
    })
}

/// Of all that is asked for one test: name servers that do not answer take their time.
const DEADLINE: Duration = Duration::from_secs(45);

const EXAMPLES: &str = "\
Examples:
  ironpost doctor
  ironpost doctor --config /etc/ironpost/ironpost.toml --send-test
  ironpost doctor --format json | jq '.tests[] | select(.verdict != \"sound\")'

Exit codes:
  0  every test is sound
  1  a test is weak or broken
  2  the command line, the configuration or a file is at fault
  3  something could not be tested, and nothing is weak or broken";
