//! How far a run is, on standard error while it runs.

use super::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ironpost_checker::bulk::progress;
use ironpost_checker::report::Verdict;
use std::time::{Duration, Instant};

/// A bar on standard error while it lives; nothing where that is no terminal.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    console: &'a Console,
    bar: ProgressBar,
    started: Instant,
    state: progress::Progress,
}

impl<'a> Progress<'a> {
    /// Begins; `total` is unknown where the input cannot be counted ahead, `resumed` were done
    /// by an earlier run.
    pub(crate) fn start(console: &'a Console, total: Option<u64>, resumed: u64) -> Self {
        let state = progress::Progress::new(total, resumed);
        let template = if total.is_some() { "{bar:24} {wide_msg}" } else { "{spinner} {wide_msg}" };
        let bar = show(console, total, template);
        bar.set_position(resumed);
        bar.set_message(state.line(Duration::ZERO));
        Self { console, bar, started: Instant::now(), state }
    }

    /// Begins something that has no steps to count.
    pub(crate) fn waiting(console: &'a Console, what: String) -> Self {
        let bar = show(console, None, "{spinner} {wide_msg}");
        bar.set_message(what);
        let state = progress::Progress::new(None, 0);
        Self { console, bar, started: Instant::now(), state }
    }

    /// One more is done.
    pub(crate) fn add(&mut self, verdict: Verdict) {
        self.state.record(verdict);
        if !self.bar.is_hidden() {
            self.bar.set_message(self.line());
            self.bar.set_position(self.state.done());
        }
    }

    /// Done, rate, time left and verdicts in one line.
    pub(crate) fn line(&self) -> String {
        self.state.line(self.started.elapsed())
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.console.show(None);
        self.bar.finish_and_clear();
    }
}

/// A bar that moves, where there is a terminal for it.
fn show(console: &Console, total: Option<u64>, template: &str) -> ProgressBar {
    if !console.shows_progress() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr_with_hz(REDRAWS);
    let style = ProgressStyle::with_template(template);
    let bar = ProgressBar::with_draw_target(total, target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(TICK);
    console.show(Some(bar.clone()));
    bar
}

/// Redraws a second.
const REDRAWS: u8 = 8;
/// A peer may keep us waiting; the bar moves all the same.
const TICK: Duration = Duration::from_millis(200);
