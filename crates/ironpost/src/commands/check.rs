//! `ironpost check`: look at domains as a sending server does.

mod format;

use crate::config::NetworkArgs;
use clap::{Args, ValueEnum};
use format::Format;
use std::num::NonZeroU16;
use std::path::PathBuf;

/// Check domains: policy, mail hosts, TLS, reports
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArgs {
    /// Domains; also as U-labels, URLs or e-mail addresses
    #[arg(value_name = "DOMAIN", required_unless_present = "input", conflicts_with = "input")]
    domains: Vec<String>,

    /// Check the domains of a list, one a line; - for standard input
    #[arg(long, short, value_name = "FILE", help_heading = "Lists")]
    input: Option<PathBuf>,

    /// Go on where an interrupted run stopped: keep what --output holds and do the rest
    #[arg(long, requires = "input", requires = "output", help_heading = "Lists")]
    resume: bool,

    /// Begin anew although --output holds results
    #[arg(long, conflicts_with = "resume", help_heading = "Lists")]
    force: bool,

    /// Domains in work at once
    #[arg(
        long,
        value_name = "N",
        default_value = "64",
        value_parser = clap::value_parser!(u16).range(1..=1024),
        help_heading = "Lists"
    )]
    concurrency: u16,

    /// How results are written [default: as the name of --output says, else text]
    #[arg(long, short, value_enum, value_name = "FORMAT", help_heading = "Results")]
    format: Option<Format>,

    /// Write results to a file
    #[arg(long, short, value_name = "FILE", help_heading = "Results")]
    output: Option<PathBuf>,

    /// Show every deduction from the grade
    #[arg(long, help_heading = "Results")]
    explain: bool,

    /// Show what a conforming sender would do at each MX, and by which rule
    #[arg(long, help_heading = "Results")]
    simulate: bool,

    /// The least severity that makes the exit code 1
    #[arg(
        long,
        value_enum,
        value_name = "SEVERITY",
        default_value_t = FailOn::High,
        help_heading = "Results"
    )]
    fail_on: FailOn,

    /// Leave parts out
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',', help_heading = "Scope")]
    skip: Vec<Part>,

    /// Compare with the results of an earlier run (JSON Lines)
    #[arg(long, value_name = "FILE", help_heading = "Scope")]
    previous: Option<PathBuf>,

    #[command(flatten)]
    network: NetworkArgs,
}

/// The least severity that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    Info,
    /// Findings never change the exit code
    Never,
}

/// A part that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// No connection to mail hosts
    Smtp,
    /// No TLSA and no DNSSEC
    Dane,
    /// No TLS-RPT
    TlsRpt,
}

const EXAMPLES: &str = "\
Examples:
  ironpost check example.com
  ironpost check --explain --simulate example.com
  ironpost check --format json example.com example.net
  ironpost check --output report.html example.com
  ironpost check --input domains.txt --output results.jsonl
  ironpost check --input domains.txt --output results.jsonl --resume
  ironpost check --input domains.txt --skip smtp,dane --format csv > results.csv
  ironpost check --previous results.jsonl example.com
  ironpost check --dns 127.0.0.1 --dnssec validate --roots system example.com

A list holds one domain a line; blank lines and lines that begin with # are passed over.

Exit codes:
  0  no finding at or above --fail-on
  1  findings
  2  the command line, the configuration or a file is at fault
  3  could not test; of several domains, a finding (1) outranks this";
