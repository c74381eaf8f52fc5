//! Runs of the job in a small world: a database, and a name server that says what it is told.

use super::super::Jobs;
use super::*;
use crate::alerts::Alerts;
use crate::checks::Checks;
use crate::delegation::Looker;
use crate::drift::DriftWatch;
use crate::node::Health;
use domain::base::iana::{Class, Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, Ttl};
use domain::rdata::Cname;
use ironpost_checker::check::CheckOptions;
use ironpost_checker::gather::NetworkOptions;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::clock::Clock;
use ironpost_net::dns::resolver::{Dnssec, Keep, Resolver, ResolverConfig};
use ironpost_net::policy_fetch::PolicyFetcher;
use ironpost_net::policy_source::PolicySource;
use ironpost_net::ports::Ports;
use ironpost_net::tls::roots::{RootSource, Roots};
use ironpost_proto::delegation::{Target, Token};
use ironpost_proto::domain::Domain;
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::policy;
use ironpost_store::database::{Database, DatabaseAddress, Migration};
use ironpost_store::hosting::Seq;
use ironpost_store::hosting::certificates::{Renewal, StoredCertificate};
use ironpost_store::hosting::domains::NewDomain;
use ironpost_store::hosting::organisations;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::sync::watch;

#[tokio::test]
async fn a_claim_waits_while_a_name_may_hold_an_old_token() {
    let world = World::start().await;
    let old = world.domain(1, &[Change::Enter(State::Gone)]).await;
    let hosted = world.domain(2, &[]).await;
    for target in [Target::Record, Target::PolicyHost] {
        world.say(target, Says::Token(hosted.token));
    }
    let table = [
        (Says::Token(old.token), Some("_smtp._tls.a.test still holds "), "an old token"),
        (Says::Failure, Some("_smtp._tls.a.test cannot be looked up, so it may still hold "), "?"),
        (Says::Nothing, None, "none"),
    ];
    for (says, held, reason) in table {
        world.say(Target::ReportRecord, says);
        let (state, outcome) = world.advance(&hosted).await;
        let note = outcome.note.unwrap();
        let Some(words) = held else {
            assert_eq!(state, State::Delegated, "{reason}: {note}");
            continue;
        };
        assert_eq!(state, State::Pending, "{reason}");
        assert!(note.starts_with(words), "{reason}: {note}");
        let next = outcome.next.unwrap().since(world.clock.now());
        assert!(next > Duration::ZERO && next < Duration::from_mins(1), "{reason}: tried again");
    }
}

#[tokio::test]
async fn who_holds_a_publication_up_is_told_after_an_hour() {
    let world = World::start().await;
    let policy = "version: STSv1\nmode: testing\nmx: mx.a.test\nmax_age: 86400\n";
    let policy = policy::parse(policy.as_bytes()).verdict.unwrap();
    let shown = [
        Change::Add { number: 1, id: "1".parse().unwrap(), policy },
        Change::Enter(State::Delegated),
        Change::Show(1),
    ];
    let hosted = world.domain(1, &shown).await;
    for target in [Target::Record, Target::PolicyHost] {
        world.say(target, Says::Token(hosted.token));
    }
    let database = &world.jobs.database;
    let certificate = StoredCertificate {
        // An empty sequence: nobody looks into it here.
        chain: vec![vec![0x30, 0]],
        sealed_key: Vec::new(),
        directory: String::new(),
        not_before: START,
        not_after: START.after(Duration::from_hours(90 * 24)),
        renewal: Renewal::unasked(START),
    };
    database.put_certificate(hosted.id, &certificate, START).await.unwrap();
    let late = database.join("late", "policy", START).await.unwrap();
    let prompt = database.join("prompt", "policy", START).await.unwrap();
    let alerts = async || {
        let open = database.open_alerts(Some(hosted.id), 9).await.unwrap();
        open.into_iter().map(|alert| (alert.kind, alert.message)).collect::<Vec<_>>()
    };
    let beat = async |late_seen| {
        let (feed, now) = (database.feed().await.unwrap(), world.clock.now());
        assert!(database.beat(late, late_seen, now).await.unwrap());
        assert!(database.beat(prompt, feed, now).await.unwrap());
    };
    let behind = Seq::default();

    beat(behind).await;
    let (_, outcome) = world.advance(&hosted).await;
    let note = "waits for nodes that do not serve the policy yet: late";
    assert_eq!(outcome.note.as_deref(), Some(note));
    assert_eq!(alerts().await, [], "it has just begun");

    world.clock.advance(Duration::from_hours(1));
    beat(behind).await;
    world.advance(&hosted).await;
    let text = format!("version 1 is not announced for more than an hour: {note}");
    assert_eq!(alerts().await, [("publication".to_owned(), text)]);

    // What comes next is a fetch of our own, which fails here.
    beat(database.feed().await.unwrap()).await;
    let (_, outcome) = world.advance(&hosted).await;
    assert!(outcome.note.unwrap().starts_with("our own fetch over HTTPS failed"));
    assert_eq!(alerts().await.len(), 1, "it is not announced yet");
    let hosted = world.read(&hosted).await;
    let announced = [Change::Announce(1), Change::Enter(State::Testing)];
    let author = Author { who: "test".into(), why: None };
    database.change(&hosted, &announced, &author, world.clock.now()).await.unwrap();
    beat(database.feed().await.unwrap()).await;
    world.advance(&hosted).await;
    database.close_alerts(world.clock.now(), world.clock.now()).await.unwrap();
    assert_eq!(alerts().await, [], "all is well");
}

