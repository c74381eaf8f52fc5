//! Records that are added while the lab runs.

use super::name::{WireName, parent};
use super::tree::{RrSet, push};
use super::zone_file::ZoneRecord;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Records over those of the zones. Cheap to clone: all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overlay(Arc<RwLock<HashMap<WireName, Vec<RrSet>>>>);

impl Overlay {
    /// These records in place of all that were there.
    pub(crate) fn set(&self, records: Vec<ZoneRecord>) {
        let mut nodes = HashMap::<WireName, Vec<RrSet>>::new();
        for record in records {
            // RFC 4592 §2.2.2: a name with something below it exists.
            let mut above = parent(record.owner.as_slice());
            while let Some(name) = above.filter(|name| !nodes.contains_key(*name)) {
                nodes.insert(WireName::from_wire(name), Vec::new());
                above = parent(name);
            }
            let sets = nodes.entry(record.owner.clone()).or_default();
            // RFC 2181 §5: the same record twice is one record.
            let is_there =
                |set: &RrSet| set.rtype == record.rtype && set.data.contains(&record.data);
            if !sets.iter().any(is_there) {
                push(sets, record);
            }
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = nodes;
    }

    /// What stands at `name`, which has `below` without this; `None` if nothing is added there.
    pub(super) fn over(&self, name: &WireName, below: Option<&Vec<RrSet>>) -> Option<Vec<RrSet>> {
        let nodes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut sets = nodes.get(name)?.clone();
        for set in below.into_iter().flatten() {
            if sets.iter().all(|added| added.rtype != set.rtype) {
                sets.push(set.clone());
            }
        }
        Some(sets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::zone_file::read_zone;

    #[test]
    fn a_record_that_is_put_twice_is_one() {
        let line = "mta-sts.a.test. 3600 IN CNAME host.b.test.\n";
        let others = "a.test. MX 10 mx1.a.test.\na.test. MX 20 mx2.a.test.\n";
        let text = [line, others, line].concat();
        let overlay = Overlay::default();
        overlay.set(read_zone(&text, ".").unwrap());
        let records = |name: &str| {
            let sets = overlay.over(&WireName::parse(name).unwrap(), None).unwrap();
            sets.iter().map(|set| set.data.len()).collect::<Vec<_>>()
        };
        assert_eq!((records("mta-sts.a.test"), records("a.test")), (vec![1], vec![2]));
    }
}
