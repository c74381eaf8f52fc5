//! Certificates that come as they should.

use crate::installation::Installation;
use ironpost_hosting::acme::{AcmeSettings, Binding, Ca, Cared, ChallengeKind};
use ironpost_lab::{AcmeCa, AcmeCaOptions, AcmeFault, Names};
use ironpost_net::clock::Clock;
use ironpost_net::tls::facts::CertificateFacts;
use ironpost_store::hosting::Seq;
use std::time::Duration;

#[tokio::test]
async fn every_kind_of_proof_brings_a_certificate() {
    let here = Installation::start().await;
    let options = here.ca_options();
    let names = Names::Asked(here.resolver.address);
    let ca = AcmeCa::start(AcmeCaOptions { names, ..options }).await.unwrap();
    let kinds = [ChallengeKind::Http01, ChallengeKind::TlsAlpn01, ChallengeKind::Dns01];
    for (index, challenge) in kinds.into_iter().enumerate() {
        let acme = here.acme(AcmeSettings { challenge, ..here.settings(&ca) });
        let hosted = here.domain(&format!("{}.test", challenge.as_str())).await;
        here.issued(&acme, &hosted).await;
        let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
        let facts = CertificateFacts::read(&stored.chain[0]).unwrap();
        assert_eq!(facts.dns_names, [format!("mta-sts.{}.test", challenge.as_str())]);
        assert_eq!(stored.directory, ca.directory());
        here.seals.open(hosted.name.as_str(), &stored.sealed_key).unwrap();
        assert_eq!(here.database.acme_order(hosted.id).await.unwrap(), None);
        assert_eq!(ca.orders().len(), index + 1);
        assert!(matches!(here.care(&acme, &hosted).await, Cared::Good(_)));
        let left = here.database.challenges_after(Seq::default(), here.clock.now()).await;
        assert_eq!(left.unwrap(), []);
    }
    assert_eq!(ca.accounts(), 1);
}

#[tokio::test]
async fn the_account_is_named_before_anything_is_ordered() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    assert_eq!(acme.known_accounts().await.unwrap(), []);
    let uri = acme.account_uri(here.clock.now()).await.unwrap();
    let known = acme.known_accounts().await.unwrap();
    assert_eq!(known[0].caa_values(), [format!("ca.lab.example; accounturi={uri}")]);
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    assert_eq!(ca.accounts(), 1);
}

#[tokio::test]
async fn nobody_agrees_to_terms_but_the_administrator() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(AcmeSettings { agreed: false, ..settings });
    let hosted = here.domain("a.test").await;
    let (_, why) = here.later(&acme, &hosted).await;
    assert!(why.contains("https://ca.lab.example/terms"), "{why}");
    assert!(why.contains("acme.agree_to_terms = true"), "{why}");
    assert_eq!(ca.accounts(), 0);
}

#[tokio::test]
async fn an_account_is_bound_to_one_that_the_ca_knows() {
    let here = Installation::start().await;
    let key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
    let binding = Binding::new("kid-1", key).unwrap();
    let known = ironpost_lab::Binding { kid: "kid-1".to_owned(), key: base64_url(key) };
    let options = AcmeCaOptions { bindings: vec![known], ..here.ca_options() };
    let ca = AcmeCa::start(options).await.unwrap();
    let settings = here.settings(&ca);
    let hosted = here.domain("a.test").await;
    let (at, why) = here.later(&here.acme(settings.clone()), &hosted).await;
    assert!(why.contains("set acme.eab_kid and acme.eab_key_file"), "{why}");
    here.wait_until(at).await;
    let bound = Ca { binding: Some(binding), ..settings.ca.clone() };
    here.issued(&here.acme(AcmeSettings { ca: bound, ..settings }), &hosted).await;
}

fn base64_url(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[tokio::test]
async fn an_order_that_takes_its_time_is_waited_for() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings);
    let hosted = here.domain("a.test").await;
    ca.script(AcmeFault::Processing { looks: 3 });
    here.issued(&acme, &hosted).await;
    assert_eq!(ca.orders().len(), 1);
}

#[tokio::test]
async fn another_ca_is_asked_when_the_first_fails_for_long() {
    let here = Installation::start().await;
    let (first, settings) = here.ca().await;
    let second = AcmeCa::start(here.ca_options()).await.unwrap();
    let fallback = here.ca_settings(&second.directory(), &second.roots_pem());
    let hours = Duration::from_hours(6);
    let settings = AcmeSettings { fallback: Some(fallback), fallback_after: hours, ..settings };
    let acme = here.acme(settings);
    first.outage(Some(ironpost_lab::Outage::Unavailable));
    let hosted = here.domain("a.test").await;
    let began = here.clock.now();
    loop {
        match here.care(&acme, &hosted).await {
            Cared::Issued(_) => break,
            Cared::Later { at, why } => {
                assert!(why.contains("503"), "{why}");
                assert!(here.clock.now().since(began) < hours, "the second is due");
                assert_eq!(second.requests(), [""; 0]);
                here.wait_until(at).await;
            }
            Cared::Good(_) => panic!("there is none"),
        }
    }
    assert!(here.clock.now().since(began) >= hours);
    assert_eq!(second.orders().len(), 1);
    let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
    assert_eq!(stored.directory, second.directory());
    assert_eq!(here.database.order_trouble(hosted.id).await.unwrap(), None);
}