struct World {
    jobs: Jobs,
    clock: Arc<SetClock>,
    zone: Arc<Mutex<HashMap<String, Says>>>,
    _folder: TempDir,
}

/// What the name server says of a name of the domain.
#[derive(Debug, Clone, Copy)]
enum Says {
    /// It leads to the label of this token.
    Token(Token),
    Nothing,
    Failure,
}

#[derive(Debug)]
struct SetClock(AtomicU64);

impl SetClock {
    fn advance(&self, span: Duration) {
        self.0.fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::Sqlite(folder.path().join("ironpost.db"));
        let database = Database::open(&address, Migration::Apply).await.unwrap();
        let clock = Arc::new(SetClock(AtomicU64::new(START.as_millis())));
        let zone = Arc::new(Mutex::new(HashMap::new()));
        let server = serve(Arc::clone(&zone)).await;
        let config = ResolverConfig {
            servers: vec![server],
            dnssec: Dnssec::Off,
            keep: Keep::Nothing,
            ..ResolverConfig::default()
        };
        let resolver = Resolver::new(config.clone()).await.unwrap();
        let guard = AddressGuard::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        let roots = Roots::load(&RootSource::Bundled).unwrap();
        let deadline = Duration::from_secs(20);
        let alerts = Alerts::new(database.clone(), Vec::new());
        let network = NetworkOptions {
            resolver: config,
            roots: RootSource::Bundled,
            guard: guard.clone(),
            ports: Ports::default(),
            canaries: Some(Vec::new()),
            ehlo_name: "ironpost.test".to_owned(),
        };
        let options = CheckOptions::default();
        let idle = Health { id: None, seen: Seq::default(), connected: true };
        let (_, health) = watch::channel(idle);
        let jobs = Jobs {
            database: database.clone(),
            health,
            acme: None,
            looker: Looker {
                resolver: resolver.clone(),
                guard: guard.clone(),
                port: server.port(),
                zone: zone_name(),
                names: vec![Target::Record, Target::PolicyHost],
                addresses: Vec::new(),
            },
            source: PolicySource {
                resolver: resolver.clone(),
                fetcher: PolicyFetcher { roots, guard, deadline },
                ports: Ports::default(),
                budget: deadline,
            },
            checks: Checks::new(database.clone(), alerts.clone(), network, options),
            drift: DriftWatch::new(resolver, database, alerts.clone()),
            updaters: Arc::new([]),
            alerts,
            clock: clock.clone(),
        };
        Self { jobs, clock, zone, _folder: folder }
    }

    /// `a.test`, under a token made of a number.
    async fn domain(&self, token: u8, changes: &[Change]) -> Hosted {
        let database = &self.jobs.database;
        let organisation = database.organisation(organisations::FIRST, true).await.unwrap();
        let new = NewDomain {
            organisation: organisation.unwrap(),
            name: domain_name(),
            token: Token::from_bytes([token; 10]),
            way: Way::Cname,
            rua: None,
        };
        let author = Author { who: "test".to_owned(), why: None };
        database.add_domain_with(&new, changes, &author, self.clock.now()).await.unwrap()
    }

    fn say(&self, target: Target, says: Says) {
        let name = target.owner(&domain_name()).as_str().to_owned();
        self.zone.lock().unwrap().insert(name, says);
    }

    async fn read(&self, hosted: &Hosted) -> Hosted {
        self.jobs.database.domain_by_id(hosted.id).await.unwrap().unwrap()
    }

    /// A run of the job, and the state that it leads to.
    async fn advance(&self, hosted: &Hosted) -> (State, Outcome) {
        let outcome = self.jobs.advance(self.read(hosted).await).await.unwrap();
        (self.read(hosted).await.life.state, outcome)
    }
}

/// A name server for one domain, for as long as the test runs.
async fn serve(zone: Arc<Mutex<HashMap<String, Says>>>) -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_octets(&buffer[..length]).unwrap();
            let name = question.sole_question().unwrap().qname().to_string().to_ascii_lowercase();
            let says = zone.lock().unwrap().get(&name).copied().unwrap_or(Says::Nothing);
            socket.send_to(&answer(&question, &name, says), from).await.unwrap();
        }
    });
    address
}

fn answer(question: &Message<&[u8]>, name: &str, says: Says) -> Vec<u8> {
    let rcode = match says {
        Says::Token(_) => Rcode::NOERROR,
        Says::Nothing => Rcode::NXDOMAIN,
        Says::Failure => Rcode::SERVFAIL,
    };
    let mut answer = MessageBuilder::new_vec().start_answer(question, rcode).unwrap();
    answer.header_mut().set_ra(true);
    let asked = question.sole_question().unwrap();
    if let (Says::Token(token), Rtype::CNAME) = (says, asked.qtype()) {
        let owner = |target: &Target| target.owner(&domain_name()).as_str() == name;
        let target = Target::ALL.into_iter().find(owner).unwrap();
        let alias: Name<Vec<u8>> = target.name(token, &zone_name()).as_str().parse().unwrap();
        let ttl = Ttl::from_secs(60);
        answer.push((asked.qname(), Class::IN, ttl, Cname::new(&alias))).unwrap();
    }
    answer.finish()
}

fn domain_name() -> Domain {
    "a.test".parse().unwrap()
}

fn zone_name() -> Domain {
    "sts.host.test".parse().unwrap()
}

const START: Timestamp = Timestamp::from_millis(1_750_000_000_000);
