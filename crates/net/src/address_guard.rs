//! Which addresses a looked-up name may lead us to.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
    /// RFC 1918, fc00::/7, fec0::/10.
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
    /// An IPv6 form that carries an IPv4 address: v4-mapped, v4-compatible, v4-translated, 6to4 and
    /// Teredo whatever they carry, NAT64 (RFC 6052) around a forbidden address.
    Embedded,
}

impl AddressGuard {
    /// A guard that also lets through `allowed` (labs, private networks).
    pub fn allowing(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// `Ok` if `address` may be connected to.
    pub fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        match classify(address) {
            Some(_) if self.allows(address) => Ok(()),
            Some(forbidden) => Err(forbidden),
            None => Ok(()),
        }
    }

    /// True if `address` is let through only because it was allowed by hand.
    pub fn is_allowed_by_hand(&self, address: IpAddr) -> bool {
        classify(address).is_some() && self.allows(address)
    }

    /// A v4-mapped address reaches the IPv4 host it names, so allowing that host allows both forms.
    fn allows(&self, address: IpAddr) -> bool {
        let canonical = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&address) || net.contains(&canonical))
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::CarrierNat => "a carrier-grade NAT address",
            Self::Documentation => "a documentation or benchmarking address",
            Self::Multicast => "a multicast or broadcast address",
            Self::Reserved => "a reserved address",
            Self::Embedded => "an IPv6 form of an IPv4 address",
        })
    }
}

fn classify(address: IpAddr) -> Option<Forbidden> {
    match address {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

fn classify_v4(address: Ipv4Addr) -> Option<Forbidden> {
    SPECIAL_V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, forbidden)| *forbidden)
}

fn classify_v6(address: Ipv6Addr) -> Option<Forbidden> {
    if NAT64.contains(&address) {
        // RFC 6052 §2.1: a DNS64 resolver makes these for every IPv4-only host, so on such a network
        // they are how the public IPv4 Internet is reached.
        let [.., a, b, c, d] = address.octets();
        return classify_v4(Ipv4Addr::new(a, b, c, d)).map(|_| Forbidden::Embedded);
    }
    let special = SPECIAL_V6.iter().find(|(net, _)| net.contains(&address));
    match special {
        Some((_, forbidden)) => Some(*forbidden),
        // RFC 4291 §2.4, IANA "IPv6 Address Space": global unicast is delegated from 2000::/3 alone.
        None if !GLOBAL_UNICAST.contains(&address) => Some(Forbidden::Reserved),
        None => None,
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

/// A network from the first four groups of its address.
const fn v6(groups: [u16; 4], prefix: u8) -> Ipv6Net {
    let [a, b, c, d] = groups;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), prefix)
}

const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0], 3);
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);

/// IANA IPv4 Special-Purpose Address Registry, with multicast (RFC 5771). The anycast
/// sinks and relays in it are "globally reachable", but no host of ours to talk to lives there.
const SPECIAL_V4: [(Ipv4Net, Forbidden); 20] = [
    (v4(0, 0, 0, 0, 8), Forbidden::Reserved), // RFC 791 §3.2, "this network"
    (v4(10, 0, 0, 0, 8), Forbidden::Private), // RFC 1918
    (v4(100, 64, 0, 0, 10), Forbidden::CarrierNat), // RFC 6598
    (v4(127, 0, 0, 0, 8), Forbidden::Loopback), // RFC 1122 §3.2.1.3
    (v4(169, 254, 0, 0, 16), Forbidden::LinkLocal), // RFC 3927
    (v4(172, 16, 0, 0, 12), Forbidden::Private), // RFC 1918
    (v4(192, 0, 0, 0, 24), Forbidden::Reserved), // RFC 6890 §2.1, protocol assignments
    (v4(192, 0, 2, 0, 24), Forbidden::Documentation), // RFC 5737, TEST-NET-1
    (v4(192, 31, 196, 0, 24), Forbidden::Reserved), // RFC 7535, AS112
    (v4(192, 52, 193, 0, 24), Forbidden::Reserved), // RFC 7450, AMT
    (v4(192, 88, 99, 0, 24), Forbidden::Reserved), // RFC 7526, 6to4 relays
    (v4(192, 168, 0, 0, 16), Forbidden::Private), // RFC 1918
    (v4(192, 175, 48, 0, 24), Forbidden::Reserved), // RFC 7534, AS112
    (v4(198, 18, 0, 0, 15), Forbidden::Documentation), // RFC 2544, benchmarking
    (v4(198, 51, 100, 0, 24), Forbidden::Documentation), // RFC 5737, TEST-NET-2
    (v4(203, 0, 113, 0, 24), Forbidden::Documentation), // RFC 5737, TEST-NET-3
    (v4(224, 0, 0, 0, 4), Forbidden::Multicast), // RFC 5771
    (v4(233, 252, 0, 0, 24), Forbidden::Multicast), // RFC 6676, MCAST-TEST-NET
    (v4(255, 255, 255, 255, 32), Forbidden::Multicast), // RFC 919, broadcast
    (v4(240, 0, 0, 0, 4), Forbidden::Reserved), // RFC 1112 §4
];

