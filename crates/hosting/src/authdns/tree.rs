//! The zone as it is looked up in: the names that are there by configuration, and where those of
//! hosted domains are.

use super::Zone;
use super::name::{Lowered, PackedName, below, wire};
use domain::base::iana::Rtype;
use hashbrown::HashMap;
use ironpost_proto::delegation::{Target, Token};
use ironpost_proto::domain::DnsName;
use std::net::IpAddr;

/// The zone, packed for answering.
#[derive(Debug)]
pub(super) struct Tree {
    apex: Box<[u8]>,
    /// Every configured name by its wire form in lower case. One without records is an empty
    /// non-terminal: it exists (RFC 8020 §2).
    nodes: HashMap<Box<[u8]>, Vec<RrSet>>,
    /// The addresses of those of the zone's name servers that lie within it.
    glue: Vec<(PackedName, Vec<RrSet>)>,
    policy_host: Vec<RrSet>,
    /// The SOA record without its numbers.
    soa: [PackedName; 2],
    pub(super) ttl: u32,
}

/// The records of one type at one name.
#[derive(Debug, Clone)]
pub(super) struct RrSet {
    pub(super) rtype: Rtype,
    pub(super) ttl: u32,
    pub(super) data: Vec<Rdata>,
}

/// The data of a record.
#[derive(Debug, Clone)]
pub(super) enum Rdata {
    /// As it is on the wire.
    Octets(Box<[u8]>),
    /// A name.
    Name(PackedName),
    /// That of the zone's SOA record, whose serial number changes.
    Soa,
}

/// Where a name is.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// In the zone of somebody else.
    Elsewhere,
    /// At a configured name, with these records.
    Node(&'a [RrSet]),
    /// Where a hosted domain would be.
    Site(Target, Token),
    /// In the zone, and nothing is there.
    Nowhere,
}

impl Tree {
    pub(super) fn new(zone: &Zone) -> Self {
        let apex = wire(&DnsName::from(&zone.apex)).unwrap_or_else(|| Box::new([0]));
        let packed = |name: &DnsName| wire(name).map(|wire| PackedName::new(&wire, &apex));
        let apex_itself = PackedName::new(&apex, &apex);
        let ns: Vec<PackedName> = zone.ns.iter().filter_map(packed).collect();
        let soa = [
            ns.first().unwrap_or(&apex_itself).clone(),
            packed(&zone.contact).unwrap_or_else(|| apex_itself.clone()),
        ];
        // RFC 2181 §8: a TTL has 31 bits.
        let ttl = zone.ttl.min(i32::MAX.cast_unsigned());
        let addresses = zone.ipv4.iter().copied().map(IpAddr::V4);
        let addresses: Vec<_> =
            addresses.chain(zone.ipv6.iter().copied().map(IpAddr::V6)).collect();
        let mut policy_host = address_sets(&addresses, ttl);
        policy_host.extend(RrSet::of(Rtype::CAA, ttl, zone.caa.iter().map(|value| issue(value))));
        let ns = RrSet {
            rtype: Rtype::NS,
            ttl: LASTING,
            data: ns.into_iter().map(Rdata::Name).collect(),
        };
        let soa_set = RrSet { rtype: Rtype::SOA, ttl: LASTING, data: vec![Rdata::Soa] };
        let mut tree = Self {
            nodes: HashMap::from([(apex.clone(), vec![soa_set, ns])]),
            glue: Vec::new(),
            apex,
            policy_host,
            soa,
            ttl,
        };
        for (name, addresses) in &zone.name_servers {
            tree.add_name_server(name, addresses);
        }
        tree
    }

    /// Adds a name server's addresses, if it is for this zone to tell them.
    fn add_name_server(&mut self, name: &DnsName, addresses: &[IpAddr]) {
        let Some(wire) = wire(name) else { return };
        let Some(labels) = below(&wire, &self.apex) else { return };
        let sets = address_sets(addresses, LASTING);
        self.glue.push((PackedName::new(&wire, &self.apex), sets.clone()));
        // The name, and everything between it and the apex.
        let mut at = 0;
        while at < labels.len() {
            let name = wire.get(at..).unwrap_or_default();
            self.nodes.entry(name.into()).or_default();
            at += 1 + usize::from(wire.get(at).copied().unwrap_or_default());
        }
        self.nodes.entry(wire).or_default().extend(sets);
    }

    /// Where `name` is.
    pub(super) fn place(&self, name: &Lowered) -> Place<'_> {
        let name = name.as_slice();
        let Some(labels) = below(name, &self.apex) else { return Place::Elsewhere };
        if let Some(sets) = self.nodes.get(name) {
            return Place::Node(sets);
        }
        match labels {
            // Of one label alone: nothing is below the names of hosted domains.
            [length, label @ ..] if usize::from(*length) == label.len() => {
                match Target::parse(label) {
                    Some((target, token)) => Place::Site(target, token),
                    None => Place::Nowhere,
                }
            }
            _ => Place::Nowhere,
        }
    }

    /// The records of the policy host.
    pub(super) fn policy_host(&self) -> &[RrSet] {
        &self.policy_host
    }

    /// The addresses of name servers within the zone.
    pub(super) fn glue(&self) -> &[(PackedName, Vec<RrSet>)] {
        &self.glue
    }

    /// Octets of the apex.
    pub(super) fn apex_length(&self) -> usize {
        self.apex.len()
    }

    /// Appends the data of the SOA record.
    pub(super) fn write_soa(&self, out: &mut Vec<u8>, apex: u16, serial: u32) {
        for name in &self.soa {
            name.write(out, apex);
        }
        for number in [serial, REFRESH, RETRY, EXPIRE, NEGATIVE_TTL] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

impl RrSet {
    /// `None` without records.
    fn of(rtype: Rtype, ttl: u32, data: impl Iterator<Item = Box<[u8]>>) -> Option<Self> {
        let data: Vec<_> = data.map(Rdata::Octets).collect();
        (!data.is_empty()).then_some(Self { rtype, ttl, data })
    }
}

fn address_sets(addresses: &[IpAddr], ttl: u32) -> Vec<RrSet> {
    let ipv4 = addresses.iter().filter_map(|address| match address {
        IpAddr::V4(address) => Some(address.octets().into()),
        IpAddr::V6(_) => None,
    });
    let ipv6 = addresses.iter().filter_map(|address| match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(address.octets().into()),
    });
    let sets = [RrSet::of(Rtype::A, ttl, ipv4), RrSet::of(Rtype::AAAA, ttl, ipv6)];
    sets.into_iter().flatten().collect()
}

/// A CAA record, RFC 8659 §4.1 and §4.2: no flags, the tag with its length, the value.
fn issue(value: &str) -> Box<[u8]> {
    [b"\x00\x05issue", value.as_bytes()].concat().into()
}

/// For how long it may be believed that there is nothing, in seconds (RFC 2308 §4). Short: what a
/// hosted domain points to is asked for before it is there, by those who set it up above all.
pub(super) const NEGATIVE_TTL: u32 = 60;
/// TTL of what changes with the installation alone, in seconds. Own limit.
const LASTING: u32 = 3600;
/// For secondary servers (RFC 1035 §3.3.13), which have nothing to transfer here: the middle of
/// what RFC 1912 §2.2 proposes.
const REFRESH: u32 = 7200;
const RETRY: u32 = 1800;
const EXPIRE: u32 = 1_209_600;
