//! Policies to keep.

use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy;
use ironpost_store::sender::{Change, StoredPolicy};

/// An enforce policy of `domain` for a day, fetched at `fetched_at` milliseconds.
pub(crate) fn stored(domain: &str, fetched_at: u64) -> StoredPolicy {
    let body = format!("version: STSv1\nmode: enforce\nmx: mx.{domain}\nmax_age: 86400\n");
    StoredPolicy {
        domain: domain.parse().unwrap(),
        cached: CachedPolicy {
            policy: policy::parse(body.as_bytes()).verdict.unwrap(),
            id: format!("id{fetched_at}").parse().unwrap(),
            fetched_at: Timestamp::from_millis(fetched_at),
        },
        recheck_at: Timestamp::from_millis(fetched_at + 300_000),
    }
}

/// `count` policies of domains that begin with `label`.
pub(crate) fn many(label: &str, count: usize) -> Vec<Change> {
    let policies = (0..count).map(|n| stored(&format!("{label}{n:07}.test"), 1_000));
    policies.map(Change::Policy).collect()
}
