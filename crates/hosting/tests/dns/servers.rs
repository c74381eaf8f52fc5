//! Name servers and Unbound on loopback. The primary, Knot or BIND, and the secondary, Knot, listen on
//! one port of two addresses, as name servers do; Unbound knows no server but them.

mod bind;
mod knot;

use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A zone, served by `ns1.net.test` and `ns2.net.test`.
pub(crate) struct Zone {
    pub(crate) name: &'static str,
    pub(crate) records: &'static str,
    pub(crate) second: Second,
}

/// Whose program the primary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primary {
    Knot,
    /// BIND, with what `update-policy` says of the zones; nothing means `allow-update` for
    /// [`WRITER`] and [`WRITER_512`].
    Bind(Option<&'static str>),
}

/// What the second server does.
pub(crate) enum Second {
    /// It follows the first.
    Follows,
    /// It has these records, and knows of no first.
    Keeps(&'static str),
}

/// Whether Unbound keeps answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cache {
    Nothing,
    ForTtl,
}

/// The running servers; they end with the value.
pub(crate) struct Servers {
    /// `ns1.net.test`, which takes updates.
    pub(crate) primary: SocketAddr,
    /// Unbound.
    pub(crate) resolver: SocketAddr,
    _processes: [Process; 3],
    _directory: TempDir,
}

struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Servers {
    /// Starts the servers with `zones` and waits until every one answers for every zone.
    pub(crate) async fn start(zones: &[Zone], cache: Cache) -> Self {
        Self::start_with(Primary::Knot, zones, cache).await
    }

    /// The same with a primary of one's choice.
    pub(crate) async fn start_with(primary: Primary, zones: &[Zone], cache: Cache) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let [first, second] = [FIRST, SECOND].map(|address| SocketAddr::from((address, port)));
        let resolver = SocketAddr::from((RESOLVER, free_port()));
        let place = directory.path();
        let mut primary = match primary {
            Primary::Knot => knot::primary(first, zones, place),
            Primary::Bind(policy) => bind::primary(first, zones, policy, place),
        };
        for zone in zones {
            primary.answers(first, zone.name).await;
        }
        let mut secondary = knot::secondary(second, zones, place);
        for zone in zones {
            secondary.answers(second, zone.name).await;
        }
        let mut unbound = unbound(zones, port, resolver, cache, place);
        unbound.answers(resolver, "").await;
        let processes = [primary, secondary, unbound];
        Self { primary: first, resolver, _processes: processes, _directory: directory }
    }
}

impl Process {
    fn start(name: &'static str, command: &mut Command, directory: &Path) -> Self {
        let log = directory.join(format!("{name}.log"));
        let output = fs::File::create(&log).unwrap();
        let child = command
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { name, child, log }
    }

