//! Policies as a sender gets them, and what becomes of the others.

use crate::{asked, domain, lab, resolver};
use ironpost_lab::{Lab, Seen};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::{NoPolicy, PolicySource};
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::mta_sts::policy::{Mode, PolicyFault};
use ironpost_proto::tls_rpt::result_type::CertificateFault::{Expired, Name, NotTrusted};
use ironpost_proto::tls_rpt::result_type::FetchFailure::{
    self, Certificate, Connect, Dns, MediaType, Policy, Status, Timeout, Tls, TooLarge,
};
use std::time::Duration;

async fn source(lab: &Lab, budget: Duration) -> PolicySource {
    let roots = Roots::load(&RootSource::File(lab.roots_file().to_owned())).unwrap();
    let guard = AddressGuard::allowing(vec!["127.53.0.0/16".parse().unwrap()]);
    PolicySource {
        resolver: resolver(lab, Dnssec::TrustAd).await,
        fetcher: PolicyFetcher { roots, guard, deadline: PATIENT },
        ports: Ports { https: lab.ports().https, ..Ports::default() },
        budget,
    }
}

async fn failure(source: &PolicySource, scenario: &str) -> NoPolicy {
    let found = source.policy(&domain(&format!("{scenario}.example"))).await;
    found.expect_err(scenario)
}

#[tokio::test]
async fn sound_policies_come() {
    let lab = lab().await;
    let source = source(&lab, PATIENT).await;
    let table = [
        ("sound-enforce", Mode::Enforce, "the usual one"),
        ("sound-testing", Mode::Testing, "mode testing"),
        ("sound-opted-out", Mode::None, "mode none"),
        ("sound-delegated", Mode::Enforce, "a policy host behind an alias"),
        ("sound-extension-fields", Mode::Enforce, "unknown fields are passed over (S14)"),
        ("sound-tls12", Mode::Enforce, "TLS 1.2"),
        ("host-partial", Mode::Enforce, "one of two addresses takes no connection"),
    ];
    for (scenario, mode, reason) in table {
        let policy = source.policy(&domain(&format!("{scenario}.example"))).await;
        assert_eq!(policy.map(|policy| policy.mode), Ok(mode), "{scenario}: {reason}");
    }
    assert_eq!(asked(&lab, "mta-sts.sound-enforce.example"), ["A"], "no need for AAAA");
}

#[tokio::test]
async fn every_failure_has_its_name() {
    let lab = lab().await;
    let source = source(&lab, PATIENT).await;
    let untrusted = |reason: &str| Certificate(NotTrusted { reason: reason.into() });
    let table: [(&str, FetchFailure, &str); 19] = [
        ("host-missing", Dns, "mta-sts.host-missing.example has no address"),
        ("host-cname-dangling", Dns, "mta-sts.host-cname-dangling.example has no address"),
        (
            "host-private",
            Connect,
            "mta-sts.host-private.example at 192.168.7.7: not connected to a private address",
        ),
        ("host-refused", Connect, "connection refused"),
        ("host-expired", Certificate(Expired), "the certificate has expired"),
        ("host-not-yet-valid", Certificate(Expired), "the certificate is not valid yet"),
        ("host-name", Certificate(Name), "the certificate is for another name"),
        ("host-common-name", Certificate(Name), "the certificate is for another name"),
        ("host-self-signed", untrusted("self-signed"), "the certificate is self-signed"),
        ("host-private-ca", untrusted("unknown-issuer"), "no trusted root"),
        ("host-chain", untrusted("intermediate-missing"), "is not sent along"),
        ("host-alert", Tls, "the server refused the handshake"),
        ("host-old-tls", Tls, "TLS 1.2 or later"),
        ("host-plain-http", Tls, "does not speak TLS"),
        ("host-redirect", Status(301), "HTTP status 301"),
        ("host-not-found", Status(404), "HTTP status 404"),
        ("host-content-type", MediaType, "text/plain"),
        ("host-oversized", TooLarge, "64 KiB"),
        ("policy-no-max-age", Policy(PolicyFault::MissingMaxAge), "no max_age"),
    ];
    for (scenario, expected, words) in table {
        let NoPolicy { failure, detail, address } = failure(&source, scenario).await;
        assert_eq!(failure, expected, "{scenario}: {detail}");
        assert!(detail.as_str().contains(words), "{scenario}: {detail}");
        assert_eq!(address.is_some(), expected != Dns, "{scenario}");
    }
}

#[tokio::test]
async fn the_budget_is_for_everything_together() {
    let lab = lab().await;
    let source = source(&lab, BRIEF).await;
    for scenario in ["host-silent", "host-drip"] {
        let found = failure(&source, scenario).await;
        assert_eq!(found.failure, Timeout, "{scenario}: {}", found.detail);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let lab = lab().await;
    let source = source(&lab, PATIENT).await;
    failure(&source, "host-redirect").await;
    let requests = lab.requests().into_iter().filter(|seen| matches!(seen, Seen::Http { .. }));
    assert_eq!(requests.count(), 1, "RFC 8461 §3.3");
}

/// Long enough for everything that is to come to an end by itself.
const PATIENT: Duration = Duration::from_secs(30);
/// For what is to run out of time.
const BRIEF: Duration = Duration::from_millis(300);
