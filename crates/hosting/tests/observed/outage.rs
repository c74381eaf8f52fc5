//! The database is away: told without it.

use crate::authority::Authority;
use crate::desk::{Desk, now};
use crate::hook::{Hook, channel};
use hyper::StatusCode;
use ironpost_hosting::alerts::Alerts;
use ironpost_net::clock::Clock;
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
struct Real;

impl Clock for Real {
    fn now(&self) -> Timestamp {
        now()
    }
}

#[tokio::test]
async fn an_outage_is_told_when_it_lasts_and_when_it_is_over() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut hook = Hook::start(&authority, StatusCode::OK).await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, hook.address).await]);
    desk.database.close().await;
    let (there, health) = watch::channel(true);
    let end = CancellationToken::new();
    let until = end.clone();
    let watching = tokio::spawn(async move {
        alerts.watch_database("one", health, |there| *there, Arc::new(Real), until).await;
    });
    // A restart of the database is not worth a word; a minute is.
    tokio::time::pause();
    for (is_there, wait) in [(false, 50_000), (true, 100_000), (false, 59_900)] {
        there.send(is_there).unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        assert!(hook.call().is_none());
    }
    // The rest of it is real, like the sockets.
    tokio::time::resume();
    assert_eq!(hook.next().await.alerts(), ["open database one"]);
    there.send(true).unwrap();
    assert_eq!(hook.next().await.alerts(), ["over database one"]);
    assert!(hook.call().is_none());
    end.cancel();
    watching.await.unwrap();
}
