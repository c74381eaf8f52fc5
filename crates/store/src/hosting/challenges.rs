//! Challenges of orders under way, which every node answers.

use super::{DomainId, Seq};
use crate::StoreError;
use crate::database::Database;
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A challenge (RFC 8555 §8, RFC 8737).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// `/.well-known/acme-challenge/<token>` on port 80 answers with this.
    Http {
        /// The token.
        token: String,
        /// The key authorization.
        answer: String,
    },
    /// A TXT record of `acme-<token>` in our zone.
    Dns {
        /// Its text.
        value: String,
    },
    /// SHA-256 of the key authorization, for the certificate of ALPN `acme-tls/1`.
    Alpn {
        /// The digest.
        digest: [u8; 32],
    },
}

/// A challenge of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChallenge {
    /// Its number.
    pub id: i64,
    /// Of which domain.
    pub domain: DomainId,
    /// What to answer.
    pub challenge: Challenge,
    /// When it is of no use any more.
    pub expires: Timestamp,
    /// Its place in the feed.
    pub seq: Seq,
}

impl Database {
    /// Hands a challenge to all nodes; raises the feed.
    pub async fn put_challenge(
        &self,
        domain: DomainId,
        challenge: &Challenge,
        expires: Timestamp,
    ) -> Result<Seq, StoreError> {
        let _ = (domain, challenge, expires);
        todo!("acme")
    }

    /// Challenges above `after` that have not expired, in the order of the feed.
    pub async fn challenges_after(
        &self,
        after: Seq,
        now: Timestamp,
    ) -> Result<Vec<StoredChallenge>, StoreError> {
        let _ = (after, now);
        todo!("acme")
    }

    /// Deletes those of a domain, and all that have expired. Nodes drop them at their expiry.
    pub async fn drop_challenges(
        &self,
        domain: DomainId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let _ = (domain, now);
        todo!("acme")
    }
}
