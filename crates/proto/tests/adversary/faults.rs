//! Planted faults: senders that get one thing wrong, as real ones have.

use super::property::Property;
use super::sender::{Memory, Sender, Sound, step};
use ironpost_proto::mta_sts::discovery::{
    Applied, Attempt, Attempts, Conclusion, Decision, Occasion, Outcome, RefreshScope, Settings,
    Step, Timestamp, TxtLookup, next_refresh,
};
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;

/// A fault, and the property that it violates first.
pub(crate) struct Planted {
    pub(crate) name: &'static str,
    pub(crate) sender: &'static dyn Sender,
    pub(crate) violates: Property,
    /// It shows only where clocks are set back.
    pub(crate) needs_set_backs: bool,
}

/// All of them.
pub(crate) const PLANTED: &[Planted] = &[
    plant("the cache is dropped on NXDOMAIN", &DroppedOnNxdomain, Property::Kept),
    plant("the cache is dropped on SERVFAIL", &DroppedOnServfail, Property::Kept),
    plant("the cache is dropped on a failed fetch", &DroppedOnFailedFetch, Property::Kept),
    plant("a failed fetch applies nothing", &NothingOnFailedFetch, Property::Kept),
    plant("the id is stored on a failed fetch", &IdOfFailedFetch, Property::IdOfFetch),
    plant("the old id is kept with the new body", &OldIdKept, Property::IdOfFetch),
    plant("max_age is restarted by an id match", &RestartedByMatch, Property::LookupIsNoFetch),
    plant("an expired policy is applied", &ExpiredApplied, Property::Expires),
    plant("a late failure applies what has expired", &ExpiredAppliedLate, Property::Expires),
    plant("mail waits for a policy to be fetched", &Deferring, Property::MailGoesOn),
    plant("every mail fetches", &FetchingAlways, Property::KnownIdIsEnough),
    plant("no back-off", &NoBackOff, Property::OneFetchPerId),
    plant("back-off for the last id alone", &BackOffForLastId, Property::OneFetchPerId),
    plant("back-off after failures alone", &BackOffAfterFailure, Property::OneFetchPerId),
    plant("a refresh without back-off", &RefreshWithoutBackOff, Property::OneFetchPerId),
    plant("an update is not seen", &UpdateUnseen, Property::Recovers),
    plant("a refresh needs the record", &RefreshNeedsRecord, Property::Recovers),
    Planted {
        needs_set_backs: true,
        ..plant("a policy from the future lives on", &FutureLivesOn, Property::Expires)
    },
    Planted {
        needs_set_backs: true,
        ..plant("a policy from the future is dropped", &FutureDropped, Property::Kept)
    },
    Planted {
        needs_set_backs: true,
        ..plant("an attempt in the future holds back", &FutureHoldsBack, Property::Recovers)
    },
];

const fn plant(name: &'static str, sender: &'static dyn Sender, violates: Property) -> Planted {
    Planted { name, sender, violates, needs_set_backs: false }
}

type Fetch<'a> = (Occasion, &'a PolicyId);

struct DroppedOnNxdomain;

impl Sender for DroppedOnNxdomain {
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        memory.cached = memory.cached.take().filter(|_| *txt != TxtLookup::Unusable);
        Sound.deliver(memory, txt, now)
    }
}

struct DroppedOnServfail;

impl Sender for DroppedOnServfail {
    fn refresh(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Option<Decision> {
        memory.cached = memory.cached.take().filter(|_| *txt != TxtLookup::Failed);
        Sound.refresh(memory, txt, now)
    }
}

struct DroppedOnFailedFetch;

impl Sender for DroppedOnFailedFetch {
    fn conclude(
        &self,
        memory: &mut Memory,
        fetch: Fetch<'_>,
        fetched: Option<Policy>,
        now: Timestamp,
    ) -> Conclusion {
        memory.cached = memory.cached.take().filter(|_| fetched.is_some());
        Sound.conclude(memory, fetch, fetched, now)
    }
}

struct NothingOnFailedFetch;

impl Sender for NothingOnFailedFetch {
    fn conclude(
        &self,
        memory: &mut Memory,
        fetch: Fetch<'_>,
        fetched: Option<Policy>,
        now: Timestamp,
    ) -> Conclusion {
        let conclusion = Sound.conclude(memory, fetch, fetched, now);
        match conclusion.applied {
            Applied::Cached => Conclusion { applied: Applied::Nothing, ..conclusion },
            Applied::New(_) | Applied::Nothing => conclusion,
        }
    }
}

struct IdOfFailedFetch;

impl Sender for IdOfFailedFetch {
    fn conclude(
        &self,
        memory: &mut Memory,
        fetch: Fetch<'_>,
        fetched: Option<Policy>,
        now: Timestamp,
    ) -> Conclusion {
        let conclusion = Sound.conclude(memory, fetch, fetched, now);
        if let Some(cached) = &mut memory.cached {
            cached.id = fetch.1.clone();
        }
        conclusion
    }
}

struct OldIdKept;

impl Sender for OldIdKept {
    fn conclude(
        &self,
        memory: &mut Memory,
        fetch: Fetch<'_>,
        fetched: Option<Policy>,
        now: Timestamp,
    ) -> Conclusion {
        let old = memory.cached.as_ref().map(|cached| cached.id.clone());
        let conclusion = Sound.conclude(memory, fetch, fetched, now);
        if let Some((cached, old)) = memory.cached.as_mut().zip(old) {
            cached.id = old;
        }
        conclusion
    }
}

struct RestartedByMatch;

impl Sender for RestartedByMatch {
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        let decision = Sound.deliver(memory, txt, now);
        if let Some(cached) = &mut memory.cached
            && *txt == TxtLookup::Found(cached.id.clone())
        {
            cached.fetched_at = now;
        }
        decision
    }
}

