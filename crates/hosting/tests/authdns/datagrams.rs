//! Over UDP.

use crate::installation::{Listening, authority, authority_of, listening, listening_at, zone};
use crate::message::{Query, Reply};
use domain::base::iana::OptRcode;
use ironpost_hosting::authdns::{Rcode, Transport, bind_tcp, bind_udp};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A client that hears nobody but the address that it asks.
async fn client_of(server: SocketAddr) -> UdpSocket {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let client = UdpSocket::bind(any).await.unwrap();
    client.connect(server).await.unwrap();
    client
}

async fn ask(client: &UdpSocket, query: &Query) -> Reply {
    client.send(&query.octets()).await.unwrap();
    hear(client).await
}

async fn hear(client: &UdpSocket) -> Reply {
    let mut buffer = [0; 4096];
    let length = timeout(DEADLINE, client.recv(&mut buffer)).await.expect("an answer").unwrap();
    Reply::of(&buffer[..length])
}

#[tokio::test]
async fn answers_come_from_the_address_that_was_asked() {
    let everywhere = listening_at(authority(), Ipv4Addr::UNSPECIFIED);
    let port = everywhere.address.port();
    for address in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 9, 9, 9)] {
        let client = client_of((address, port).into()).await;
        let reply = ask(&client, &Query::new("sts.host.test", "SOA")).await;
        assert_eq!(reply.rcode, OptRcode::NOERROR, "{address}");
    }
}

#[tokio::test]
async fn ipv6_is_a_socket_of_its_own() {
    let four = bind_udp((Ipv4Addr::UNSPECIFIED, 0).into(), NonZeroUsize::MIN).unwrap();
    let port = four[0].local_addr().unwrap().port();
    let six = bind_udp((Ipv6Addr::UNSPECIFIED, port).into(), NonZeroUsize::MIN).unwrap().remove(0);
    tokio::spawn(authority().serve_udp(six, CancellationToken::new()));
    let client = client_of((Ipv6Addr::LOCALHOST, port).into()).await;
    let reply = ask(&client, &Query::new("sts.host.test", "SOA")).await;
    assert_eq!(reply.rcode, OptRcode::NOERROR);
}

