//! Which alerts are open.

use super::{Alert, Kind};
use ironpost_proto::domain::Domain;
use std::collections::{BTreeMap, HashMap};

/// The open alerts, at most one of a kind for each domain.
#[derive(Debug)]
pub(super) struct Ledger {
    /// By the order in which they came.
    open: BTreeMap<u64, (Subject, Alert)>,
    places: HashMap<Subject, Vec<(Kind, u64)>>,
    counts: HashMap<Kind, usize>,
    next: u64,
    room: usize,
    /// Alerts have been turned away since there was last room.
    full: bool,
}

/// Whom an alert is about: a domain, or the resolver itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject(Option<Domain>);

/// What an alert is to those that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It was not there.
    New,
    /// It was there with other facts.
    Other,
    /// It was there.
    Same,
    /// It is the first that is too many.
    NoRoom,
    /// It is one of those after.
    StillNoRoom,
}

impl Ledger {
    /// For at most `room` alerts of domains.
    pub(super) fn new(room: usize) -> Self {
        Self {
            open: BTreeMap::new(),
            places: HashMap::new(),
            counts: HashMap::new(),
            next: 0,
            room,
            full: false,
        }
    }

    pub(super) fn raise(&mut self, domain: Option<&Domain>, alert: Alert) -> Change {
        let subject = Subject(domain.cloned());
        let kind = alert.kind();
        let change = match self.place(&subject, kind) {
            Some(place) => match self.open.get(&place) {
                Some((_, known)) if *known == alert => return Change::Same,
                _ => {
                    self.remove(&subject, kind);
                    Change::Other
                }
            },
            None if domain.is_some() && self.open.len() >= self.room => {
                let first = !std::mem::replace(&mut self.full, true);
                return if first { Change::NoRoom } else { Change::StillNoRoom };
            }
            None => Change::New,
        };
        self.places.entry(subject.clone()).or_default().push((kind, self.next));
        self.open.insert(self.next, (subject, alert));
        *self.counts.entry(kind).or_default() += 1;
        self.next += 1;
        change
    }

    /// The alert that was open.
    pub(super) fn clear(&mut self, domain: Option<&Domain>, kind: Kind) -> Option<Alert> {
        if self.open.is_empty() {
            return None;
        }
        let ended = self.remove(&Subject(domain.cloned()), kind);
        // With some way to go: at the very edge it would be told again and again.
        if self.open.len() < self.room / 2 {
            self.full = false;
        }
        ended
    }

    /// Open alerts of a kind.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    /// The newest `limit`.
    pub(super) fn newest(&self, limit: usize) -> impl Iterator<Item = (Option<&Domain>, &Alert)> {
        self.open.values().rev().take(limit).map(|(subject, alert)| (subject.0.as_ref(), alert))
    }

    fn place(&self, subject: &Subject, kind: Kind) -> Option<u64> {
        let places = self.places.get(subject)?;
        places.iter().find(|(known, _)| *known == kind).map(|(_, place)| *place)
    }

    fn remove(&mut self, subject: &Subject, kind: Kind) -> Option<Alert> {
        let places = self.places.get_mut(subject)?;
        let index = places.iter().position(|(known, _)| *known == kind)?;
        let (_, place) = places.swap_remove(index);
        if places.is_empty() {
            self.places.remove(subject);
        }
        if let Some(count) = self.counts.get_mut(&kind) {
            *count -= 1;
        }
        self.open.remove(&place).map(|(_, alert)| alert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> Domain {
        name.parse().unwrap()
    }

    #[test]
    fn an_alert_is_new_once() {
        let mut ledger = Ledger::new(100);
        let (a, b) = (domain("a.example"), domain("b.example"));
        for (of, alert, change, reason) in [
            (Some(&a), Alert::RecordGone, Change::New, "the first"),
            (Some(&a), Alert::RecordGone, Change::Same, "known"),
            (Some(&b), Alert::RecordGone, Change::New, "another domain"),
            (None, Alert::RecordGone, Change::New, "no domain"),
            (Some(&a), Alert::DnsFailing, Change::New, "another kind"),
            (Some(&a), Alert::Expiring { days: 2 }, Change::New, "a third kind"),
            (Some(&a), Alert::Expiring { days: 2 }, Change::Same, "as many days"),
            (Some(&a), Alert::Expiring { days: 1 }, Change::Other, "a day later"),
        ] {
            assert_eq!(ledger.raise(of, alert), change, "{reason}");
        }
        assert_eq!(ledger.count(Kind::RecordGone), 3);
        assert_eq!(ledger.count(Kind::Expiring), 1);
        assert_eq!(ledger.clear(Some(&a), Kind::CoversNoMx), None);
        assert_eq!(ledger.clear(Some(&a), Kind::RecordGone), Some(Alert::RecordGone));
        assert_eq!(ledger.clear(Some(&a), Kind::RecordGone), None);
        assert_eq!(ledger.raise(Some(&a), Alert::RecordGone), Change::New);
    }

    #[test]
    fn too_many_are_said_to_be_so_once() {
        let mut ledger = Ledger::new(4);
        let names: Vec<_> = (0..10).map(|n| domain(&format!("d{n}.example"))).collect();
        let mut raise = |n: usize| ledger.raise(names.get(n), Alert::DnsFailing);
        assert!((0..4).all(|n| raise(n) == Change::New));
        assert_eq!(raise(4), Change::NoRoom);
        assert_eq!(raise(5), Change::StillNoRoom);
        assert_eq!(raise(0), Change::Same);
        assert_eq!(raise(99), Change::New, "the resolver itself");
        for n in 0..3 {
            ledger.clear(names.get(n), Kind::DnsFailing);
        }
        assert_eq!(ledger.raise(names.get(6), Alert::DnsFailing), Change::New);
        assert_eq!(ledger.raise(names.get(7), Alert::DnsFailing), Change::New);
        assert_eq!(ledger.raise(names.get(8), Alert::DnsFailing), Change::StillNoRoom);
        for n in [3, 6, 7] {
            ledger.clear(names.get(n), Kind::DnsFailing);
        }
        assert!((0..3).all(|n| ledger.raise(names.get(n), Alert::DnsFailing) == Change::New));
        assert_eq!(ledger.raise(names.get(9), Alert::DnsFailing), Change::NoRoom);
        assert_eq!(ledger.newest(100).count(), 4);
    }
}
