//! Chains that do not reach a root: is it the server's fault or the CA's?

use crate::https::{HOST, PATIENT, POLICY, answer, fetch, serve_answer};
use crate::pki::{Authority, CURRENT, Leaf, params};
use ironpost_net::policy_fetch::Manner;
use ironpost_net::tls::facts::Trust;
use ironpost_net::tls::roots::Roots;
use rcgen::{CertificateParams, CustomExtension, DnType};
use rustls_pki_types::CertificateDer;

async fn is_missing(roots: &Roots, leaf: &Leaf, others: &[&CertificateDer<'static>]) -> bool {
    let (address, serving) = serve_answer(leaf.with(others), answer(POLICY)).await;
    let fetch = fetch(roots.clone(), address, Manner::Strict, PATIENT).await;
    serving.await.unwrap();
    match fetch.tls.unwrap().trust {
        Trust::UnknownIssuer { intermediate_missing } => intermediate_missing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_issuer_that_is_called_intermediate_is_missing() {
    let root = Authority::root("Some Root CA");
    for name in ["Some Intermediate CA", "Issuing CA 3", "Acme Sub-CA", "R11", "WE2", "Acme DV TLS"]
    {
        let leaf = root.intermediate(name).leaf(&[HOST]);
        assert!(is_missing(&root.roots(), &leaf, &[]).await, "{name}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_called_a_root_or_private_is_not() {
    let root = Authority::root("Some Root CA");
    for name in
        ["Another Root", "Private CA", "Untrusted Intermediate CA", "Corp Internal CA", "CA"]
    {
        let stranger = Authority::root(name);
        let leaf = stranger.leaf(&[HOST]);
        assert!(!is_missing(&root.roots(), &leaf, &[]).await, "{name}");
        let between = stranger.intermediate("Office");
        let leaf = between.leaf(&[HOST]);
        assert!(!is_missing(&root.roots(), &leaf, &[&between.der]).await, "{name}, below it");
    }
}

#[tokio::test]
async fn an_issuer_akin_to_a_root_is_missing() {
    let root = Authority::root("Umbrella Trust Test CA");
    let leaf = root.intermediate("Umbrella CA 2").leaf(&[HOST]);
    assert!(is_missing(&root.roots(), &leaf, &[]).await);
    let leaf = Authority::root("Parasol Trust Test CA 2").leaf(&[HOST]);
    assert!(!is_missing(&root.roots(), &leaf, &[]).await, "only words that every CA uses");
}

#[tokio::test]
async fn marks_of_public_cas_tell() {
    let root = Authority::root("Some Root CA");
    let issuer = root.intermediate("Plain CA");
    let marked = |extension: CustomExtension| {
        let mut params: CertificateParams = params(&[HOST], CURRENT);
        params.custom_extensions.push(extension);
        issuer.leaf_with(&params)
    };
    assert!(!is_missing(&root.roots(), &issuer.leaf(&[HOST]), &[]).await, "no mark at all");

    // AuthorityInfoAccessSyntax with one caIssuers of http://ca.example/i.
    let mut access = vec![0x30, 33, 0x30, 31, 6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, 19];
    access.extend(b"http://ca.example/i");
    let access = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access);
    assert!(is_missing(&root.roots(), &marked(access), &[]).await, "caIssuers");

    // CertificatePolicies with 2.23.140.1.2.1, domain validated.
    let policies = vec![0x30, 10, 0x30, 8, 6, 6, 0x67, 0x81, 0x0c, 1, 2, 1];
    let policies = CustomExtension::from_oid_content(&[2, 5, 29, 32], policies);
    assert!(is_missing(&root.roots(), &marked(policies), &[]).await, "a policy of the forum");
}

#[tokio::test]
async fn the_authority_key_identifier_may_name_the_root() {
    let root = Authority::root("Some Root CA");
    let named = |common_name: &str| {
        let mut name = vec![6, 3, 0x55, 4, 3, 0x0c, u8::try_from(common_name.len()).unwrap()];
        name.extend(common_name.as_bytes());
        // AuthorityKeyIdentifier, authorityCertIssuer, directoryName, Name, RDN, attribute, around it.
        for tag in [0x30, 0x31, 0x30, 0xa4, 0xa1, 0x30] {
            let length = u8::try_from(name.len()).unwrap();
            name.splice(0..0, [tag, length]);
        }
        let mut params = params(&[HOST], CURRENT);
        params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 35], name));
        params
    };
    let leaf = root.intermediate("Plain CA").leaf_with(&named("Some Root CA"));
    assert!(is_missing(&root.roots(), &leaf, &[]).await);
    let leaf = Authority::root("An Intermediate").leaf_with(&named("An Intermediate"));
    assert!(!is_missing(&root.roots(), &leaf, &[]).await, "a root, whatever it is called");
}

#[tokio::test]
async fn the_wrong_intermediate_in_its_place_tells() {
    let root = Authority::root("Some Root CA");
    let leaf = root.intermediate("Plain CA").leaf(&[HOST]);
    let wrong = root.intermediate("Another CA");
    assert!(is_missing(&root.roots(), &leaf, &[&wrong.der]).await);
    assert!(is_missing(&root.roots(), &leaf, &[&root.der]).await, "the root in its place");
    let stranger = Authority::root("Somebody's CA");
    assert!(!is_missing(&root.roots(), &leaf, &[&stranger.der]).await, "neither");
}

#[tokio::test]
async fn an_intermediate_that_another_server_sent_tells_without_doubt() {
    let root = Authority::root("Some Root CA");
    let upper = root.intermediate("Private CA");
    let lower = upper.intermediate("Plain CA");
    let leaf = lower.leaf(&[HOST]);
    let roots = root.roots();
    assert!(!is_missing(&roots, &leaf, &[]).await, "nothing is known yet");
    assert!(!is_missing(&roots, &leaf, &[&lower.der]).await, "nothing is known yet");

    let (address, serving) =
        serve_answer(leaf.with(&[&lower.der, &upper.der]), answer(POLICY)).await;
    let sound = fetch(roots.clone(), address, Manner::Strict, PATIENT).await;
    assert_eq!(sound.failure, None);
    serving.await.unwrap();

    assert!(is_missing(&roots, &leaf, &[]).await);
    assert!(is_missing(&roots, &leaf, &[&lower.der]).await);
    assert!(is_missing(&roots.clone(), &lower.leaf(&[HOST]), &[]).await, "clones share it");
    let mut same_name = params(&[HOST], CURRENT);
    same_name.distinguished_name.push(DnType::OrganizationName, "x");
    let other = Authority::root("Plain CA").leaf_with(&same_name);
    assert!(!is_missing(&roots, &other, &[]).await, "another CA of that name");
}
