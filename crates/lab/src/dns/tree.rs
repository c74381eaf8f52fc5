//! Everything that the DNS of the lab knows.

use super::name::{WireName, parent};
use super::overlay::Overlay;
use super::zone_file::{ZoneRecord, read_zone};
use crate::error::ScenarioError;
use crate::hosted;
use crate::peers::Fault;
use crate::sound::{self, SoundDomains};
use bytes::Bytes;
use domain::base::iana::Rtype;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

/// The records of all zones, with zone cuts, faults and the servers that differ.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: HashMap<WireName, Vec<RrSet>>,
    zones: HashMap<WireName, Zone>,
    faults: HashMap<WireName, Vec<(Option<Rtype>, Fault)>>,
    /// What one authoritative server says instead.
    divergent: HashMap<Ipv4Addr, HashMap<WireName, Vec<RrSet>>>,
    sound: SoundDomains,
    /// What was added while the lab runs.
    overlay: Overlay,
}

/// A zone.
#[derive(Debug)]
pub(crate) struct Zone {
    /// RDATA of the SOA record.
    pub(crate) soa: Bytes,
    /// Whether it counts as signed.
    pub(crate) secure: bool,
}

/// Records of one owner and type.
#[derive(Debug, Clone)]
pub(crate) struct RrSet {
    pub(crate) rtype: Rtype,
    pub(crate) ttl: u32,
    /// RDATA, uncompressed.
    pub(crate) data: Vec<Bytes>,
}

/// What stands at a name.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Records(Cow<'a, RrSet>),
    /// A CNAME instead of the type wanted.
    Alias(Cow<'a, RrSet>),
    NoData,
    NxDomain,
}

impl Found<'_> {
    fn into_owned(self) -> Found<'static> {
        let owned = |set: Cow<'_, RrSet>| Cow::Owned(set.into_owned());
        match self {
            Self::Records(set) => Found::Records(owned(set)),
            Self::Alias(set) => Found::Alias(owned(set)),
            Self::NoData => Found::NoData,
            Self::NxDomain => Found::NxDomain,
        }
    }
}

impl Tree {
    pub(crate) fn new(sound: SoundDomains, overlay: Overlay) -> Self {
        Self {
            nodes: HashMap::new(),
            zones: HashMap::new(),
            faults: HashMap::new(),
            divergent: HashMap::new(),
            sound,
            overlay,
        }
    }

    /// Adds a zone, with SOA and NS records of the lab's own servers unless it has some.
    pub(crate) fn add_zone(&mut self, apex: &WireName, secure: bool, records: Vec<ZoneRecord>) {
        for record in records {
            self.add(record);
        }
        for (rtype, data) in [(Rtype::NS, &NS_DATA[..]), (Rtype::SOA, &[SOA_DATA][..])] {
            if self.rrset(apex.as_slice(), rtype).is_none() {
                for data in data {
                    let data = Bytes::from_static(data);
                    self.add(ZoneRecord { owner: apex.clone(), rtype, ttl: SOA_TTL, data });
                }
            }
        }
        let soa = self.rrset(apex.as_slice(), Rtype::SOA).and_then(|set| set.data.first());
        let soa = soa.cloned().unwrap_or_else(|| Bytes::from_static(SOA_DATA));
        self.zones.insert(apex.clone(), Zone { soa, secure });
    }

    pub(crate) fn has_zone(&self, apex: &WireName) -> bool {
        self.zones.contains_key(apex)
    }

    pub(crate) fn add_fault(&mut self, name: WireName, rtype: Option<Rtype>, fault: Fault) {
        self.faults.entry(name).or_default().push((rtype, fault));
    }

    /// Lets `server` answer with `records` where it has any of the name and type.
    pub(crate) fn add_divergent(&mut self, server: Ipv4Addr, records: Vec<ZoneRecord>) {
        let nodes = self.divergent.entry(server).or_default();
        for record in records {
            push(nodes.entry(record.owner.clone()).or_default(), record);
        }
    }

    /// What happens to a question instead of an answer, if anything does.
    pub(crate) fn fault(&self, name: &WireName, rtype: Rtype) -> Option<Fault> {
        let faults = self.faults.get(name)?;
        faults.iter().find(|(of, _)| of.is_none_or(|of| of == rtype)).map(|(_, fault)| *fault)
    }

