//! What a CA does wrong.

use crate::installation::Installation;
use ironpost_hosting::acme::AcmeSettings;
use ironpost_lab::{AcmeFault, Outage, RetryAfter};
use ironpost_net::clock::Clock;
use std::time::Duration;

/// What is wrong with one domain is said, and tried again.
#[tokio::test]
async fn faults_of_an_order_are_said_and_got_over() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let refuted = |problem: &str| AcmeFault::Refuted { problem: problem.to_owned() };
    let table = [
        (refuted("unauthorized"), "the CNAME of mta-sts has to lead here"),
        (refuted("connection"), "its ports 80 and 443 have to be open"),
        (refuted("dns"), "have to be in DNS"),
        (refuted("caa"), "a CAA record of the domain"),
        (refuted("something\u{1b}[31mnew"), "refuted by command (something\\x1b[31mnew)"),
        (AcmeFault::WrongName, "it is not for mta-sts."),
        (AcmeFault::Expired, "it has expired already"),
        (AcmeFault::HugeChain, "cannot be used: an answer of more than 262144 octets"),
    ];
    for (number, (fault, expected)) in table.into_iter().enumerate() {
        let hosted = here.domain(&format!("d{number}.test")).await;
        ca.script(fault.clone());
        let (at, why) = here.later(&acme, &hosted).await;
        assert!(why.contains(expected), "{fault:?}: {why}");
        let again = here.later(&acme, &hosted).await;
        assert_eq!(again, (at, why), "not before its time");
        here.wait_until(at).await;
        here.issued(&acme, &hosted).await;
        assert_eq!(here.database.order_trouble(hosted.id).await.unwrap(), None, "{fault:?}");
    }
}

#[tokio::test]
async fn slips_of_a_ca_are_got_over_at_once() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    for (number, fault) in [AcmeFault::BadNonce, AcmeFault::NoJson].into_iter().enumerate() {
        let hosted = here.domain(&format!("d{number}.test")).await;
        ca.script(fault);
        here.issued(&acme, &hosted).await;
        assert_eq!(ca.orders().len(), number + 1);
    }
    let hosted = here.domain("forgotten.test").await;
    ca.forget_accounts();
    here.issued(&acme, &hosted).await;
    assert_eq!(ca.accounts(), 1);
}

#[tokio::test]
async fn a_limit_holds_for_the_whole_installation() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let two_hours = Duration::from_hours(2);
    for number in 0..2 {
        let then = here.clock.jiff() + jiff::SignedDuration::from_hours(2);
        let retry_after = [RetryAfter::Seconds(7_200), RetryAfter::At(then)][number];
        let [one, two] = [
            here.domain(&format!("one{number}.test")).await,
            here.domain(&format!("two{number}.test")).await,
        ];
        let detail = "too many new orders\u{202e}".to_owned();
        ca.script(AcmeFault::RateLimited { retry_after: Some(retry_after), detail });
        let began = here.clock.now();
        let (at, why) = here.later(&acme, &one).await;
        assert!(why.contains("too many new orders\\u{202e} (rateLimited) (HTTP 429)"), "{why}");
        // A date has no milliseconds.
        assert!(at.since(began) + Duration::from_secs(2) > two_hours, "{:?}", at.since(began));
        let asked = ca.requests().len();
        // Another node, started anew.
        let elsewhere = here.acme(here.settings(&ca));
        let (later, _) = here.later(&elsewhere, &two).await;
        assert!(later >= at);
        assert_eq!(ca.requests().len(), asked, "the CA is left alone");
        here.wait_until(later).await;
        here.issued(&elsewhere, &two).await;
        here.issued(&acme, &one).await;
    }
}

#[tokio::test]
async fn a_limit_of_one_name_holds_for_that_name() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let [one, two] = [here.domain("one.test").await, here.domain("two.test").await];
    let detail = "too many certificates already issued for \"one.test\"".to_owned();
    let retry_after = Some(RetryAfter::Seconds(86_400));
    ca.script(AcmeFault::RateLimited { retry_after, detail });
    let began = here.clock.now();
    let (at, _) = here.later(&acme, &one).await;
    assert!(at.since(began) >= Duration::from_hours(24));
    here.issued(&acme, &two).await;
}

#[tokio::test]
async fn a_ca_that_says_nothing_is_not_waited_for() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let deadline = Duration::from_millis(300);
    let acme = here.acme(AcmeSettings { deadline, ..settings });
    for (outage, expected) in [
        (Outage::Hung, "no answer in time"),
        (Outage::Unavailable, "HTTP 503"),
        (Outage::Refused, "no connection to 127.0.0.1"),
    ] {
        let hosted = here.domain(&format!("{outage:?}.test")).await;
        ca.outage(Some(outage));
        let mut heard = here.later(&acme, &hosted).await;
        // The listener goes away a moment later.
        while outage == Outage::Refused && !heard.1.contains(expected) {
            here.wait_until(heard.0).await;
            heard = here.later(&acme, &hosted).await;
        }
        assert!(heard.1.contains(expected), "{}", heard.1);
        ca.outage(None);
        here.wait_until(heard.0).await;
        let mut cared = here.care(&acme, &hosted).await;
        while let ironpost_hosting::acme::Cared::Later { at, .. } = cared {
            assert_eq!(outage, Outage::Refused, "the listener comes back a moment later");
            here.wait_until(at).await;
            cared = here.care(&acme, &hosted).await;
        }
        assert!(matches!(cared, ironpost_hosting::acme::Cared::Issued(_)), "{cared:?}");
    }
}
