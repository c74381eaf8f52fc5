//! The way a sender goes: TXT, policy host, HTTPS, body, MX, MX TLS, and what lies beside it.

use crate::assess::Assessment;
use crate::assess::certificate;
use crate::assess::hosts::{dane_state, tls_state};
use crate::catalogue::Section;
use crate::finding::Severity;
use crate::report::{DaneState, Step, StepState, TlsState};
use ironpost_proto::tls_rpt::record::RecordOutcome;
use ironpost_proto::visible::Visible;
use std::time::Duration;

/// The steps, in a sender's order.
pub fn timeline(assessment: &Assessment<'_>) -> Vec<Step> {
    vec![
        txt(assessment),
        policy_host(assessment),
        https(assessment),
        body(assessment),
        mx(assessment),
        mx_tls(assessment),
        tls_rpt(assessment),
        dane(assessment),
    ]
}

fn txt(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    let record = &view.evidence.record;
    let text = match (&view.record, &record.lookup) {
        (Some(sts), Ok(answer)) => format!("id {}, TTL {} s", sts.id.as_str(), answer.ttl),
        (_, Err(error)) => error.to_string(),
        (None, Ok(_)) if view.is_published() => "not usable".to_owned(),
        (_, Ok(_)) => "none".to_owned(),
    };
    let state = match &record.lookup {
        Err(_) if !view.is_published() => StepState::NotTested,
        Ok(_) if !view.is_published() => StepState::Absent,
        Ok(_) | Err(_) => judged(assessment, Section::Txt, view.record.is_some()),
    };
    step("txt", state, &text, Some(record.elapsed))
}

fn policy_host(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    let host = &view.evidence.policy_host;
    let count = host.fetches.len();
    let (state, text) = match (count, &host.ipv4, &host.ipv6) {
        (0, Err(error), _) | (0, _, Err(error)) => (StepState::NotTested, error.to_string()),
        (0, Ok(_), Ok(_)) if view.is_published() => (StepState::Failed, "no address".to_owned()),
        (0, Ok(_), Ok(_)) => (StepState::Absent, "no address".to_owned()),
        (1, ..) => (StepState::Ok, "1 address".to_owned()),
        (n, ..) => (StepState::Ok, format!("{n} addresses")),
    };
    step("policy_host", state, &text, None)
}

fn https(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    let host = &view.evidence.policy_host;
    let Some(first) =
        host.fetches.iter().find(|fetch| fetch.failure.is_none()).or(host.fetches.first())
    else {
        return step("https", StepState::NotTested, "not reached", None);
    };
    let text = match (&first.failure, &first.tls) {
        (None, Some(tls)) => format!("200, {}", certificate::version(tls)),
        (Some(_), Some(tls)) if !tls.is_acceptable() => {
            certificate::faults(tls, host.name.as_str())
                .into_iter()
                .next()
                .map(|(_, clause)| clause)
                .unwrap_or_default()
        }
        (Some(failure), _) => failure.to_string(),
        (None, None) => "200".to_owned(),
    };
    let state = if view.is_published() {
        judged(assessment, Section::PolicyHost, first.failure.is_none())
    } else {
        StepState::Absent
    };
    step("https", state, &text, Some(first.elapsed))
}

fn body(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    let Some(body) = &view.body else {
        return step("body", StepState::NotTested, "not reached", None);
    };
    let text = match &body.parsed.verdict {
        Ok(policy) => format!("mode {}, max_age {}", policy.mode, span(policy.max_age.as_secs())),
        Err(_) => "not a valid policy".to_owned(),
    };
    let state = judged(assessment, Section::Body, body.parsed.verdict.is_ok());
    step("body", state, &text, None)
}

