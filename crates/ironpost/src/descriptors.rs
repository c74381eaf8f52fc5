//! Open files: every connection is one, and the usual limit of 1024 is soon reached.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::num::NonZeroU16;

/// How many files this process may have open, after asking for as many as it can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptors(u64);

impl Descriptors {
    /// Raises the soft limit, which every process may, up to what the hard limit allows.
    pub(crate) fn raise() -> Self {
        let now = getrlimit(Resource::Nofile);
        let wanted = now.maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
        let Some(current) = now.current.filter(|current| *current < wanted) else {
            return Self(now.current.unwrap_or(ENOUGH));
        };
        let raised = Rlimit { current: Some(wanted), maximum: now.maximum };
        let granted = setrlimit(Resource::Nofile, raised).is_ok();
        Self(if granted { wanted } else { current })
    }

    /// The most domains that can be in work at once. Running out of files would look like
    /// faults of the hosts that could not be connected to.
    pub(crate) fn domains(self) -> NonZeroU16 {
        let domains = self.0.saturating_sub(SPARE) / 2 / FILES_PER_DOMAIN;
        u16::try_from(domains).ok().and_then(NonZeroU16::new).unwrap_or(match domains {
            0 => NonZeroU16::MIN,
            _ => NonZeroU16::MAX,
        })
    }

    /// The most DNS queries that can be under way at once, each with a socket of its own.
    pub(crate) fn queries(self) -> usize {
        let queries = self.0.saturating_sub(SPARE) / 2;
        usize::try_from(queries).unwrap_or(MOST_QUERIES).clamp(1, MOST_QUERIES)
    }
}

/// More than any run needs.
const ENOUGH: u64 = 65_536;
/// Standard streams, results, the runtime's own.
const SPARE: u64 = 64;
/// Connections of one domain at the same time, as a rule: some addresses of the policy host, of
/// the MX hosts and of a report endpoint.
const FILES_PER_DOMAIN: u64 = 8;
/// What a small resolver still takes without dropping queries.
const MOST_QUERIES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_at_once_follows_the_limit() {
        for (limit, domains, queries) in
            [(0, 1, 1), (256, 12, 96), (1024, 60, 480), (4096, 252, 512), (u64::MAX, u16::MAX, 512)]
        {
            let descriptors = Descriptors(limit);
            assert_eq!((descriptors.domains().get(), descriptors.queries()), (domains, queries));
        }
    }
}
