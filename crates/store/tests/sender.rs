//! What is written is there, and nothing else.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

#[path = "support/samples.rs"]
mod samples;

use futures_util::TryStreamExt;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy::{Extension, MaxAge, Mode, Policy};
use ironpost_store::Store;
use ironpost_store::sender::{Change, StoredPolicy, StoredRoute};
use proptest::collection::vec;
use proptest::prelude::*;
use samples::{many, stored};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;

async fn store() -> (TempDir, PathBuf, Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sender.db");
    let store = Store::open(&path).await.unwrap();
    (directory, path, store)
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn domain(name: &str) -> Domain {
    name.parse().unwrap()
}

async fn all(store: &Store) -> Vec<StoredPolicy> {
    store.policies().try_collect().await.unwrap()
}

#[tokio::test]
async fn what_is_written_outlives_the_process() {
    let (_directory, path, store) = store().await;
    let policy = stored("a.test", 1_000);
    let route = StoredRoute { next_hop: "[a.test]:25".to_owned(), dane: 255, fresh_until: at(7) };
    let changes = [Change::Policy(policy.clone()), Change::Route(route.clone())];
    store.write(&changes).await.unwrap();
    store.close().await;
    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.policy(&policy.domain).await.unwrap(), Some(policy));
    assert_eq!(store.route("[a.test]:25").await.unwrap(), Some(route));
    assert_eq!(store.policy(&domain("b.test")).await.unwrap(), None);
    assert_eq!(store.route("a.test").await.unwrap(), None);
}

#[tokio::test]
async fn of_several_changes_the_last_counts() {
    let (_directory, _path, store) = store().await;
    let (first, second) = (stored("a.test", 1), stored("a.test", 2));
    let gone = || Change::NoPolicy(domain("a.test"));
    let tables: [(Vec<Change>, Option<&StoredPolicy>, &str); 5] = [
        (vec![Change::Policy(first.clone()), Change::Policy(second.clone())], Some(&second), "two"),
        (vec![Change::Policy(first.clone())], Some(&first), "in place of an older write"),
        (vec![gone(), Change::Policy(second.clone())], Some(&second), "back again"),
        (vec![Change::Policy(second.clone()), gone()], None, "gone again"),
        (vec![gone()], None, "gone twice"),
    ];
    for (changes, expected, what) in tables {
        store.write(&changes).await.unwrap();
        assert_eq!(store.policy(&first.domain).await.unwrap().as_ref(), expected, "{what}");
    }
}

#[tokio::test]
async fn all_policies_come_once_and_in_order() {
    let (_directory, _path, store) = store().await;
    assert_eq!(all(&store).await, []);
    // The edges of a page among them.
    for count in [1, 255, 256, 257, 512, 1_500] {
        store.write(&many("a", count)).await.unwrap();
        let names: Vec<_> = all(&store).await.into_iter().map(|policy| policy.domain).collect();
        let expected: Vec<_> = (0..count).map(|n| domain(&format!("a{n:07}.test"))).collect();
        assert!(names == expected, "{count}");
    }
}

#[tokio::test]
async fn what_has_expired_is_forgotten() {
    const DAY: u64 = 86_400_000;
    let (_directory, _path, store) = store().await;
    let route = |name: &str, until| {
        Change::Route(StoredRoute { next_hop: name.to_owned(), dane: 1, fresh_until: at(until) })
    };
    let changes = [
        Change::Policy(stored("a.test", 0)),
        Change::Policy(stored("b.test", 1)),
        route("stale", 9),
        route("fresh", 10),
    ];
    store.write(&changes).await.unwrap();
    assert_eq!(store.forget_expired(at(DAY - 1), at(0)).await.unwrap(), 0);
    assert_eq!(store.forget_expired(at(DAY), at(10)).await.unwrap(), 2);
    assert_eq!(all(&store).await, [stored("b.test", 1)]);
    assert_eq!(store.route("stale").await.unwrap(), None);
    assert!(store.route("fresh").await.unwrap().is_some());
    store.write(&many("a", 2_500)).await.unwrap();
    assert_eq!(store.forget_expired(at(2 * DAY), at(0)).await.unwrap(), 2_501);
    assert_eq!(all(&store).await, []);
}

