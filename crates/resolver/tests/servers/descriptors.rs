//! No descriptor left.

use crate::again::{again, path_from_parent};
use crate::client::{Client, Server, Speaks, frame};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::path::Path;
use tokio::net::UnixSocket;
use tokio_util::either::Either;

/// In a process of its own: it takes every descriptor there is.
#[tokio::test]
async fn clients_wait_until_there_are_descriptors_again() {
    if path_from_parent().is_none() {
        let mut alone = again(
            "descriptors::clients_wait_until_there_are_descriptors_again",
            Path::new("alone"),
        );
        assert!(alone.spawn().unwrap().wait().await.unwrap().success());
        return;
    }
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(200), ..limit }).unwrap();
    let server = Server::unix(Speaks::Socketmap);
    let mut early = server.connect().await;
    early.send(&frame("ironpost a")).await;
    early.expect(&frame("OK 34 a")).await;

    // A socket that exists already needs no descriptor to connect, but one to be accepted.
    let late: Vec<_> = (0..10).map(|_| UnixSocket::new_stream().unwrap()).collect();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let mut clients = Vec::new();
    for socket in late {
        let mut client = Client(Either::Right(socket.connect(server.path()).await.unwrap()));
        client.send(&frame("ironpost b")).await;
        clients.push(client);
    }
    // Whoever was there before is served as ever.
    for _ in 0..100 {
        early.send(&frame("ironpost a")).await;
        early.expect(&frame("OK 34 a")).await;
    }
    assert_eq!(server.told.connections(), 1);
    drop(taken);
    for client in &mut clients {
        client.expect(&frame("OK 34 b")).await;
    }
}
