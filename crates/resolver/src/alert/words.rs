//! Alerts in words: for the log, for people, for a program.

use super::Alert;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use serde::Serialize;

/// An alert as it is told: the object that a command reads.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    /// Its kind.
    alert: &'static str,
    /// Whether it has begun or ended.
    state: State,
    /// The policy domain; none if it is about the resolver itself.
    domain: Option<&'a str>,
    /// In words.
    text: String,
    /// RFC 3339.
    at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Open,
    Over,
}

impl<'a> Message<'a> {
    /// It has begun, or its facts are others.
    pub(super) fn open(domain: Option<&'a Domain>, alert: &Alert, now: Timestamp) -> Self {
        Self::new(domain, alert, State::Open, now)
    }

    /// It has ended.
    pub(super) fn over(domain: Option<&'a Domain>, alert: &Alert, now: Timestamp) -> Self {
        Self::new(domain, alert, State::Over, now)
    }

    fn new(domain: Option<&'a Domain>, alert: &Alert, state: State, now: Timestamp) -> Self {
        let at = i64::try_from(now.as_millis()).ok();
        let at = at.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
        Self {
            alert: alert.kind().as_str(),
            state,
            domain: domain.map(Domain::as_str),
            text: text(alert),
            at: at.unwrap_or(jiff::Timestamp::MAX).to_string(),
        }
    }

    pub(super) fn log(&self) {
        let Self { alert, domain, text, .. } = self;
        let about = domain.map(|domain| format!("{domain}: ")).unwrap_or_default();
        match self.state {
            State::Open => tracing::warn!("{about}{text} ({alert})"),
            State::Over => tracing::info!("{about}all clear, no longer: {text} ({alert})"),
        }
    }
}

/// An alert in a line.
pub(super) fn line(domain: Option<&Domain>, alert: &Alert) -> String {
    match domain {
        Some(domain) => format!("{domain}: {}", text(alert)),
        None => text(alert),
    }
}

fn text(alert: &Alert) -> String {
    match alert {
        Alert::RefreshFailing { reason } => {
            format!("the policy cannot be renewed: {}", Visible::from(reason.as_str()))
        }
        Alert::RecordGone => "the policy has lost its TXT record".to_owned(),
        Alert::DnsFailing => "the TXT record of the policy cannot be looked up".to_owned(),
        Alert::CoversNoMx => {
            "the enforced policy covers none of the MX hosts: mail has to wait".to_owned()
        }
        Alert::Expiring { days: 0 } => "the policy cannot be renewed and expires today".to_owned(),
        Alert::Expiring { days: 1 } => {
            "the policy cannot be renewed and expires in 1 day".to_owned()
        }
        Alert::Expiring { days } => {
            format!("the policy cannot be renewed and expires in {days} days")
        }
        Alert::NothingTold { reason } => format!(
            "DNS tells nothing of one next-hop after the other, and their mail waits: {}",
            Visible::from(reason.as_str())
        ),
        Alert::StoreFailing { reason } => {
            format!("nothing can be written to the store: {}", Visible::from(reason.as_str()))
        }
        Alert::SharedAway { reason } => {
            format!("the shared cache does not answer: {}", Visible::from(reason.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_reads_an_object() {
        let domain: Domain = "a.example".parse().unwrap();
        let now = Timestamp::from_millis(1_750_000_000_000);
        let alert = Alert::RefreshFailing { reason: "\"refused\"\u{1b}".to_owned() };
        let object = |message: &Message<'_>| serde_json::to_string(message).unwrap();
        assert_eq!(
            object(&Message::open(Some(&domain), &alert, now)),
            concat!(
                r#"{"alert":"refresh-failing","state":"open","domain":"a.example","#,
                r#""text":"the policy cannot be renewed: \"refused\"\\x1b","#,
                r#""at":"2025-06-15T15:06:40Z"}"#
            )
        );
        let alert = Alert::StoreFailing { reason: "full".to_owned() };
        assert_eq!(
            object(&Message::over(None, &alert, Timestamp::from_millis(u64::MAX))),
            concat!(
                r#"{"alert":"store-failing","state":"over","domain":null,"#,
                r#""text":"nothing can be written to the store: full","#,
                r#""at":"9999-12-30T22:00:00.999999999Z"}"#
            )
        );
    }
}
