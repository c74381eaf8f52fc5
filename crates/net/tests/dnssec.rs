//! DNSSEC as real servers do it: NSD with signed zones, Unbound in front of it, our own root.

#![cfg(test)]

#[path = "real_dns/dane.rs"]
mod dane;
#[path = "real_dns/middlebox.rs"]
mod middlebox;
#[path = "real_dns/servers.rs"]
mod servers;
#[path = "real_dns/tree.rs"]
mod tree;
#[path = "real_dns/zone.rs"]
mod zone;

use ironpost_net::dns::answer::{Answer, DnsError, Lookup, Outcome, Security};
use ironpost_net::dns::resolver::{Dnssec, Resolver, ResolverConfig};
use ironpost_proto::domain::DnsName;
use middlebox::Middlebox;
use servers::{RealDns, Recursor};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tree::End::{Found, NoData, NxDomain};
use tree::Expected::{Bogus, Insecure, Secure};
use tree::{CASES, End, ZONES};
use zone::Zone;

/// Where delegations point; Unbound is told the address and the port.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// The servers with the top of the tree and the zones `names` under `example`.
async fn serving(names: &[&str], recursor: Recursor) -> RealDns {
    let wanted = |zone: &Zone| match zone.name.strip_suffix(".example") {
        Some(name) => names.contains(&name),
        None => true,
    };
    let zones: Vec<Zone> = ZONES.into_iter().filter(wanted).collect();
    RealDns::start(&zones, recursor).await
}

async fn resolver(server: SocketAddr, dnssec: Dnssec) -> Resolver {
    let config = ResolverConfig {
        servers: vec![server],
        dnssec,
        deadline: Duration::from_secs(20),
        ..ResolverConfig::default()
    };
    Resolver::new(config).await.unwrap()
}

async fn validating(dns: &RealDns) -> Resolver {
    validating_at(dns, dns.resolver).await
}

async fn validating_at(dns: &RealDns, server: SocketAddr) -> Resolver {
    let trust_anchor = Some(dns.trust_anchor.clone());
    resolver(server, Dnssec::Validate { trust_anchor }).await
}

fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}

/// The program's path; servers live where only root's PATH looks.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("{name} is missing: install the Debian packages nsd, unbound and ldnsutils")
        })
}

/// Outcome and status of a lookup of any type.
async fn look(resolver: &Resolver, at: &str, rtype: &str) -> Result<(End, Security), DnsError> {
    fn reduced<T>(lookup: Lookup<T>) -> Result<(End, Security), DnsError> {
        let Answer { outcome, security, .. } = lookup?;
        let end = match outcome {
            Outcome::Found(_) => Found,
            Outcome::NoData => NoData,
            Outcome::NxDomain => NxDomain,
        };
        Ok((end, security))
    }
    let at = name(at);
    match rtype {
        "TXT" => reduced(resolver.txt(&at).await),
        "MX" => reduced(resolver.mx(&at).await),
        "A" => reduced(resolver.ipv4(&at).await),
        "AAAA" => reduced(resolver.ipv6(&at).await),
        "TLSA" => reduced(resolver.tlsa(&at).await),
        "CAA" => reduced(resolver.caa(&at).await),
        other => panic!("{other}?"),
    }
}

