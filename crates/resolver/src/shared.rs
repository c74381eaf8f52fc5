//! Policies shared between resolvers through Redis or Valkey.
//!
//! What one resolver has fetched the others need not fetch, and may go on using while the policy
//! host cannot be reached. Who may write to the server decides what every resolver that uses it
//! enforces for a domain that it does not know: it belongs behind a password and on a network of
//! one's own. A user with access to
//! `~ironpost:sts:1:*` and the commands GETRANGE, SET, DEL and EVAL is enough.
//!
//! Nothing here is waited for longer than [`DEADLINE`], and nothing at all while the server is
//! away: a connection is made and made again in the background.

mod address;
mod entry;
mod link;

pub use address::{Address, AddressError};

use entry::MAX_ENTRY;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use link::Link;
use std::time::Duration;

/// The shared cache. Cheap to clone. While it is away every call returns at once, and says so by
/// the state.
#[derive(Debug, Clone)]
pub struct SharedCache {
    link: Link,
}

/// How the shared cache is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The first attempt to connect is under way.
    Connecting,
    /// It answers.
    Here,
    /// It does not: why. Fit for a terminal, and without the password.
    Away(String),
}

impl SharedCache {
    /// Connects in the background, on the Tokio runtime that this is called on, until the last
    /// clone is dropped. See [`Address`] for what `url` may be.
    pub fn connect(url: &str) -> Result<Self, AddressError> {
        Ok(Self { link: Link::start(url.parse()?) })
    }

    /// The policy of a domain, if it is there, sound and unexpired at `now`.
    pub async fn policy(&self, domain: &Domain, now: Timestamp) -> Option<CachedPolicy> {
        let mut command = redis::cmd("GETRANGE");
        // No more than an entry has, whatever is there.
        command.arg(key(domain)).arg(0).arg(MAX_ENTRY);
        let found: Vec<u8> = self.link.ask(&command).await?;
        // What is not there reads as empty.
        let cached = (!found.is_empty()).then(|| entry::read(&found, now))?;
        if cached.is_none() {
            tracing::debug!(%domain, "an entry of the shared cache is of no use");
        }
        cached
    }

    /// Keeps a policy until it expires, unless a newer one is there.
    pub async fn keep(&self, domain: &Domain, cached: &CachedPolicy, now: Timestamp) {
        let left = cached.expires_at().as_millis().saturating_sub(now.as_millis());
        if left == 0 || cached.fetched_at > entry::latest_fetch(now) {
            return;
        }
        let mut command = redis::cmd("EVAL");
        command
            .arg(KEEP)
            .arg(1)
            .arg(key(domain))
            .arg(entry::write(cached))
            .arg(cached.fetched_at.as_millis())
            .arg(entry::latest_fetch(now).as_millis())
            .arg(left);
        let _kept: Option<i64> = self.link.ask(&command).await;
    }

    /// Drops a policy.
    pub async fn forget(&self, domain: &Domain) {
        let mut command = redis::cmd("DEL");
        command.arg(key(domain));
        let _dropped: Option<i64> = self.link.ask(&command).await;
    }

    /// How it is.
    pub fn state(&self) -> State {
        self.link.state()
    }

    /// Waits until it is otherwise than `seen`, and says how.
    pub async fn changed(&self, seen: &State) -> State {
        self.link.changed(seen).await
    }
}

/// One key for each domain, so that a cluster can place it anywhere. The number is that of the
/// form of the entries.
fn key(domain: &Domain) -> String {
    format!("{KEY_PREFIX}{domain}")
}

/// How long a call may take. A policy host is asked instead; it takes about as long.
pub const DEADLINE: Duration = Duration::from_millis(250);

const KEY_PREFIX: &str = "ironpost:sts:1:";

/// Arguments: the entry, when it was fetched, the latest sensible time of a fetch, and how long to
/// keep it, in milliseconds. In one step, for two resolvers may have fetched at once; an entry out
/// of the future would stand in the way for ever.
const KEEP: &str = "\
local kept = redis.pcall('GETRANGE', KEYS[1], 0, 20)
if type(kept) == 'string' then
  local at = tonumber(string.match(kept, '^(%d+) '))
  if at and at > tonumber(ARGV[2]) and at <= tonumber(ARGV[3]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
return 1";
