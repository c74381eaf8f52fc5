//! The result of a check that did not come to its end.

use crate::catalogue::Section;
use crate::grade::SCHEME;
use crate::report::{NotTested, PolicyStatus, PolicySummary, Report, SCHEMA, Score, Seen, Verdict};
use ironpost_proto::domain::Domain;
use ironpost_proto::visible::Visible;
use jiff::Timestamp;
use tokio::task::JoinError;

/// "Could not tell", because the check itself broke: a fault of ours, said as such.
pub(super) fn report(domain: Option<&Domain>, error: JoinError, at: Timestamp) -> Report {
    let reason = format!("the check broke off: {}", cause(error));
    Report {
        schema: SCHEMA.to_owned(),
        domain: domain.map_or_else(String::new, Domain::to_string),
        checked_at: at,
        elapsed_ms: 0,
        verdict: Verdict::CouldNotTell,
        summary: "The check broke off by a fault of Ironpost; please report it.".to_owned(),
        grade: None,
        points: None,
        partial: true,
        score: Score { scheme: SCHEME, sections: Vec::new(), caps: Vec::new() },
        policy: PolicySummary {
            status: PolicyStatus::None,
            mode: None,
            max_age: None,
            mx: Vec::new(),
            id: None,
            certificate_expires: None,
        },
        mx: Vec::new(),
        timeline: Vec::new(),
        findings: Vec::new(),
        not_tested: SECTIONS
            .map(|section| NotTested {
                what: "the whole domain".to_owned(),
                section,
                reason: reason.clone(),
            })
            .into(),
        seen: Seen::default(),
    }
}

/// What a panic said, as text that can be shown.
fn cause(error: JoinError) -> Visible {
    let Ok(payload) = error.try_into_panic() else { return Visible::from("it was cancelled") };
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| payload.downcast_ref::<&str>().copied());
    Visible::excerpt(said.unwrap_or("no reason given").as_bytes(), MAX_REASON)
}

/// Characters of a panic's message that are kept.
const MAX_REASON: usize = 200;

/// Where looking begins; nothing after it was reached.
const SECTIONS: [Section; 1] = [Section::Txt];
