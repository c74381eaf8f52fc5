//! Next-hops: what DANE says of them, and how little has to be asked for that.

use crate::{asked, domain, lab, resolver};
use ironpost_net::dane::{Servers, servers};
use ironpost_net::dns::answer::DnsError;
use ironpost_net::dns::resolver::Dnssec;
use ironpost_proto::dane::LookupFault::{Bogus, Failed};
use ironpost_proto::dane::NotApplicable::{InsecureAddress, InsecureMx};
use ironpost_proto::dane::Outcome::{
    self, Authenticate, Encrypt, NoAddress, Opportunistic, Unreachable,
};
use ironpost_proto::delivery::Dane;
use ironpost_proto::next_hop::{NextHop, Route, SMTP_PORT};
use std::time::Duration;

fn next_hop(name: &str, route: Route) -> NextHop {
    NextHop { domain: domain(name), route, port: SMTP_PORT }
}

fn outcomes(servers: &Servers) -> Vec<Outcome> {
    servers.hosts.iter().map(|host| host.outcome).collect()
}

#[tokio::test]
async fn every_next_hop_has_its_verdict() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::TrustAd).await;
    let table: [(&str, Route, Dane, &[Outcome], &str); 13] = [
        ("sound-dane", Route::Mx, Dane::Every, &[Authenticate, Authenticate], "two hosts"),
        ("dane-mismatch", Route::Mx, Dane::Every, &[Authenticate], "the MTA is to find out"),
        (
            "dane-partial",
            Route::Mx,
            Dane::Some,
            &[Authenticate, Opportunistic(ironpost_proto::dane::NotApplicable::NoTlsa)],
            "one host without TLSA records",
        ),
        ("dane-unusable", Route::Mx, Dane::Unusable, &[Encrypt], "usage 1 alone"),
        (
            "dane-bogus",
            Route::Mx,
            Dane::Indeterminate(Bogus),
            &[Unreachable(Bogus)],
            "RFC 7672 §2.1.2: no verdict, not a denial",
        ),
        ("zone-bogus", Route::Mx, Dane::Indeterminate(Bogus), &[], "nobody knows the servers"),
        (
            "dane-unsigned",
            Route::Mx,
            Dane::Absent,
            &[Opportunistic(InsecureMx)],
            "§2.2.1: TLSA behind insecure MX records do not count",
        ),
        (
            "dane-unsigned",
            Route::Host,
            Dane::Absent,
            &[NoAddress],
            "a host that has MX records and no address",
        ),
        (
            "sound-implicit-mx",
            Route::Mx,
            Dane::Absent,
            &[Opportunistic(InsecureAddress)],
            "RFC 5321 §5.1: the domain itself",
        ),
        (
            "sound-implicit-mx",
            Route::Host,
            Dane::Absent,
            &[Opportunistic(InsecureAddress)],
            "in brackets",
        ),
        ("mx-null", Route::Mx, Dane::Absent, &[], "RFC 7505: there is no server"),
        ("nobody-here", Route::Mx, Dane::Absent, &[NoAddress], "no such domain"),
        ("nobody-here", Route::Host, Dane::Absent, &[NoAddress], "no such host"),
    ];
    for (name, route, dane, hosts, reason) in table {
        let found = servers(&resolver, &next_hop(&format!("{name}.example"), route)).await;
        assert_eq!((found.dane, &*outcomes(&found)), (dane, hosts), "{name}: {reason}");
        assert_eq!(found.null_mx, name == "mx-null", "{name}");
        assert!(found.validated, "{name}");
        let known = !matches!(dane, Dane::Indeterminate(_));
        assert_eq!(found.ttl > Duration::ZERO, known, "{name}: only knowledge is kept");
    }
}

#[tokio::test]
async fn secure_records_come_with_their_base() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::TrustAd).await;
    let found = servers(&resolver, &next_hop("sound-dane.example", Route::Mx)).await;
    let bases: Vec<_> =
        found.hosts.iter().map(|host| host.base.as_ref().unwrap().as_str()).collect();
    assert_eq!(bases, ["mx1.sound-dane.example", "mx2.sound-dane.example"]);
    assert_eq!(found.hosts[0].tlsa[0].usage, 3);
    assert_eq!(found.hosts[1].tlsa[0].usage, 2);
    let at_25 = next_hop("mx1.sound-dane.example", Route::Host);
    assert_eq!(servers(&resolver, &at_25).await.dane, Dane::Every, "a host by name");
    let at_587 = NextHop { port: 587, ..at_25 };
    assert_eq!(servers(&resolver, &at_587).await.dane, Dane::Absent, "§2.2.3: TLSA of that port");
}

#[tokio::test]
async fn insecure_mx_records_cost_no_further_question() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::TrustAd).await;
    servers(&resolver, &next_hop("sound-enforce.example", Route::Mx)).await;
    assert_eq!(asked(&lab, "sound-enforce.example"), ["MX"]);
    servers(&resolver, &next_hop("nobody-here.example", Route::Mx)).await;
    assert_eq!(asked(&lab, "nobody-here.example"), ["MX"], "nothing is at no name");
    servers(&resolver, &next_hop("dane-unusable.example", Route::Mx)).await;
    let mut types = asked(&lab, "dane-unusable.example");
    types.sort();
    assert_eq!(types, ["A", "AAAA", "MX", "TLSA"]);
}

#[tokio::test]
async fn without_validation_dane_is_out_of_reach() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::Off).await;
    let found = servers(&resolver, &next_hop("sound-dane.example", Route::Mx)).await;
    assert_eq!((found.dane, found.validated), (Dane::Absent, false));
    assert_eq!(found.mx.unwrap().len(), 2, "for whoever wants to know");
    assert_eq!(asked(&lab, "sound-dane.example"), ["MX"]);
    let host = servers(&resolver, &next_hop("mx1.sound-dane.example", Route::Host)).await;
    assert_eq!((host.dane, host.validated), (Dane::Absent, false));
    // MX records that cannot be had say nothing of DANE, since nothing could.
    let failed = servers(&resolver, &next_hop("zone-bogus.example", Route::Mx)).await;
    assert_eq!((failed.dane, failed.ttl), (Dane::Absent, Duration::ZERO));
    assert!(matches!(failed.mx, Err(DnsError::ServFail { .. })), "{:?}", failed.mx);
}

#[tokio::test]
async fn a_resolver_that_is_away_is_no_denial() {
    let lab = lab().await;
    let resolver = resolver(&lab, Dnssec::TrustAd).await;
    lab.stop().await;
    let found = servers(&resolver, &next_hop("sound-dane.example", Route::Mx)).await;
    assert_eq!(found.dane, Dane::Indeterminate(Failed));
    assert!(matches!(found.mx, Err(DnsError::Unreachable { .. })), "{:?}", found.mx);
}
