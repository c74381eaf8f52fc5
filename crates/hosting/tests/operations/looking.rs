//! Hostings that are over.

use crate::place::{Place, add, on_both, policy, steps};
use ironpost_hosting::operations::OperationError;
use ironpost_hosting::operations::add::First;
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::{Change, MARGIN, State};
use std::time::Duration;

on_both!(what_is_left_of_a_domain_is_told);

async fn what_is_left_of_a_domain_is_told(place: Place) {
    let (desk, other) = (place.desk("default").await, place.desk("other").await);
    let name: Domain = "a.test".parse().unwrap();
    let error = desk.show(&name).await.unwrap_err();
    assert!(matches!(error, OperationError::NotHosted(_)), "{error}");

    let old = add(&desk, First::New(policy("testing", 86_400))).await.unwrap();
    let published = [Change::Show(1), Change::Announce(1), Change::Enter(State::Testing)];
    steps(&desk, &old, &published).await;
    place.clock.advance(Duration::from_hours(1));
    steps(&desk, &old, &[Change::Cease, Change::Enter(State::Gone)]).await;
    let shown = desk.show(&name).await.unwrap();
    assert_eq!((shown.hosted.id, shown.hosted.life.state), (old.id, State::Gone));
    assert_eq!(shown.free_from, Some(shown.now.after(MARGIN)), "until nobody holds it");
    let told = desk.last_hosted(&name).await.unwrap();
    let events = desk.events(&told).await.unwrap();
    assert_eq!((told.id, &*events[0].what), (old.id, "gone"));
    assert!(desk.hosted(&name).await.is_err(), "it is not hosted all the same");
    assert!(other.show(&name).await.is_err(), "and it is nobody else's");

    let new = add(&desk, First::New(policy("testing", 172_800))).await.unwrap();
    assert_eq!(desk.show(&name).await.unwrap().hosted.id, new.id);
    let hostings = desk.hostings(&name).await.unwrap();
    assert_eq!(hostings.iter().map(|hosted| hosted.id).collect::<Vec<_>>(), [new.id, old.id]);
    assert_eq!(desk.events(&hostings[1]).await.unwrap(), events, "the former life's");
    assert_eq!(desk.show_hosting(hostings[1].clone()).await.unwrap().hosted.id, old.id);
}
