//! What a sender demands of the servers of a next-hop: DANE and MTA-STS together
//! (RFC 8461 §2, RFC 7672 §2.2).

use crate::dane::{LookupFault, Outcome};
use crate::mta_sts::policy::Mode;

/// What DANE says of a next-hop as a whole, over every host that counts: those that have an
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dane {
    /// DANE applies to no host, provably.
    Absent,
    /// Every host has secure, usable TLSA records.
    Every,
    /// Some hosts have secure, usable TLSA records and DANE does not apply to the others, or
    /// their TLSA records are unusable, or nothing can be told of them.
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
    /// DANE where a host has TLSA records, TLS if it is offered elsewhere.
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
pub fn dane(hosts: impl IntoIterator<Item = Outcome>) -> Dane {
    let _ = hosts.into_iter();
    todo!()
}

/// What is demanded, from what DANE says and the mode of the policy that applies, if one does.
pub fn demand(dane: Dane, mode: Option<Mode>, precedence: Precedence) -> Demand {
    let _ = (dane, mode, precedence);
    todo!()
}
