//! Posting to an HTTPS endpoint that an administrator has named: past the address guard, without
//! redirects and proxies, within a deadline.

mod endpoint;
mod exchange;

pub use endpoint::{Endpoint, EndpointError};

use crate::address_guard::{AddressGuard, Forbidden};
use crate::dns::resolver::Resolver;
use crate::tcp::{DialError, dial};
use crate::tls::connect::{Inner, Target, handshake};
use crate::tls::facts::{HandshakeFailure, TlsFacts};
use crate::tls::roots::Roots;
use bytes::Bytes;
use endpoint::Host;
use http::{HeaderName, HeaderValue};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Posts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpPoster {
    /// For the addresses of endpoints; DNSSEC is of no interest there.
    pub resolver: Resolver,
    /// Trust roots.
    pub roots: Roots,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Total time for one post: lookups, all addresses, and the answer.
    pub deadline: Duration,
}

/// A post that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The endpoint's name could not be looked up, in words.
    #[error("{host} cannot be looked up: {detail}")]
    Unresolved {
        /// The name.
        host: String,
        /// Why.
        detail: String,
    },
    /// It has no address.
    #[error("{host} has no address")]
    NoAddress {
        /// The name.
        host: String,
    },
    /// The guard forbids the address.
    #[error("{address} is {why}, to which nothing is posted unless it is allowed")]
    Forbidden {
        /// The address.
        address: IpAddr,
        /// What it is.
        why: Forbidden,
    },
    /// No TCP connection, in words.
    #[error("cannot connect to {address}: {detail}")]
    Unreachable {
        /// The address.
        address: SocketAddr,
        /// Why.
        detail: String,
    },
    /// The handshake failed.
    #[error("no TLS: {0}")]
    Handshake(HandshakeFailure),
    /// The certificate is not acceptable for the endpoint's name.
    #[error("the certificate is not acceptable")]
    Certificate(Box<TlsFacts>),
    /// The answer was not HTTP, or ended early, in words.
    #[error("no HTTP answer: {0}")]
    Http(String),
    /// Another status than 2xx. Redirects are not followed.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The deadline came first.
    #[error("no answer in time")]
    TimedOut,
}

impl HttpPoster {
    /// Posts `body`. The endpoint has taken it if it answers with a status of 2xx; what else it
    /// says is not read.
    pub async fn post(
        &self,
        endpoint: &Endpoint,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<(), PostError> {
        let end = Instant::now() + self.deadline;
        let posting = self.run(endpoint, headers, body, end);
        timeout_at(end, posting).await.unwrap_or(Err(PostError::TimedOut))
    }

    async fn run(
        &self,
        endpoint: &Endpoint,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        end: Instant,
    ) -> Result<(), PostError> {
        let mut failure = PostError::NoAddress { host: endpoint.host.to_string() };
        for address in self.addresses(endpoint, end).await? {
            let stream = match dial(SocketAddr::new(address, endpoint.port), &self.guard).await {
                Ok(stream) => stream,
                Err(error) => {
                    failure = PostError::of_dial(address, endpoint.port, error);
                    continue;
                }
            };
            // From here on it may have been taken: the next address is not tried.
            let target = Target { reference: endpoint.host.reference(), send_name: true };
            let session = handshake(stream, &target, Inner::Http, &self.roots)
                .await
                .map_err(PostError::Handshake)?;
            if !session.facts.is_acceptable() {
                return Err(PostError::Certificate(Box::new(session.facts)));
            }
            return exchange::exchange(session.stream, endpoint.request(headers, body)?).await;
        }
        Err(failure)
    }

    /// IPv6 addresses are there for hosts without others that can be used.
    async fn addresses(&self, endpoint: &Endpoint, end: Instant) -> Result<Vec<IpAddr>, PostError> {
        let name = match &endpoint.host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        let resolver = self.resolver.unvalidated().until(end);
        let (ipv4, ipv6) = tokio::join!(resolver.ipv4(name), resolver.ipv6(name));
        let unresolved = |error: &dyn std::error::Error| PostError::Unresolved {
            host: name.to_string(),
            detail: error.to_string(),
        };
        match (ipv4, ipv6) {
            (Err(error), Err(_)) => Err(unresolved(&error)),
            (ipv4, ipv6) => {
                let found = [ipv4, ipv6].into_iter().flatten();
                let found = found.flat_map(|answer| answer.records().to_vec());
                Ok(found.take(MAX_ADDRESSES).collect())
            }
        }
    }
}

impl PostError {
    fn of_dial(address: IpAddr, port: u16, error: DialError) -> Self {
        let detail = match error {
            DialError::Forbidden(why) => return Self::Forbidden { address, why },
            DialError::Refused => "connection refused".to_owned(),
            DialError::Unroutable => "this machine has no route to the address".to_owned(),
            DialError::TimedOut => "no connection in time".to_owned(),
            DialError::Other(words) => words,
        };
        Self::Unreachable { address: SocketAddr::new(address, port), detail }
    }
}

/// Addresses that are tried. Own limit.
const MAX_ADDRESSES: usize = 8;
