//! The sites by their names.

use super::Site;
use hashbrown::HashMap;
use ironpost_proto::delegation::Token;
use ironpost_proto::domain::Domain;
use ironpost_store::hosting::DomainId;
use std::sync::{Arc, PoisonError, RwLock};

/// Every site, and the HTTP-01 challenges of all. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Served {
    inner: Arc<RwLock<Maps>>,
}

#[derive(Debug, Default)]
struct Maps {
    by_domain: HashMap<Domain, Arc<Site>>,
    by_token: HashMap<Token, Arc<Site>>,
    by_id: HashMap<DomainId, Arc<Site>>,
    http_challenges: HashMap<Box<str>, Box<str>>,
}

impl Served {
    /// The site of a policy domain.
    pub fn by_domain(&self, domain: &str) -> Option<Arc<Site>> {
        self.read().by_domain.get(domain).cloned()
    }

    /// The site of a token.
    pub fn by_token(&self, token: Token) -> Option<Arc<Site>> {
        self.read().by_token.get(&token).cloned()
    }

    /// The site of a number.
    pub fn by_id(&self, id: DomainId) -> Option<Arc<Site>> {
        self.read().by_id.get(&id).cloned()
    }

    /// What to answer to the CA that asks for this token of HTTP-01.
    pub fn http_challenge(&self, token: &str) -> Option<Box<str>> {
        self.read().http_challenges.get(token).cloned()
    }

    /// Puts a site in the place of what was there under its number.
    pub fn put(&self, site: Site) {
        let site = Arc::new(site);
        let mut maps = self.write();
        maps.forget(site.id);
        maps.by_domain.insert(site.domain.clone(), Arc::clone(&site));
        maps.by_token.insert(site.token, Arc::clone(&site));
        maps.by_id.insert(site.id, site);
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
        self.read().by_id.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Maps> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Maps> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Maps {
    fn forget(&mut self, id: DomainId) {
        if let Some(old) = self.by_id.remove(&id) {
            self.by_domain.remove(&old.domain);
            self.by_token.remove(&old.token);
        }
    }
}
