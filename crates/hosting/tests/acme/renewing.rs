//! Renewals: when the CA says so (RFC 9773), and when it says nothing.

use crate::installation::Installation;
use ironpost_hosting::acme::{Alarm, Cared, alarm};
use ironpost_lab::{AcmeCa, AcmeCaOptions, AcmeFault};
use ironpost_net::clock::Clock;
use jiff::SignedDuration;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_certificate_is_renewed_within_the_window_of_its_ca() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    let first = here.database.certificate(hosted.id).await.unwrap().unwrap();
    loop {
        let moment = match here.care(&acme, &hosted).await {
            Cared::Good(moment) => moment,
            Cared::Issued(_) => break,
            Cared::Later { why, .. } => panic!("{why}"),
        };
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        assert_eq!(alarm(&stored, here.clock.now()), None);
        let (start, end) = stored.renewal.window.unwrap();
        let drawn = stored.renewal.at.unwrap();
        assert!(start <= drawn && drawn < end);
        assert!(here.clock.now() < drawn);
        here.wait_until(moment).await;
    }
    let left = first.not_after.since(here.clock.now());
    assert!(left < DAY * 36 && left > DAY * 29, "{left:?}");
    let orders = ca.orders();
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[0].replaces, None);
    assert_eq!(ca.replaced(), [orders[1].replaces.clone().unwrap()]);
    // The one that was replaced is not asked about any more.
    let replaced = format!("GET /renewal/{}", ca.replaced()[0]);
    let asked = || ca.requests().iter().filter(|request| **request == replaced).count();
    let before = asked();
    here.advance(DAY).await;
    here.care(&acme, &hosted).await;
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn a_window_that_moves_is_followed() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    assert!(matches!(here.care(&acme, &hosted).await, Cared::Good(_)));
    // Revoked: it wants every one of them replaced at once.
    let now = here.clock.jiff();
    let window = (now - SignedDuration::from_hours(2), now - SignedDuration::from_hours(1));
    ca.suggest(window, Some("https://ca.lab.example/incident"));
    here.advance(Duration::from_hours(7)).await;
    here.issued(&acme, &hosted).await;
    assert_eq!(ca.replaced().len(), 1);
}

#[tokio::test]
async fn why_a_ca_wants_something_renewed_is_kept() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    let now = here.clock.jiff();
    let window = (now + SignedDuration::from_hours(240), now + SignedDuration::from_hours(250));
    ca.suggest(window, Some("https://ca.lab.example/\u{1b}why"));
    assert!(matches!(here.care(&acme, &hosted).await, Cared::Good(_)));
    let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
    assert_eq!(stored.renewal.explanation.as_deref(), Some("https://ca.lab.example/\\x1bwhy"));
}

#[tokio::test]
async fn what_is_replaced_already_is_ordered_as_if_it_were_new() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    here.advance(DAY * 70).await;
    ca.script(AcmeFault::AlreadyReplaced);
    here.issued(&acme, &hosted).await;
    let orders = ca.orders();
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[1].replaces, None);
}

#[tokio::test]
async fn a_window_that_makes_no_sense_is_none() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    ca.script(AcmeFault::WindowBackwards);
    assert!(matches!(here.care(&acme, &hosted).await, Cared::Good(_)));
    let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
    assert_eq!(stored.renewal.window, None);
    assert_eq!(stored.renewal.unanswered, 1);
}

#[tokio::test]
async fn without_a_word_of_the_ca_it_is_a_third() {
    for lifetime in [DAY * 90, DAY * 6, Duration::from_mins(10)] {
        let here = Installation::start().await;
        let options = AcmeCaOptions { renewal_info: false, lifetime, ..here.ca_options() };
        let ca = AcmeCa::start(options).await.unwrap();
        let acme = here.acme(here.settings(&ca));
        let hosted = here.domain("a.test").await;
        here.issued(&acme, &hosted).await;
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        while let Cared::Good(moment) = here.care(&acme, &hosted).await {
            assert!(stored.not_after.since(here.clock.now()) > lifetime / 3);
            here.wait_until(moment).await;
        }
        let left = stored.not_after.since(here.clock.now());
        assert!(left <= lifetime / 3 && left > lifetime / 4, "{left:?} of {lifetime:?}");
        assert_eq!(ca.orders().len(), 2);
        assert_eq!(ca.orders()[1].replaces, None, "a CA that does not know what that is");
        let renewals = ca.requests().into_iter().filter(|request| request.contains("renewal"));
        assert_eq!(renewals.count(), 0);
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_renews_raises_alarms() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    here.care(&acme, &hosted).await;
    ca.outage(Some(ironpost_lab::Outage::Unavailable));
    let mut heard = Vec::new();
    let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
    while here.clock.now() < stored.not_after {
        here.advance(Duration::from_hours(6)).await;
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        if let Some(found) = alarm(&stored, here.clock.now())
            && heard.last() != Some(&found)
        {
            heard.push(found);
        }
    }
    assert_eq!(heard, [Alarm::ThirdLeft, Alarm::SixthLeft, Alarm::TwoDaysLeft]);
}
