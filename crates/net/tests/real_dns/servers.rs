//! NSD with the zones, and Unbound in front of it, on loopback and free ports. Unbound knows no
//! other server: every zone, the root first, is a stub zone of the one NSD. With the root given so,
//! it does not use the root hints that are compiled in.

use crate::program;
use crate::zone::{Zone, write_all};
use domain::base::Message;
use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The servers; they end with the value.
pub(crate) struct RealDns {
    /// NSD.
    pub(crate) authority: SocketAddr,
    /// Unbound.
    pub(crate) resolver: SocketAddr,
    /// The root's DS records.
    pub(crate) trust_anchor: PathBuf,
    processes: Vec<Process>,
    _directory: TempDir,
}

/// What Unbound does with signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recursor {
    /// It validates.
    Validating,
    /// It hands them on.
    Plain,
}

struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl RealDns {
    /// Writes and signs `zones`, starts both servers and waits until they answer.
    pub(crate) async fn start(zones: &[Zone], recursor: Recursor) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let trust_anchor = write_all(zones, directory.path());
        let (authority, resolver) = (free_address(), free_address());
        let nsd = start_nsd(zones, authority, directory.path());
        let unbound = start_unbound(zones, authority, resolver, recursor, directory.path());
        let processes = vec![nsd, unbound];
        let mut dns = Self { authority, resolver, trust_anchor, processes, _directory: directory };
        dns.wait_for(0, authority).await;
        dns.wait_for(1, resolver).await;
        dns
    }

    /// Asks for the root's SOA record until it comes, while the process lives.
    async fn wait_for(&mut self, index: usize, server: SocketAddr) {
        let process = &mut self.processes[index];
        let started = Instant::now();
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut buffer = [0; 1232];
        let mut again = tokio::time::interval(Duration::from_millis(20));
        loop {
            again.tick().await;
            process.assert_alive();
            assert!(started.elapsed() < READY, "{}", process.complaint("does not answer"));
            // A port that is not open yet answers with an error; so be it.
            let _ = socket.send_to(&SOA_OF_ROOT, server).await;
            let answer = socket.recv_from(&mut buffer);
            let Ok(Ok((length, _))) = tokio::time::timeout(ATTEMPT, answer).await else {
                continue;
            };
            let has_answer = Message::from_slice(&buffer[..length])
                .is_ok_and(|message| message.no_error() && message.header_counts().ancount() > 0);
            if has_answer {
                return;
            }
        }
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

    fn assert_alive(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{}", self.complaint(&format!("ended: {status}")));
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

fn start_nsd(zones: &[Zone], address: SocketAddr, directory: &Path) -> Process {
    let mut config = format!(
        "server:\n  ip-address: {}@{}\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  \
         zonesdir: \"{2}\"\n  pidfile: \"{2}/nsd.pid\"\n  xfrdfile: \"{2}/xfrd.state\"\n  \
         xfrdir: \"{2}\"\n  zonelistfile: \"{2}/zone.list\"\n  server-count: 1\n  \
         reuseport: no\n  hide-version: yes\nremote-control:\n  control-enable: no\n",
        address.ip(),
        address.port(),
        directory.display(),
    );
    for zone in zones {
        let file = zone.file(directory);
        let file = file.display();
        writeln!(config, "zone:\n  name: \"{}\"\n  zonefile: \"{file}\"", zone.name).unwrap();
    }
    let path = directory.join("nsd.conf");
    fs::write(&path, config).unwrap();
    Process::start("nsd", Command::new(program("nsd")).arg("-d").arg("-c").arg(path), directory)
}

fn start_unbound(
    zones: &[Zone],
    authority: SocketAddr,
    address: SocketAddr,
    recursor: Recursor,
    directory: &Path,
) -> Process {
    let modules = match recursor {
        Recursor::Validating => "validator iterator",
        Recursor::Plain => "iterator",
    };
    let mut config = format!(
        "server:\n  interface: {}@{}\n  username: \"\"\n  chroot: \"\"\n  directory: \"{2}\"\n  \
         pidfile: \"\"\n  use-syslog: no\n  verbosity: 1\n  do-daemonize: no\n  num-threads: 1\n  \
         do-ip6: no\n  do-not-query-localhost: no\n  outgoing-interface: 127.0.0.1\n  \
         access-control: 127.0.0.0/8 allow\n  \
         trust-anchor-file: \"{2}/root.ds\"\n  module-config: \"{modules}\"\n  ede: yes\n  \
         trust-anchor-signaling: no\n  root-key-sentinel: no\nremote-control:\n  \
         control-enable: no\n",
        address.ip(),
        address.port(),
        directory.display(),
    );
    for zone in zones {
        let (name, ip, port) = (zone.name, authority.ip(), authority.port());
        writeln!(config, "stub-zone:\n  name: \"{name}\"\n  stub-addr: {ip}@{port}").unwrap();
    }
    let path = directory.join("unbound.conf");
    fs::write(&path, config).unwrap();
    let mut command = Command::new(program("unbound"));
    Process::start("unbound", command.arg("-d").arg("-c").arg(path), directory)
}

/// An address whose port is free for UDP and TCP.
fn free_address() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

const READY: Duration = Duration::from_secs(30);
const ATTEMPT: Duration = Duration::from_millis(200);
/// Id 1, RD, one question: the root, SOA, IN.
const SOA_OF_ROOT: [u8; 17] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1];
