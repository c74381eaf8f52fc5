//! Lookups of policies that are in memory.

use super::client::{ask_all, is_right, request};
use super::floor;
use super::frames::Frames;
use super::load::{Questions, Shape, measure};
use super::table::{self, Figures, Wanted};
use super::{Setup, say_load};
use crate::bench::lab::{Delays, Lab};
use crate::bench::server::Server;
use anyhow::{Result, bail};
use std::time::Duration;

/// A server and what it is asked.
struct Subject {
    server: Server,
    questions: Questions,
}

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let args = setup.args;
    let lab = Lab::start(&setup.program, args.domains, Delays::default())?;
    let domains = lab.names()?;
    let home = setup.home(&lab, lab.https_port()?)?;
    let mut subjects = vec![floor(setup, &domains)?, Subject::filled(home.start()?, &domains)?];
    if let Some(peer) = &setup.peer {
        let server = peer.start(&lab, lab.https_port()?, domains.len())?;
        subjects.push(Subject::filled(server, &domains)?);
    }
    drop(lab);
    println!(
        "\nCached: {} domains, each with a policy in mode enforce; median of {} runs of {} s",
        domains.len(),
        args.runs(),
        args.seconds(),
    );
    say_load()?;
    let time = Duration::from_secs_f64(args.seconds());
    let is_wanted = |shape: &Shape| args.connections.is_none_or(|only| only == shape.connections);
    for (shape, wanted) in SHAPES.into_iter().filter(|(shape, _)| is_wanted(shape)) {
        println!("\n{} connections, {} under way on each", shape.connections, shape.depth);
        print!("{}", table::heading());
        show(&subjects, shape, wanted, args.runs(), time)?;
    }
    say_load()
}

/// Runs take turns, so that what else goes on here meets all alike.
fn show(
    subjects: &[Subject],
    shape: Shape,
    wanted: Wanted,
    runs: usize,
    time: Duration,
) -> Result<()> {
    let mut figures = vec![Vec::new(); subjects.len()];
    for _ in 0..runs {
        for (subject, figures) in subjects.iter().zip(&mut figures) {
            let measured = measure(&subject.server, &subject.questions, shape, time)?;
            let resident = subject.server.usage()?.resident_mib;
            let latencies = &measured.latencies;
            figures.push(Figures::new(latencies, measured.wall, measured.cpu, resident));
        }
    }
    let medians: Vec<_> = figures.iter().map(|runs| Figures::median(runs)).collect();
    let our = medians.get(1);
    for (number, (subject, median)) in subjects.iter().zip(&medians).enumerate() {
        let remark = match (number, our) {
            (1, _) => wanted.judge(median),
            (2.., Some(our)) => our.beside(median),
            _ => String::new(),
        };
        print!("{}", table::line(subject.server.name, median, &remark));
    }
    Ok(())
}

/// What the harness can do at most.
fn floor(setup: &Setup<'_>, domains: &[String]) -> Result<Subject> {
    let server = floor::start(&setup.program.folder)?;
    let requests: Vec<_> = domains.iter().map(|domain| request(domain)).collect();
    let replies = vec![floor::REPLY; domains.len()];
    let questions = Questions { requests: Frames::of(&requests), replies: Frames::of(&replies) };
    Ok(Subject { server, questions })
}

impl Subject {
    /// Asks the server for every domain, so that it has fetched all policies, and keeps the
    /// answers, all of which must be right, as those that are due from now on.
    fn filled(server: Server, domains: &[String]) -> Result<Self> {
        let answers = ask_all(server.address, domains, FILLERS)?;
        for (domain, reply) in domains.iter().zip(&answers.replies) {
            if !is_right(domain, reply) {
                bail!("{} answers for {domain}: {reply}", server.name);
            }
        }
        let mut pairs: Vec<_> = domains.iter().zip(&answers.replies).collect();
        shuffle(&mut pairs);
        let requests: Vec<_> = pairs.iter().map(|(domain, _)| request(domain)).collect();
        let replies: Vec<_> = pairs.iter().map(|(_, reply)| reply).collect();
        let questions =
            Questions { requests: Frames::of(&requests), replies: Frames::of(&replies) };
        Ok(Self { server, questions })
    }
}

/// The same order in every run, and one that is none: memory is met as mail would have it.
fn shuffle<T>(items: &mut [T]) {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for last in (1..items.len()).rev() {
        // xorshift64, Marsaglia 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bound = u64::try_from(last + 1).unwrap_or(u64::MAX);
        items.swap(last, usize::try_from(state % bound).unwrap_or_default());
    }
}

/// Clients that fill a cache.
const FILLERS: usize = 64;

const fn shape(connections: usize, depth: usize) -> Shape {
    Shape { connections, depth }
}

const NONE: Wanted = Wanted { rate: None, p99_ms: None, cpu_us: None };

const SHAPES: [(Shape, Wanted); 8] = [
    (shape(1, 1), NONE),
    (shape(8, 1), Wanted { rate: Some(110_000.0), p99_ms: Some(0.3), cpu_us: Some(8.5) }),
    (shape(64, 1), NONE),
    (shape(256, 1), Wanted { p99_ms: Some(12.0), ..NONE }),
    (shape(1, 32), NONE),
    (shape(8, 32), Wanted { rate: Some(800_000.0), ..NONE }),
    (shape(64, 32), NONE),
    (shape(256, 32), NONE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffling_loses_nothing() {
        let mut items: Vec<_> = (0..100).collect();
        shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
