//! A sender: what it remembers of one domain, and what it does by the decision functions.

use ironpost_proto::mta_sts::discovery::{
    Attempt, Attempts, CachedPolicy, Conclusion, Decision, Occasion, Settings, Store, Timestamp,
    TxtLookup, conclude, next_refresh, next_step,
};
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::mta_sts::record::PolicyId;

/// What a sender remembers of one domain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) cached: Option<CachedPolicy>,
    pub(crate) attempts: Attempts,
}

/// A sender. As it stands it is sound; a planted fault overrides what it gets wrong.
pub(crate) trait Sender {
    /// A TXT answer has come, and mail waits for it.
    fn deliver(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
        self.look(memory, now);
        step(memory, txt, now)
    }

    /// A TXT answer has come, and the cached policy may be due for a refresh.
    fn refresh(&self, memory: &mut Memory, txt: &TxtLookup, now: Timestamp) -> Option<Decision> {
        self.look(memory, now);
        let Memory { cached, attempts } = memory;
        let cached = cached.as_ref()?;
        Some(next_refresh(txt, cached, attempts, Settings::default(), now))
    }

    /// A fetch has ended.
    fn conclude(
        &self,
        memory: &mut Memory,
        (occasion, id): (Occasion, &PolicyId),
        fetched: Option<Policy>,
        now: Timestamp,
    ) -> Conclusion {
        self.look(memory, now);
        let conclusion = conclude(occasion, id, fetched, memory.cached.as_ref(), now);
        match &conclusion.store {
            Store::Replace(cached) => memory.cached = Some(cached.clone()),
            Store::Forget => memory.cached = None,
            Store::Keep => {}
        }
        self.remember(memory, conclusion.attempt.clone());
        conclusion
    }

    /// Before anything else: the clock may have been set back.
    fn look(&self, memory: &mut Memory, now: Timestamp) {
        memory.cached = memory.cached.take().map(|cached| cached.clamped(now));
        memory.attempts.forget_old(now);
    }

    /// An attempt has ended.
    fn remember(&self, memory: &mut Memory, attempt: Attempt) {
        memory.attempts.record(attempt);
    }
}

/// What the decision table says on delivery.
pub(crate) fn step(memory: &Memory, txt: &TxtLookup, now: Timestamp) -> Decision {
    let Memory { cached, attempts } = memory;
    next_step(txt, cached.as_ref(), attempts, Settings::default(), now)
}

/// What Ironpost does.
pub(crate) struct Sound;

impl Sender for Sound {}
