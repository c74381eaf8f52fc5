//! Alerts: raised once, told once to each channel, cleared once.
//!
//! An alert is *open* from the moment it is raised; *quiet* once nothing is wrong any more; and
//! *closed* when it has been quiet for long enough to be believed. It is told when it opens and when
//! it closes. Each channel has a mark of its own, so that one that is away hears of it later, and
//! none hears of it twice, whichever node tells.

use super::{DomainId, OrganisationId, column};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised<'a> {
    /// Its kind. Of a kind and a subject there is one alert.
    pub kind: &'a str,
    /// Whom it is about: a domain, a node, the installation.
    pub subject: &'a str,
    /// The hosted domain, if it is about one.
    pub domain: Option<(OrganisationId, DomainId)>,
    /// What makes it another matter: when these differ from those before, it is told again.
    pub facts: &'a str,
    /// In words, made visible.
    pub message: &'a str,
}

/// An alert as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAlert {
    /// Its kind.
    pub kind: String,
    /// Whom it is about.
    pub subject: String,
    /// The hosted domain, if it is about one.
    pub domain: Option<DomainId>,
    /// Goes up whenever there is something new to tell.
    pub episode: u64,
    /// In words.
    pub message: String,
    /// Since when.
    pub raised: Timestamp,
    /// Since when nothing was wrong any more.
    pub quiet: Option<Timestamp>,
    /// It is over.
    pub closed: bool,
}

impl StoredAlert {
    /// True if something is wrong now; one that is quiet waits only for its all-clear.
    pub fn is_wrong(&self) -> bool {
        !self.closed && self.quiet.is_none()
    }
}

/// What a channel has heard of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nothing: it was away when there was something to tell.
    Missed,
    /// That something is wrong.
    Open,
    /// That all is well.
    Over,
}

/// A channel that does not take what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFailure {
    /// How often in a row.
    pub failures: u32,
    /// When it is tried again.
    pub retry: Timestamp,
    /// Why, made visible.
    pub error: String,
}

impl Database {
    /// Something is wrong, now or still.
    pub async fn raise_alert(&self, raised: &Raised<'_>, now: Timestamp) -> Result<(), StoreError> {
        let (organisation, domain) = raised.domain.unzip();
        let statement = Statement::new(RAISE)
            .bind(raised.kind)
            .bind(raised.subject)
            .bind(organisation.map(|organisation| organisation.0))
            .bind(domain.map(|domain| domain.0))
            .bind(raised.facts)
            .bind(raised.message)
            .bind(column::millis(now));
        self.execute(statement).await.map(drop)
    }

    /// Nothing of this kind is wrong any more.
    pub async fn quiet_alert(
        &self,
        kind: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = Statement::new(QUIET).bind(kind).bind(subject).bind(column::millis(now));
        self.execute(statement).await.map(drop)
    }

    /// Closes the alerts that have been quiet since `quiet` or longer.
    pub async fn close_alerts(&self, quiet: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let statement = Statement::new(CLOSE).bind(column::millis(quiet)).bind(column::millis(now));
        self.execute(statement).await.map(drop)
    }

    /// Drops the alerts that were closed before `before`, and the marks that belong to none.
    pub async fn drop_alerts(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        transaction.execute(Statement::new(DROP).bind(column::millis(before))).await?;
        transaction.execute(Statement::new(DROP_TOLD)).await?;
        transaction.commit().await
    }

    /// A domain is of no interest any more: its alerts go without a word.
    pub async fn forget_alerts(&self, domain: DomainId) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        transaction.execute(Statement::new(FORGET).bind(domain.0)).await?;
        transaction.execute(Statement::new(DROP_TOLD)).await?;
        transaction.commit().await
    }

    /// What is wrong now, of one domain or of all, newest first.
    pub async fn open_alerts(
        &self,
        domain: Option<DomainId>,
        limit: u32,
    ) -> Result<Vec<StoredAlert>, StoreError> {
        let statement = match domain {
            Some(domain) => Statement::new(OPEN_OF_DOMAIN).bind(domain.0),
            None => Statement::new(OPEN),
        };
        self.fetch_all(statement.bind(limit)).await?.iter().map(alert).collect()
    }

    /// What a channel is to be told, in the order in which it happened.
    pub async fn untold_alerts(
        &self,
        channel: &str,
        limit: u32,
    ) -> Result<Vec<StoredAlert>, StoreError> {
        let statement = Statement::new(UNTOLD).bind(channel).bind(limit);
        self.fetch_all(statement).await?.iter().map(alert).collect()
    }

    /// What a channel has heard of these.
    pub async fn mark_told(
        &self,
        channel: &str,
        told: &[(&StoredAlert, Told)],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (alert, told) in told {
            let statement = Statement::new(MARK)
                .bind(channel)
                .bind(alert.kind.as_str())
                .bind(alert.subject.as_str())
                .bind(column::signed(alert.episode))
                .bind(told.as_str());
            transaction.execute(statement).await?;
        }
        transaction.commit().await
    }

    /// How a channel has failed; `None` if all is well with it.
    pub async fn channel_failure(
        &self,
        channel: &str,
    ) -> Result<Option<ChannelFailure>, StoreError> {
        let statement = Statement::new(CHANNEL).bind(channel);
        let row = self.fetch_optional(statement).await?;
        row.map(|row| {
            Ok(ChannelFailure {
                failures: column::number(&row, 0)?,
                retry: column::time(&row, 1)?,
                error: row.text(2)?,
            })
        })
        .transpose()
    }

    /// A channel has failed again, or (`None`) works.
    pub async fn note_channel(
        &self,
        channel: &str,
        failure: Option<&ChannelFailure>,
    ) -> Result<(), StoreError> {
        let statement = match failure {
            Some(failure) => Statement::new(CHANNEL_FAILED)
                .bind(channel)
                .bind(failure.failures)
                .bind(column::millis(failure.retry))
                .bind(failure.error.as_str()),
            None => Statement::new(CHANNEL_WORKS).bind(channel),
        };
        self.execute(statement).await.map(drop)
    }
}

