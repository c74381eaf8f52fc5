//! What a node is made of, and who serves on which socket.

use super::database::OpenedDatabase;
use super::sockets::Bound;
use crate::commands::{installation, network};
use crate::config::hosting::settings::{HostingSettings, Sockets};
use crate::config::hosting::values::Role;
use crate::descriptors::Descriptors;
use crate::failure::Failure;
use crate::outside::{Network, SystemClock};
use ironpost_checker::check::CheckOptions;
use ironpost_checker::evidence::Skip;
use ironpost_hosting::acme::Acme;
use ironpost_hosting::alerts::Alerts;
use ironpost_hosting::authdns::{Authority, RateLimit, Zone};
use ironpost_hosting::checks::Checks;
use ironpost_hosting::drift::DriftWatch;
use ironpost_hosting::fetch_log::{FetchLog, Senders};
use ironpost_hosting::jobs::Jobs;
use ironpost_hosting::metrics::{Counted, Metrics};
use ironpost_hosting::monitor::Monitor;
use ironpost_hosting::node::{Health, Node, NodeParts, Snapshot};
use ironpost_hosting::policy_host::{Limits, PolicyHost};
use ironpost_hosting::sealing::Seals;
use ironpost_hosting::served::Served;
use ironpost_net::clock::Clock;
use ironpost_store::OpenError;
use ironpost_store::database::Database;
use ironpost_store::hosting::Seq;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Everything that serves.
#[derive(Debug)]
pub(super) struct Plant {
    database: Database,
    served: Served,
    host: PolicyHost,
    authority: Authority,
    monitor: Monitor,
    health: watch::Receiver<Health>,
    seals: Seals,
    zone: Zone,
}

/// A plant that can serve, and the node that keeps it up to date.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) plant: Plant,
    pub(super) node: Node,
}

