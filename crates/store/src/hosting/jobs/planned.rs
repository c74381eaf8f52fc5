//! What is planned of a domain.

use super::super::{DomainId, column};
use crate::StoreError;
use crate::database::{Database, Statement};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which.
    pub kind: String,
    /// When it is done next; `None`: when somebody asks for it.
    pub due: Option<Timestamp>,
    /// What it waits for, or failed at.
    pub note: Option<String>,
}

impl Database {
    /// Every job of a domain.
    pub async fn jobs_of(&self, domain: DomainId) -> Result<Vec<Planned>, StoreError> {
        let sql = "SELECT kind, due, note FROM jobs WHERE domain_id = $1 ORDER BY kind";
        let rows = self.fetch_all(Statement::new(sql).bind(domain.0)).await?;
        rows.iter()
            .map(|row| {
                let (kind, due) = (row.text(0)?, column::opt_time(row, 1)?);
                Ok(Planned { kind, due, note: row.opt_text(2)? })
            })
            .collect()
    }
}
