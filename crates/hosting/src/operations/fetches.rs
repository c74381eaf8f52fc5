//! Who fetched which version of a domain's policy, and how far the one that is shown has spread.

use super::{Desk, OperationError};
use crate::fetch_log::Spread;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::fetches::Fetched;
use std::cmp::Reverse;
use std::time::Duration;

/// What the log of fetches tells of a domain.
#[derive(Debug, Clone)]
pub struct Fetches {
    /// What was fetched before this is not told.
    pub since: Timestamp,
    /// The domain with its life.
    pub hosted: Hosted,
    /// How far the version that is shown has spread.
    pub spread: Option<Spread>,
    /// What each network and sender fetched: the latest first, and of those the most.
    pub rows: Vec<Fetched>,
}

impl Desk {
    /// What was fetched within the last `span`, by the whole hour or day. Nodes write the log of the
    /// last seconds a little later.
    pub async fn fetches(&self, name: &Domain, span: Duration) -> Result<Fetches, OperationError> {
        let hosted = self.last_hosted(name).await?;
        let since = self.clock.now().before(span);
        let mut rows = self.database.fetches(hosted.id, since).await?;
        let life = &hosted.life;
        let spread = life.shown.map(|version| Spread::of(life, version, since, &rows));
        rows.sort_by_key(|row| Reverse((row.last, row.fetches)));
        Ok(Fetches { since, hosted, spread, rows })
    }
}
