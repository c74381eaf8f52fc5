//! The lab as a whole: start, what to know of it, stop.

mod files;

pub use files::{LAB_FILES, LAB_MARK};

use crate::acme::{AcmeCa, AcmeCaOptions, Names};
use crate::address;
use crate::certificates::Authority;
use crate::dns::{Overlay, Place, read_zone, serve_tcp, serve_udp};
use crate::error::LabError;
use crate::folder::Folder;
use crate::hosted;
use crate::listen::{LabPorts, Sockets};
use crate::plan::{Plan, SmtpPeer};
use crate::scenario::Scenario;
use crate::seen::{Seen, SeenLog};
use crate::sound::SoundDomains;
use crate::stream::Peer;
use files::Files;
use jiff::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What kind of lab is wanted.
#[derive(Debug, Clone, Default)]
pub struct LabOptions {
    /// A folder of scenario folders; those compiled into the program when absent.
    pub scenarios: Option<PathBuf>,
    /// How many sound domains there are beside the scenarios.
    pub sound_domains: usize,
    /// How long a packet takes to its peer and back.
    pub round_trip: Duration,
    /// How long the policy hosts of sound domains think before they answer.
    pub policy_after: Duration,
    /// Fixed ports; the first free ones when absent.
    pub ports: Option<LabPorts>,
    /// Where the lab's files are written; when absent a fresh folder, removed when the lab is
    /// dropped.
    pub dir: Option<PathBuf>,
}

/// A running lab. Dropping it stops it too, without waiting for the end.
#[derive(Debug)]
pub struct Lab {
    /// Where the scenarios are read from.
    source: Option<PathBuf>,
    round_trip: Duration,
    authority: Arc<Authority>,
    ports: LabPorts,
    scenarios: Vec<Scenario>,
    sound: SoundDomains,
    seen: Arc<SeenLog>,
    files: Files,
    overlay: Overlay,
    servers: JoinSet<()>,
    /// Ports that are this lab's while it lives, whether somebody listens there or not.
    _held: Vec<TcpSocket>,
}

impl Lab {
    /// Brings every server up; when this returns, all of them listen.
    pub async fn start(options: LabOptions) -> Result<Self, LabError> {
        let folders = folders(options.scenarios.as_deref())?;
        let authority = Arc::new(Authority::new(Timestamp::now())?);
        let sound = SoundDomains::new(options.sound_domains, options.policy_after);
        let overlay = Overlay::default();
        let plan = Plan::of(&folders, sound, &authority, overlay.clone())?;
        let mut sockets = open(&plan, options.ports).await?;
        let held = std::mem::take(&mut sockets.held);
        let ports = sockets.ports;
        let files =
            Files::write(options.dir, ports, &authority.root_pem(), &plan.scenarios, sound)?;
        let seen = Arc::new(SeenLog::default());
        let scenarios = plan.scenarios.clone();
        let servers = spawn_all(plan, sockets, &seen, options.round_trip);
        Ok(Self {
            source: options.scenarios,
            round_trip: options.round_trip,
            authority,
            ports,
            scenarios,
            sound,
            seen,
            files,
            overlay,
            servers,
            _held: held,
        })
    }

    /// Reads the scenarios again and starts every server anew, at the same ports and with the same
    /// authority: the world as the folders now have it. What was seen stays.
    pub async fn reload(&mut self) -> Result<(), LabError> {
        let folders = folders(self.source.as_deref())?;
        let plan = Plan::of(&folders, self.sound, &self.authority, self.overlay.clone())?;
        self.servers.shutdown().await;
        let sockets = open(&plan, Some(self.ports)).await?;
        self.scenarios.clone_from(&plan.scenarios);
        self.servers = spawn_all(plan, sockets, &self.seen, self.round_trip);
        Ok(())
    }

    /// Stops every server, as if the network were down; [`Self::reload`] starts them again.
    pub async fn cut_off(&mut self) {
        self.servers.shutdown().await;
    }

    /// The resolver.
    pub fn dns(&self) -> SocketAddr {
        SocketAddr::from((address::RESOLVER, self.ports.dns))
    }

    /// The ports in use.
    pub fn ports(&self) -> LabPorts {
        self.ports
    }

    /// PEM of the root certificate to trust.
    pub fn roots_file(&self) -> &Path {
        &self.files.roots
    }

    /// A configuration for `ironpost --config`, with resolver, ports, roots and network.
    pub fn config_file(&self) -> &Path {
        &self.files.config
    }

    /// The domains of all scenarios, one a line, each below a comment that says what it is.
    pub fn domains_file(&self) -> &Path {
        &self.files.domains
    }

    /// The sound domains, one a line.
    pub fn sound_domains_file(&self) -> &Path {
        &self.files.sound_domains
    }

    /// The domains that take mail and wait for somebody to host their policies.
    pub fn customers(&self) -> impl Iterator<Item = String> + use<> {
        hosted::customers()
    }