    /// What `server` finds at `name`.
    pub(crate) fn find(&self, server: Ipv4Addr, name: &WireName, rtype: Rtype) -> Found<'_> {
        if let Some(sets) = self.divergent.get(&server).and_then(|nodes| nodes.get(name))
            && let Some(set) = sets.iter().find(|set| set.rtype == rtype)
        {
            return Found::Records(Cow::Borrowed(set));
        }
        if let Some(sets) = self.overlay.over(name, self.nodes.get(name)) {
            return pick(&sets, rtype).into_owned();
        }
        if let Some(sets) = self.nodes.get(name) {
            return pick(sets, rtype);
        }
        if let Some(found) = self.sound.find(&name.to_string(), rtype) {
            return found;
        }
        self.wildcard(name).map_or(Found::NxDomain, |sets| pick(sets, rtype))
    }

    /// The zone that holds `name`: its apex and itself. Only a tree without a root has none.
    pub(crate) fn zone_of(&self, name: &WireName) -> Option<(&WireName, &Zone)> {
        name.and_ancestors().find_map(|ancestor| self.zones.get_key_value(ancestor))
    }

    /// RFC 4592: the wildcard below the closest name that exists.
    fn wildcard(&self, name: &WireName) -> Option<&[RrSet]> {
        let closest = name.and_ancestors().skip(1).find(|name| self.nodes.contains_key(*name))?;
        let wildcard = [b"\x01*", closest].concat();
        self.nodes.get(wildcard.as_slice()).map(Vec::as_slice)
    }

    fn add(&mut self, record: ZoneRecord) {
        // RFC 4592 §2.2.2: a name with something below it exists, even if it owns nothing.
        let mut above = parent(record.owner.as_slice());
        while let Some(name) = above.filter(|name| !self.nodes.contains_key(*name)) {
            self.nodes.insert(WireName::from_wire(name), Vec::new());
            above = parent(name);
        }
        push(self.nodes.entry(record.owner.clone()).or_default(), record);
    }

    fn rrset(&self, name: &[u8], rtype: Rtype) -> Option<&RrSet> {
        self.nodes.get(name)?.iter().find(|set| set.rtype == rtype)
    }

    /// Adds the lab's own zones.
    pub(crate) fn add_own_zones(&mut self) -> Result<(), ScenarioError> {
        for (apex, secure, text) in OWN_ZONES {
            let records = read_zone(text, apex)
                .map_err(|detail| ScenarioError::Zone { file: (*apex).to_owned(), detail })?;
            let name = WireName::parse(apex)
                .ok_or_else(|| ScenarioError::Name { name: (*apex).to_owned() })?;
            self.add_zone(&name, *secure, records);
        }
        Ok(())
    }

    /// Owner names of the addresses among `records`.
    pub(crate) fn names_by_address(records: &[ZoneRecord]) -> HashMap<Ipv4Addr, HashSet<String>> {
        let mut names = HashMap::<Ipv4Addr, HashSet<String>>::new();
        for record in records.iter().filter(|record| record.rtype == Rtype::A) {
            if let Ok(octets) = <[u8; 4]>::try_from(record.data.as_ref()) {
                names.entry(octets.into()).or_default().insert(record.owner.to_string());
            }
        }
        names
    }
}

pub(super) fn push(sets: &mut Vec<RrSet>, record: ZoneRecord) {
    let ZoneRecord { rtype, ttl, data, .. } = record;
    match sets.iter_mut().find(|set| set.rtype == rtype) {
        Some(set) => set.data.push(data),
        None => sets.push(RrSet { rtype, ttl, data: vec![data] }),
    }
}

fn pick(sets: &[RrSet], rtype: Rtype) -> Found<'_> {
    let of_type = |rtype| sets.iter().find(|set| set.rtype == rtype);
    if let Some(set) = of_type(rtype) {
        return Found::Records(Cow::Borrowed(set));
    }
    of_type(Rtype::CNAME).map_or(Found::NoData, |set| Found::Alias(Cow::Borrowed(set)))
}

/// Apex, whether signed, zone. The reports of all sound domains go to `reports.example`.
const OWN_ZONES: &[(&str, bool, &str)] = &[
    (".", true, ""),
    ("example", true, ""),
    ("lab.example", true, "ns1 A 127.53.0.53\nns2 A 127.53.0.54\n"),
    ("reports.example", false, "@ MX 10 mx\nmx A 127.53.251.1\n"),
    (sound::ZONE, false, "mx A 127.53.251.1\n"),
    (hosted::CUSTOMERS, false, hosted::CUSTOMERS_ZONE),
    (hosted::ZONE, false, ""),
];

/// `ns1.lab.example.` and `ns2.lab.example.`
const NS_DATA: [&[u8]; 2] = [b"\x03ns1\x03lab\x07example\0", b"\x03ns2\x03lab\x07example\0"];

/// `ns1.lab.example. hostmaster.lab.example. 1 7200 3600 1209600 300`
const SOA_DATA: &[u8] = b"\x03ns1\x03lab\x07example\0\x0ahostmaster\x03lab\x07example\0\
\0\0\0\x01\0\0\x1c\x20\0\0\x0e\x10\0\x12\x75\0\0\0\x01\x2c";

const SOA_TTL: u32 = 3600;
