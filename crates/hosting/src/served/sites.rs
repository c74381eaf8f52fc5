//! The sites by their names.

use super::certificate::Packer;
use super::{PackError, PackedCertificate, Site};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use ironpost_proto::delegation::Token;
use ironpost_store::hosting::DomainId;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Every site, and the HTTP-01 challenges of all. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Served {
    inner: Arc<RwLock<Maps>>,
    packer: Arc<Packer>,
}

/// The tables hold nothing but the sites: each site knows its own keys.
#[derive(Debug, Default)]
struct Maps {
    by_domain: Table,
    by_token: Table,
    by_id: Table,
    http_challenges: HashMap<Box<str>, Box<str>>,
}

impl Served {
    /// The site of a policy domain, in lower case.
    pub fn by_domain(&self, domain: &str) -> Option<Arc<Site>> {
        self.read().by_domain.find(domain, domain_of)
    }

    /// The site of a token.
    pub fn by_token(&self, token: Token) -> Option<Arc<Site>> {
        self.read().by_token.find(&token, token_of)
    }

    /// The site of a number.
    pub fn by_id(&self, id: DomainId) -> Option<Arc<Site>> {
        self.read().by_id.find(&id, id_of)
    }

    /// What to answer to the CA that asks for this token of HTTP-01.
    pub fn http_challenge(&self, token: &str) -> Option<Box<str>> {
        self.read().http_challenges.get(token).cloned()
    }

    /// Packs a certificate chain (DER, leaf first) and its private key (PKCS #8 DER) for a site.
    /// A key that is not that of the certificate is refused.
    pub fn pack(&self, chain: &[Vec<u8>], key: &[u8]) -> Result<Arc<PackedCertificate>, PackError> {
        self.packer.pack(chain, key).map(Arc::new)
    }

    /// Puts a site in the place of what was there under its number.
    pub fn put(&self, site: Site) {
        let site = Arc::new(site);
        let mut maps = self.write();
        maps.forget(site.id);
        maps.by_domain.put(Arc::clone(&site), domain_of);
        maps.by_token.put(Arc::clone(&site), token_of);
        maps.by_id.put(site, id_of);
    }

    /// Serves nothing of that number any more.
    pub fn forget(&self, id: DomainId) {
        self.write().forget(id);
    }

    /// Answers to a token of HTTP-01.
    pub fn put_http_challenge(&self, token: &str, answer: &str) {
        self.write().http_challenges.insert(token.into(), answer.into());
    }

    /// Does so no longer.
    pub fn drop_http_challenge(&self, token: &str) {
        self.write().http_challenges.remove(token);
    }

    /// How many sites there are.
    pub fn len(&self) -> usize {
        self.read().by_id.sites.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, Maps> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Maps> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maps {
    /// A name that was hosted anew meanwhile stays with its new number.
    fn forget(&mut self, id: DomainId) {
        if let Some(old) = self.by_id.find(&id, id_of) {
            self.by_domain.drop(&old, domain_of);
            self.by_token.drop(&old, token_of);
            self.by_id.drop(&old, id_of);
        }
    }
}

/// Sites by one of their keys.
#[derive(Debug, Default)]
struct Table {
    sites: HashTable<Arc<Site>>,
    hashes: DefaultHashBuilder,
}

impl Table {
    fn find<K: Hash + Eq + ?Sized>(&self, key: &K, of: fn(&Site) -> &K) -> Option<Arc<Site>> {
        self.sites.find(self.hashes.hash_one(key), |site| of(site) == key).cloned()
    }

    fn put<K: Hash + Eq + ?Sized>(&mut self, new: Arc<Site>, of: fn(&Site) -> &K) {
        let hash = |site: &Arc<Site>| self.hashes.hash_one(of(site));
        match self.sites.entry(hash(&new), |site| of(site) == of(&new), hash) {
            Entry::Occupied(mut old) => *old.get_mut() = new,
            Entry::Vacant(place) => {
                place.insert(new);
            }
        }
    }

    fn drop<K: Hash + Eq + ?Sized>(&mut self, old: &Arc<Site>, of: fn(&Site) -> &K) {
        let hash = self.hashes.hash_one(of(old));
        if let Ok(found) = self.sites.find_entry(hash, |site| Arc::ptr_eq(site, old)) {
            found.remove();
        }
    }
}

fn domain_of(site: &Site) -> &str {
    site.domain.as_str()
}

fn token_of(site: &Site) -> &Token {
    &site.token
}

fn id_of(site: &Site) -> &DomainId {
    &site.id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(id: i64, domain: &str, token: u8) -> Site {
        Site {
            id: DomainId(id),
            domain: domain.parse().unwrap(),
            token: Token::from_bytes([token; 10]),
            policy: None,
            record: None,
            rua: None,
            certificate: None,
            dns_challenges: Vec::new(),
            alpn_challenge: None,
        }
    }

    /// What each key leads to: domains a and b, tokens 1 and 2, numbers 1 and 2.
    fn known(served: &Served) -> [Option<i64>; 6] {
        let id = |site: Option<Arc<Site>>| site.map(|site| site.id.0);
        [
            id(served.by_domain("a.test")),
            id(served.by_domain("b.test")),
            id(served.by_token(Token::from_bytes([1; 10]))),
            id(served.by_token(Token::from_bytes([2; 10]))),
            id(served.by_id(DomainId(1))),
            id(served.by_id(DomainId(2))),
        ]
    }

    #[test]
    fn a_site_is_found_by_each_of_its_keys() {
        let served = Served::default();
        assert!(served.is_empty());
        served.put(site(1, "a.test", 1));
        served.put(site(2, "b.test", 2));
        assert_eq!(known(&served), [Some(1), Some(2), Some(1), Some(2), Some(1), Some(2)]);
        served.forget(DomainId(1));
        assert_eq!(known(&served), [None, Some(2), None, Some(2), None, Some(2)]);
        assert_eq!(served.len(), 1);
    }

    #[test]
    fn a_site_replaces_what_had_its_number() {
        let served = Served::default();
        served.put(site(1, "a.test", 1));
        served.put(site(1, "b.test", 2));
        assert_eq!(known(&served), [None, Some(1), None, Some(1), Some(1), None]);
        assert_eq!(served.len(), 1);
    }

    #[test]
    fn a_name_that_is_hosted_anew_outlives_its_old_number() {
        let served = Served::default();
        served.put(site(1, "a.test", 1));
        served.put(site(2, "a.test", 2));
        served.forget(DomainId(1));
        assert_eq!(known(&served), [Some(2), None, None, Some(2), None, Some(2)]);
    }

    #[test]
    fn challenges_come_and_go() {
        let served = Served::default();
        served.put_http_challenge("token", "answer");
        assert_eq!(served.http_challenge("token").as_deref(), Some("answer"));
        served.drop_http_challenge("token");
        assert_eq!(served.http_challenge("token"), None);
    }

    #[test]
    fn many_sites_are_told_apart() {
        let served = Served::default();
        for number in 0..10_000 {
            let mut site = site(number, &format!("d{number}.test"), 0);
            site.token = Token::from_bytes(std::array::from_fn(|at| number.to_le_bytes()[at % 8]));
            served.put(site);
        }
        for number in 0..10_000 {
            let found = served.by_domain(&format!("d{number}.test")).unwrap();
            assert_eq!(found.id, DomainId(number));
        }
        assert_eq!(served.len(), 10_000);
    }
}
