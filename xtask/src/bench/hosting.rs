//! `ironpost serve` under load, and nginx and Knot beside it in the same run.
//!
//! The server has one processor and the load generator the other. Others may want both: what counts
//! is the server's processor time, of which rates for a whole processor are made.

mod changes;
mod client;
mod dns;
mod fetcher;
mod handshakes;
mod https;
mod installation;
mod knot;
mod load;
mod nginx;
mod node;
mod postgres;
mod queries;
mod refusals;
mod start;
mod table;

use super::program::Program;
use super::usage::load_average;
use crate::{packages, process};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use installation::Installation;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How to measure `ironpost serve`.
#[derive(Args)]
pub(crate) struct HostingArgs {
    /// What to measure; everything if nothing is named
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Domains, each with a certificate of its own; one alone is measured too
    #[arg(long, default_value_t = 100_000)]
    domains: usize,
    /// Connections at a time
    #[arg(long, value_name = "N", default_value_t = 32)]
    connections: usize,
    /// Changes whose way to three nodes is measured
    #[arg(long, value_name = "N")]
    changes: Option<usize>,
    /// Seconds of each run
    #[arg(long)]
    seconds: Option<f64>,
    /// Runs of which the median is shown
    #[arg(long)]
    runs: Option<usize>,
    /// Fewer and shorter runs, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Leave out nginx and Knot
    #[arg(long)]
    without_peers: bool,
    /// Measure this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Parts of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The start, and memory after it
    Start,
    /// Handshakes, policies, refusals
    Https,
    /// Answers over UDP
    Dns,
    /// From a change to its being seen on three nodes
    Changes,
}

/// What every part needs.
struct Setup<'a> {
    args: &'a HostingArgs,
    /// A single domain.
    one: Installation,
    many: Installation,
}

/// Measures, and prints tables.
pub(crate) fn run(root: &Path, args: &HostingArgs) -> Result<()> {
    if args.domains == 0 || args.connections == 0 || args.runs() == 0 || args.seconds() <= 0.0 {
        bail!("--domains, --connections, --runs and --seconds must be more than 0");
    }
    if cfg!(debug_assertions) {
        return run_optimised(root);
    }
    packages::ensure(packages::FOR_HOSTING_BENCHMARKS)?;
    let program = match &args.program {
        Some(path) => Program::at(root, path.clone())?,
        None => Program::build(root)?,
    };
    let one = Installation::made(root, &program, 1)?;
    let many = Installation::made(root, &program, args.domains)?;
    let setup = Setup { args, one, many };
    println!("\n{} processors: the server has one, the load generator the other", processors()?);
    for part in [Part::Start, Part::Https, Part::Dns, Part::Changes] {
        if args.parts.is_empty() || args.parts.contains(&part) {
            match part {
                Part::Start => start::run(&setup)?,
                Part::Https => https::run(&setup)?,
                Part::Dns => dns::run(&setup)?,
                Part::Changes => changes::run(&setup)?,
            }
        }
    }
    Ok(())
}

/// The same task once more by an optimised build of itself: as a client of TLS it would be slower
/// than the servers otherwise.
fn run_optimised(root: &Path) -> Result<()> {
    let arguments = ["build", "--quiet", "--release", "--package", "xtask"];
    process::run(&mut process::command("cargo", &arguments, root))?;
    let program = Program::at(root, PathBuf::new())?.folder.with_file_name("release/xtask");
    process::run(Command::new(program).args(std::env::args_os().skip(1)))
}

impl HostingArgs {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds())
    }

    fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 0.5 } else { 3.0 })
    }

    fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.quick { 1 } else { 3 })
    }

    fn changes(&self) -> usize {
        self.changes.unwrap_or(if self.quick { 20 } else { 300 })
    }
}

fn processors() -> Result<usize> {
    Ok(std::thread::available_parallelism()?.get())
}

/// What else goes on here.
fn say_load() -> Result<()> {
    println!("load average {}", load_average()?);
    Ok(())
}
