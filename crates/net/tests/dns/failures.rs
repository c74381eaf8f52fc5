//! Servers that refuse, fail or are silent, and how the status of DNSSEC comes through.

use crate::stub_server::{Asked, StubServer};
use crate::{BRIEF, PATIENT, name, plain, resolver};
use domain::base::iana::Rcode;
use ironpost_net::dns::answer::{DnsError, Outcome, Security};
use ironpost_net::dns::resolver::{Dnssec, Resolver, ResolverConfig, SetupError};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

#[tokio::test]
async fn errors_are_never_an_absence() {
    let table = [
        (Rcode::REFUSED, "REFUSED"),
        (Rcode::FORMERR, "FORMERR"),
        (Rcode::NOTIMP, "NOTIMP"),
        (Rcode::YXDOMAIN, "YXDOMAIN"),
    ];
    for (rcode, expected) in table {
        let server = StubServer::start(move |asked| vec![asked.error(rcode)]).await;
        assert_eq!(
            plain(server.address).await.txt(&name("a.example")).await,
            Err(DnsError::Rcode { rcode: expected.to_owned() })
        );
    }
    let server = StubServer::start(|asked| {
        vec![asked.extended_error(Rcode::REFUSED, 18, "not\u{1b}[31m for you")]
    })
    .await;
    assert_eq!(
        plain(server.address).await.txt(&name("a.example")).await,
        Err(DnsError::Rcode { rcode: "REFUSED (Prohibited: not\\x1b[31m for you)".to_owned() })
    );
}

