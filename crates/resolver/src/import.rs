//! Caches of other resolvers, so that a change of program forgets no policy.
//!
//! What is read is judged as strictly as what is fetched. Nothing is made to last longer than the
//! cache that it came from would have had it.

mod gob;
mod listed;
mod mta_sts_resolver;
mod tlspol;

use crate::shared::Address;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::visible::Visible;
use ironpost_store::foreign::ForeignError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// A policy read from another cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The policy domain.
    pub domain: Domain,
    /// The policy.
    pub cached: CachedPolicy,
}

/// All that a cache held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Whose cache it is.
    pub source: Source,
    /// Policies that still hold.
    pub policies: Vec<Imported>,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
}

/// Whose cache it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// What `ironpost resolver list --format jsonl` writes.
    Listed,
    /// The SQLite or Redis database of postfix-mta-sts-resolver.
    MtaStsResolver,
    /// The cache file of postfix-tlspol.
    Tlspol,
}

/// An entry that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The domain, or the place where it stood.
    pub name: Visible,
    /// Why.
    pub reason: Reason,
}

/// Why an entry was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The policy no longer holds.
    Expired,
    /// It is no policy that could be applied.
    Unusable(Fault),
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The entry as a whole.
    #[error("no entry of such a cache: {0}")]
    Entry(Visible),
    /// The domain.
    #[error("no domain")]
    Domain,
    /// The id.
    #[error("the id is not 1 to 32 letters and digits")]
    Id,
    /// The time of the fetch.
    #[error("the time of the fetch is none")]
    Time,
    /// `mode`.
    #[error("the mode is not enforce, testing or none")]
    Mode,
    /// `max_age`.
    #[error("max_age is no number of seconds")]
    MaxAge,
    /// An MX pattern.
    #[error("an mx is no pattern: {0}")]
    Mx(Visible),
    /// No MX pattern, and the mode is not none.
    #[error("the policy has no mx")]
    NoMx,
}

/// A cache that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is larger than any cache.
    #[error("{path} is larger than {MAX_LISTED} octets", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be read.
    #[error("cannot read {path}", path = path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ForeignError,
    },
    /// Redis cannot be read. The address is not repeated: it may hold a password.
    #[error("cannot read the cache in Redis: {detail}")]
    Redis {
        /// Why.
        detail: Visible,
    },
    /// Gzipped, but not the cache of postfix-tlspol as any of its versions up to 1.11 writes it.
    #[error("{path} is no cache of postfix-tlspol: {detail}", path = path.display())]
    Tlspol {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// Nothing that is known.
    #[error(
        "{path} is neither the SQLite cache of postfix-mta-sts-resolver, nor the cache file of \
         postfix-tlspol, nor what `ironpost resolver list --format jsonl` writes",
        path = path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the cache at `path`, whoever wrote it. Policies that have expired at `now` are left out.
pub async fn read(path: &Path, now: Timestamp) -> Result<Contents, ImportError> {
    let unreadable = |source| ImportError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).await.map_err(unreadable)?;
    let mut head = Vec::new();
    (&mut file).take(MAGIC).read_to_end(&mut head).await.map_err(unreadable)?;
    if head.starts_with(SQLITE) {
        drop(file);
        return mta_sts_resolver::read(path, now).await;
    }
    let zipped = head.starts_with(GZIP);
    if !zipped && !head.trim_ascii_start().starts_with(b"{") {
        return Err(ImportError::Unknown { path: path.to_owned() });
    }
    let mut text = head;
    (&mut file).take(MAX_LISTED).read_to_end(&mut text).await.map_err(unreadable)?;
    if u64::try_from(text.len()).is_ok_and(|octets| octets > MAX_LISTED) {
        return Err(ImportError::TooLarge { path: path.to_owned() });
    }
    if zipped { tlspol::read(path, &text, now) } else { Ok(listed::read(&text, now)) }
}

/// Reads the Redis cache of postfix-mta-sts-resolver at `address`: one server, not a cluster.
pub async fn read_from_redis(address: &Address, now: Timestamp) -> Result<Contents, ImportError> {
    mta_sts_resolver::in_redis::read(address, now).await
}

impl Contents {
    fn new(source: Source) -> Self {
        Self { source, policies: Vec::new(), left_out: Vec::new() }
    }

    /// Takes an entry up, or what is wrong with it. A fetch cannot lie ahead: that would make the
    /// policy last longer.
    fn push(&mut self, name: &str, entry: Result<Imported, Fault>, now: Timestamp) {
        let reason = match entry {
            Ok(mut entry) => {
                entry.cached.fetched_at = entry.cached.fetched_at.min(now);
                if entry.cached.is_valid(now) {
                    self.policies.push(entry);
                    return;
                }
                Reason::Expired
            }
            Err(fault) => Reason::Unusable(fault),
        };
        let name = Visible::excerpt(name.as_bytes(), MAX_SHOWN);
        self.left_out.push(LeftOut { name, reason });
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Listed => "a list of this program",
            Self::MtaStsResolver => "the cache of postfix-mta-sts-resolver",
            Self::Tlspol => "the cache of postfix-tlspol",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("expired"),
            Self::Unusable(fault) => fault.fmt(f),
        }
    }
}

/// The first octets of an SQLite database (its file format, §1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";
/// RFC 1952 §2.3.1.
const GZIP: &[u8] = b"\x1f\x8b";
/// As many octets as tell the formats apart.
const MAGIC: u64 = 16;
/// A list of some million policies.
const MAX_LISTED: u64 = 1 << 30;
/// Characters of a name that are repeated.
const MAX_SHOWN: usize = 80;
