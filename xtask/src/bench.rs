//! `cargo xtask bench`: speed and memory, measured from outside on a lab of sound domains.
//!
//! A figure is believed only if every result behind it is the right one.

mod check;
mod histogram;
mod hosting;
mod judgement;
mod lab;
mod measured;
mod pinned;
mod program;
mod resolver;
mod server;
mod timed;
mod usage;
mod venv;

use anyhow::Result;
use clap::Subcommand;
use std::path::Path;

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// `ironpost check` on a list: domains a second, CPU, p50, p99, peak memory
    Check(check::CheckArgs),
    /// `ironpost resolver`: lookups a second, latency, CPU, memory, cold and cached
    Resolver(resolver::ResolverArgs),
    /// `ironpost serve`: handshakes, refusals, DNS answers, memory, start, changes on several nodes
    Hosting(hosting::HostingArgs),
    /// The server of constant replies that `resolver` starts to know its own limits
    #[command(hide = true)]
    Floor(resolver::FloorArgs),
}

/// Measures, and prints tables.
pub(crate) fn run(root: &Path, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Check(args) => check::run(root, args),
        Bench::Resolver(args) => resolver::run(root, args),
        Bench::Hosting(args) => hosting::run(root, args),
        Bench::Floor(args) => resolver::run_floor(args),
    }
}
