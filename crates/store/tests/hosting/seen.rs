//! Checks and MX records.

use crate::place::{Place, added, on_both};
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{FormerMx, MxSet};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::checks::{CHECKS_KEPT, REPORTS_KEPT, StoredCheck};
use ironpost_store::hosting::mx::StoredMx;
use std::time::Duration;

on_both!(checks_have_a_bounded_history, mx_records_are_kept_with_their_changes,);

/// The beginning of a day.
const NOW: Timestamp = Timestamp::from_millis(20_000 * 86_400_000);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

async fn checks_have_a_bounded_history(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
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

async fn mx_records_are_kept_with_their_changes(place: Place) {
    let database = place.open().await;
    let hosted = added(&database, "a.test", 1).await;
    assert_eq!(database.mx_set(hosted.id).await.unwrap(), None);
    let names = |names: &[&str]| -> Vec<DnsName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    };
    for hosts in [names(&["mx1.a.test", "mx2.a.test"]), names(&["a\\032b.a.test"]), names(&[])] {
        let mx = MxSet { hosts, ttl: 3600 };
        let gone = |host: &str| FormerMx { host: host.parse().unwrap(), until: NOW.after(HOUR) };
        let former = vec![gone("old.a.test"), gone("c\\032d.a.test")];
        let stored = StoredMx { mx, changed: NOW, seen: NOW.after(HOUR), former };
        database.put_mx_set(hosted.id, &stored, None).await.unwrap();
        assert_eq!(database.mx_set(hosted.id).await.unwrap(), Some(stored));
    }
    let mx = MxSet { hosts: Vec::new(), ttl: 1 };
    let stored = StoredMx { mx, changed: NOW, seen: NOW, former: Vec::new() };
    database.put_mx_set(hosted.id, &stored, Some("mx1.a.test → none")).await.unwrap();
    let events = database.events(hosted.id, 10).await.unwrap();
    let event = events.iter().find(|event| event.what == "mx").unwrap();
    assert_eq!(event.author.why.as_deref(), Some("mx1.a.test → none"));
    assert_eq!(events.iter().filter(|event| event.what == "mx").count(), 1);
}
