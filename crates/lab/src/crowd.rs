//! A crowd of senders: each looks records up and fetches policies as RFC 8461 §5.1 has it, in small
//! and in haste, from an address of its own.

mod fetch;

use crate::dns::WireName;
use crate::error::LabError;
use domain::base::iana::{Class, Rtype};
use domain::base::{Message, MessageBuilder, Name};
use fetch::Fetcher;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// What kind of crowd is wanted.
#[derive(Debug, Clone)]
pub struct CrowdOptions {
    /// How many senders; at most [`MOST_SENDERS`].
    pub senders: u8,
    /// To whom they write.
    pub domains: Vec<String>,
    /// The resolver they ask.
    pub resolver: SocketAddr,
    /// The port of policy hosts.
    pub https: u16,
    /// Whom they believe, PEM.
    pub roots: String,
    /// How long a sender rests between two domains.
    pub pace: Duration,
    /// After how long a policy is fetched anew, whatever its record says.
    pub refresh: Duration,
}

/// A running crowd; dropping it stops it.
#[derive(Debug)]
pub struct Crowd {
    shared: Arc<Shared>,
    _senders: JoinSet<()>,
}

/// How the crowd has fared since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CrowdCounts {
    /// Policies fetched.
    pub fetched: u64,
    /// Fetches that failed.
    pub failed: u64,
}

#[derive(Debug)]
struct Shared {
    options: CrowdOptions,
    fetcher: Fetcher,
    fetched: AtomicU64,
    failed: AtomicU64,
    /// Which id each sender holds of each domain.
    held: Mutex<HashMap<(u8, String), String>>,
}

impl Crowd {
    /// Sends them off.
    pub fn start(options: CrowdOptions) -> Result<Self, LabError> {
        let fetcher = Fetcher::new(&options.roots)?;
        let senders = options.senders.min(MOST_SENDERS);
        let shared = Arc::new(Shared {
            options,
            fetcher,
            fetched: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            held: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for number in 1..=senders {
            tasks.spawn(Arc::clone(&shared).send_mail(number));
        }
        Ok(Self { shared, _senders: tasks })
    }

    /// How it has fared.
    pub fn counts(&self) -> CrowdCounts {
        CrowdCounts {
            fetched: self.shared.fetched.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
        }
    }

    /// How many senders hold the policy of this id of a domain.
    pub fn holders(&self, domain: &str, id: &str) -> usize {
        let held = self.shared.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().filter(|((_, of), held)| of == domain && *held == id).count()
    }
}

impl Shared {
    /// One sender's life.
    async fn send_mail(self: Arc<Self>, number: u8) {
        let mut fetched_at = HashMap::<String, Instant>::new();
        loop {
            for domain in &self.options.domains {
                sleep(self.options.pace).await;
                let Some(id) = self.record(domain).await else { continue };
                let key = (number, domain.clone());
                let is_new = self.held().get(&key) != Some(&id);
                let is_old =
                    fetched_at.get(domain).is_none_or(|at| at.elapsed() > self.options.refresh);
                if !is_new && !is_old {
                    continue;
                }
                match self.policy(number, domain).await {
                    Some(()) => {
                        self.fetched.fetch_add(1, Ordering::Relaxed);
                        self.held().insert(key, id);
                        fetched_at.insert(domain.clone(), Instant::now());
                    }
                    None => _ = self.failed.fetch_add(1, Ordering::Relaxed),
                }
            }
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, HashMap<(u8, String), String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id that the record announces.
    async fn record(&self, domain: &str) -> Option<String> {
        let data = self.ask(&format!("_mta-sts.{domain}"), Rtype::TXT).await?;
        let text = String::from_utf8(data.get(1..)?.to_vec()).ok()?;
        let fields = text.strip_prefix("v=STSv1;")?;
        let id = fields.split(';').find_map(|field| field.trim().strip_prefix("id="))?;
        Some(id.to_owned())
    }

    async fn policy(&self, number: u8, domain: &str) -> Option<()> {
        let host = format!("mta-sts.{domain}");
        let address = <[u8; 4]>::try_from(self.ask(&host, Rtype::A).await?).ok()?;
        let to = SocketAddr::from((address, self.options.https));
        let from = IpAddr::from(Ipv4Addr::new(127, 53, 252, number));
        let agent = AGENTS.get(usize::from(number) % AGENTS.len()).copied().unwrap_or_default();
        timeout(PATIENCE, self.fetcher.fetch(from, to, &host, agent)).await.ok().flatten()
    }

    /// The data of the first record of the type.
    async fn ask(&self, name: &str, rtype: Rtype) -> Option<Vec<u8>> {
        let name = WireName::parse(name)?;
        let mut query = MessageBuilder::new_vec().question();
        query.header_mut().set_random_id();
        query.header_mut().set_rd(true);
        query.push((Name::from_slice(name.as_slice()).ok()?, rtype, Class::IN)).ok()?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.ok()?;
        socket.connect(self.options.resolver).await.ok()?;
        socket.send(&query.finish()).await.ok()?;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        let length = timeout(PATIENCE, socket.recv(&mut buffer)).await.ok()?.ok()?;
        buffer.truncate(length);
        let message = Message::from_octets(buffer).ok()?;
        let records = message.answer().ok()?;
        records.filter_map(Result::ok).find(|record| record.rtype() == rtype).and_then(|record| {
            let record = record.into_record::<domain::base::rdata::UnknownRecordData<_>>();
            let data = record.ok()??.into_data();
            Some(AsRef::<[u8]>::as_ref(data.data()).to_vec())
        })
    }
}

/// One address each, in a network of theirs.
pub const MOST_SENDERS: u8 = 250;
/// It is all on one machine.
const PATIENCE: Duration = Duration::from_secs(3);
/// What they call themselves.
const AGENTS: [&str; 4] =
    ["", "postfix-mta-sts-resolver", "Example-Mail-Sender/2.1", "lab sender (one of many)"];
