//! No descriptor left.

use crate::client::{Asks, exchange, get, read_reply};
use crate::host::{Host, PATH};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::process::Command;

const HERE: &str = "mta-sts.a.test";
const ALONE: &str = "IRONPOST_TEST_ALONE";

/// In a process of its own: it takes every descriptor there is.
#[tokio::test]
async fn clients_wait_until_there_are_descriptors_again() {
    if std::env::var_os(ALONE).is_none() {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["descriptors::", "--nocapture"]).env(ALONE, "1");
        alone.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        assert!(alone.status().await.unwrap().success());
        return;
    }
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(200), ..limit }).unwrap();
    let host = Host::start().await;
    let mut early = host.connect().await;
    let request = get(HERE, PATH).replace("Connection: close\r\n", "");

    // A socket that exists already needs no descriptor to connect, but one to be accepted.
    let late: Vec<_> = (0..10).map(|_| TcpSocket::new_v4().unwrap()).collect();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let mut waiting = Vec::new();
    for socket in late {
        waiting.push(socket.connect(host.https).await.unwrap());
    }
    // Whoever was there before is served as ever.
    for _ in 0..100 {
        early.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(read_reply(&mut early).await.status, 200);
    }
    assert_eq!(host.connections(), 1);
    drop(taken);
    for stream in waiting {
        let stream = host.shake_on(stream, Asks::default()).await.unwrap();
        assert_eq!(exchange(stream, &get(HERE, PATH)).await.status, 200);
    }
}
