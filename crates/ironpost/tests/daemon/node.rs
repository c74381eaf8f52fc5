//! A running `ironpost serve` for a test.

use crate::daemon::Daemon;
use crate::program::{Run, command, finish};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A folder with the configuration of a node and its state. Nobody answers as DNS or as CA there
/// unless the test says otherwise.
#[derive(Debug)]
pub(crate) struct NodeHome {
    folder: TempDir,
}

impl NodeHome {
    /// On free ports of loopback, with everything that a node needs.
    pub(crate) fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        home.configure(&sections(""));
        home
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.path("ironpost.toml"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `ironpost …` of this configuration.
    pub(crate) fn ironpost<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Run {
        let mut command = command();
        command.env("IRONPOST_CONFIG", self.path("ironpost.toml"));
        finish(command.args(args))
    }

    /// Starts the node, and waits until it is ready.
    pub(crate) fn start(&self) -> Daemon {
        let daemon = self.start_with(|_| {});
        daemon.wait_for("READY=1");
        daemon
    }

    /// Starts it, the command changed first.
    pub(crate) fn start_with(&self, change: impl FnOnce(&mut Command)) -> Daemon {
        Daemon::of(self.folder.path(), "serve", change)
    }
}

/// A configuration with `more` in `[serve]`.
pub(crate) fn sections(more: &str) -> String {
    let usual = [
        ("node", "one"),
        ("https", "127.0.0.1:0"),
        ("http", "127.0.0.1:0"),
        ("dns", "127.0.0.1:0"),
        ("metrics", "127.0.0.1:0"),
    ];
    let mut rest = String::new();
    for (key, value) in usual {
        if !more.contains(&format!("{key} = ")) {
            writeln!(rest, "{key} = \"{value}\"").unwrap();
        }
    }
    format!(
        "[network]\ndns = \"127.0.0.1:1\"\nallow_address = [\"127.0.0.0/8\"]\n\
         [acme]\nagree_to_terms = true\ndirectory = \"https://127.0.0.1:1/directory\"\n\
         [serve]\nstate = \"state\"\nzone = \"{ZONE}\"\n\
         addresses = \"127.0.0.1\"\n{rest}{more}"
    )
}

/// Where a node that is ready listens, by what it says of it: `HTTPS on tcp`.
pub(crate) fn address(node: &Daemon, what: &str) -> SocketAddr {
    let log = node.log();
    let (_, rest) = log.split_once(&format!("{what}:")).unwrap_or_else(|| panic!("{what}: {log}"));
    rest.lines().next().unwrap().trim().parse().unwrap()
}

/// A connection.
#[expect(clippy::disallowed_methods, reason = "a client of the program, not the program")]
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// What is answered to a request over HTTP.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let mut client = connect(address);
    ask(&mut client, path);
    answer(&mut client)
}

/// Sends a request that is the last of its connection.
pub(crate) fn ask(client: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).unwrap();
}

/// Reads until the other side is done.
pub(crate) fn answer(client: &mut TcpStream) -> String {
    let mut response = String::new();
    client.read_to_string(&mut response).unwrap();
    response
}

/// A question for the SOA record of the zone (RFC 1035 §4.1).
pub(crate) fn question() -> Vec<u8> {
    let mut message = vec![0x49, 0x50, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ZONE.split('.') {
        message.push(label.len().try_into().unwrap());
        message.extend_from_slice(label.as_bytes());
    }
    message.extend([0, 0, 6, 0, 1]);
    message
}

/// Asks over UDP.
pub(crate) fn send_question(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(&question(), server).unwrap();
    socket
}

/// Asks over TCP.
pub(crate) fn ask_over_tcp(server: SocketAddr) -> Vec<u8> {
    let mut stream = connect(server);
    let question = question();
    stream.write_all(&u16::try_from(question.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(&question).unwrap();
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message).unwrap();
    message
}

/// Holds an answer to be one of the zone's authority, with one record.
pub(crate) fn assert_soa(answer: &[u8]) {
    assert_eq!(answer[..2], [0x49, 0x50], "{answer:?}");
    assert_eq!(answer[2] & 0x84, 0x84, "a response, authoritative: {answer:?}");
    assert_eq!(answer[3] & 0x0f, 0, "NOERROR: {answer:?}");
    assert_eq!(answer[6..8], [0, 1], "one record: {answer:?}");
}

/// Waits for what comes over UDP.
pub(crate) fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 1500];
    let octets = socket.recv(&mut buffer).unwrap();
    buffer[..octets].to_vec()
}

/// The zone of every node here.
pub(crate) const ZONE: &str = "sts.node.example";
/// Longer than anything here takes; who waits this long waits for ever.
const PATIENCE: Duration = Duration::from_mins(1);
