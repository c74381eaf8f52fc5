//! Domains that change, a clock that is moved, and engines that look at them.

use ironpost_lab::{Lab, LabOptions, Seen};
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::clock::Clock;
use ironpost_net::dns::resolver::{Dnssec, Resolver, ResolverConfig};
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::PolicySource;
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_resolver::alert::Alerts;
use ironpost_resolver::answer::{Dialect, Status};
use ironpost_resolver::engine::{Engine, Parts};
use ironpost_resolver::metrics::Metrics;
use ironpost_resolver::settings::Settings;
use ironpost_store::Store;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// A small internet whose domains change.
pub(crate) struct World {
    lab: Lab,
    folder: TempDir,
    pub(crate) clock: Arc<MovedClock>,
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct MovedClock(AtomicU64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl MovedClock {
    pub(crate) fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn set_back(&self, span: Duration) {
        self.0.fetch_sub(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

/// A domain with a policy: `<name>.example`.
#[derive(Clone)]
pub(crate) struct Domain {
    pub(crate) name: &'static str,
    /// Text of the `_mta-sts` record; `None` for no record.
    pub(crate) record: Option<String>,
    pub(crate) ttl: u32,
    pub(crate) mode: &'static str,
    pub(crate) max_age: u32,
    /// More lines of the zone.
    pub(crate) zone: &'static str,
    /// `peers.toml`.
    pub(crate) peers: &'static str,
}

impl Domain {
    /// A sound domain in mode enforce.
    pub(crate) fn sound(name: &'static str) -> Self {
        Self {
            name,
            record: Some("v=STSv1; id=1;".to_owned()),
            ttl: 600,
            mode: "enforce",
            max_age: 604_800,
            zone: "@ MX 10 mx1\nmx1 A {mx1}\n",
            peers: "",
        }
    }

    pub(crate) fn with_id(self, id: &str) -> Self {
        Self { record: Some(format!("v=STSv1; id={id};")), ..self }
    }

    fn write(&self, folder: &TempDir) {
        let path = folder.path().join(self.name);
        fs::create_dir_all(&path).unwrap();
        let record = self
            .record
            .as_ref()
            .map(|text| format!("_mta-sts {} TXT \"{text}\"\n", self.ttl))
            .unwrap_or_default();
        let zone = format!("{}{record}mta-sts A {{policy}}\n", self.zone);
        let policy = format!(
            "version: STSv1\nmode: {}\nmx: mx1.{}.example\nmax_age: {}\n",
            self.mode, self.name, self.max_age
        );
        let expect =
            "summary = \"-\"\nverdict = \"Protected\"\npolicy_status = \"valid\"\nfindings = []\n";
        for (file, text) in [
            ("zone", zone.as_str()),
            ("mta-sts.txt", &policy),
            ("peers.toml", self.peers),
            ("expect.toml", expect),
        ] {
            fs::write(path.join(file), text).unwrap();
        }
    }
}

impl World {
    pub(crate) async fn new(domains: &[Domain]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for domain in domains {
            domain.write(&folder);
        }
        let options =
            LabOptions { scenarios: Some(folder.path().to_owned()), ..LabOptions::default() };
        let lab = Lab::start(options).await.unwrap();
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let clock = Arc::new(MovedClock(AtomicU64::new(u64::try_from(now.as_millis()).unwrap())));
        Self { lab, folder, clock }
    }

    /// The domain is from now on as it says.
    pub(crate) async fn change(&mut self, domain: &Domain) {
        domain.write(&self.folder);
        self.lab.reload().await.unwrap();
    }

    pub(crate) async fn parts(&self) -> Parts {
        let resolver = Resolver::new(self.resolver_config()).await.unwrap();
        let fetcher = PolicyFetcher {
            roots: Roots::load(&RootSource::File(self.lab.roots_file().to_owned())).unwrap(),
            guard: AddressGuard::allowing(vec!["127.53.0.0/16".parse().unwrap()]),
            deadline: Duration::from_secs(5),
        };
        let source = PolicySource {
            resolver: resolver.clone(),
            fetcher,
            ports: Ports { https: self.lab.ports().https, ..Ports::default() },
            budget: Duration::from_secs(10),
        };
        Parts {
            settings: Settings::default(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            resolver,
            source,
            store: None,
            shared: None,
            alerts: Alerts::new(None, Metrics::new()),
            reports: None,
            metrics: Metrics::new(),
            in_flight: 64,
        }
    }

    fn resolver_config(&self) -> ResolverConfig {
        ResolverConfig {
            servers: vec![self.lab.dns()],
            dnssec: Dnssec::TrustAd,
            // Long enough that no question is asked twice while other tests keep the machine busy.
            deadline: Duration::from_secs(15),
            keep: ironpost_net::dns::resolver::Keep::Nothing,
            ..ResolverConfig::default()
        }
    }

    /// An engine that remembers nothing.
    pub(crate) async fn engine(&self) -> Engine {
        Engine::start(self.parts().await)
    }

    /// An engine whose memory outlives it.
    pub(crate) async fn engine_with_store(&self) -> Engine {
        Engine::start(Parts { store: Some(self.store().await), ..self.parts().await })
    }

    /// What such an engine leaves behind.
    pub(crate) async fn store(&self) -> Store {
        Store::open(&self.folder.path().join("store.sqlite")).await.unwrap()
    }

    /// HTTPS requests that the policy host of `name` has had.
    pub(crate) fn fetches(&self, name: &str) -> usize {
        let host = format!("host: mta-sts.{name}.example");
        let asks = |seen: &&Seen| match seen {
            Seen::Http { head, .. } => {
                head.iter().any(|line| line.to_ascii_lowercase().starts_with(&host))
            }
            Seen::Dns { .. } | Seen::ClientHello { .. } | Seen::Smtp { .. } => false,
        };
        self.lab.requests().iter().filter(asks).count()
    }

    /// Questions for the `_mta-sts` record of `name`.
    pub(crate) fn record_lookups(&self, name: &str) -> usize {
        let wanted = format!("_mta-sts.{name}.example");
        let asks = |seen: &&Seen| matches!(seen, Seen::Dns { name, .. } if *name == wanted);
        self.lab.requests().iter().filter(asks).count()
    }

    /// DNS questions that hold `text` in their name.
    pub(crate) fn questions(&self, text: &str) -> usize {
        let asks = |seen: &&Seen| matches!(seen, Seen::Dns { name, .. } if name.contains(text));
        self.lab.requests().iter().filter(asks).count()
    }
}

/// The answer in the words of Postfix 3.4: `OK …`, `NOTFOUND`, `TEMP`, `PERM`.
pub(crate) async fn ask(engine: &Engine, key: &str) -> String {
    ask_in(engine, Dialect::Postfix34, key).await
}

/// The same in another dialect.
pub(crate) async fn ask_in(engine: &Engine, dialect: Dialect, key: &str) -> String {
    let mut text = String::new();
    match engine.answer(dialect, key.as_bytes(), &mut text).await {
        Status::Found => format!("OK {text}"),
        Status::NotFound => "NOTFOUND".to_owned(),
        Status::Temp => "TEMP".to_owned(),
        Status::Perm => "PERM".to_owned(),
    }
}

/// Waits for something that the background brings about.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_000 {
        looks.tick().await;
        if holds().await {
            return;
        }
    }
    panic!("never came: {what}");
}

pub(crate) const DAY: Duration = Duration::from_hours(24);
