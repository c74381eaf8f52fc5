//! From the start of a node to its first right answer.

use super::fetcher::Fetcher;
use super::node::Processors;
use super::{Setup, client, say_load};
use crate::bench::judgement::{judged, median};
use crate::bench::usage::Usage;
use anyhow::{Context, Result, ensure};

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let many = &setup.many;
    let client = client::config(&many.root())?;
    let last = many.domains.last().context("no domain is hosted")?;
    println!("\nStart, on all processors; median of {} runs", setup.args.runs());
    say_load()?;
    let mut figures = Vec::new();
    for _ in 0..setup.args.runs() {
        let server = many.node()?.start(Processors::All)?;
        let policy = Fetcher::new(&client, server.address, last).fetch()?;
        let took = server.started.elapsed().as_secs_f64();
        ensure!(policy == last.policy(), "the first policy is a wrong one: {policy:?}");
        figures.push((took, server.usage()?));
        server.stop()?;
    }
    let of = |figure: fn(&(f64, Usage)) -> f64| median(figures.iter().map(figure).collect());
    let took = of(|(took, _)| *took);
    println!(
        "{} domains: first right answer after {took:.2} s ({}), of which {:.2} s CPU; then \
         {:.1} MiB resident",
        many.domains.len(),
        judged(took <= MOST_SECONDS, &format!("≤ {MOST_SECONDS} s")),
        of(|(_, usage)| usage.cpu),
        of(|(_, usage)| usage.resident_mib),
    );
    Ok(())
}

const MOST_SECONDS: f64 = 2.0;
