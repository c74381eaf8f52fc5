//! What administrators hear of: raised once, told once, and once more when all is well.
//!
//! Alerts are kept in the database, with a mark of what each channel has heard; whichever node has
//! the job tells them. A channel that is away is tried again later and later, and hears then what it
//! has missed. Trouble that comes and goes is over only once it has been away for [`HOLD_DOWN`].
//! What happens together is told together: a thousand domains that fail for one reason are not a
//! thousand mails.

mod channel;
mod email;
mod message;
mod outage;
mod trouble;
mod webhook;

pub use channel::{Channel, ChannelError};
pub use email::{Email, EmailError, EmailSettings, Security};
pub use trouble::{About, Trouble};
pub use webhook::{Webhook, WebhookError, WebhookSettings};

use futures_util::future::join_all;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::alerts::{ChannelFailure, Raised, StoredAlert, Told};
use message::Message;
use std::sync::Arc;
use std::time::Duration;

/// Where alerts go. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Alerts {
    database: Database,
    channels: Arc<[Channel]>,
}

impl Alerts {
    /// Alerts go to the log and to `channels`, of each kind one.
    pub fn new(database: Database, channels: Vec<Channel>) -> Self {
        let channels = std::iter::once(Channel::Log).chain(channels).collect();
        Self { database, channels }
    }

    /// Something is wrong, now or still. `text` says what, in a sentence without its end.
    pub async fn raise(
        &self,
        about: impl Into<About<'_>>,
        trouble: Trouble,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.raise_with_facts(about, trouble, "", text, now).await
    }

    /// The same, and whenever `facts` differ from those before it is told again.
    pub async fn raise_with_facts(
        &self,
        about: impl Into<About<'_>>,
        trouble: Trouble,
        facts: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let about = about.into();
        let message = Visible::excerpt(text.as_bytes(), MAX_TEXT);
        let raised = Raised {
            kind: trouble.as_str(),
            subject: about.subject(),
            domain: about.domain(),
            facts,
            message: message.as_str(),
        };
        self.database.raise_alert(&raised, now).await
    }

    /// Nothing of this kind is wrong any more.
    pub async fn clear(
        &self,
        about: impl Into<About<'_>>,
        trouble: Trouble,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.database.quiet_alert(trouble.as_str(), about.into().subject(), now).await
    }

    /// The domain is gone: its alerts go without a word.
    pub async fn forget(&self, domain: DomainId) -> Result<(), StoreError> {
        self.database.forget_alerts(domain).await
    }

    /// Tells what there is to tell: a job. Returns when to do it again.
    pub async fn tell(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.database.close_alerts(now.before(HOLD_DOWN), now).await?;
        self.database.drop_alerts(now.before(KEPT)).await?;
        let told = join_all(self.channels.iter().map(|channel| self.tell_channel(channel, now)));
        told.await.into_iter().collect::<Result<(), _>>()?;
        Ok(now.after(PERIOD))
    }

    async fn tell_channel(&self, channel: &Channel, now: Timestamp) -> Result<(), StoreError> {
        let name = channel.name();
        let untold = self.database.untold_alerts(name, AT_ONCE).await?;
        if untold.is_empty() {
            return Ok(());
        }
        let before = self.database.channel_failure(name).await?;
        if before.as_ref().is_some_and(|failure| failure.retry > now) {
            return self.database.mark_told(name, &missed(&untold)).await;
        }
        match channel.send(&Message::new(&untold, now)).await {
            Ok(()) => {
                // A node that ends here tells it again: better twice than never. The message has
                // the same id then.
                self.database.mark_told(name, &told(&untold)).await?;
                match before {
                    Some(_) => self.database.note_channel(name, None).await,
                    None => Ok(()),
                }
            }
            Err(error) => {
                let failures = before.map_or(0, |failure| failure.failures).saturating_add(1);
                let pause = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(MOST_DOUBLINGS));
                tracing::error!("alerts cannot be told by {name}: {error}");
                let error = error.to_string();
                let failure = ChannelFailure { failures, retry: now.after(pause), error };
                self.database.note_channel(name, Some(&failure)).await?;
                self.database.mark_told(name, &missed(&untold)).await
            }
        }
    }
}

/// What has been told.
fn told(alerts: &[StoredAlert]) -> Vec<(&StoredAlert, Told)> {
    let told = |alert: &StoredAlert| if alert.closed { Told::Over } else { Told::Open };
    alerts.iter().map(|alert| (alert, told(alert))).collect()
}

/// What a channel that is away has not heard. Of what is over it has its mark already.
fn missed(alerts: &[StoredAlert]) -> Vec<(&StoredAlert, Told)> {
    let open = alerts.iter().filter(|alert| !alert.closed);
    open.map(|alert| (alert, Told::Missed)).collect()
}

/// How long trouble has to be away until it is over. Own limit: two looks at a node or at a name.
pub const HOLD_DOWN: Duration = Duration::from_mins(10);
/// How long what is over is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// How often there is a look at what is to be told.
const PERIOD: Duration = Duration::from_secs(10);
/// After the first failure of a channel.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause is 2^7 times that, an hour.
const MOST_DOUBLINGS: u32 = 7;
/// Alerts of one message. Own limit: a mail that somebody reads.
const AT_ONCE: u32 = 200;
/// Characters of a text. Own limit.
const MAX_TEXT: usize = 1000;
