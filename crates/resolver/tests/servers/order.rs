//! socketmap: who is answered when.

use crate::client::{Client, Server, Speaks, frame, frames, no_such_map, shown};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::either::Either;

#[tokio::test]
async fn many_questions_at_once_are_answered_in_order() {
    for server in [Server::unix(Speaks::Socketmap), Server::inet(Speaks::Socketmap)] {
        let mut client = server.connect().await;
        let asked: Vec<_> = (0..10_000).map(|n| format!("ironpost d{n}.example")).collect();
        let told: Vec<_> = (0..10_000).map(|n| format!("OK 34 d{n}.example")).collect();
        let (mut reading, mut writing) = tokio::io::split(&mut client.0);
        let questions = frames(asked.iter().map(String::as_str));
        let answers = frames(told.iter().map(String::as_str));
        let mut read = vec![0; answers.len()];
        let (sent, received) =
            tokio::join!(writing.write_all(&questions), reading.read_exact(&mut read));
        sent.unwrap();
        received.unwrap();
        assert!(read == answers);
    }
}

#[tokio::test]
async fn lookups_of_one_client_wait_beside_one_another_and_keep_their_order() {
    let server = Server::inet(Speaks::Socketmap);
    let mut client = server.connect().await;
    let slow: Vec<_> = (0..70).map(|n| format!("ironpost slow{n}")).collect();
    let questions = frames(["ironpost a"].into_iter().chain(slow.iter().map(String::as_str)));
    client.send(&questions).await;
    client.expect(&frame("OK 34 a")).await;
    // All at a time, up to the most that one client may have.
    server.told.arrived(64).await;
    client.send(&frames(["ironpost b", "smtp c", "ironpost none"])).await;
    server.told.open();
    for n in 0..70 {
        client.expect(&frame(&format!("OK 34 slow{n}"))).await;
    }
    client.expect(&frame("OK 34 b")).await;
    client.expect(&frames([no_such_map().as_str(), "NOTFOUND "])).await;
}

#[tokio::test]
async fn a_refusal_waits_for_its_turn() {
    let server = Server::unix(Speaks::Socketmap);
    let mut client = server.connect().await;
    client.send(&[&frame("ironpost slow")[..], b"nonsense"].concat()).await;
    server.told.arrived(1).await;
    server.told.open();
    let replies = frames(["OK 34 slow", "PERM a request begins with its length in decimal digits"]);
    assert_eq!(shown(&client.rest().await), shown(&replies));
}

#[tokio::test]
async fn a_slow_name_delays_nobody_else() {
    let server = Server::inet(Speaks::Socketmap);
    let mut waiting = Vec::new();
    for n in 0..100 {
        let mut client = server.connect().await;
        client.send(&frame(&format!("ironpost slow{n}"))).await;
        waiting.push(client);
    }
    server.told.arrived(100).await;
    let mut other = server.connect().await;
    for _ in 0..100 {
        other.send(&frame("ironpost a")).await;
        other.expect(&frame("OK 34 a")).await;
    }
    server.told.open();
    for (n, client) in waiting.iter_mut().enumerate() {
        client.expect(&frame(&format!("OK 34 slow{n}"))).await;
    }
}

#[tokio::test]
async fn a_client_that_has_said_its_last_is_still_answered() {
    for server in [Server::unix(Speaks::Socketmap), Server::inet(Speaks::Socketmap)] {
        let mut client = server.connect().await;
        client.send(&frames(["ironpost slow", "ironpost a"])).await;
        client.finish().await;
        server.told.arrived(1).await;
        server.told.open();
        assert_eq!(shown(&client.rest().await), shown(&frames(["OK 34 slow", "OK 34 a"])));
    }
}

#[tokio::test]
async fn a_client_that_leaves_takes_nothing_with_it() {
    let server = Server::inet(Speaks::Socketmap);
    for n in 0..50 {
        let mut client = server.connect().await;
        client.send(&frame("ironpost slow")).await;
        server.told.arrived(1).await;
        if n % 2 == 0 {
            // Not even closed in good order.
            let Either::Left(stream) = &client.0 else { panic!() };
            stream.set_zero_linger().unwrap();
        }
    }
    server.told.open();
    let mut client = server.connect().await;
    client.send(&frame("ironpost a")).await;
    client.expect(&frame("OK 34 a")).await;
    drop(client);
    server.shut_down();
    let told = server.told.clone();
    server.ended().await;
    assert_eq!(told.connections(), 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_asked_for_more() {
    let server = Server::unix(Speaks::Socketmap);
    let client = server.connect().await;
    let (mut reading, mut writing) = tokio::io::split(client.0);
    let flood = tokio::spawn(async move {
        for _ in 0..QUESTIONS {
            writing.write_all(&frame("ironpost long 50000")).await.unwrap();
        }
        writing
    });
    // By now the flood has come as far as it gets, and others are served.
    let mut other = server.connect().await;
    for _ in 0..1000 {
        other.send(&frame("ironpost a")).await;
        other.expect(&frame("OK 34 a")).await;
    }
    let answered = server.told.answered_at_once() - 1000;
    assert!(answered < 100, "{answered} replies of 50 kB wait in memory");
    let reply = frame(&format!("OK {}", "x".repeat(50_000)));
    let mut read = vec![0; reply.len()];
    for _ in 0..QUESTIONS {
        reading.read_exact(&mut read).await.unwrap();
        assert!(read == reply);
    }
    flood.await.unwrap();
}

#[tokio::test]
async fn at_the_end_what_was_asked_is_answered() {
    for server in [Server::unix(Speaks::Socketmap), Server::inet(Speaks::Socketmap)] {
        let mut idle = server.connect().await;
        idle.send(&frame("ironpost a")).await;
        idle.expect(&frame("OK 34 a")).await;
        let mut asking = server.connect().await;
        asking.send(&frames(["ironpost slow", "ironpost b"])).await;
        server.told.arrived(1).await;
        server.shut_down();
        assert_eq!(shown(&idle.rest().await), "");
        server.told.open();
        assert_eq!(shown(&asking.rest().await), shown(&frames(["OK 34 slow", "OK 34 b"])));
        let address = server.address.clone();
        server.ended().await;
        let nobody = match address {
            ironpost_resolver::server::listen::Address::Inet(address) => {
                tokio::net::TcpStream::connect(address).await.is_err()
            }
            ironpost_resolver::server::listen::Address::Unix(path) => !path.exists(),
        };
        assert!(nobody);
    }
}

#[tokio::test]
async fn connections_are_counted() {
    let server = Server::inet(Speaks::Socketmap);
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client: Client = server.connect().await;
        client.send(&frame("ironpost a")).await;
        client.expect(&frame("OK 34 a")).await;
        clients.push(client);
    }
    assert_eq!(server.told.connections(), 3);
    for client in &mut clients {
        client.finish().await;
        client.rest().await;
    }
    server.shut_down();
    let told = server.told.clone();
    server.ended().await;
    assert_eq!(told.connections(), 0);
}

/// 50 MB of replies.
const QUESTIONS: usize = 1000;
