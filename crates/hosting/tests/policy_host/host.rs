//! A policy host on loopback, with a CA that clients trust.

use ipnet::IpNet;
use ironpost_hosting::fetch_log::FetchLog;
use ironpost_hosting::policy_host::{Event, Limits, PolicyHost};
use ironpost_hosting::served::{PackedCertificate, Served, ServedPolicy, Site};
use ironpost_net::clock::Clock;
use ironpost_proto::delegation::Token;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::DomainId;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A host that serves `a.test`.
pub(crate) struct Host {
    pub(crate) served: Served,
    pub(crate) log: FetchLog,
    pub(crate) https: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) ca: Ca,
    pub(crate) end: CancellationToken,
    inner: PolicyHost,
    serving: [JoinHandle<()>; 2],
}

impl Host {
    pub(crate) async fn start() -> Self {
        Self::with(PATIENT, &[]).await
    }

    pub(crate) async fn with(limits: Limits, proxies: &[&str]) -> Self {
        let served = Served::default();
        let proxies = proxies.iter().map(|network| network.parse::<IpNet>().unwrap()).collect();
        let log = FetchLog::default();
        let host =
            PolicyHost::new(served.clone(), log.clone(), Arc::new(Standing), proxies, limits);
        let host = host.unwrap();
        let [https, http] = [listener().await, listener().await];
        let end = CancellationToken::new();
        let this = Self {
            served,
            log,
            https: https.local_addr().unwrap(),
            http: http.local_addr().unwrap(),
            ca: Ca::new(),
            serving: [
                tokio::spawn(host.clone().serve_https(https, end.clone())),
                tokio::spawn(host.clone().serve_http(http, end.clone())),
            ],
            end,
            inner: host,
        };
        this.serve(1, "a.test", POLICY);
        this
    }

    /// Serves that policy for the domain, with a new certificate.
    pub(crate) fn serve(&self, number: i64, domain: &str, policy: &str) {
        let certificate = self.certificate(&format!("mta-sts.{domain}"));
        self.served.put(Site { certificate: Some(certificate), ..site(number, domain, policy) });
    }

    pub(crate) fn certificate(&self, name: &str) -> Arc<PackedCertificate> {
        let (chain, key) = self.ca.issue(name);
        self.served.pack(&chain, &key).unwrap()
    }

    pub(crate) fn count(&self, event: Event) -> u64 {
        self.inner.counts().of(event)
    }

    pub(crate) fn connections(&self) -> usize {
        self.inner.connections()
    }

    /// Once `end` was given.
    pub(crate) async fn ended(self) {
        for serving in self.serving {
            serving.await.unwrap();
        }
    }
}

pub(crate) fn site(number: i64, domain: &str, policy: &str) -> Site {
    let mut token = [0; 10];
    token[..8].copy_from_slice(&number.to_be_bytes());
    Site {
        id: DomainId(number),
        domain: domain.parse().unwrap(),
        token: Token::from_bytes(token),
        policy: Some(ServedPolicy { version: 1, body: policy.to_owned().into() }),
        record: None,
        rua: None,
        certificate: None,
        dns_challenges: Vec::new(),
        alpn_challenge: None,
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A CA with one intermediate.
pub(crate) struct Ca {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Ca {
    fn new() -> Self {
        let authority = || {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let key = || KeyPair::generate().unwrap();
        let root = CertifiedIssuer::self_signed(authority(), key()).unwrap();
        let mut params = authority();
        params.distinguished_name.push(rcgen::DnType::CommonName, "intermediate");
        let intermediate = CertifiedIssuer::signed_by(params, key(), &root).unwrap();
        Self { root, intermediate }
    }

    /// A chain, leaf first, and its key.
    pub(crate) fn issue(&self, name: &str) -> (Vec<Vec<u8>>, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &self.intermediate).unwrap();
        (vec![leaf.der().to_vec(), self.intermediate.der().to_vec()], key.serialize_der())
    }

    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).unwrap();
        roots
    }

    pub(crate) fn pem(&self) -> String {
        self.root.pem()
    }
}

#[derive(Debug)]
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }
}

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const POLICY: &str =
    "version: STSv1\r\nmode: enforce\r\nmx: mail.a.test\r\nmax_age: 604800\r\n";
pub(crate) const PATH: &str = "/.well-known/mta-sts.txt";

/// Limits that no test meets unless it is about them, however slow the machine.
pub(crate) const PATIENT: Limits = Limits {
    connections: 512,
    connections_per_client: 512,
    handshake: Duration::from_mins(10),
    patience: Duration::from_mins(10),
    head: 8 * 1024,
    requests: 1_000,
    farewell: Duration::from_mins(10),
    unpacked_certificates: 64,
};
/// A deadline that is over at once, for what is to be cut off.
pub(crate) const SOON: Duration = Duration::from_millis(50);
