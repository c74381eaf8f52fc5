//! What a run of the job sees of the world around a domain.

use super::super::{Jobs, Outcome};
use crate::alerts::Trouble;
use crate::delegation::{Look, Servers};
use ironpost_proto::delegation::Target;
use ironpost_proto::lifecycle::{MxSet, Nodes, Observed, Sight};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::Hosted;
use ironpost_store::hosting::nodes::LOST_AFTER;
use std::time::Duration;

/// What is known in one run of the job.
pub(super) struct Seen {
    pub(super) observed: Observed,
    pub(super) look: Option<Look>,
    pub(super) looked: bool,
    /// Live nodes that do not follow the domain's last change yet.
    pub(super) behind: Vec<String>,
    /// How often nodes are waited for within the run.
    pub(super) patience: u32,
}

impl Seen {
    pub(super) fn new() -> Self {
        let observed = Observed {
            policy_host: Sight::Unknown,
            record: Sight::Unknown,
            id: None,
            certificate: false,
            fetched: None,
            nodes: Nodes::Behind,
            mx: None::<MxSet>,
        };
        let (look, behind) = (None, Vec::new());
        Self { observed, look, looked: false, behind, patience: NODES_PATIENCE }
    }
}

impl Jobs {
    pub(super) async fn has_certificate(
        &self,
        hosted: &Hosted,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let stored = self.database.certificate(hosted.id).await?;
        Ok(stored.is_some_and(|stored| stored.not_before <= now && now < stored.not_after))
    }

    pub(super) async fn see_nodes(
        &self,
        hosted: &Hosted,
        seen: &mut Seen,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let agreement = self.database.agreement(hosted.seq, now).await?;
        seen.observed.nodes = match (agreement.live, agreement.all) {
            (_, true) => Nodes::AllAgree,
            (true, false) => Nodes::LiveAgree,
            (false, false) => Nodes::Behind,
        };
        let live = agreement.missing.into_iter().filter(|(_, beat)| now.since(*beat) <= LOST_AFTER);
        seen.behind = live.map(|(name, _)| name).collect();
        Ok(())
    }

    pub(super) async fn look(&self, hosted: &Hosted, seen: &mut Seen) {
        let expected = self.looker.expected(&hosted.name, hosted.token, hosted.life.way);
        let look = self.looker.look(&expected, Servers::InDoubt).await;
        seen.observed.policy_host = look.sight(Target::PolicyHost);
        seen.observed.record = look.sight(Target::Record);
        seen.observed.id = self.settled(hosted, look.id.clone()).await;
        if hosted.life.migration.is_some() {
            seen.observed.mx = self.drift.mx(&hosted.name).await;
        }
        seen.look = Some(look);
        seen.looked = true;
    }

    /// Fetches our own policy as a sender does. `Some` if it was not what it should be.
    pub(super) async fn fetch_own(
        &self,
        hosted: &Hosted,
        seen: &mut Seen,
    ) -> Result<Option<Outcome>, StoreError> {
        let Some(shown) = hosted.life.shown.and_then(|number| hosted.life.version(number)) else {
            return Ok(Some(Outcome::done()));
        };
        let now = self.clock.now();
        let why = match self.source.policy(&hosted.name).await {
            Ok(policy) if policy == shown.policy => {
                seen.observed.fetched = Some(shown.number);
                self.alerts.clear(hosted, Trouble::Fetch, now).await?;
                return Ok(None);
            }
            Ok(_) => "our own fetch over HTTPS brought another policy than is served here".into(),
            Err(failure) => format!("our own fetch over HTTPS failed: {failure}"),
        };
        if !seen.looked {
            // Perhaps the names do not lead here: that is the better thing to say.
            self.look(hosted, seen).await;
            return Ok(None);
        }
        let why = Visible::from(&*why).to_string();
        if hosted.life.announced.is_some() {
            self.alerts.raise(hosted, Trouble::Fetch, &why, now).await?;
        }
        self.held_up(hosted, why, FETCH_PAUSE).await.map(Some)
    }
}

/// How often nodes are looked at within a run.
const NODES_PATIENCE: u32 = 100;
const FETCH_PAUSE: Duration = Duration::from_secs(5);