    /// The zone that is handed to whoever answers at [`Self::installation`].
    pub fn hosting_zone(&self) -> &'static str {
        hosted::ZONE
    }

    /// The address kept for an installation that hosts policies: nobody of the lab listens there.
    pub fn installation(&self) -> IpAddr {
        address::INSTALLATION.into()
    }

    /// Starts a CA of ACME that issues from the lab's authority and proves names in the lab's
    /// network, HTTP-01 at port `http`.
    pub async fn start_ca(&self, http: u16) -> Result<AcmeCa, LabError> {
        let options = AcmeCaOptions {
            names: Names::Asked(self.dns()),
            http_port: http,
            tls_port: self.ports.https,
            ..AcmeCaOptions::default()
        };
        AcmeCa::start_with(options, Arc::clone(&self.authority)).await
    }

    /// A zone file whose records are added to the lab's, those of one name and type in place of
    /// the lab's own: see [`Self::read_records`].
    pub fn records_file(&self) -> &Path {
        &self.files.records
    }

    /// Reads the file of records again; the error is for people and names the line. What was read
    /// before stays then.
    pub fn read_records(&self) -> Result<(), String> {
        let text = std::fs::read_to_string(&self.files.records).map_err(|e| e.to_string())?;
        self.add_records(&text)
    }

    /// The records of a zone file in place of those that were added before.
    pub fn add_records(&self, text: &str) -> Result<(), String> {
        self.overlay.set(read_zone(text, ".")?);
        Ok(())
    }

    /// The scenarios, by name.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// The sound domains: `sound-000001.bulk.example` and so on.
    pub fn sound_domains(&self) -> Vec<String> {
        self.sound.names().collect()
    }

    /// What the peers saw, oldest first; of a very long run the last 20,000 entries.
    pub fn requests(&self) -> Vec<Seen> {
        self.seen.entries()
    }

    /// Stops every server; when this returns, the ports are free.
    pub async fn stop(mut self) {
        self.servers.shutdown().await;
    }
}

fn folders(source: Option<&Path>) -> Result<Vec<Folder>, LabError> {
    Ok(match source {
        Some(path) => Folder::read_all(path)?,
        None => Folder::compiled_in(),
    })
}

async fn open(plan: &Plan, ports: Option<LabPorts>) -> Result<Sockets, LabError> {
    let https: Vec<_> = plan.https.iter().map(|host| host.address).collect();
    let smtp: Vec<_> = plan.smtp.iter().map(SmtpPeer::address).collect();
    Sockets::open(ports, &plan.dns, &https, &smtp).await
}

fn spawn_all(
    plan: Plan,
    sockets: Sockets,
    seen: &Arc<SeenLog>,
    round_trip: Duration,
) -> JoinSet<()> {
    let mut servers = JoinSet::new();
    let tree = Arc::new(plan.tree);
    for dns in sockets.dns {
        let address = dns.address;
        let installation = SocketAddr::from((address::INSTALLATION, sockets.ports.dns));
        let (udp_tree, udp_seen) = (Arc::clone(&tree), Arc::clone(seen));
        let place = Place { address, installation };
        servers.spawn(serve_udp(dns.udp, place, udp_tree, udp_seen, round_trip));
        let (tree, seen) = (Arc::clone(&tree), Arc::clone(seen));
        servers.spawn(accept_all(dns.tcp, move |stream| {
            let (tree, seen) = (Arc::clone(&tree), Arc::clone(&seen));
            async move {
                serve_tcp(Peer::accept(stream, round_trip).await, place, tree, seen).await;
            }
        }));
    }
    for (listener, host) in sockets.https.into_iter().zip(plan.https) {
        let (host, seen) = (Arc::new(host), Arc::clone(seen));
        servers.spawn(accept_all(listener, move |stream| {
            let (host, seen) = (Arc::clone(&host), Arc::clone(&seen));
            async move { host.serve(Peer::accept(stream, round_trip).await, &seen).await }
        }));
    }
    let smtp_port = sockets.ports.smtp;
    for (listener, peer) in sockets.smtp.into_iter().zip(plan.smtp) {
        let (peer, seen) = (Arc::new(peer), Arc::clone(seen));
        servers.spawn(accept_all(listener, move |stream| {
            let (peer, seen) = (Arc::clone(&peer), Arc::clone(&seen));
            async move {
                match peer.as_ref() {
                    SmtpPeer::Mx(host) => {
                        host.serve(Peer::accept(stream, round_trip).await, &seen).await;
                    }
                    SmtpPeer::Attacker(attacker) => attacker.serve(stream, smtp_port, &seen).await,
                }
            }
        }));
    }
    servers
}

/// Serves every connection, each in its own task and for a limited time. When this future is
/// dropped, its connections go with it.
async fn accept_all<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let session = serve(stream);
                    connections.spawn(async move {
                        // A client that stays longer is shown the door.
                        let _ = timeout(MAX_SESSION, session).await;
                    });
                }
                // Out of descriptors, or the client went away before we looked: breathe.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Longer than any client should stay with a silent peer.
const MAX_SESSION: Duration = Duration::from_mins(2);
