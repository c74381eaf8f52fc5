//! Fetches.

use crate::place::{Place, added, author, on_both};
use ironpost_proto::lifecycle::Change;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy;
use ironpost_store::database::Database;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::fetches::{
    Batch, DAYS_KEPT, FetchRow, HOURS_KEPT, Hour, LastServed, NETWORKS_PER_DAY, Network,
};
use std::time::Duration;

on_both!(
    counts_are_added_once,
    a_great_batch_is_written_whole,
    the_last_fetch_never_goes_back,
    hours_become_days_and_days_go,
    folding_goes_on_where_it_stopped,
    a_client_with_many_names_becomes_a_few_rows,
);

/// The beginning of a day.
const NOW: Timestamp = Timestamp::from_millis(20_000 * 86_400_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A domain with a version.
async fn with_version(database: &Database) -> Hosted {
    let hosted = added(database, "a.test", 1).await;
    let body = b"version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 86400\n";
    let policy = policy::parse(body).verdict.unwrap();
    let add = Change::Add { number: 1, id: "1".parse().unwrap(), policy };
    database.change(&hosted, &[add], &author(), NOW).await.unwrap();
    hosted
}

fn row(domain: DomainId, hour: Timestamp, network: &str, sender: &str, fetches: u64) -> FetchRow {
    FetchRow {
        domain,
        version: 1,
        hour: Hour::of(hour),
        network: network.parse().unwrap(),
        sender: sender.to_owned(),
        fetches,
    }
}

/// Network, sender and count of what was fetched since the beginning.
async fn fetched(database: &Database, domain: DomainId) -> Vec<(String, String, u64)> {
    let rows = database.fetches(domain, Timestamp::from_millis(0)).await.unwrap();
    rows.into_iter().map(|row| (row.network.to_string(), row.sender, row.fetches)).collect()
}

async fn counts_are_added_once(place: Place) {
    let database = place.open().await;
    let id = DomainId(7);
    let node = database.join("a", "policy", NOW).await.unwrap();
    let other = database.join("b", "policy", NOW).await.unwrap();
    let rows = vec![
        row(id, NOW, "192.0.2.0/24", "Google", 3),
        row(id, NOW, "others", "other", 2),
        row(id, NOW.after(HOUR), "192.0.2.0/24", "Google", 4),
    ];
    let batch = Batch { number: 1, rows };
    database.record_fetches(node, &batch).await.unwrap();
    // The node did not hear that it was written.
    database.record_fetches(node, &batch).await.unwrap();
    database.record_fetches(other, &batch).await.unwrap();
    database.record_fetches(node, &Batch { number: 2, ..batch.clone() }).await.unwrap();
    database.record_fetches(node, &batch).await.unwrap();
    let text = |network: &str, sender: &str| (network.to_owned(), sender.to_owned());
    let all = fetched(&database, id).await;
    let (google, others) = (text("192.0.2.0/24", "Google"), text("others", "other"));
    assert_eq!(all, [(google.0, google.1, 21), (others.0, others.1, 6)]);
    let late = database.fetches(id, NOW.after(HOUR)).await.unwrap();
    assert_eq!(
        late.iter().map(|row| (row.fetches, row.last)).collect::<Vec<_>>(),
        [(12, NOW.after(HOUR))]
    );
    assert_eq!(fetched(&database, DomainId(8)).await, []);
}

async fn a_great_batch_is_written_whole(place: Place) {
    let database = place.open().await;
    let node = database.join("a", "policy", NOW).await.unwrap();
    let network = |n: u32| {
        let [_, a, b, c] = n.to_be_bytes();
        Network::V4([a, b, c]).to_string()
    };
    let rows = (0..10_000).map(|n| row(DomainId(7), NOW, &network(n), "other", 1)).collect();
    database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    assert_eq!(fetched(&database, DomainId(7)).await.len(), 10_000);
}

async fn the_last_fetch_never_goes_back(place: Place) {
    let database = place.open().await;
    let hosted = with_version(&database).await;
    for (at, last) in [(HOUR, HOUR), (Duration::ZERO, HOUR), (DAY, DAY)] {
        let served = LastServed { domain: hosted.id, version: 1, at: NOW.after(at) };
        // One of a domain that is not there harms nobody.
        let stranger = LastServed { domain: DomainId(99), ..served };
        database.record_served(&[stranger, served]).await.unwrap();
        let life = database.domain_by_id(hosted.id).await.unwrap().unwrap().life;
        assert_eq!(life.versions[0].last_served, Some(NOW.after(last)));
    }
}

async fn hours_become_days_and_days_go(place: Place) {
    let database = place.open().await;
    let id = DomainId(7);
    let node = database.join("a", "policy", NOW).await.unwrap();
    let mut rows = Vec::new();
    for hour in 0..24 {
        let hour = NOW.after(HOUR * hour);
        rows.push(row(id, hour, "192.0.2.0/24", "Google", 100));
        for n in 0..300_u64 {
            let network =
                Network::V4([10, u8::try_from(n / 256).unwrap(), u8::try_from(n % 256).unwrap()]);
            rows.push(row(id, hour, &network.to_string(), "other", 1 + u64::from(n < 255)));
        }
    }
    database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    let total = |rows: &[(String, String, u64)]| rows.iter().map(|row| row.2).sum::<u64>();
    let before = fetched(&database, id).await;

    let keeping = NOW.after(DAY * u32::try_from(HOURS_KEPT).unwrap());
    assert!(!database.fold_fetches(100, keeping).await.unwrap());
    assert_eq!(fetched(&database, id).await, before, "not yet");

    let folding = keeping.after(DAY);
    assert!(!database.fold_fetches(100, folding).await.unwrap());
    let after = fetched(&database, id).await;
    assert_eq!(total(&after), total(&before), "nothing is lost");
    assert_eq!(after.len(), NETWORKS_PER_DAY + 1, "and those who fetch least are told as one");
    let google = after.iter().find(|row| row.1 == "Google").unwrap();
    assert_eq!(google.2, 2400);
    let others = after.iter().find(|row| row.0 == "others").unwrap();
    assert_eq!(others.2, 45 * 24);
    assert_eq!(database.fetches(id, NOW.after(DAY)).await.unwrap(), []);
    assert_eq!(database.fetches(id, NOW.after(HOUR * 23)).await.unwrap().len(), after.len());

    // A node that was away for all that time.
    let late = Batch { number: 2, rows: vec![row(id, NOW, "192.0.2.0/24", "Google", 5)] };
    database.record_fetches(node, &late).await.unwrap();
    database.fold_fetches(100, folding).await.unwrap();
    let google = fetched(&database, id).await.into_iter().find(|row| row.1 == "Google").unwrap();
    assert_eq!(google.2, 2405);

    let dropping = NOW.after(DAY * u32::try_from(DAYS_KEPT + 1).unwrap());
    database.fold_fetches(100, dropping).await.unwrap();
    assert_eq!(fetched(&database, id).await, []);
}

async fn folding_goes_on_where_it_stopped(place: Place) {
    let database = place.open().await;
    let node = database.join("a", "policy", NOW).await.unwrap();
    let rows = (0..5).map(|n| row(DomainId(n), NOW, "192.0.2.0/24", "other", 1)).collect();
    database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    let later = NOW.after(DAY * 20);
    for more in [true, true, false] {
        assert_eq!(database.fold_fetches(2, later).await.unwrap(), more);
    }
}

async fn a_client_with_many_names_becomes_a_few_rows(place: Place) {
    let database = place.open().await;
    let node = database.join("a", "policy", NOW).await.unwrap();
    let id = DomainId(7);
    let named = |n| row(id, NOW, "192.0.2.0/24", &format!("other (x{n})"), 1);
    let mut rows: Vec<_> = (0..200).map(named).collect();
    rows.push(row(id, NOW, "192.0.2.0/24", "Google", 2));
    rows.push(row(id, NOW, "198.51.100.0/24", "Google", 1));
    database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    database.fold_fetches(9, NOW.after(DAY * 20)).await.unwrap();
    let folded = fetched(&database, id).await;
    let count = |network: &str, sender: &str| {
        let mut found = folded.iter().filter(|row| (&*row.0, &*row.1) == (network, sender));
        found.next().map(|row| row.2)
    };
    assert_eq!(folded.len(), 8 + 1 + 1, "{folded:?}");
    assert_eq!(count("192.0.2.0/24", "Google"), Some(2));
    assert_eq!(count("192.0.2.0/24", "other"), Some(193));
    assert_eq!(count("198.51.100.0/24", "Google"), Some(1));
}
