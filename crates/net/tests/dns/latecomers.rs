//! Resolvers that are not ready when we start, and answers that are not kept.

use crate::stub_server::{Asked, Response, StubServer};
use crate::{PATIENT, name, resolver};
use domain::base::Rtype;
use domain::base::iana::Rcode;
use ironpost_net::dns::answer::Security;
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use std::sync::atomic::{AtomicBool, Ordering};

const ROOT: &str = ". 3600 SOA a.root. b.root. 1 1800 900 604800 86400";
const TEXT: &str = "a.example. 300 TXT \"text\"";

/// A server that gives no SOA record of the root at first, and then says whether it is authentic.
async fn late(authentic: bool) -> StubServer {
    let ready = AtomicBool::new(false);
    StubServer::start(move |asked| match asked.rtype {
        Rtype::SOA if !ready.swap(true, Ordering::SeqCst) => vec![asked.error(Rcode::SERVFAIL)],
        Rtype::SOA => vec![with_ad(asked, ROOT, authentic)],
        _ => vec![with_ad(asked, TEXT, authentic)],
    })
    .await
}

fn with_ad(asked: &Asked, records: &str, authentic: bool) -> Response {
    asked.reply_with(Rcode::NOERROR, records, "", |header| header.set_ad(authentic))
}

/// Waits until `resolver` has made up its mind.
async fn becomes(resolver: &Resolver, server: &StubServer, source: &str) {
    // The second question is asked by itself; its answer takes a few turns to arrive.
    server.asked_times(2).await;
    let settled = async {
        while resolver.dnssec_source() != source {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENT, settled).await.expect(source);
}

#[tokio::test]
async fn automatic_finds_out_late_that_the_resolver_validates() {
    let server = late(true).await;
    let resolver = resolver(&[server.address], Dnssec::Auto, PATIENT).await;
    assert_eq!(resolver.dnssec_source(), "validated here", "safe, whatever the server is");
    becomes(&resolver, &server, "AD bit of 127.0.0.1").await;
    let answer = resolver.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.security, Security::Secure);
}

#[tokio::test]
async fn an_ad_bit_that_never_comes_is_noticed_late() {
    let server = late(false).await;
    let resolver = resolver(&[server.address], Dnssec::TrustAd, PATIENT).await;
    assert!(resolver.tells_status());
    becomes(&resolver, &server, "AD bit, which the resolver does not set").await;
    assert!(!resolver.tells_status());
    let answer = resolver.txt(&name("a.example")).await.unwrap();
    assert!(matches!(answer.security, Security::Indeterminate(_)), "{:?}", answer.security);
}

#[tokio::test]
async fn nothing_is_kept_where_nothing_is_to_be_kept() {
    for (keep, questions) in [(Keep::ForTtl, 1), (Keep::Nothing, 2)] {
        let server = StubServer::answering(TEXT).await;
        let config = ResolverConfig {
            servers: vec![server.address],
            dnssec: Dnssec::Off,
            deadline: PATIENT,
            keep,
            ..ResolverConfig::default()
        };
        let resolver = Resolver::new(config).await.unwrap();
        let at = name("a.example");
        let (one, other) = tokio::join!(resolver.txt(&at), resolver.txt(&at));
        assert_eq!(one, other);
        assert_eq!(server.asked().len(), 1, "{keep:?}: side by side one question serves both");
        resolver.txt(&at).await.unwrap();
        assert_eq!(server.asked().len(), questions, "{keep:?}");
    }
}