#[tokio::test]
async fn answers_are_validated_here() {
    for recursor in [Recursor::Validating, Recursor::Plain] {
        let dns = RealDns::start(&ZONES, recursor).await;
        let resolver = validating(&dns).await;
        for (at, rtype, end, expected, reason) in CASES {
            let (found, security) = look(&resolver, at, rtype).await.unwrap();
            let status = match &security {
                Security::Secure => Secure,
                Security::Insecure(_) => Insecure,
                Security::Bogus(_) => Bogus,
                Security::Indeterminate(why) => panic!("{at} {rtype}, {reason}: {why}"),
            };
            assert_eq!(
                (found, status),
                (*end, *expected),
                "{at} {rtype}, {reason}, behind {recursor:?}: {security:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_ad_bit_tells_the_same() {
    let dns = RealDns::start(&ZONES, Recursor::Validating).await;
    let automatic = resolver(dns.resolver, Dnssec::Auto).await;
    assert_eq!(automatic.dnssec_source(), "AD bit of 127.0.0.1");
    for (at, rtype, end, expected, reason) in CASES {
        let result = look(&automatic, at, rtype).await;
        let as_expected = match (&result, expected) {
            (Ok((found, Security::Secure)), Secure)
            | (Ok((found, Security::Insecure(None))), Insecure) => found == end,
            (Err(DnsError::ServFail { bogus, .. }), Bogus) => *bogus,
            _ => false,
        };
        assert!(as_expected, "{at} {rtype}, {reason}: {result:?}");
    }
}

#[tokio::test]
async fn faults_are_named() {
    let dns =
        serving(&["expired", "early", "tampered", "otherkey", "stripped"], Recursor::Plain).await;
    let resolver = validating(&dns).await;
    let table = [
        (
            "expired.example",
            "the signature of the DNSKEY records of expired.example expired on 2020-02-01",
        ),
        (
            "early.example",
            "the signature of the DNSKEY records of early.example is valid only from 2040-01-01 on",
        ),
        (
            "tampered.example",
            "the signature does not match the TXT records of _mta-sts.tampered.example",
        ),
        (
            "otherkey.example",
            "no key of otherkey.example is one that the DS records at its parent name",
        ),
        ("stripped.example", "stripped.example has DS records at its parent but publishes no keys"),
    ];
    for (zone, expected) in table {
        let answer = resolver.txt(&name(&format!("_mta-sts.{zone}"))).await.unwrap();
        assert_eq!(answer.security, Security::Bogus(expected.to_owned()));
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_supported_is_insecure_and_says_so() {
    const UNSUPPORTED: &str = "the zone is signed with an algorithm that is not supported here";
    for (recursor, opinion) in
        [(Recursor::Plain, ""), (Recursor::Validating, "; the resolver vouches for it")]
    {
        let dns = serving(&["p384", "ed25519"], recursor).await;
        let resolver = validating(&dns).await;
        for zone in ["p384.example", "ed25519.example"] {
            let answer = resolver.txt(&name(&format!("_mta-sts.{zone}"))).await.unwrap();
            let expected = format!("{UNSUPPORTED}{opinion}");
            assert_eq!(answer.security, Security::Insecure(Some(expected)), "{zone}");
        }
    }
}

#[tokio::test]
async fn what_is_not_validated_here_still_knows_bogus_from_a_validating_resolver() {
    let dns = serving(&["signed", "expired"], Recursor::Validating).await;
    let resolver = validating(&dns).await.unvalidated();
    let answer = resolver.txt(&name("_mta-sts.signed.example")).await.unwrap();
    assert_eq!(answer.security, Security::Indeterminate("DNSSEC was not asked for".to_owned()));
    let error = resolver.txt(&name("_mta-sts.expired.example")).await;
    assert!(matches!(error, Err(DnsError::ServFail { bogus: true, .. })), "{error:?}");
}

#[tokio::test]
async fn a_loop_is_an_error_behind_a_real_resolver_too() {
    let dns = serving(&["signed"], Recursor::Plain).await;
    let error = validating(&dns).await.txt(&name("loop1.signed.example")).await;
    assert!(
        matches!(error, Err(DnsError::AliasLoop { .. } | DnsError::ServFail { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_root_than_the_built_in_one_is_nobodys_fault() {
    let dns = serving(&["signed"], Recursor::Plain).await;
    let resolver = resolver(dns.resolver, Dnssec::Auto).await;
    assert_eq!(resolver.dnssec_source(), "validated here", "this one does not validate");
    let answer = resolver.txt(&name("_mta-sts.signed.example")).await.unwrap();
    let Security::Indeterminate(reason) = answer.security else {
        panic!("{:?}", answer.security);
    };
    assert!(reason.contains("are not those of the trust anchor"), "{reason}");
}

#[tokio::test]
async fn an_authoritative_server_is_asked_past_the_resolver() {
    let dns = serving(&["signed", "nsec3"], Recursor::Plain).await;
    let resolver = validating(&dns).await;
    let answer = resolver.txt_at(dns.authority, &name("_mta-sts.signed.example")).await.unwrap();
    assert_eq!(answer.records(), [b"v=STSv1; id=1;".to_vec()]);
    let zone = resolver.zone_of(&name("_mta-sts.alias.nsec3.example")).await;
    assert_eq!(zone, Ok(name("nsec3.example")));
}

#[tokio::test]
async fn a_box_that_strips_dnssec_makes_nothing_bogus() {
    let dns = serving(&["signed"], Recursor::Plain).await;
    let table: [(middlebox::Change, middlebox::Change, &str); 2] = [
        (
            middlebox::without_edns,
            middlebox::unchanged,
            "strips DNSSEC: the keys of . come without signatures",
        ),
        (
            middlebox::unchanged,
            middlebox::without_denials,
            "strips DNSSEC: denials come without their proof",
        ),
    ];
    for (query, response, expected) in table {
        let middlebox = Middlebox::start(dns.resolver, query, response).await;
        let resolver = validating_at(&dns, middlebox.address).await;
        let answer = resolver.txt(&name("_mta-sts.signed.example")).await.unwrap();
        match answer.security {
            Security::Indeterminate(reason) => assert!(reason.ends_with(expected), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_forged_record_is_bogus_whoever_signs_it() {
    let dns = serving(&["signed", "unsigned"], Recursor::Plain).await;
    let changes: [middlebox::Change; 2] =
        [middlebox::with_unsigned_record, middlebox::with_foreign_signature];
    for change in changes {
        let middlebox = Middlebox::start(dns.resolver, middlebox::unchanged, change).await;
        let resolver = validating_at(&dns, middlebox.address).await;
        let answer = resolver.txt(&name("_mta-sts.signed.example")).await.unwrap();
        assert_eq!(answer.records(), [b"forged".to_vec()]);
        let expected = "the TXT records of _mta-sts.signed.example are not signed, though \
                        signed.example is";
        assert_eq!(answer.security, Security::Bogus(expected.to_owned()));
    }
}

#[tokio::test]
async fn an_absence_without_proof_is_bogus_only_where_there_should_be_one() {
    let dns = serving(&["signed", "unsigned"], Recursor::Plain).await;
    let change = middlebox::without_mx_denials;
    let middlebox = Middlebox::start(dns.resolver, middlebox::unchanged, change).await;
    let resolver = validating_at(&dns, middlebox.address).await;
    let signed = resolver.mx(&name("_mta-sts.signed.example")).await.unwrap();
    let expected = "nothing proves that _mta-sts.signed.example has no MX records";
    assert_eq!(signed.security, Security::Bogus(expected.to_owned()));
    let unsigned = resolver.mx(&name("_mta-sts.unsigned.example")).await.unwrap();
    assert_eq!(unsigned.security, Security::Insecure(None));
}

#[tokio::test]
async fn a_chain_that_comes_in_pieces_is_judged_as_one() {
    let dns = serving(&["signed", "nsec3", "unsigned"], Recursor::Plain).await;
    let change = middlebox::aliases_alone;
    let middlebox = Middlebox::start(dns.resolver, middlebox::unchanged, change).await;
    let resolver = validating_at(&dns, middlebox.address).await;
    let table = [
        ("alias.signed.example", Security::Secure),
        ("_mta-sts.customer.nsec3.example", Security::Secure),
        ("_mta-sts.hosted.signed.example", Security::Insecure(None)),
    ];
    for (at, expected) in table {
        let answer = resolver.txt(&name(at)).await.unwrap();
        assert_eq!(answer.records().len(), 1, "{at}");
        assert_eq!(answer.security, expected, "{at}");
    }
}
