//! What an administrator should hear of: a log event, a metric, and a command if one is set.

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;

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

/// Where alerts go. Each is told once until it ends or changes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Alerts {}

impl Alerts {
    /// Alerts go to the log, and to `command` if there is one: program and arguments, the alert as
    /// a JSON object on its standard input.
    pub fn new(command: Option<Vec<String>>) -> Self {
        let _ = command;
        todo!()
    }

    /// Something is wrong with `domain`, or with the resolver itself if it is `None`.
    pub fn raise(&self, domain: Option<&Domain>, alert: Alert, now: Timestamp) {
        let _ = (domain, alert, now);
        todo!()
    }

    /// Nothing of this kind is wrong any more.
    pub fn clear(&self, domain: Option<&Domain>, kind: Kind, now: Timestamp) {
        let _ = (domain, kind, now);
        todo!()
    }

    /// The domain is of no interest any more: its alerts go without a word.
    pub fn forget(&self, domain: &Domain) {
        let _ = domain;
        todo!()
    }

    /// What is wrong now, in words, newest first, at most `limit`.
    pub fn open(&self, limit: usize) -> Vec<String> {
        let _ = limit;
        todo!()
    }
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
    /// [`Alert::StoreFailing`]
    StoreFailing,
    /// [`Alert::SharedAway`]
    SharedAway,
}
