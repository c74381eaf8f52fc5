//! A look at every entry of memory, a part at a time: what is due, what has gone, what expires.

use super::Due;
use crate::alert::Alert;
use crate::engine::Inner;
use crate::engine::memory::{Entry, Then};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy::Mode;
use ironpost_store::sender::{Change, StoredPolicy};
use std::time::Duration;

/// What a look at one entry brought.
enum Seen {
    /// Its policy is to be refreshed.
    Refresh(Due),
    /// Its policy was dropped, having expired.
    Expired(Box<str>),
    /// A clock that was set back has changed it.
    Changed(StoredPolicy),
    /// It cannot be renewed and ends soon.
    Expiring(Box<str>, u32),
}

impl Inner {
    /// Sweeps one part of memory; what is due there.
    pub(super) fn sweep(&self, part: usize, now: Timestamp) -> Vec<Due> {
        let mut seen = Vec::new();
        self.memory.sweep(part, |entry| {
            entry.attempts.forget_old(now);
            look(entry, now, &mut seen)
        });
        self.routes.sweep(part, now);
        let mut due = Vec::new();
        for seen in seen {
            match seen {
                Seen::Refresh(refresh) => due.push(refresh),
                Seen::Expired(domain) => {
                    if let Ok(domain) = domain.parse::<Domain>() {
                        self.outside.alerts.forget(&domain);
                    }
                }
                Seen::Changed(stored) => self.note(Change::Policy(stored)),
                Seen::Expiring(domain, days) => {
                    let domain = domain.parse::<Domain>().ok();
                    self.outside.alerts.raise(domain.as_ref(), Alert::Expiring { days }, now);
                }
            }
        }
        due
    }
}

fn look(entry: &mut Entry, now: Timestamp, seen: &mut Vec<Seen>) -> Then {
    if entry.set_back(now) {
        seen.extend(stored(entry).map(Seen::Changed));
    }
    if entry.held().is_some_and(|held| now >= held.expires_at()) {
        seen.push(Seen::Expired(entry.domain().into()));
        entry.hold(None);
    }
    let Some(held) = entry.held() else {
        // Attempts that still hold a fetch back outlive the policy.
        let of_use = entry.is_known_without(now) || entry.attempts.newest_first().next().is_some();
        return if of_use { Then::Keep } else { Then::Drop };
    };
    let expires_at = held.expires_at();
    if entry.failure.is_some()
        && entry.mode() == Some(Mode::Enforce)
        && expires_at < now.after(SOON)
    {
        let days = expires_at.since(now).as_secs() / DAY.as_secs();
        seen.push(Seen::Expiring(entry.domain().into(), u32::try_from(days).unwrap_or(u32::MAX)));
    }
    let lost = entry.recheck_at > now.after(2 * DAY);
    if lost || now >= held.refresh_at {
        seen.push(Seen::Refresh(Due::policy(now, entry.domain())));
    }
    Then::Keep
}

/// An entry as the store keeps it.
pub(super) fn stored(entry: &Entry) -> Option<StoredPolicy> {
    let domain = entry.domain().parse().ok()?;
    Some(StoredPolicy { domain, cached: entry.cached()?, recheck_at: entry.recheck_at })
}

const DAY: Duration = Duration::from_hours(24);
/// An enforced policy that cannot be renewed is told of so long before it ends.
const SOON: Duration = Duration::from_hours(7 * 24);
