//! How the peers of a scenario behave: `peers.toml`. Sound by default.

use crate::error::ScenarioError;
use crate::folder::Folder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// `peers.toml`. The keys of the tables are the symbols of the zone: `policy`, `mx1`, ….
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peers {
    #[serde(default)]
    pub(crate) dns: DnsManners,
    #[serde(default)]
    pub(crate) https: BTreeMap<String, HttpsManners>,
    #[serde(default)]
    pub(crate) smtp: BTreeMap<String, SmtpManners>,
    #[serde(default)]
    pub(crate) attacker: BTreeMap<String, AttackerManners>,
}

impl Peers {
    pub(crate) fn of(folder: &Folder) -> Result<Self, ScenarioError> {
        let text = folder.text(FILE)?.unwrap_or_default();
        toml::from_str(text)
            .map_err(|source| ScenarioError::Toml { file: FILE, source: Box::new(source) })
    }

    /// True if a policy host has `file` as its body.
    pub(crate) fn serves(&self, file: &str) -> bool {
        self.https.values().any(|host| host.body.as_deref() == Some(file))
    }
}

/// How names are answered.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnsManners {
    /// Whether the scenario's zone counts as signed: answers get the AD bit.
    #[serde(default)]
    pub(crate) dnssec: Dnssec,
    /// Faults by owner name, or by owner name and record type (`mx1 TLSA`).
    #[serde(default)]
    pub(crate) faults: BTreeMap<String, Fault>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Dnssec {
    #[default]
    Insecure,
    Secure,
}

/// What happens to a question instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// RCODE SERVFAIL.
    Servfail,
    /// RCODE REFUSED.
    Refused,
    /// Nothing at all.
    Timeout,
    /// SERVFAIL with extended error 6, DNSSEC bogus (RFC 8914 §4.7), unless the client sets CD.
    Bogus,
}

/// How an HTTPS server behaves.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpsManners {
    /// False: nothing listens, connections are refused.
    pub(crate) closed: bool,
    pub(crate) certificate: CertificateManners,
    pub(crate) tls: TlsManners,
    /// 200 if there is a body, else 404.
    pub(crate) status: Option<u16>,
    /// `Location`.
    pub(crate) location: Option<String>,
    /// `Content-Type`; empty for none; `text/plain` by default.
    pub(crate) content_type: Option<String>,
    /// The file of the folder that is served; `mta-sts.txt` by default.
    pub(crate) body: Option<String>,
    /// The body goes on with an unknown field up to this many octets.
    pub(crate) pad_to: usize,
    /// How long the answer takes to begin.
    pub(crate) answer_after_ms: u64,
    /// How long each octet of the body takes.
    pub(crate) octet_every_ms: u64,
    /// The answer never begins.
    pub(crate) silent: bool,
    /// Any client whose user agent does not begin with `Mozilla/` gets a 403.
    pub(crate) browsers_only: bool,
}

impl HttpsManners {
    pub(crate) fn answer_after(&self) -> Duration {
        Duration::from_millis(self.answer_after_ms)
    }

    pub(crate) fn octet_every(&self) -> Option<Duration> {
        (self.octet_every_ms > 0).then(|| Duration::from_millis(self.octet_every_ms))
    }
}

/// How an MX host behaves.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SmtpManners {
    /// False: nothing listens, connections are refused.
    pub(crate) closed: bool,
    pub(crate) certificate: CertificateManners,
    pub(crate) tls: TlsManners,
    pub(crate) greeting: Greeting,
    pub(crate) starttls: StartTls,
    pub(crate) inside_tls: InsideTls,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Greeting {
    #[default]
    Sound,
    /// `421`, and the connection is closed.
    Temporary,
    /// `554`, and the connection is closed.
    Permanent,
    /// Nothing is ever sent.
    Silent,
    /// One octet a second.
    Tarpit,
    /// The connection is closed at once.
    Close,
    /// Many lines, with escape sequences that would act on a terminal.
    Loud,
    /// Lines without end.
    Endless,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StartTls {
    #[default]
    Offered,
    Absent,
    /// Offered, then `454` (RFC 3207 §4).
    Refused,
    /// Offered, then `220` with a reply in the same segment that belongs inside TLS.
    Injected,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InsideTls {
    #[default]
    Sound,
    /// EHLO inside TLS gets a `550`.
    Refused,
    /// The connection is closed after the handshake.
    Close,
}

/// How a handshake goes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TlsManners {
    /// TLS 1.2 and 1.3.
    #[default]
    Sound,
    #[serde(rename = "1.2-only")]
    Tls12Only,
    /// As a server that knows nothing newer: its ServerHello says 1.1.
    #[serde(rename = "1.1-only")]
    Tls11Only,
    /// As a server that has switched TLS 1.2 off: a protocol_version alert.
    #[serde(rename = "1.1-only-alert")]
    Tls11OnlyAlert,
    /// TLS 1.0 and 1.1 too, for those who ask.
    AcceptsOld,
    /// A handshake_failure alert for everyone.
    Alert,
    /// An unrecognized_name alert for everyone without SNI.
    NeedsSni,
    /// Plain text where TLS is due.
    Plain,
    /// The connection is closed when the ClientHello is there.
    Close,
    /// The ClientHello gets no answer.
    Silent,
}

/// Which certificate is sent.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CertificateManners {
    pub(crate) kind: CertificateKind,
    /// The SAN dNSNames; by default `mta-sts.<domain>` or the names that the zone gives to the
    /// address.
    pub(crate) names: Option<Vec<String>>,
    /// Days until the end of its 90 days; 60 by default.
    pub(crate) days_left: Option<u32>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CertificateKind {
    /// From the lab's CA, with the intermediate.
    #[default]
    Good,
    /// Ended ten days ago.
    Expired,
    /// Begins in ten days.
    NotYetValid,
    SelfSigned,
    /// From a CA that nobody knows, its root sent along.
    PrivateCa,
    /// The same without the root: the certificate alone.
    PrivateCaLeaf,
    /// From the lab's CA, without the intermediate.
    NoIntermediate,
    /// The name stands in the Common Name alone.
    CommonNameOnly,
}

/// A man in the middle, at an address of his own, who relays to an MX host and takes STARTTLS
/// out of its answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttackerManners {
    /// The symbol of the MX host.
    pub(crate) victim: String,
}

const FILE: &str = "peers.toml";
