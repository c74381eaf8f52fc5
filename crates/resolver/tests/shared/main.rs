//! The shared cache with real servers.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy's leave to panic in tests does not reach the functions that tests share"
)]

mod away;
mod entries;
mod foreign;
mod many_servers;
mod permission;
mod server;
mod tls;

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy;
use ironpost_resolver::shared::{SharedCache, State};

/// A cache that is connected.
async fn connected(url: &str) -> SharedCache {
    let cache = SharedCache::connect(url).unwrap();
    here(&cache).await;
    cache
}

/// Waits until the cache is here, however often it fails to be.
async fn here(cache: &SharedCache) {
    let mut state = cache.state();
    while state != State::Here {
        state = cache.changed(&state).await;
    }
}

/// Why the cache is away, after its first attempt to connect.
async fn refused(url: &str) -> String {
    let cache = SharedCache::connect(url).unwrap();
    let shown = format!("{cache:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    match cache.changed(&State::Connecting).await {
        State::Away(reason) => reason,
        other @ (State::Connecting | State::Here) => panic!("{other:?}"),
    }
}

fn domain(name: &str) -> Domain {
    name.parse().unwrap()
}

/// An enforce policy for an hour, fetched `seconds` after [`NOW`].
fn fetched(seconds: i64) -> CachedPolicy {
    let body = format!("version: STSv1\nmode: enforce\nmx: mx{seconds}.a.test\nmax_age: 3600\n");
    CachedPolicy {
        policy: policy::parse(body.as_bytes()).verdict.unwrap(),
        id: "id1".parse().unwrap(),
        fetched_at: now(seconds),
    }
}

/// `seconds` after [`NOW`].
fn now(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.strict_add_signed(seconds * 1_000))
}

/// Servers know no time of day here, but how long something is kept.
const NOW: u64 = 1_800_000_000_000;
