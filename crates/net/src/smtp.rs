//! SMTP as far as TLS: banner, EHLO, STARTTLS, EHLO, QUIT. Never MAIL or RCPT.

use crate::address_guard::AddressGuard;
use crate::tls::facts::{HandshakeFailure, TlsFacts, TlsVersion};
use crate::tls::roots::Roots;
use ironpost_proto::domain::DnsName;
use std::net::SocketAddr;
use std::time::Duration;

/// What every probe of a run shares.
#[derive(Debug, Clone)]
pub struct SmtpProber {
    /// Trust roots.
    pub roots: Roots,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Total time, from connect to QUIT.
    pub deadline: Duration,
    /// The name given in EHLO.
    pub ehlo_name: String,
}

/// Which server name a probe sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sni {
    /// The MX host's name, as RFC 8461 §7.1 wants of senders.
    MxName,
    /// None, as older senders do.
    Absent,
}

/// What one probe of one address of an MX showed, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpProbe {
    /// Address and port connected to.
    pub address: SocketAddr,
    /// The server name sent.
    pub sni: Sni,
    /// Time to the TCP connection, if there was one.
    pub connected_after: Option<Duration>,
    /// The 220 greeting's text.
    pub banner: Option<String>,
    /// Host name and keywords of the first EHLO answer, made visible, at most 100.
    pub ehlo: Option<Vec<String>>,
    /// Whether STARTTLS was among them.
    pub starttls_offered: bool,
    /// The TLS session, if the handshake came to an end (even with a bad certificate).
    pub tls: Option<TlsFacts>,
    /// EHLO was answered again inside TLS.
    pub ehlo_inside_tls: bool,
    /// Old versions that the server still accepts (asked once per MX, not by every probe).
    pub legacy_versions: Vec<TlsVersion>,
    /// Total time.
    pub elapsed: Duration,
    /// Why the probe did not reach an EHLO inside TLS.
    pub failure: Option<ProbeFailure>,
}

/// Why a probe ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeFailure {
    /// The guard forbids the address.
    #[error("the address is not public")]
    Forbidden(crate::address_guard::Forbidden),
    /// TCP refused.
    #[error("connection refused")]
    Refused,
    /// This machine has no route to the address (no IPv6, say): nothing was tested.
    #[error("this machine has no route to the address")]
    Unroutable,
    /// No TCP connection within the deadline.
    #[error("no connection in time")]
    ConnectTimeout,
    /// Another TCP error (host unreachable, reset), in words.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// Connected, but silence where an SMTP reply was due.
    #[error("connected, but no answer to {stage} in time")]
    Silent {
        /// `the greeting`, `EHLO`, `STARTTLS`, ….
        stage: &'static str,
    },
    /// The peer closed the connection where a reply was due.
    #[error("connection closed instead of an answer to {stage}")]
    Closed {
        /// As above.
        stage: &'static str,
    },
    /// A 4xx reply before TLS was tried: greylisting, tarpit, overload. TLS was not tested.
    #[error("temporarily refused at {stage}: {reply}")]
    Temporary {
        /// As above.
        stage: &'static str,
        /// Code and text, made visible.
        reply: String,
    },
    /// A 5xx reply to the greeting or EHLO. TLS was not tested.
    #[error("refused at {stage}: {reply}")]
    Permanent {
        /// As above.
        stage: &'static str,
        /// Code and text, made visible.
        reply: String,
    },
    /// Not SMTP, or a reply beyond all limits.
    #[error("not SMTP: {0}")]
    Protocol(String),
    /// EHLO does not offer STARTTLS.
    #[error("STARTTLS is not offered")]
    NoStartTls,
    /// STARTTLS is offered and then refused (454, 5xx).
    #[error("STARTTLS refused: {reply}")]
    StartTlsRefused {
        /// Code and text, made visible.
        reply: String,
    },
    /// Octets after the 220 reply to STARTTLS, before TLS: command injection (RFC 3207 §6).
    #[error("plain text was injected after STARTTLS")]
    Injection,
    /// The handshake failed.
    #[error("{0}")]
    Handshake(HandshakeFailure),
    /// TLS stands, but EHLO inside it was not answered well.
    #[error("no answer to EHLO inside TLS: {0}")]
    InsideTls(String),
}

impl SmtpProber {
    /// Probes one address of the MX host `name`. A bad certificate does not end the probe: the
    /// session is quit politely and the facts tell.
    pub async fn probe(&self, _name: &DnsName, _address: SocketAddr, _sni: Sni) -> SmtpProbe {
        todo!()
    }
    /// Which of TLS 1.0 and 1.1 the server still accepts after STARTTLS: one short session each.
    pub async fn legacy_versions(&self, _address: SocketAddr) -> Vec<TlsVersion> {
        todo!()
    }
    /// True if a TCP connection to the port can be had and an SMTP greeting comes: the canary test for a
    /// blocked port 25.
    pub async fn greets(&self, _address: SocketAddr) -> bool {
        todo!()
    }
}