#[tokio::test]
async fn a_servfail_tells_bogus_from_broken() {
    let broken = StubServer::start(|asked| vec![asked.error(Rcode::SERVFAIL)]).await;
    assert_eq!(
        plain(broken.address).await.txt(&name("a.example")).await,
        Err(DnsError::ServFail { reason: None, bogus: false })
    );
    let network = StubServer::start(|asked| {
        vec![asked.extended_error(Rcode::SERVFAIL, 22, "at delegation a.example")]
    })
    .await;
    assert_eq!(
        plain(network.address).await.txt(&name("a.example")).await,
        Err(DnsError::ServFail {
            reason: Some("No Reachable Authority: at delegation a.example".to_owned()),
            bogus: false,
        })
    );
    let talkative =
        StubServer::start(|asked| vec![asked.extended_error(Rcode::SERVFAIL, 7, "")]).await;
    assert_eq!(
        plain(talkative.address).await.txt(&name("a.example")).await,
        Err(DnsError::ServFail { reason: Some("Signature Expired".to_owned()), bogus: true })
    );
    assert_eq!(talkative.asked().len(), 1, "it has said why");
    let taciturn = StubServer::start(|asked| {
        vec![if asked.header.cd() { asked.answer("") } else { asked.error(Rcode::SERVFAIL) }]
    })
    .await;
    for dnssec in [Dnssec::Off, Dnssec::TrustAd] {
        let resolver = resolver(&[taciturn.address], dnssec, PATIENT).await;
        assert_eq!(
            resolver.txt(&name("a.example")).await,
            Err(DnsError::ServFail {
                reason: Some("answers with checking disabled only".to_owned()),
                bogus: true,
            })
        );
    }
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_refuses_fails_or_is_gone() {
    let good = StubServer::answering("a.example. 60 TXT good").await;
    for rcode in [Rcode::REFUSED, Rcode::SERVFAIL, Rcode::NOTIMP] {
        let bad = StubServer::start(move |asked| vec![asked.error(rcode)]).await;
        let resolver = resolver(&[bad.address, good.address], Dnssec::Off, PATIENT).await;
        let answer = resolver.txt(&name("a.example")).await.unwrap();
        assert_eq!(answer.records(), [b"good".to_vec()], "{rcode}");
    }
    let resolver = resolver(&[closed_port(), good.address], Dnssec::Off, PATIENT).await;
    assert!(resolver.txt(&name("a.example")).await.is_ok());
}

#[tokio::test]
async fn a_silent_server_costs_its_delay_once() {
    let silent = StubServer::start(|_| vec![]).await;
    let good =
        StubServer::start(|asked| vec![asked.answer(&format!("{}. 60 TXT good", asked.name))])
            .await;
    let resolver = resolver(&[silent.address, good.address], Dnssec::Off, 20 * BRIEF).await;
    for at in ["a.example", "b.example", "c.example"] {
        assert!(resolver.txt(&name(at)).await.is_ok());
    }
    assert_eq!(silent.asked().len(), 1);
}

#[tokio::test]
async fn silence_and_absence_of_servers_have_their_own_errors() {
    let silent = StubServer::start(|_| vec![]).await;
    let resolver = resolver(&[silent.address], Dnssec::Off, BRIEF).await;
    assert_eq!(
        resolver.txt(&name("a.example")).await,
        Err(DnsError::Timeout { server: silent.address, after: BRIEF })
    );
    let asked = silent.asked_times(4).await;
    assert_eq!(asked.len(), 4, "asked again while there was time");
    assert!(asked.iter().all(|again| again.port == asked[0].port));
    assert!(asked.iter().all(|again| again.header.id() == asked[0].header.id()));

    let nobody = closed_port();
    let error = plain(nobody).await.txt(&name("a.example")).await;
    assert!(
        matches!(&error, Err(DnsError::Unreachable { server, .. }) if *server == nobody),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_without_edns_is_asked_without() {
    let server = StubServer::start(|asked| {
        vec![if asked.edns { asked.error(Rcode::FORMERR) } else { asked.answer("a. 60 TXT x") }]
    })
    .await;
    let answer = plain(server.address).await.txt(&name("a")).await.unwrap();
    assert_eq!(answer.records(), [b"x".to_vec()]);
}

#[tokio::test]
async fn each_question_has_its_own_port_and_id() {
    let server = StubServer::answering("").await;
    let resolver = plain(server.address).await;
    for at in ["a.example", "b.example", "c.example", "d.example"] {
        resolver.txt(&name(at)).await.unwrap();
    }
    let asked = server.asked();
    let differ = |of: fn(&Asked) -> u16| {
        let mut values: Vec<u16> = asked.iter().map(of).collect();
        values.sort_unstable();
        values.dedup();
        values.len() > 1
    };
    assert!(differ(|asked| asked.port));
    assert!(differ(|asked| asked.header.id()));
}

#[tokio::test]
async fn the_ad_bit_is_asked_for_and_believed_when_told_to() {
    let server = StubServer::start(|asked| {
        let authentic = asked.header.ad() && asked.name != "unsigned.example";
        let text = format!("{}. 60 TXT x", asked.name);
        vec![asked.reply_with(Rcode::NOERROR, &text, "", |header| header.set_ad(authentic))]
    })
    .await;
    let trusting = resolver(&[server.address], Dnssec::TrustAd, PATIENT).await;
    assert_eq!(trusting.dnssec_source(), "AD bit of 127.0.0.1");
    let signed = trusting.txt(&name("signed.example")).await.unwrap();
    assert_eq!(signed.security, Security::Secure);
    let unsigned = trusting.txt(&name("unsigned.example")).await.unwrap();
    assert_eq!(unsigned.security, Security::Insecure(None));

    let off = resolver(&[server.address], Dnssec::Off, PATIENT).await;
    assert_eq!(off.dnssec_source(), "off");
    let answer = off.txt(&name("signed.example")).await.unwrap();
    assert_eq!(answer.security, Security::Indeterminate("DNSSEC is switched off".to_owned()));
    let last = server.asked().pop().unwrap();
    assert!(!last.header.ad() && !last.header.cd() && !last.dnssec_ok);
}

#[tokio::test]
async fn automatic_trusts_a_local_resolver_that_validates_and_no_other() {
    let validating = StubServer::start(|asked| {
        let ad = asked.header.ad();
        vec![asked.reply_with(Rcode::NOERROR, "", "", |header| header.set_ad(ad))]
    })
    .await;
    let trusting = resolver(&[validating.address], Dnssec::Auto, PATIENT).await;
    assert_eq!(trusting.dnssec_source(), "AD bit of 127.0.0.1");

    let plain = StubServer::answering("").await;
    let validated = resolver(&[plain.address], Dnssec::Auto, PATIENT).await;
    assert_eq!(validated.dnssec_source(), "validated here");
    assert_eq!(validated.unvalidated().dnssec_source(), "not asked for");
}

#[tokio::test]
async fn a_resolver_that_strips_dnssec_makes_answers_indeterminate() {
    const KEY: &str =
        ". 60 DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3";
    const SIGNATURE: &str = ". 60 RRSIG DNSKEY 8 0 60 20400101000000 20200101000000 20326 . AAAA";
    let table = [
        ("", "it strips DNSSEC, or nothing is signed there"),
        (KEY, "strips DNSSEC: the keys of . come without signatures"),
        (&[KEY, SIGNATURE].join("\n"), "are not those of the trust anchor"),
    ];
    for (keys, expected) in table {
        let keys = keys.to_owned();
        let server = StubServer::start(move |asked| {
            vec![asked.answer(match asked.rtype.to_string().as_str() {
                "DNSKEY" => &keys,
                _ => "a.example. 60 TXT x",
            })]
        })
        .await;
        let dnssec = Dnssec::Validate { trust_anchor: None };
        let resolver = resolver(&[server.address], dnssec, PATIENT).await;
        assert_eq!(server.asked().len(), 0, "nothing is asked before it is needed");
        resolver.unvalidated().txt(&name("a.example")).await.unwrap();
        assert_eq!(server.asked().len(), 1, "no key is asked for without need");
        let answer = resolver.txt(&name("a.example")).await.unwrap();
        assert_eq!(answer.outcome, Outcome::Found(vec![b"x".to_vec()]));
        match answer.security {
            Security::Indeterminate(reason) => assert!(reason.contains(expected), "{reason}"),
            other => panic!("{other:?}"),
        }
        let last = server.asked().into_iter().rfind(|asked| asked.rtype.to_string() == "TXT");
        assert!(last.is_some_and(|asked| asked.header.cd() && asked.dnssec_ok));
    }
}

#[tokio::test]
async fn a_box_that_lets_no_key_pass_is_waited_for_once() {
    let server = StubServer::start(|asked| match asked.rtype.to_string().as_str() {
        "DNSKEY" => vec![],
        _ => vec![asked.answer(&format!("{}. 60 TXT x", asked.name))],
    })
    .await;
    let dnssec = Dnssec::Validate { trust_anchor: None };
    let resolver = resolver(&[server.address], dnssec, 8 * BRIEF).await;
    for at in ["a.example", "b.example"] {
        let answer = resolver.txt(&name(at)).await.unwrap();
        match answer.security {
            Security::Indeterminate(reason) => {
                assert!(reason.starts_with("the keys of . do not come"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    let last = server.asked().pop().unwrap();
    assert_eq!(last.name, "b.example", "no key is asked for again");
}

#[tokio::test]
async fn a_missing_or_unusable_trust_anchor_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("anchor");
    let config = || ResolverConfig {
        servers: vec![closed_port()],
        dnssec: Dnssec::Validate { trust_anchor: Some(path.clone()) },
        ..ResolverConfig::default()
    };
    assert!(matches!(Resolver::new(config()).await, Err(SetupError::TrustAnchor { .. })));
    std::fs::write(&path, ". IN DS 20326 8 2 E06D\n. IN A 192.0.2.1\n").unwrap();
    let error = Resolver::new(config()).await.unwrap_err().to_string();
    assert!(error.ends_with("anchor: line 2: neither a DS nor a DNSKEY record"), "{error}");
}

/// A port of 127.0.0.1 where nobody listens, though somebody did a moment ago.
fn closed_port() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_server_that_never_answers_holds_up_nobody_who_waits() {
    let answering = |asked: &Asked| vec![asked.answer("a.example. 300 TXT \"text\"")];
    let server = StubServer::start(move |asked| {
        if asked.name.contains("silent") { Vec::new() } else { answering(asked) }
    })
    .await;
    let resolver = Resolver::new(ResolverConfig {
        servers: vec![server.address],
        dnssec: Dnssec::Off,
        deadline: Duration::from_hours(1),
        in_flight: 1,
        grace: Some(Duration::from_millis(1)),
        ..ResolverConfig::default()
    })
    .await
    .unwrap();
    let (silent, honest) = (name("silent.example"), name("a.example"));
    let (silent, answer) = tokio::join!(resolver.txt(&silent), resolver.txt(&honest));
    assert!(matches!(silent, Err(DnsError::Timeout { .. })), "{silent:?}");
    assert_eq!(answer.unwrap().records(), [b"text".to_vec()]);
}
