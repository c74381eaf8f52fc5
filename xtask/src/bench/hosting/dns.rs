//! Answers over UDP; Knot beside us.

use super::node::Processors;
use super::queries::{self, queries, wait_for_answer};
use super::table::{self, Figures};
use super::{Setup, knot, say_load};
use crate::bench::pinned;
use anyhow::{Context, Result};

/// Measures and prints.
pub(crate) fn run(setup: &Setup<'_>) -> Result<()> {
    let many = &setup.many;
    let queries = queries(&many.domains);
    let last = queries.last().context("nothing to ask")?;
    let node = many.node()?;
    let mut subjects = vec![(node.start(Processors::First)?, node.dns)];
    if !setup.args.without_peers {
        let knot = knot::start(many)?;
        let address = knot.address;
        subjects.push((knot, address));
    }
    for (_, address) in &subjects {
        wait_for_answer(*address, last)?;
    }
    println!(
        "\nDNS over UDP: TXT and A of {} domains; median of {} runs of {} s",
        many.domains.len(),
        setup.args.runs(),
        setup.args.seconds(),
    );
    say_load()?;
    print!("{}", table::heading());
    let mut figures = vec![Vec::new(); subjects.len()];
    for _ in 0..setup.args.runs() {
        for ((server, address), figures) in subjects.iter().zip(&mut figures) {
            let time = setup.args.time();
            let measure = || queries::measure(server, *address, &queries, time);
            figures.push(Figures::of(&pinned::on_the_last(measure)?));
        }
    }
    let medians: Vec<_> = figures.iter().map(|runs| Figures::median(runs)).collect();
    for (number, ((server, _), median)) in subjects.iter().zip(&medians).enumerate() {
        let remark = if number == 0 { median.judge(WANTED) } else { medians[0].beside(median) };
        print!("{}", table::line(server.name, median, &remark));
    }
    say_load()
}

/// Answers a second and core.
const WANTED: f64 = 100_000.0;
