//! A set of domains that stays small: some 40 bytes a name.

use hashbrown::HashTable;
use ironpost_proto::domain::Domain;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// Domains, each once. The names lie one after the other in one buffer and the table holds
/// their places; unlike a set of hashes it never takes one name for another.
#[derive(Default)]
pub struct NameSet {
    /// Each name with its length, one octet, before it.
    names: Vec<u8>,
    places: HashTable<usize>,
    hasher: RandomState,
}

impl NameSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a domain; false if it was there.
    pub fn insert(&mut self, domain: &Domain) -> bool {
        let name = domain.as_str().as_bytes();
        // RFC 1035 §2.3.4: at most 253 octets, which `Domain` holds to.
        let Ok(length) = u8::try_from(name.len()) else { return false };
        if self.contains(domain) {
            return false;
        }
        let place = self.names.len();
        self.names.push(length);
        self.names.extend_from_slice(name);
        let Self { names, places, hasher } = self;
        places
            .insert_unique(hasher.hash_one(name), place, |at| hasher.hash_one(name_at(names, *at)));
        true
    }

    /// True if the domain is in the set.
    pub fn contains(&self, domain: &Domain) -> bool {
        let name = domain.as_str().as_bytes();
        let hash = self.hasher.hash_one(name);
        self.places.find(hash, |at| name_at(&self.names, *at) == name).is_some()
    }

    /// How many domains there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

impl fmt::Debug for NameSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameSet").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn name_at(names: &[u8], place: usize) -> &[u8] {
    let Some((length, rest)) = names.get(place..).and_then(<[u8]>::split_first) else {
        return &[];
    };
    rest.get(..usize::from(*length)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn does_what_a_set_does(
            names in proptest::collection::vec("[a-c]{1,3}\\.[a-b]{1,2}", 0..200),
        ) {
            let mut ours = NameSet::new();
            let mut plain = HashSet::new();
            for name in names {
                let domain: Domain = name.parse().unwrap();
                prop_assert_eq!(ours.contains(&domain), plain.contains(&name));
                prop_assert_eq!(ours.insert(&domain), plain.insert(name));
                prop_assert_eq!(ours.len(), plain.len());
            }
        }
    }

    #[test]
    fn a_hundred_thousand_names_take_few_megabytes() {
        let mut set = NameSet::new();
        for number in 0..100_000 {
            let domain: Domain = format!("customer-{number:06}.hosting.example").parse().unwrap();
            assert!(set.insert(&domain));
        }
        assert_eq!(set.len(), 100_000);
        let bytes = set.names.capacity() + set.places.allocation_size();
        assert!(bytes < 8 << 20, "{bytes} bytes");
    }
}