/// IANA IPv6 Special-Purpose Address Registry, with multicast (RFC 4291 §2.7) and the retired
/// forms; narrow before wide. NAT64 (64:ff9b::/96) is judged apart.
const SPECIAL_V6: [(Ipv6Net, Forbidden); 20] = [
    (Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128), Forbidden::Reserved), // RFC 4291 §2.5.2
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), Forbidden::Loopback),   // RFC 4291 §2.5.3
    (v6([0, 0, 0, 0], 96), Forbidden::Embedded), // RFC 4291 §2.5.5.1, v4-compatible
    (MAPPED, Forbidden::Embedded),               // RFC 4291 §2.5.5.2, v4-mapped
    (TRANSLATED, Forbidden::Embedded),           // RFC 2765 §2.1, v4-translated
    (v6([0x64, 0xff9b, 1, 0], 48), Forbidden::Embedded), // RFC 8215, local-use NAT64
    (v6([0x100, 0, 0, 0], 64), Forbidden::Reserved), // RFC 6666, discard
    (v6([0x2001, 0, 0, 0], 32), Forbidden::Embedded), // RFC 4380, Teredo
    (v6([0x2001, 2, 0, 0], 48), Forbidden::Documentation), // RFC 5180, benchmarking
    (v6([0x2001, 0x10, 0, 0], 28), Forbidden::Reserved), // RFC 4843, ORCHID
    (v6([0x2001, 0x20, 0, 0], 28), Forbidden::Reserved), // RFC 7343, ORCHIDv2
    (v6([0x2001, 0, 0, 0], 23), Forbidden::Reserved), // RFC 2928, protocol assignments
    (v6([0x2001, 0xdb8, 0, 0], 32), Forbidden::Documentation), // RFC 3849
    (v6([0x2002, 0, 0, 0], 16), Forbidden::Embedded), // RFC 3056, 6to4
    (v6([0x2620, 0x4f, 0x8000, 0], 48), Forbidden::Reserved), // RFC 7534, AS112
    (v6([0x3fff, 0, 0, 0], 20), Forbidden::Documentation), // RFC 9637
    (v6([0xfc00, 0, 0, 0], 7), Forbidden::Private), // RFC 4193, fd00:ec2::254 among them
    (v6([0xfe80, 0, 0, 0], 10), Forbidden::LinkLocal), // RFC 4291 §2.5.6
    (v6([0xfec0, 0, 0, 0], 10), Forbidden::Private), // RFC 3879, site-local
    (v6([0xff00, 0, 0, 0], 8), Forbidden::Multicast), // RFC 4291 §2.7
];

