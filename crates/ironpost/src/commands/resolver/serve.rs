//! The daemon: opens everything, serves until a signal comes, and ends in order.

use super::ResolverStart;
use super::confinement::confine;
use super::self_test;
use super::sockets::Sockets;
use crate::config::Settings;
use crate::config::resolver::{AdminSocket, Plan, Surroundings};
use crate::daemon::confinement::Confinement;
use crate::daemon::handed::Handed;
use crate::daemon::{self, folder, make_folder, service_manager};
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{DaemonSignals, Wish, block_on_every_core};
use crate::outside::{Network, SystemClock};
use ironpost_resolver::admin::StatusReport;
use ironpost_resolver::alert::Alerts;
use ironpost_resolver::engine::{Engine, Parts};
use ironpost_resolver::failure_report::FailureReports;
use ironpost_resolver::metrics::Metrics;
use ironpost_resolver::server;
use ironpost_resolver::server::listen::Listener;
use ironpost_resolver::shared::SharedCache;
use ironpost_store::Store;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Runs until a signal ends it.
pub(super) fn run(args: ResolverStart) -> Result<Exit, Failure> {
    let handed = Sockets::take()?;
    let descriptors = Descriptors::raise();
    let configuration = Configuration::read(&args)?;
    make_folders(&configuration.plan)?;
    let confinement = confine(&configuration.plan, &configuration.network, args.outside.config());
    let daemon = Daemon { args, configuration, handed, descriptors, confinement };
    block_on_every_core(daemon.serve())
}

/// What options, file and surroundings come to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Configuration {
    plan: Plan,
    network: Settings,
}

impl Configuration {
    fn read(args: &ResolverStart) -> Result<Self, Failure> {
        let file = args.outside.file()?;
        let network = args.outside.clone().over(file.network)?;
        let (start, admin) = (args.start.clone(), args.socket.admin_socket.clone());
        let plan = Plan::new(start, admin, file.resolver, &Surroundings::of_this_process()?);
        Ok(Self { plan, network })
    }
}

struct Daemon {
    args: ResolverStart,
    configuration: Configuration,
    handed: Sockets<Handed>,
    descriptors: Descriptors,
    confinement: Confinement,
}

impl Daemon {
    async fn serve(self) -> Result<Exit, Failure> {
        let mut signals = DaemonSignals::listen()?;
        let plan = &self.configuration.plan;
        tracing::info!("ironpost resolver {} starts", env!("CARGO_PKG_VERSION"));
        self.confinement.log("ironpost-resolver.service");
        let sockets = Sockets::open(plan, self.handed)?;
        let network = Network::open(self.configuration.network.clone(), self.descriptors).await?;
        let engine = start_engine(plan, &network, self.descriptors).await?;

        let shutdown = CancellationToken::new();
        let mut servers = serve_all(sockets, plan, &engine, &shutdown);
        service_manager::ready(&line(&engine.status()));
        let testing = tokio::spawn(self_test::log(network, plan.self_test.clone()));

        let mut pulse = interval(service_manager::pulse());
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                wish = signals.next() => match wish {
                    Wish::Reload => reload(&self.args, &self.configuration, &engine),
                    Wish::Stop => break Ok(Exit::Clean),
                },
                _ = pulse.tick() => service_manager::alive(&line(&engine.status())),
                Some(server) = servers.join_next() => break Err(daemon::broken(server)),
            }
        };

        service_manager::stopping();
        tracing::info!("ends: no new connections, what was asked is answered");
        testing.abort();
        shutdown.cancel();
        if timeout(GRACE, servers.join_all()).await.is_err() {
            tracing::warn!("some clients went without their answer; they will ask again");
        }
        engine.stop().await;
        tracing::info!("ended");
        ended
    }
}

async fn start_engine(
    plan: &Plan,
    network: &Network,
    descriptors: Descriptors,
) -> Result<Engine, Failure> {
    let store = open_store(plan.state.as_deref()).await?;
    let shared = plan.cache.as_ref().map(|url| SharedCache::connect(url.reveal())).transpose();
    let shared = shared
        .map_err(|error| Failure::usage(anyhow::Error::new(error).context("the shared cache")))?;
    let reports = plan
        .tlsrpt_socket
        .clone()
        .map(|path| FailureReports::new(path, network.resolver.unvalidated()));
    let most = descriptors.domains().get();
    let metrics = Metrics::new();
    Ok(Engine::start(Parts {
        settings: plan.settings.clone(),
        clock: Arc::new(SystemClock),
        resolver: network.resolver.clone(),
        source: network.source.clone(),
        store,
        shared,
        alerts: Alerts::new(plan.alert_command.clone(), metrics.clone()),
        reports,
        metrics,
        in_flight: usize::from(plan.in_flight.min(most)),
    }))
}

