//! What DNS says about an MX decides how it may be reached, RFC 7672 §2.2.

use super::Tlsa;
use crate::domain::DnsName;

/// The DNSSEC status of an answer that arrived whole (RFC 4035 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// Validated from the trust anchor down.
    Secure,
    /// From an unsigned zone, provably.
    Insecure,
}

/// Why a lookup gave no answer to rely on (RFC 7672 §2.1.1, §2.1.2). To a sender they are all
/// the same; to an administrator they are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LookupFault {
    /// Validation failed.
    #[error("DNSSEC validation failed")]
    Bogus,
    /// No way to tell whether the answer had to be signed.
    #[error("the DNSSEC status cannot be determined")]
    Indeterminate,
    /// SERVFAIL, a timeout, a malformed answer.
    #[error("the lookup failed")]
    Failed,
}

/// What became of a lookup of MX or address records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Records. With aliases on the way, the weakest status of them all.
    Found(Security),
    /// No such records.
    Absent(Security),
    /// An error.
    Fault(LookupFault),
}

/// What became of the TLSA lookup at one candidate base domain, or at all of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsaAnswer {
    /// A secure RRset, aliases on the way included.
    Secure(Vec<Tlsa>),
    /// No records, or insecure ones.
    None,
    /// An error.
    Fault(LookupFault),
}

/// How the host's name was expanded on the way to its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alias {
    /// The name is no alias.
    None,
    /// The name is an alias.
    To {
        /// The name at the end of the chain of CNAMEs.
        target: DnsName,
        /// The status of the first CNAME alone, which takes a query of its own where the
        /// address answer is insecure (§2.1.3).
        first: Security,
    },
}

/// What DNS said about one SMTP server.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// The MX RRset that named the server; for a domain without MX records, their absence.
    pub mx: Answer,
    /// Its A and AAAA records.
    pub address: Answer,
    /// Its TLSA records: what [`choose_base`] made of the candidates.
    pub tlsa: &'a TlsaAnswer,
}

/// How a sender may deliver to a host (§2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// TLS, and the server must match a TLSA record.
    Authenticate,
    /// TLS, without authentication by DANE: secure records, all unusable.
    Encrypt,
    /// DANE does not apply: TLS if offered, or whatever another policy demands.
    Opportunistic(NotApplicable),
    /// Not this host: the next one, or later. For the MX RRset itself: later.
    Unreachable(LookupFault),
    /// The host has no address.
    NoAddress,
}

/// Why DANE does not apply to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotApplicable {
    /// The MX RRset is insecure (§2.2.1).
    InsecureMx,
    /// The host's addresses are insecure, and the name is no secure alias (§2.2.2).
    InsecureAddress,
    /// No secure TLSA records.
    NoTlsa,
}

/// The names below which TLSA records are looked for, in order (§2.2.2, §2.2.3): none if the
/// search would be in vain or harmful. `address` is the status of the addresses at the end of
/// all aliases.
pub fn base_domains(host: &DnsName, alias: &Alias, address: Security) -> Vec<DnsName> {
    match (alias, address) {
        (Alias::None, Security::Secure)
        | (Alias::To { target: _, first: Security::Secure }, Security::Insecure) => {
            vec![host.clone()]
        }
        // A secure expansion is secure at every step, the first included.
        (Alias::To { target, first: _ }, Security::Secure) => {
            let mut names = vec![target.clone(), host.clone()];
            names.dedup();
            names
        }
        (Alias::None | Alias::To { target: _, first: Security::Insecure }, Security::Insecure) => {
            Vec::new()
        }
    }
}

/// Picks the TLSA base domain among the answers for the candidates of [`base_domains`], in
/// their order: its index and records (§2.2.3). A fault before the first secure RRset is the
/// answer, as no query may fail on the way.
pub fn choose_base(answers: impl IntoIterator<Item = TlsaAnswer>) -> (Option<usize>, TlsaAnswer) {
    for (index, answer) in answers.into_iter().enumerate() {
        match answer {
            TlsaAnswer::Secure(records) if records.is_empty() => {}
            TlsaAnswer::Secure(_) => return (Some(index), answer),
            TlsaAnswer::None => {}
            TlsaAnswer::Fault(_) => return (None, answer),
        }
    }
    (None, TlsaAnswer::None)
}

/// How a sender may deliver to a host that local policy does not single out.
pub fn outcome(host: &Host<'_>) -> Outcome {
    match host.mx {
        // §2.1.2: which servers to connect to is unknown, so delivery is delayed.
        Answer::Fault(fault) => return Outcome::Unreachable(fault),
        Answer::Found(Security::Insecure) => {
            return addressed(host.address, Outcome::Opportunistic(NotApplicable::InsecureMx));
        }
        // Without MX records the domain is its own server, and its zone speaks for itself
        // (§2.2.2, third case).
        Answer::Found(Security::Secure) | Answer::Absent(_) => {}
    }
    let by_tlsa = match host.tlsa {
        TlsaAnswer::Fault(fault) => Outcome::Unreachable(*fault),
        TlsaAnswer::Secure(records) if records.is_empty() => NO_TLSA,
        TlsaAnswer::Secure(records) if records.iter().any(|tlsa| tlsa.usability().is_ok()) => {
            Outcome::Authenticate
        }
        TlsaAnswer::Secure(_) => Outcome::Encrypt,
        TlsaAnswer::None if host.address == Answer::Found(Security::Insecure) => {
            Outcome::Opportunistic(NotApplicable::InsecureAddress)
        }
        TlsaAnswer::None => NO_TLSA,
    };
    addressed(host.address, by_tlsa)
}

