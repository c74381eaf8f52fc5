//! Looking after the installation: alerts are told, silent nodes noticed, logs kept short.

use super::{Jobs, Outcome};
use crate::alerts::{About, Trouble};
use ironpost_store::StoreError;
use ironpost_store::hosting::nodes::LOST_AFTER;
use std::time::Duration;

impl Jobs {
    pub(super) async fn tell_alerts(&self) -> Result<Outcome, StoreError> {
        Ok(Outcome::at(self.alerts.tell(self.clock.now()).await?))
    }

    pub(super) async fn upkeep(&self) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        for node in self.database.nodes().await? {
            let about = About::Node(&node.name);
            let silent = now.since(node.beat);
            if silent > LOST_AFTER {
                let text = format!(
                    "node {name} is silent: it may serve older policies on; start it again, or \
                     run `ironpost db forget-node {name}` if it will not come back",
                    name = node.name
                );
                self.alerts.raise(about, Trouble::Node, &text, now).await?;
            } else {
                self.alerts.clear(about, Trouble::Node, now).await?;
            }
        }
        let more = self.database.fold_fetches(FOLDED_AT_ONCE, now).await?;
        Ok(Outcome::at(now.after(if more { Duration::ZERO } else { PERIOD })))
    }
}

/// How often the installation is looked after.
const PERIOD: Duration = Duration::from_secs(20);
/// Domains whose fetches are folded in one go.
const FOLDED_AT_ONCE: u32 = 200;
