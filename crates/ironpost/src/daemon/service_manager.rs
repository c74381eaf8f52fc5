//! What is said to the service manager: sd_notify(3). Without one nobody listens, and nothing is
//! sent.

use sd_notify::NotifyState;
use std::time::Duration;

/// The program serves.
pub(crate) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again; [`ready`] ends it.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// The program ends.
pub(crate) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// The program is alive.
pub(crate) fn alive(status: &str) {
    notify(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}

/// How often to say that the program is alive: twice as often as is asked for.
pub(crate) fn pulse() -> Duration {
    let wanted = sd_notify::watchdog_enabled().map(|watchdog| watchdog / 2);
    wanted.unwrap_or(PULSE).clamp(SHORTEST_PULSE, PULSE)
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager does not listen: {error}");
    }
}

/// Often enough for the status line.
const PULSE: Duration = Duration::from_mins(1);
const SHORTEST_PULSE: Duration = Duration::from_millis(100);
