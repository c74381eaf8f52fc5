//! What a domain waits for: until when, what people are told, and who hears of it.

use super::super::{Jobs, Outcome};
use super::seen::Seen;
use crate::alerts::Trouble;
use crate::delegation::Look;
use ironpost_proto::lifecycle::{Sight, State, Waiting};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::Hosted;
use std::time::Duration;

impl Jobs {
    /// There is something to wait for: until when, and what people are told.
    pub(super) async fn waits(
        &self,
        hosted: &Hosted,
        seen: &Seen,
        waiting: Waiting,
        until: Option<Timestamp>,
    ) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        self.tell_drift(hosted, seen, &waiting, now).await?;
        let shown = on_its_way(hosted).unwrap_or(hosted.life.since);
        let pause = match &waiting {
            Waiting::Records => looking_pause(now.since(hosted.life.since)),
            // Of a record to be pasted there is news since its version is served.
            Waiting::Paste(_) => looking_pause(now.since(hosted.life.since.max(shown))),
            Waiting::Nodes => (now.since(shown) / 60).clamp(NODES_SOONEST, NODES_LATEST),
            Waiting::MxSwitch | Waiting::MxCaches => MX_PAUSE,
            Waiting::Nothing | Waiting::Publication | Waiting::Senders | Waiting::Narrowing => {
                STEADY
            }
        };
        // Older versions wait for nodes that are silent to come back.
        let unreplaced = hosted.life.versions.iter().any(|version| {
            Some(version.number) != hosted.life.shown
                && version.shown.is_some()
                && version.replaced.is_none()
        });
        let pause = if unreplaced { pause.min(REPLACE_PAUSE) } else { pause };
        let next = now.after(pause);
        let next = until.map_or(next, |until| until.min(next));
        let note = words(hosted, seen, &waiting);
        match (&waiting, &note) {
            (Waiting::Nodes, Some(why)) => self.tell_held_up(hosted, why, now).await?,
            _ if on_its_way(hosted).is_none() => {
                self.alerts.clear(hosted, Trouble::Publication, now).await?;
            }
            _ => {}
        }
        if hosted.life.state == State::Gone {
            self.alerts.forget(hosted.id).await?;
            return Ok(Outcome { next: None, note });
        }
        Ok(Outcome { next: Some(next), note })
    }

    /// Names that led here and do so no longer.
    async fn tell_drift(
        &self,
        hosted: &Hosted,
        seen: &Seen,
        waiting: &Waiting,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if hosted.life.announced.is_none() || !seen.looked {
            return Ok(());
        }
        match (waiting, words(hosted, seen, waiting)) {
            (Waiting::Records | Waiting::Paste(_), Some(words)) => {
                self.alerts.raise(hosted, Trouble::Delegation, &words, now).await
            }
            _ if seen.observed.policy_host == Sight::Ours => {
                self.alerts.clear(hosted, Trouble::Delegation, now).await
            }
            _ => Ok(()),
        }
    }

    /// Something that is ours to do does not get on: tried again after `pause`.
    pub(super) async fn held_up(
        &self,
        hosted: &Hosted,
        why: String,
        pause: Duration,
    ) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        self.tell_held_up(hosted, &why, now).await?;
        Ok(Outcome { next: Some(now.after(pause)), note: Some(why) })
    }

    /// A version that has been on its way for long. Once it is announced, all is well.
    async fn tell_held_up(
        &self,
        hosted: &Hosted,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(shown) = on_its_way(hosted) else { return Ok(()) };
        if now.since(shown) < LONG_ON_ITS_WAY {
            return Ok(());
        }
        let number = hosted.life.shown.unwrap_or_default();
        let text = format!("version {number} is not announced for more than an hour: {why}");
        self.alerts.raise(hosted, Trouble::Publication, &text, now).await
    }
}

/// Since when nodes are to serve a version that is not announced yet; `None` if there is none.
fn on_its_way(hosted: &Hosted) -> Option<Timestamp> {
    let life = &hosted.life;
    let shown = life.shown.filter(|number| life.announced != Some(*number))?;
    life.version(shown)?.shown
}

/// What is waited for, for people; `None` if for nothing that needs saying.
fn words(hosted: &Hosted, seen: &Seen, waiting: &Waiting) -> Option<String> {
    let name = &hosted.name;
    Some(match waiting {
        Waiting::Nothing => return None,
        Waiting::Publication => format!("waits for `ironpost domain publish {name}`"),
        Waiting::Records => {
            let faults: Vec<String> = seen
                .look
                .iter()
                .flat_map(Look::faults)
                .map(|(owner, fault)| format!("{}: {fault}", Visible::from(owner.as_str())))
                .collect();
            if faults.is_empty() {
                "waits for its names in DNS, which could not be looked up".to_owned()
            } else {
                faults.join("; ")
            }
        }
        Waiting::Nodes if seen.behind.is_empty() => {
            "waits for a node that serves policies: none is alive".to_owned()
        }
        Waiting::Nodes => {
            format!("waits for nodes that do not serve the policy yet: {}", seen.behind.join(", "))
        }
        Waiting::Paste(id) => {
            format!("waits for this record in DNS: _mta-sts.{name}. TXT \"v=STSv1; id={id};\"")
        }
        Waiting::Senders => "waits for senders that may hold an older policy".to_owned(),
        Waiting::MxSwitch => "the MX records may be switched now".to_owned(),
        Waiting::MxCaches => "waits for caches of the old MX records".to_owned(),
        Waiting::Narrowing => format!("waits for `ironpost domain migrate {name} --narrow`"),
    })
}

/// How soon names are looked at again: within seconds while somebody is likely to be at it, seldom
/// once nobody is.
pub(super) fn looking_pause(since: Duration) -> Duration {
    (since / 20).clamp(LOOK_SOONEST, LOOK_LATEST)
}

const LOOK_SOONEST: Duration = Duration::from_secs(3);
const LOOK_LATEST: Duration = Duration::from_hours(1);
const NODES_SOONEST: Duration = Duration::from_secs(1);
const NODES_LATEST: Duration = Duration::from_mins(1);
const MX_PAUSE: Duration = Duration::from_mins(10);
const REPLACE_PAUSE: Duration = Duration::from_secs(10);
/// How often a domain with nothing to do is looked at.
const STEADY: Duration = Duration::from_hours(6);
/// A publication takes seconds. Own limit: long enough for a restart and a certificate.
const LONG_ON_ITS_WAY: Duration = Duration::from_hours(1);
