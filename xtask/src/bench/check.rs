//! `ironpost check` on a list of sound domains, and checkdmarc on the same list.

mod figures;
mod peer;
mod results;

use super::lab::{Delays, Lab};
use super::program::Program;
use super::timed::Timed;
use crate::packages;
use anyhow::{Context, Result, bail};
use clap::Args;
use figures::{Figures, Row, Wanted};
use peer::Peer;
use results::Scope;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How to measure `ironpost check`.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Sound domains on the list
    #[arg(long, default_value_t = 1000)]
    domains: usize,
    /// How long a packet takes to a peer and back, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 20)]
    round_trip: u64,
    /// Domains in work at once
    #[arg(long, default_value_t = 64)]
    in_flight: u16,
    /// Runs of which the median is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Names on the list whose memory is measured; 0 leaves that out
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    memory_names: usize,
    /// Leave out checkdmarc, which otherwise goes over the same list where python3 and pip are there
    #[arg(long)]
    without_peer: bool,
}

/// Measures, and prints a table.
pub(crate) fn run(root: &Path, args: &CheckArgs) -> Result<()> {
    if args.domains == 0 || args.runs == 0 || args.in_flight == 0 {
        bail!("--domains, --runs and --in-flight must be 1 at least");
    }
    packages::ensure(packages::FOR_BENCHMARKS)?;
    let program = Program::build(root)?;
    let lab = Lab::start(&program, args.domains, Delays::round_trip(args.round_trip))?;
    let policy = median(&program, &lab, args, Scope::Policy)?;
    let mx_tls = median(&program, &lab, args, Scope::MxTls)?;
    let mut rows = vec![
        Row::ours("policy, MX match, TLS-RPT", policy, POLICY_WANTED),
        Row::ours("the same and MX TLS", mx_tls, MX_TLS_WANTED),
    ];
    if let Some(peer) = peer_beside(root, &program, args) {
        for scope in [Scope::Policy, Scope::MxTls] {
            let runs = (0..args.runs).map(|_| peer.run(&lab, args.in_flight, scope));
            let runs = runs.collect::<Result<Vec<_>>>()?;
            rows.push(Row::peer(peer::label(scope), Figures::median(&runs)));
        }
    }
    drop(lab);
    println!(
        "\n{} sound domains, {} ms round trip, {} in flight, {} cores, median of {}\n",
        args.domains,
        args.round_trip,
        args.in_flight,
        std::thread::available_parallelism()?,
        args.runs,
    );
    print!("{}", figures::table(&rows));
    if args.memory_names > 0 {
        println!("\n{}", memory(&program, args)?);
    }
    Ok(())
}

/// The program to compare with, where it can be had; otherwise why not is said.
fn peer_beside(root: &Path, program: &Program, args: &CheckArgs) -> Option<Peer> {
    if args.without_peer {
        return None;
    }
    match Peer::installed(root, &program.folder) {
        Ok(peer) => Some(peer),
        Err(error) => {
            println!("the peer is left out: {error:#}");
            None
        }
    }
}

/// The median of several runs, after one that warms the lab up: it makes its certificates
/// when they are first wanted.
fn median(program: &Program, lab: &Lab, args: &CheckArgs, scope: Scope) -> Result<Figures> {
    let runs = (0..=args.runs).map(|_| check(program, lab, args.in_flight, scope));
    let runs = runs.collect::<Result<Vec<_>>>()?;
    Ok(Figures::median(&runs[1..]))
}

fn check(program: &Program, lab: &Lab, in_flight: u16, scope: Scope) -> Result<Figures> {
    let output = program.folder.join("results.jsonl");
    let mut command = Command::new(&program.path);
    command
        .args(["check", "--quiet", "--force", "--format", "jsonl", "--fail-on", "never"])
        .args(["--skip", scope.skip(), "--concurrency", &in_flight.to_string()])
        .arg("--config")
        .arg(lab.config())
        .arg("--input")
        .arg(lab.domains())
        .arg("--output")
        .arg(&output);
    let timed = Timed::run(&command, &program.folder)?;
    let text = fs::read_to_string(&output).context("no results were written")?;
    let elapsed = results::elapsed_ms(&text, lab.count(), scope)?;
    Ok(Figures::new(&timed, elapsed))
}

/// Peak memory of a long list above that of the program that does nothing.
fn memory(program: &Program, args: &CheckArgs) -> Result<String> {
    let mut empty = Command::new(&program.path);
    empty.arg("--version");
    let empty = Timed::run(&empty, &program.folder)?.peak_mib;
    let lab = Lab::start(program, args.memory_names, Delays::default())?;
    let long = check(program, &lab, args.in_flight, Scope::Policy)?;
    let above = long.peak_mib - empty;
    Ok(format!(
        "memory: {} names in {above:.1} MiB above the empty program's {empty:.1} \
         (≤ {MEMORY_WANTED_MIB}{})",
        args.memory_names,
        if above <= MEMORY_WANTED_MIB { "" } else { " MISSED" },
    ))
}

/// On two cores, at a round trip of 20 ms, 64 in flight.
const POLICY_WANTED: Wanted = Wanted { domains_per_second: 300.0, cpu_ms_per_domain: Some(0.8) };
const MX_TLS_WANTED: Wanted = Wanted { domains_per_second: 150.0, cpu_ms_per_domain: None };

/// The most memory, above the empty program's, that a long list may take.
const MEMORY_WANTED_MIB: f64 = 64.0;