fn mx(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    if let Err(error) = &view.evidence.mx {
        return step("mx", StepState::NotTested, &error.to_string(), None);
    }
    let hosts = view.hosts();
    if view.domain_is_missing() {
        return step("mx", StepState::Absent, "no such domain", None);
    }
    let text = match (view.has_null_mx(), view.readable()) {
        (true, _) => "null MX".to_owned(),
        (false, Some(policy)) if !policy.mx.is_empty() => {
            let matched = hosts.iter().filter(|host| policy.covers(&host.seen.name)).count();
            format!("{matched} of {} match", hosts.len())
        }
        (false, _) => match hosts.len() {
            0 => "no host takes mail".to_owned(),
            1 => "1 host".to_owned(),
            n => format!("{n} hosts"),
        },
    };
    step("mx", judged(assessment, Section::MxMatch, true), &text, None)
}

fn mx_tls(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    let states: Vec<_> =
        view.hosts().iter().map(|host| tls_state(&host.seen, view.evidence.egress)).collect();
    let count = |wanted| states.iter().filter(|state| **state == wanted).count();
    let (ok, faulty) = (count(TlsState::Ok), count(TlsState::Faulty));
    if ok + faulty == 0 {
        return step("mx_tls", StepState::NotTested, "not tested", None);
    }
    let text = format!("{ok} of {} verified", states.len());
    step("mx_tls", judged(assessment, Section::MxTls, faulty == 0), &text, None)
}

fn tls_rpt(assessment: &Assessment<'_>) -> Step {
    let Some(seen) = &assessment.view.evidence.tls_rpt else {
        return step("tls_rpt", StepState::NotTested, "left out", None);
    };
    let (state, text) = match (&seen.lookup, &seen.set.outcome) {
        (Err(error), _) => (StepState::NotTested, error.to_string()),
        (Ok(_), RecordOutcome::Valid(record)) => {
            let to: Vec<_> =
                record.rua.iter().map(|uri| Visible::from(uri.as_str()).to_string()).collect();
            (judged(assessment, Section::TlsRpt, true), to.join(", "))
        }
        (Ok(_), RecordOutcome::Absent) => (StepState::Absent, "none".to_owned()),
        (Ok(_), RecordOutcome::Several | RecordOutcome::Malformed(_)) => {
            (StepState::Failed, "not usable".to_owned())
        }
    };
    step("tls_rpt", state, &text, None)
}

fn dane(assessment: &Assessment<'_>) -> Step {
    let view = &assessment.view;
    let states: Vec<_> = view.hosts().iter().map(|host| dane_state(view, &host.seen)).collect();
    let count = |wanted| states.iter().filter(|state| **state == wanted).count();
    let (ok, absent) = (count(DaneState::Ok), count(DaneState::Absent));
    if states.is_empty() || count(DaneState::NotTested) == states.len() {
        return step("dane", StepState::NotTested, "not tested", None);
    }
    if absent + count(DaneState::NotTested) == states.len() {
        return step("dane", StepState::Absent, "none", None);
    }
    let text = format!("{ok} of {} match", states.len());
    let faulty = count(DaneState::Mismatch) + count(DaneState::Bogus);
    step("dane", judged(assessment, Section::Dane, faulty == 0), &text, None)
}

/// How a step went by the findings of its section.
fn judged(assessment: &Assessment<'_>, section: Section, works: bool) -> StepState {
    let worst = assessment
        .findings
        .iter()
        .filter(|finding| finding.entry.section == section)
        .map(|finding| finding.severity)
        .max();
    match worst {
        Some(Severity::Critical) => StepState::Failed,
        _ if !works => StepState::Failed,
        Some(Severity::High | Severity::Medium | Severity::Low) => StepState::Warning,
        Some(Severity::Info) | None => StepState::Ok,
    }
}

fn step(name: &str, state: StepState, text: &str, elapsed: Option<Duration>) -> Step {
    let elapsed_ms = elapsed.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    Step { step: name.to_owned(), state, text: Visible::from(text).to_string(), elapsed_ms }
}

/// `14 d`, `1 h`, `90 s`.
fn span(secs: u32) -> String {
    match secs {
        s if s >= 86_400 && s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s >= 3_600 && s % 3_600 == 0 => format!("{} h", s / 3_600),
        s => format!("{s} s"),
    }
}
