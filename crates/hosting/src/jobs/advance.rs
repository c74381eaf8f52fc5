//! Taking a domain's life further: what [`next_step`] says is done here.

mod seen;
mod waits;

use super::{Jobs, Kind, Outcome};
use crate::delegation::{Servers, claim};
use ironpost_proto::lifecycle::{Change, State, Step, Waiting, next_step};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::{Author, ChangeError, Hosted};
use seen::Seen;
use std::time::Duration;
use tokio::time::sleep;
use waits::looking_pause;

impl Jobs {
    /// Goes on until there is something to wait for.
    pub(super) async fn advance(&self, mut hosted: Hosted) -> Result<Outcome, StoreError> {
        let mut seen = Seen::new();
        for _ in 0..MOST_STEPS {
            let now = self.clock.now();
            seen.observed.certificate = self.has_certificate(&hosted, now).await?;
            self.see_nodes(&hosted, &mut seen, now).await?;
            match next_step(&hosted.life, &seen.observed, now) {
                Step::Change(changes) => match self.change(&mut hosted, &changes, now).await? {
                    Changed::Made => {}
                    Changed::Reread => seen = Seen::new(),
                    Changed::Lost => return Ok(Outcome::done()),
                    Changed::Held(why) => {
                        let pause = looking_pause(now.since(hosted.life.since));
                        return Ok(Outcome { next: Some(now.after(pause)), note: Some(why) });
                    }
                },
                Step::Wait { waiting: Waiting::Nodes, .. } if seen.patience > 0 => {
                    seen.patience -= 1;
                    sleep(NODES_PAUSE).await;
                }
                Step::LookAtDns | Step::Wait { .. } if !seen.looked => {
                    self.look(&hosted, &mut seen).await;
                }
                Step::LookAtDns => return self.waits(&hosted, &seen, Waiting::Records, None).await,
                Step::Wait { waiting, until } => {
                    return self.waits(&hosted, &seen, waiting, until).await;
                }
                Step::OrderCertificate => {
                    self.soon(Kind::Certificate, &hosted).await?;
                    let note = "waits for its certificate".to_owned();
                    return self.held_up(&hosted, note, CERTIFICATE_PAUSE).await;
                }
                Step::FetchOwn => {
                    if let Some(outcome) = self.fetch_own(&hosted, &mut seen).await? {
                        return Ok(outcome);
                    }
                }
                Step::WriteRecord(id) => {
                    return match self.write_record(&hosted, &id).await {
                        Ok(()) => {
                            let note = "the record is written into the domain's DNS".to_owned();
                            Ok(Outcome { next: Some(now.after(RECORD_PAUSE)), note: Some(note) })
                        }
                        Err(why) => self.held_up(&hosted, why, RECORD_PAUSE).await,
                    };
                }
            }
        }
        tracing::error!(domain = %hosted.name, "a domain goes round in circles");
        Ok(Outcome::at(self.clock.now().after(CIRCLES_PAUSE)))
    }

    /// Makes changes, unless somebody else has changed the domain meanwhile.
    async fn change(
        &self,
        hosted: &mut Hosted,
        changes: &[Change],
        now: Timestamp,
    ) -> Result<Changed, StoreError> {
        let author = Author { who: "ironpost".to_owned(), why: None };
        if changes.contains(&Change::Enter(State::Delegated))
            && let Some(why) = self.speaks_against_claim(hosted).await?
        {
            return Ok(Changed::Held(why));
        }
        match self.database.change(hosted, changes, &author, now).await {
            Ok(seq) => {
                hosted.seq = seq;
                hosted.life.apply(changes, now);
                self.follow_up(hosted, changes).await?;
                Ok(Changed::Made)
            }
            Err(ChangeError::Conflict) => match self.database.domain_by_id(hosted.id).await? {
                Some(fresh) => {
                    *hosted = fresh;
                    Ok(Changed::Reread)
                }
                None => Ok(Changed::Lost),
            },
            Err(ChangeError::Store(error)) => Err(error),
        }
    }

    /// What changes bring with them.
    async fn follow_up(&self, hosted: &Hosted, changes: &[Change]) -> Result<(), StoreError> {
        for change in changes {
            match change {
                Change::Enter(state) => {
                    tracing::info!(domain = %hosted.name, state = state.as_str(), "a domain goes on");
                    if *state == State::Delegated {
                        self.soon(Kind::Certificate, hosted).await?;
                        self.soon(Kind::Drift, hosted).await?;
                    }
                }
                Change::Announce(number) => {
                    tracing::info!(domain = %hosted.name, version = number, "a version is announced");
                    let due = self.clock.now().after(CHECK_PAUSE);
                    self.database.schedule(Kind::Check.as_str(), Some(hosted.id), due).await?;
                }
                Change::Add { .. }
                | Change::Adopt { .. }
                | Change::Show(_)
                | Change::Everywhere(_)
                | Change::Replace(_)
                | Change::Migrate(_)
                | Change::Cease => {}
            }
        }
        Ok(())
    }

    /// A name whose CNAMEs still hold the token of an earlier hosting, or may do so, is not claimed:
    /// whoever had it then may not know (RFC 8461 §10.3).
    async fn speaks_against_claim(&self, hosted: &Hosted) -> Result<Option<String>, StoreError> {
        let former = self.database.former_tokens(&hosted.name).await?;
        if former.is_empty() {
            return Ok(None);
        }
        let expected = self.looker.expected(&hosted.name, hosted.token, hosted.life.way);
        let look = self.looker.look(&expected, Servers::Never).await;
        Ok(claim(&look, &self.looker.zone, &former).err().map(|reason| reason.to_string()))
    }
}

enum Changed {
    Made,
    Reread,
    Lost,
    /// Not made, for this reason.
    Held(String),
}

/// More than any life takes at once; a mistake of ours must not keep a processor busy.
const MOST_STEPS: usize = 400;
/// After such a mistake.
const CIRCLES_PAUSE: Duration = Duration::from_hours(6);
/// What lies between two looks at nodes within a run.
const NODES_PAUSE: Duration = Duration::from_millis(20);
/// The job of the certificate wakes this one; if it cannot, this is when.
const CERTIFICATE_PAUSE: Duration = Duration::from_mins(1);
const RECORD_PAUSE: Duration = Duration::from_secs(5);
/// Until caches have the new record: the check is to see what senders see.
const CHECK_PAUSE: Duration = Duration::from_mins(6);

#[cfg(test)]
mod tests;
