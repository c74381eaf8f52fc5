//! Jobs: each is done once, by whichever node takes it first.

use super::{DomainId, NodeId};
use crate::StoreError;
use crate::database::Database;
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
    /// Sees to it that a job is done at `due` or earlier (`sooner` keeps an earlier time that is
    /// there already).
    pub async fn schedule(
        &self,
        kind: &str,
        domain: Option<DomainId>,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let _ = (kind, domain, due);
        todo!("store")
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
        let _ = (node, kinds, limit, lease, now);
        todo!("store")
    }

    /// A job is done; it is due again at `next`, or never. A time for which it was
    /// [scheduled](Self::schedule) while it was under way counts if it is earlier.
    pub async fn finish_job(
        &self,
        node: NodeId,
        job: &Job,
        next: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let _ = (node, job, next);
        todo!("store")
    }

    /// When the next job of these kinds is due.
    pub async fn next_job(&self, kinds: &[&str]) -> Result<Option<Timestamp>, StoreError> {
        let _ = kinds;
        todo!("store")
    }
}
