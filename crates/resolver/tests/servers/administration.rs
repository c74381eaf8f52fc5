//! Administration, line by line.

use ironpost_net::address_guard::AddressGuard;
use ironpost_net::clock::Clock;
use ironpost_net::dns::resolver::{Dnssec, Resolver, ResolverConfig};
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::PolicySource;
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_resolver::admin::{Reply, Request};
use ironpost_resolver::alert::Alerts;
use ironpost_resolver::engine::{Engine, Parts};
use ironpost_resolver::metrics::Metrics;
use ironpost_resolver::server::admin;
use ironpost_resolver::server::listen::{Access, Address, bind};
use ironpost_resolver::settings::Settings;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(NOW)
    }
}

/// A resolver without a network.
async fn engine() -> Engine {
    let config = ResolverConfig {
        // Discard: nobody answers.
        servers: vec!["127.0.0.1:9".parse().unwrap()],
        dnssec: Dnssec::Off,
        deadline: Duration::from_millis(100),
        ..ResolverConfig::default()
    };
    let resolver = Resolver::new(config).await.unwrap();
    let fetcher = PolicyFetcher {
        roots: Roots::load(&RootSource::Bundled).unwrap(),
        guard: AddressGuard::allowing(Vec::new()),
        deadline: Duration::from_secs(1),
    };
    let source = PolicySource {
        resolver: resolver.clone(),
        fetcher,
        ports: Ports::default(),
        budget: Duration::from_secs(1),
    };
    let metrics = Metrics::new();
    Engine::start(Parts {
        settings: Settings { dane: false, ..Settings::default() },
        clock: Arc::new(Standing),
        resolver,
        source,
        store: None,
        shared: None,
        alerts: Alerts::new(None, metrics.clone()),
        reports: None,
        metrics,
        in_flight: 4,
    })
}

struct Session {
    stream: BufReader<UnixStream>,
    shutdown: CancellationToken,
    _folder: TempDir,
}

impl Session {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin");
        let access = Access { mode: 0o600, group: None };
        let listener = bind(&Address::Unix(path.clone()), &access).unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(admin::serve(listener, engine().await, shutdown.clone()));
        let stream = BufReader::new(UnixStream::connect(&path).await.unwrap());
        Self { stream, shutdown, _folder: folder }
    }

    async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    /// The next line; `None` at the end.
    async fn next(&mut self) -> Option<Reply> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
    }

    async fn ask(&mut self, request: &Request) -> Reply {
        let mut line = serde_json::to_vec(request).unwrap();
        line.push(b'\n');
        self.send(&line).await;
        self.next().await.unwrap()
    }
}

fn import(domain: &str) -> Request {
    Request::Import {
        domain: domain.to_owned(),
        id: "1".to_owned(),
        policy: "version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 86400\n".to_owned(),
        fetched_at: NOW - 1000,
    }
}

#[tokio::test]
async fn every_request_has_its_reply() {
    let mut session = Session::start().await;
    let a = || "A.example".to_owned();
    assert_eq!(session.ask(&Request::Show { domain: a() }).await, Reply::Unknown);
    assert_eq!(session.ask(&import("a.example")).await, Reply::Done { changed: true });
    assert_eq!(session.ask(&import("a.example")).await, Reply::Done { changed: false });
    let Reply::Policy(policy) = session.ask(&Request::Show { domain: a() }).await else { panic!() };
    assert_eq!(policy.domain, "a.example");
    assert_eq!(policy.mx, ["*.a.example"]);
    let Reply::Status(status) = session.ask(&Request::Status).await else { panic!() };
    assert_eq!((status.enforce, status.testing, status.store.as_str()), (1, 0, "none"));
    let refreshed = session.ask(&Request::Refresh { domain: a() }).await;
    let Reply::Refreshed(refreshed) = refreshed else { panic!("{refreshed:?}") };
    assert!(!refreshed.fetched, "{refreshed:?}");
    assert_eq!(refreshed.policy.unwrap().expires, policy.expires);
    let purge = Request::Purge { domain: a() };
    assert_eq!(session.ask(&purge).await, Reply::Done { changed: true });
    assert_eq!(session.ask(&purge).await, Reply::Done { changed: false });
}

#[tokio::test]
async fn a_long_list_comes_whole() {
    let mut session = Session::start().await;
    for n in 0..1201 {
        assert_eq!(
            session.ask(&import(&format!("d{n}.example"))).await,
            Reply::Done { changed: true }
        );
    }
    session.send(b"{\"do\":\"list\"}\n{\"do\":\"status\"}\n").await;
    let mut listed = Vec::new();
    loop {
        match session.next().await.unwrap() {
            Reply::Policy(policy) => listed.push(policy.domain),
            Reply::End => break,
            other => panic!("{other:?}"),
        }
    }
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed.len(), 1201);
    assert!(matches!(session.next().await, Some(Reply::Status(_))), "the next request");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_the_next_request_is_not() {
    let mut session = Session::start().await;
    let with = |policy: &str, id: &str, domain: &str| {
        serde_json::json!({
            "do": "import", "domain": domain, "id": id, "policy": policy, "fetched_at": NOW,
        })
        .to_string()
    };
    let sound = "version: STSv1\nmode: none\nmax_age: 86400\n";
    for (line, reason) in [
        ("", "the request cannot be read"),
        ("status", "the request cannot be read"),
        ("\0", "the request cannot be read"),
        (r#"{"do":"stop"}"#, "the request cannot be read"),
        (r#"{"do":"show"}"#, "the request cannot be read"),
        (r#"{"do":"show","domain":"a","more":1}"#, "the request cannot be read"),
        (r#"{"do":"show","domain":"a..b"}"#, "the domain cannot be read"),
        (r#"{"do":"purge","domain":"\u001b[2J"}"#, "the domain cannot be read"),
        (&with(sound, "1", "-"), "the domain cannot be read"),
        (&with(sound, "a b", "a.example"), "the id cannot be read"),
        (&with("mode: enforce", "1", "a.example"), "the policy cannot be read"),
    ] {
        session.send(format!("{line}\n").as_bytes()).await;
        let reply = session.next().await;
        let Some(Reply::Refused { reason: told }) = &reply else { panic!("{line}: {reply:?}") };
        assert!(told.starts_with(reason), "{line}: {told}");
        assert!(!told.chars().any(char::is_control), "{line}: {told}");
    }
    assert!(matches!(session.ask(&Request::Status).await, Reply::Status(_)));
}

#[tokio::test]
async fn a_line_without_end_is_refused() {
    let mut session = Session::start().await;
    let (reading, mut writing) = session.stream.get_mut().split();
    // The server closes before it has read all of it.
    let flood = async { drop(writing.write_all(&vec![b'x'; 2 << 20]).await) };
    let mut told = String::new();
    let mut reading = BufReader::new(reading);
    let (read, ()) = tokio::join!(reading.read_line(&mut told), flood);
    read.unwrap();
    assert_eq!(
        told,
        "{\"is\":\"refused\",\"reason\":\"a request is longer than 1048576 octets\"}\n"
    );
}

#[tokio::test]
async fn it_ends_with_the_resolver() {
    let mut session = Session::start().await;
    assert!(matches!(session.ask(&Request::Status).await, Reply::Status(_)));
    session.shutdown.cancel();
    assert_eq!(session.next().await, None);
}

/// Milliseconds since the epoch.
const NOW: u64 = 1_750_000_000_000;
