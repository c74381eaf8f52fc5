//! A look at a CA, without an account: is it there, and what time is it there?

use super::directory::Directories;
use super::failure::Failure;
use super::settings::{Ca, Known};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::time::Duration;

/// What a CA says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// It says when to renew (RFC 9773).
    pub says_when_to_renew: bool,
    /// It takes accounts of its customers only (RFC 8555 §7.3.4).
    pub needs_binding: bool,
    /// Where its terms of service are, made visible.
    pub terms: Option<String>,
    /// How our clock differs from its; `None` if it does not tell the time.
    pub clock: Option<Difference>,
}

/// How one clock differs from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// By how much, to the second as HTTP tells it.
    pub span: Duration,
    /// Ours is behind.
    pub is_behind: bool,
}

/// Fetches its directory. `now` is our time.
pub async fn look(ca: &Ca, now: Timestamp) -> Result<Look, Failure> {
    let known =
        Known::new(ca, super::settings::DEADLINE).map_err(|error| Failure::local(&error))?;
    let conversation = Directories::default().converse(&known, now).await?;
    let directory = &conversation.directory;
    Ok(Look {
        says_when_to_renew: directory.renewal_info.is_some(),
        needs_binding: directory.needs_binding,
        terms: directory.terms.clone(),
        clock: conversation.http.last().clock,
    })
}

impl Difference {
    /// Between our time and what somebody else said it is.
    pub(super) fn between(ours: Timestamp, theirs: Timestamp) -> Self {
        Self { span: ours.since(theirs).max(theirs.since(ours)), is_behind: ours < theirs }
    }
}