async fn open_store(state: Option<&Path>) -> Result<Option<Store>, Failure> {
    let Some(state) = state else {
        tracing::warn!(
            "policies are kept in memory alone: after a restart each is unknown until it is \
             fetched again, and an attacker may then keep it unknown; name a folder with --state"
        );
        return Ok(None);
    };
    let path = state.join(DATABASE);
    let store = Store::open(&path).await.map_err(Failure::usage)?;
    tracing::info!("policies are kept in {}", path.display());
    Ok(Some(store))
}

/// Starts a server on each socket.
fn serve_all(
    sockets: Sockets<Listener>,
    plan: &Plan,
    engine: &Engine,
    shutdown: &CancellationToken,
) -> JoinSet<()> {
    let mut servers = JoinSet::new();
    for listener in sockets.lookup {
        tracing::info!("socketmap on {listener}");
        servers.spawn(server::socketmap::serve(listener, engine.clone(), shutdown.clone()));
    }
    for listener in sockets.tcp_table {
        tracing::info!("tcp_table on {listener}");
        let (engine, shutdown) = (engine.clone(), shutdown.clone());
        servers.spawn(server::tcp_table::serve(listener, engine, plan.tcp_table_dialect, shutdown));
    }
    for listener in sockets.http {
        tracing::info!("HTTP on {listener}");
        servers.spawn(server::http::serve(listener, engine.clone(), shutdown.clone()));
    }
    for listener in sockets.admin {
        tracing::info!("administration on {listener}");
        servers.spawn(server::admin::serve(listener, engine.clone(), shutdown.clone()));
    }
    servers
}

/// Reads the configuration again. A file that cannot be used changes nothing.
fn reload(args: &ResolverStart, running: &Configuration, engine: &Engine) {
    service_manager::reloading();
    match (args.outside.config(), Configuration::read(args)) {
        (None, _) => tracing::warn!("there is no configuration file to read again"),
        // What an editor or a full disk leaves behind must not take local rules away.
        (Some(path), Ok(_)) if daemon::is_blank(path) => tracing::error!(
            "{} is empty, and the configuration stays as it was; a restart goes back to the defaults",
            path.display()
        ),
        (Some(path), Ok(read)) => {
            let mut fixed = running.plan.fixed_differences(&read.plan);
            if running.network != read.network {
                fixed.push("[network]");
            }
            engine.set_settings(read.plan.settings);
            tracing::info!("the configuration {} was read again", path.display());
            if !fixed.is_empty() {
                tracing::warn!("what changed here holds from the next start: {}", fixed.join(", "));
            }
        }
        (Some(_), Err(Failure::Usage(error) | Failure::CouldNotTest(error))) => {
            tracing::error!("the configuration stays as it was: {error:#}");
        }
        (Some(_), Err(Failure::ReaderGone | Failure::Interrupted(..))) => {}
    }
    service_manager::ready(&line(&engine.status()));
}

/// A line for `systemctl status`.
fn line(report: &StatusReport) -> String {
    let StatusReport { enforce, testing, lookups, .. } = report;
    let alerts = match report.alerts.len() {
        0 => "nothing is wrong".to_owned(),
        wrong => format!("{wrong} wrong, see `ironpost resolver status`"),
    };
    format!("{enforce} enforced and {testing} tested policies, {lookups} lookups; {alerts}")
}

/// Folders that are ours to make.
fn make_folders(plan: &Plan) -> Result<(), Failure> {
    if let Some(state) = &plan.state {
        make_folder(state, daemon::PRIVATE).map_err(|error| Failure::writing(state, error))?;
    }
    if let AdminSocket::Usual(path) = &plan.admin {
        // That it cannot be made is told when the socket cannot.
        let _ = make_folder(&folder(path), PASSABLE);
    }
    Ok(())
}

/// In the state folder.
const DATABASE: &str = "resolver.db";
/// MTAs of other users have to get to the sockets in it.
const PASSABLE: u32 = 0o755;
/// How long answers under way are waited for; well within what service managers allow.
const GRACE: Duration = Duration::from_secs(10);
