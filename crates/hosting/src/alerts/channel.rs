//! Ways to tell people.

use super::email::{Email, EmailError};
use super::message::{Message, State};
use super::webhook::{Webhook, WebhookError};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::alerts::StoredAlert;

/// A way to tell people.
#[derive(Debug, Clone)]
pub enum Channel {
    /// The program's log.
    Log,
    /// A mail through an SMTP server.
    Email(Email),
    /// A signed request.
    Webhook(Webhook),
}

/// A channel that did not take what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The mail.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// The request.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
}

impl Channel {
    /// Its name in the database and in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Email(_) => "email",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Tries it with a message that says so; ends within the channel's deadline.
    pub async fn send_test(&self, node: &str, now: Timestamp) -> Result<(), ChannelError> {
        let test = StoredAlert {
            kind: "test".to_owned(),
            subject: node.to_owned(),
            domain: None,
            episode: 1,
            message: "somebody tries whether alerts arrive; nothing is wrong".to_owned(),
            raised: now,
            quiet: None,
            closed: false,
        };
        self.send(&Message::new(&[test], now)).await
    }

    /// Tells it; ends within the channel's deadline.
    pub(super) async fn send(&self, message: &Message) -> Result<(), ChannelError> {
        match self {
            Self::Log => log(message),
            Self::Email(email) => email.send(message).await?,
            Self::Webhook(webhook) => webhook.send(message).await?,
        }
        Ok(())
    }
}

fn log(message: &Message) {
    for told in &message.alerts {
        match told.state {
            State::Open => tracing::warn!("{}", told.line()),
            State::Over => tracing::info!("{}", told.line()),
        }
    }
}
