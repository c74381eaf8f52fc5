//! What a sender demands of the servers of a next-hop: DANE and MTA-STS together
//! (RFC 8461 §2, RFC 7672 §2.2).

use crate::dane::{LookupFault, NotApplicable, Outcome};
use crate::mta_sts::policy::Mode;

/// What DANE says of a next-hop as a whole, over every host that counts: those that have an
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dane {
    /// DANE applies to no host, provably.
    Absent,
    /// Every host has secure, usable TLSA records.
    Every,
    /// Some hosts have secure, usable TLSA records, or may have them as nothing can be told of
    /// them; DANE does not apply to the others, or their TLSA records are unusable.
    Some,
    /// No host has usable TLSA records, at least one has secure ones that are all unusable: TLS
    /// is mandatory there (S68).
    Unusable,
    /// Nothing can be told of any host that counts, or of the MX records: fail closed (S67).
    Indeterminate(LookupFault),
}

/// Which of the two decides where DANE passes and an enforced policy would not (A7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precedence {
    /// DANE alone decides for a host with usable TLSA records.
    #[default]
    Dane,
    /// The host must satisfy both.
    Both,
}

/// What is demanded of the servers of a next-hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Demand {
    /// Nothing: TLS if it is offered, or whatever the sender's own settings say.
    Nothing,
    /// The policy in mode testing: deliver whatever happens, report what fails (S61).
    Report,
    /// The policy in mode enforce (S60).
    Enforce,
    /// DANE where a host has TLSA records, TLS if it is offered elsewhere. A host of which nothing
    /// can be told is passed over.
    Dane,
    /// DANE: hosts without usable TLSA records are passed over.
    DaneOnly,
    /// DANE, and MX hosts must be covered by the enforced policy too (A7).
    DaneOnlyWithinPolicy,
    /// Nothing can be demanded yet: try again later.
    Defer(LookupFault),
    /// By local decision: TLS if it is offered.
    May,
    /// By local decision: TLS, whoever the server is.
    Encrypt,
}

/// Folds what DNS said of each host of a next-hop.
///
/// Without any host that has an address nothing can be delivered, which the sender finds out by
/// itself: DANE does not apply.
pub fn dane(hosts: impl IntoIterator<Item = Outcome>) -> Dane {
    let mut seen = Seen::default();
    hosts.into_iter().for_each(|outcome| seen.add(outcome));
    seen.dane()
}

/// What is demanded, from what DANE says and the mode of the policy that applies, if one does.
pub fn demand(dane: Dane, mode: Option<Mode>, precedence: Precedence) -> Demand {
    match (dane, mode) {
        // RFC 7672 §2.1.2: an error is no denial, and MTA-STS is no way out (S67).
        (Dane::Indeterminate(fault), _) => Demand::Defer(fault),
        // RFC 8461 §2: a policy never overrides DANE (S66). Where only some hosts have TLSA
        // records the others would have to satisfy the policy, which no sender can be told of one
        // host and not of the next: passing them over breaks neither rule.
        (Dane::Every | Dane::Some, Some(Mode::Enforce)) => match precedence {
            Precedence::Dane => Demand::DaneOnly,
            Precedence::Both => Demand::DaneOnlyWithinPolicy,
        },
        (Dane::Every, Some(Mode::Testing | Mode::None) | None) => Demand::DaneOnly,
        // RFC 7672 §2.2: TLS is mandatory, without authentication by DANE. An enforced policy
        // demands TLS and more (S68).
        (Dane::Unusable | Dane::Absent, Some(Mode::Enforce)) => Demand::Enforce,
        (Dane::Some | Dane::Unusable, Some(Mode::Testing | Mode::None) | None) => Demand::Dane,
        (Dane::Absent, Some(Mode::Testing)) => Demand::Report,
        // RFC 8461 §5: mode none is as no policy (S62).
        (Dane::Absent, Some(Mode::None) | None) => Demand::Nothing,
    }
}

/// Which outcomes there are among the hosts.
#[derive(Debug, Default)]
struct Seen {
    /// The MX records are insecure: DANE applies to none of their hosts (RFC 7672 §2.2.1), whether
    /// or not the host's own records can be looked up.
    insecure_mx: bool,
    authenticate: bool,
    weaker: Option<Weaker>,
    /// The first fault.
    unreachable: Option<LookupFault>,
}

