//! The nodes that follow a database.

use crate::commands::domain::{desk, times};
use crate::config::hosting::args::HostingArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Console;
use crate::outside::SystemClock;
use clap::Args;
use ironpost_net::clock::Clock;
use std::fmt::Write;

/// List the nodes that follow the database, and how far each has come
///
/// A node that is silent did not take leave: it may run still, and serve what it knew last.
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct NodesArgs {
    #[command(flatten)]
    hosting: HostingArgs,
}

/// Say that a silent node will not come back
///
/// A node that is silent may still serve older policies, so that withdrawals and changes of MX
/// hosts wait for it. Once it is forgotten, it counts as having served until now: make sure that it
/// does not run. One that comes back after all joins anew.
#[derive(Debug, Args)]
#[command(after_help = FORGET_EXAMPLES)]
pub(crate) struct ForgetNodeArgs {
    /// Its name, as `ironpost db nodes` lists it
    name: String,

    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    hosting: HostingArgs,
}

/// Runs `nodes`.
pub(super) async fn list(args: NodesArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    let nodes = database.nodes().await.map_err(Failure::could_not_test)?;
    let feed = database.feed().await.map_err(Failure::could_not_test)?;
    let now = SystemClock.now();
    let widest = nodes.iter().map(|node| node.name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for node in &nodes {
        let state = if node.is_live(now) { "live" } else { "silent" };
        let heard = format!("heard of {} ago", times::span(now.since(node.beat)));
        let behind = match feed.0.saturating_sub(node.seen.0) {
            ..=0 => "has every change".to_owned(),
            1 => "1 change behind".to_owned(),
            behind => format!("{behind} changes behind"),
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "{:widest$}  {state:6}  {heard:36}  {behind:18}  {}",
            node.name, node.roles
        );
    }
    console.print(&out)?;
    if nodes.is_empty() {
        console.note("No node follows this database: `ironpost serve` starts one.");
    }
    Ok(Exit::Clean)
}

/// Runs `forget-node`.
pub(super) async fn forget(args: ForgetNodeArgs, console: &Console) -> Result<Exit, Failure> {
    let settings = args.hosting.settle()?;
    let database = desk::open(&settings).await?;
    let now = SystemClock.now();
    let nodes = database.nodes().await.map_err(Failure::could_not_test)?;
    if nodes.iter().any(|node| node.name == args.name && node.is_live(now)) {
        return Err(Failure::message(format!(
            "{} lives: stop it, and it takes leave by itself",
            args.name
        )));
    }
    let there = nodes.iter().any(|node| node.name == args.name);
    if there && args.dry_run {
        console.print(&format!(
            "Nothing is changed. Without --dry-run, {} would be forgotten, and count as having \
             served until now.\n",
            args.name
        ))?;
        return Ok(Exit::Clean);
    }
    if !there || !database.forget_node(&args.name, now).await.map_err(Failure::could_not_test)? {
        return Err(Failure::message(format!(
            "there is no node {}: `ironpost db nodes` lists them",
            args.name
        )));
    }
    console.print(&format!(
        "{} is forgotten: it counts as having served until now, and nothing waits for it.\n",
        args.name
    ))?;
    Ok(Exit::Clean)
}

const LIST_EXAMPLES: &str = "\
Examples:
  ironpost db nodes
  ironpost db nodes --database postgres://ironpost@db.example.net/ironpost";

const FORGET_EXAMPLES: &str = "\
Examples:
  ironpost db forget-node edge-2 --dry-run
  ironpost db forget-node edge-2";
