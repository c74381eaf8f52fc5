//! What is said to the service manager: sd_notify(3). Without one nobody listens, and nothing is
//! sent.

use ironpost_resolver::admin::StatusReport;
use sd_notify::NotifyState;
use std::time::Duration;

/// The resolver serves.
pub(super) fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is being read again; [`ready`] ends it.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// The resolver ends.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// The resolver is alive.
pub(super) fn alive(status: &str) {
    notify(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}

/// How often to say that the resolver is alive: twice as often as is asked for.
pub(super) fn pulse() -> Duration {
    let wanted = sd_notify::watchdog_enabled().map(|watchdog| watchdog / 2);
    wanted.unwrap_or(PULSE).clamp(SHORTEST_PULSE, PULSE)
}

/// A line for `systemctl status`.
pub(super) fn line(report: &StatusReport) -> String {
    let StatusReport { enforce, testing, lookups, .. } = report;
    let alerts = match report.alerts.len() {
        0 => "nothing is wrong".to_owned(),
        wrong => format!("{wrong} wrong, see `ironpost resolver status`"),
    };
    format!("{enforce} enforced and {testing} tested policies, {lookups} lookups; {alerts}")
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager does not listen: {error}");
    }
}

/// Often enough for the status line.
const PULSE: Duration = Duration::from_mins(1);
const SHORTEST_PULSE: Duration = Duration::from_millis(100);
