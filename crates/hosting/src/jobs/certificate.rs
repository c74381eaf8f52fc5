//! Looking after a domain's certificate.

use super::{Jobs, Kind, Outcome};
use crate::acme::{Alarm, Cared, alarm};
use crate::alerts::Trouble;
use ironpost_proto::lifecycle::State;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::Hosted;
use std::time::Duration;

impl Jobs {
    pub(super) async fn certificate(&self, hosted: &Hosted) -> Result<Outcome, StoreError> {
        // A name that is not its organisation's yet gets no certificate, and one that is gone
        // needs none.
        if matches!(hosted.life.state, State::Pending | State::Gone) {
            return Ok(Outcome::done());
        }
        let Some(acme) = &self.acme else {
            let note = "no certification authority is configured ([acme])".to_owned();
            let next = Some(self.clock.now().after(UNCONFIGURED));
            return Ok(Outcome { next, note: Some(note) });
        };
        let outcome = match acme.care(hosted, self.clock.now()).await {
            Cared::Good(next) => Outcome::at(next),
            Cared::Issued(next) => {
                self.soon(Kind::Advance, hosted).await?;
                Outcome::at(next)
            }
            Cared::Later { at, why } => Outcome { next: Some(at), note: Some(why) },
        };
        self.sound_alarm(hosted, outcome.note.as_deref()).await?;
        Ok(outcome)
    }

    async fn sound_alarm(&self, hosted: &Hosted, why: Option<&str>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let stored = self.database.certificate(hosted.id).await?;
        let alarm = stored.as_ref().and_then(|stored| alarm(stored, now));
        let Some(alarm) = alarm else {
            return self.alerts.clear(hosted, Trouble::Certificate, now).await;
        };
        let left = match alarm {
            Alarm::AriWindowMissed => "the window in which its CA wants it renewed is over",
            Alarm::ThirdLeft => "less than a third of its lifetime is left",
            Alarm::SixthLeft => "less than a sixth of its lifetime is left",
            Alarm::TwoDaysLeft => "it expires within 48 hours",
        };
        let text = match why {
            Some(why) => format!("the certificate is not renewed, {left}: {why}"),
            None => format!("the certificate is not renewed, {left}"),
        };
        // Each stage is told.
        self.alerts.raise_with_facts(hosted, Trouble::Certificate, left, &text, now).await
    }
}

/// How often a domain waits for a configuration that names a CA.
const UNCONFIGURED: Duration = Duration::from_mins(5);
