//! What is seen of hosted domains: fetches, checks, MX records, alerts. One suite for both engines.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use ironpost_proto::delegation::Token;
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{Change, MxSet, Way};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::policy;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::alerts::{ChannelFailure, Raised, StoredAlert, Told};
use ironpost_store::hosting::checks::{CHECKS_KEPT, REPORTS_KEPT, StoredCheck};
use ironpost_store::hosting::domains::{Author, Hosted, NewDomain};
use ironpost_store::hosting::fetches::{
    Batch, DAYS_KEPT, FetchRow, HOURS_KEPT, Hour, LastServed, NETWORKS_PER_DAY, Network,
};
use ironpost_store::hosting::mx::StoredMx;
use ironpost_store::hosting::{DomainId, organisations};
use std::time::Duration;

/// The beginning of a day.
const NOW: Timestamp = Timestamp::from_millis(20_000 * 86_400_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

async fn sqlite() -> (Database, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let address = DatabaseAddress::Sqlite(directory.path().join("ironpost.db"));
    (Database::open(&address, Migration::Apply).await.unwrap(), directory)
}

async fn domain(database: &Database, name: &str, token: u8) -> Hosted {
    let organisation = database.organisation(organisations::FIRST, true).await.unwrap().unwrap();
    let new = NewDomain {
        organisation,
        name: name.parse().unwrap(),
        token: Token::from_bytes([token; 10]),
        way: Way::Cname,
        rua: None,
    };
    database.add_domain(&new, &author(), NOW).await.unwrap()
}

fn author() -> Author {
    Author { who: "test".to_owned(), why: None }
}

/// A domain with a version.
async fn with_version(database: &Database) -> Hosted {
    let hosted = domain(database, "a.test", 1).await;
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

#[tokio::test]
async fn counts_are_added_once() {
    let (database, _directory) = sqlite().await;
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

#[tokio::test]
async fn a_great_batch_is_written_whole() {
    let (database, _directory) = sqlite().await;
    let node = database.join("a", "policy", NOW).await.unwrap();
    let network = |n: u32| {
        let [_, a, b, c] = n.to_be_bytes();
        Network::V4([a, b, c]).to_string()
    };
    let rows = (0..10_000).map(|n| row(DomainId(7), NOW, &network(n), "other", 1)).collect();
    database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    assert_eq!(fetched(&database, DomainId(7)).await.len(), 10_000);
}

#[tokio::test]
async fn the_last_fetch_never_goes_back() {
    let (database, _directory) = sqlite().await;
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

#[tokio::test]
async fn hours_become_days_and_days_go() {
    let (database, _directory) = sqlite().await;
    let id = DomainId(7);
    let node = database.join("a", "policy", NOW).await.unwrap();
    let mut rows = Vec::new();
    for hour in 0..24 {
        let hour = NOW.after(HOUR * hour);
        rows.push(row(id, hour, "192.0.2.0/24", "Google", 100));
        for n in 0..300_u64 {
            let network = Network::V4([10, u8::try_from(n / 256).unwrap(), (n % 256) as u8]);
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

#[tokio::test]
async fn folding_goes_on_where_it_stopped() {
    let (database, _directory) = sqlite().await;
    let node = database.join("a", "policy", NOW).await.unwrap();
    let rows = (0..5).map(|n| row(DomainId(n), NOW, "192.0.2.0/24", "other", 1)).collect();
    database.record_fetches(node, &Batch { number: 1, rows }).await.unwrap();
    let later = NOW.after(DAY * 20);
    for more in [true, true, false] {
        assert_eq!(database.fold_fetches(2, later).await.unwrap(), more);
    }
}

#[tokio::test]
async fn checks_have_a_bounded_history() {
    let (database, _directory) = sqlite().await;
    let hosted = domain(&database, "a.test", 1).await;
    for day in 0..100 {
        let check = StoredCheck {
            at: NOW.after(DAY * day),
            verdict: "protected".to_owned(),
            summary: format!("day {day}"),
            report: Some(format!("{{\"day\":{day}}}")),
        };
        database.put_check(hosted.id, &check).await.unwrap();
    }
    let checks = database.checks(hosted.id, 1000).await.unwrap();
    assert!((CHECKS_KEPT..=CHECKS_KEPT + 4).contains(&checks.len()), "{}", checks.len());
    assert_eq!(checks[0].summary, "day 99");
    assert_eq!(checks[0].report.as_deref(), Some("{\"day\":99}"));
    let whole = checks.iter().filter(|check| check.report.is_some()).count();
    assert_eq!(whole, REPORTS_KEPT);
    assert_eq!(database.checks(hosted.id, 2).await.unwrap(), checks[..2]);
    assert_eq!(database.checks(DomainId(99), 2).await.unwrap(), []);
}

#[tokio::test]
async fn mx_records_are_kept_with_their_changes() {
    let (database, _directory) = sqlite().await;
    let hosted = domain(&database, "a.test", 1).await;
    assert_eq!(database.mx_set(hosted.id).await.unwrap(), None);
    let names = |names: &[&str]| -> Vec<DnsName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    };
    for hosts in [names(&["mx1.a.test", "mx2.a.test"]), names(&["a\\032b.a.test"]), names(&[])] {
        let mx = MxSet { hosts, ttl: 3600 };
        let stored = StoredMx { mx, changed: NOW, seen: NOW.after(HOUR) };
        database.put_mx_set(hosted.id, &stored, None).await.unwrap();
        assert_eq!(database.mx_set(hosted.id).await.unwrap(), Some(stored));
    }
    let stored = StoredMx { mx: MxSet { hosts: Vec::new(), ttl: 1 }, changed: NOW, seen: NOW };
    database.put_mx_set(hosted.id, &stored, Some("mx1.a.test → none")).await.unwrap();
    let events = database.events(hosted.id, 10).await.unwrap();
    let event = events.iter().find(|event| event.what == "mx").unwrap();
    assert_eq!(event.author.why.as_deref(), Some("mx1.a.test → none"));
    assert_eq!(events.iter().filter(|event| event.what == "mx").count(), 1);
}

fn raised(kind: &'static str, subject: &'static str, facts: &'static str) -> Raised<'static> {
    Raised { kind, subject, domain: None, facts, message: "something is wrong" }
}

/// What a channel has to hear, as `kind subject`, with a `-` before what is over.
async fn untold(database: &Database, channel: &str) -> Vec<String> {
    let alerts = database.untold_alerts(channel, 100).await.unwrap();
    alerts.iter().map(shown).collect()
}

fn shown(alert: &StoredAlert) -> String {
    let mark = if alert.closed { "-" } else { "" };
    format!("{mark}{} {}", alert.kind, alert.subject)
}

/// A channel hears all there is to hear.
async fn hear(database: &Database, channel: &str) {
    let alerts = database.untold_alerts(channel, 100).await.unwrap();
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (alert, if alert.closed { Told::Over } else { Told::Open }))
        .collect();
    database.mark_told(channel, &told).await.unwrap();
}

#[tokio::test]
async fn an_alert_is_told_once_to_each_channel() {
    let (database, _directory) = sqlite().await;
    for _ in 0..3 {
        database.raise_alert(&raised("node", "a", ""), NOW).await.unwrap();
    }
    assert_eq!(untold(&database, "log").await, ["node a"]);
    hear(&database, "log").await;
    assert_eq!(untold(&database, "log").await, [""; 0]);
    assert_eq!(untold(&database, "email").await, ["node a"]);
    hear(&database, "email").await;
    database.raise_alert(&raised("node", "a", ""), NOW.after(DAY)).await.unwrap();
    assert_eq!(untold(&database, "log").await, [""; 0], "still the same");

    database.quiet_alert("node", "a", NOW.after(HOUR)).await.unwrap();
    database.quiet_alert("node", "a", NOW.after(HOUR * 2)).await.unwrap();
    assert_eq!(untold(&database, "log").await, [""; 0], "it may come back");
    database.close_alerts(NOW, NOW.after(HOUR)).await.unwrap();
    assert_eq!(untold(&database, "log").await, [""; 0], "not quiet for long enough");
    database.close_alerts(NOW.after(HOUR), NOW.after(HOUR * 2)).await.unwrap();
    assert_eq!(untold(&database, "log").await, ["-node a"]);
    hear(&database, "log").await;
    assert_eq!(untold(&database, "log").await, [""; 0]);
    assert_eq!(untold(&database, "email").await, ["-node a"]);
    assert_eq!(database.open_alerts(None, 10).await.unwrap(), []);

    database.raise_alert(&raised("node", "a", ""), NOW.after(DAY)).await.unwrap();
    assert_eq!(untold(&database, "log").await, ["node a"], "anew");
    let open = database.open_alerts(None, 10).await.unwrap();
    assert_eq!(open.iter().map(|alert| alert.raised).collect::<Vec<_>>(), [NOW.after(DAY)]);
}

#[tokio::test]
async fn flapping_is_not_told() {
    let (database, _directory) = sqlite().await;
    database.raise_alert(&raised("node", "a", ""), NOW).await.unwrap();
    hear(&database, "log").await;
    for minute in 0..100 {
        let now = NOW.after(Duration::from_mins(minute));
        database.quiet_alert("node", "a", now).await.unwrap();
        database.close_alerts(NOW, now).await.unwrap();
        database.raise_alert(&raised("node", "a", ""), now).await.unwrap();
        assert_eq!(untold(&database, "log").await, [""; 0]);
    }
}

#[tokio::test]
async fn other_facts_are_told_anew() {
    let (database, _directory) = sqlite().await;
    for (facts, expected) in
        [("a third", 1), ("a third", 0), ("a sixth", 1), ("48 hours", 1), ("48 hours", 0)]
    {
        database.raise_alert(&raised("certificate", "a.test", facts), NOW).await.unwrap();
        assert_eq!(untold(&database, "log").await.len(), expected, "{facts}");
        hear(&database, "log").await;
    }
}

#[tokio::test]
async fn whoever_was_away_hears_of_what_is_over() {
    let (database, _directory) = sqlite().await;
    for subject in ["a", "b", "c"] {
        database.raise_alert(&raised("node", subject, ""), NOW).await.unwrap();
    }
    hear(&database, "log").await;
    // The mail server is away while a is down and up again.
    let alerts = database.untold_alerts("email", 1).await.unwrap();
    assert_eq!(alerts.iter().map(shown).collect::<Vec<_>>(), ["node a"]);
    database.mark_told("email", &[(&alerts[0], Told::Missed)]).await.unwrap();
    assert_eq!(untold(&database, "email").await, ["node a", "node b", "node c"]);
    for subject in ["a", "b"] {
        database.quiet_alert("node", subject, NOW).await.unwrap();
    }
    assert_eq!(untold(&database, "email").await, ["node c"]);
    database.close_alerts(NOW, NOW.after(HOUR)).await.unwrap();
    // b was over before anybody tried to tell.
    assert_eq!(untold(&database, "email").await, ["node c", "-node a"]);
}

#[tokio::test]
async fn what_is_long_over_goes() {
    let (database, _directory) = sqlite().await;
    let hosted = domain(&database, "a.test", 1).await;
    let of_domain =
        Raised { domain: Some((hosted.organisation, hosted.id)), ..raised("fetch", "a.test", "") };
    database.raise_alert(&of_domain, NOW).await.unwrap();
    database.raise_alert(&raised("node", "a", ""), NOW).await.unwrap();
    hear(&database, "log").await;
    let open = database.open_alerts(Some(hosted.id), 10).await.unwrap();
    assert_eq!(open.iter().map(shown).collect::<Vec<_>>(), ["fetch a.test"]);
    database.forget_alerts(hosted.id).await.unwrap();
    let open = database.open_alerts(None, 10).await.unwrap();
    assert_eq!(open.iter().map(shown).collect::<Vec<_>>(), ["node a"]);

    database.quiet_alert("node", "a", NOW).await.unwrap();
    database.close_alerts(NOW, NOW.after(HOUR)).await.unwrap();
    database.drop_alerts(NOW.after(HOUR)).await.unwrap();
    assert_eq!(untold(&database, "log").await, ["-node a"]);
    database.drop_alerts(NOW.after(HOUR * 2)).await.unwrap();
    assert_eq!(untold(&database, "log").await, [""; 0]);
    // No mark is left that would keep the next one back.
    database.raise_alert(&of_domain, NOW).await.unwrap();
    assert_eq!(untold(&database, "log").await, ["fetch a.test"]);
}

#[tokio::test]
async fn a_channel_that_fails_is_remembered() {
    let (database, _directory) = sqlite().await;
    assert_eq!(database.channel_failure("email").await.unwrap(), None);
    for failures in 1..3 {
        let failure =
            ChannelFailure { failures, retry: NOW.after(HOUR), error: "refused".to_owned() };
        database.note_channel("email", Some(&failure)).await.unwrap();
        assert_eq!(database.channel_failure("email").await.unwrap(), Some(failure));
    }
    assert_eq!(database.channel_failure("log").await.unwrap(), None);
    database.note_channel("email", None).await.unwrap();
    assert_eq!(database.channel_failure("email").await.unwrap(), None);
}
