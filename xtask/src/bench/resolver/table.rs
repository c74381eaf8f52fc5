//! Figures of lookups, their medians, what is wanted of them, and the lines that show them.

use crate::bench::histogram::Histogram;
use crate::bench::judgement::{judged, median};
use std::fmt::Write as _;

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    /// Lookups a second.
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Microseconds of the server's processor time for each lookup.
    pub(crate) cpu_us: f64,
    /// What the server has resident, MiB.
    pub(crate) resident_mib: f64,
}

/// What is wanted of us on two cores.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    /// At least.
    pub(crate) rate: Option<f64>,
    /// At most.
    pub(crate) p99_ms: Option<f64>,
    /// At most.
    pub(crate) cpu_us: Option<f64>,
}

impl Figures {
    /// Of a run that took `wall` seconds, and `cpu` seconds of the server's time.
    pub(crate) fn new(latencies: &Histogram, wall: f64, cpu: f64, resident_mib: f64) -> Self {
        let lookups = u32::try_from(latencies.count()).map_or(f64::INFINITY, f64::from);
        let ms = |percent| latencies.percentile(percent).as_secs_f64() * 1e3;
        Self {
            rate: lookups / wall,
            p50_ms: ms(50),
            p99_ms: ms(99),
            cpu_us: cpu * 1e6 / lookups,
            resident_mib,
        }
    }

    /// The median of each figure by itself.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(runs.iter().map(figure).collect());
        Self {
            rate: of(|run| run.rate),
            p50_ms: of(|run| run.p50_ms),
            p99_ms: of(|run| run.p99_ms),
            cpu_us: of(|run| run.cpu_us),
            resident_mib: of(|run| run.resident_mib),
        }
    }

    /// How we compare with another program.
    pub(crate) fn beside(&self, other: &Self) -> String {
        format!(
            "we: {:.1} times the rate, {:.2} of the p99, {:.2} of the CPU",
            self.rate / other.rate,
            self.p99_ms / other.p99_ms,
            self.cpu_us / other.cpu_us,
        )
    }
}

impl Wanted {
    /// What is wanted, and what of it is missed.
    pub(crate) fn judge(&self, figures: &Figures) -> String {
        let said = [
            self.rate.map(|least| judged(figures.rate >= least, &format!("≥ {least}/s"))),
            self.p99_ms.map(|most| judged(figures.p99_ms <= most, &format!("p99 ≤ {most} ms"))),
            self.cpu_us.map(|most| judged(figures.cpu_us <= most, &format!("CPU ≤ {most} µs"))),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// What stands above the lines.
pub(crate) fn heading() -> String {
    format!(
        "{:<22} {:>9} {:>9} {:>9} {:>8} {:>8}  {}\n",
        "", "lookups/s", "p50 ms", "p99 ms", "CPU µs", "RSS MiB", "wanted or ratio"
    )
}

/// A line.
pub(crate) fn line(label: &str, figures: &Figures, remark: &str) -> String {
    let mut text = String::new();
    // A `String` takes whatever is written to it.
    let _ = writeln!(
        text,
        "{label:<22} {:>9.0} {:>9.3} {:>9.3} {:>8.2} {:>8.1}  {remark}",
        figures.rate, figures.p50_ms, figures.p99_ms, figures.cpu_us, figures.resident_mib,
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn figures(rate: f64) -> Figures {
        Figures { rate, p50_ms: 1.0, p99_ms: 2.0, cpu_us: 4.0, resident_mib: 8.0 }
    }

    #[test]
    fn a_run_is_divided_by_its_lookups() {
        let mut latencies = Histogram::new();
        latencies.add(Duration::from_millis(2), 1000);
        let figures = Figures::new(&latencies, 0.5, 0.01, 8.0);
        let near = |figure: f64, expected: f64| (figure / expected - 1.0).abs() < 0.02;
        assert!(near(figures.rate, 2000.0) && near(figures.cpu_us, 10.0), "{figures:?}");
        assert!(near(figures.p50_ms, 2.0) && near(figures.p99_ms, 2.0), "{figures:?}");
    }

    #[test]
    fn medians_are_of_each_figure_by_itself() {
        let fast = Figures { cpu_us: 9.0, ..figures(300.0) };
        let runs = [fast, figures(100.0), figures(200.0)];
        assert_eq!(Figures::median(&runs), figures(200.0));
    }

    #[test]
    fn what_is_missed_is_said() {
        let wanted = Wanted { rate: Some(150.0), p99_ms: Some(1.5), cpu_us: Some(4.0) };
        let judged = wanted.judge(&figures(200.0));
        assert_eq!(judged, "≥ 150/s, p99 ≤ 1.5 ms MISSED, CPU ≤ 4 µs");
        assert_eq!(Wanted::default().judge(&figures(1.0)), "");
        let line = line("ironpost", &figures(200.0), &figures(200.0).beside(&figures(100.0)));
        assert!(line.ends_with("we: 2.0 times the rate, 1.00 of the p99, 1.00 of the CPU\n"));
    }
}
