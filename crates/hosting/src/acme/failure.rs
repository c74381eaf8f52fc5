//! Why a certificate does not come, and whom that keeps from asking again.

use super::problem::ProblemType;
use crate::sealing::SealError;
use instant_acme::{Error, Problem};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::StoreError;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Why a certificate does not come.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The CA cannot be reached.
    #[error("the CA cannot be reached: {detail}")]
    Away {
        /// Why, made visible.
        detail: String,
    },
    /// The CA refused a request.
    #[error("{0}")]
    Refused(Refusal),
    /// The CA's answer makes no sense.
    #[error("the CA's answer makes no sense: {detail}")]
    Nonsense {
        /// Why, made visible.
        detail: String,
    },
    /// The CA could not convince itself, or gave the order up.
    #[error("the CA did not issue: {0}")]
    Unproven(Refusal),
    /// The CA does not offer the kind of proof that is set.
    #[error("the CA offers no {wanted} for this name: set acme.challenge to another kind")]
    NotOffered {
        /// The kind.
        wanted: &'static str,
    },
    /// The CA takes its time. The order goes on.
    #[error("the CA has not finished yet")]
    Slow {
        /// When it says to ask again.
        retry_after: Option<Duration>,
    },
    /// As many orders were placed as may be.
    #[error("{what} is spent: the limits of CAs are kept")]
    Spent {
        /// What is spent.
        what: &'static str,
        /// Until when.
        until: Timestamp,
    },
    /// What was issued cannot be used.
    #[error("the CA issued a certificate that cannot be used: {detail}")]
    Unusable {
        /// Why.
        detail: String,
    },
    /// Nobody has agreed to the terms of service.
    #[error(
        "the CA's terms of service{terms} have to be agreed to: set acme.agree_to_terms = true",
        terms = .url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default()
    )]
    Terms {
        /// Where they are, made visible.
        url: Option<String>,
    },
    /// A private key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something on this machine.
    #[error("{detail}")]
    Local {
        /// What, made visible.
        detail: String,
    },
}

/// A refusal of a CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status of HTTP; 0 where the refusal is part of an order.
    pub status: u16,
    /// The type of its problem document, if there is one.
    pub problem: Option<ProblemType>,
    /// What the document says, made visible.
    pub detail: String,
    /// When it says to ask again.
    pub retry_after: Option<Duration>,
}

/// Whom a failure keeps from asking the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The whole installation, for as long as the CA says, if it does.
    Everybody(Option<Duration>),
    /// The domain.
    Domain(Option<Duration>),
    /// The domain, for a moment: its order goes on.
    Moment(Option<Duration>),
}

impl Failure {
    pub(super) fn away(why: &(impl fmt::Display + ?Sized)) -> Self {
        Self::Away { detail: shown(why) }
    }

    pub(super) fn nonsense(why: &(impl fmt::Display + ?Sized)) -> Self {
        Self::Nonsense { detail: shown(why) }
    }

    pub(super) fn local(why: &(impl fmt::Display + ?Sized)) -> Self {
        Self::Local { detail: shown(why) }
    }

    /// The CA's word on an order or an authorization that came to nothing.
    pub(super) fn unproven(problem: Option<&Problem>) -> Self {
        Self::Unproven(Refusal {
            status: 0,
            problem: problem.map(ProblemType::of),
            detail: problem.map(super::problem::words).unwrap_or_default(),
            retry_after: None,
        })
    }

    /// The type of the problem that the CA named.
    pub(super) fn problem(&self) -> Option<ProblemType> {
        match self {
            Self::Refused(refusal) | Self::Unproven(refusal) => refusal.problem,
            _ => None,
        }
    }

    /// True if the CA does not know what it was asked about.
    pub(super) fn is_unknown(&self) -> bool {
        // Boulder says `malformed` of an order that it does not have any more.
        matches!(self, Self::Refused(refusal) if matches!(refusal.status, 404 | 410))
    }

    /// Whom it keeps from asking, for an order of `host` below the registered domain `registered`.
    pub(super) fn reach(&self, host: &str, registered: &str) -> Reach {
        match self {
            Self::Away { .. } => Reach::Everybody(None),
            Self::Terms { .. } => Reach::Moment(Some(SETTINGS)),
            Self::Refused(refusal) => refusal.reach(host, registered),
            Self::Nonsense { .. }
            | Self::Unproven(_)
            | Self::NotOffered { .. }
            | Self::Unusable { .. }
            | Self::Seal(_)
            | Self::Local { .. } => Reach::Domain(None),
            Self::Slow { retry_after } => Reach::Moment(*retry_after),
            Self::Spent { .. } | Self::Store(_) => Reach::Moment(None),
        }
    }

    /// For people: what happened, and the cure if there is one.
    pub(super) fn words(&self) -> String {
        match self.problem().and_then(ProblemType::cure) {
            Some(cure) => format!("{self}; {cure}"),
            None => self.to_string(),
        }
    }
}

impl Refusal {
    fn reach(&self, host: &str, registered: &str) -> Reach {
        let after = self.retry_after;
        let limited = self.status == 429 || self.problem == Some(ProblemType::RateLimited);
        if limited && self.is_about(host, registered) {
            return Reach::Domain(after);
        }
        match self.problem {
            _ if limited || self.status >= 500 => Reach::Everybody(after),
            Some(
                ProblemType::AccountDoesNotExist
                | ProblemType::ServerInternal
                | ProblemType::UserActionRequired,
            ) => Reach::Everybody(after),
            Some(ProblemType::ExternalAccountRequired | ProblemType::InvalidContact) => {
                Reach::Everybody(Some(after.unwrap_or(SETTINGS)))
            }
            Some(
                ProblemType::AlreadyReplaced
                | ProblemType::BadNonce
                | ProblemType::Caa
                | ProblemType::Connection
                | ProblemType::Dns
                | ProblemType::IncorrectResponse
                | ProblemType::RateLimited
                | ProblemType::RejectedIdentifier
                | ProblemType::Tls
                | ProblemType::Unauthorized
                | ProblemType::Other,
            )
            | None => Reach::Domain(after),
        }
    }

    /// True of a limit for this name alone: Boulder names what it counts by, or says `exact set`.
    fn is_about(&self, host: &str, registered: &str) -> bool {
        let quoted = |name: &str| self.detail.contains(&format!("\"{name}\""));
        quoted(host) || quoted(registered) || self.detail.contains("exact set of ")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = if self.detail.is_empty() { "no reason given" } else { &self.detail };
        match self.status {
            0 => f.write_str(detail),
            status => write!(f, "the CA says {detail} (HTTP {status})"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::unproven(Some(&problem)),
            Error::Other(inner) => match inner.downcast::<Self>() {
                Ok(failure) => *failure,
                Err(other) => Self::nonsense(&*other),
            },
            Error::Crypto | Error::KeyRejected => Self::local(&error),
            other => Self::nonsense(&other),
        }
    }
}

/// The last cause of an error tells most.
fn shown(why: &(impl fmt::Display + ?Sized)) -> String {
    Visible::excerpt(why.to_string().as_bytes(), MAX_SHOWN).to_string()
}

/// The causes of an error, outermost first.
pub(super) fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = next.source();
    }
    text
}

/// What settings are to blame for is over as soon as somebody has changed them.
const SETTINGS: Duration = Duration::from_secs(15);
/// Shown of a failure. Own limit.
const MAX_SHOWN: usize = 400;