const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
const TRANSLATED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96);

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn public_addresses_pass() {
        let table = [
            ("8.8.8.8", "a public address"),
            ("1.1.1.1", "just outside 0/8"),
            ("9.255.255.255", "just below 10/8"),
            ("11.0.0.0", "just above 10/8"),
            ("100.63.255.255", "just below 100.64/10"),
            ("100.128.0.0", "just above 100.64/10"),
            ("172.15.255.255", "just below 172.16/12"),
            ("172.32.0.0", "just above 172.16/12"),
            ("192.0.1.0", "between 192.0.0/24 and 192.0.2/24"),
            ("198.17.255.255", "just below 198.18/15"),
            ("198.20.0.0", "just above 198.18/15"),
            ("223.255.255.255", "just below multicast"),
            ("2001:200::1", "just above 2001::/23"),
            ("2001:4860:4860::8888", "a public address"),
            ("2003::1", "just above 6to4"),
            ("2a00:1450::1", "a public address"),
            ("64:ff9b::808:808", "NAT64 of a public address, RFC 6052"),
        ];
        let guard = AddressGuard::default();
        for (text, reason) in table {
            assert_eq!(guard.check(address(text)), Ok(()), "{text}: {reason}");
            assert!(!guard.is_allowed_by_hand(address(text)), "{text}: {reason}");
        }
    }

    #[test]
    fn special_purpose_addresses_are_forbidden() {
        use Forbidden::{
            CarrierNat, Documentation, Embedded, LinkLocal, Loopback, Multicast, Private, Reserved,
        };
        let table = [
            ("0.0.0.0", Reserved, "this host"),
            ("0.1.2.3", Reserved, "this network"),
            ("10.0.0.1", Private, "RFC 1918"),
            ("100.64.0.1", CarrierNat, "RFC 6598"),
            ("100.100.100.200", CarrierNat, "a cloud's metadata service"),
            ("127.0.0.1", Loopback, "localhost"),
            ("127.255.255.255", Loopback, "all of 127/8"),
            ("169.254.169.254", LinkLocal, "a cloud's metadata service"),
            ("172.31.255.255", Private, "RFC 1918"),
            ("192.0.0.9", Reserved, "protocol assignments"),
            ("192.0.2.1", Documentation, "TEST-NET-1"),
            ("192.31.196.1", Reserved, "AS112"),
            ("192.52.193.1", Reserved, "AMT"),
            ("192.88.99.1", Reserved, "6to4 relay anycast"),
            ("192.168.1.1", Private, "RFC 1918"),
            ("192.175.48.1", Reserved, "AS112"),
            ("198.18.0.1", Documentation, "benchmarking"),
            ("198.19.255.255", Documentation, "benchmarking"),
            ("198.51.100.1", Documentation, "TEST-NET-2"),
            ("203.0.113.1", Documentation, "TEST-NET-3"),
            ("224.0.0.1", Multicast, "multicast"),
            ("239.255.255.255", Multicast, "multicast"),
            ("240.0.0.1", Reserved, "class E"),
            ("255.255.255.255", Multicast, "broadcast"),
            ("::", Reserved, "unspecified"),
            ("::1", Loopback, "localhost"),
            ("::7f00:1", Embedded, "v4-compatible"),
            ("::ffff:127.0.0.1", Embedded, "v4-mapped loopback"),
            ("::ffff:8.8.8.8", Embedded, "v4-mapped: never seen on a wire"),
            ("::ffff:0:7f00:1", Embedded, "v4-translated"),
            ("64:ff9b::7f00:1", Embedded, "NAT64 of loopback"),
            ("64:ff9b::a9fe:a9fe", Embedded, "NAT64 of a metadata service"),
            ("64:ff9b:1::808:808", Embedded, "local-use NAT64"),
            ("64:ff9b:2::1", Reserved, "beside NAT64"),
            ("100::1", Reserved, "discard"),
            ("100:0:0:1::1", Reserved, "dummy prefix, RFC 9780"),
            ("200::1", Reserved, "outside 2000::/3"),
            ("2001::1", Embedded, "Teredo"),
            ("2001:2::1", Documentation, "benchmarking"),
            ("2001:10::1", Reserved, "ORCHID"),
            ("2001:20::1", Reserved, "ORCHIDv2"),
            ("2001:1::1", Reserved, "protocol assignments"),
            ("2001:db8::1", Documentation, "RFC 3849"),
            ("2002:808:808::1", Embedded, "6to4 of a public address"),
            ("2002:7f00:1::1", Embedded, "6to4 of loopback"),
            ("2620:4f:8000::1", Reserved, "AS112"),
            ("3fff::1", Documentation, "RFC 9637"),
            ("3fff:fff:ffff::1", Documentation, "the end of 3fff::/20"),
            ("4000::1", Reserved, "outside 2000::/3"),
            ("5f00::1", Reserved, "segment routing, RFC 9602"),
            ("fc00::1", Private, "unique local"),
            ("fd00:ec2::254", Private, "a cloud's metadata service"),
            ("fe80::1", LinkLocal, "link-local"),
            ("fec0::1", Private, "site-local"),
            ("ff02::1", Multicast, "multicast"),
        ];
        let guard = AddressGuard::default();
        for (text, forbidden, reason) in table {
            assert_eq!(guard.check(address(text)), Err(forbidden), "{text}: {reason}");
        }
    }

    #[test]
    fn what_is_allowed_by_hand_passes() {
        let guard = AddressGuard::allowing(vec![
            "127.53.0.0/16".parse().unwrap(),
            "fd00:1::/32".parse().unwrap(),
            "8.0.0.0/8".parse().unwrap(),
        ]);
        let table = [
            ("127.53.0.1", true, true, "inside the allowed network"),
            ("127.54.0.1", false, false, "outside it"),
            ("::ffff:127.53.0.1", true, true, "v4-mapped, inside it"),
            ("::ffff:127.54.0.1", false, false, "v4-mapped, outside it"),
            ("64:ff9b::7f35:1", false, false, "NAT64 is another host"),
            ("fd00:1::1", true, true, "an allowed IPv6 network"),
            ("fd00:2::1", false, false, "outside it"),
            ("8.8.8.8", true, false, "public anyway"),
        ];
        for (text, passes, by_hand, reason) in table {
            assert_eq!(guard.check(address(text)).is_ok(), passes, "{text}: {reason}");
            assert_eq!(guard.is_allowed_by_hand(address(text)), by_hand, "{text}: {reason}");
        }
    }
}
