//! Jobs: what takes time, done once by one of the nodes.
//!
//! A job is a row with a lease; whichever node takes it does it, and says when it is due again. A
//! node that dies loses its jobs when their leases are over, so a job may be begun twice and is
//! written so that this does no harm.

mod advance;
mod certificate;
mod check;
mod drift;
mod record;
mod upkeep;

use crate::acme::Acme;
use crate::alerts::Alerts;
use crate::checks::Checks;
use crate::delegation::Looker;
use crate::dns_update::Updater;
use crate::drift::DriftWatch;
use crate::node::Health;
use ironpost_net::clock::Clock;
use ironpost_net::policy_source::PolicySource;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::NodeId;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::jobs::Job;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What jobs are done with.
#[derive(Debug, Clone)]
pub struct Jobs {
    /// Where they are.
    pub database: Database,
    /// How the node that does them is doing.
    pub health: watch::Receiver<Health>,
    /// Orders certificates; `None` where none is configured.
    pub acme: Option<Acme>,
    /// Looks at where names lead.
    pub looker: Looker,
    /// Fetches our own policies as a sender does.
    pub source: PolicySource,
    /// Checks hosted domains.
    pub checks: Checks,
    /// Watches MX records.
    pub drift: DriftWatch,
    /// Ways into the DNS of domains that did not hand their record over.
    pub updaters: Arc<[Updater]>,
    /// Who hears of trouble.
    pub alerts: Alerts,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Takes a domain's life one step further.
    Advance,
    /// Looks after a domain's certificate.
    Certificate,
    /// Checks a domain.
    Check,
    /// Looks at a domain's MX records.
    Drift,
    /// Tells alerts.
    Alerts,
    /// Looks after the installation: nodes that are silent, logs that grow old.
    Upkeep,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// When it is due again; `None`: when somebody asks for it.
    pub(crate) next: Option<Timestamp>,
    /// What it waits for or failed at, for people; `None` when all is well.
    pub(crate) note: Option<String>,
}

impl Jobs {
    /// Does jobs until `end`, and finishes those under way.
    pub async fn run(mut self, end: CancellationToken) {
        let mut under_way = JoinSet::new();
        let mut prepared = false;
        while !end.is_cancelled() {
            let health = *self.health.borrow_and_update();
            if let (Some(node), true) = (health.id, health.connected) {
                if !prepared {
                    prepared = self.prepare().await.is_ok();
                }
                self.take(node, &mut under_way).await;
            }
            let pause = self.pause(health).await;
            tokio::select! {
                () = end.cancelled() => break,
                // The feed has gone up, or the database is back.
                changed = self.health.changed() => if changed.is_err() { break },
                Some(_) = under_way.join_next() => {}
                () = sleep(pause) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// The jobs of the installation are there from the first node on.
    async fn prepare(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for kind in [Kind::Alerts, Kind::Upkeep] {
            self.database.schedule(kind.as_str(), None, now).await?;
        }
        Ok(())
    }

    /// Takes what is due, as far as there are places.
    async fn take(&self, node: NodeId, under_way: &mut JoinSet<()>) {
        let free = PLACES.saturating_sub(under_way.len());
        let Ok(free @ 1..) = u32::try_from(free) else { return };
        let kinds = Kind::ALL.map(Kind::as_str);
        let now = self.clock.now();
        let taken = self.database.take_jobs(node, &kinds, free, LEASE, now).await;
        match taken {
            Ok(jobs) => {
                for job in jobs {
                    under_way.spawn(self.clone().perform(node, job));
                }
            }
            Err(error) => tracing::debug!(%error, "no jobs can be taken"),
        }
    }

    /// How long nothing is due.
    async fn pause(&self, health: Health) -> Duration {
        if !health.connected {
            return LONGEST_PAUSE;
        }
        let kinds = Kind::ALL.map(Kind::as_str);
        match self.database.next_job(&kinds).await {
            Ok(Some(due)) => due.since(self.clock.now()).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
            Ok(None) | Err(_) => LONGEST_PAUSE,
        }
    }

    async fn perform(self, node: NodeId, job: Job) {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == job.kind) else {
            return;
        };
        let why = match timeout(DEADLINE, Box::pin(self.work(kind, &job))).await {
            Ok(Ok(Outcome { next, note })) => {
                let ticked = self.database.finish_job(node, &job, next, note.as_deref()).await;
                return note_unticked(&job, ticked);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        // Not the domain's fault: soon, and later each time.
        let pause = RETRY.saturating_mul(1 << job.attempts.min(MOST_DOUBLINGS));
        let next = self.clock.now().after(pause);
        note_unticked(&job, self.database.retry_job(node, &job, next, Some(&why)).await);
    }

    async fn work(&self, kind: Kind, job: &Job) -> Result<Outcome, StoreError> {
        let hosted = match job.domain {
            Some(id) => self.database.domain_by_id(id).await?,
            None => None,
        };
        match (kind, hosted) {
            (Kind::Advance, Some(hosted)) => self.advance(hosted).await,
            (Kind::Certificate, Some(hosted)) => self.certificate(&hosted).await,
            (Kind::Check, Some(hosted)) => self.check(&hosted).await,
            (Kind::Drift, Some(hosted)) => self.watch_mx(&hosted).await,
            (Kind::Alerts, _) => self.tell_alerts().await,
            (Kind::Upkeep, _) => self.upkeep().await,
            (Kind::Advance | Kind::Certificate | Kind::Check | Kind::Drift, None) => {
                Ok(Outcome { next: None, note: None })
            }
        }
    }

    /// Makes a job due now.
    pub(crate) async fn soon(&self, kind: Kind, hosted: &Hosted) -> Result<(), StoreError> {
        self.database.schedule(kind.as_str(), Some(hosted.id), self.clock.now()).await
    }
}

/// The lease of a job that is not ticked off will run out, and it is done again.
fn note_unticked(job: &Job, ticked: Result<(), StoreError>) {
    if let Err(error) = ticked {
        tracing::warn!(%error, kind = %job.kind, "a job that is done cannot be ticked off");
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Advance, Self::Certificate, Self::Check, Self::Drift, Self::Alerts, Self::Upkeep];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::Certificate => "certificate",
            Self::Check => "check",
            Self::Drift => "drift",
            Self::Alerts => "alerts",
            Self::Upkeep => "upkeep",
        }
    }
}

impl Outcome {
    /// All is well; again then.
    pub(crate) fn at(next: Timestamp) -> Self {
        Self { next: Some(next), note: None }
    }

    /// Nothing to do until somebody asks.
    pub(crate) fn done() -> Self {
        Self { next: None, note: None }
    }
}

/// Jobs that a node has under way at once: they wait for others most of the time.
const PLACES: usize = 48;
/// Longer than [`DEADLINE`], so that no job is done twice by nodes that live.
const LEASE: Duration = Duration::from_mins(10);
/// No job takes longer: a check ends within a minute, an order within some.
const DEADLINE: Duration = Duration::from_mins(8);
/// The first pause after a failure.
const RETRY: Duration = Duration::from_secs(5);
/// The longest such pause is 2^8 times that, some twenty minutes.
const MOST_DOUBLINGS: u32 = 8;
/// Jobs may come from another process, which wakes nobody.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A job that is due, but taken by another node.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
