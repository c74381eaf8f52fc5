//! Jobs: each is done once, by whichever node takes it first.

mod planned;

pub use planned::Planned;

use super::{DomainId, NodeId, column};
use crate::StoreError;
use crate::database::{Database, MAX_VALUES, Row, Statement, Value};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// Something to be done about a domain (or, without one, about the installation) at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which: of a kind and a domain there is one job.
    pub kind: String,
    /// About which domain.
    pub domain: Option<DomainId>,
    /// When it was due.
    pub due: Timestamp,
    /// How often it was begun without having been finished.
    pub attempts: u32,
}

impl Database {
    /// Sees to it that a job is done at `due` or earlier: a time that is there already is kept if
    /// it is earlier. Of a job that is under way it counts for the next time.
    pub async fn schedule(
        &self,
        kind: &str,
        domain: Option<DomainId>,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let row = vec![kind.into(), domain.map(|id| id.0).into(), column::millis(due).into()];
        self.execute(schedule(vec![row])).await.map(drop)
    }

    /// The same for many domains, all or none.
    pub async fn schedule_all(
        &self,
        kind: &str,
        domains: &[DomainId],
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for chunk in domains.chunks(MAX_VALUES / 4) {
            let row = |id: &DomainId| -> Vec<Value> {
                vec![kind.into(), Some(id.0).into(), column::millis(due).into()]
            };
            transaction.execute(schedule(chunk.iter().map(row).collect())).await?;
        }
        transaction.commit().await
    }

    /// Takes up to `limit` jobs that are due, for as long as `lease`. A node that dies loses them
    /// when the lease is over.
    pub async fn take_jobs(
        &self,
        node: NodeId,
        kinds: &[&str],
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Job>, StoreError> {
        if self.next_job(kinds).await?.is_none_or(|due| due > now) {
            // Most of the time: nobody has to wait for a writer.
            return Ok(Vec::new());
        }
        let mut transaction = self.begin().await?;
        let locking = if transaction.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "WITH free AS ( \
                 SELECT id FROM jobs \
                 WHERE due <= $1 AND (leased_until IS NULL OR leased_until <= $1) AND {} \
                 ORDER BY due, id LIMIT $2 {locking}) \
             UPDATE jobs SET node_id = $3, leased_until = $4, attempts = attempts + 1, \
                 again = CASE WHEN again <= $1 THEN NULL ELSE again END \
             WHERE id IN (SELECT id FROM free) \
             RETURNING kind, domain_id, due, attempts - 1",
            among(kinds, 5)
        );
        let take = Statement::composed(sql)
            .bind(column::millis(now))
            .bind(limit)
            .bind(node.0)
            .bind(column::millis(now.after(lease)));
        let rows = transaction.fetch_all(with(take, kinds)).await?;
        transaction.commit().await?;
        let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        jobs.sort_by_key(|job| job.due);
        Ok(jobs)
    }

    /// A job is done; it is due again at `next`, or never. A time for which it was
    /// [scheduled](Self::schedule) while it was under way counts if it is earlier. `waits_for`
    /// is for people. Of a job that another node has taken meanwhile, nothing changes.
    pub async fn finish_job(
        &self,
        node: NodeId,
        job: &Job,
        next: Option<Timestamp>,
        waits_for: Option<&str>,
    ) -> Result<(), StoreError> {
        self.give_back(node, job, next, waits_for, 0).await
    }

    /// A job failed, and is due again at `next`: the next time its `attempts` are one more.
    pub async fn retry_job(
        &self,
        node: NodeId,
        job: &Job,
        next: Timestamp,
        waits_for: Option<&str>,
    ) -> Result<(), StoreError> {
        let attempts = job.attempts.saturating_add(1);
        self.give_back(node, job, Some(next), waits_for, attempts).await
    }

    async fn give_back(
        &self,
        node: NodeId,
        job: &Job,
        next: Option<Timestamp>,
        waits_for: Option<&str>,
        attempts: u32,
    ) -> Result<(), StoreError> {
        let statement = Statement::new(GIVE_BACK)
            .bind(node.0)
            .bind(job.kind.as_str())
            .bind(job.domain.map_or(0, |id| id.0))
            .bind(job.attempts.saturating_add(1))
            .bind(next.map(column::millis))
            .bind(waits_for)
            .bind(attempts);
        self.execute(statement).await.map(drop)
    }

    /// When the next job of these kinds is due, or may be taken from a node that has it.
    pub async fn next_job(&self, kinds: &[&str]) -> Result<Option<Timestamp>, StoreError> {
        let among = among(kinds, 1);
        let free = format!(
            "SELECT due FROM jobs WHERE due IS NOT NULL AND leased_until IS NULL AND {among} \
             ORDER BY due LIMIT 1"
        );
        let leased = format!(
            "SELECT CASE WHEN due > leased_until THEN due ELSE leased_until END AS free FROM jobs \
             WHERE leased_until IS NOT NULL AND due IS NOT NULL AND {among} \
             ORDER BY free LIMIT 1"
        );
        let mut next = None;
        for sql in [free, leased] {
            let row = self.fetch_optional(with(Statement::composed(sql), kinds)).await?;
            let due = row.map(|row| column::time(&row, 0)).transpose()?;
            next = due.into_iter().chain(next).min();
        }
        Ok(next)
    }
}

/// Of rows with kind, domain and time.
fn schedule(rows: Vec<Vec<Value>>) -> Statement {
    let rows = rows.into_iter().map(|mut row| {
        row.push(0_i64.into());
        row
    });
    Statement::rows("INSERT INTO jobs (kind, domain_id, due, attempts)", rows.collect(), SCHEDULE)
}

/// The condition that the kind is one of these, whose parameters begin with that number. Not for an
/// index: most jobs are of these kinds, and the one by time leads to the few that are due.
fn among(kinds: &[&str], first: usize) -> String {
    let parameters: Vec<_> = (first..).zip(kinds).map(|(number, _)| format!("${number}")).collect();
    if parameters.is_empty() {
        // IN () is not SQL.
        return "1 = 0".to_owned();
    }
    format!("kind || '' IN ({})", parameters.join(", "))
}

fn with(statement: Statement, kinds: &[&str]) -> Statement {
    kinds.iter().fold(statement, |statement, kind| statement.bind(*kind))
}

fn read(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        kind: row.text(0)?,
        domain: row.opt_int(1)?.map(DomainId),
        due: column::time(row, 2)?,
        attempts: column::number(row, 3)?,
    })
}

const SCHEDULE: &str = "ON CONFLICT (kind, coalesce(domain_id, 0)) DO UPDATE SET \
     due = CASE WHEN jobs.node_id IS NOT NULL THEN jobs.due \
                WHEN jobs.due < excluded.due THEN jobs.due ELSE excluded.due END, \
     again = CASE WHEN jobs.node_id IS NULL THEN NULL \
                  WHEN jobs.again < excluded.due THEN jobs.again ELSE excluded.due END";
/// The number of attempts tells this lease from a later one of the same node.
const GIVE_BACK: &str = "UPDATE jobs SET node_id = NULL, leased_until = NULL, again = NULL, \
     due = CASE WHEN $5 IS NULL OR again < $5 THEN again ELSE $5 END, \
     note = $6, attempts = $7 \
     WHERE node_id = $1 AND kind = $2 AND coalesce(domain_id, 0) = $3 AND attempts = $4";
