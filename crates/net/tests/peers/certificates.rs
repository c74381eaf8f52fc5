//! Bad certificates: each fault told from the others, and no HTTP to a host that has one.

use crate::https::{HOST, PATIENT, POLICY, answer, fetch, serve_answer};
use crate::pki::{Authority, CURRENT, EXPIRED, FUTURE, Leaf, Years, params};
use ironpost_net::policy_fetch::{FetchFailure, Manner};
use ironpost_net::tls::facts::{TlsFacts, Trust, Validity};
use ironpost_net::tls::roots::Roots;
use rcgen::{ExtendedKeyUsagePurpose, SanType};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// Strictly fetches from a host with a bad certificate, then looks behind it.
async fn looked_at(roots: Roots, certificate: Arc<CertifiedKey>) -> TlsFacts {
    let (address, serving) = serve_answer(certificate.clone(), answer(POLICY)).await;
    let strict = fetch(roots.clone(), address, Manner::Strict, PATIENT).await;
    assert_eq!(strict.failure, Some(FetchFailure::Certificate));
    assert_eq!(strict.response, None);
    assert_eq!(serving.await.unwrap(), "", "not an octet of HTTP");

    let (address, serving) = serve_answer(certificate, answer(POLICY)).await;
    let behind = fetch(roots, address, Manner::BehindCertificate, PATIENT).await;
    assert_eq!(behind.failure, None);
    assert_eq!(behind.response.unwrap().body, POLICY.as_bytes());
    assert!(serving.await.unwrap().contains("user-agent: ironpost/"));
    assert_eq!(strict.tls, behind.tls);
    strict.tls.unwrap()
}

fn verdict(facts: &TlsFacts) -> (Trust, bool, Validity) {
    (facts.trust.clone(), facts.name_matches, facts.validity)
}

#[tokio::test]
async fn each_fault_is_told_from_the_others() {
    let root = Authority::root("Ironpost Test Root");
    let ca = root.intermediate("Ironpost Test Intermediate");
    for (leaf, expected, why) in [
        (ca.leaf_valid(&[HOST], EXPIRED), (true, Validity::Expired), "expired"),
        (ca.leaf_valid(&[HOST], FUTURE), (true, Validity::NotYetValid), "not yet valid"),
        (ca.leaf(&["www.example.com"]), (false, Validity::Valid), "another name"),
        (ca.leaf(&["*.mta-sts.example.com"]), (false, Validity::Valid), "too deep a wildcard"),
        (ca.leaf(&["*.com"]), (false, Validity::Valid), "too wide a wildcard"),
        (ca.leaf(&["m*.example.com"]), (false, Validity::Valid), "a partial wildcard"),
        (ca.leaf(&["example.com"]), (false, Validity::Valid), "the policy domain's own name"),
        (ca.leaf(&["127.0.0.1"]), (false, Validity::Valid), "an IP address"),
        (ca.leaf_valid(&["x.example"], EXPIRED), (false, Validity::Expired), "two faults"),
    ] {
        let facts = looked_at(root.roots(), leaf.with(&[&ca.der])).await;
        let (name, validity) = expected;
        assert_eq!(verdict(&facts), (Trust::Trusted, name, validity), "{why}");
    }
}

#[tokio::test]
async fn a_common_name_is_no_name() {
    let root = Authority::root("Ironpost Test Root");
    let mut params = params(&[HOST], CURRENT);
    params.subject_alt_names.clear();
    let facts = looked_at(root.roots(), root.leaf_with(&params).with(&[])).await;
    assert_eq!(verdict(&facts), (Trust::Trusted, false, Validity::Valid));
    assert_eq!(facts.chain[0].common_name.as_deref(), Some(HOST));
    assert!(facts.chain[0].dns_names.is_empty());
}

