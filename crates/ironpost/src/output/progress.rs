//! The progress of a list: done, rate, time left, verdicts.

use super::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ironpost_checker::report::Verdict;
use std::collections::BTreeMap;
use std::time::Duration;

/// A bar on standard error while it lives; nothing where that is no terminal.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    console: &'a Console,
    bar: ProgressBar,
    verdicts: BTreeMap<Verdict, u64>,
}

impl<'a> Progress<'a> {
    /// Begins; `total` is unknown where the input cannot be counted ahead.
    pub(crate) fn start(console: &'a Console, total: Option<u64>, done: u64) -> Self {
        let bar = if console.shows_progress() {
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(REDRAWS))
                .with_style(style(total.is_some()))
                .with_position(done)
        } else {
            ProgressBar::hidden()
        };
        // The resumed part took no time: the rate is of this run.
        bar.reset_eta();
        bar.enable_steady_tick(TICK);
        if let Ok(mut shown) = console.bar.lock() {
            *shown = Some(bar.clone());
        }
        Self { console, bar, verdicts: BTreeMap::new() }
    }

    /// One more is done.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        *self.verdicts.entry(verdict).or_default() += 1;
        if !self.bar.is_hidden() {
            self.bar.set_message(counts(&self.verdicts));
        }
        self.bar.inc(1);
    }

    /// How many of each verdict, in words.
    pub(crate) fn counts(&self) -> String {
        counts(&self.verdicts)
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Ok(mut shown) = self.console.bar.lock() {
            *shown = None;
        }
    }
}

fn counts(verdicts: &BTreeMap<Verdict, u64>) -> String {
    let counts = verdicts.iter().map(|(verdict, count)| format!("{count} {}", word(*verdict)));
    counts.collect::<Vec<_>>().join(", ")
}

/// A verdict in running text.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Protected => "protected",
        Verdict::AtRisk => "at risk",
        Verdict::Testing => "testing",
        Verdict::IgnoredBySenders => "ignored",
        Verdict::Absent => "absent",
        Verdict::OptedOut => "opted out",
        Verdict::Parked => "parked",
        Verdict::CouldNotTell => "could not tell",
    }
}

fn style(counted: bool) -> ProgressStyle {
    let template = if counted {
        "{bar:24} {human_pos}/{human_len} · {per_sec} · {eta} left · {msg}"
    } else {
        "{spinner} {human_pos} · {per_sec} · {elapsed} · {msg}"
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Redraws a second.
const REDRAWS: u8 = 8;
const TICK: Duration = Duration::from_millis(200);
