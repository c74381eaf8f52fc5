//! Challenges of orders under way, which every node answers.

use super::column::{damaged, millis, time};
use super::{DomainId, Seq};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
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
    /// Hands a challenge to all nodes, once; raises the feed.
    pub async fn put_challenge(
        &self,
        domain: DomainId,
        challenge: &Challenge,
        expires: Timestamp,
    ) -> Result<Seq, StoreError> {
        let (kind, token, answer) = match challenge {
            Challenge::Http { token, answer } => (HTTP, Some(token.as_str()), answer.as_bytes()),
            Challenge::Dns { value } => (DNS, None, value.as_bytes()),
            Challenge::Alpn { digest } => (ALPN, None, digest.as_slice()),
        };
        let mut transaction = self.begin().await?;
        let seq = transaction.raise_feed().await?;
        // Gone on with after a crash, it is there already, and nodes that have it are not to lose it.
        let old = Statement::new(
            "DELETE FROM challenges WHERE domain_id = $1 AND kind = $2 AND answer = $3",
        );
        transaction.execute(old.bind(domain.0).bind(kind).bind(answer)).await?;
        let new = Statement::new(
            "INSERT INTO challenges (domain_id, kind, token, answer, expires, seq) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(domain.0)
        .bind(kind)
        .bind(token)
        .bind(answer)
        .bind(millis(expires))
        .bind(seq.0);
        transaction.execute(new).await?;
        transaction.commit().await?;
        Ok(seq)
    }

    /// Challenges above `after` that have not expired, in the order of the feed.
    pub async fn challenges_after(
        &self,
        after: Seq,
        now: Timestamp,
    ) -> Result<Vec<StoredChallenge>, StoreError> {
        let statement = Statement::new(
            "SELECT id, domain_id, kind, token, answer, expires, seq FROM challenges \
             WHERE seq > $1 AND expires > $2 ORDER BY seq",
        );
        let rows = self.fetch_all(statement.bind(after.0).bind(millis(now))).await?;
        rows.iter().map(read).collect()
    }

    /// Deletes those of a domain, and all that have expired. Nodes drop them at their expiry.
    pub async fn drop_challenges(
        &self,
        domain: DomainId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement =
            Statement::new("DELETE FROM challenges WHERE domain_id = $1 OR expires <= $2");
        self.execute(statement.bind(domain.0).bind(millis(now))).await.map(drop)
    }
}

fn read(row: &Row) -> Result<StoredChallenge, StoreError> {
    let answer = row.bytes(4)?;
    let text = |octets| String::from_utf8(octets).map_err(|_| damaged());
    let challenge = match row.text(2)?.as_str() {
        HTTP => {
            Challenge::Http { token: row.opt_text(3)?.ok_or_else(damaged)?, answer: text(answer)? }
        }
        DNS => Challenge::Dns { value: text(answer)? },
        ALPN => Challenge::Alpn { digest: answer.try_into().map_err(|_| damaged())? },
        _ => return Err(damaged()),
    };
    Ok(StoredChallenge {
        id: row.int(0)?,
        domain: DomainId(row.int(1)?),
        challenge,
        expires: time(row, 5)?,
        seq: Seq(row.int(6)?),
    })
}

/// RFC 8555 §8.3.
const HTTP: &str = "http-01";
/// RFC 8555 §8.4.
const DNS: &str = "dns-01";
/// RFC 8737.
const ALPN: &str = "tls-alpn-01";
