//! The ports that servers of the other side listen on.

/// Where policy hosts, MX hosts and authoritative name servers listen. Anything but the
/// defaults is for labs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Policy hosts (RFC 8461 §3.3) and report endpoints without an explicit port.
    pub https: u16,
    /// MX hosts.
    pub smtp: u16,
    /// Authoritative name servers, asked directly for D-SPLIT.
    pub dns: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { https: 443, smtp: 25, dns: 53 }
    }
}
