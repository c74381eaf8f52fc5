//! What an administrator should hear of: a log event, a metric, and a command if one is set.

mod command;
mod ledger;
mod words;

use crate::metrics::Metrics;
use command::Messenger;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ledger::{Change, Ledger};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use words::Message;

/// Something wrong with one domain, or with the resolver itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Alert {
    /// A cached policy cannot be renewed.
    RefreshFailing {
        /// Why, made visible.
        reason: String,
    },
    /// A policy that is enforced or tested has lost its TXT record.
    RecordGone,
    /// The TXT record of a cached policy cannot be looked up.
    DnsFailing,
    /// An enforced policy covers none of the domain's MX hosts: mail cannot go.
    CoversNoMx,
    /// An enforced policy that cannot be renewed expires soon.
    Expiring {
        /// Whole days left.
        days: u32,
    },
    /// Of one next-hop after the other nothing can be told: no mail goes.
    NothingTold {
        /// Why, of the last of them.
        reason: String,
    },
    /// The store cannot be written.
    StoreFailing {
        /// Why.
        reason: String,
    },
    /// The shared cache is away.
    SharedAway {
        /// Why.
        reason: String,
    },
}

/// The kind of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Alert::RefreshFailing`]
    RefreshFailing,
    /// [`Alert::RecordGone`]
    RecordGone,
    /// [`Alert::DnsFailing`]
    DnsFailing,
    /// [`Alert::CoversNoMx`]
    CoversNoMx,
    /// [`Alert::Expiring`]
    Expiring,
    /// [`Alert::NothingTold`]
    NothingTold,
    /// [`Alert::StoreFailing`]
    StoreFailing,
    /// [`Alert::SharedAway`]
    SharedAway,
}

/// Where alerts go. Each is told once until it ends or changes. Cheap to clone.
///
/// No more than [`MAX_OPEN`] are kept: whoever can make many domains fail fills neither memory nor
/// the log. What is wrong with the resolver itself always finds room.
#[derive(Debug, Clone)]
pub struct Alerts {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    ledger: Mutex<Ledger>,
    metrics: Metrics,
    messenger: Option<Messenger>,
}

impl Alerts {
    /// Alerts go to the log, to `metrics`, and to `command` if there is one: program and
    /// arguments, each alert as a JSON object on the standard input of a process of its own. With
    /// a command this has to be called in a Tokio runtime, where the processes are waited for.
    pub fn new(command: Option<Vec<String>>, metrics: Metrics) -> Self {
        let inner = Inner {
            ledger: Mutex::new(Ledger::new(MAX_OPEN)),
            metrics,
            messenger: command.and_then(Messenger::start),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Something is wrong with `domain`, or with the resolver itself if it is `None`. Returns at
    /// once, as [`Self::clear`] does.
    pub fn raise(&self, domain: Option<&Domain>, alert: Alert, now: Timestamp) {
        let message = Message::open(domain, &alert, now);
        match self.change(alert.kind(), |ledger| ledger.raise(domain, alert)) {
            Change::New | Change::Other => self.tell(&message),
            Change::NoRoom => {
                tracing::warn!("more than {MAX_OPEN} alerts are open: further ones are not told");
            }
            Change::Same | Change::StillNoRoom => {}
        }
    }

    /// Nothing of this kind is wrong any more.
    pub fn clear(&self, domain: Option<&Domain>, kind: Kind, now: Timestamp) {
        if let Some(alert) = self.change(kind, |ledger| ledger.clear(domain, kind)) {
            self.tell(&Message::over(domain, &alert, now));
        }
    }

    /// The domain is of no interest any more: its alerts go without a word.
    pub fn forget(&self, domain: &Domain) {
        for kind in Kind::ALL {
            self.change(kind, |ledger| ledger.clear(Some(domain), kind));
        }
    }

    /// What is wrong now, in words, newest first, at most `limit`.
    pub fn open(&self, limit: usize) -> Vec<String> {
        self.ledger().newest(limit).map(|(domain, alert)| words::line(domain, alert)).collect()
    }

    fn tell(&self, message: &Message<'_>) {
        message.log();
        if let Some(messenger) = &self.inner.messenger {
            messenger.send(message);
        }
    }

    fn change<T>(&self, kind: Kind, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.ledger();
        let outcome = change(&mut ledger);
        self.inner.metrics.alerts(kind, ledger.count(kind));
        outcome
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.inner.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Alert {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::RefreshFailing { .. } => Kind::RefreshFailing,
            Self::RecordGone => Kind::RecordGone,
            Self::DnsFailing => Kind::DnsFailing,
            Self::CoversNoMx => Kind::CoversNoMx,
            Self::Expiring { .. } => Kind::Expiring,
            Self::NothingTold { .. } => Kind::NothingTold,
            Self::StoreFailing { .. } => Kind::StoreFailing,
            Self::SharedAway { .. } => Kind::SharedAway,
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::RefreshFailing,
        Self::RecordGone,
        Self::DnsFailing,
        Self::CoversNoMx,
        Self::Expiring,
        Self::NothingTold,
        Self::StoreFailing,
        Self::SharedAway,
    ];

    /// Its name in logs, metrics and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefreshFailing => "refresh-failing",
            Self::RecordGone => "record-gone",
            Self::DnsFailing => "dns-failing",
            Self::CoversNoMx => "covers-no-mx",
            Self::Expiring => "expiring",
            Self::NothingTold => "nothing-told",
            Self::StoreFailing => "store-failing",
            Self::SharedAway => "shared-away",
        }
    }
}

/// Alerts of domains that are open at a time. Own limit.
pub const MAX_OPEN: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);

    #[test]
    fn what_is_open_is_told_in_words_and_counted() {
        let alerts = Alerts::new(None, Metrics::new());
        let domain: Domain = "a.example".parse().unwrap();
        alerts.raise(Some(&domain), Alert::RecordGone, NOW);
        alerts.raise(None, Alert::StoreFailing { reason: "disk\nfull".to_owned() }, NOW);
        alerts.raise(Some(&domain), Alert::Expiring { days: 2 }, NOW);
        alerts.raise(Some(&domain), Alert::Expiring { days: 1 }, NOW);
        let open = [
            "a.example: the policy cannot be renewed and expires in 1 day",
            "nothing can be written to the store: disk\\nfull",
            "a.example: the policy has lost its TXT record",
        ];
        assert_eq!(alerts.open(10), open);
        assert_eq!(alerts.open(1), open[..1]);
        alerts.clear(None, Kind::StoreFailing, NOW);
        alerts.clear(None, Kind::StoreFailing, NOW);
        assert_eq!(alerts.open(10), [open[0], open[2]]);
        alerts.forget(&domain);
        assert_eq!(alerts.open(10), [""; 0]);
    }
}
