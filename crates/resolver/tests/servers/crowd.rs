//! Very many clients that are connected and silent.

use crate::again::{again, path_from_parent};
use crate::client::{Server, Speaks, frame};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// The clients are another process: one has not descriptors enough for both sides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_silent_clients_are_no_burden() {
    raise_descriptors();
    if let Some(path) = path_from_parent() {
        return crowd(&path);
    }
    let server = Server::unix(Speaks::Socketmap);
    let before = resident();
    let mut clients =
        again("crowd::ten_thousand_silent_clients_are_no_burden", server.path()).spawn().unwrap();
    let mut told = BufReader::new(clients.stdout.take().unwrap()).lines();
    while !told.next_line().await.unwrap().unwrap().ends_with(CONNECTED) {}
    assert_eq!(server.told.connections(), SILENT as u64);

    let mut client = server.connect().await;
    for _ in 0..1000 {
        client.send(&frame("ironpost a")).await;
        client.expect(&frame("OK 34 a")).await;
    }
    // Each has asked already: the buffers it was answered from are not its own.
    let each = resident().saturating_sub(before) / SILENT;
    assert!(each < 8 * 1024, "{each} octets for a silent client");

    // None was turned away meanwhile.
    let mut input = clients.stdin.take().unwrap();
    input.write_all(b"\n").await.unwrap();
    while !told.next_line().await.unwrap().unwrap().ends_with(ANSWERED) {}
    drop(input);
    assert!(clients.wait().await.unwrap().success());
}

/// Connects, asks, falls silent, and asks again when the parent says so.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn crowd(path: &Path) {
    let ask = |mut client: &UnixStream| {
        client.write_all(&frame("ironpost b")).unwrap();
        let mut reply = vec![0; frame("OK 34 b").len()];
        client.read_exact(&mut reply).unwrap();
        assert!(reply == frame("OK 34 b"));
    };
    let connect = |_| {
        let client = UnixStream::connect(path).unwrap();
        ask(&client);
        client
    };
    let clients: Vec<_> = (0..SILENT).map(connect).collect();
    println!("{CONNECTED}");
    std::io::stdin().read_exact(&mut [0]).unwrap();
    clients.iter().for_each(ask);
    println!("{ANSWERED}");
}

/// As many as the system allows.
fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// Octets of memory in use.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

const SILENT: usize = 10_000;
const CONNECTED: &str = "all are connected";
const ANSWERED: &str = "all are answered";
