//! Reading who fetched what.

use super::{Hour, Network};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
use crate::hosting::{DomainId, column};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// What a network fetched of a version since some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The version.
    pub version: u32,
    /// From where.
    pub network: Network,
    /// By whom.
    pub sender: String,
    /// How often.
    pub fetches: u64,
    /// In which hour last (or on which day): its first moment.
    pub last: Timestamp,
}

impl Database {
    /// What was fetched since `since`: whole hours, and whole days where hours are no longer kept.
    pub async fn fetches(
        &self,
        domain: DomainId,
        since: Timestamp,
    ) -> Result<Vec<Fetched>, StoreError> {
        let since = Hour::of(since).start();
        let statement = Statement::new(FETCHES).bind(domain.0).bind(column::millis(since));
        self.fetch_all(statement).await?.iter().map(fetched).collect()
    }
}

fn fetched(row: &Row) -> Result<Fetched, StoreError> {
    Ok(Fetched {
        version: column::number(row, 0)?,
        network: column::parsed(row, 1)?,
        sender: row.text(2)?,
        fetches: column::number(row, 3)?,
        last: column::time(row, 4)?,
    })
}

const FETCHES: &str = "SELECT version, network, sender, CAST(SUM(fetched) AS BIGINT), \
         MAX(period_start) \
     FROM fetches WHERE domain_id = $1 AND period_start + period > $2 \
     GROUP BY version, network, sender ORDER BY version, network, sender";
