//! Domains named on the command line.

use super::results;
use super::{CheckArgs, Scope};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::Signals;
use crate::output::{Console, Destination, Progress};
use ironpost_checker::bulk::input::{Line, read_domain};
use ironpost_checker::bulk::runner::{Ended, Event};
use ironpost_checker::report::Report;
use ironpost_proto::domain::Domain;
use ironpost_proto::visible::Visible;
use std::collections::HashMap;

/// Reads the domains; those named twice are kept once.
pub(super) fn read(arguments: &[String]) -> Result<Vec<Domain>, Failure> {
    let mut domains = Vec::new();
    for argument in arguments {
        let domain = read_domain(argument).map_err(|error| {
            let shown = Visible::excerpt(argument.as_bytes(), MAX_SHOWN);
            Failure::message(format!(
                "'{shown}' is no domain: {error} (expected: a domain like example.com; a URL or an \
                 e-mail address will do)"
            ))
        })?;
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    Ok(domains)
}

/// Checks them all and writes the results in the order of the command line.
pub(super) async fn run(
    domains: Vec<Domain>,
    destination: Destination,
    scope: Scope,
    args: &CheckArgs,
    console: &Console,
) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let mut progress = match domains.as_slice() {
        [only] => Progress::waiting(console, format!("checking {only}")),
        several => Progress::start(console, Some(several.len() as u64), 0),
    };
    let mut reports = Vec::with_capacity(domains.len());
    let lines = (1..).zip(domains.clone()).map(|(line, domain)| Ok(Line::Domain { line, domain }));
    let mut caught = None;
    let ended = scope
        .runner(args.concurrency)
        .run(
            futures_util::stream::iter(lines),
            |event| {
                if let Event::Checked(report) = event {
                    progress.add(report.verdict);
                    reports.push(*report);
                }
                Ok::<_, std::convert::Infallible>(())
            },
            async { caught = Some(signals.next().await) },
        )
        .await
        .map_err(Failure::usage)?;
    drop(progress);
    if let (Ended::Stopped, Some(signal)) = (ended, caught) {
        return Err(Failure::Interrupted(signal, String::new()));
    }
    sort(&mut reports, &domains);
    let exits = reports.iter().map(|report| args.fail_on.judge(report));
    let exit = exits.fold(Exit::Clean, Exit::worst);
    results::write_all(reports, args.manner(), destination, console)?;
    Ok(exit)
}

/// Puts results, which come as they are ready, into the order in which they were asked for.
fn sort(reports: &mut [Report], domains: &[Domain]) {
    let places: HashMap<_, _> = domains.iter().map(Domain::as_str).zip(0..).collect();
    reports.sort_by_key(|report| places.get(report.domain.as_str()).copied().unwrap_or(usize::MAX));
}

/// Characters of a wrong argument that are repeated.
const MAX_SHOWN: usize = 80;