#[tokio::test]
async fn several_sockets_share_a_port() {
    let count = NonZeroUsize::new(4).unwrap();
    let sockets = bind_udp((Ipv4Addr::LOCALHOST, 0).into(), count).unwrap();
    let address = sockets[0].local_addr().unwrap();
    let addresses: HashSet<_> = sockets.iter().map(|one| one.local_addr().unwrap()).collect();
    assert_eq!((sockets.len(), addresses.len()), (4, 1));
    let (authority, end) = (authority(), CancellationToken::new());
    let tasks: Vec<_> = sockets
        .into_iter()
        .map(|socket| tokio::spawn(authority.clone().serve_udp(socket, end.clone())))
        .collect();
    // The system chooses by the port of the client: with so many, every socket gets some.
    for id in 0..256 {
        let client = client_of(address).await;
        let reply = ask(&client, &Query { id, ..Query::new("sts.host.test", "SOA") }).await;
        assert_eq!(reply.id, id);
    }
    assert_eq!(authority.counters().answered(Transport::Udp, Rcode::NoError), 256);
    end.cancel();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let one = NonZeroUsize::MIN;
    let two = NonZeroUsize::new(2).unwrap();
    for (first, second) in [(one, one), (one, two), (two, one), (two, two)] {
        let sockets = bind_udp((Ipv4Addr::LOCALHOST, 0).into(), first).unwrap();
        let error = bind_udp(sockets[0].local_addr().unwrap(), second).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{first}, then {second}");
    }
    let listener = bind_tcp((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let error = bind_tcp(listener.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[tokio::test]
async fn noise_is_not_answered_and_does_no_harm() {
    let server = listening();
    let client = client_of(server.address).await;
    let noise: [&[u8]; 4] = [b"", b"x", &[0xff; 12], &[0x80; 512]];
    for octets in noise {
        client.send(octets).await.unwrap();
    }
    let large = vec![0; 60_000];
    client.send(&large).await.unwrap();
    assert_eq!(hear(&client).await.rcode, OptRcode::FORMERR, "of the large one");
    let reply = ask(&client, &Query::new("sts.host.test", "SOA")).await;
    assert_eq!(reply.rcode, OptRcode::NOERROR);
    let counters = server.authority.counters();
    assert_eq!(counters.noise(), 3, "nothing at all is not even that");
    assert_eq!(counters.answered(Transport::Udp, Rcode::FormErr), 1);
    assert_eq!(counters.answered(Transport::Udp, Rcode::NoError), 1);
}

/// What came of a flood: answers whole and cut.
#[derive(Debug, Default, PartialEq, Eq)]
struct Flooded {
    whole: u64,
    cut: u64,
}

/// Asks the same again and again, each time after the last was dealt with.
async fn flood(server: &Listening, client: &UdpSocket, query: &Query, rcode: Rcode) -> Flooded {
    let counters = server.authority.counters();
    let before = counters.answered(Transport::Udp, rcode);
    let mut flooded = Flooded::default();
    for sent in 1..=FLOOD {
        client.send(&query.octets()).await.unwrap();
        while counters.answered(Transport::Udp, rcode) < before + sent {
            tokio::task::yield_now().await;
        }
        while flooded.whole + flooded.cut + counters.dropped() < sent {
            let reply = hear(client).await;
            assert!(reply.edns.is_some());
            if reply.flags.contains("tc") {
                assert_eq!((reply.question.len(), reply.answer.len()), (1, 0));
                flooded.cut += 1;
            } else {
                flooded.whole += 1;
            }
        }
    }
    flooded
}

/// With one answer in a second, and a thousand questions in the time that they take.
#[tokio::test]
async fn the_same_answer_again_and_again_is_held_back() {
    let record = Query::new("sts-fullfullfullfull.sts.host.test", "TXT");
    let cases = [
        (record.clone(), Rcode::NoError),
        (Query::new("sts-fullfullfullfull.sts.host.test", "A"), Rcode::NoError),
        (Query::new("nothing.sts.host.test", "TXT"), Rcode::NxDomain),
        (Query::new("else.test", "TXT"), Rcode::Refused),
        (Query::new("sts.host.test", "TXT").flags(2 << 11), Rcode::NotImp),
    ];
    for (query, rcode) in cases {
        let server = listening_at(authority_of(&zone(), 1), Ipv4Addr::LOCALHOST);
        let client = client_of(server.address).await;
        let query = query.edns(1232, 0, 0, &[]);
        let Flooded { whole, cut } = flood(&server, &client, &query, rcode).await;
        let counters = server.authority.counters();
        let (slipped, dropped) = (counters.slipped(), counters.dropped());
        assert!(whole >= 1 && cut == slipped, "{rcode:?}: {whole} {cut} {slipped}");
        assert!(slipped >= FLOOD / 4, "{rcode:?}: {slipped}");
        assert!(dropped.abs_diff(slipped) <= whole, "{rcode:?}: every other one");
    }
}

#[tokio::test]
async fn who_shows_its_cookie_is_not_held_back() {
    let server = listening_at(authority_of(&zone(), 1), Ipv4Addr::LOCALHOST);
    let client = client_of(server.address).await;
    let query = Query::new("sts.host.test", "SOA");
    let reply = ask(&client, &query.clone().cookie(b"clients1")).await;
    let cookie = reply.edns.unwrap().cookie.unwrap();
    let Flooded { whole, cut } =
        flood(&server, &client, &query.cookie(&cookie), Rcode::NoError).await;
    assert_eq!((whole, cut), (FLOOD, 0));
    assert_eq!(server.authority.counters().dropped(), 0);
}

const FLOOD: u64 = 1000;
/// After which an answer will not come any more.
const DEADLINE: Duration = Duration::from_secs(10);
