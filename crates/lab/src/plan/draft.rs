//! One scenario on its way into the plan.

use super::symbols::{Role, Symbols};
use crate::certificates::{Authority, Identity};
use crate::dns::{Tree, ZoneRecord, read_zone};
use crate::error::{LabError, ScenarioError};
use crate::folder::Folder;
use crate::peers::Peers;
use crate::scenario::Scenario;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::Ipv4Addr;

/// A scenario whose files are read and whose symbols have addresses.
pub(super) struct Draft<'a> {
    pub(super) scenario: Scenario,
    pub(super) peers: Peers,
    /// The apex of its zone.
    pub(super) origin: String,
    pub(super) symbols: Symbols,
    zone: &'a str,
    /// Zone texts of servers that differ, by their symbol.
    divergent: Vec<(&'a str, &'a str)>,
    /// Which names the zone gives to an address.
    names: HashMap<Ipv4Addr, HashSet<String>>,
}

/// The records of a scenario.
pub(super) struct Zones {
    pub(super) records: Vec<ZoneRecord>,
    pub(super) divergent: Vec<(Ipv4Addr, Vec<ZoneRecord>)>,
}

impl<'a> Draft<'a> {
    pub(super) fn of(folder: &'a Folder, number: u8) -> Result<Self, ScenarioError> {
        let scenario = Scenario::of(folder)?;
        let peers = Peers::of(folder)?;
        let own = format!("{}.example", folder.name);
        let is_below = scenario.domain.ends_with(&format!(".{own}"));
        let origin = if is_below { own } else { scenario.domain.clone() };
        let zone = folder.text("zone")?.ok_or(ScenarioError::Missing { file: "zone" })?;
        let mut divergent = Vec::new();
        for file in folder.files() {
            if let Some(server) = file.strip_prefix("zone.") {
                divergent.push((server, folder.text(file)?.unwrap_or_default()));
            } else if !FILES.contains(&file) && !peers.serves(file) {
                return Err(ScenarioError::Stray { file: file.to_owned() });
            }
        }
        let symbols = Symbols::of(zone, &peers, number)?;
        let mut draft =
            Self { scenario, peers, origin, symbols, zone, divergent, names: HashMap::new() };
        // Certificates are made for the names that the zone gives to an address, and TLSA
        // records out of certificates: the zone is read once for its names.
        let records = draft.read(zone, "zone", &BTreeMap::new())?;
        draft.names = Tree::names_by_address(&records);
        Ok(draft)
    }

    pub(super) fn zones(&self, hashes: &BTreeMap<String, String>) -> Result<Zones, ScenarioError> {
        let mut divergent = Vec::new();
        for (server, text) in &self.divergent {
            let records = self.read(text, &format!("zone.{server}"), hashes)?;
            divergent.push((self.symbols.address(server)?, records));
        }
        Ok(Zones { records: self.read(self.zone, "zone", hashes)?, divergent })
    }

    fn read(
        &self,
        text: &str,
        file: &str,
        hashes: &BTreeMap<String, String>,
    ) -> Result<Vec<ZoneRecord>, ScenarioError> {
        let text = self.symbols.fill_in(text, hashes)?;
        read_zone(&text, &self.origin)
            .map_err(|detail| ScenarioError::Zone { file: file.to_owned(), detail })
    }

    /// A certificate for each host that shows one.
    pub(super) fn identities(
        &self,
        authority: &Authority,
    ) -> Result<BTreeMap<String, Identity>, LabError> {
        let mut identities = BTreeMap::new();
        for (symbol, (role, _)) in &self.symbols.roles {
            let (manners, default) = match role {
                Role::Https(manners) => {
                    (&manners.certificate, vec![format!("mta-sts.{}", self.scenario.domain)])
                }
                // An attacker's victim may have no name in DNS: it goes by its symbol.
                Role::Smtp(manners) => match self.names_of(symbol) {
                    names if names.is_empty() => {
                        (&manners.certificate, vec![self.nameless(symbol)])
                    }
                    names => (&manners.certificate, names),
                },
                Role::Attacker(_) | Role::NameServer | Role::Nobody => continue,
            };
            let names = manners.names.as_ref().unwrap_or(&default);
            identities.insert(symbol.clone(), authority.identity(names, manners)?);
        }
        Ok(identities)
    }

    /// The name by which the host `symbol` calls itself.
    pub(super) fn host_name(&self, symbol: &str) -> String {
        self.names_of(symbol).into_iter().next().unwrap_or_else(|| self.nameless(symbol))
    }

    /// The names that the zone gives to the address of `symbol`, sorted.
    fn names_of(&self, symbol: &str) -> Vec<String> {
        let address = self.symbols.address(symbol).ok();
        let names = address.and_then(|address| self.names.get(&address));
        let mut names: Vec<_> = names.into_iter().flatten().cloned().collect();
        names.sort();
        names
    }

    fn nameless(&self, symbol: &str) -> String {
        format!("{symbol}.{}", self.origin)
    }
}

/// The files that every scenario may have.
const FILES: [&str; 4] = ["zone", "mta-sts.txt", "peers.toml", "expect.toml"];
