//! Behind a real resolver: Unbound asks label by label (RFC 9156), strictly, in mixed case, and
//! believes that nothing is below a name that does not exist (RFC 8020). The customers' zone is
//! served by NSD. Unbound knows no other server: the root is a stub zone too, and with it given so
//! the root hints that are compiled in are not used.

use crate::installation::{FULL, Listening, authority, listening_at, site};
use crate::message::{Query, Reply};
use domain::base::iana::OptRcode;
use ironpost_hosting::authdns::{Rcode, Transport};
use ironpost_hosting::served::Site;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket as StdUdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::time::{Instant, interval, timeout};

/// Unbound in front of NSD and of the authority.
struct Internet {
    authority: Listening,
    resolver: SocketAddr,
    processes: Vec<Process>,
    _directory: TempDir,
}

struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Internet {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let authority = listening_at(authority(), Ipv4Addr::LOCALHOST);
        let (nsd, resolver) = (free_address(), free_address());
        fs::write(path.join("root.zone"), ROOT).unwrap();
        fs::write(path.join("full.test.zone"), customer_zone()).unwrap();
        let processes =
            vec![start_nsd(nsd, path), start_unbound(resolver, nsd, authority.address, path)];
        let mut internet = Self { authority, resolver, processes, _directory: directory };
        internet.wait().await;
        internet
    }

    /// Asks until there is an answer, as long as the processes live.
    async fn wait(&mut self) {
        let begin = Instant::now();
        let mut again = interval(Duration::from_millis(20));
        loop {
            again.tick().await;
            for process in &mut self.processes {
                process.assert_alive();
            }
            assert!(begin.elapsed() < READY, "{}", self.processes[1].log());
            let query = Query::new("full.test", "SOA");
            if let Ok(Some(reply)) = timeout(ATTEMPT, exchange(self.resolver, &query)).await
                && reply.rcode == OptRcode::NOERROR
            {
                return;
            }
        }
    }

    async fn ask(&self, name: &str, rtype: &str) -> Reply {
        let query = Query::new(name, rtype).edns(4096, 0, 0, &[]);
        let reply = timeout(READY, exchange(self.resolver, &query)).await;
        reply.ok().flatten().unwrap_or_else(|| panic!("{name}: {}", self.processes[1].log()))
    }
}

async fn exchange(server: SocketAddr, query: &Query) -> Option<Reply> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(&query.octets()).await.ok()?;
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).await.ok()?;
    Some(Reply::of(&buffer[..length]))
}

impl Process {
    fn start(name: &'static str, arguments: &[&str], directory: &Path) -> Self {
        let log = directory.join(format!("{name}.log"));
        let output = File::create(&log).unwrap();
        let child = Command::new(program(name))
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self { name, child, log }
    }

    fn assert_alive(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{} ended:\n{}", self.name, self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start_nsd(address: SocketAddr, directory: &Path) -> Process {
    let path = directory.display();
    let config = format!(
        "server:\n ip-address: {}@{}\n username: \"\"\n chroot: \"\"\n database: \"\"\n \
         zonesdir: \"{path}\"\n pidfile: \"\"\n xfrdfile: \"{path}/xfrd.state\"\n \
         xfrdir: \"{path}\"\n zonelistfile: \"{path}/zone.list\"\n server-count: 1\n\
         remote-control:\n control-enable: no\n\
         zone:\n name: \".\"\n zonefile: root.zone\n\
         zone:\n name: \"full.test\"\n zonefile: full.test.zone\n",
        address.ip(),
        address.port(),
    );
    fs::write(directory.join("nsd.conf"), config).unwrap();
    Process::start("nsd", &["-d", "-c", "nsd.conf"], directory)
}

fn start_unbound(
    address: SocketAddr,
    nsd: SocketAddr,
    authority: SocketAddr,
    directory: &Path,
) -> Process {
    let stubs = [(".", nsd), ("full.test", nsd), ("sts.host.test", authority)];
    let stubs = stubs.map(|(zone, server)| {
        let (ip, port) = (server.ip(), server.port());
        format!("stub-zone:\n name: \"{zone}\"\n stub-addr: {ip}@{port}\n")
    });
    let config = format!(
        "server:\n interface: {}@{}\n username: \"\"\n chroot: \"\"\n directory: \"{}\"\n \
         pidfile: \"\"\n use-syslog: no\n verbosity: 2\n do-daemonize: no\n num-threads: 1\n \
         do-ip6: no\n do-not-query-localhost: no\n outgoing-interface: 127.0.0.1\n \
         access-control: 127.0.0.0/8 allow\n module-config: \"iterator\"\n \
         qname-minimisation: yes\n qname-minimisation-strict: yes\n use-caps-for-id: yes\n \
         harden-below-nxdomain: yes\n trust-anchor-signaling: no\n root-key-sentinel: no\n \
         local-zone: \"test.\" nodefault\n\
         remote-control:\n control-enable: no\n{}",
        address.ip(),
        address.port(),
        directory.display(),
        stubs.concat(),
    );
    fs::write(directory.join("unbound.conf"), config).unwrap();
    Process::start("unbound", &["-d", "-c", "unbound.conf"], directory)
}

/// The program's path; servers live where only root's PATH looks.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: install the Debian package {name}"))
}

