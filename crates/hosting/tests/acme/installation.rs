//! An installation of one node on loopback, with its database, its policy host, its DNS and a clock
//! that is moved.

use crate::names::Resolver;
use ironpost_hosting::acme::{Acme, AcmeSettings, Ca, Cared, ChallengeKind};
use ironpost_hosting::authdns::{Authority, RateLimit, Zone};
use ironpost_hosting::fetch_log::FetchLog;
use ironpost_hosting::node::{Node, NodeParts};
use ironpost_hosting::policy_host::{Limits, PolicyHost};
use ironpost_hosting::sealing::Seals;
use ironpost_hosting::served::Served;
use ironpost_lab::{AcmeCa, AcmeCaOptions, Names};
use ironpost_net::clock::Clock;
use ironpost_net::tls::roots::RootSource;
use ironpost_proto::delegation::Token;
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::NodeId;
use ironpost_store::hosting::domains::{Author, Hosted, NewDomain};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) struct Installation {
    pub(crate) database: Database,
    pub(crate) seals: Seals,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) https: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Where every name is known.
    pub(crate) resolver: Resolver,
    pub(crate) folder: TempDir,
    node: NodeId,
    _end: DropGuard,
}

/// Goes on from where it is set.
#[derive(Debug)]
pub(crate) struct MovedClock {
    offset: AtomicU64,
    began: std::time::Instant,
}

impl MovedClock {
    pub(crate) fn advance(&self, span: Duration) {
        let millis = u64::try_from(span.as_millis()).unwrap();
        self.offset.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) fn jiff(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(i64::try_from(self.now().as_millis()).unwrap()).unwrap()
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let offset = Timestamp::from_millis(self.offset.load(Ordering::Relaxed));
        offset.after(self.began.elapsed())
    }
}

impl Installation {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let address = DatabaseAddress::Sqlite(folder.path().join("ironpost.db"));
        let database = Database::open(&address, Migration::Apply).await.unwrap();
        let seals = Seals::make(&folder.path().join("sealing.key")).unwrap();
        let offset = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
        let clock = Arc::new(MovedClock {
            offset: AtomicU64::new(offset),
            began: std::time::Instant::now(),
        });
        let (served, log, end) = (Served::default(), FetchLog::default(), CancellationToken::new());
        let host = PolicyHost::new(
            served.clone(),
            log.clone(),
            clock.clone(),
            Vec::new(),
            Limits::default(),
        );
        let host = host.unwrap();
        let [https, http] = [listener().await, listener().await];
        let [policies, proofs] = [&https, &http].map(|socket| socket.local_addr().unwrap());
        tokio::spawn(host.clone().serve_https(https, end.clone()));
        tokio::spawn(host.serve_http(http, end.clone()));
        let authority =
            Authority::new(&zone(), served.clone(), &RateLimit::default(), clock.clone());
        authority.set_serial(1);
        let dns = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let dns_at = dns.local_addr().unwrap();
        tokio::spawn(authority.serve_udp(dns, end.clone()));
        let resolver = Resolver::start(dns_at, database.clone()).await;
        let parts = NodeParts {
            database: database.clone(),
            name: "one".to_owned(),
            roles: "policy,dns".to_owned(),
            snapshot: None,
            served,
            seals: seals.clone(),
            log,
            clock: clock.clone(),
        };
        let mut node = Node::new(parts);
        assert!(node.fill().await.unwrap());
        let id = node.health().borrow().id.unwrap();
        tokio::spawn(node.follow(end.clone()));
        Self {
            database,
            seals,
            clock,
            https: policies,
            http: proofs,
            resolver,
            folder,
            node: id,
            _end: end.drop_guard(),
        }
    }

    /// Moves the clock; the node is alive all the while.
    pub(crate) async fn advance(&self, span: Duration) {
        self.clock.advance(span);
        let seen = self.database.nodes().await.unwrap()[0].seen;
        self.database.beat(self.node, seen, self.clock.now()).await.unwrap();
    }

    /// A domain whose CNAMEs are in place.
    pub(crate) async fn domain(&self, name: &str) -> Hosted {
        let organisation = self.database.organisation("default", true).await.unwrap().unwrap();
        let new = NewDomain {
            organisation,
            name: name.parse().unwrap(),
            token: Token::from_bytes(rand::random()),
            way: Way::Cname,
            rua: None,
        };
        let author = Author { who: "test".to_owned(), why: None };
        self.database.add_domain(&new, &author, self.clock.now()).await.unwrap()
    }

    /// What the lab's CA has to know of it.
    pub(crate) fn ca_options(&self) -> AcmeCaOptions {
        let clock = Arc::clone(&self.clock);
        AcmeCaOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Arc::new(move || clock.jiff()),
            names: Names::At(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            http_port: self.http.port(),
            tls_port: self.https.port(),
            ..AcmeCaOptions::default()
        }
    }

    /// A CA of the lab, and how it is used.
    pub(crate) async fn ca(&self) -> (AcmeCa, AcmeSettings) {
        let ca = AcmeCa::start(self.ca_options()).await.unwrap();
        let settings = self.settings(&ca);
        (ca, settings)
    }

    pub(crate) fn settings(&self, ca: &AcmeCa) -> AcmeSettings {
        self.settings_of(&ca.directory(), &ca.roots_pem())
    }

    pub(crate) fn settings_of(&self, directory: &str, roots: &str) -> AcmeSettings {
        AcmeSettings {
            agreed: true,
            contacts: vec!["postmaster@host.example".to_owned()],
            challenge: ChallengeKind::Http01,
            ..AcmeSettings::new(self.ca_settings(directory, roots))
        }
    }

    pub(crate) fn ca_settings(&self, directory: &str, roots: &str) -> Ca {
        let path = self.roots(roots);
        Ca { directory: directory.to_owned(), roots: RootSource::File(path), binding: None }
    }

    fn roots(&self, pem: &str) -> PathBuf {
        let path = self.folder.path().join(format!("roots-{:x}.pem", rand::random::<u64>()));
        std::fs::write(&path, pem).unwrap();
        path
    }

    pub(crate) fn acme(&self, settings: AcmeSettings) -> Acme {
        Acme::new(self.database.clone(), self.seals.clone(), settings).unwrap()
    }

    pub(crate) async fn care(&self, acme: &Acme, hosted: &Hosted) -> Cared {
        acme.care(hosted, self.clock.now()).await
    }

    /// Cares, and expects a new certificate.
    pub(crate) async fn issued(&self, acme: &Acme, hosted: &Hosted) {
        let cared = self.care(acme, hosted).await;
        assert!(matches!(cared, Cared::Issued(_)), "{cared:?}");
    }

    /// Cares, expects none, and says when to come back and why.
    pub(crate) async fn later(&self, acme: &Acme, hosted: &Hosted) -> (Timestamp, String) {
        match self.care(acme, hosted).await {
            Cared::Later { at, why } => (at, why),
            cared => panic!("{cared:?}"),
        }
    }

    /// Moves the clock to that moment.
    pub(crate) async fn wait_until(&self, moment: Timestamp) {
        self.advance(moment.since(self.clock.now()) + Duration::from_secs(1)).await;
    }
}

fn zone() -> Zone {
    let name = |text: &str| text.parse().unwrap();
    Zone {
        apex: name(crate::names::ZONE),
        ns: vec!["ns.host.example".parse().unwrap()],
        name_servers: Vec::new(),
        contact: "postmaster.host.example".parse().unwrap(),
        ipv4: vec![Ipv4Addr::LOCALHOST],
        ipv6: Vec::new(),
        caa: Vec::new(),
        ttl: 60,
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}
