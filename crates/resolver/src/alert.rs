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
pub struct Alerts {
    open: std::sync::Arc<std::sync::Mutex<Vec<(Option<Domain>, Alert)>>>,
}

impl Alerts {
    /// Alerts go to the log, and to `command` if there is one: program and arguments, the alert as
    /// a JSON object on its standard input.
    pub fn new(command: Option<Vec<String>>) -> Self {
        drop(command);
        Self { open: std::sync::Arc::default() }
    }

    /// Something is wrong with `domain`, or with the resolver itself if it is `None`.
    pub fn raise(&self, domain: Option<&Domain>, alert: Alert, now: Timestamp) {
        let _ = now;
        self.clear(domain, alert.kind(), now);
        if let Ok(mut open) = self.open.lock() {
            open.push((domain.cloned(), alert));
        }
    }

    /// Nothing of this kind is wrong any more.
    pub fn clear(&self, domain: Option<&Domain>, kind: Kind, now: Timestamp) {
        let _ = now;
        if let Ok(mut open) = self.open.lock() {
            open.retain(|(d, a)| d.as_ref() != domain || a.kind() != kind);
        }
    }

    /// The domain is of no interest any more: its alerts go without a word.
    pub fn forget(&self, domain: &Domain) {
        if let Ok(mut open) = self.open.lock() {
            open.retain(|(d, _)| d.as_ref() != Some(domain));
        }
    }

    /// What is wrong now, in words, newest first, at most `limit`.
    pub fn open(&self, limit: usize) -> Vec<String> {
        let Ok(open) = self.open.lock() else { return Vec::new() };
        open.iter()
            .rev()
            .take(limit)
            .map(|(d, a)| format!("{}: {a:?}", d.as_ref().map_or("", Domain::as_str)))
            .collect()
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
            Self::StoreFailing { .. } => Kind::StoreFailing,
            Self::SharedAway { .. } => Kind::SharedAway,
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::RefreshFailing,
        Self::RecordGone,
        Self::DnsFailing,
        Self::CoversNoMx,
        Self::Expiring,
        Self::StoreFailing,
        Self::SharedAway,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefreshFailing => "refresh_failing",
            Self::RecordGone => "record_gone",
            Self::DnsFailing => "dns_failing",
            Self::CoversNoMx => "covers_no_mx",
            Self::Expiring => "expiring",
            Self::StoreFailing => "store_failing",
            Self::SharedAway => "shared_away",
        }
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
