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
#[derive(Debug, Args)]
pub(crate) struct NodesArgs {
    #[command(flatten)]
    hosting: HostingArgs,
}

/// Say that a silent node will not come back
///
/// A node that is silent may still serve older policies, so that withdrawals and changes of MX
/// hosts wait for it. Once it is forgotten, it counts as having served until now.
#[derive(Debug, Args)]
pub(crate) struct ForgetNodeArgs {
    /// Its name, as `ironpost db nodes` lists it
    name: String,

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
    let mut out = String::new();
    for node in &nodes {
        let state = if node.is_live(now) { "live" } else { "silent" };
        let behind = feed.0.saturating_sub(node.seen.0);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "{}  {state}, heard of {} ago, {behind} changes behind, does {}",
            node.name,
            times::span(now.since(node.beat)),
            node.roles
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
    if !database.forget_node(&args.name, now).await.map_err(Failure::could_not_test)? {
        return Err(Failure::message(format!(
            "there is no node {}: `ironpost db nodes` lists them",
            args.name
        )));
    }
    console.print(&format!("{} is forgotten.\n", args.name))?;
    Ok(Exit::Clean)
}
