//! How far a run is. Pure: the caller brings the time, and shows the line.

use crate::render::verdict_label;
use crate::report::Verdict;
use std::collections::BTreeMap;
use std::time::Duration;

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    total: Option<u64>,
    resumed: u64,
    checked: u64,
    verdicts: BTreeMap<Verdict, u64>,
}

impl Progress {
    /// A run over `total` domains, if that is known, of which an earlier run did `resumed`.
    pub fn new(total: Option<u64>, resumed: u64) -> Self {
        Self { total, resumed, ..Self::default() }
    }

    /// One more domain is done.
    pub fn record(&mut self, verdict: Verdict) {
        self.checked += 1;
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    /// Domains done, earlier runs included.
    pub fn done(&self) -> u64 {
        self.resumed + self.checked
    }

    /// Domains in the list, if known.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Domains of this run by verdict.
    pub fn verdicts(&self) -> impl Iterator<Item = (Verdict, u64)> {
        self.verdicts.iter().map(|(verdict, count)| (*verdict, *count))
    }

    /// Domains a second in this run; zero before any time has passed.
    pub fn rate(&self, elapsed: Duration) -> f64 {
        let seconds = elapsed.as_secs_f64();
        if seconds > 0.0 { approximate(self.checked) / seconds } else { 0.0 }
    }

    /// How long the rest takes at the rate so far; `None` while that cannot be told.
    pub fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        let rate = self.rate(elapsed);
        let left = self.total?.saturating_sub(self.done());
        let seconds = approximate(left) / rate;
        (rate > 0.0).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
    }

    /// The state as one line: done, rate, time left, verdicts.
    pub fn line(&self, elapsed: Duration) -> String {
        let mut parts = vec![match self.total {
            Some(total) => format!("{} of {}", grouped(self.done()), grouped(total)),
            None => format!("{} done", grouped(self.done())),
        }];
        if self.checked > 0 {
            parts.push(format!("{:.0}/s", self.rate(elapsed)));
        }
        if let Some(left) = self.time_left(elapsed).filter(|left| !left.is_zero()) {
            parts.push(format!("{} left", rough(left)));
        }
        let counts = self.verdicts().map(|(verdict, count)| {
            format!("{} {}", verdict_label(verdict).to_lowercase(), grouped(count))
        });
        let counts = counts.collect::<Vec<_>>().join(", ");
        if !counts.is_empty() {
            parts.push(counts);
        }
        parts.join("  ")
    }
}

/// A count as a float; past 2^53 the last digits go, which no rate shows.
#[expect(clippy::cast_precision_loss, reason = "rates are rounded anyway")]
fn approximate(count: u64) -> f64 {
    count as f64
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in its two largest units.
fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", seconds.max(1)),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_far_it_is() {
        let mut progress = Progress::new(Some(100_000), 10_000);
        assert_eq!(progress.line(Duration::ZERO), "10,000 of 100,000");
        for _ in 0..4_000 {
            progress.record(Verdict::Absent);
        }
        progress.record(Verdict::AtRisk);
        assert_eq!(
            progress.line(Duration::from_secs(10)),
            "14,001 of 100,000  400/s  3 min 34 s left  at risk 1, absent 4,000"
        );
    }

    #[test]
    fn an_unknown_total_gives_no_time_left() {
        let mut progress = Progress::new(None, 0);
        progress.record(Verdict::Protected);
        assert_eq!(progress.line(Duration::from_secs(2)), "1 done  0/s  protected 1");
        assert_eq!(progress.time_left(Duration::from_secs(2)), None);
    }

    #[test]
    fn a_list_that_shrank_has_no_time_left() {
        let mut progress = Progress::new(Some(1), 5);
        progress.record(Verdict::Protected);
        assert_eq!(progress.time_left(Duration::from_secs(1)), Some(Duration::ZERO));
        assert_eq!(progress.line(Duration::from_secs(1)), "6 of 1  1/s  protected 1");
    }

    #[test]
    fn durations_are_rough() {
        let table = [
            (0, "1 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (7_260, "2 h 1 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in table {
            assert_eq!(rough(Duration::from_secs(seconds)), expected);
        }
    }
}
