//! Servers of old TLS versions.

use crate::https::{HOST, PATIENT, fetch};
use crate::mail::{Step, prober, serve_mail};
use crate::old_tls::{OpenSsl, leaf, leaf_of_old};
use crate::pki::Authority;
use ironpost_net::policy_fetch::{FetchFailure, Manner};
use ironpost_net::smtp::{ProbeFailure, Sni};
use ironpost_net::tls::facts::{HandshakeFailure, TlsVersion, Trust};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

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
async fn an_old_version_is_found_behind_another_alert() {
    let (root, _) = leaf(HOST);
    // A server that settles on TLS 1.0 and then finds no cipher suite for it.
    let alert: &[u8] = &[21, 3, 1, 0, 2, 2, 40];
    let mut server_hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    server_hello.extend([7; 35]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        for answer in [alert, &server_hello] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0_u8; 4096];
            assert!(stream.read(&mut hello).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
        }
    });
    let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Handshake(HandshakeFailure::Version)));
    serving.await.unwrap();
}

#[tokio::test]
async fn a_host_of_obsolete_cipher_suites_is_told_so() {
    let (root, leaf) = leaf(HOST);
    let options = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"];
    let server = OpenSsl::serve(&leaf, &options).await;
    let fetch = fetch(root.roots(), server.address, Manner::Strict, PATIENT).await;
    let Some(FetchFailure::Handshake(failure)) = fetch.failure else { panic!("{fetch:?}") };
    assert!(is_about_cipher_suites(&failure), "{failure}");

    let script = up_to_tls(server.address);
    let (address, serving) = serve_mail(vec![script.clone(), script]).await;
    let prober = prober(root.roots(), PATIENT);
    let probe = prober.probe(&"mx.example.com".parse().unwrap(), address, Sni::MxName).await;
    let Some(ProbeFailure::Handshake(failure)) = probe.failure else { panic!("{probe:?}") };
    assert!(is_about_cipher_suites(&failure), "{failure}");
    serving.await.unwrap();
}

fn is_about_cipher_suites(failure: &HandshakeFailure) -> bool {
    matches!(failure, HandshakeFailure::Other { detail } if detail.contains("cipher suites"))
}

/// A mail host that leaves TLS to the server at `tls`.
fn up_to_tls(tls: SocketAddr) -> Vec<Step> {
    vec![
        Step::Say("220 mx.example.com ESMTP"),
        Step::Hear("EHLO probe.example.org"),
        Step::Say("250-mx.example.com\r\n250 STARTTLS"),
        Step::Hear("STARTTLS"),
        Step::Say("220 go ahead"),
        Step::HandOver(tls),
    ]
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
        let script = up_to_tls(server.address);
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
