//! MX records of hosted domains, watched.

use crate::desk::{Desk, HOUR, now};
use crate::world::{NAME, POLICY, World};
use ironpost_hosting::alerts::Alerts;
use ironpost_hosting::drift::DriftWatch;
use ironpost_store::hosting::domains::Hosted;

/// What is open about the domain, and whether it is quiet.
async fn open(desk: &Desk, hosted: &Hosted) -> Vec<(String, bool)> {
    let open = desk.database.open_alerts(Some(hosted.id), 9).await.unwrap();
    open.into_iter().map(|alert| (alert.message, alert.quiet.is_some())).collect()
}

async fn changes(desk: &Desk, hosted: &Hosted) -> Vec<String> {
    let events = desk.database.events(hosted.id, 99).await.unwrap();
    let events = events.into_iter().filter(|event| event.what == "mx");
    events.filter_map(|event| event.author.why).collect()
}

#[tokio::test]
async fn a_change_of_mx_records_is_noticed() {
    let (desk, mut world) = (Desk::open().await, World::start().await);
    let alerts = Alerts::new(desk.database.clone(), Vec::new());
    let watch = DriftWatch::new(world.resolver().await, desk.database.clone(), alerts);
    let hosted = desk.domain(NAME, POLICY).await;
    let start = now();
    let next = watch.watch(&hosted, start).await.unwrap().unwrap().since(start);
    assert!((HOUR * 5..=HOUR * 7).contains(&next), "{next:?}");
    assert_eq!(open(&desk, &hosted).await, []);
    assert_eq!(changes(&desk, &hosted).await, [""; 0], "the first look is no change");

    world.change("MX  20 mx2\n", "MX  20 mx3\n").await;
    watch.watch(&hosted, start.after(HOUR)).await.unwrap();
    let text = "the MX records name hosts that the policy does not cover \
        (mx3.sound-enforce.example): senders refuse to deliver to them; a policy for old and new \
        hosts has mx: mx1.sound-enforce.example, mx: mx2.sound-enforce.example, \
        mx: mx3.sound-enforce.example";
    assert_eq!(open(&desk, &hosted).await, [(text.to_owned(), false)]);
    let change = "mx1.sound-enforce.example, mx2.sound-enforce.example → \
        mx1.sound-enforce.example, mx3.sound-enforce.example";
    assert_eq!(changes(&desk, &hosted).await, [change]);
    let stored = desk.database.mx_set(hosted.id).await.unwrap().unwrap();
    assert_eq!(stored.changed, start.after(HOUR));

    // DNS is away: nothing is known, and nothing is changed.
    world.lab.cut_off().await;
    let away = start.after(HOUR * 2);
    let next = watch.watch(&hosted, away).await.unwrap().unwrap();
    assert!(next < away.after(HOUR), "again soon");
    assert_eq!(watch.mx(&hosted.name).await, None);
    assert_eq!(desk.database.mx_set(hosted.id).await.unwrap(), Some(stored));
    assert_eq!(open(&desk, &hosted).await.len(), 1);

    world.change("MX  20 mx3\n", "MX  20 mx2\n").await;
    watch.watch(&hosted, start.after(HOUR * 3)).await.unwrap();
    assert_eq!(open(&desk, &hosted).await, [(text.to_owned(), true)]);
    assert_eq!(changes(&desk, &hosted).await.len(), 2);
}

#[tokio::test]
async fn null_mx_and_no_mx_are_told_apart() {
    let (desk, mut world) = (Desk::open().await, World::start().await);
    let alerts = Alerts::new(desk.database.clone(), Vec::new());
    let watch = DriftWatch::new(world.resolver().await, desk.database.clone(), alerts);
    let hosted = desk.domain(NAME, POLICY).await;
    world.change("@           MX  10 mx1\n@           MX  20 mx2\n", "@           MX  0 .\n").await;
    watch.watch(&hosted, now()).await.unwrap();
    assert_eq!(watch.mx(&hosted.name).await.unwrap().hosts, []);
    assert_eq!(open(&desk, &hosted).await, [], "who takes no mail loses none");

    world.change("@           MX  0 .\n", "@           A   {mx1}\n").await;
    watch.watch(&hosted, now()).await.unwrap();
    let hosts = watch.mx(&hosted.name).await.unwrap().hosts;
    assert_eq!(hosts, [NAME.parse().unwrap()], "RFC 5321 §5.1: the domain itself");
    assert_eq!(open(&desk, &hosted).await.len(), 1);
}
