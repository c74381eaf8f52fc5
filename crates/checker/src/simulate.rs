//! What a conforming sender would do at an MX, and by which rule (RFC 8461 §5, RFC 7672 §2.2).

use crate::assess::certificate::CertificateFault;
use crate::assess::hosts::{AddressState, dane_state, states, tls_state};
use crate::assess::view::View;
use crate::evidence::Host;
use crate::report::{DaneState, SenderAction, Simulation, TlsState};
use ironpost_proto::mta_sts::policy::{Mode, Policy};

/// What a sender that knows MTA-STS and DANE would do at this host.
pub fn simulate(view: &View<'_>, host: &Host) -> Simulation {
    let seen = &host.seen;
    if view.zone_is_bogus() {
        return simulation(
            SenderAction::Refuse,
            "the MX lookup fails validation (RFC 7672 §2.1.2)",
            Some("dnssec-invalid"),
        );
    }
    match dane_state(view, seen) {
        // RFC 8461 §2: MTA-STS must not override a failing DANE.
        DaneState::Mismatch => {
            return simulation(
                SenderAction::Refuse,
                "no TLSA record matches (RFC 7672 §2.2)",
                Some("tlsa-invalid"),
            );
        }
        DaneState::Bogus => {
            return simulation(
                SenderAction::Refuse,
                "the TLSA lookup fails validation (RFC 7672 §2.1.2)",
                Some("dnssec-invalid"),
            );
        }
        DaneState::Ok => {
            return simulation(
                SenderAction::Deliver,
                "a TLSA record matches (RFC 7672 §2.2)",
                None,
            );
        }
        DaneState::Unusable | DaneState::Insecure | DaneState::Absent | DaneState::NotTested => {}
    }
    match view.applied() {
        None if view.evidence.record.lookup.is_err() && !view.is_published() => {
            simulation(SenderAction::Unknown, "whether there is a policy could not be told", None)
        }
        None => simulation(SenderAction::Deliver, "no policy: opportunistic TLS", None),
        Some(policy) if policy.mode == Mode::None => simulation(
            SenderAction::Deliver,
            "mode none: as if there were no policy (RFC 8461 §5)",
            None,
        ),
        Some(policy) => under_policy(view, policy, host),
    }
}

fn under_policy(view: &View<'_>, policy: &Policy, host: &Host) -> Simulation {
    let name = &host.seen.name;
    if host.seen.is_address() {
        return simulation(
            SenderAction::Unknown,
            "the MX record names an address, not a host",
            None,
        );
    }
    if !policy.covers(name) {
        // COMPATIBILITY.md A12: RFC 8460 names no type of its own for it.
        return failed(policy, "the name matches no pattern (RFC 8461 §4.1)", "validation-failure");
    }
    match tls_state(&host.seen, view.evidence.egress) {
        TlsState::Ok => simulation(
            SenderAction::Deliver,
            "the name matches, and TLS is verified (RFC 8461 §4)",
            None,
        ),
        TlsState::NotTested => simulation(SenderAction::Unknown, "TLS was not tested", None),
        TlsState::Faulty => {
            let states = states(&host.seen, view.evidence.egress);
            let faulty = states.iter().find(|state| state.tls() == TlsState::Faulty);
            let (rule, result_type) =
                faulty.map_or(("TLS fails", "validation-failure"), |s| why(s, name.as_str()));
            failed(policy, rule, result_type)
        }
    }
}

/// The rule that is broken, and the result type it is reported under (RFC 8460 §4.3).
fn why(state: &AddressState<'_>, host: &str) -> (&'static str, &'static str) {
    match state {
        AddressState::NoStartTls(_) => {
            ("STARTTLS is not offered or does not work (RFC 8461 §4)", "starttls-not-supported")
        }
        AddressState::Certificate(_) => {
            match state.certificate_faults(host).first().map(|(fault, _)| *fault) {
                Some(CertificateFault::Validity) => (
                    "the certificate is outside its validity (RFC 8461 §4.2)",
                    "certificate-expired",
                ),
                Some(CertificateFault::Name) => (
                    "the certificate does not name the MX (RFC 8461 §4.2)",
                    "certificate-host-mismatch",
                ),
                Some(CertificateFault::Untrusted | CertificateFault::Chain) | None => (
                    "the certificate leads to no trusted root (RFC 8461 §4.2)",
                    "certificate-not-trusted",
                ),
            }
        }
        AddressState::OldTls(_)
        | AddressState::Sound
        | AddressState::Dead(_)
        | AddressState::Deferred(_)
        | AddressState::NotTested(_) => {
            ("no TLS session can be had (RFC 8461 §4)", "validation-failure")
        }
    }
}

fn failed(policy: &Policy, rule: &str, result_type: &str) -> Simulation {
    match policy.mode {
        Mode::Enforce => {
            simulation(SenderAction::Refuse, &format!("mode enforce: {rule}"), Some(result_type))
        }
        Mode::Testing => simulation(
            SenderAction::DeliverAndReport,
            &format!("mode testing: {rule}"),
            Some(result_type),
        ),
        Mode::None => simulation(SenderAction::Deliver, "mode none", None),
    }
}

fn simulation(action: SenderAction, rule: &str, result_type: Option<&str>) -> Simulation {
    Simulation { action, rule: rule.to_owned(), result_type: result_type.map(str::to_owned) }
}
