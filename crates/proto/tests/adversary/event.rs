//! What may happen, and how a trace tells it.

use super::state::TICK;
use ironpost_proto::mta_sts::discovery::{Applied, Step};
use std::fmt;

/// What may happen. A TXT answer that comes late is the same as another answer in its place, so
/// delays need no event of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Time goes by.
    Tick,
    /// The domain publishes its next version.
    Publish,
    /// Mail is to be delivered, and the attacker has the lookup of the record end so.
    Mail(Txt),
    /// The same, of the lookup for a refresh.
    Refresh(Txt),
    /// The attacker lets nothing through to the policy host: the fetch under way fails.
    Block,
    /// The policy host is reached, and it proves who it is: this version is what it serves.
    Serve(u8),
    /// The sender's clock is set back by so many ticks.
    SetBack(i8),
}

/// How the lookup of the record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Txt {
    /// With a valid record.
    Found(u8),
    /// With none, several or garbage.
    Unusable,
    /// With SERVFAIL, a timeout, a bogus answer.
    Failed,
}

/// What the sender did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Response {
    /// Nothing: it was not asked.
    Silent,
    /// It decided.
    Decided(Step),
    /// It would fetch, but a fetch is under way.
    Joined,
    /// It drew the consequences of a fetch.
    Concluded(Applied),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tick => write!(f, "time goes by"),
            Self::Publish => write!(f, "the domain publishes its next version"),
            Self::Mail(txt) => write!(f, "mail, and {txt}"),
            Self::Refresh(txt) => write!(f, "refresh, and {txt}"),
            Self::Block => write!(f, "the fetch is blocked"),
            Self::Serve(version) => write!(f, "the fetch gives version {version}"),
            Self::SetBack(ticks) => write!(
                f,
                "the clock is set back by {} s",
                TICK.as_secs() * u64::from(ticks.unsigned_abs())
            ),
        }
    }
}

impl fmt::Display for Txt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(id) => write!(f, "the record has id {}", char::from(b'a' + id)),
            Self::Unusable => write!(f, "the record is gone"),
            Self::Failed => write!(f, "its lookup fails"),
        }
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => write!(f, "nothing"),
            Self::Decided(Step::UseCached) => write!(f, "the cached policy"),
            Self::Decided(Step::Fetch(id)) => write!(f, "fetch for id {id}"),
            Self::Decided(Step::NoPolicy) => write!(f, "no policy"),
            Self::Decided(Step::Defer) => write!(f, "defer"),
            Self::Joined => write!(f, "wait for the fetch under way"),
            Self::Concluded(Applied::New(policy)) => write!(f, "apply it: mode {}", policy.mode),
            Self::Concluded(Applied::Cached) => write!(f, "apply the cached policy"),
            Self::Concluded(Applied::Nothing) => write!(f, "apply nothing"),
        }
    }
}