#[tokio::test]
async fn sans_of_other_kinds_are_no_names() {
    let root = Authority::root("Ironpost Test Root");
    let mut params = params(&[HOST], CURRENT);
    params.subject_alt_names = vec![
        SanType::URI(format!("https://{HOST}/").try_into().unwrap()),
        SanType::Rfc822Name(format!("postmaster@{HOST}").try_into().unwrap()),
    ];
    let facts = looked_at(root.roots(), root.leaf_with(&params).with(&[])).await;
    assert_eq!(verdict(&facts), (Trust::Trusted, false, Validity::Valid));
}

#[tokio::test]
async fn a_wildcard_stands_for_the_whole_left_most_label() {
    let root = Authority::root("Ironpost Test Root");
    let leaf = root.leaf(&["other.example.com", "*.Example.COM"]);
    let (address, serving) = serve_answer(leaf.with(&[]), answer(POLICY)).await;
    let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
    assert_eq!(fetch.failure, None);
    assert_eq!(fetch.tls.unwrap().chain[0].dns_names, ["other.example.com", "*.example.com"]);
    serving.await.unwrap();
}

#[tokio::test]
async fn a_self_signed_certificate_is_told_from_a_private_ca() {
    let root = Authority::root("Ironpost Test Root");
    let facts = looked_at(root.roots(), Leaf::self_signed(&[HOST]).with(&[])).await;
    assert_eq!(verdict(&facts), (Trust::SelfSigned, true, Validity::Valid));
    assert!(facts.chain[0].self_signed);

    let stranger = Authority::root("Somebody's CA");
    let private = Trust::UnknownIssuer { intermediate_missing: false };
    let leaf = stranger.leaf(&[HOST]);
    for presented in [leaf.with(&[&stranger.der]), leaf.with(&[])] {
        let facts = looked_at(root.roots(), presented).await;
        assert_eq!(verdict(&facts), (private.clone(), true, Validity::Valid));
    }
    let between = stranger.intermediate("Somebody's Office CA");
    let leaf = between.leaf_valid(&["x.example"], EXPIRED);
    let facts = looked_at(root.roots(), leaf.with(&[&between.der])).await;
    assert_eq!(verdict(&facts), (private, false, Validity::Expired));
}

#[tokio::test]
async fn a_self_signed_ca_certificate_is_self_signed() {
    let root = Authority::root("Ironpost Test Root");
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = params(&[HOST], CURRENT);
    // What `openssl req -x509` makes by default.
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let leaf = Leaf {
        der: params.self_signed(&key).unwrap().der().clone(),
        key: key.serialize_der().try_into().unwrap(),
    };
    let facts = looked_at(root.roots(), leaf.with(&[])).await;
    assert_eq!(facts.trust, Trust::SelfSigned);
}

#[tokio::test]
async fn a_root_that_only_has_a_known_name_is_not_that_root() {
    let root = Authority::root("Ironpost Test Root");
    let impostor = Authority::root("Ironpost Test Root");
    for others in [vec![], vec![&impostor.der]] {
        let facts = looked_at(root.roots(), impostor.leaf(&[HOST]).with(&others)).await;
        assert_eq!(facts.trust, Trust::UnknownIssuer { intermediate_missing: false });
    }
}

#[tokio::test]
async fn an_expired_intermediate_is_named() {
    let root = Authority::root("Ironpost Test Root");
    let ca = root.intermediate_valid("Ironpost Old Intermediate", EXPIRED);
    let facts = looked_at(root.roots(), ca.leaf(&[HOST]).with(&[&ca.der])).await;
    assert_eq!(
        facts.trust,
        Trust::IntermediateExpired {
            subject: "CN=Ironpost Old Intermediate".to_owned(),
            not_after: "2020-01-01T00:00:00Z".parse().unwrap(),
        }
    );
    assert_eq!(facts.validity, Validity::Valid);
}

