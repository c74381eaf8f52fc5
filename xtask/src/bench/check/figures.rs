//! Figures of a run, their medians, and the table that shows them.

use crate::bench::timed::Timed;
use std::fmt::Write as _;

/// What a run over a list came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    pub(crate) domains_per_second: f64,
    pub(crate) cpu_ms_per_domain: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) peak_mib: f64,
}

/// A line of the table.
pub(crate) struct Row {
    label: String,
    figures: Figures,
    /// What is wanted of us; nothing of a peer.
    wanted: Option<Wanted>,
}

/// What a row of ours is to reach on two cores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// At least.
    pub(crate) domains_per_second: f64,
    /// At most; not every row has one.
    pub(crate) cpu_ms_per_domain: Option<f64>,
}

impl Figures {
    /// From the time a run took and what each of its domains took, milliseconds.
    pub(crate) fn new(timed: &Timed, mut elapsed: Vec<f64>) -> Self {
        elapsed.sort_by(f64::total_cmp);
        let domains = count(elapsed.len());
        Self {
            domains_per_second: domains / timed.wall,
            cpu_ms_per_domain: timed.cpu * 1000.0 / domains,
            p50_ms: percentile(&elapsed, 50),
            p99_ms: percentile(&elapsed, 99),
            peak_mib: timed.peak_mib,
        }
    }

    /// The median of each figure by itself.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(figure).collect();
            values.sort_by(f64::total_cmp);
            percentile(&values, 50)
        };
        Self {
            domains_per_second: of(|run| run.domains_per_second),
            cpu_ms_per_domain: of(|run| run.cpu_ms_per_domain),
            p50_ms: of(|run| run.p50_ms),
            p99_ms: of(|run| run.p99_ms),
            peak_mib: of(|run| run.peak_mib),
        }
    }
}

impl Row {
    /// Our own figures, and what is wanted of them.
    pub(crate) fn ours(label: &str, figures: Figures, wanted: Wanted) -> Self {
        Self { label: label.to_owned(), figures, wanted: Some(wanted) }
    }

    /// Another program's figures.
    pub(crate) fn peer(label: String, figures: Figures) -> Self {
        Self { label, figures, wanted: None }
    }
}

impl Wanted {
    fn judged(self, figures: &Figures) -> String {
        let judged = |met, text: String| if met { text } else { text + " MISSED" };
        let fast = figures.domains_per_second >= self.domains_per_second;
        let mut text = judged(fast, format!("≥ {}/s", self.domains_per_second));
        if let Some(most) = self.cpu_ms_per_domain {
            let cheap = figures.cpu_ms_per_domain <= most;
            text += &judged(cheap, format!(", ≤ {most} ms CPU"));
        }
        text
    }
}

/// The table. Rows of the peer stand behind ours in the same order, and show how many times
/// faster we are.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<36} {:>10} {:>11} {:>8} {:>8} {:>9}  {}\n",
        "", "domains/s", "CPU ms each", "p50 ms", "p99 ms", "peak MiB", "wanted or ratio"
    );
    let mut ours = rows.iter().filter(|row| row.wanted.is_some());
    for row in rows {
        let figures = &row.figures;
        let remark = match (row.wanted, row.wanted.is_none().then(|| ours.next()).flatten()) {
            (Some(wanted), _) => wanted.judged(figures),
            (None, Some(our)) => format!(
                "we: {:.1} times the domains/s, {:.2} of the CPU",
                our.figures.domains_per_second / figures.domains_per_second,
                our.figures.cpu_ms_per_domain / figures.cpu_ms_per_domain,
            ),
            (None, None) => String::new(),
        };
        // A `String` takes whatever is written to it.
        let _ = writeln!(
            text,
            "{:<36} {:>10.1} {:>11.2} {:>8.0} {:>8.0} {:>9.1}  {remark}",
            row.label,
            figures.domains_per_second,
            figures.cpu_ms_per_domain,
            figures.p50_ms,
            figures.p99_ms,
            figures.peak_mib,
        );
    }
    text
}

/// The smallest value that `percent` of all values do not exceed; 0 of none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// A count as a number to divide by.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        for (percent, value) in [(50, 100.0), (99, 198.0), (100, 200.0)] {
            assert!((percentile(&sorted, percent) - value).abs() < f64::EPSILON, "{percent}");
        }
        assert!(percentile(&[], 50).abs() < f64::EPSILON);
    }

    #[test]
    fn a_run_is_divided_by_its_domains() {
        let timed = Timed { wall: 2.0, cpu: 0.4, peak_mib: 20.0 };
        let figures = Figures::new(&timed, vec![9.0, 1.0, 5.0, 7.0]);
        let expected = Figures {
            domains_per_second: 2.0,
            cpu_ms_per_domain: 100.0,
            p50_ms: 5.0,
            p99_ms: 9.0,
            peak_mib: 20.0,
        };
        assert_eq!(figures, expected);
    }

    #[test]
    fn the_table_sets_each_row_of_the_peer_against_ours() {
        let figures = |per_second| Figures {
            domains_per_second: per_second,
            cpu_ms_per_domain: 1.0,
            p50_ms: 1.0,
            p99_ms: 1.0,
            peak_mib: 1.0,
        };
        let wanted = |domains_per_second, cpu_ms_per_domain| Wanted {
            domains_per_second,
            cpu_ms_per_domain,
        };
        let table = table(&[
            Row::ours("policy", figures(600.0), wanted(300.0, Some(0.8))),
            Row::ours("tls", figures(100.0), wanted(150.0, None)),
            Row::peer("peer, policy".into(), figures(100.0)),
            Row::peer("peer, tls".into(), figures(2.0)),
        ]);
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert!(lines[0].ends_with("≥ 300/s, ≤ 0.8 ms CPU MISSED"), "{table}");
        assert!(lines[1].ends_with("≥ 150/s MISSED"), "{table}");
        assert!(lines[2].contains("we: 6.0 times"), "{table}");
        assert!(lines[3].contains("we: 50.0 times"), "{table}");
    }
}
