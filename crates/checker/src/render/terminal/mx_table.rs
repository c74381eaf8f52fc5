//! The table of the hosts that take the mail.

use super::page::Page;
use crate::render::theme::Theme;
use crate::render::wording::{Label, day};
use crate::render::wrap::pad;
use crate::report::{DaneState, MxSummary, SenderAction, Simulation, StepState, TlsState};
use unicode_width::UnicodeWidthStr;

pub(super) fn write(hosts: &[MxSummary], page: &mut Page<'_>) {
    if hosts.is_empty() {
        return;
    }
    page.gap();
    if page.width() < HOST_MIN + CELLS {
        for mx in hosts {
            stacked(mx, page);
            below(mx, page);
        }
        return;
    }
    let theme = page.theme();
    let longest = hosts.iter().map(|mx| theme.text(&mx.host).width()).max().unwrap_or_default();
    let column = longest.clamp(HOST_MIN, page.width().saturating_sub(CELLS).max(HOST_MIN)) + 2;
    let head = ["pref", "match", "TLS", "valid until", "DANE"];
    let titles =
        cells(head.map(|title| (title.to_owned(), StepState::Absent)), |_, text| text.to_owned());
    page.line(&theme.faint(&format!("  {}{titles}", pad("MX host", column))));
    for mx in hosts {
        let row = cells(facts(mx, theme), |state, text| theme.by_state(state, text));
        let host = theme.text(&mx.host);
        if host.width() > column - 2 {
            // A name is never cut: it takes a line of its own.
            page.line(&format!("  {host}"));
            page.line(&format!("  {:column$}{row}", ""));
        } else {
            page.line(&format!("  {}{row}", pad(&host, column)));
        }
        below(mx, page);
    }
}

/// The same facts where a table does not fit.
fn stacked(mx: &MxSummary, page: &mut Page<'_>) {
    let theme = page.theme();
    let [(preference, _), (matched, _), (tls, _), (expires, _), (dane, _)] = facts(mx, theme);
    page.line(&format!("  {} {}", theme.faint("MX"), theme.text(&mx.host)));
    let text = format!(
        "pref {preference}, match {matched}, TLS {tls}, valid until {expires}, DANE {dane}"
    );
    page.paragraph(4, &text);
}

/// What each address showed, where one did not please, and what a sender would do.
fn below(mx: &MxSummary, page: &mut Page<'_>) {
    if mx.tls != TlsState::Ok {
        addresses(mx, page);
    }
    if let Some(simulation) = &mx.simulation {
        simulated(simulation, page);
    }
}

fn facts(mx: &MxSummary, theme: Theme) -> [(String, StepState); 5] {
    let matched = match mx.matched {
        Some(true) => ("yes", StepState::Ok),
        Some(false) => ("no", StepState::Failed),
        None => (theme.mark(StepState::Absent), StepState::Absent),
    };
    let tls = match (mx.tls, &mx.tls_version) {
        (TlsState::Ok, Some(version)) => (theme.text(version), StepState::Ok),
        (TlsState::Ok, None) => (mx.tls.label().to_owned(), StepState::Ok),
        (TlsState::Faulty, _) => (mx.tls.label().to_owned(), StepState::Failed),
        (TlsState::NotTested, _) => (mx.tls.label().to_owned(), StepState::NotTested),
    };
    let preference = mx.preference.map_or_else(
        || theme.mark(StepState::Absent).to_owned(),
        |preference| preference.to_string(),
    );
    let expires =
        mx.certificate_expires.map_or_else(|| theme.mark(StepState::Absent).to_owned(), day);
    [
        (preference, StepState::Absent),
        (matched.0.to_owned(), matched.1),
        tls,
        (expires, StepState::Absent),
        (mx.dane.label().to_owned(), dane(mx.dane)),
    ]
}

fn dane(state: DaneState) -> StepState {
    match state {
        DaneState::Ok => StepState::Ok,
        DaneState::Unusable | DaneState::Insecure => StepState::Warning,
        DaneState::Mismatch | DaneState::Bogus => StepState::Failed,
        DaneState::Absent => StepState::Absent,
        DaneState::NotTested => StepState::NotTested,
    }
}

fn cells(facts: [(String, StepState); 5], style: impl Fn(StepState, &str) -> String) -> String {
    let columns = facts.into_iter().zip(COLUMNS);
    let padded = columns.map(|((text, state), width)| match state {
        StepState::Absent => pad(&text, width),
        StepState::Ok | StepState::Warning | StepState::Failed | StepState::NotTested => {
            let room = width.saturating_sub(text.width());
            format!("{}{:room$}", style(state, &text), "")
        }
    });
    padded.collect::<String>().trim_end_matches(' ').to_owned()
}

fn addresses(mx: &MxSummary, page: &mut Page<'_>) {
    let theme = page.theme();
    for address in &mx.addresses {
        let state = match address.tls {
            TlsState::Ok => StepState::Ok,
            TlsState::Faulty => StepState::Failed,
            TlsState::NotTested => StepState::NotTested,
        };
        let lead = format!("    {} ", theme.by_state(state, theme.mark(state)));
        let label = theme.text(&address.address);
        page.hanging(&lead, 6, &label, label.width() + 2, &theme.text(&address.result));
    }
}

fn simulated(simulation: &Simulation, page: &mut Page<'_>) {
    let theme = page.theme();
    let state = match simulation.action {
        SenderAction::Deliver => StepState::Ok,
        SenderAction::DeliverAndReport => StepState::Warning,
        SenderAction::Refuse => StepState::Failed,
        SenderAction::Unknown => StepState::NotTested,
    };
    let action = simulation.action.label();
    let mut rule = theme.text(&simulation.rule);
    if let Some(result_type) = &simulation.result_type {
        rule.push_str(&theme.text(&format!("; reported as {result_type}")));
    }
    let lead = format!("    {} {}  ", theme.arrow(), theme.by_state(state, action));
    page.hanging(&lead, 6 + theme.arrow().width() - 1 + action.width() + 2, "", 0, &rule);
}

/// Columns of preference, match, TLS, certificate and DANE, blanks between them included.
const COLUMNS: [usize; 5] = [6, 7, 10, 13, 8];

/// What the columns after the host take, with the indent before it.
const CELLS: usize = 4 + 6 + 7 + 10 + 13 + 8;

/// Columns a host has in any case.
const HOST_MIN: usize = 20;
