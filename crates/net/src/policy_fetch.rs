//! Fetching a policy from one address of the policy host, RFC 8461 §3.3.

mod exchange;
mod request;

use crate::address_guard::AddressGuard;
use crate::tcp::{self, DialError, dial, dial_within};
use crate::tls::connect::{Inner, Target, handshake};
use crate::tls::facts::{HandshakeFailure, TlsFacts, TlsVersion};
use crate::tls::legacy;
use crate::tls::roots::Roots;
use ironpost_proto::domain::Domain;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

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

/// How long a fetch may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// To the TCP connection.
    pub(crate) connect: Duration,
    /// From the start to the last octet.
    pub(crate) total: Duration,
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
    /// Why there is no acceptable body; `None` means that a sender would go on to parse it. The
    /// manners that look behind a certificate leave the certificate aside here: `tls` tells of it.
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
    pub async fn fetch(&self, domain: &Domain, address: SocketAddr, manner: Manner) -> PolicyFetch {
        let patience = Patience { connect: tcp::PATIENCE, total: self.deadline };
        self.fetch_within(patience, domain, address, manner).await
    }

    /// The same within `patience`.
    pub(crate) async fn fetch_within(
        &self,
        patience: Patience,
        domain: &Domain,
        address: SocketAddr,
        manner: Manner,
    ) -> PolicyFetch {
        let started = Instant::now();
        let mut course = Course::new(patience.connect, address, manner);
        let host = domain.prefixed("mta-sts");
        let fetching = self.run(host.as_str(), &mut course, started);
        let outcome = timeout_at(started + patience.total, fetching).await;
        course.finish(outcome.ok(), started.elapsed())
    }

    async fn run(
        &self,
        host: &str,
        course: &mut Course,
        started: Instant,
    ) -> Result<(), FetchFailure> {
        let fetch = &mut course.fetch;
        let stream = dial_within(course.connect, fetch.address, &self.guard).await?;
        fetch.connected_after = Some(started.elapsed());
        let session = match handshake(stream, &Target::host(host), Inner::Http, &self.roots).await {
            Ok(session) => session,
            Err(failure) => {
                course.fault = Some(FetchFailure::Handshake(failure.clone()));
                return Err(FetchFailure::Handshake(
                    self.look_closer(fetch.address, failure).await,
                ));
            }
        };
        let facts = fetch.tls.insert(session.facts);
        // RFC 8461 §3.3: no octet of HTTP to a host that is not authenticated.
        if fetch.manner == Manner::Strict && !facts.is_acceptable() {
            return Err(FetchFailure::Certificate);
        }
        let request = request::get(host, fetch.address.port(), fetch.manner)?;
        exchange::exchange(session.stream, request, course).await
    }

    /// Tells a server of old TLS versions, which may fail in other ways too.
    async fn look_closer(
        &self,
        address: SocketAddr,
        failure: HandshakeFailure,
    ) -> HandshakeFailure {
        if !legacy::is_worth_asking(&failure) {
            return failure;
        }
        let Ok(stream) = dial(address, &self.guard).await else { return failure };
        let newest = legacy::negotiate(stream, TlsVersion::Tls12).await;
        legacy::reconsidered(failure, newest)
    }
}

/// A fetch on its way: what is known when the deadline cuts it off.
#[derive(Debug)]
struct Course {
    /// How long the connection may take.
    connect: Duration,
    fetch: PolicyFetch,
    /// A fault found while there was still something to look at: the handshake's, the head's of
    /// the response.
    fault: Option<FetchFailure>,
}

impl Course {
    fn new(connect: Duration, address: SocketAddr, manner: Manner) -> Self {
        let fetch = PolicyFetch {
            address,
            manner,
            connected_after: None,
            tls: None,
            response: None,
            elapsed: Duration::ZERO,
            failure: None,
        };
        Self { connect, fetch, fault: None }
    }

    /// `outcome` is `None` if the deadline came first.
    fn finish(self, outcome: Option<Result<(), FetchFailure>>, elapsed: Duration) -> PolicyFetch {
        let failure = match outcome {
            Some(outcome) => outcome.err(),
            None => Some(self.overdue()),
        };
        PolicyFetch { elapsed, failure, ..self.fetch }
    }

    fn overdue(&self) -> FetchFailure {
        if let Some(fault) = &self.fault {
            return fault.clone();
        }
        if self.fetch.connected_after.is_none() {
            FetchFailure::ConnectTimeout
        } else if self.fetch.tls.is_none() {
            FetchFailure::Handshake(HandshakeFailure::Timeout)
        } else {
            FetchFailure::Timeout
        }
    }
}

impl From<DialError> for FetchFailure {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Forbidden(why) => Self::Forbidden(why),
            DialError::Refused => Self::Refused,
            DialError::Unroutable => Self::Unroutable,
            DialError::TimedOut => Self::ConnectTimeout,
            DialError::Other(words) => Self::Connect(words),
        }
    }
}