/// Jobs that are being done, if this node does any.
#[derive(Debug)]
pub(super) struct RunningJobs {
    end: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Plant {
    /// Reads from the database what is to be served; while a server is away, from the snapshot.
    pub(super) async fn open(
        settings: &HostingSettings,
        seals: Seals,
        OpenedDatabase { database, there }: OpenedDatabase,
    ) -> Result<Opened, Failure> {
        let mut zone = settings.zone().map_err(Failure::usage)?.clone();
        let snapshot = if database.is_shared() {
            let kept = Snapshot::open(&settings.state.join(SNAPSHOT)).await;
            Some(kept.map_err(Failure::usage)?)
        } else {
            None
        };
        let served = Served::default();
        let senders = Senders::new(settings.senders.clone()).map_err(Failure::usage)?;
        let log = FetchLog::new(senders);
        let clock = Arc::new(SystemClock);
        let roles: Vec<_> = settings.roles.iter().map(|role| role.as_str()).collect();
        let mut node = Node::new(NodeParts {
            database: database.clone(),
            name: settings.node.as_str().to_owned(),
            roles: roles.join(","),
            snapshot,
            served: served.clone(),
            seals: seals.clone(),
            log: log.clone(),
            clock: clock.clone(),
        });
        let health = node.health();
        let answered = node.fill().await.map_err(Failure::usage)?;
        let seen = health.borrow().seen;
        // Without a single domain there is nothing but denials to give, of names too that others
        // have come to serve meanwhile.
        if !answered && served.is_empty() {
            return Err(nothing_to_serve(there));
        }
        let limits = Limits::default();
        let proxies = settings.proxies.clone();
        let host = PolicyHost::new(served.clone(), log.clone(), clock.clone(), proxies, limits)
            .map_err(Failure::usage)?;
        zone.caa = caa(settings, &database, &seals).await?;
        let authority = Authority::new(&zone, served.clone(), &RateLimit::default(), clock);
        number(&authority, seen);
        let counted = Counted {
            policy_host: host.counts(),
            authority: authority.counters(),
            served: served.clone(),
            log,
            health: health.clone(),
        };
        let monitor = Monitor { metrics: Metrics::new(counted), health: health.clone() };
        let plant = Self { database, served, host, authority, monitor, health, seals, zone };
        Ok(Opened { plant, node })
    }

    /// Domains that are served.
    pub(super) fn domains(&self) -> usize {
        self.served.len()
    }

    /// Starts a server on each socket.
    pub(super) fn serve_all(
        &self,
        sockets: Sockets<Bound>,
        end: &CancellationToken,
    ) -> JoinSet<()> {
        let mut servers = JoinSet::new();
        tell(&sockets);
        for socket in sockets.https {
            let Bound::Tcp(listener) = socket else { continue };
            servers.spawn(self.host.clone().serve_https(listener, end.clone()));
        }
        for socket in sockets.http {
            let Bound::Tcp(listener) = socket else { continue };
            servers.spawn(self.host.clone().serve_http(listener, end.clone()));
        }
        for socket in sockets.dns {
            let authority = self.authority.clone();
            match socket {
                Bound::Tcp(listener) => servers.spawn(authority.serve_tcp(listener, end.clone())),
                Bound::Udp(socket) => servers.spawn(serve_udp(authority, socket, end.clone())),
            };
        }
        for socket in sockets.metrics {
            let Bound::Tcp(listener) = socket else { continue };
            servers.spawn(self.monitor.clone().serve(listener, end.clone()));
        }
        servers.spawn(number_zone(self.authority.clone(), self.health.clone(), end.clone()));
        servers
    }

    /// Begins to do jobs as the settings say, if they are among the roles.
    pub(super) async fn start_jobs(
        &self,
        settings: &HostingSettings,
        descriptors: Descriptors,
    ) -> Result<RunningJobs, Failure> {
        let end = CancellationToken::new();
        if !settings.does(Role::Jobs) {
            return Ok(RunningJobs { end, tasks: Vec::new() });
        }
        let outside = Network::open(settings.network.clone(), descriptors).await?;
        let channels = installation::channels(settings, &outside)?;
        let alerts = Alerts::new(self.database.clone(), channels);
        let acme = installation::acme(settings)?;
        let acme = Acme::new(self.database.clone(), self.seals.clone(), acme);
        let acme = acme.map_err(Failure::usage)?;
        let checked = network::network(settings.network.clone(), CHECKS, descriptors);
        let skip = Skip { smtp: !settings.mail_hosts, ..Skip::default() };
        let clock = Arc::new(SystemClock);
        let jobs = Jobs {
            database: self.database.clone(),
            health: self.health.clone(),
            acme: Some(acme.clone()),
            looker: installation::looker(settings, &self.zone, &outside),
            source: installation::source(settings, &self.zone, &outside),
            checks: Checks::new(
                self.database.clone(),
                alerts.clone(),
                checked,
                CheckOptions { skip, ..CheckOptions::default() },
            ),
            drift: DriftWatch::new(
                outside.resolver.unvalidated(),
                self.database.clone(),
                alerts.clone(),
            ),
            updaters: installation::updaters(settings)?.into(),
            alerts: alerts.clone(),
            clock: clock.clone(),
        };
        let (name, health) = (settings.node.as_str().to_owned(), self.health.clone());
        let watching = end.clone();
        let outages = async move {
            alerts.watch_database(&name, health, |health| health.connected, clock, watching).await;
        };
        let tasks = vec![
            tokio::spawn(jobs.run(end.clone())),
            tokio::spawn(outages),
            tokio::spawn(seal_anew(acme, end.clone())),
        ];
        Ok(RunningJobs { end, tasks })
    }

    /// Closes the database.
    pub(super) async fn close(self) {
        self.database.close().await;
    }
}

impl RunningJobs {
    /// Has others take over: what is under way is finished, and nothing new begun.
    pub(super) fn replace(&mut self, others: Self) {
        self.end.cancel();
        self.end = others.end;
        self.tasks.retain(|task| !task.is_finished());
        self.tasks.extend(others.tasks);
    }