impl Outcome {
    /// True if delivery may go ahead where local policy makes DANE mandatory (§6): only with
    /// authentication.
    pub fn satisfies_mandatory_dane(self) -> bool {
        match self {
            Self::Authenticate => true,
            Self::Encrypt | Self::Opportunistic(_) | Self::Unreachable(_) | Self::NoAddress => {
                false
            }
        }
    }
}

/// `outcome`, unless the addresses already settle the matter.
fn addressed(address: Answer, outcome: Outcome) -> Outcome {
    match address {
        Answer::Found(_) => outcome,
        Answer::Absent(_) => Outcome::NoAddress,
        Answer::Fault(fault) => Outcome::Unreachable(fault),
    }
}

const NO_TLSA: Outcome = Outcome::Opportunistic(NotApplicable::NoTlsa);

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{Absent, Fault, Found};
    use Security::{Insecure, Secure};

    fn records(usages: &[u8]) -> TlsaAnswer {
        let record =
            |usage: &u8| Tlsa { usage: *usage, selector: 1, matching_type: 1, data: vec![0; 32] };
        TlsaAnswer::Secure(usages.iter().map(record).collect())
    }

    #[test]
    fn every_answer_has_its_outcome() {
        use Outcome::{Authenticate, Encrypt, NoAddress, Opportunistic, Unreachable};
        let found = Found(Secure);
        let bogus = LookupFault::Bogus;
        let failed = LookupFault::Failed;
        let no_tlsa = Opportunistic(NotApplicable::NoTlsa);
        let insecure_mx = Opportunistic(NotApplicable::InsecureMx);
        let insecure_address = Opportunistic(NotApplicable::InsecureAddress);
        let table = [
            (found, found, records(&[3]), Authenticate, "secure and usable"),
            (found, found, records(&[1, 3]), Authenticate, "one usable record is enough"),
            (found, found, records(&[0, 1, 7]), Encrypt, "secure, none usable"),
            (found, found, records(&[]), no_tlsa, "an empty RRset is none"),
            (found, found, TlsaAnswer::None, no_tlsa, "denied or insecure"),
            (found, found, TlsaAnswer::Fault(failed), Unreachable(failed), "the worst trap"),
            (found, found, TlsaAnswer::Fault(bogus), Unreachable(bogus), "bogus TLSA"),
            (found, Found(Insecure), TlsaAnswer::None, insecure_address, "not even looked up"),
            (found, Found(Insecure), records(&[3]), Authenticate, "by way of a secure alias"),
            (found, Absent(Secure), TlsaAnswer::None, NoAddress, "no address"),
            (found, Fault(bogus), TlsaAnswer::None, Unreachable(bogus), "bogus address"),
            (Found(Insecure), found, records(&[3]), insecure_mx, "the MX may be the attacker's"),
            (Found(Insecure), Fault(failed), records(&[3]), Unreachable(failed), "nor reachable"),
            (Fault(bogus), found, records(&[3]), Unreachable(bogus), "bogus MX"),
            (
                Fault(LookupFault::Indeterminate),
                found,
                records(&[3]),
                Unreachable(LookupFault::Indeterminate),
                "indeterminate is an error",
            ),
            (Absent(Secure), found, records(&[3]), Authenticate, "the domain is its own server"),
            (Absent(Insecure), Found(Insecure), TlsaAnswer::None, insecure_address, "unsigned"),
        ];
        for (mx, address, tlsa, expected, reason) in table {
            let found = outcome(&Host { mx, address, tlsa: &tlsa });
            assert_eq!(found, expected, "{reason}");
            assert_eq!(found.satisfies_mandatory_dane(), expected == Authenticate, "{reason}");
        }
    }

    #[test]
    fn the_base_domain_follows_the_secure_part_of_the_chain() {
        let name = |text: &str| text.parse::<DnsName>().unwrap();
        let host = name("mx.a.test");
        let to = |first| Alias::To { target: name("mx.b.test"), first };
        let table: &[(Alias, Security, &[&str], &str)] = &[
            (Alias::None, Secure, &["mx.a.test"], "no alias"),
            (Alias::None, Insecure, &[], "unsigned: TLSA queries would only fail"),
            (to(Secure), Secure, &["mx.b.test", "mx.a.test"], "the end first, then the start"),
            (to(Secure), Insecure, &["mx.a.test"], "the provider is unsigned, the customer not"),
            (to(Insecure), Insecure, &[], "unsigned from the start"),
        ];
        for (alias, address, expected, reason) in table {
            let found = base_domains(&host, alias, *address);
            let found: Vec<&str> = found.iter().map(DnsName::as_str).collect();
            assert_eq!(found, *expected, "{reason}");
        }
    }

    #[test]
    fn the_first_secure_rrset_names_the_base_domain() {
        let fault = || TlsaAnswer::Fault(LookupFault::Failed);
        let table = [
            (vec![records(&[3]), fault()], (Some(0), records(&[3])), "the second is not asked"),
            (vec![TlsaAnswer::None, records(&[3])], (Some(1), records(&[3])), "the second"),
            (vec![records(&[]), records(&[3])], (Some(1), records(&[3])), "empty is none"),
            (vec![fault(), records(&[3])], (None, fault()), "no query may fail"),
            (vec![TlsaAnswer::None, fault()], (None, fault()), "nor the second"),
            (vec![TlsaAnswer::None, TlsaAnswer::None], (None, TlsaAnswer::None), "none"),
            (Vec::new(), (None, TlsaAnswer::None), "nowhere to look"),
        ];
        for (answers, expected, reason) in table {
            assert_eq!(choose_base(answers), expected, "{reason}");
        }
    }
}