/// A reader that stops in the middle holds up nobody, and what is written meanwhile goes into the
/// database instead of the log beside it.
#[tokio::test]
async fn a_slow_reader_is_nobodys_trouble() {
    let (_directory, path, store) = store().await;
    store.write(&many("a", 1_000)).await.unwrap();
    let mut readers = Vec::new();
    for _ in 0..8 {
        let mut reader = Box::pin(store.policies());
        assert_eq!(reader.try_next().await.unwrap(), Some(stored("a0000000.test", 1_000)));
        readers.push(reader);
    }
    for round in 0..40 {
        store.write(&many(&format!("b{round:02}-"), 2_000)).await.unwrap();
        assert!(store.policy(&domain("a0000999.test")).await.unwrap().is_some());
    }
    let (log, database) = (path.with_extension("db-wal"), path);
    assert!(log.metadata().unwrap().len() <= 5 << 20, "{:?}", log.metadata());
    assert!(database.metadata().unwrap().len() >= 8 << 20);
    let rest: Vec<_> = readers.swap_remove(0).try_collect().await.unwrap();
    assert_eq!(rest.len(), 999 + 80_000);
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![0..=4_102_444_800_000_u64, 0..=i64::MAX.cast_unsigned()].prop_map(at)
}

fn policy() -> impl Strategy<Value = Policy> {
    let mode = prop_oneof![Just(Mode::Enforce), Just(Mode::Testing), Just(Mode::None)];
    let mx = vec("([*][.])?[a-z0-9]{1,20}([.][a-z0-9]{1,20}){0,3}", 1..6);
    let value = "[!-~é語\u{85}\u{2028}]([ -~é語\u{85}\u{2028}]{0,20}[!-~é語\u{85}\u{2028}])?";
    let extension = proptest::option::of(("x[A-Za-z0-9_.-]{0,31}", value));
    (mode, any::<u32>(), mx, extension).prop_map(|(mode, max_age, mx, extension)| Policy {
        mode,
        max_age: MaxAge::from_secs(max_age.into()),
        mx: mx.iter().map(|pattern| pattern.parse().unwrap()).collect(),
        extensions: extension.iter().filter_map(|(n, v)| Extension::new(n, v)).collect(),
    })
}

fn change() -> impl Strategy<Value = Change> {
    let domain = || "[a-c]{1,2}[.]test".prop_map(|name| domain(&name));
    let id = "[A-Za-z0-9]{1,32}".prop_map(|id| id.parse().unwrap());
    let kept = (domain(), policy(), id, timestamp(), timestamp()).prop_map(
        |(domain, policy, id, fetched_at, recheck_at)| {
            let cached = CachedPolicy { policy, id, fetched_at };
            Change::Policy(StoredPolicy { domain, cached, recheck_at })
        },
    );
    let route =
        ("\\PC{1,40}", any::<u8>(), timestamp()).prop_map(|(next_hop, dane, fresh_until)| {
            Change::Route(StoredRoute { next_hop, dane, fresh_until })
        });
    prop_oneof![3 => kept, 1 => domain().prop_map(Change::NoPolicy), 1 => route]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// After any changes in any batches the store holds what a map would.
    #[test]
    fn a_store_is_a_map(batches in vec(vec(change(), 0..12), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_directory, _path, store) = store().await;
            let mut policies = BTreeMap::new();
            let mut routes = BTreeMap::new();
            for batch in batches {
                store.write(&batch).await.unwrap();
                for change in batch {
                    match change {
                        Change::Policy(policy) => {
                            policies.insert(policy.domain.clone(), policy);
                        }
                        Change::NoPolicy(domain) => {
                            policies.remove(&domain);
                        }
                        Change::Route(route) => {
                            routes.insert(route.next_hop.clone(), route);
                        }
                    }
                }
            }
            prop_assert_eq!(all(&store).await, policies.values().cloned().collect::<Vec<_>>());
            for (domain, policy) in policies {
                prop_assert_eq!(store.policy(&domain).await.unwrap(), Some(policy));
            }
            for (next_hop, route) in routes {
                prop_assert_eq!(store.route(&next_hop).await.unwrap(), Some(route));
            }
            Ok(())
        })?;
    }
}
