//! Checks of hosted domains, daily and after each change: what `ironpost check` does, with the
//! check before it to compare with.

pub(crate) mod rhythm;

use crate::alerts::{Alerts, Trouble};
use ironpost_checker::bulk::previous::{Previous, PreviousRun};
use ironpost_checker::check::{CheckOptions, Checker};
use ironpost_checker::gather::{NetworkError, NetworkOptions};
use ironpost_checker::render::json;
use ironpost_checker::report::{Report, StepState, TlsState, Verdict};
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{Life, NoAnswer, State};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::checks::{REPORTS_KEPT, StoredCheck};
use ironpost_store::hosting::domains::Hosted;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Checks hosted domains. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Checks {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    alerts: Alerts,
    network: NetworkOptions,
    options: CheckOptions,
    /// The run under way. Domains with the same MX hosts share what is found out about them.
    run: Mutex<Option<Run>>,
}

#[derive(Debug)]
struct Run {
    since: Timestamp,
    checker: Checker,
}

/// A check that was not made, or not kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The network cannot be set up.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// All of it; `None` if there is nothing to be checked, since nothing is published.
    pub report: Option<Report>,
    /// When to check again; `None`: after the next change.
    pub next: Option<Timestamp>,
}

impl Checks {
    /// Checks reach the outside world by `network`.
    pub fn new(
        database: Database,
        alerts: Alerts,
        network: NetworkOptions,
        options: CheckOptions,
    ) -> Self {
        let inner = Inner { database, alerts, network, options, run: Mutex::new(None) };
        Self { inner: Arc::new(inner) }
    }

    /// Checks a domain, keeps the report, and raises an alert if mail is at risk: a job.
    pub async fn check(&self, hosted: &Hosted, now: Timestamp) -> Result<Checked, CheckError> {
        let Inner { database, alerts, .. } = &*self.inner;
        if hosted.life.announced.is_none() || hosted.life.state == State::Gone {
            return Ok(Checked { report: None, next: None });
        }
        let previous = self.previous(hosted).await?;
        let checker = self.checker(&hosted.life, now).await?;
        let report = checker.check(&hosted.name, previous.as_ref(), jiff_time(now)).await;
        let stored = StoredCheck {
            at: now,
            verdict: word(&report),
            summary: report.summary.clone(),
            report: json::line(&report).ok(),
        };
        database.put_check(hosted.id, &stored).await?;
        match report.verdict {
            Verdict::AtRisk | Verdict::IgnoredBySenders | Verdict::Absent => {
                alerts.raise(hosted, Trouble::Check, &report.summary, now).await?;
            }
            Verdict::Protected | Verdict::Testing | Verdict::OptedOut | Verdict::Parked => {
                alerts.clear(hosted, Trouble::Check, now).await?;
            }
            // Neither good news nor bad.
            Verdict::CouldNotTell => {}
        }
        let pause = match report.verdict {
            Verdict::CouldNotTell => rhythm::jittered(AGAIN, hosted.id, now),
            _ => rhythm::jittered(DAILY, hosted.id, now),
        };
        Ok(Checked { report: Some(report), next: Some(now.after(pause)) })
    }

    /// The last check whose report is kept, to compare with.
    async fn previous(&self, hosted: &Hosted) -> Result<Option<PreviousRun>, StoreError> {
        let limit = u32::try_from(REPORTS_KEPT).unwrap_or(u32::MAX);
        let kept = self.inner.database.checks(hosted.id, limit).await?;
        // One of another version of the program is no longer understood.
        Ok(kept.iter().find_map(|check| {
            let previous = Previous::read(check.report.as_ref()?.as_bytes()).ok()?;
            previous.of(&hosted.name).cloned()
        }))
    }

    /// A checker that knows nothing from before the last change of the domain.
    async fn checker(&self, life: &Life, now: Timestamp) -> Result<Checker, NetworkError> {
        let mut run = self.inner.run.lock().await;
        let is_usable = |run: &&Run| {
            run.since > last_change(life) && now.since(run.since) < RUN && run.since <= now
        };
        if let Some(run) = run.as_ref().filter(is_usable) {
            return Ok(run.checker.clone());
        }
        let Inner { network, options, .. } = &*self.inner;
        let checker = Checker::new(network.clone(), *options).await?;
        *run = Some(Run { since: now, checker: checker.clone() });
        Ok(checker)
    }
}

/// What a report says of the MX hosts, for a switch to mode enforce: which are not fit for it, and
/// of which nothing is known (no connection to port 25 goes out from here, say).
pub fn gate(report: &Report) -> ironpost_proto::lifecycle::Checks {
    let mx = report.timeline.iter().find(|step| step.step == "mx");
    let unknown = mx.and_then(|step| match step.state {
        StepState::Ok | StepState::Warning | StepState::Failed => None,
        StepState::Absent => Some(NoAnswer::NoSuchDomain),
        StepState::NotTested => Some(NoAnswer::Failed(step.text.clone())),
    });
    let hosts = |wanted: Option<TlsState>| -> Vec<DnsName> {
        let hosts = report.mx.iter().filter(|host| wanted.is_none_or(|tls| host.tls == tls));
        // What the checker writes as a name is one.
        hosts.filter_map(|host| host.host.parse().ok()).collect()
    };
    let is_known = mx.is_some() && unknown.is_none();
    ironpost_proto::lifecycle::Checks {
        mx: is_known.then(|| hosts(None)),
        unknown,
        unsound: hosts(Some(TlsState::Faulty)),
        untested: hosts(Some(TlsState::NotTested)),
        former: Vec::new(),
    }
}

fn last_change(life: &Life) -> Timestamp {
    let moments = life.versions.iter().flat_map(|version| [version.shown, version.announced]);
    moments.flatten().fold(life.since, Timestamp::max)
}

/// The verdict as it is written in a report.
fn word(report: &Report) -> String {
    match report.verdict {
        Verdict::Protected => "protected",
        Verdict::AtRisk => "at_risk",
        Verdict::Testing => "testing",
        Verdict::IgnoredBySenders => "ignored_by_senders",
        Verdict::Absent => "absent",
        Verdict::OptedOut => "opted_out",
        Verdict::Parked => "parked",
        Verdict::CouldNotTell => "could_not_tell",
    }
    .to_owned()
}

fn jiff_time(moment: Timestamp) -> jiff::Timestamp {
    let millis = i64::try_from(moment.as_millis()).ok();
    let moment = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    moment.unwrap_or(jiff::Timestamp::MAX)
}

/// How often a domain is checked.
const DAILY: Duration = Duration::from_hours(24);
/// After a check that could not tell.
const AGAIN: Duration = Duration::from_hours(1);
/// How long what is found out about an MX host goes for all of its domains. Own limit.
const RUN: Duration = Duration::from_mins(15);

#[cfg(test)]
mod tests;
