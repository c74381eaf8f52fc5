//! What the DNS server answers.

use crate::client::{Ask, ITERATIVE, STUB, addresses, ask, ask_tcp, ask_udp, whole_lab};
use domain::base::iana::{Rcode, Rtype};
use ironpost_lab::{Lab, LabOptions, Seen, Transport};
use std::net::SocketAddr;

const RECORD: &str = "_mta-sts.sound-enforce.example";

#[tokio::test]
async fn a_record_is_found_over_udp_and_tcp() {
    let lab = whole_lab().await;
    let over_udp = ask(&lab, RECORD, Rtype::TXT).await;
    let over_tcp = ask_tcp(lab.dns(), RECORD, Rtype::TXT).await;
    let expected = format!("{RECORD} 3600 TXT \"v=STSv1; id=20260101T000000Z;\"");
    assert_eq!(over_udp.answers, [expected]);
    assert_eq!(over_udp, over_tcp);
    let seen: Vec<_> = lab
        .requests()
        .into_iter()
        .filter_map(|seen| match seen {
            Seen::Dns { transport, name, record_type, recursive, .. } => {
                Some((transport, name, record_type, recursive))
            }
            _ => None,
        })
        .collect();
    let question = |transport| (transport, RECORD.to_owned(), "TXT".to_owned(), true);
    assert_eq!(seen, [question(Transport::Udp), question(Transport::Tcp)]);
    lab.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_denied_by_its_zone() {
    let lab = whole_lab().await;
    let table = [
        ("mta-sts.record-none.example", Rcode::NXDOMAIN, "record-none.example", "no such host"),
        ("mx1.record-none.example", Rcode::NOERROR, "record-none.example", "no such type"),
        ("_tls.sound-enforce.example", Rcode::NOERROR, "sound-enforce.example", "a name between"),
        ("no-such-scenario.example", Rcode::NXDOMAIN, "example", "no such domain"),
        ("gmail.com", Rcode::NXDOMAIN, "", "the rest of the world"),
        ("lab.example", Rcode::NOERROR, "lab.example", "the servers' own zone"),
    ];
    for (name, rcode, zone, reason) in table {
        let reply = ask(&lab, name, Rtype::TXT).await;
        assert_eq!(reply.rcode, rcode, "{name}: {reason}");
        assert_eq!(reply.denied_by, [zone], "{name}: {reason}");
        assert!(reply.answers.is_empty(), "{name}: {reason}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn every_zone_has_an_apex() {
    let lab = whole_lab().await;
    for zone in [".", "example", "sound-enforce.example", "bulk.example", "reports.example"] {
        for rtype in [Rtype::SOA, Rtype::NS] {
            let reply = ask(&lab, zone, rtype).await;
            assert!(!reply.answers.is_empty(), "{zone} {rtype}");
        }
    }
    lab.stop().await;
}

#[tokio::test]
async fn signed_zones_are_authentic_and_nothing_else_is() {
    let lab = whole_lab().await;
    let table = [
        (".", Rtype::SOA, true, "the root, by which a client tells a validating resolver"),
        (".", Rtype::NS, true, "the same"),
        ("sound-dane.example", Rtype::MX, true, "a signed zone"),
        ("_25._tcp.mx1.sound-dane.example", Rtype::TLSA, true, "a signed zone"),
        ("www.sound-dane.example", Rtype::A, true, "a signed denial"),
        ("sound-enforce.example", Rtype::MX, false, "an unsigned zone"),
        ("www.sound-enforce.example", Rtype::A, false, "an unsigned denial"),
    ];
    for (name, rtype, authentic, reason) in table {
        let reply = ask(&lab, name, rtype).await;
        assert_eq!(reply.authentic, authentic, "{name} {rtype}: {reason}");
    }
    lab.stop().await;
}

#[tokio::test]
async fn faults_are_faults() {
    let lab = whole_lab().await;
    let failed = ask(&lab, "_mta-sts.record-servfail.example", Rtype::TXT).await;
    assert_eq!((failed.rcode, failed.extended_error), (Rcode::SERVFAIL, None));

    let name = "_25._tcp.mx1.dane-bogus.example";
    let bogus = ask(&lab, name, Rtype::TLSA).await;
    assert_eq!((bogus.rcode, bogus.extended_error), (Rcode::SERVFAIL, Some(6)));
    let unchecked = Ask { checking_disabled: true, ..STUB };
    let unchecked = ask_udp(lab.dns(), name, Rtype::TLSA, unchecked).await;
    assert_eq!((unchecked.rcode, unchecked.authentic), (Rcode::NOERROR, false));
    assert_eq!(unchecked.answers.len(), 1, "CD shows what is there (RFC 4035 §3.2.2)");
    lab.stop().await;
}

#[tokio::test]
async fn aliases_are_followed_by_the_resolver_alone() {
    let lab = whole_lab().await;
    let name = "_mta-sts.sound-delegated.example";
    let reply = ask(&lab, name, Rtype::TXT).await;
    let types: Vec<_> = reply.answers.iter().filter_map(|r| r.split(' ').nth(2)).collect();
    assert_eq!(types, ["CNAME", "TXT"]);
    let server = SocketAddr::from(([127, 53, 0, 54], lab.dns().port()));
    let reply = ask_udp(server, name, Rtype::TXT, ITERATIVE).await;
    assert!(reply.authoritative);
    assert_eq!(reply.answers.len(), 1, "the target is in another zone");

    let chain = ask(&lab, "_mta-sts.record-cname-chain.example", Rtype::TXT).await;
    assert_eq!(chain.answers.len(), 7);
    let loops = ask(&lab, "_mta-sts.record-cname-loop.example", Rtype::TXT).await;
    assert_eq!((loops.rcode, loops.answers.len()), (Rcode::NOERROR, 3));
    let dangling = ask(&lab, "_mta-sts.record-cname-dangling.example", Rtype::TXT).await;
    assert_eq!((dangling.rcode, dangling.answers.len()), (Rcode::NXDOMAIN, 1));
    lab.stop().await;
}

#[tokio::test]
async fn wildcards_cover_what_does_not_exist() {
    let lab = whole_lab().await;
    let spf = |name: &str| vec![format!("{name} 3600 TXT \"v=spf1 -all\"")];
    let covered = "_mta-sts.record-wildcard.example";
    assert_eq!(ask(&lab, covered, Rtype::TXT).await.answers, spf(covered));
    let explicit = ask(&lab, "_smtp._tls.record-wildcard.example", Rtype::TXT).await;
    assert!(explicit.answers[0].contains("v=TLSRPTv1"), "{explicit:?}");
    let host = ask(&lab, "mx1.record-wildcard.example", Rtype::TXT).await;
    assert!(host.answers.is_empty(), "a name that exists is not covered: {host:?}");
    lab.stop().await;
}

#[tokio::test]
async fn long_answers_are_truncated_over_udp() {
    let lab = whole_lab().await;
    let name = "_mta-sts.sound-large-answer.example";
    let cut = ask(&lab, name, Rtype::TXT).await;
    assert!(cut.truncated && cut.answers.is_empty(), "{cut:?}");
    let whole = ask_tcp(lab.dns(), name, Rtype::TXT).await;
    assert!(!whole.truncated && whole.answers.len() == 1, "{whole:?}");
    let plain = Ask { edns: false, ..STUB };
    let small = ask_udp(lab.dns(), RECORD, Rtype::TXT, plain).await;
    assert!(!small.truncated, "512 octets are enough for most");
    lab.stop().await;
}

#[tokio::test]
async fn authoritative_servers_may_differ() {
    let lab = whole_lab().await;
    let name = "_mta-sts.record-split.example";
    let mut ids = Vec::new();
    for server in ["ns1.record-split.example", "ns2.record-split.example"] {
        let address = addresses(&lab, server).await[0];
        let server = SocketAddr::from((address, lab.ports().dns));
        let reply = ask_udp(server, name, Rtype::TXT, ITERATIVE).await;
        assert!(reply.authoritative);
        ids.extend(reply.answers);
    }
    assert!(ids[0].contains("id=20260101") && ids[1].contains("id=20250101"), "{ids:?}");
    assert_eq!(ask(&lab, name, Rtype::TXT).await.answers, ids[..1], "the resolver asks the first");
    lab.stop().await;
}

#[tokio::test]
async fn odd_messages_do_no_harm() {
    let lab = whole_lab().await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
    for octets in [&b""[..], b"\0", &[0xff; 12], &[0; 11], &[0; 600]] {
        socket.send_to(octets, lab.dns()).await.expect("sent");
    }
    assert_eq!(ask(&lab, RECORD, Rtype::TXT).await.answers.len(), 1);
    lab.stop().await;
}

#[tokio::test]
async fn sound_domains_need_no_zone() {
    let options = LabOptions { sound_domains: 100_000, ..LabOptions::default() };
    let lab = Lab::start(options).await.expect("the lab starts");
    let domains = lab.sound_domains();
    assert_eq!(domains.len(), 100_000);
    let last = &domains[99_999];
    assert_eq!(last, "sound-100000.bulk.example");
    let mx = ask(&lab, last, Rtype::MX).await;
    assert_eq!(mx.answers, [format!("{last} 3600 MX 10 mx.{last}.")]);
    let record = ask(&lab, &format!("_mta-sts.{last}"), Rtype::TXT).await;
    assert_eq!(record.answers.len(), 1);
    let beyond = ask(&lab, "sound-100001.bulk.example", Rtype::MX).await;
    assert_eq!((beyond.rcode, beyond.denied_by), (Rcode::NXDOMAIN, vec!["bulk.example".into()]));
    lab.stop().await;
}
