//! Alias chains: complete, incomplete, denied, looping, too long.

use crate::stub_server::{Asked, Response, StubServer};
use crate::{name, plain};
use domain::base::iana::Rcode;
use ironpost_net::dns::answer::{DnsError, Outcome};

const SOA: &str = "example. 600 SOA ns.example. hostmaster.example. 1 2 3 4 77";

#[tokio::test]
async fn a_chain_is_followed_in_any_order_of_records() {
    let server = StubServer::answering(
        "c.example. 50 TXT end\nb.example. 20 CNAME c.example.\nunrelated.example. 1 TXT no\n\
         a.example. 60 CNAME B.example.",
    )
    .await;
    let answer = plain(server.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.aliases, [name("b.example"), name("c.example")]);
    assert_eq!(answer.owner(), &name("c.example"));
    assert_eq!(answer.outcome, Outcome::Found(vec![b"end".to_vec()]));
    assert_eq!(answer.ttl, 20, "least over the chain");
}

#[tokio::test]
async fn an_incomplete_chain_is_asked_for_to_its_end() {
    let server = StubServer::start(|asked| {
        vec![match asked.name.as_str() {
            "a.example" => asked.answer("a.example. 60 CNAME b.example."),
            "b.example" => asked.answer("b.example. 40 CNAME c.example."),
            "c.example" => asked.answer("c.example. 50 TXT end"),
            other => panic!("{other} was not asked for"),
        }]
    })
    .await;
    let answer = plain(server.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.aliases, [name("b.example"), name("c.example")]);
    assert_eq!(answer.records(), [b"end".to_vec()]);
    assert_eq!(answer.ttl, 40);
}

#[tokio::test]
async fn absence_at_the_end_of_a_chain_is_told_apart() {
    let alias = "a.example. 60 CNAME b.example.";
    let nodata = StubServer::start(move |asked| {
        vec![Response::Octets(asked.reply(Rcode::NOERROR, alias, SOA))]
    })
    .await;
    let answer = plain(nodata.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!((answer.outcome, answer.ttl), (Outcome::NoData, 60));
    assert_eq!(nodata.asked().len(), 1, "the SOA says that nothing is to come");

    let nxdomain = StubServer::start(move |asked| {
        vec![Response::Octets(asked.reply(Rcode::NXDOMAIN, alias, SOA))]
    })
    .await;
    let answer = plain(nxdomain.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.outcome, Outcome::NxDomain);
    assert_eq!(answer.aliases, [name("b.example")]);

    let bare = StubServer::start(move |asked| {
        vec![asked.answer(if asked.name == "a.example" { alias } else { "" })]
    })
    .await;
    let answer = plain(bare.address).await.txt(&name("a.example")).await.unwrap();
    assert_eq!(answer.outcome, Outcome::NoData, "asked again, nothing came");
    assert_eq!(bare.asked().len(), 2);
}

#[tokio::test]
async fn loops_are_found_within_and_across_answers() {
    let within =
        StubServer::answering("a.example. 60 CNAME b.example.\nb.example. 60 CNAME a.example.")
            .await;
    let across = StubServer::start(|asked| {
        vec![asked.answer(match asked.name.as_str() {
            "a.example" => "a.example. 60 CNAME b.example.",
            _ => "b.example. 60 CNAME a.example.",
        })]
    })
    .await;
    for server in [within, across] {
        assert_eq!(
            plain(server.address).await.txt(&name("a.example")).await,
            Err(DnsError::AliasLoop { at: name("a.example"), aliases: vec![name("b.example")] })
        );
    }
    let itself = StubServer::answering("a.example. 60 CNAME a.example.").await;
    assert_eq!(
        plain(itself.address).await.txt(&name("a.example")).await,
        Err(DnsError::AliasLoop { at: name("a.example"), aliases: vec![] })
    );
}

#[tokio::test]
async fn an_endless_chain_is_left() {
    let endless = |asked: &Asked| {
        let alias = format!("{0}. 60 CNAME x{0}.", asked.name);
        vec![asked.answer(&alias)]
    };
    let server = StubServer::start(endless).await;
    let error = plain(server.address).await.txt(&name("a.example")).await;
    assert!(matches!(error, Err(DnsError::AliasLimit { limit: 12, .. })), "{error:?}");
    assert_eq!(server.asked().len(), 13);
}

#[tokio::test]
async fn two_aliases_at_one_name_are_malformed() {
    let server = StubServer::answering(
        "a.example. 60 CNAME b.example.\na.example. 60 CNAME c.example.\nb.example. 60 TXT x",
    )
    .await;
    let error = plain(server.address).await.txt(&name("a.example")).await;
    assert!(matches!(error, Err(DnsError::Malformed { .. })), "{error:?}");
}
