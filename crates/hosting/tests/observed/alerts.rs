//! Alerts: raised once, told once, and once more when all is well.

use crate::authority::Authority;
use crate::desk::{Desk, HOUR, now};
use crate::hook::{Hook, channel};
use hyper::StatusCode;
use ironpost_hosting::alerts::{About, Alerts, HOLD_DOWN, Trouble};
use std::time::Duration;

#[tokio::test]
async fn an_alert_is_told_once_by_whichever_node() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut hook = Hook::start(&authority, StatusCode::OK).await;
    let node =
        async || Alerts::new(desk.database.clone(), vec![channel(&authority, hook.address).await]);
    let (one, other) = (node().await, node().await);
    let start = now();
    let fetch = About::Node("a");
    for alerts in [&one, &other, &one] {
        alerts.raise(fetch, Trouble::Node, "it is silent", start).await.unwrap();
        alerts.tell(start).await.unwrap();
    }
    assert_eq!(hook.call().unwrap().alerts(), ["open node a"]);
    assert!(hook.call().is_none());

    other.clear(fetch, Trouble::Node, start.after(HOUR)).await.unwrap();
    let almost = start.after(HOUR * 59 / 60).after(HOLD_DOWN);
    one.tell(almost).await.unwrap();
    assert!(hook.call().is_none(), "it may come back");
    for alerts in [&one, &other] {
        alerts.clear(fetch, Trouble::Node, start.after(HOUR * 2)).await.unwrap();
        alerts.tell(start.after(HOUR).after(HOLD_DOWN)).await.unwrap();
    }
    assert_eq!(hook.call().unwrap().alerts(), ["over node a"]);
    assert!(hook.call().is_none());
}

#[tokio::test]
async fn a_channel_that_was_away_hears_what_it_has_missed_once() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let address = Hook::start(&authority, StatusCode::OK).await.stop().await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, address).await]);
    let start = now();
    alerts.raise(About::Node("a"), Trouble::Node, "it is silent", start).await.unwrap();
    alerts.tell(start).await.unwrap();
    let failure = desk.database.channel_failure("webhook").await.unwrap().unwrap();
    assert_eq!(failure.failures, 1);
    assert!(failure.error.contains("connection refused"), "{}", failure.error);
    alerts.raise(About::Node("b"), Trouble::Node, "it is silent", start).await.unwrap();
    alerts.clear(About::Node("a"), Trouble::Node, start).await.unwrap();
    alerts.tell(start.after(Duration::from_secs(1))).await.unwrap();
    let same = desk.database.channel_failure("webhook").await.unwrap().unwrap();
    assert_eq!(same, failure, "it is not tried again at once");
    alerts.tell(failure.retry).await.unwrap();
    let failure = desk.database.channel_failure("webhook").await.unwrap().unwrap();
    assert_eq!(failure.failures, 2);

    // The program starts anew, and the endpoint is there again.
    let mut hook = Hook::at(address, &authority, StatusCode::OK).await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, address).await]);
    let later = start.after(HOUR);
    alerts.tell(later).await.unwrap();
    assert_eq!(hook.call().unwrap().alerts(), ["open node b", "over node a"]);
    assert_eq!(desk.database.channel_failure("webhook").await.unwrap(), None);
    alerts.tell(later).await.unwrap();
    assert!(hook.call().is_none());
}

#[tokio::test]
async fn what_happens_together_is_told_together() {
    let (desk, authority) = (Desk::open().await, Authority::new());
    let mut hook = Hook::start(&authority, StatusCode::OK).await;
    let alerts = Alerts::new(desk.database.clone(), vec![channel(&authority, hook.address).await]);
    let start = now();
    for node in 0..450 {
        let name = format!("n{node:03}");
        alerts.raise(About::Node(&name), Trouble::Node, "it is silent", start).await.unwrap();
    }
    let mut told = Vec::new();
    for _ in 0..4 {
        alerts.tell(start).await.unwrap();
        told.extend(hook.call().map(|call| call.alerts().len()));
        assert!(hook.call().is_none(), "one request each time");
    }
    assert_eq!(told, [200, 200, 50]);
}
