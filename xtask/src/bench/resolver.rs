//! `ironpost resolver` under load, and postfix-mta-sts-resolver beside it in the same run.
//!
//! Machines differ and are never quiet: what counts are medians, ratios and processor time.

mod cached;
mod client;
mod cold;
mod counting;
mod daemon;
mod floor;
mod frames;
mod load;
mod million;
mod peer;
mod table;

pub(crate) use floor::{FloorArgs, run as run_floor};

use super::lab::Lab;
use super::program::Program;
use super::usage::load_average;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use daemon::Home;
use peer::Peer;
use std::path::{Path, PathBuf};

/// How to measure `ironpost resolver`.
#[derive(Args)]
pub(crate) struct ResolverArgs {
    /// What to measure; everything if nothing is named
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Domains with policies that are looked up again and again
    #[arg(long, default_value_t = 10_000)]
    domains: usize,
    /// Only with so many connections
    #[arg(long, value_name = "N")]
    connections: Option<usize>,
    /// Seconds of each run
    #[arg(long)]
    seconds: Option<f64>,
    /// Runs of which the median is shown
    #[arg(long)]
    runs: Option<usize>,
    /// Fewer and shorter runs, to see that everything works
    #[arg(long)]
    quick: bool,
    /// Leave out postfix-mta-sts-resolver, which is measured too where python3 and pip are there
    #[arg(long)]
    without_peer: bool,
    /// Measure this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// Parts of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Lookups of policies in memory
    Cached,
    /// Lookups of unknown domains, and a herd
    Cold,
    /// A million policies
    Memory,
}

/// What every part needs.
struct Setup<'a> {
    args: &'a ResolverArgs,
    program: Program,
    peer: Option<Peer>,
}

/// Measures, and prints tables.
pub(crate) fn run(root: &Path, args: &ResolverArgs) -> Result<()> {
    if args.domains == 0 || args.runs() == 0 || args.seconds() <= 0.0 {
        bail!("--domains, --runs and --seconds must be more than 0");
    }
    let program = match &args.program {
        Some(path) => Program::at(root, path.clone())?,
        None => Program::build(root)?,
    };
    let peer = peer_beside(root, &program, args);
    let setup = Setup { args, program, peer };
    println!("\n{} cores", std::thread::available_parallelism()?);
    for part in [Part::Cached, Part::Cold, Part::Memory] {
        if args.parts.is_empty() || args.parts.contains(&part) {
            match part {
                Part::Cached => cached::run(&setup)?,
                Part::Cold => cold::run(&setup)?,
                Part::Memory => million::run(&setup)?,
            }
        }
    }
    Ok(())
}

/// The program to compare with, where it can be had; otherwise why not is said.
fn peer_beside(root: &Path, program: &Program, args: &ResolverArgs) -> Option<Peer> {
    if args.without_peer {
        return None;
    }
    match Peer::installed(root, program) {
        Ok(peer) => Some(peer),
        Err(error) => {
            println!("the peer is left out: {error:#}");
            None
        }
    }
}

impl ResolverArgs {
    fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 0.5 } else { 3.0 })
    }

    fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// Fewer than the lab keeps certificates for.
    fn cold_domains(&self) -> usize {
        if self.quick { 1000 } else { 8000 }
    }

    fn policies(&self) -> usize {
        if self.quick { 100_000 } else { 1_000_000 }
    }
}

impl Setup<'_> {
    /// A fresh home for our daemon.
    fn home(&self, lab: &Lab, https_port: u16) -> Result<Home> {
        Home::new(&self.program, lab, https_port)
    }
}

/// What else goes on here.
fn say_load() -> Result<()> {
    println!("load average {}", load_average()?);
    Ok(())
}