#[tokio::test]
async fn an_intermediate_that_is_not_valid_yet_is_named() {
    let root = Authority::root("Ironpost Test Root");
    let ca = root.intermediate_valid("Ironpost Young Intermediate", FUTURE);
    let leaf = ca.leaf_valid(&[HOST], Years(2020, 2180));
    let facts = looked_at(root.roots(), leaf.with(&[&ca.der])).await;
    assert_eq!(facts.validity, Validity::Valid);
    let Trust::Other(found) = &facts.trust else { panic!("{:?}", facts.trust) };
    assert!(found.contains("Ironpost Young Intermediate is not valid yet"), "{found}");
}

#[tokio::test]
async fn a_crowd_of_namesakes_is_not_searched_through() {
    let root = Authority::root("Ironpost Test Root");
    let stranger = Authority::root("Namesake");
    let crowd: Vec<_> = (0..60).map(|_| stranger.intermediate("Namesake")).collect();
    let others: Vec<_> = crowd.iter().map(|ca| &ca.der).collect();
    let leaf = crowd[0].leaf(&[HOST]);
    let facts = looked_at(root.roots(), leaf.with(&others)).await;
    assert_eq!(facts.chain.len(), 5, "four of a name are enough");
    assert!(matches!(facts.trust, Trust::Other(_)), "{:?}", facts.trust);

    let crowd: Vec<_> = (0..60).map(|n| stranger.intermediate(&format!("{n}"))).collect();
    let others: Vec<_> = crowd.iter().map(|ca| &ca.der).collect();
    let facts = looked_at(root.roots(), leaf.with(&others)).await;
    assert_eq!(facts.chain.len(), 16);
}

#[tokio::test]
async fn an_end_entity_that_expired_before_its_ca_began_is_expired_and_no_more() {
    let root = Authority::root("Ironpost Test Root");
    let ca = root.intermediate_valid("Ironpost New Intermediate", Years(2024, 2200));
    let leaf = ca.leaf_valid(&[HOST], EXPIRED);
    let facts = looked_at(root.roots(), leaf.with(&[&ca.der])).await;
    assert_eq!(verdict(&facts), (Trust::Trusted, true, Validity::Expired));
}

#[tokio::test]
async fn other_faults_are_put_into_words() {
    let root = Authority::root("Ironpost Test Root");
    let mut client = params(&[HOST], CURRENT);
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let mut ca = params(&[HOST], CURRENT);
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    for (params, words) in [(client, "extended key usage"), (ca, "CA certificate")] {
        let facts = looked_at(root.roots(), root.leaf_with(&params).with(&[])).await;
        let Trust::Other(found) = &facts.trust else { panic!("{:?}", facts.trust) };
        assert!(found.contains(words), "{found}");
    }
}

#[tokio::test]
async fn a_tampered_certificate_does_not_verify() {
    let root = Authority::root("Ironpost Test Root");
    let ca = root.intermediate("Ironpost Test Intermediate");
    let leaf = ca.leaf(&["mta-sts.example.org"]);
    let mut der = leaf.der.to_vec();
    let offset = |needle: &[u8]| der.windows(needle.len()).rposition(|part| part == needle);
    let offset = offset(b"example.org").unwrap();
    der[offset..offset + 11].copy_from_slice(b"example.com");
    let tampered = Leaf { der: der.into(), key: leaf.key };
    let facts = looked_at(root.roots(), tampered.with(&[&ca.der])).await;
    assert!(facts.name_matches);
    let Trust::Other(found) = &facts.trust else { panic!("{:?}", facts.trust) };
    assert!(found.contains("does not verify"), "{found}");
}

#[tokio::test]
async fn nothing_in_a_name_acts_on_a_terminal() {
    let stranger = Authority::root("Evil\u{1b}[2J\u{202e}CA");
    let root = Authority::root("Ironpost Test Root");
    let facts = looked_at(root.roots(), stranger.leaf(&[HOST]).with(&[])).await;
    assert_eq!(facts.chain[0].issuer, "CN=Evil\\x1b[2J\\u{202e}CA");
}