impl Told {
    fn as_str(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Open => "open",
            Self::Over => "over",
        }
    }
}

/// In the order of the columns that each query names.
fn alert(row: &Row) -> Result<StoredAlert, StoreError> {
    Ok(StoredAlert {
        kind: row.text(0)?,
        subject: row.text(1)?,
        domain: row.opt_int(2)?.map(DomainId),
        episode: column::number(row, 3)?,
        message: row.text(4)?,
        raised: column::time(row, 5)?,
        quiet: column::opt_time(row, 6)?,
        closed: row.opt_int(7)?.is_some(),
    })
}

const RAISE: &str = "INSERT INTO alerts \
         (kind, subject, organisation_id, domain_id, episode, facts, message, raised_at) \
     VALUES ($1, $2, $3, $4, 1, $5, $6, $7) \
     ON CONFLICT (kind, subject) DO UPDATE SET \
         organisation_id = excluded.organisation_id, \
         domain_id = excluded.domain_id, \
         episode = CASE WHEN alerts.closed_at IS NULL AND alerts.facts = excluded.facts \
             THEN alerts.episode ELSE alerts.episode + 1 END, \
         raised_at = CASE WHEN alerts.closed_at IS NULL \
             THEN alerts.raised_at ELSE excluded.raised_at END, \
         facts = excluded.facts, message = excluded.message, \
         quiet_since = NULL, closed_at = NULL";
const QUIET: &str = "UPDATE alerts SET quiet_since = $3 \
     WHERE kind = $1 AND subject = $2 AND quiet_since IS NULL AND closed_at IS NULL";
const CLOSE: &str =
    "UPDATE alerts SET closed_at = $2 WHERE closed_at IS NULL AND quiet_since <= $1";
const DROP: &str = "DELETE FROM alerts WHERE closed_at < $1";
const FORGET: &str = "DELETE FROM alerts WHERE domain_id = $1";
const DROP_TOLD: &str = "DELETE FROM alerts_told WHERE NOT EXISTS \
     (SELECT 1 FROM alerts WHERE alerts.kind = alerts_told.kind \
         AND alerts.subject = alerts_told.subject)";
const OPEN: &str = "SELECT kind, subject, domain_id, episode, message, raised_at, quiet_since, \
         closed_at \
     FROM alerts WHERE closed_at IS NULL ORDER BY raised_at DESC, kind, subject LIMIT $1";
const OPEN_OF_DOMAIN: &str = "SELECT kind, subject, domain_id, episode, message, raised_at, quiet_since, closed_at \
     FROM alerts WHERE domain_id = $1 AND closed_at IS NULL \
     ORDER BY raised_at DESC, kind, subject LIMIT $2";
/// While an alert is quiet nobody is told that it is open; and whoever did not hear of its
/// beginning hears of its end only if he was away meanwhile.
const UNTOLD: &str = "SELECT a.kind, a.subject, a.domain_id, a.episode, a.message, a.raised_at, \
         a.quiet_since, a.closed_at \
     FROM alerts a LEFT JOIN alerts_told t \
         ON t.channel = $1 AND t.kind = a.kind AND t.subject = a.subject \
     WHERE (a.closed_at IS NULL AND a.quiet_since IS NULL \
             AND (t.told IS NULL OR t.told = 'missed' OR t.episode < a.episode)) \
         OR (a.closed_at IS NOT NULL AND t.told IN ('missed', 'open')) \
     ORDER BY COALESCE(a.closed_at, a.raised_at), a.kind, a.subject LIMIT $2";
const MARK: &str = "INSERT INTO alerts_told (channel, kind, subject, episode, told) \
     VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (channel, kind, subject) \
     DO UPDATE SET episode = excluded.episode, told = excluded.told";
const CHANNEL: &str = "SELECT failures, retry_at, error FROM alert_channels WHERE channel = $1";
const CHANNEL_FAILED: &str = "INSERT INTO alert_channels (channel, failures, retry_at, error) \
     VALUES ($1, $2, $3, $4) \
     ON CONFLICT (channel) DO UPDATE SET failures = excluded.failures, \
         retry_at = excluded.retry_at, error = excluded.error";
const CHANNEL_WORKS: &str = "DELETE FROM alert_channels WHERE channel = $1";
