//! What a sound policy host is asked, and what is kept of its answer.

use crate::https::{
    BOTH, HOST, PATIENT, POLICY, answer, fetch, read_request, serve_answer, serve_tcp, serve_tls,
};
use crate::pki::{Always, Authority, OnlyFor, loopback_guard, server_config};
use ironpost_net::address_guard::{AddressGuard, Forbidden};
use ironpost_net::policy_fetch::{FetchFailure, Manner, PolicyFetcher};
use ironpost_net::tls::facts::{HandshakeFailure, TlsVersion, Trust, Validity};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

#[tokio::test]
async fn a_sound_host_is_fetched_from() {
    let root = Authority::root("Ironpost Test Root");
    let intermediate = root.intermediate("Ironpost Test Intermediate");
    let leaf = intermediate.leaf(&[HOST]);
    let (address, serving) = serve_answer(leaf.with(&[&intermediate.der]), answer(POLICY)).await;

    let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;

    assert_eq!(fetch.failure, None);
    assert_eq!(fetch.address, address);
    assert!(fetch.connected_after.is_some_and(|after| after <= fetch.elapsed));
    let response = fetch.response.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.content_type.as_deref(), Some("text/plain"));
    assert_eq!(response.body, POLICY.as_bytes());
    assert!(response.complete && !response.oversized);
    let tls = fetch.tls.unwrap();
    assert!(tls.is_acceptable());
    assert_eq!(tls.version, TlsVersion::Tls13);
    assert_eq!(tls.cipher, "TLS_AES_128_GCM_SHA256");
    assert_eq!(tls.sni.as_deref(), Some(HOST));
    assert_eq!(
        (tls.trust, tls.name_matches, tls.validity),
        (Trust::Trusted, true, Validity::Valid)
    );
    let [end_entity, ca] = &*tls.chain else { panic!("two certificates were sent") };
    assert_eq!(end_entity.der, leaf.der.as_ref());
    assert_eq!(end_entity.subject, format!("CN={HOST}"));
    assert_eq!(end_entity.common_name.as_deref(), Some(HOST));
    assert_eq!(end_entity.issuer, "CN=Ironpost Test Intermediate");
    assert_eq!(end_entity.dns_names, [HOST]);
    assert_eq!(end_entity.not_before.to_string(), "2020-01-01T00:00:00Z");
    assert_eq!(end_entity.not_after.to_string(), "2200-01-01T00:00:00Z");
    assert!(!end_entity.self_signed && !ca.self_signed);
    assert_eq!(ca.der, intermediate.der.as_ref());
    assert!(end_entity.der.windows(end_entity.spki.len()).any(|part| part == end_entity.spki));

    let request = serving.await.unwrap();
    assert_eq!(
        request,
        format!(
            "GET /.well-known/mta-sts.txt HTTP/1.1\r\nhost: {HOST}:{}\r\n\
             user-agent: ironpost/{}\r\naccept: */*\r\nconnection: close\r\n\r\n",
            address.port(),
            env!("CARGO_PKG_VERSION"),
        ),
        "no conditional header, no content coding, nothing that a cache would answer"
    );
}

#[tokio::test]
async fn a_browser_introduces_itself_as_one() {
    let root = Authority::root("Ironpost Test Root");
    let (address, serving) = serve_answer(root.leaf(&[HOST]).with(&[]), answer(POLICY)).await;
    let fetch = fetch(root.roots(), address, Manner::AsBrowser, PATIENT).await;
    assert_eq!(fetch.failure, None);
    let request = serving.await.unwrap();
    assert!(request.contains("\r\nuser-agent: Mozilla/5.0 "), "{request}");
    assert!(request.contains("\r\naccept: text/html"), "{request}");
    assert!(request.contains("\r\naccept-language: en"), "{request}");
}

#[tokio::test]
async fn either_tls_version_will_do() {
    let versions = [
        (&rustls::version::TLS12, TlsVersion::Tls12),
        (&rustls::version::TLS13, TlsVersion::Tls13),
    ];
    for (offered, seen) in versions {
        let root = Authority::root("Ironpost Test Root");
        let certificate = Arc::new(Always(root.leaf(&[HOST]).with(&[])));
        let acceptor = TlsAcceptor::from(server_config(certificate, &[offered]));
        let (address, serving) = serve_tcp(|stream| async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            read_request(&mut stream).await;
            stream.write_all(answer(POLICY).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        })
        .await;
        let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
        assert_eq!(fetch.failure, None, "{seen:?}");
        assert_eq!(fetch.tls.unwrap().version, seen);
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn a_host_that_knows_another_name_refuses() {
    let root = Authority::root("Ironpost Test Root");
    let certificate = root.leaf(&["www.example.net"]).with(&[]);
    let resolver = Arc::new(OnlyFor("www.example.net", certificate));
    let acceptor = TlsAcceptor::from(server_config(resolver, BOTH));
    let (address, serving) =
        serve_tcp(|stream| async move { acceptor.accept(stream).await.is_err() }).await;
    let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
    let alert = HandshakeFailure::Alert { alert: "access_denied".to_owned() };
    assert_eq!(fetch.failure, Some(FetchFailure::Handshake(alert)));
    assert_eq!(fetch.tls, None);
    assert!(serving.await.unwrap());
}

#[tokio::test]
async fn a_key_that_is_not_the_servers_is_noticed() {
    let root = Authority::root("Ironpost Test Root");
    let stolen = root.leaf(&[HOST]).with_stolen_name(&root.leaf(&["thief.example"]));
    let (address, serving) =
        serve_tls(stolen, |mut stream| async move { read_request(&mut stream).await }).await;
    let fetch = fetch(root.roots(), address, Manner::Strict, PATIENT).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Certificate));
    assert!(matches!(fetch.tls.unwrap().trust, Trust::Other(words) if words.contains("key")));
    assert_eq!(serving.await.unwrap(), "", "not an octet of HTTP");
}

#[tokio::test]
async fn what_the_guard_forbids_is_not_connected_to() {
    let root = Authority::root("Ironpost Test Root");
    let fetcher =
        PolicyFetcher { roots: root.roots(), guard: AddressGuard::default(), deadline: PATIENT };
    let address = "127.0.0.1:1".parse().unwrap();
    let fetch = fetcher.fetch(&"example.com".parse().unwrap(), address, Manner::Strict).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Forbidden(Forbidden::Loopback)));
    assert_eq!(fetch.connected_after, None);
}

#[tokio::test]
async fn a_closed_port_refuses() {
    let root = Authority::root("Ironpost Test Root");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let fetcher = PolicyFetcher { roots: root.roots(), guard: loopback_guard(), deadline: PATIENT };
    let fetch = fetcher.fetch(&"example.com".parse().unwrap(), address, Manner::Strict).await;
    assert_eq!(fetch.failure, Some(FetchFailure::Refused));
}