    /// Finishes what is under way.
    pub(super) async fn end(self) {
        self.end.cancel();
        for task in self.tasks {
            // One that panicked has been told of by the runtime.
            let _ = task.await;
        }
    }
}

/// Whom CAA records of policy hosts allow to issue: the accounts with our CAs. None at all unless
/// every CA is among them, or it would be kept out.
async fn caa(
    settings: &HostingSettings,
    database: &Database,
    seals: &Seals,
) -> Result<Vec<String>, Failure> {
    if !settings.acme.agreed {
        return Ok(Vec::new());
    }
    let acme = Acme::new(database.clone(), seals.clone(), installation::acme(settings)?);
    let acme = acme.map_err(Failure::usage)?;
    // Those that are in the database need no CA; the first start makes them.
    let accounts = timeout(ACCOUNTS, acme.accounts(SystemClock.now())).await.unwrap_or_default();
    let mut values = Vec::new();
    for account in accounts {
        let named = account.map(|account| account.caa_values());
        match named {
            Ok(named) if !named.is_empty() => values.extend(named),
            Ok(_) => return Ok(Vec::new()),
            Err(failure) => {
                tracing::warn!("no CAA records until the next start: {failure}");
                return Ok(Vec::new());
            }
        }
    }
    Ok(values)
}

/// The database is away, and nothing was kept from before. A service manager tries again.
fn nothing_to_serve(there: Result<(), OpenError>) -> Failure {
    let error = there.map_or_else(anyhow::Error::new, |()| anyhow::anyhow!("the database is away"));
    Failure::could_not_test(error.context(
        "there is nothing to serve: the database does not answer, and this node has not served \
         from it before, or was stopped more than an hour ago: start it when the database is back",
    ))
}

/// Seals with the first key what was sealed with an older one: the end of a rotation.
async fn seal_anew(acme: Acme, end: CancellationToken) {
    let resealed = tokio::select! {
        resealed = acme.reseal() => resealed,
        () = end.cancelled() => return,
    };
    match resealed {
        Ok(0) => {}
        Ok(count) => tracing::info!("{count} private keys were sealed anew, with the first key"),
        Err(error) => {
            tracing::warn!("private keys are not sealed anew before the next start: {error}");
        }
    }
}

fn number(authority: &Authority, seen: Seq) {
    authority.set_serial(u64::try_from(seen.0).unwrap_or_default());
}

/// The zone's serial number follows the feed.
async fn number_zone(
    authority: Authority,
    mut health: watch::Receiver<Health>,
    end: CancellationToken,
) {
    loop {
        number(&authority, health.borrow_and_update().seen);
        tokio::select! {
            () = end.cancelled() => return,
            changed = health.changed() => if changed.is_err() {
                return end.cancelled().await;
            },
        }
    }
}

async fn serve_udp(authority: Authority, socket: tokio::net::UdpSocket, end: CancellationToken) {
    if let Err(error) = authority.serve_udp(socket, end).await {
        tracing::error!(%error, "a UDP socket cannot be set up");
    }
}

/// Says where this node listens. Sockets that share an address are told of once.
fn tell(sockets: &Sockets<Bound>) {
    let all = [
        ("HTTPS", &sockets.https),
        ("HTTP", &sockets.http),
        ("DNS", &sockets.dns),
        ("metrics", &sockets.metrics),
    ];
    let mut told = Vec::new();
    for (what, sockets) in all {
        for socket in sockets {
            let over = match socket {
                Bound::Tcp(_) => "tcp",
                Bound::Udp(_) => "udp",
            };
            let Some(address) = socket.address() else { continue };
            if !told.contains(&(over, address)) {
                tracing::info!("{what} on {over}:{address}");
                told.push((over, address));
            }
        }
    }
}

/// Domains that are checked at once: as many as there are jobs at a time would be a burden to the
/// resolver. Own choice.
const CHECKS: NonZeroU16 = NonZeroU16::MIN.saturating_add(15);
/// To make accounts with the CAs at the first start. Own limit.
const ACCOUNTS: Duration = Duration::from_secs(20);
/// In the state folder: what was served last from a database on another host.
const SNAPSHOT: &str = "snapshot.db";
