//! Which addresses a looked-up name may lead us to.

use ipnet::IpNet;
use std::net::IpAddr;

/// Lets connections go to public unicast addresses and to networks allowed by hand.
#[derive(Debug, Clone, Default)]
pub struct AddressGuard {
    allowed: Vec<IpNet>,
}

/// Why an address is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Forbidden {
    /// 127.0.0.0/8, ::1.
    Loopback,
    /// RFC 1918, fc00::/7.
    Private,
    /// 169.254.0.0/16 (cloud metadata among them), fe80::/10.
    LinkLocal,
    /// 100.64.0.0/10, RFC 6598.
    CarrierNat,
    /// RFC 5737, RFC 3849, RFC 9637, benchmarking (RFC 2544, RFC 5180).
    Documentation,
    /// Multicast or broadcast.
    Multicast,
    /// 0.0.0.0/8, ::, 240.0.0.0/4 and other ranges of the special-purpose registries.
    Reserved,
    /// An IPv6 form that carries a forbidden IPv4 address: v4-mapped, v4-compatible, NAT64, 6to4, Teredo.
    Embedded,
}

impl AddressGuard {
    /// A guard that also lets through `allowed` (labs, private networks).
    pub fn allowing(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// `Ok` if `address` may be connected to.
    pub fn check(&self, _address: IpAddr) -> Result<(), Forbidden> {
        todo!()
    }

    /// True if `address` is let through only because it was allowed by hand.
    pub fn is_allowed_by_hand(&self, _address: IpAddr) -> bool {
        todo!()
    }
}
