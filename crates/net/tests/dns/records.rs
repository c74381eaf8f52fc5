//! Each type of record, found, absent and malformed.

use crate::stub_server::{Response, StubServer};
use crate::{name, plain};
use domain::base::iana::Rcode;
use ironpost_net::dns::answer::{Caa, DnsError, Mx, Outcome, Security};
use ironpost_proto::dane::Tlsa;

#[tokio::test]
async fn txt_strings_are_joined_with_nothing_between() {
    let server = StubServer::answering(
        "a.example. 60 TXT \"v=STSv1; \" \"id=1;\"\na.example. 30 TXT \"\\200\\000\"",
    )
    .await;
    let answer = plain(server.address).await.txt(&name("A.example")).await.unwrap();
    assert_eq!(
        answer.outcome,
        Outcome::Found(vec![b"v=STSv1; id=1;".to_vec(), b"\xc8\x00".to_vec()])
    );
    assert_eq!(answer.ttl, 30, "the least");
    assert_eq!(answer.name, name("a.example"));
    assert_eq!(answer.aliases, []);
    assert_eq!(answer.security, Security::Indeterminate("DNSSEC is switched off".to_owned()));
}

#[tokio::test]
async fn other_types_are_read() {
    let server = StubServer::start(|asked| {
        vec![asked.answer(match asked.rtype.to_string().as_str() {
            "MX" => "m.example. 60 MX 10 MX1.m.example.\nm.example. 60 MX 0 .",
            "A" => "m.example. 60 A 192.0.2.1",
            "AAAA" => "m.example. 60 AAAA 2001:db8::1",
            "TLSA" => "m.example. 60 TLSA 3 1 1 00ff\nm.example. 60 TLSA 255 254 253 aa",
            "CAA" => "m.example. 60 CAA 128 IssueWild \"ca.example; x=\\027[31m\"",
            "NS" => "m.example. 60 NS ns.other.example.",
            other => panic!("{other} was not asked for"),
        })]
    })
    .await;
    let resolver = plain(server.address).await;
    let at = name("m.example");
    assert_eq!(
        resolver.mx(&at).await.unwrap().records(),
        [
            Mx { preference: 10, exchange: name("mx1.m.example") },
            Mx { preference: 0, exchange: name(".") },
        ]
    );
    assert_eq!(
        resolver.ipv4(&at).await.unwrap().records(),
        [std::net::IpAddr::from([192, 0, 2, 1])]
    );
    assert_eq!(resolver.ipv6(&at).await.unwrap().records().len(), 1);
    let tlsa = |usage, selector, matching_type, data: &[u8]| Tlsa {
        usage,
        selector,
        matching_type,
        data: data.to_vec(),
    };
    assert_eq!(
        resolver.tlsa(&at).await.unwrap().records(),
        [tlsa(3, 1, 1, b"\x00\xff"), tlsa(255, 254, 253, b"\xaa")]
    );
    assert_eq!(
        resolver.caa(&at).await.unwrap().records(),
        [Caa {
            critical: true,
            tag: "issuewild".to_owned(),
            value: "ca.example; x=\\x1b[31m".to_owned(),
        }]
    );
    assert_eq!(resolver.ns(&at).await.unwrap().records(), [name("ns.other.example")]);
}

#[tokio::test]
async fn absence_has_the_ttl_of_the_soa() {
    const SOA: &str = "example. 600 SOA ns.example. hostmaster.example. 1 2 3 4 77";
    let server = StubServer::start(|asked| {
        vec![Response::Octets(match asked.name.as_str() {
            "nodata.example" => asked.reply(Rcode::NOERROR, "", SOA),
            "gone.example" => asked.reply(Rcode::NXDOMAIN, "", SOA),
            _ => asked.reply(Rcode::NOERROR, "", ""),
        })]
    })
    .await;
    let resolver = plain(server.address).await;
    let table = [
        ("nodata.example", Outcome::NoData, 77),
        ("gone.example", Outcome::NxDomain, 77),
        ("bare.example", Outcome::NoData, 0),
    ];
    for (at, outcome, ttl) in table {
        let answer = resolver.txt(&name(at)).await.unwrap();
        assert_eq!((answer.outcome, answer.ttl), (outcome, ttl), "{at}");
    }
}

#[tokio::test]
async fn answers_are_asked_for_once_and_kept_for_their_ttl() {
    let server = StubServer::start(|asked| {
        vec![asked.answer(match asked.name.as_str() {
            "kept.example" => "kept.example. 60 TXT kept",
            _ => "fleeting.example. 0 TXT fleeting",
        })]
    })
    .await;
    let resolver = plain(server.address).await;
    let kept = name("kept.example");
    let (first, second) = tokio::join!(resolver.txt(&kept), resolver.txt(&kept));
    assert_eq!(first, second);
    assert_eq!(resolver.txt(&kept).await, first);
    assert_eq!(server.asked().len(), 1, "one question for three lookups");
    for _ in 0..2 {
        resolver.txt(&name("fleeting.example")).await.unwrap();
    }
    assert_eq!(server.asked().len(), 3, "a TTL of zero is not kept");
}