struct ExpiredApplied;

impl Sender for ExpiredApplied {
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        let decision = Sound.deliver(memory, txt, now);
        match decision.step {
            Step::NoPolicy if memory.cached.is_some() => {
                Decision { step: Step::UseCached, ..decision }
            }
            Step::NoPolicy | Step::UseCached | Step::Fetch(_) | Step::Defer => decision,
        }
    }
}

struct ExpiredAppliedLate;

impl Sender for ExpiredAppliedLate {
    fn conclude(
        &self,
        memory: &mut Memory,
        fetch: Fetch<'_>,
        fetched: Option<Policy>,
        now: Timestamp,
    ) -> Conclusion {
        let conclusion = Sound.conclude(memory, fetch, fetched, now);
        match conclusion.applied {
            Applied::Nothing if memory.cached.is_some() => {
                Conclusion { applied: Applied::Cached, ..conclusion }
            }
            Applied::New(_) | Applied::Nothing | Applied::Cached => conclusion,
        }
    }
}

struct Deferring;

impl Sender for Deferring {
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        let decision = Sound.deliver(memory, txt, now);
        match (txt, &decision.step) {
            (TxtLookup::Found(_), Step::NoPolicy) => Decision { step: Step::Defer, ..decision },
            (TxtLookup::Found(_) | TxtLookup::Unusable | TxtLookup::Failed, _) => decision,
        }
    }
}

struct FetchingAlways;

impl Sender for FetchingAlways {
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        let decision = Sound.deliver(memory, txt, now);
        match txt {
            TxtLookup::Found(id) if memory.attempts.allow(id, now) => {
                Decision { step: Step::Fetch(id.clone()), ..decision }
            }
            TxtLookup::Found(_) | TxtLookup::Unusable | TxtLookup::Failed => decision,
        }
    }
}

struct NoBackOff;

impl Sender for NoBackOff {
    fn remember(&self, _: &mut Memory, _: Attempt) {}
}

struct BackOffForLastId;

impl Sender for BackOffForLastId {
    fn remember(&self, memory: &mut Memory, attempt: Attempt) {
        memory.attempts = Attempts::default();
        memory.attempts.record(attempt);
    }
}

struct BackOffAfterFailure;

impl Sender for BackOffAfterFailure {
    fn remember(&self, memory: &mut Memory, attempt: Attempt) {
        if attempt.outcome == Outcome::Failed {
            memory.attempts.record(attempt);
        }
    }
}

struct RefreshWithoutBackOff;

impl Sender for RefreshWithoutBackOff {
    fn refresh(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Option<Decision> {
        let attempts = std::mem::take(&mut memory.attempts);
        let decision = Sound.refresh(memory, txt, now);
        memory.attempts = attempts;
        decision
    }
}

struct UpdateUnseen;

impl Sender for UpdateUnseen {
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        let decision = Sound.deliver(memory, txt, now);
        if memory.cached.as_ref().is_some_and(|cached| cached.is_valid(now)) {
            return Decision { step: Step::UseCached, ..decision };
        }
        decision
    }
}

struct RefreshNeedsRecord;

impl Sender for RefreshNeedsRecord {
    fn refresh(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Option<Decision> {
        self.look(memory, now);
        let settings = Settings { refresh: RefreshScope::ValidRecord, ..Settings::default() };
        let cached = memory.cached.as_ref()?;
        Some(next_refresh(txt, cached, &memory.attempts, settings, now))
    }
}

struct FutureLivesOn;

impl Sender for FutureLivesOn {
    fn look(&self, _: &mut Memory, _: Timestamp) {}
}

struct FutureDropped;

impl Sender for FutureDropped {
    fn look(&self, memory: &mut Memory, now: Timestamp) {
        memory.cached = memory.cached.take().filter(|cached| cached.fetched_at <= now);
    }
}

struct FutureHoldsBack;

impl Sender for FutureHoldsBack {
    fn look(&self, memory: &mut Memory, now: Timestamp) {
        memory.cached = memory.cached.take().map(|cached| cached.clamped(now));
    }

    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        self.look(memory, now);
        let decision = step(memory, txt, now);
        let ahead = |id: &PolicyId| memory.attempts.last(id).is_some_and(|last| last.at > now);
        match &decision.step {
            Step::Fetch(id) if ahead(id) => {
                let valid = memory.cached.as_ref().is_some_and(|cached| cached.is_valid(now));
                let step = if valid { Step::UseCached } else { Step::NoPolicy };
                Decision { step, ..decision }
            }
            Step::Fetch(_) | Step::UseCached | Step::NoPolicy | Step::Defer => decision,
        }
    }
}
