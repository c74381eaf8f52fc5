//! Everything one look at a policy domain showed: facts without judgement.

#[cfg(test)]
pub(crate) mod sample;

use ironpost_net::dns::answer::{Caa, DnsError, Lookup, Mx};
use ironpost_net::policy_fetch::PolicyFetch;
use ironpost_net::report_target::ReportTargetProbe;
use ironpost_net::smtp::SmtpProbe;
use ironpost_net::tls::facts::TlsVersion;
use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::record::RecordSet;
use ironpost_proto::tls_rpt;
use jiff::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What was seen of one policy domain.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The policy domain.
    pub domain: Domain,
    /// When the look began.
    pub checked_at: Timestamp,
    /// How long it took.
    pub elapsed: Duration,
    /// Parts left out by request.
    pub skip: Skip,
    /// `_mta-sts` TXT.
    pub record: RecordEvidence,
    /// The policy host; `None` when nothing is published that would lead a sender there and the
    /// host has no address.
    pub policy_host: PolicyHostEvidence,
    /// The domain's MX RRset.
    pub mx: Lookup<Mx>,
    /// The hosts that take mail, by preference and name; with no MX RRset the domain itself.
    pub hosts: Vec<Host>,
    /// Whether port 25 can be reached from here.
    pub egress: Egress,
    /// `_smtp._tls` TXT; `None` when skipped.
    pub tls_rpt: Option<TlsRptEvidence>,
    /// SPF and DMARC of a domain with a null MX; `None` otherwise.
    pub parked: Option<ParkedEvidence>,
    /// A name above the policy domain that publishes an MTA-STS record, if the domain itself
    /// publishes none (RFC 8461 §3.4: it does not count).
    pub parent_with_record: Option<Domain>,
}

/// Parts of a check to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Skip {
    /// No SMTP connection.
    pub smtp: bool,
    /// No TLSA and no DNSSEC.
    pub dane: bool,
    /// No `_smtp._tls`.
    pub tls_rpt: bool,
}

/// The TXT record.
#[derive(Debug, Clone)]
pub struct RecordEvidence {
    /// The lookup of `_mta-sts.<policy domain>`.
    pub lookup: Lookup<Vec<u8>>,
    /// What the RRset amounts to; empty when the lookup failed.
    pub set: RecordSet,
    /// Records of ours found where no sender looks; looked for only when the right place has none.
    pub misplaced: Vec<Misplaced>,
    /// A name that nobody would publish is answered with the same TXT: a wildcard.
    pub wildcard: bool,
    /// What each authoritative server gives, when they could be asked.
    pub servers: Vec<ServerTxt>,
    /// Time of the lookup.
    pub elapsed: Duration,
}

/// A record in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// Where it stands.
    pub at: DnsName,
    /// Its octets.
    pub text: Vec<u8>,
}

/// TXT as one authoritative server gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTxt {
    /// The server's name.
    pub server: DnsName,
    /// The address asked.
    pub address: IpAddr,
    /// Its records, sorted; `None` when it did not answer.
    pub records: Option<Vec<Vec<u8>>>,
    /// Their TTL as set in the zone, seconds.
    pub ttl: Option<u32>,
}

/// The policy host.
#[derive(Debug, Clone)]
pub struct PolicyHostEvidence {
    /// `mta-sts.<policy domain>`.
    pub name: DnsName,
    /// A.
    pub ipv4: Lookup<IpAddr>,
    /// AAAA.
    pub ipv6: Lookup<IpAddr>,
    /// One strict fetch for each address that could be tried.
    pub fetches: Vec<PolicyFetch>,
    /// Diagnostic fetches behind what failed.
    pub behind: Vec<PolicyFetch>,
    /// The CAA set that governs the host (RFC 8659 §3): where it stands, and its records.
    pub caa: Option<(DnsName, Vec<Caa>)>,
}

/// A host that takes mail, as named by this domain.
#[derive(Debug, Clone)]
pub struct Host {
    /// Preference; `None` for the implicit MX.
    pub preference: Option<u16>,
    /// What was seen of it; shared by all domains that name it.
    pub seen: Arc<HostEvidence>,
}

/// What was seen of a host.
#[derive(Debug, Clone)]
pub struct HostEvidence {
    /// The name in the MX record.
    pub name: DnsName,
    /// A; `None` if the name cannot be looked up (an address in place of a name).
    pub ipv4: Option<Lookup<IpAddr>>,
    /// AAAA.
    pub ipv6: Option<Lookup<IpAddr>>,
    /// One probe for each address tried.
    pub probes: Vec<SmtpProbe>,
    /// A handshake without SNI, on the first address where one with SNI succeeded.
    pub without_sni: Option<SmtpProbe>,
    /// Versions before TLS 1.2 that the same address still accepts.
    pub legacy_versions: Vec<TlsVersion>,
    /// TLSA; `None` when skipped.
    pub tlsa: Option<TlsaEvidence>,
    /// Whether the deadline cut the look short.
    pub cut_short: bool,
}

impl HostEvidence {
    /// The MX record holds an address (`192.0.2.1.`) where a host name belongs.
    pub fn is_address(&self) -> bool {
        self.name.as_str().parse::<IpAddr>().is_ok()
    }
}

/// TLSA records of a host.
#[derive(Debug, Clone)]
pub struct TlsaEvidence {
    /// The TLSA base domain (RFC 7672 §2.2.3).
    pub base: DnsName,
    /// The lookup at `_25._tcp.<base>`.
    pub lookup: Lookup<Tlsa>,
    /// Whether `_smtp._tls.<base>` has a TLS-RPT record; `None` if not looked up.
    pub reports: Option<bool>,
}

/// Whether port 25 can be reached from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Egress {
    /// Some server on port 25 answered in this run, or the question does not arise.
    Open,
    /// None of the canaries answered.
    Blocked,
    /// No connection to the hosts, and no canary to ask.
    Unknown,
}

/// The TLS-RPT record.
#[derive(Debug, Clone)]
pub struct TlsRptEvidence {
    /// The lookup of `_smtp._tls.<policy domain>`.
    pub lookup: Lookup<Vec<u8>>,
    /// What the RRset amounts to.
    pub set: tls_rpt::record::RecordSet,
    /// Records found where no reporter looks.
    pub misplaced: Vec<Misplaced>,
    /// Whether each report URI of a valid record can receive, in order.
    pub targets: Vec<TargetEvidence>,
}

/// A report URI and whether it can receive.
#[derive(Debug, Clone)]
pub struct TargetEvidence {
    /// The URI.
    pub uri: tls_rpt::record::ReportUri,
    /// What was found out.
    pub state: TargetState,
}

/// Whether a report URI can receive.
#[derive(Debug, Clone)]
pub enum TargetState {
    /// Its mail domain has an MX or an address, or its https host answers.
    Receives,
    /// Its mail domain has a null MX.
    NullMx,
    /// Its domain or host has no MX and no address.
    NoHost,
    /// Its https host: what one connection showed.
    Https(ReportTargetProbe),
    /// Not tested: a lookup failed, or the scheme is unsupported.
    NotTested(Option<DnsError>),
}

/// What a domain that takes no mail publishes beside its null MX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParkedEvidence {
    /// SPF is `v=spf1 -all`.
    pub spf_denies_all: bool,
    /// DMARC has `p=reject`.
    pub dmarc_rejects: bool,
}