/// The most that DANE demands of hosts that it does not authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weaker {
    Nothing,
    Encrypt,
}

impl Seen {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Authenticate => self.authenticate = true,
            Outcome::Encrypt => self.weaker = self.weaker.max(Some(Weaker::Encrypt)),
            Outcome::Opportunistic(NotApplicable::InsecureMx) => self.insecure_mx = true,
            Outcome::Opportunistic(NotApplicable::InsecureAddress | NotApplicable::NoTlsa) => {
                self.weaker = self.weaker.max(Some(Weaker::Nothing));
            }
            Outcome::Unreachable(fault) => {
                self.unreachable.get_or_insert(fault);
            }
            Outcome::NoAddress => {}
        }
    }

    fn dane(&self) -> Dane {
        if self.insecure_mx {
            return Dane::Absent;
        }
        match (self.authenticate, self.weaker, self.unreachable) {
            (true, None, None) => Dane::Every,
            (true, _, _) | (false, Some(_), Some(_)) => Dane::Some,
            (false, Some(Weaker::Encrypt), None) => Dane::Unusable,
            (false, Some(Weaker::Nothing) | None, None) => Dane::Absent,
            (false, None, Some(fault)) => Dane::Indeterminate(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOGUS: LookupFault = LookupFault::Bogus;
    const FAILED: LookupFault = LookupFault::Failed;

    #[test]
    fn hosts_are_folded() {
        use Outcome::{Authenticate, Encrypt, NoAddress, Opportunistic, Unreachable};
        let no_tlsa = Opportunistic(NotApplicable::NoTlsa);
        let unsigned = Opportunistic(NotApplicable::InsecureAddress);
        let insecure_mx = Opportunistic(NotApplicable::InsecureMx);
        let table: &[(&[Outcome], Dane, &str)] = &[
            (&[], Dane::Absent, "no hosts, as with a null MX"),
            (&[NoAddress, NoAddress], Dane::Absent, "nowhere to connect to"),
            (&[Authenticate, Authenticate], Dane::Every, "all of them"),
            (&[Authenticate, NoAddress], Dane::Every, "a host without an address does not count"),
            (&[Authenticate, no_tlsa], Dane::Some, "one without TLSA records"),
            (&[unsigned, Authenticate], Dane::Some, "one in an unsigned zone"),
            (&[Authenticate, Encrypt], Dane::Some, "one with unusable ones"),
            (&[Authenticate, Unreachable(FAILED)], Dane::Some, "one that cannot be looked up"),
            (&[no_tlsa, Unreachable(BOGUS)], Dane::Some, "the other may have TLSA records"),
            (&[Encrypt, Unreachable(BOGUS)], Dane::Some, "likewise"),
            (&[Encrypt], Dane::Unusable, "unusable"),
            (&[no_tlsa, Encrypt, NoAddress], Dane::Unusable, "unusable, or none"),
            (&[no_tlsa, unsigned], Dane::Absent, "none"),
            (&[insecure_mx, insecure_mx], Dane::Absent, "insecure MX records"),
            (
                &[insecure_mx, Unreachable(FAILED)],
                Dane::Absent,
                "with insecure MX records a host that cannot be looked up has no DANE either",
            ),
            (&[Unreachable(BOGUS)], Dane::Indeterminate(BOGUS), "nothing can be told"),
            (
                &[NoAddress, Unreachable(FAILED), Unreachable(BOGUS)],
                Dane::Indeterminate(FAILED),
                "the fault of the most preferred host",
            ),
        ];
        for (hosts, expected, reason) in table {
            assert_eq!(dane(hosts.iter().copied()), *expected, "{reason}");
        }
    }

    /// Every combination there is.
    #[test]
    fn every_demand_has_its_reason() {
        use Demand as D;
        use Mode::{Enforce, None as Off, Testing};
        use Precedence::{Both, Dane as First};
        let table = [
            (Dane::Every, Some(Enforce), First, D::DaneOnly, "DANE decides (A7)"),
            (Dane::Every, Some(Enforce), Both, D::DaneOnlyWithinPolicy, "both decide (A7)"),
            (Dane::Every, Some(Testing), First, D::DaneOnly, "DANE passes testing"),
            (Dane::Every, Some(Testing), Both, D::DaneOnly, "only an enforced policy adds to DANE"),
            (Dane::Every, Some(Off), First, D::DaneOnly, "none is as no policy (S62)"),
            (Dane::Every, Some(Off), Both, D::DaneOnly, "none is as no policy (S62)"),
            (Dane::Every, None, First, D::DaneOnly, "DANE alone"),
            (Dane::Every, None, Both, D::DaneOnly, "DANE alone"),
            (Dane::Some, Some(Enforce), First, D::DaneOnly, "the others are passed over (S66)"),
            (Dane::Some, Some(Enforce), Both, D::DaneOnlyWithinPolicy, "the same within it (A7)"),
            (Dane::Some, Some(Testing), First, D::Dane, "the others are open to mail"),
            (Dane::Some, Some(Testing), Both, D::Dane, "the others are open to mail"),
            (Dane::Some, Some(Off), First, D::Dane, "the others are open to mail"),
            (Dane::Some, Some(Off), Both, D::Dane, "the others are open to mail"),
            (Dane::Some, None, First, D::Dane, "the others are open to mail"),
            (Dane::Some, None, Both, D::Dane, "the others are open to mail"),
            (Dane::Unusable, Some(Enforce), First, D::Enforce, "PKIX is still required (S68)"),
            (Dane::Unusable, Some(Enforce), Both, D::Enforce, "PKIX is still required (S68)"),
            (Dane::Unusable, Some(Testing), First, D::Dane, "TLS is mandatory (S68)"),
            (Dane::Unusable, Some(Testing), Both, D::Dane, "TLS is mandatory (S68)"),
            (Dane::Unusable, Some(Off), First, D::Dane, "TLS is mandatory (S68)"),
            (Dane::Unusable, Some(Off), Both, D::Dane, "TLS is mandatory (S68)"),
            (Dane::Unusable, None, First, D::Dane, "TLS is mandatory (S68)"),
            (Dane::Unusable, None, Both, D::Dane, "TLS is mandatory (S68)"),
            (Dane::Absent, Some(Enforce), First, D::Enforce, "the policy alone (S60)"),
            (Dane::Absent, Some(Enforce), Both, D::Enforce, "the policy alone (S60)"),
            (Dane::Absent, Some(Testing), First, D::Report, "deliver and report (S61)"),
            (Dane::Absent, Some(Testing), Both, D::Report, "deliver and report (S61)"),
            (Dane::Absent, Some(Off), First, D::Nothing, "none is as no policy (S62)"),
            (Dane::Absent, Some(Off), Both, D::Nothing, "none is as no policy (S62)"),
            (Dane::Absent, None, First, D::Nothing, "no demand"),
            (Dane::Absent, None, Both, D::Nothing, "no demand"),
            (Dane::Indeterminate(BOGUS), Some(Enforce), First, D::Defer(BOGUS), "closed (S67)"),
            (Dane::Indeterminate(BOGUS), Some(Enforce), Both, D::Defer(BOGUS), "closed (S67)"),
            (Dane::Indeterminate(BOGUS), Some(Testing), First, D::Defer(BOGUS), "closed (S67)"),
            (Dane::Indeterminate(BOGUS), Some(Testing), Both, D::Defer(BOGUS), "closed (S67)"),
            (Dane::Indeterminate(BOGUS), Some(Off), First, D::Defer(BOGUS), "closed (S67)"),
            (Dane::Indeterminate(BOGUS), Some(Off), Both, D::Defer(BOGUS), "closed (S67)"),
            (Dane::Indeterminate(FAILED), None, First, D::Defer(FAILED), "closed (S67)"),
            (Dane::Indeterminate(FAILED), None, Both, D::Defer(FAILED), "closed (S67)"),
        ];
        assert_eq!(table.len(), 5 * 4 * 2);
        for (dane, mode, precedence, expected, reason) in table {
            let found = demand(dane, mode, precedence);
            assert_eq!(found, expected, "{dane:?} with {mode:?}: {reason}");
        }
    }
}
