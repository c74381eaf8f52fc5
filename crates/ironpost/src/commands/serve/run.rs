//! The daemon: opens everything, serves until a signal comes, and ends in order.

use super::confinement::confine;
use super::node::{Opened, Plant, RunningJobs};
use super::{LEAST, ServeArgs};
use super::{database, reload, sealing_key};
use crate::commands::installation;
use crate::config::hosting::inspection;
use crate::config::hosting::settings::{HostingSettings, Sockets};
use crate::daemon::confinement::Confinement;
use crate::daemon::handed::Handed;
use crate::daemon::{self, service_manager};
use crate::descriptors::Descriptors;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{DaemonSignals, Wish, block_on_every_core};
use ironpost_hosting::node::Health;
use ironpost_hosting::sealing::Seals;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Runs until a signal ends it.
pub(super) fn run(args: ServeArgs) -> Result<Exit, Failure> {
    let handed = Sockets::take()?;
    let descriptors = Descriptors::raise();
    let config = args.hosting.config();
    let settings = settle(&args)?;
    installation::make_state(&settings)?;
    // Until the process ends.
    let _sole = installation::claim(&settings.state)?;
    let seals = sealing_key::load(&settings)?;
    let confinement = confine(&settings, config.as_deref());
    let daemon = Daemon { args, config, settings, seals, handed, descriptors, confinement };
    block_on_every_core(daemon.serve())
}

/// The settings, if nothing is missing.
fn settle(args: &ServeArgs) -> Result<HostingSettings, Failure> {
    let settings = args.hosting.clone().settle_node(args.node.clone())?;
    let missing = settings.missing();
    match missing.as_slice() {
        [] => Ok(settings),
        faults => {
            let mut text = "a node cannot be started like this:".to_owned();
            for fault in faults {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "\n  - {fault}");
            }
            let _ = write!(text, "\n{LEAST}");
            Err(Failure::message(text))
        }
    }
}

struct Daemon {
    args: ServeArgs,
    config: Option<PathBuf>,
    settings: HostingSettings,
    /// `None` at the first start: they are made.
    seals: Option<Seals>,
    handed: Sockets<Handed>,
    descriptors: Descriptors,
    confinement: Confinement,
}

impl Daemon {
    async fn serve(self) -> Result<Exit, Failure> {
        let mut signals = DaemonSignals::listen()?;
        tracing::info!("ironpost serve {} starts", env!("CARGO_PKG_VERSION"));
        self.confinement.log("ironpost-serve.service");
        if let Some(fault) = inspection::state_folder(&self.settings) {
            tracing::warn!("{fault}");
        }
        // Before anything is waited for: who comes early waits in the queue. And before anything is
        // made: a start that fails leaves nothing behind.
        let sockets = match Sockets::open(&self.settings, self.handed) {
            Ok(sockets) => sockets,
            // Ports that are in use are the lesser trouble.
            Err(failure) => return Err(database::fault(&self.settings).await.unwrap_or(failure)),
        };
        let opening = open(&self.settings, self.seals);
        let Opened { plant, node } = tokio::select! {
            opened = opening => opened?,
            () = stopped(&mut signals) => return Ok(Exit::Clean),
        };
        let (serving, following) = (CancellationToken::new(), CancellationToken::new());
        let mut servers = plant.serve_all(sockets, &serving);
        let mut jobs = plant.start_jobs(&self.settings, self.descriptors).await?;
        let mut health = node.health();
        let mut follower = tokio::spawn(node.follow(following.clone()));
        let state = line(&plant, *health.borrow_and_update());
        tracing::info!("ready: {state}");
        service_manager::ready(&state);

        let mut pulse = interval(service_manager::pulse());
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                wish = signals.next() => match wish {
                    Wish::Stop => break Ok(Exit::Clean),
                    Wish::Reload => {
                        service_manager::reloading();
                        let read = reload::read(&self.args, self.config.as_deref(), &self.settings);
                        if let Some(read) = read {
                            match plant.start_jobs(&read, self.descriptors).await {
                                Ok(anew) => jobs.replace(anew),
                                Err(failure) => reload::refused(&failure),
                            }
                        }
                        service_manager::ready(&line(&plant, *health.borrow()));
                    }
                },
                _ = pulse.tick() => service_manager::alive(&line(&plant, *health.borrow())),
                Some(server) = servers.join_next() => break Err(daemon::broken(server)),
                ended = &mut follower => break Err(daemon::broken(ended)),
            }
        };

        service_manager::stopping();
        tracing::info!("ends: no new connections, what was asked is answered");
        serving.cancel();
        end(&mut servers, jobs).await;
        // Only now: the log of fetches is whole, and goes to the database with the goodbye.
        following.cancel();
        if !follower.is_finished() && timeout(GOODBYE, &mut follower).await.is_err() {
            follower.abort();
        }
        plant.close().await;
        tracing::info!("ended");
        ended
    }
}

/// Opens the database, and everything that serves from it.
async fn open(settings: &HostingSettings, seals: Option<Seals>) -> Result<Opened, Failure> {
    let database = database::open(settings).await?;
    let seals = sealing_key::settle(settings, &database, seals).await?;
    Plant::open(settings, seals, database).await
}

/// Waits for what is under way, for as long as a service manager will.
async fn end(servers: &mut JoinSet<()>, jobs: RunningJobs) {
    let all = async {
        tokio::join!(async { while servers.join_next().await.is_some() {} }, jobs.end());
    };
    if timeout(GRACE, all).await.is_err() {
        tracing::warn!("something was still under way and is cut off: it is taken up again later");
        servers.abort_all();
    }
}

async fn stopped(signals: &mut DaemonSignals) {
    while signals.next().await != Wish::Stop {}
}

/// A line for `systemctl status`.
fn line(plant: &Plant, health: Health) -> String {
    let domains = match plant.domains() {
        1 => "1 domain".to_owned(),
        domains => format!("{domains} domains"),
    };
    let database = if health.connected { "answers" } else { "is away" };
    format!("{domains} served, up to change {}; the database {database}", health.seen.0)
}

/// How long answers and jobs under way are waited for; well within what service managers allow.
const GRACE: Duration = Duration::from_secs(10);
/// How long the end waits for the database.
const GOODBYE: Duration = Duration::from_secs(8);
