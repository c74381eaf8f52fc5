//! Fetching a policy from one address of the policy host, RFC 8461 §3.3.

use crate::address_guard::AddressGuard;
use crate::tls::facts::{HandshakeFailure, TlsFacts};
use crate::tls::roots::Roots;
use ironpost_proto::domain::Domain;
use std::net::SocketAddr;
use std::time::Duration;

/// What every fetch of a run shares.
#[derive(Debug, Clone)]
pub struct PolicyFetcher {
    /// Trust roots for the strict fetch.
    pub roots: Roots,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Total time, from connect to the last octet.
    pub deadline: Duration,
}

/// How far a fetch is willing to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manner {
    /// As a sender does it: stop at the first fault.
    Strict,
    /// Look behind a bad certificate, with the same user agent.
    BehindCertificate,
    /// Look behind a bad certificate and behave as a browser (user agent, Accept headers).
    AsBrowser,
}

/// What one fetch from one address showed, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFetch {
    /// Address and port connected to.
    pub address: SocketAddr,
    /// How it was done.
    pub manner: Manner,
    /// Time to the TCP connection, if there was one.
    pub connected_after: Option<Duration>,
    /// The TLS session, if the handshake came to an end (even with a bad certificate).
    pub tls: Option<TlsFacts>,
    /// The HTTP response, if one came.
    pub response: Option<Response>,
    /// Total time.
    pub elapsed: Duration,
    /// Why there is no acceptable body; `None` means that a sender would go on to parse it.
    pub failure: Option<FetchFailure>,
}

/// An HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// `Content-Type` as sent, made visible.
    pub content_type: Option<String>,
    /// `Location` as sent, made visible.
    pub location: Option<String>,
    /// `Server`, made visible.
    pub server: Option<String>,
    /// The body, at most 64 KiB of it.
    pub body: Vec<u8>,
    /// The body went on past 64 KiB.
    pub oversized: bool,
    /// The body ended as its framing said (false after a cut or a deadline).
    pub complete: bool,
}

/// Why a fetch failed, in the order in which a sender meets them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFailure {
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
    /// The handshake failed.
    #[error("{0}")]
    Handshake(HandshakeFailure),
    /// The handshake went through but the certificate is not acceptable; see the session's facts.
    #[error("the certificate is not acceptable")]
    Certificate,
    /// The answer was not there in time.
    #[error("no complete answer in time")]
    Timeout,
    /// The peer closed or spoke something other than HTTP, in words.
    #[error("no HTTP answer: {0}")]
    Http(String),
    /// A status other than 200 (§3.3), redirects included.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The media type is not text/plain (§3.2).
    #[error("the media type is not text/plain")]
    MediaType,
    /// More than 64 KiB.
    #[error("the body is longer than 64 KiB")]
    TooLarge,
}

impl PolicyFetcher {
    /// Fetches `https://mta-sts.<domain>/.well-known/mta-sts.txt` from `address`. No redirect, no
    /// proxy, no HTTP cache, SNI and Host are the policy host's name.
    pub async fn fetch(
        &self,
        _domain: &Domain,
        _address: SocketAddr,
        _manner: Manner,
    ) -> PolicyFetch {
        todo!()
    }
}
