//! A CA that is away for a week, at the worst time.

use crate::installation::Installation;
use ironpost_hosting::acme::Cared;
use ironpost_lab::Outage;
use ironpost_net::clock::Clock;
use std::time::Duration;

#[tokio::test]
async fn an_outage_of_seven_days_lets_nothing_expire() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings.clone());
    let mut domains = Vec::new();
    for number in 0..3 {
        let hosted = here.domain(&format!("d{number}.test")).await;
        here.issued(&acme, &hosted).await;
        domains.push(hosted);
    }
    // It goes away in the moment in which all of them are due.
    here.advance(Duration::from_hours(24 * 61)).await;
    ca.outage(Some(Outage::Unavailable));
    let back = here.clock.now().after(Duration::from_hours(24 * 7));
    let mut asked = 0;
    let mut issued = 0;
    let mut due: Vec<_> = domains.iter().map(|hosted| (here.clock.now(), hosted)).collect();
    while issued < domains.len() {
        due.sort_by_key(|(at, _)| *at);
        let (at, hosted) = due.remove(0);
        here.wait_until(at).await;
        if here.clock.now() > back {
            ca.outage(None);
        }
        // A node that was started anew knows what all know.
        let acme = if asked % 5 == 0 { here.acme(settings.clone()) } else { acme.clone() };
        asked += 1;
        match here.care(&acme, hosted).await {
            Cared::Good(at) | Cared::Later { at, .. } => due.push((at, hosted)),
            Cared::Issued(_) => issued += 1,
        }
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        assert!(here.clock.now() < stored.not_after);
    }
    assert!(here.clock.now() < back.after(Duration::from_hours(3)), "soon after it is back");
    assert_eq!(ca.orders().len(), 6, "each is ordered once more");
    // Every quarter of an hour at most, by the whole installation.
    assert!(asked < 3 * 24 * 7 * 4, "{asked}");
}
