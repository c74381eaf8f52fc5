//! Nodes and the feed.

use crate::place::{Place, added, at, author, on_both};
use ironpost_proto::lifecycle::{Change, State};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy;
use ironpost_store::hosting::Seq;
use sqlx::postgres::PgListener;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

on_both!(
    a_node_comes_and_goes,
    what_a_node_served_unseen_is_accounted_for,
    agreement_waits_for_the_living,
    nothing_of_the_feed_is_missed,
    a_watch_wakes,
);

async fn a_node_comes_and_goes(place: Place) {
    let database = place.open().await;
    let first = database.join("one", "policy,dns", at(5)).await.unwrap();
    assert!(database.beat(first, Seq(3), at(6)).await.unwrap());
    let second = database.join("one", "policy", at(7)).await.unwrap();
    assert_ne!(first, second);
    assert!(!database.beat(first, Seq(4), at(8)).await.unwrap(), "another has taken its place");
    let nodes = database.nodes().await.unwrap();
    assert_eq!(nodes.len(), 1);
    assert_eq!((nodes[0].id, nodes[0].seen, nodes[0].started), (second, Seq(0), at(7)));
    database.leave(second).await.unwrap();
    assert_eq!(database.nodes().await.unwrap(), []);
    let third = database.join("one", "policy", at(9)).await.unwrap();
    assert!(third > second, "of a number there is one start");
    assert!(database.forget_node("one", at(9)).await.unwrap());
    assert!(!database.forget_node("one", at(9)).await.unwrap());
}

async fn what_a_node_served_unseen_is_accounted_for(place: Place) {
    let database = place.open().await;
    let mut hosted = added(&database, "a.test", 1).await;
    let body = "version: STSv1\nmode: none\nmax_age: 1\n";
    let add = |number: u32| Change::Add {
        number,
        id: format!("id{number}").parse().unwrap(),
        policy: policy::parse(body.as_bytes()).verdict.unwrap(),
    };
    let changes = [
        vec![add(1), Change::Show(1), add(2), Change::Show(2), Change::Replace(2)],
        vec![add(3), Change::Show(3), add(4)],
    ];
    hosted.seq = database.change(&hosted, &changes.concat(), &author(), at(10)).await.unwrap();
    let served = async || -> Vec<Option<u64>> {
        let hosted = database.domain_by_id(hosted.id).await.unwrap().unwrap();
        let versions = hosted.life.versions.iter();
        versions.map(|version| version.last_served.map(Timestamp::as_millis)).collect()
    };
    let node = database.join("dns", "dns", at(11)).await.unwrap();
    database.join("dns", "dns", at(12)).await.unwrap();
    database.join("policy", "policy", at(12)).await.unwrap();
    assert_eq!(served().await, [None; 4], "no node that serves policies was lost");
    database.join("policy", "policy", at(20)).await.unwrap();
    let accounted = [Some(10), Some(20), Some(20), None];
    assert_eq!(served().await, accounted, "shown and not replaced, or replaced just before");
    database.forget_node("policy", at(15)).await.unwrap();
    assert_eq!(served().await, accounted, "it does not go back");
    database.leave(node).await.unwrap();
    let node = database.join("policy", "dns, policy", at(25)).await.unwrap();
    database.leave(node).await.unwrap();
    database.join("policy", "policy", at(30)).await.unwrap();
    assert_eq!(served().await, accounted, "it left in order");
}

async fn agreement_waits_for_the_living(place: Place) {
    let database = place.open().await;
    let one = database.join("one", "policy", at(0)).await.unwrap();
    let two = database.join("two", "policy", at(0)).await.unwrap();
    database.beat(one, Seq(7), at(40_000)).await.unwrap();
    database.beat(two, Seq(6), at(40_000)).await.unwrap();
    let agreement = database.agreement(Seq(7), at(40_001)).await.unwrap();
    assert_eq!((agreement.live, agreement.all), (false, false));
    assert_eq!(agreement.missing, [("two".to_owned(), at(40_000))]);
    database.beat(one, Seq(7), at(80_000)).await.unwrap();
    let agreement = database.agreement(Seq(7), at(80_000)).await.unwrap();
    assert_eq!((agreement.live, agreement.all), (true, false), "the silent one may serve on");
    database.leave(two).await.unwrap();
    assert!(database.agreement(Seq(7), at(80_000)).await.unwrap().all);
}

/// Eight write at the same time; whoever follows the numbers sees every change.
async fn nothing_of_the_feed_is_missed(place: Place) {
    const WRITERS: u64 = 4;
    const CHANGES: u64 = 16;
    let database = place.open().await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let database = if writer % 2 == 0 { database.clone() } else { place.open().await };
        writers.spawn(async move {
            for n in 0..CHANGES {
                added(&database, &format!("d{writer}-{n}.test"), writer * CHANGES + n).await;
            }
        });
    }
    let mut seen = BTreeSet::new();
    let mut after = Seq(0);
    loop {
        let done = writers.is_empty();
        for row in database.served_after(after, 7).await.unwrap() {
            assert!(row.seq > after);
            after = row.seq;
            seen.insert(row.name);
        }
        while let Some(written) = writers.try_join_next() {
            written.unwrap();
        }
        if done && after == database.feed().await.unwrap() {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(seen.len() as u64, WRITERS * CHANGES);
}

async fn a_watch_wakes(place: Place) {
    let database = place.open().await;
    let mut watch = database.watch().await.unwrap();
    let other = place.open().await;
    let mut hosted = added(&other, "a.test", 1).await;
    watch.changed().await;
    let changes = [Change::Enter(State::Delegated)];
    hosted.seq = other.change(&hosted, &changes, &author(), at(2)).await.unwrap();
    let mut second = database.watch().await.unwrap();
    other.change_rua(&hosted, None, &author(), at(3)).await.unwrap();
    second.changed().await;
    watch.changed().await;
}

/// Not only found by polling.
#[tokio::test]
async fn a_server_tells_of_a_change() {
    let place = Place::postgres();
    let database = place.open().await;
    let mut ear = PgListener::connect(&place.url().unwrap()).await.unwrap();
    ear.listen("ironpost_feed").await.unwrap();
    added(&database, "a.test", 1).await;
    ear.recv().await.unwrap();
}
