//! DNSSEC as real servers do it: NSD with signed zones, Unbound in front of it, our own root.

#![cfg(test)]

#[path = "real_dns/middlebox.rs"]
mod middlebox;
#[path = "real_dns/servers.rs"]
mod servers;
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
use zone::{Denial, Signing, Zone};

/// Where delegations point; Unbound is told the address and the port.
const NAME_SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;

const P256: &str = "ECDSAP256SHA256";

const ZONES: [Zone; 16] = [
    Zone { name: ".", records: "", signing: Signing::Sound(P256, Denial::Nsec) },
    Zone { name: "example", records: "", signing: Signing::Sound("RSASHA256", Denial::OptOut) },
    Zone { name: "signed.example", records: SIGNED, signing: Signing::Sound(P256, Denial::Nsec) },
    Zone { name: "nsec3.example", records: SIGNED, signing: Signing::Sound(P256, Denial::Nsec3) },
    Zone {
        name: "rsa512.example",
        records: SIGNED,
        signing: Signing::Sound("RSASHA512", Denial::Nsec),
    },
    Zone {
        name: "sha1.example",
        records: SIGNED,
        signing: Signing::Sound("RSASHA1-NSEC3-SHA1", Denial::Nsec3),
    },
    Zone {
        name: "p384.example",
        records: SIGNED,
        signing: Signing::Sound("ECDSAP384SHA384", Denial::Nsec),
    },
    Zone {
        name: "ed25519.example",
        records: SIGNED,
        signing: Signing::Sound("ED25519", Denial::Nsec),
    },
    Zone { name: "unsigned.example", records: SIGNED, signing: Signing::Unsigned },
    Zone { name: "child.signed.example", records: SIGNED, signing: Signing::Unsigned },
    Zone { name: "child.nsec3.example", records: SIGNED, signing: Signing::Unsigned },
    Zone { name: "expired.example", records: SIGNED, signing: Signing::Expired },
    Zone { name: "early.example", records: SIGNED, signing: Signing::NotYetValid },
    Zone { name: "tampered.example", records: SIGNED, signing: Signing::Tampered },
    Zone { name: "otherkey.example", records: SIGNED, signing: Signing::OtherKey },
    Zone { name: "stripped.example", records: SIGNED, signing: Signing::Stripped },
];

/// The same records in every zone below the top.
const SIGNED: &str = "\
_mta-sts TXT \"v=STSv1; id=1;\"
@ MX 10 mx
@ CAA 0 issue \"ca.example\"
mx A 192.0.2.1
mx AAAA 2001:db8::1
*._tcp.mx TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
*.wild TXT \"from a wildcard\"
alias CNAME _mta-sts
_mta-sts.hosted CNAME _mta-sts.unsigned.example.
_mta-sts.customer CNAME _mta-sts.signed.example.
dangling CNAME nothing.here
dangling-far CNAME nothing.signed.example.
into-bogus CNAME _mta-sts.expired.example.
loop1 CNAME loop2
loop2 CNAME loop1
*.star CNAME _mta-sts
ent.below.deep A 192.0.2.2
renamed DNAME wild
";

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Secure,
    Insecure,
    Bogus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Found,
    NoData,
    NxDomain,
}

use End::{Found, NoData, NxDomain};
use Expected::{Bogus, Insecure, Secure};

