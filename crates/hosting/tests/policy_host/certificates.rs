//! Many certificates, and new ones.

use crate::client::Asks;
use crate::host::{Host, PATIENT, POLICY, site};
use ironpost_hosting::policy_host::Limits;
use ironpost_hosting::served::{PackError, Site};

/// Twice round, so that none is still unpacked when its turn comes again.
#[tokio::test]
async fn many_certificates_with_little_room() {
    let host = Host::with(Limits { unpacked_certificates: 8, ..PATIENT }, &[]).await;
    let policy = |number: i64| format!("version: STSv1\nmx: mx.d{number}.test\n");
    for number in 2..1_002 {
        host.serve(number, &format!("d{number}.test"), &policy(number));
    }
    for _ in 0..2 {
        for number in (2..1_002).step_by(9) {
            // Its name is checked against the certificate.
            let reply = host.fetch(&format!("d{number}.test")).await;
            assert_eq!((reply.status, reply.body), (200, policy(number)));
        }
    }
}

#[tokio::test]
async fn a_new_certificate_is_shown_at_once() {
    let host = Host::start().await;
    let shown = async || {
        let stream = host.connect().await;
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    };
    let first = shown().await;
    assert_eq!(shown().await, first);
    let (chain, key) = host.ca.issue("mta-sts.a.test");
    let certificate = Some(host.served.pack(&chain, &key).unwrap());
    host.served.put(Site { certificate, ..site(1, "a.test", POLICY) });
    assert_eq!(shown().await, chain[0]);
    assert_ne!(chain[0], first);
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_refused() {
    let host = Host::start().await;
    let (chain, _) = host.ca.issue("mta-sts.b.test");
    let (_, key) = host.ca.issue("mta-sts.b.test");
    assert_eq!(host.served.pack(&chain, &key).unwrap_err(), PackError::Mismatch);
}

/// The public part fits, so that it is found out late; nobody gets a broken signature.
#[tokio::test]
async fn a_key_that_was_tampered_with_signs_nothing() {
    let host = Host::start().await;
    let (chain, mut key) = host.ca.issue("mta-sts.b.test");
    key[40] ^= 1;
    let certificate = Some(host.served.pack(&chain, &key).unwrap());
    host.served.put(Site { certificate, ..site(2, "b.test", POLICY) });
    let asks = Asks { name: "mta-sts.b.test", ..Asks::default() };
    assert!(host.shake(asks).await.is_err());
    assert_eq!(host.fetch("a.test").await.status, 200);
}
