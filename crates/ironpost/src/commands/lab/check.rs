//! `ironpost lab check`: every domain of the lab, against what its scenario expects.

use super::LabStart;
use super::agreement::disagreements;
use crate::commands::network;
use crate::config::NetworkArgs;
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Signals;
use crate::output::{Console, Progress, Style};
use clap::Args;
use ironpost_checker::bulk::input::Line;
use ironpost_checker::bulk::runner::{Ended, Event, Runner};
use ironpost_checker::check::CheckOptions;
use ironpost_checker::evidence::Skip;
use ironpost_checker::finding::Severity;
use ironpost_checker::render::digest::Digest;
use ironpost_checker::render::{grade_label, verdict_label};
use ironpost_checker::report::Report;
use ironpost_lab::{Lab, Scenario};
use ironpost_proto::domain::{Domain, DomainError};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::num::NonZeroU16;

/// Start the lab, check every domain in it, compare with what is expected, stop
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LabCheckArgs {
    /// Check only the scenarios with this in their names
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    start: LabStart,
}

const EXAMPLES: &str = "\
Examples:
  ironpost lab check
  ironpost lab check host- mx-
  ironpost lab check --round-trip 20

The exit code is 1 if a domain is judged otherwise than its scenario expects.";

/// Runs the command.
pub(super) async fn run(args: LabCheckArgs, console: &Console) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    // The lab and the checker share one process: both ends of every connection are ours.
    let descriptors = Descriptors::raise();
    let _place = args.start.place(console)?;
    let lab = Lab::start(args.start.options()).await.map_err(Failure::could_not_test)?;
    let wanted = |scenario: &&Scenario| {
        args.names.is_empty() || args.names.iter().any(|name| scenario.name.contains(name.as_str()))
    };
    let scenarios: Vec<_> = lab.scenarios().iter().filter(wanted).collect();
    if scenarios.is_empty() {
        return Err(Failure::message(
            "no scenario has that in its name; `ironpost lab` lists them",
        ));
    }
    let reports = check(&lab, &scenarios, descriptors, signals, console).await?;
    let outcomes: Vec<_> = scenarios
        .into_iter()
        .filter_map(|scenario| Some(Outcome::of(scenario, reports.get(&scenario.domain)?)))
        .collect();
    console.print(&table(&outcomes, console.stdout_style()))?;
    let agrees = outcomes.iter().all(|outcome| outcome.disagreements.is_empty());
    lab.stop().await;
    Ok(if agrees { Exit::Clean } else { Exit::Findings })
}

/// Checks the scenarios' domains, and returns the reports by domain.
async fn check(
    lab: &Lab,
    scenarios: &[&Scenario],
    descriptors: Descriptors,
    signals: Signals,
    console: &Console,
) -> Result<BTreeMap<String, Report>, Failure> {
    let network = NetworkArgs::from_file(lab.config_file().to_owned());
    let options = CheckOptions { skip: Skip::default(), simulate: true };
    let checker = network::checker(network.settle()?, IN_FLIGHT, descriptors, options).await?;
    let mut lines = Vec::new();
    for scenario in scenarios {
        let domain: Domain =
            scenario.domain.parse().map_err(|error: DomainError| Failure::usage(error))?;
        lines.push(Ok(Line::Domain { line: 1, domain }));
    }
    let runner = Runner {
        check: |domain: Domain| {
            let checker = checker.clone();
            async move { checker.check(&domain, None, Timestamp::now()).await }
        },
        now: Timestamp::now,
        concurrency: IN_FLIGHT.into(),
    };
    let mut progress = Progress::start(console, Some(lines.len() as u64), 0);
    let mut reports = BTreeMap::new();
    let mut caught = None;
    let sink = |event| {
        if let Event::Checked(report) = event {
            progress.add(report.verdict);
            reports.insert(report.domain.clone(), *report);
        }
        Ok::<_, Infallible>(())
    };
    let stop = async { caught = Some(signals.next().await) };
    let ended = runner.run(futures_util::stream::iter(lines), sink, stop).await;
    match (ended.map_err(Failure::usage)?, caught) {
        (Ended::Stopped, Some(signal)) => Err(Failure::Interrupted(signal, String::new())),
        (Ended::Stopped, None) | (Ended::Complete, _) => Ok(reports),
    }
}

/// A scenario and what was said of it.
#[derive(Debug)]
struct Outcome<'a> {
    scenario: &'a Scenario,
    digest: Digest,
    disagreements: Vec<String>,
}

impl<'a> Outcome<'a> {
    fn of(scenario: &'a Scenario, report: &Report) -> Self {
        let disagreements = disagreements(report, &scenario.expect);
        Self { scenario, digest: Digest::from(report), disagreements }
    }
}

fn table(outcomes: &[Outcome<'_>], style: Style) -> String {
    let widest = outcomes.iter().map(|o| o.scenario.domain.chars().count()).max();
    let widest = widest.unwrap_or_default();
    let mut out = style.faint(&format!(
        "  {:widest$}  {:VERDICT$}  {:VERDICT$}  grade  findings",
        "domain", "expected", "verdict"
    ));
    out.push('\n');
    for outcome in outcomes {
        let agrees = outcome.disagreements.is_empty();
        let mark = if agrees { style.good("✓") } else { style.error("✗") };
        let digest = &outcome.digest;
        let grade = digest.grade.map_or("-", grade_label);
        // Writing to a `String` cannot fail, here and below.
        let _ = writeln!(
            out,
            "{mark} {:widest$}  {:VERDICT$}  {:VERDICT$}  {grade:5}  {}",
            outcome.scenario.domain,
            outcome.scenario.expect.verdict,
            verdict_label(digest.verdict),
            ids(digest)
        );
    }
    let disagree: Vec<_> = outcomes.iter().filter(|o| !o.disagreements.is_empty()).collect();
    if disagree.is_empty() {
        let _ = writeln!(out, "\nAll {} domains are judged as expected.", outcomes.len());
        return out;
    }
    let _ = writeln!(out, "\n{} of {} domains are not:", disagree.len(), outcomes.len());
    for outcome in disagree {
        let Scenario { domain, summary, .. } = outcome.scenario;
        let _ = writeln!(out, "\n{}  {summary}", style.strong(domain));
        for disagreement in &outcome.disagreements {
            let _ = writeln!(out, "  {disagreement}");
        }
    }
    out
}

/// Faults, each id once.
fn ids(digest: &Digest) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for (id, severity) in &digest.findings {
        if *severity > Severity::Info && !ids.contains(&id.as_ref()) {
            ids.push(id);
        }
    }
    if ids.is_empty() { "-".to_owned() } else { ids.join(" ") }
}

/// Domains in work at once.
const IN_FLIGHT: NonZeroU16 = NonZeroU16::new(64).unwrap();

/// The longest verdict.
const VERDICT: usize = 18;