/// Name, type, outcome, status, reason.
const CASES: &[(&str, &str, End, Expected, &str)] = &[
    ("_mta-sts.signed.example", "TXT", Found, Secure, "a signed record"),
    ("_mta-sts.nsec3.example", "TXT", Found, Secure, "a signed record, NSEC3"),
    ("_mta-sts.rsa512.example", "TXT", Found, Secure, "RSA with SHA-512"),
    ("_mta-sts.sha1.example", "TXT", Found, Secure, "RSA with SHA-1"),
    ("signed.example", "MX", Found, Secure, "a signed MX RRset"),
    ("mx.signed.example", "A", Found, Secure, "a signed address"),
    ("mx.signed.example", "AAAA", Found, Secure, "a signed IPv6 address"),
    ("signed.example", "CAA", Found, Secure, "a signed CAA record"),
    ("_25._tcp.mx.signed.example", "TLSA", Found, Secure, "a wildcard TLSA record, NSEC"),
    ("_25._tcp.mx.nsec3.example", "TLSA", Found, Secure, "a wildcard TLSA record, NSEC3"),
    ("a.wild.signed.example", "TXT", Found, Secure, "a wildcard"),
    ("a.b.wild.nsec3.example", "TXT", Found, Secure, "a wildcard two labels up"),
    ("a.wild.signed.example", "MX", NoData, Secure, "a wildcard without the type, NSEC"),
    ("a.wild.nsec3.example", "MX", NoData, Secure, "a wildcard without the type, NSEC3"),
    ("signed.example", "TXT", NoData, Secure, "no such type, NSEC"),
    ("nsec3.example", "TXT", NoData, Secure, "no such type, NSEC3"),
    ("below.deep.signed.example", "TXT", NoData, Secure, "an empty non-terminal, NSEC"),
    ("below.deep.nsec3.example", "TXT", NoData, Secure, "an empty non-terminal, NSEC3"),
    ("nothing.signed.example", "TXT", NxDomain, Secure, "no such name, NSEC"),
    ("nothing.nsec3.example", "TXT", NxDomain, Secure, "no such name, NSEC3"),
    ("nothing", "TXT", NxDomain, Secure, "no such top-level domain"),
    ("alias.signed.example", "TXT", Found, Secure, "an alias within a signed zone"),
    ("alias.nsec3.example", "TXT", Found, Secure, "an alias within a signed zone, NSEC3"),
    ("a.star.signed.example", "TXT", Found, Secure, "a wildcard alias"),
    ("_mta-sts.customer.nsec3.example", "TXT", Found, Secure, "an alias to another signed zone"),
    ("a.renamed.signed.example", "TXT", Found, Secure, "a DNAME"),
    ("dangling.signed.example", "TXT", NxDomain, Secure, "an alias to nothing, NSEC"),
    ("dangling.nsec3.example", "TXT", NxDomain, Secure, "an alias to nothing, NSEC3"),
    ("dangling-far.nsec3.example", "TXT", NxDomain, Secure, "an alias to nothing elsewhere"),
    ("alias.signed.example", "MX", NoData, Secure, "an alias to a name without the type"),
    ("_mta-sts.unsigned.example", "TXT", Found, Insecure, "an unsigned zone, opt-out above"),
    ("nothing.unsigned.example", "TXT", NxDomain, Insecure, "nothing in an unsigned zone"),
    ("unsigned.example", "TXT", NoData, Insecure, "no such type in an unsigned zone"),
    ("_25._tcp.mx.unsigned.example", "TLSA", Found, Insecure, "TLSA in an unsigned zone"),
    ("_mta-sts.child.signed.example", "TXT", Found, Insecure, "unsigned, NSEC above"),
    ("_mta-sts.child.nsec3.example", "TXT", Found, Insecure, "unsigned, NSEC3 above"),
    ("_mta-sts.hosted.signed.example", "TXT", Found, Insecure, "an alias into an unsigned zone"),
    ("_mta-sts.hosted.nsec3.example", "TXT", Found, Insecure, "the same, NSEC3"),
    ("_mta-sts.customer.unsigned.example", "TXT", Found, Insecure, "an alias out of one"),
    ("_mta-sts.expired.example", "TXT", Found, Bogus, "expired signatures"),
    ("nothing.expired.example", "TXT", NxDomain, Bogus, "a denial with expired signatures"),
    ("_mta-sts.early.example", "TXT", Found, Bogus, "signatures of the future"),
    ("_mta-sts.tampered.example", "TXT", Found, Bogus, "a record changed after signing"),
    ("_mta-sts.otherkey.example", "TXT", Found, Bogus, "a key that the parent does not know"),
    ("_mta-sts.stripped.example", "TXT", Found, Bogus, "no signatures where there must be"),
    ("_mta-sts.stripped.example", "MX", NoData, Bogus, "an unproven denial"),
    ("into-bogus.signed.example", "TXT", Found, Bogus, "an alias into a bogus zone"),
];

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
    let dns = serving(&["p384", "ed25519"], Recursor::Validating).await;
    let resolver = validating(&dns).await;
    for zone in ["p384.example", "ed25519.example"] {
        let answer = resolver.txt(&name(&format!("_mta-sts.{zone}"))).await.unwrap();
        let expected = "the zone is signed with an algorithm that is not supported here";
        assert_eq!(answer.security, Security::Insecure(Some(expected.to_owned())), "{zone}");
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