    /// Asks for the SOA record of a zone until it comes, while the process lives.
    async fn answers(&mut self, server: SocketAddr, zone: &str) {
        let started = Instant::now();
        let socket = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut again = tokio::time::interval(Duration::from_millis(20));
        let mut buffer = [0; 512];
        loop {
            again.tick().await;
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{}", self.complaint(&format!("ended: {status}")));
            }
            assert!(started.elapsed() < READY, "{}", self.complaint("does not answer"));
            // A port that is not open yet answers with an error; so be it.
            let _ = socket.send_to(&soa_query(zone), server).await;
            let answer = tokio::time::timeout(ATTEMPT, socket.recv_from(&mut buffer)).await;
            let Ok(Ok((12.., _))) = answer else { continue };
            // RCODE 0, and a record in the answer section.
            if buffer[3] & RCODE == 0 && buffer[6..8] != [0, 0] {
                return;
            }
        }
    }

    fn complaint(&self, what: &str) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        format!("{} {what}\n{log}", self.name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_zone(name: &str, records: &str, server: &str, directory: &Path) -> PathBuf {
    let file = directory.join(format!("{server}-{name}.zone"));
    let text = format!(
        "$ORIGIN {name}.\n$TTL 60\n@ SOA ns1.net.test. hostmaster.net.test. 1 3600 1 86400 30\n\
         @ NS ns1.net.test.\n@ NS ns2.net.test.\n{records}"
    );
    fs::write(&file, text).unwrap();
    file
}

fn unbound(
    zones: &[Zone],
    port: u16,
    address: SocketAddr,
    cache: Cache,
    directory: &Path,
) -> Process {
    let directory_text = directory.display();
    let mut config = format!(
        "server:\n  interface: {}@{}\n  username: \"\"\n  chroot: \"\"\n  \
         directory: \"{directory_text}\"\n  pidfile: \"\"\n  use-syslog: no\n  do-daemonize: no\n  \
         num-threads: 1\n  do-ip6: no\n  do-not-query-localhost: no\n  \
         outgoing-interface: 127.0.0.1\n  access-control: 127.0.0.0/8 allow\n  \
         module-config: \"validator iterator\"\n  trust-anchor: \"{ANCHOR}\"\n  ede: yes\n  \
         qname-minimisation: no\n  local-zone: \"test.\" nodefault\n",
        address.ip(),
        address.port(),
    );
    if cache == Cache::Nothing {
        config.push_str("  cache-max-ttl: 0\n  cache-max-negative-ttl: 0\n");
    }
    config.push_str("remote-control:\n  control-enable: no\n");
    for zone in zones {
        let name = zone.name;
        writeln!(config, "stub-zone:\n  name: \"{name}.\"\n  stub-addr: {FIRST}@{port}").unwrap();
    }
    // The primary has it from a server that is not there, so it never has it.
    writeln!(config, "stub-zone:\n  name: \"broken.test.\"\n  stub-addr: {FIRST}@{port}").unwrap();
    let file = directory.join("unbound.conf");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(program("unbound"));
    Process::start("unbound", command.arg("-d").arg("-c").arg(file), directory)
}

/// Id 1, RD, one question: SOA, IN.
fn soa_query(zone: &str) -> Vec<u8> {
    let mut query = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in zone.split('.').filter(|label| !label.is_empty()) {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.bytes());
    }
    query.extend([0, 0, 6, 0, 1]);
    query
}

/// A port that is free for UDP and TCP at every address here.
fn free_port() -> u16 {
    loop {
        let first = TcpListener::bind((FIRST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let udp = [FIRST, SECOND, RESOLVER].map(|at| UdpSocket::bind((at, port)));
        let tcp = [SECOND, RESOLVER].map(|at| TcpListener::bind((at, port)));
        if udp.iter().all(Result::is_ok) && tcp.iter().all(Result::is_ok) {
            return port;
        }
    }
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!("{name} is missing: install the Debian packages bind9, knot and unbound")
        })
}

/// BIND listens at addresses that an interface has, and loopback has this one.
const FIRST: Ipv4Addr = Ipv4Addr::LOCALHOST;
const SECOND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const NOBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);
const RESOLVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 5);
/// Without it BIND does not serve a root.
const GLUE: &str = "ns1.net.test. A 127.0.0.1\nns2.net.test. A 127.0.0.3\n";
/// The name servers' own zone, and the root, which has nothing else.
pub(crate) const ABOVE: [Zone; 2] = [
    Zone { name: "", records: GLUE, second: Second::Keeps(GLUE) },
    Zone {
        name: "net.test",
        records: "ns1 A 127.0.0.1\nns2 A 127.0.0.3\n",
        second: Second::Keeps("ns1 A 127.0.0.1\nns2 A 127.0.0.3\n"),
    },
];
/// A zone that is to be signed and is not.
const ANCHOR: &str = "bogus.test. DS 1 13 2 \
    0000000000000000000000000000000000000000000000000000000000000000";
/// The name of a key, and its algorithm.
pub(crate) type Key = (&'static str, &'static str);
/// Keys that may write, and one that may not.
pub(crate) const WRITER: Key = ("writer", "hmac-sha256");
pub(crate) const WRITER_512: Key = ("writer512", "hmac-sha512");
pub(crate) const READER: Key = ("reader", "hmac-sha256");
const KEYS: [Key; 3] = [WRITER, WRITER_512, READER];
/// The secret of every key: 32 octets of zero.
pub(crate) const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// RFC 1035 §4.1.1: the low bits of the fourth octet.
const RCODE: u8 = 0xf;
const READY: Duration = Duration::from_secs(30);
const ATTEMPT: Duration = Duration::from_millis(200);
