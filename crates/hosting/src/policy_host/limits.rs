//! What strangers may take. All are own limits: RFC 8461 has none for the host.

use std::time::Duration;

/// The limits of a policy host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time, HTTPS and HTTP together. Further ones wait in the system's queue. At
    /// most three quarters of the descriptors that the process may have are used.
    pub connections: usize,
    /// Connections at a time of one client: an IPv4 address or an IPv6 network of 64 bits. Large
    /// senders come from few addresses with many domains to look at.
    pub connections_per_client: usize,
    /// From the connection to the end of the TLS handshake, PROXY protocol included.
    pub handshake: Duration,
    /// For each request, from the end of the one before to the end of its head; so also how long
    /// a connection may be idle. The reply must have been taken by then too.
    pub patience: Duration,
    /// Octets of the head of a request, 8 KiB at least (the HTTP library reads that much). A
    /// sender's has some 150.
    pub head: usize,
    /// Requests on one connection. It is then ended in order.
    pub requests: u32,
    /// To finish what is under way when a connection is ended in order.
    pub farewell: Duration,
    /// Certificates that are ready to sign with, some 4 KiB each. Others are unpacked for each
    /// handshake.
    pub unpacked_certificates: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            connections_per_client: 256,
            handshake: Duration::from_secs(10),
            patience: Duration::from_secs(15),
            head: 8 * 1024,
            requests: 1_000,
            farewell: Duration::from_secs(5),
            unpacked_certificates: 1_024,
        }
    }
}
