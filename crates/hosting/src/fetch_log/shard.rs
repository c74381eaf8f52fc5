//! A part of the log: some of the domains, each with all of its counts.

use super::senders::Sender;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::DomainId;
use ironpost_store::hosting::fetches::{Hour, LastServed, Network};
use std::collections::HashMap;

/// Counts of some domains.
#[derive(Debug, Default)]
pub(super) struct Shard {
    /// Exact whatever happens. There are no more of them than versions that are served.
    served: HashMap<(DomainId, u32), Timestamp>,
    /// Fetches since they were last taken. A row stays for its hour: its place is taken.
    rows: HashMap<Key, u64>,
    /// Networks that are told apart, of a domain in an hour, with how many rows each has.
    named: HashMap<(DomainId, Hour), HashMap<Network, usize>>,
    /// All of those rows together.
    all_named: usize,
    /// Fetches that found no room at all since the start.
    uncounted: u64,
}

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) domain: DomainId,
    pub(super) version: u32,
    pub(super) hour: Hour,
    pub(super) network: Network,
    pub(super) sender: Sender,
}

impl Shard {
    pub(super) fn record(&mut self, key: Key, now: Timestamp) {
        let last = self.served.entry((key.domain, key.version)).or_insert(now);
        *last = now.max(*last);
        self.count(key);
    }

    fn count(&mut self, key: Key) {
        if let Some(fetches) = self.rows.get_mut(&key) {
            *fetches += 1;
            return;
        }
        let networks = self.named.entry((key.domain, key.hour)).or_default();
        let key = match networks.get(&key.network) {
            // One client can call itself whatever it likes.
            Some(rows) if *rows >= ROWS_PER_NETWORK => Key { sender: Sender::Other, ..key },
            Some(_) | None => key,
        };
        if let Some(fetches) = self.rows.get_mut(&key) {
            *fetches += 1;
            return;
        }
        let is_told = networks.contains_key(&key.network);
        if (is_told || networks.len() < NAMED_PER_DOMAIN_HOUR) && self.all_named < MAX_NAMED {
            *networks.entry(key.network).or_default() += 1;
            self.all_named += 1;
            self.rows.insert(key, 1);
            return;
        }
        let sender = match key.sender {
            Sender::Known(place) if self.rows.len() < MAX_ROWS => Sender::Known(place),
            Sender::Known(_) | Sender::Unknown(_) | Sender::Other => Sender::Other,
        };
        let key = Key { network: Network::Others, sender, ..key };
        let is_full = self.rows.len() >= MAX_ROWS;
        match self.rows.get_mut(&key) {
            Some(fetches) => *fetches += 1,
            None if is_full => self.uncounted += 1,
            None => {
                self.rows.insert(key, 1);
            }
        }
    }

    /// Takes when versions were served last, as far as that was not taken before.
    pub(super) fn take_served(&mut self) -> Vec<LastServed> {
        std::mem::take(&mut self.served)
            .into_iter()
            .map(|((domain, version), at)| LastServed { domain, version, at })
            .collect()
    }

    /// Takes what was counted since the last time. Rows of hours that are over go.
    pub(super) fn take_counts(&mut self, hour: Hour) -> Vec<(Key, u64)> {
        let mut taken = Vec::new();
        self.rows.retain(|key, fetches| {
            let fetches = std::mem::take(fetches);
            if fetches > 0 {
                taken.push((key.clone(), fetches));
            }
            key.hour >= hour
        });
        self.named.retain(|(_, of), _| *of >= hour);
        self.all_named = self.named.values().flat_map(HashMap::values).sum();
        taken
    }

    pub(super) fn uncounted(&self) -> u64 {
        self.uncounted
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// Networks that are told apart of a domain in an hour; some hundreds of networks fetch the policy
/// of the largest. Own limit.
pub(super) const NAMED_PER_DOMAIN_HOUR: usize = 256;
/// Rows of a network: a few senders that share it, and for a while two versions of each. What comes
/// beyond is `other` there. Own limit.
pub(super) const ROWS_PER_NETWORK: usize = 8;
/// Rows that tell the network, of all domains of a shard. Own limit.
pub(super) const MAX_NAMED: usize = 8192;
/// Rows of a shard in all. Own limit: a hundred thousand domains that are fetched within an hour
/// find room in the shards together, within some tens of megabytes.
pub(super) const MAX_ROWS: usize = 16_384;
