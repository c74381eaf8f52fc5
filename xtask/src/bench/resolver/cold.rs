//! Lookups of domains that nothing is known of, and a herd that asks for one of them.

use super::client::{Answers, ask_all, is_right};
use super::counting::Door;
use super::table::{self, Figures, Wanted};
use super::{Setup, say_load};
use crate::bench::judgement::{judged, median};
use crate::bench::lab::{Delays, Lab};
use crate::bench::server::Server;
use anyhow::Result;

/// 20 ms to a name server; to a policy host three turns of 20 ms each, for TCP, TLS and HTTP, and
/// 40 ms that it thinks: 100 ms.
const DELAYS: Delays = Delays { round_trip: 20, policy_after: 40 };

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let count = setup.args.cold_domains();
    // One more for the herd.
    let lab = Lab::start(&setup.program, count + 1, DELAYS)?;
    let mut domains = lab.names()?;
    let herded = domains.split_off(count);
    println!(
        "\nCold: {count} domains, 20 ms DNS, 100 ms HTTPS, {IN_FLIGHT} in flight; median of {} runs",
        setup.args.runs()
    );
    say_load()?;
    print!("{}", table::heading());
    // The lab makes its certificates when they are first wanted.
    ours(setup, &lab, &domains)?;
    let runs: Vec<_> =
        (0..setup.args.runs()).map(|_| ours(setup, &lab, &domains)).collect::<Result<_>>()?;
    let (our, wrong) = summary(&runs);
    let remark = format!("{}, {}", WANTED.judge(&our), judged(wrong == 0, "0 wrong"));
    print!("{}", table::line("ironpost", &our, &remark));
    if wrong > 0 {
        println!("  {wrong} of our answers were wrong");
    }
    if let Some(peer) = &setup.peer {
        let run = || cold(&peer.start(&lab, lab.https_port()?, domains.len())?, &lab, &domains);
        let runs: Vec<_> = (0..setup.args.runs()).map(|_| run()).collect::<Result<_>>()?;
        let (theirs, wrong) = summary(&runs);
        let remark = format!("{}; {wrong} wrong", our.beside(&theirs));
        print!("{}", table::line("mta-sts-resolver", &theirs, &remark));
    }
    let lab_us = median(runs.iter().map(|run| run.lab_us).collect());
    println!("the lab itself took {lab_us:.0} µs CPU for each");
    say_load()?;
    herd(setup, &lab, &herded)
}

/// A run.
struct Run {
    figures: Figures,
    wrong: usize,
    /// Microseconds of the lab's processor time for each lookup.
    lab_us: f64,
}

fn summary(runs: &[Run]) -> (Figures, usize) {
    let figures: Vec<_> = runs.iter().map(|run| run.figures).collect();
    (Figures::median(&figures), runs.iter().map(|run| run.wrong).sum())
}

/// A daemon that begins with nothing.
fn ours(setup: &Setup<'_>, lab: &Lab, domains: &[String]) -> Result<Run> {
    let home = setup.home(lab, lab.https_port()?)?;
    cold(&home.start()?, lab, domains)
}

fn cold(server: &Server, lab: &Lab, domains: &[String]) -> Result<Run> {
    let (before, lab_before) = (server.usage()?, lab.usage()?);
    let answers = ask_all(server.address, domains, IN_FLIGHT)?;
    let (after, lab_after) = (server.usage()?, lab.usage()?);
    let of_lab = lab_after.cpu - lab_before.cpu;
    let Answers { latencies, wall, .. } = &answers;
    let cpu = after.cpu - before.cpu;
    Ok(Run {
        figures: Figures::new(latencies, *wall, cpu, after.resident_mib),
        wrong: wrong(domains, &answers),
        lab_us: Figures::new(latencies, *wall, of_lab, 0.0).cpu_us,
    })
}

fn wrong(domains: &[String], answers: &Answers) -> usize {
    let pairs = domains.iter().zip(&answers.replies);
    let wrong: Vec<_> = pairs.filter(|(domain, reply)| !is_right(domain, reply)).collect();
    for (domain, reply) in wrong.iter().take(3) {
        println!("wrong: {domain}: {}", reply.escape_debug());
    }
    wrong.len()
}

/// Everybody asks for the same domain at the same moment.
fn herd(setup: &Setup<'_>, lab: &Lab, domain: &[String]) -> Result<()> {
    println!("\nHerd: {HERD} clients ask for one domain at the same moment");
    let questions: Vec<_> = domain.iter().cycle().take(HERD).cloned().collect();
    let door = Door::open(lab)?;
    let home = setup.home(lab, door.port)?;
    let told = ask_all(home.start()?.address, &questions, HERD)?;
    let (fetches, wrong_ones) = (door.count(), wrong(&questions, &told));
    let met = fetches == 1 && wrong_ones == 0;
    let wanted = judged(met, "1 fetch, 0 wrong");
    say_herd("ironpost", fetches, wrong_ones, &told, &format!(" ({wanted})"));
    if let Some(peer) = &setup.peer {
        let server = peer.start(lab, door.port, 1)?;
        let told = ask_all(server.address, &questions, HERD)?;
        let fetches = door.count() - fetches;
        say_herd("mta-sts-resolver", fetches, wrong(&questions, &told), &told, "");
    }
    Ok(())
}

fn say_herd(name: &str, fetches: usize, wrong: usize, told: &Answers, remark: &str) {
    let last = told.latencies.percentile(100).as_millis();
    println!(
        "{name:<22} {fetches} fetches, {wrong} wrong, the last answer after {last} ms{remark}"
    );
}

const WANTED: Wanted = Wanted { rate: Some(1500.0), p99_ms: None, cpu_us: None };

/// Lookups under way.
const IN_FLIGHT: usize = 400;

/// As many as a large Postfix has delivery agents.
const HERD: usize = 200;
