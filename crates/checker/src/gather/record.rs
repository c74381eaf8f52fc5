//! The `_mta-sts` TXT record, where it is and where it should not be.

use super::Look;
use crate::evidence::{Misplaced, RecordEvidence, ServerTxt};
use futures_util::future::join_all;
use ironpost_net::dns::answer::{Answer, Lookup};
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::record::{evaluate, is_record};
use std::net::SocketAddr;
use tokio::time::Instant;

/// What was seen around the record.
#[derive(Default)]
pub(super) struct Surroundings {
    pub(super) misplaced: Vec<Misplaced>,
    pub(super) wildcard: bool,
    pub(super) servers: Vec<ServerTxt>,
}

impl Look<'_> {
    pub(super) async fn record(&self) -> RecordEvidence {
        let started = Instant::now();
        let name = self.domain.prefixed("_mta-sts");
        let lookup = self.validating().txt(&name).await.and_then(Answer::unless_bogus);
        let elapsed = started.elapsed();
        let set = evaluate(lookup.as_ref().map_or(&[], Answer::records));
        RecordEvidence {
            lookup,
            set,
            misplaced: Vec::new(),
            wildcard: false,
            servers: Vec::new(),
            elapsed,
        }
    }

    /// What no sender would ask: why there is no record, or whether all servers give the same one.
    pub(super) async fn around(&self, record: &RecordEvidence) -> Surroundings {
        let mut found = Surroundings::default();
        if record.set.candidates.is_empty() {
            let resolver = self.plain();
            let wrong = record_outside(&resolver, self.domain, WRONG_PLACES, is_record);
            (found.misplaced, found.wildcard) =
                tokio::join!(wrong, self.is_wildcard(&record.lookup));
        } else {
            found.servers =
                self.ask_servers(&self.domain.prefixed("_mta-sts"), &record.lookup).await;
        }
        found
    }

    /// Whether a name that nobody publishes gives the same TXT.
    async fn is_wildcard(&self, lookup: &Lookup<Vec<u8>>) -> bool {
        let Ok(answer) = lookup else { return false };
        if answer.records().is_empty() {
            return false;
        }
        let probe = self.plain().txt(&self.domain.prefixed(NOBODY)).await;
        probe.is_ok_and(|other| sorted(other.records()) == sorted(answer.records()))
    }

    /// Asks the authoritative servers of the zone one by one.
    async fn ask_servers(&self, name: &DnsName, lookup: &Lookup<Vec<u8>>) -> Vec<ServerTxt> {
        // Behind an alias the record stands in somebody else's zone.
        if !lookup.as_ref().is_ok_and(|answer| answer.aliases.is_empty()) {
            return Vec::new();
        }
        let resolver = self.plain();
        let Some(servers) = self.name_servers(name).await else { return Vec::new() };
        let asked = servers.iter().take(MAX_SERVERS).map(|server| {
            let resolver = &resolver;
            async move {
                let address = *resolver.ipv4(server).await.ok()?.records().first()?;
                self.network.guard.check(address).ok()?;
                let at = SocketAddr::new(address, self.network.ports.dns);
                let answer = resolver.txt_at(at, name).await.ok();
                let records = answer.as_ref().map(|answer| sorted(answer.records()));
                let ttl = answer.filter(|answer| !answer.records().is_empty()).map(|a| a.ttl);
                Some(ServerTxt { server: server.clone(), address, records, ttl })
            }
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    /// The name servers of the zone that holds the record: mostly those of the domain itself.
    async fn name_servers(&self, name: &DnsName) -> Option<Vec<DnsName>> {
        let resolver = self.plain();
        let own = resolver.ns(&DnsName::from(self.domain)).await.ok()?;
        if own.aliases.is_empty() && !own.records().is_empty() {
            return Some(own.records().to_vec());
        }
        let zone = resolver.zone_of(name).await.ok()?;
        Some(resolver.ns(&zone).await.ok()?.records().to_vec())
    }

    /// The nearest name above the domain, up to its registrable domain, that publishes a record.
    pub(super) async fn parent_with_record(&self) -> Option<Domain> {
        let registrable = psl::domain_str(self.domain.as_str())?.len();
        let mut name = self.domain.clone();
        for _ in 0..MAX_PARENTS {
            name = name.parent().filter(|parent| parent.as_str().len() >= registrable)?;
            let answer = self.plain().txt(&name.prefixed("_mta-sts")).await.ok()?;
            if !evaluate(answer.records()).candidates.is_empty() {
                return Some(name);
            }
        }
        None
    }
}

/// Looks for a record in the places where people put it by mistake: a prefix before the domain,
/// and whether the domain is written twice.
pub(super) async fn record_outside(
    resolver: &Resolver,
    domain: &Domain,
    places: &[(&str, bool)],
    is_ours: fn(&[u8]) -> bool,
) -> Vec<Misplaced> {
    let looks = places.iter().map(|(prefix, doubled)| async move {
        let at = match (prefix.is_empty(), doubled) {
            (true, _) => DnsName::from(domain),
            (false, false) => domain.prefixed(prefix),
            (false, true) => domain.prefixed(&format!("{prefix}.{domain}")),
        };
        let answer = resolver.txt(&at).await.ok()?;
        let text = answer.records().iter().find(|text| is_ours(text))?.clone();
        Some(Misplaced { at, text })
    });
    join_all(looks).await.into_iter().flatten().collect()
}

fn sorted(records: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut records = records.to_vec();
    records.sort();
    records
}

/// Where the record is put by mistake.
const WRONG_PLACES: &[(&str, bool)] =
    &[("", false), ("mta-sts", false), ("_mta-sts", true), ("_mta_sts", false)];
/// A label that nobody publishes.
const NOBODY: &str = "_ironpost-nobody";
/// Authoritative servers asked.
const MAX_SERVERS: usize = 4;
/// Names looked at above the domain.
const MAX_PARENTS: usize = 3;
