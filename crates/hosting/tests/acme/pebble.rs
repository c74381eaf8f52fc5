//! Against Pebble, which refuses a nonce in twenty by itself.

use crate::installation::Installation;
use crate::pebbles::{Pebble, Version};
use ironpost_hosting::acme::{AcmeSettings, Binding, Ca, Cared, ChallengeKind};
use ironpost_net::tls::facts::CertificateFacts;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test]
async fn pebble_of_debian_12_believes_every_kind_of_proof() {
    every_kind_of_proof(Version::Debian12).await;
}

#[tokio::test]
async fn pebble_of_debian_13_believes_every_kind_of_proof_and_says_when_to_renew() {
    every_kind_of_proof(Version::Debian13).await;
}

async fn every_kind_of_proof(version: Version) {
    let here = Installation::start().await;
    let pebble = Pebble::start(version, &here, &[]).await;
    let settings = here.settings_of(&pebble.directory, &pebble.roots);
    for challenge in [ChallengeKind::Http01, ChallengeKind::TlsAlpn01, ChallengeKind::Dns01] {
        let acme = here.acme(AcmeSettings { challenge, ..settings.clone() });
        let hosted = here.domain(&format!("{}.test", challenge.as_str())).await;
        here.issued(&acme, &hosted).await;
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        let facts = CertificateFacts::read(&stored.chain[0]).unwrap();
        assert_eq!(facts.dns_names, [format!("mta-sts.{}.test", challenge.as_str())]);
        assert!(matches!(here.care(&acme, &hosted).await, Cared::Good(_)));
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        assert_eq!(stored.renewal.window.is_some(), version == Version::Debian13);
    }
    // A renewal in its window replaces the certificate.
    let acme = here.acme(settings);
    let hosted = here.domain("renewed.test").await;
    here.issued(&acme, &hosted).await;
    let first = here.database.certificate(hosted.id).await.unwrap().unwrap();
    let lifetime = first.not_after.since(first.not_before);
    here.advance(lifetime * 9 / 10).await;
    // Pebble's clock was not moved: by it this is renewed early, which it does not mind.
    here.issued(&acme, &hosted).await;
    let second = here.database.certificate(hosted.id).await.unwrap().unwrap();
    assert_ne!(first.chain[0], second.chain[0]);
}

#[tokio::test]
async fn pebble_knows_an_account_that_is_bound() {
    let here = Installation::start().await;
    let key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let pebble = Pebble::start(Version::Debian12, &here, &[("kid-1", key)]).await;
    let settings = here.settings_of(&pebble.directory, &pebble.roots);
    let hosted = here.domain("a.test").await;
    let (at, why) = here.later(&here.acme(settings.clone()), &hosted).await;
    assert!(why.contains("set acme.eab_kid and acme.eab_key_file"), "{why}");
    here.wait_until(at).await;
    let binding = Some(Binding::new("kid-1", key).unwrap());
    let ca = Ca { binding, ..settings.ca.clone() };
    here.issued(&here.acme(AcmeSettings { ca, ..settings }), &hosted).await;
}

/// Pebble 2.4 locks up with more than four orders at once.
#[tokio::test]
async fn orders_of_many_domains_at_once_come_to_their_end() {
    let here = Arc::new(Installation::start().await);
    let pebble = Pebble::start(Version::Debian12, &here, &[]).await;
    let acme = here.acme(here.settings_of(&pebble.directory, &pebble.roots));
    let mut orders = JoinSet::new();
    for number in 0..12 {
        if orders.len() == 4 {
            orders.join_next().await.unwrap().unwrap();
        }
        let (here, acme) = (Arc::clone(&here), acme.clone());
        orders.spawn(async move {
            let hosted = here.domain(&format!("d{number}.test")).await;
            here.issued(&acme, &hosted).await;
        });
    }
    while let Some(outcome) = orders.join_next().await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_is_said_to() {
    let here = Installation::start().await;
    let elsewhere = Installation::start().await;
    // This Pebble looks at another installation, which knows nothing of the challenge.
    let pebble = Pebble::start(Version::Debian12, &elsewhere, &[]).await;
    let acme = here.acme(here.settings_of(&pebble.directory, &pebble.roots));
    let hosted = here.domain("a.test").await;
    let (at, why) = here.later(&acme, &hosted).await;
    assert!(why.contains("the CNAME of mta-sts has to lead here"), "{why}");
    let now = ironpost_net::clock::Clock::now(&*here.clock);
    assert!(at.since(now) > Duration::from_secs(30));
}
