//! `ironpost check`: look at domains as a sending server does.

mod format;
mod judge;
mod list;
mod named;
mod results;

pub(crate) use judge::FailOn;

use super::network;
use crate::config::NetworkArgs;
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::block_on;
use crate::output::{Console, Destination};
use clap::{Args, ValueEnum};
use format::Format;
use futures_util::future::BoxFuture;
use ironpost_checker::bulk::previous::Previous;
use ironpost_checker::bulk::runner::Runner;
use ironpost_checker::check::{CheckOptions, Checker};
use ironpost_checker::evidence::Skip;
use ironpost_checker::render::terminal::Depth;
use ironpost_checker::report::Report;
use ironpost_proto::domain::Domain;
use jiff::Timestamp;
use list::List;
use results::Manner;
use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

    #[command(flatten)]
    existing: ExistingArgs,

    /// Domains in work at once
    #[arg(
        long,
        value_name = "N",
        default_value = "64",
        value_parser = concurrency,
        help_heading = "Lists"
    )]
    concurrency: NonZeroU16,

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

/// What becomes of results that are there already.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
struct ExistingArgs {
    /// Go on where an interrupted run stopped: keep what --output holds and do the rest
    #[arg(long, requires = "input", requires = "output")]
    resume: bool,

    /// Begin anew although --output holds results
    #[arg(long, conflicts_with = "resume")]
    force: bool,
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

/// Runs the command.
pub(crate) fn run(mut args: CheckArgs, console: &Console) -> Result<Exit, Failure> {
    let domains = named::read(&args.domains)?;
    let settings = std::mem::take(&mut args.network).settle()?;
    let previous = match &args.previous {
        Some(path) => read_previous(path)?,
        None => Previous::default(),
    };
    // What can be wrong here is found before anything goes out.
    let task = match &args.input {
        Some(input) => Task::List(List::open(input, &args, console)?),
        None => Task::Named(domains, Destination::open(args.output.as_deref())?),
    };
    let descriptors = Descriptors::raise();
    if args.concurrency > descriptors.domains() {
        args.concurrency = descriptors.domains();
        console.warn(&format!(
            "the limit of open files lets {} domains be in work at once; `ulimit -n` raises it",
            args.concurrency
        ));
    }
    block_on(async {
        let checker =
            network::checker(settings, args.concurrency, descriptors, args.options()).await?;
        let scope = Scope { checker, previous: Arc::new(previous) };
        match task {
            Task::List(list) => list.run(scope, &args, console).await,
            Task::Named(domains, output) => {
                named::run(domains, output, scope, &args, console).await
            }
        }
    })
}

/// What is to be checked, and where the results go.
enum Task {
    List(List),
    Named(Vec<Domain>, Destination),
}

impl CheckArgs {
    fn manner(&self) -> Manner {
        let by_name = || self.output.as_deref().and_then(Format::of_file);
        Manner {
            format: self.format.or_else(by_name).unwrap_or(Format::Text),
            depth: if self.explain { Depth::Explained } else { Depth::Brief },
            fail_on: self.fail_on.least(),
        }
    }

    fn options(&self) -> CheckOptions {
        let skips = |part| self.skip.contains(&part);
        CheckOptions {
            skip: Skip {
                smtp: skips(Part::Smtp),
                dane: skips(Part::Dane),
                tls_rpt: skips(Part::TlsRpt),
            },
            simulate: self.simulate,
        }
    }
}

/// What is looked at in this run, and with what.
#[derive(Debug, Clone)]
struct Scope {
    checker: Checker,
    previous: Arc<Previous>,
}

impl Scope {
    /// Checks many domains at once.
    fn runner(
        self,
        concurrency: NonZeroU16,
    ) -> Runner<impl Fn(Domain) -> BoxFuture<'static, Report>, fn() -> Timestamp> {
        let check = move |domain: Domain| -> BoxFuture<'static, Report> {
            let Self { checker, previous } = self.clone();
            Box::pin(
                async move { checker.check(&domain, previous.of(&domain), Timestamp::now()).await },
            )
        };
        Runner { check, now: Timestamp::now, concurrency: concurrency.into() }
    }
}

fn read_previous(path: &Path) -> Result<Previous, Failure> {
    let file = File::open(path).map_err(|error| Failure::reading(path, error))?;
    Previous::read(BufReader::new(file)).map_err(|error| {
        Failure::Usage(anyhow::Error::new(error).context(path.display().to_string()))
    })
}

fn concurrency(text: &str) -> Result<NonZeroU16, &'static str> {
    text.parse()
        .ok()
        .filter(|number: &NonZeroU16| number.get() <= MOST_IN_FLIGHT)
        .ok_or("expected a number from 1 to 1024")
}

/// More would only exhaust file descriptors and the resolver.
const MOST_IN_FLIGHT: u16 = 1024;
