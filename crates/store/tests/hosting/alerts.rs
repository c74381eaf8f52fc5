//! Alerts.

use crate::place::{Place, added, on_both};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::Database;
use ironpost_store::hosting::alerts::{ChannelFailure, Raised, StoredAlert, Told};
use std::time::Duration;

on_both!(
    an_alert_is_told_once_to_each_channel,
    flapping_is_not_told,
    other_facts_are_told_anew,
    whoever_was_away_hears_of_what_is_over,
    what_is_long_over_goes,
    a_channel_that_fails_is_remembered,
);

/// The beginning of a day.
const NOW: Timestamp = Timestamp::from_millis(20_000 * 86_400_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn long_before(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - 600_000)
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

async fn an_alert_is_told_once_to_each_channel(place: Place) {
    let database = place.open().await;
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

async fn flapping_is_not_told(place: Place) {
    let database = place.open().await;
    database.raise_alert(&raised("node", "a", ""), NOW).await.unwrap();
    hear(&database, "log").await;
    for minute in 0..100 {
        let now = NOW.after(Duration::from_mins(minute));
        database.quiet_alert("node", "a", now).await.unwrap();
        database.close_alerts(long_before(now), now).await.unwrap();
        database.raise_alert(&raised("node", "a", ""), now).await.unwrap();
        assert_eq!(untold(&database, "log").await, [""; 0]);
    }
}

async fn other_facts_are_told_anew(place: Place) {
    let database = place.open().await;
    for (facts, expected) in
        [("a third", 1), ("a third", 0), ("a sixth", 1), ("48 hours", 1), ("48 hours", 0)]
    {
        database.raise_alert(&raised("certificate", "a.test", facts), NOW).await.unwrap();
        assert_eq!(untold(&database, "log").await.len(), expected, "{facts}");
        hear(&database, "log").await;
    }
}

async fn whoever_was_away_hears_of_what_is_over(place: Place) {
    let database = place.open().await;
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

async fn what_is_long_over_goes(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
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

async fn a_channel_that_fails_is_remembered(place: Place) {
    let database = place.open().await;
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