/// An address whose port is free for UDP and TCP.
fn free_address() -> SocketAddr {
    loop {
        let udp = StdUdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// The records that a customer publishes once.
fn customer_zone() -> String {
    let zone = "sts.host.test.";
    format!(
        "$ORIGIN full.test.\n$TTL 300\n@ SOA ns.full.test. hostmaster 1 3600 600 86400 60\n@ NS ns\n\
         ns A 127.0.0.1\n_mta-sts CNAME sts-{FULL}.{zone}\nmta-sts CNAME host-{FULL}.{zone}\n\
         _smtp._tls CNAME rpt-{FULL}.{zone}\n_acme-challenge.mta-sts CNAME acme-{FULL}.{zone}\n\
         _mta-sts.bare CNAME sts-barebarebarebare.{zone}\n_mta-sts.gone CNAME sts-aaaaaaaaaaaaaaaa.{zone}\n\
         _smtp._tls.long CNAME rpt-longlonglonglong.{zone}\n"
    )
}

/// The data of the records at the end of the aliases.
fn found(reply: &Reply, rtype: &str) -> Vec<String> {
    let kind = format!(" IN {rtype} ");
    let data = reply.answer.iter().filter_map(|record| record.split_once(&kind));
    data.map(|(_, data)| data.to_owned()).collect()
}

#[tokio::test]
async fn what_a_customer_hands_over_is_found() {
    let internet = Internet::start().await;
    let table: &[(&str, &str, &[&str])] = &[
        ("_mta-sts.full.test", "TXT", &["\"v=STSv1; id=20260101T000000;\""]),
        (
            "_smtp._tls.full.test",
            "TXT",
            &["\"v=TLSRPTv1; rua=mailto:tls@full.test,https://full.test/report;\""],
        ),
        ("_acme-challenge.mta-sts.full.test", "TXT", &["\"first\"", "\"second\""]),
        ("mta-sts.full.test", "A", &["192.0.2.1", "192.0.2.2"]),
        ("mta-sts.full.test", "AAAA", &["2001:db8::1"]),
        ("mta-sts.full.test", "CAA", &["0 issue \"ca.test; accounturi=https://ca.test/acct/1\""]),
        ("a.deep.ns.sts.host.test", "A", &["192.0.2.54"]),
        (
            "sts.host.test",
            "SOA",
            &["ns1.sts.host.test. hostmaster.host.test. 42 7200 1800 1209600 60"],
        ),
    ];
    for (name, rtype, data) in table {
        let reply = internet.ask(name, rtype).await;
        let mut found = found(&reply, rtype);
        found.sort();
        assert_eq!(
            (reply.rcode, found.as_slice()),
            (OptRcode::NOERROR, &data.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
            "{name} {rtype}"
        );
    }
    let counters = internet.authority.authority.counters();
    assert_eq!(counters.answered(Transport::Udp, Rcode::Refused), 0);
    assert_eq!(counters.answered(Transport::Udp, Rcode::FormErr), 0);
}

/// Name, type, whether the name exists. Each is asked before anything below it is.
#[tokio::test]
async fn a_denial_takes_nothing_else_along() {
    let internet = Internet::start().await;
    let table = [
        ("nothing.sts.host.test", "TXT", false),
        ("_mta-sts.gone.full.test", "TXT", false),
        ("_mta-sts.bare.full.test", "TXT", true),
        ("acme-barebarebarebare.sts.host.test", "TXT", true),
        ("ns.sts.host.test", "A", true),
        ("deep.ns.sts.host.test", "TXT", true),
        ("other.ns.sts.host.test", "A", false),
        ("other.deep.ns.sts.host.test", "A", false),
    ];
    for (name, rtype, exists) in table {
        let reply = internet.ask(name, rtype).await;
        let rcode = if exists { OptRcode::NOERROR } else { OptRcode::NXDOMAIN };
        assert_eq!((reply.rcode, found(&reply, rtype)), (rcode, vec![]), "{name} {rtype}");
    }
    for (name, rtype) in [
        ("_mta-sts.full.test", "TXT"),
        ("a.deep.ns.sts.host.test", "A"),
        ("host-barebarebarebare.sts.host.test", "AAAA"),
        ("acme-fullfullfullfull.sts.host.test", "TXT"),
    ] {
        let reply = internet.ask(name, rtype).await;
        assert!(!found(&reply, rtype).is_empty(), "{name} {rtype}: {reply:?}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_fetched_over_tcp() {
    let internet = Internet::start().await;
    let rua = format!("https://long.test/{}", "x".repeat(1500));
    let long = site(3, "long.test", "longlonglonglong");
    let authority = &internet.authority.authority;
    authority.served().put(Site { rua: Some(rua.clone().into()), ..long });
    let reply = internet.ask("_smtp._tls.long.full.test", "TXT").await;
    let text = found(&reply, "TXT").concat().replace("\" \"", "");
    assert_eq!(text, format!("\"v=TLSRPTv1; rua={rua};\""));
    let counters = authority.counters();
    assert!(counters.truncated() >= 1);
    assert!(counters.answered(Transport::Tcp, Rcode::NoError) >= 1);
}

const ROOT: &str = "\
$ORIGIN .
$TTL 300
@ SOA ns.nsd.test. hostmaster.nsd.test. 1 3600 600 86400 60
@ NS ns.nsd.test.
ns.nsd.test. A 127.0.0.1
full.test. NS ns.full.test.
ns.full.test. A 127.0.0.1
sts.host.test. NS ns1.sts.host.test.
ns1.sts.host.test. A 127.0.0.1
";
const READY: Duration = Duration::from_secs(30);
const ATTEMPT: Duration = Duration::from_millis(200);
