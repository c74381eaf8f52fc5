//! The log of fetches, into the database and out of it.

use crate::desk::{Desk, HOUR, now};
use crate::world::{NAME, POLICY};
use ironpost_hosting::fetch_log::{FetchLog, Spread};
use ironpost_hosting::served::Site;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::domains::Hosted;

fn site(hosted: &Hosted) -> Site {
    Site {
        id: hosted.id,
        domain: hosted.name.clone(),
        token: hosted.token,
        policy: None,
        record: None,
        rua: None,
        certificate: None,
        dns_challenges: Vec::new(),
        alpn_challenge: None,
    }
}

fn fetch(log: &FetchLog, hosted: &Hosted, network: u8, now: Timestamp) {
    let client = [192, 0, network, 1].into();
    log.record(&site(hosted), 1, client, Some(b"Google-SMTP-STS"), now);
}

#[tokio::test]
async fn fetches_are_written_and_read() {
    let desk = Desk::open().await;
    let hosted = desk.domain(NAME, POLICY).await;
    let node = desk.database.join("one", "policy", now()).await.unwrap();
    let (log, start) = (FetchLog::default(), now());
    for network in [1, 1, 2] {
        fetch(&log, &hosted, network, start);
    }
    log.flush_served(&desk.database).await.unwrap();
    let known = desk.database.domain_by_id(hosted.id).await.unwrap().unwrap();
    assert_eq!(known.life.versions[0].last_served, Some(start));
    assert_eq!(desk.database.fetches(hosted.id, start).await.unwrap(), []);

    log.flush(&desk.database, node, start).await.unwrap();
    fetch(&log, &hosted, 1, start.after(HOUR));
    log.flush(&desk.database, node, start.after(HOUR)).await.unwrap();
    log.flush(&desk.database, node, start.after(HOUR)).await.unwrap();
    let known = desk.database.domain_by_id(hosted.id).await.unwrap().unwrap();
    assert_eq!(known.life.versions[0].last_served, Some(start.after(HOUR)));
    let spread = Spread::read(&desk.database, &known, 1, start).await.unwrap();
    assert_eq!(spread.senders.len(), 1);
    let (name, reach) = &spread.senders[0];
    assert_eq!((name.as_str(), reach.networks, reach.fetches), ("Google", 2, 4));
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later() {
    let directory = tempfile::tempdir().unwrap();
    let address = DatabaseAddress::Sqlite(directory.path().join("other.db"));
    let away = Database::open(&address, Migration::Apply).await.unwrap();
    away.close().await;
    let desk = Desk::open().await;
    let hosted = desk.domain(NAME, POLICY).await;
    let node = desk.database.join("one", "policy", now()).await.unwrap();
    let (log, start) = (FetchLog::default(), now());
    for attempt in 0..3 {
        fetch(&log, &hosted, 1, start);
        assert!(log.flush(&away, node, start).await.is_err(), "attempt {attempt}");
    }
    log.flush(&desk.database, node, start).await.unwrap();
    let known = desk.database.domain_by_id(hosted.id).await.unwrap().unwrap();
    assert_eq!(known.life.versions[0].last_served, Some(start));
    let fetched = desk.database.fetches(hosted.id, start).await.unwrap();
    assert_eq!(fetched.iter().map(|row| row.fetches).sum::<u64>(), 3);
}
