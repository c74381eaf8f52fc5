//! Figures of what was asked for, their medians, what is wanted of them, and the lines that show
//! them.

use crate::bench::judgement::{judged, median};
use crate::bench::measured::Measured;
use std::fmt::Write as _;

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    /// A second, as it was seen.
    pub(crate) rate: f64,
    /// In a second of the server's processor time.
    pub(crate) each_core: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// What the server has resident, MiB.
    pub(crate) resident_mib: f64,
}

impl Figures {
    pub(crate) fn of(measured: &Measured) -> Self {
        let count = u32::try_from(measured.latencies.count()).map_or(f64::INFINITY, f64::from);
        let ms = |percent| measured.latencies.percentile(percent).as_secs_f64() * 1e3;
        Self {
            rate: count / measured.wall,
            each_core: count / measured.cpu,
            p50_ms: ms(50),
            p99_ms: ms(99),
            resident_mib: measured.resident_mib,
        }
    }

    /// The median of each figure by itself.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(runs.iter().map(figure).collect());
        Self {
            rate: of(|run| run.rate),
            each_core: of(|run| run.each_core),
            p50_ms: of(|run| run.p50_ms),
            p99_ms: of(|run| run.p99_ms),
            resident_mib: of(|run| run.resident_mib),
        }
    }

    /// What is wanted for each core, and whether it is missed.
    pub(crate) fn judge(&self, least: f64) -> String {
        judged(self.each_core >= least, &format!("≥ {least}/s and core"))
    }

    /// How we compare with another program.
    pub(crate) fn beside(&self, other: &Self) -> String {
        format!("we: {:.2} times the rate of a core", self.each_core / other.each_core)
    }
}

/// What stands above the lines.
pub(crate) fn heading() -> String {
    format!(
        "{:<34} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}  {}\n",
        "", "/s", "/s, core", "CPU µs", "p50 ms", "p99 ms", "RSS MiB", "wanted or ratio"
    )
}

/// A line.
pub(crate) fn line(label: &str, figures: &Figures, remark: &str) -> String {
    let mut text = String::new();
    // A `String` takes whatever is written to it.
    let _ = writeln!(
        text,
        "{label:<34} {:>9.0} {:>9.0} {:>8.2} {:>8.3} {:>8.3} {:>8.1}  {remark}",
        figures.rate,
        figures.each_core,
        1e6 / figures.each_core,
        figures.p50_ms,
        figures.p99_ms,
        figures.resident_mib,
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::histogram::Histogram;
    use std::time::Duration;

    #[test]
    fn a_run_is_divided_by_its_time_and_by_the_servers() {
        let mut latencies = Histogram::new();
        latencies.add(Duration::from_millis(2), 1000);
        let measured = Measured { latencies, wall: 0.5, cpu: 0.1, resident_mib: 8.0 };
        let figures = Figures::of(&measured);
        let near = |figure: f64, expected: f64| (figure / expected - 1.0).abs() < 0.02;
        assert!(near(figures.rate, 2000.0) && near(figures.each_core, 10_000.0), "{figures:?}");
        assert!(near(figures.p50_ms, 2.0) && near(figures.p99_ms, 2.0), "{figures:?}");
        assert_eq!(figures.judge(10_000.0), "≥ 10000/s and core");
        assert_eq!(figures.judge(10_001.0), "≥ 10001/s and core MISSED");
        let slow = Figures { each_core: 5_000.0, ..figures };
        assert_eq!(figures.beside(&slow), "we: 2.00 times the rate of a core");
        assert_eq!(Figures::median(&[slow, figures, figures]), figures);
        let line = line("ironpost", &figures, "a remark");
        assert!(line.starts_with("ironpost ") && line.ends_with("  8.0  a remark\n"), "{line}");
    }
}
