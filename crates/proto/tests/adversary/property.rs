//! What must hold in every state.

use super::event::Response;
use super::state::State;
use ironpost_proto::mta_sts::discovery::{Applied, Step};

/// What must hold, whatever the attacker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Property {
    /// Until `max_age` after the last fetch a policy is neither lost nor replaced by anything
    /// that was not fetched (§5.1, S11, S35).
    Kept,
    /// No policy is in force longer than that (S40), or than `max_age` after a clock that was
    /// set back was looked at.
    Expires,
    /// Mail is never held back (§3.3, S34), and goes without a policy when there is none.
    MailGoesOn,
    /// The id that is kept is the one for which the policy was fetched (S36).
    IdOfFetch,
    /// A lookup alone never makes a policy younger (S41).
    LookupIsNoFetch,
    /// An id that is known and valid needs no HTTPS for mail (S15).
    KnownIdIsEnough,
    /// No id is fetched twice within the back-off, or within `max_age` where that is shorter and
    /// the fetch succeeded (§3.3, S30).
    OneFetchPerId,
    /// When the attacker is gone, what the domain publishes is applied: after a back-off and a
    /// lookup, or, if an old body is cached under the id published, after a refresh that needs no
    /// record (§8.1, §10.2, S43).
    Recovers,
}

/// What the sender remembers against what was fetched.
pub(crate) fn of_memory(state: &State) -> Result<(), Property> {
    let Some(cached) = state.cached else {
        return if state.is_owed() { Err(Property::Kept) } else { Ok(()) };
    };
    match state.truth.fetched {
        Some(fetched) if fetched.version != cached.version => Err(Property::Kept),
        Some(fetched) if fetched.id != cached.id => Err(Property::IdOfFetch),
        Some(_) => Ok(()),
        None => Err(Property::Expires),
    }
}

/// What the sender does against what it was owed.
pub(crate) fn of_response(state: &State, response: &Response) -> Result<(), Property> {
    match response {
        Response::Silent
        | Response::Joined
        | Response::Decided(Step::Fetch(_))
        | Response::Concluded(Applied::New(_)) => Ok(()),
        Response::Decided(Step::Defer) => Err(Property::MailGoesOn),
        Response::Decided(Step::UseCached) | Response::Concluded(Applied::Cached) => {
            if state.is_allowed() { Ok(()) } else { Err(Property::Expires) }
        }
        Response::Decided(Step::NoPolicy) | Response::Concluded(Applied::Nothing) => {
            if state.is_owed() { Err(Property::Kept) } else { Ok(()) }
        }
    }
}
