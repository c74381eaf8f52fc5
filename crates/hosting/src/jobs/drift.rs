//! Watching a domain's MX records.

use super::{Jobs, Kind, Outcome};
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::Hosted;

impl Jobs {
    pub(super) async fn watch_mx(&self, hosted: &Hosted) -> Result<Outcome, StoreError> {
        let next = self.drift.watch(hosted, self.clock.now()).await?;
        if hosted.life.migration.is_some() {
            // Whether they were switched is for the lifecycle to see.
            self.soon(Kind::Advance, hosted).await?;
        }
        Ok(Outcome { next, note: None })
    }
}
