//! When to look the TXT record up again.

use super::{BACK_OFF, TxtLookup};
use std::time::Duration;

/// How long after a lookup to look up again the record of a domain with a cached policy: `ttl`
/// as DNS gave it, from five minutes to a day. The policy holds meanwhile, so a TTL of 0 buys
/// nobody a query for each message, and one of weeks does not hide an update.
pub fn recheck_after(ttl: Duration) -> Duration {
    ttl.clamp(SHORTEST_RECHECK, LONGEST_RECHECK)
}

/// How long mail may go without a policy before the record is looked up again. `ttl` is that of
/// the answer: of the record, or of its absence (RFC 2308 §5); zero if DNS gave none.
pub fn negative_ttl(txt: &TxtLookup, ttl: Duration) -> Duration {
    match txt {
        // The policy could not be fetched. Its id has to wait, but another may be tried at once
        // (S30), so no longer than the record says.
        TxtLookup::Found(_) => ttl.clamp(SHORTEST_NEGATIVE, BACK_OFF),
        TxtLookup::Unusable => ttl.clamp(SHORTEST_NEGATIVE, LONGEST_NEGATIVE),
        // Nothing is known of the domain, so this is not remembered for long (S16), but for long
        // enough that a dead server does not see a query for each message.
        TxtLookup::Failed => ttl.clamp(SHORTEST_FAILURE, LONGEST_FAILURE),
    }
}

const SHORTEST_RECHECK: Duration = Duration::from_mins(5);
const LONGEST_RECHECK: Duration = Duration::from_hours(24);
const SHORTEST_NEGATIVE: Duration = Duration::from_mins(1);
const LONGEST_NEGATIVE: Duration = Duration::from_hours(1);
const SHORTEST_FAILURE: Duration = Duration::from_secs(5);
const LONGEST_FAILURE: Duration = Duration::from_mins(1);
