//! Taking a domain's life further: what [`next_step`] says is done here.

use super::{Jobs, Kind, Outcome};
use crate::alerts::Trouble;
use crate::delegation::{Look, Servers, claim};
use ironpost_proto::delegation::Target;
use ironpost_proto::lifecycle::{
    Change, MxSet, Nodes, Observed, Sight, State, Step, Waiting, next_step,
};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::StoreError;
use ironpost_store::hosting::domains::{Author, ChangeError, Hosted};
use std::time::Duration;
use tokio::time::sleep;

impl Jobs {
    /// Goes on until there is something to wait for.
    pub(super) async fn advance(&self, mut hosted: Hosted) -> Result<Outcome, StoreError> {
        let mut seen = Seen::new();
        for _ in 0..MOST_STEPS {
            let now = self.clock.now();
            seen.observed.certificate = self.has_certificate(&hosted, now).await?;
            seen.observed.nodes = self.nodes(&hosted, now).await?;
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
                    let next = Some(now.after(CERTIFICATE_PAUSE));
                    return Ok(Outcome { next, note: Some("waits for its certificate".into()) });
                }
                Step::FetchOwn => {
                    if let Some(outcome) = self.fetch_own(&hosted, &mut seen).await? {
                        return Ok(outcome);
                    }
                }
                Step::WriteRecord(id) => {
                    let note = match self.write_record(&hosted, &id).await {
                        Ok(()) => "the record is written into the domain's DNS".to_owned(),
                        Err(why) => why,
                    };
                    return Ok(Outcome { next: Some(now.after(RECORD_PAUSE)), note: Some(note) });
                }
            }
        }
        tracing::error!(domain = %hosted.name, "a domain goes round in circles");
        Ok(Outcome::at(self.clock.now().after(STEADY)))
    }

    async fn has_certificate(&self, hosted: &Hosted, now: Timestamp) -> Result<bool, StoreError> {
        let stored = self.database.certificate(hosted.id).await?;
        Ok(stored.is_some_and(|stored| stored.not_before <= now && now < stored.not_after))
    }

    async fn nodes(&self, hosted: &Hosted, now: Timestamp) -> Result<Nodes, StoreError> {
        let agreement = self.database.agreement(hosted.seq, now).await?;
        Ok(match (agreement.live, agreement.all) {
            (_, true) => Nodes::AllAgree,
            (true, false) => Nodes::LiveAgree,
            (false, false) => Nodes::Behind,
        })
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
                    match state {
                        State::Delegated => {
                            self.soon(Kind::Certificate, hosted).await?;
                            self.soon(Kind::Drift, hosted).await?;
                        }
                        State::Pending
                        | State::Certified
                        | State::Testing
                        | State::Enforce
                        | State::Withdrawing
                        | State::Gone => {}
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

    /// A name whose CNAMEs still hold the token of an earlier hosting is not claimed: whoever had
    /// it then may not know (RFC 8461 §10.3).
    async fn speaks_against_claim(&self, hosted: &Hosted) -> Result<Option<String>, StoreError> {
        let former = self.database.former_tokens(&hosted.name).await?;
        if former.is_empty() {
            return Ok(None);
        }
        let expected = self.looker.expected(&hosted.name, hosted.token, hosted.life.way);
        let look = self.looker.look(&expected, Servers::Never).await;
        Ok(claim(&look, &self.looker.zone, &former).err().map(|old| old.to_string()))
    }

    async fn look(&self, hosted: &Hosted, seen: &mut Seen) {
        let expected = self.looker.expected(&hosted.name, hosted.token, hosted.life.way);
        let look = self.looker.look(&expected, Servers::InDoubt).await;
        seen.observed.policy_host = look.sight(Target::PolicyHost);
        seen.observed.record = look.sight(Target::Record);
        seen.observed.id.clone_from(&look.id);
        if hosted.life.migration.is_some() {
            seen.observed.mx = self.drift.mx(&hosted.name).await;
        }
        seen.look = Some(look);
        seen.looked = true;
    }

    /// Fetches our own policy as a sender does. `Some` if it was not what it should be.
    async fn fetch_own(
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
        Ok(Some(Outcome { next: Some(now.after(FETCH_PAUSE)), note: Some(why) }))
    }

    /// There is something to wait for: until when, and what people are told.
    async fn waits(
        &self,
        hosted: &Hosted,
        seen: &Seen,
        waiting: Waiting,
        until: Option<Timestamp>,
    ) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        self.tell_drift(hosted, seen, &waiting, now).await?;
        let pause = match &waiting {
            Waiting::Records | Waiting::Paste(_) => looking_pause(now.since(hosted.life.since)),
            Waiting::Nodes => NODES_LONG_PAUSE,
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
}

/// What is known in one run of the job.
struct Seen {
    observed: Observed,
    look: Option<Look>,
    looked: bool,
    /// How often nodes are waited for within the run.
    patience: u32,
}

impl Seen {
    fn new() -> Self {
        let observed = Observed {
            policy_host: Sight::Unknown,
            record: Sight::Unknown,
            id: None,
            certificate: false,
            fetched: None,
            nodes: Nodes::Behind,
            mx: None::<MxSet>,
        };
        Self { observed, look: None, looked: false, patience: NODES_PATIENCE }
    }
}

enum Changed {
    Made,
    Reread,
    Lost,
    /// Not made, for this reason.
    Held(String),
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
        Waiting::Nodes => "waits for nodes that do not serve the policy yet".to_owned(),
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
fn looking_pause(since: Duration) -> Duration {
    (since / 20).clamp(LOOK_SOONEST, LOOK_LATEST)
}

/// More than any life takes at once; a mistake of ours must not keep a processor busy.
const MOST_STEPS: usize = 400;
/// How often nodes are looked at within a run, and how long lies between.
const NODES_PATIENCE: u32 = 100;
const NODES_PAUSE: Duration = Duration::from_millis(20);
const NODES_LONG_PAUSE: Duration = Duration::from_secs(1);
const LOOK_SOONEST: Duration = Duration::from_secs(3);
const LOOK_LATEST: Duration = Duration::from_hours(1);
/// The job of the certificate wakes this one; if it cannot, this is when.
const CERTIFICATE_PAUSE: Duration = Duration::from_mins(1);
const FETCH_PAUSE: Duration = Duration::from_secs(5);
const RECORD_PAUSE: Duration = Duration::from_secs(5);
/// Until caches have the new record: the check is to see what senders see.
const CHECK_PAUSE: Duration = Duration::from_mins(6);
const MX_PAUSE: Duration = Duration::from_mins(10);
const REPLACE_PAUSE: Duration = Duration::from_secs(10);
/// How often a domain with nothing to do is looked at.
const STEADY: Duration = Duration::from_hours(6);
