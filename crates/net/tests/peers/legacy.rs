//! Servers of old TLS versions.

use crate::https::{HOST, PATIENT, fetch};
use crate::mail::{Step, prober, serve_mail};
use crate::old_tls::{OpenSsl, leaf, leaf_of_old};
use crate::pki::Authority;
use ironpost_net::policy_fetch::{FetchFailure, Manner};
use ironpost_net::tls::facts::{HandshakeFailure, TlsVersion, Trust};

#[tokio::test]
async fn a_host_of_old_versions_only_is_told_so() {
    for option in ["-tls1", "-tls1_1"] {
        let (root, leaf) = leaf(HOST);
        let server = OpenSsl::serve(&leaf, &[option]).await;
        let fetch = fetch(root.roots(), server.address, Manner::Strict, PATIENT).await;
        let failure = FetchFailure::Handshake(HandshakeFailure::Version);
        assert_eq!(fetch.failure, Some(failure), "{option}");
    }
}

#[tokio::test]
async fn a_certificate_of_old_is_shown_for_what_it_is() {
    let root = Authority::root("Ironpost Test Root");
    let leaf = leaf_of_old(HOST).await;
    for option in ["-tls1_2", "-tls1_3"] {
        let server = OpenSsl::serve(&leaf, &[option]).await;
        let fetch = fetch(root.roots(), server.address, Manner::Strict, PATIENT).await;
        assert_eq!(fetch.failure, Some(FetchFailure::Certificate), "{option}");
        let tls = fetch.tls.unwrap();
        assert_eq!(tls.trust, Trust::SelfSigned);
        assert!(!tls.name_matches, "a common name is no name");
        assert_eq!(tls.chain[0].subject, format!("CN={HOST}"));
    }
}

#[tokio::test]
async fn old_versions_that_are_still_accepted_are_found() {
    use TlsVersion::{Tls10, Tls11};
    for (options, accepted) in [
        (&["-tls1"][..], &[Tls10][..]),
        (&["-tls1_1"], &[Tls11]),
        (&["-no_tls1_2", "-no_tls1_3"], &[Tls10, Tls11]),
        (&[], &[Tls10, Tls11]),
        (&["-no_tls1"], &[Tls11]),
        (&["-no_tls1", "-no_tls1_1"], &[]),
        (&["-tls1_3"], &[]),
    ] {
        let (root, leaf) = leaf("mx.example.com");
        let server = OpenSsl::serve(&leaf, options).await;
        let script = vec![
            Step::Say("220 mx.example.com ESMTP"),
            Step::Hear("EHLO probe.example.org"),
            Step::Say("250-mx.example.com\r\n250 STARTTLS"),
            Step::Hear("STARTTLS"),
            Step::Say("220 go ahead"),
            Step::HandOver(server.address),
        ];
        let (address, serving) = serve_mail(vec![script.clone(), script]).await;
        let found = prober(root.roots(), PATIENT).legacy_versions(address).await;
        assert_eq!(found, accepted, "{options:?}");
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn a_mail_host_without_starttls_accepts_no_old_version() {
    let root = Authority::root("Ironpost Test Root");
    let script = vec![
        Step::Say("220 mx.example.com ESMTP"),
        Step::Hear("EHLO probe.example.org"),
        Step::Say("250 mx.example.com"),
    ];
    let (address, serving) = serve_mail(vec![script]).await;
    assert_eq!(prober(root.roots(), PATIENT).legacy_versions(address).await, []);
    serving.await.unwrap();
}
