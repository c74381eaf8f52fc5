//! Alerts in words: for the log, for people, for programs.

use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::alerts::StoredAlert;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Alerts that are told together: the object that a webhook gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Message {
    /// The same whenever the same is told: whoever has it already may drop it.
    pub(super) id: String,
    /// When it is sent, RFC 3339.
    pub(super) at: String,
    /// In the order in which they happened.
    pub(super) alerts: Vec<Told>,
    /// [`Self::at`] as a moment.
    #[serde(skip)]
    pub(super) moment: Timestamp,
    /// Of each alert, the id of a message that tells of its beginning alone: what its beginning and
    /// its end have in common, in whatever company they are told.
    #[serde(skip)]
    pub(super) beginnings: Vec<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Told {
    /// Its kind.
    pub(super) alert: String,
    /// Whether it has begun or ended.
    pub(super) state: State,
    /// The policy domain; none if it is about a node or the installation.
    pub(super) domain: Option<String>,
    /// Whom it is about.
    pub(super) subject: String,
    /// In words.
    pub(super) text: String,
    /// When it began, RFC 3339.
    pub(super) since: String,
    /// When it ended, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Open,
    Over,
}

impl Message {
    pub(super) fn new(alerts: &[StoredAlert], now: Timestamp) -> Self {
        let id = id(alerts.iter().map(|alert| (alert, alert.closed)));
        let beginnings = alerts.iter().map(|alert| self::id([(alert, false)])).collect();
        let alerts = alerts.iter().map(Told::new).collect();
        Self { id, at: rfc3339(now), alerts, moment: now, beginnings }
    }

    /// How many have begun and how many have ended.
    pub(super) fn counts(&self) -> (usize, usize) {
        let open = self.alerts.iter().filter(|told| told.state == State::Open).count();
        (open, self.alerts.len() - open)
    }

    /// In a line. Letters, digits and punctuation of ASCII alone: what comes from outside is left to
    /// the text.
    pub(super) fn subject(&self) -> String {
        if let [Told { alert, state, subject, .. }] = self.alerts.as_slice() {
            return match state {
                State::Open => format!("[Ironpost] {subject}: {alert}"),
                State::Over => format!("[Ironpost] {subject}: {alert}, all clear"),
            };
        }
        match self.counts() {
            (open, 0) => format!("[Ironpost] {open} alerts"),
            (0, over) => format!("[Ironpost] {over} alerts are over"),
            (open, over) => format!("[Ironpost] {open} alerts, and {over} are over"),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for told in &self.alerts {
            text.push_str(&told.line());
            text.push_str("\n    since ");
            text.push_str(&told.since);
            if let Some(until) = &told.until {
                text.push_str(", until ");
                text.push_str(until);
            }
            text.push_str("\n\n");
        }
        text
    }
}

impl Told {
    fn new(alert: &StoredAlert) -> Self {
        Self {
            alert: alert.kind.clone(),
            state: if alert.closed { State::Over } else { State::Open },
            domain: alert.domain.map(|_| alert.subject.clone()),
            subject: alert.subject.clone(),
            text: alert.message.clone(),
            since: rfc3339(alert.raised),
            until: alert.quiet.filter(|_| alert.closed).map(rfc3339),
        }
    }

    /// In a line.
    pub(super) fn line(&self) -> String {
        let Self { alert, subject, text, state, .. } = self;
        match state {
            State::Open => format!("{subject}: {text} ({alert})"),
            State::Over => format!("{subject}: all clear, no longer: {text} ({alert})"),
        }
    }
}

/// Made of alerts and of whether each is over.
fn id<'a>(alerts: impl IntoIterator<Item = (&'a StoredAlert, bool)>) -> String {
    let mut digest = Sha256::new();
    for (alert, closed) in alerts {
        let StoredAlert { kind, subject, episode, raised, .. } = alert;
        let raised = raised.as_millis();
        digest.update(format!("{kind}\0{subject}\0{episode}\0{raised}\0{closed}\n"));
    }
    hexadecimal(&digest.finalize()[..16])
}

/// In hexadecimal.
pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a text does not fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn rfc3339(moment: Timestamp) -> String {
    let millis = i64::try_from(moment.as_millis()).ok();
    let moment = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    moment.unwrap_or(jiff::Timestamp::MAX).to_string()
}
