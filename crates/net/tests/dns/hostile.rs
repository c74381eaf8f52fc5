//! Responses meant to deceive, to crash or to keep us waiting.

use crate::stub_server::{Asked, Over, Response, StubServer};
use crate::{BRIEF, name, plain, resolver};
use domain::base::iana::Rcode;
use ironpost_net::dns::answer::DnsError;
use ironpost_net::dns::resolver::Dnssec;

#[tokio::test]
async fn what_does_not_answer_the_question_is_passed_over() {
    let server = StubServer::start(|asked| {
        let forged = asked.reply(Rcode::NOERROR, "a.example. 60 TXT forged", "");
        let changed = |change: fn(&mut Vec<u8>)| {
            let mut octets = forged.clone();
            change(&mut octets);
            Response::Octets(octets)
        };
        vec![
            changed(|octets| octets[0] ^= 1),
            changed(|octets| octets[13] ^= 3),
            changed(|octets| octets[2] &= 0x7f),
            changed(|octets| octets.truncate(7)),
            changed(Vec::clear),
            Response::Octets(vec![0xff; 3000]),
            Response::FromElsewhere(forged.clone()),
            asked.answer("a.example. 60 TXT true"),
        ]
    })
    .await;
    let answer = plain(server.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.records(), [b"true".to_vec()]);
}

#[tokio::test]
async fn a_truncated_response_is_asked_for_over_tcp() {
    let server = StubServer::start(|asked| {
        vec![match asked.over {
            Over::Udp => asked.reply_with(Rcode::NOERROR, "", "", |header| header.set_tc(true)),
            Over::Tcp => asked.answer(&many_records(2000)),
        }]
    })
    .await;
    let answer = plain(server.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.records().len(), 2000);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_datagram_beyond_all_bounds_is_taken_for_truncated() {
    let server = StubServer::start(|asked| vec![asked.answer(&many_records(200))]).await;
    let answer = plain(server.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.records().len(), 200);
    assert_eq!(server.connections(), 1);
}

/// Records for a.example that go past 4096 octets, in no more than 65535.
fn many_records(count: usize) -> String {
    let records: Vec<String> =
        (0..count).map(|number| format!("a.example. 60 TXT \"record {number}\"")).collect();
    records.join("\n")
}

#[tokio::test]
async fn a_drip_over_tcp_ends_with_the_deadline() {
    let server = StubServer::start(|asked| {
        vec![match asked.over {
            Over::Udp => asked.reply_with(Rcode::NOERROR, "", "", |header| header.set_tc(true)),
            Over::Tcp => Response::Drip,
        }]
    })
    .await;
    let resolver = resolver(&[server.address], Dnssec::Off, BRIEF).await;
    assert_eq!(
        resolver.txt(&name("a.example")).await,
        Err(DnsError::Timeout { server: server.address, after: BRIEF })
    );
}

#[tokio::test]
async fn silence_in_the_middle_of_a_chain_ends_with_the_deadline() {
    let server = StubServer::start(|asked| match asked.name.as_str() {
        "a.example" => vec![asked.answer("a.example. 60 CNAME b.example.")],
        _ => vec![],
    })
    .await;
    let resolver = resolver(&[server.address], Dnssec::Off, BRIEF).await;
    assert_eq!(
        resolver.txt(&name("a.example")).await,
        Err(DnsError::Timeout { server: server.address, after: BRIEF })
    );
}

#[tokio::test]
async fn a_connection_cut_short_is_an_error() {
    let server = StubServer::start(|asked| {
        vec![match asked.over {
            Over::Udp => asked.reply_with(Rcode::NOERROR, "", "", |header| header.set_tc(true)),
            Over::Tcp => Response::Cut,
        }]
    })
    .await;
    assert_eq!(
        plain(server.address).await.txt(&name("a.example")).await,
        Err(DnsError::Malformed { detail: "over TCP it breaks off".to_owned() })
    );
}

#[tokio::test]
async fn an_answer_over_tcp_to_another_question_is_an_error() {
    let server = StubServer::start(|asked| {
        vec![match asked.over {
            Over::Udp => asked.reply_with(Rcode::NOERROR, "", "", |header| header.set_tc(true)),
            Over::Tcp => asked.reply_with(Rcode::NOERROR, "a.example. 60 TXT x", "", |header| {
                header.set_id(header.id() ^ 1);
            }),
        }]
    })
    .await;
    assert_eq!(
        plain(server.address).await.txt(&name("a.example")).await,
        Err(DnsError::Malformed { detail: "over TCP it answers another question".to_owned() })
    );
}

#[tokio::test]
async fn broken_messages_are_malformed() {
    type Break = fn(&Asked) -> Vec<u8>;
    let table: [(Break, &str); 6] = [
        (|asked| record(asked, &[0xc0, 27], 4), "an owner that points at itself"),
        (|asked| record(asked, &[0xc0, 0xff], 4), "an owner that points past the end"),
        (|asked| record(asked, &[0x80, 1], 4), "a label of an unknown kind"),
        (|asked| record(asked, &[0xc0, 12], 400), "data past the end"),
        (|asked| counted(asked, 7, 200), "fewer answers than announced"),
        (|asked| counted(asked, 9, 200), "fewer authority records than announced"),
    ];
    for (reply, reason) in table {
        let server = StubServer::start(move |asked| vec![Response::Octets(reply(asked))]).await;
        let error = plain(server.address).await.txt(&name("a.example")).await;
        assert!(matches!(error, Err(DnsError::Malformed { .. })), "{reason}: {error:?}");
    }
}

/// A reply with one A record of a given owner and length of data, and four octets of data.
fn record(asked: &Asked, owner: &[u8], length: u16) -> Vec<u8> {
    let mut octets = counted(asked, 7, 1);
    octets.extend(owner);
    octets.extend([0, 1, 0, 1, 0, 0, 0, 60]);
    octets.extend(length.to_be_bytes());
    octets.extend([192, 0, 2, 1]);
    octets
}

/// An empty reply that counts `count` records in a section.
fn counted(asked: &Asked, section: usize, count: u8) -> Vec<u8> {
    let mut octets = asked.reply(Rcode::NOERROR, "", "");
    octets[section] = count;
    octets
}

#[tokio::test]
async fn any_octets_after_the_question_are_survived() {
    // A fixed pseudo-random sequence (xorshift), so that a failure can be met again.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    let replies: Vec<Vec<u8>> =
        (0..200).map(|length| (0..length).map(|_| noise()).collect()).collect();
    let server = StubServer::start(move |asked| {
        let index: usize = asked.name.split('.').next().unwrap().parse().unwrap();
        let mut octets = asked.reply(Rcode::NOERROR, "", "");
        octets[6..12].copy_from_slice(&[0, 3, 0, 3, 0, 3]);
        octets.extend(&replies[index]);
        vec![Response::Octets(octets)]
    })
    .await;
    let resolver = plain(server.address).await;
    for index in 0..200 {
        let lookup = resolver.mx(&name(&format!("{index}.example"))).await;
        assert!(!matches!(lookup, Ok(answer) if !answer.records().is_empty()), "{index}");
    }
}