#[tokio::test]
async fn record_data_of_the_wrong_shape_is_malformed() {
    let table = [
        ("TXT", "TXT \\# 0", "no string at all"),
        ("TXT", "TXT \\# 3 05 61 62", "a string longer than its record"),
        ("MX", "MX \\# 1 00", "half a preference"),
        ("MX", "MX \\# 4 000a 01 61", "an exchange without an end"),
        ("A", "A \\# 3 c00002", "three octets"),
        ("A", "A \\# 16 20010db8000000000000000000000001", "an IPv6 address"),
        ("AAAA", "AAAA \\# 4 c0000201", "an IPv4 address"),
        ("TLSA", "TLSA \\# 2 0301", "two octets"),
        ("CAA", "CAA \\# 2 0005", "no tag"),
        ("CAA", "CAA \\# 7 00 09 6973737565", "a tag longer than its record"),
        ("CAA", "CAA \\# 5 00 02 0a 0d 3b", "a tag of control characters"),
        ("NS", "NS \\# 2 05 61", "a name without an end"),
    ];
    for (rtype, data, reason) in table {
        let server =
            StubServer::start(move |asked| vec![Response::Octets(raw_record(asked, data))]).await;
        let resolver = plain(server.address).await;
        let at = name("bad.example");
        let error = match rtype {
            "TXT" => resolver.txt(&at).await.err(),
            "MX" => resolver.mx(&at).await.err(),
            "A" => resolver.ipv4(&at).await.err(),
            "AAAA" => resolver.ipv6(&at).await.err(),
            "TLSA" => resolver.tlsa(&at).await.err(),
            "CAA" => resolver.caa(&at).await.err(),
            _ => resolver.ns(&at).await.err(),
        };
        assert!(matches!(error, Some(DnsError::Malformed { .. })), "{reason}: {error:?}");
    }
}

/// A reply with one record whose data is given in the form of RFC 3597 §5, unchecked.
fn raw_record(asked: &crate::stub_server::Asked, data: &str) -> Vec<u8> {
    let hex: String = data.split_once('#').unwrap().1.split_whitespace().skip(1).collect();
    let data: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    let mut octets = asked.reply(Rcode::NOERROR, "", "");
    octets[7] = 1; // ANCOUNT
    octets.extend([0xc0, 12]);
    octets.extend(asked.rtype.to_int().to_be_bytes());
    octets.extend([0, 1, 0, 0, 0, 60]);
    octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    octets.extend(data);
    octets
}

#[tokio::test]
async fn the_zone_of_a_name_is_found_past_aliases() {
    const SOA: &str = "zone.example. 600 SOA ns.example. hostmaster.example. 1 2 3 4 77";
    const OTHER: &str = "other.test. 600 SOA ns.example. hostmaster.example. 1 2 3 4 77";
    let server = StubServer::start(|asked| {
        vec![Response::Octets(match asked.name.as_str() {
            "zone.example" => asked.reply(Rcode::NOERROR, SOA, ""),
            "alias.zone.example" => {
                asked.reply(Rcode::NOERROR, "alias.zone.example. 60 CNAME a.other.test.", OTHER)
            }
            _ => asked.reply(Rcode::NXDOMAIN, "", SOA),
        })]
    })
    .await;
    let resolver = plain(server.address).await;
    for at in ["zone.example", "alias.zone.example", "a.b.zone.example"] {
        assert_eq!(resolver.zone_of(&name(at)).await, Ok(name("zone.example")), "{at}");
    }
}

#[tokio::test]
async fn authoritative_servers_are_asked_without_recursion() {
    let server = StubServer::start(|asked| {
        vec![match asked.name.as_str() {
            "a.example" => asked.answer("a.example. 60 TXT here"),
            "alias.example" => asked.answer("alias.example. 60 CNAME elsewhere.test."),
            _ => Response::Octets(asked.reply(Rcode::NOERROR, "", "test. 60 NS ns.test.")),
        }]
    })
    .await;
    // The recursive resolver is not asked at all: there is none at this port.
    let resolver = plain("127.0.0.1:9".parse().unwrap()).await;
    let answer = resolver.txt_at(server.address, &name("a.example")).await.unwrap();
    assert_eq!(answer.records(), [b"here".to_vec()]);
    assert!(!server.asked()[0].header.rd());
    resolver.txt_at(server.address, &name("a.example")).await.unwrap();
    assert_eq!(server.asked().len(), 2, "past the cache");

    let alias = resolver.txt_at(server.address, &name("alias.example")).await.unwrap();
    assert_eq!(alias.aliases, [name("elsewhere.test")]);
    assert_eq!(alias.records().len(), 0);

    let referral = resolver.txt_at(server.address, &name("lame.test")).await;
    assert!(matches!(referral, Err(DnsError::Malformed { .. })), "{referral:?}");
}
