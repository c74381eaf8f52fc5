//! Certificates of policy hosts.

mod chain;

pub(crate) use chain::chain;

use super::column::{self, millis, number, opt_time, time};
use super::{DomainId, Seq};
use crate::StoreError;
use crate::database::{Database, Row, Statement, Transaction};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;

/// A certificate as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCertificate {
    /// DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The private key, sealed.
    pub sealed_key: Vec<u8>,
    /// The directory of the CA.
    pub directory: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// What its CA said of its renewal.
    pub renewal: Renewal,
}

/// What a CA said of the renewal of a certificate (RFC 9773), and what was made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// When it wants it renewed: from, and until.
    pub window: Option<(Timestamp, Timestamp)>,
    /// The moment within that was drawn.
    pub at: Option<Timestamp>,
    /// Where it explains why, made visible.
    pub explanation: Option<String>,
    /// When it is asked again.
    pub ask_at: Timestamp,
    /// How often in a row it gave no answer.
    pub unanswered: u32,
}

impl Renewal {
    /// Of a certificate about which the CA has yet to be asked.
    pub fn unasked(now: Timestamp) -> Self {
        Self { window: None, at: None, explanation: None, ask_at: now, unanswered: 0 }
    }
}

/// A private key of a policy host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// Of which domain.
    pub domain: DomainId,
    /// Its name.
    pub name: Domain,
    /// The key, sealed.
    pub sealed: Vec<u8>,
}

impl Database {
    /// The certificate of a domain.
    pub async fn certificate(&self, id: DomainId) -> Result<Option<StoredCertificate>, StoreError> {
        let statement = Statement::new(
            "SELECT chain, sealed_key, directory, not_before, not_after, \
             window_start, window_end, renew_at, explanation, ask_at, unanswered \
             FROM certificates WHERE domain_id = $1",
        );
        self.fetch_optional(statement.bind(id.0)).await?.as_ref().map(read).transpose()
    }

    /// In place of what was there; raises the feed. Its order is done with, and so is what was
    /// wrong with it.
    pub async fn put_certificate(
        &self,
        id: DomainId,
        certificate: &StoredCertificate,
        now: Timestamp,
    ) -> Result<Seq, StoreError> {
        let StoredCertificate { chain, sealed_key, directory, not_before, not_after, renewal } =
            certificate;
        let mut transaction = self.begin().await?;
        let seq = touch(&mut transaction, id).await?;
        let statement = Statement::new(
            "INSERT INTO certificates (domain_id, chain, sealed_key, directory, not_before, \
             not_after, window_start, window_end, renew_at, explanation, ask_at, unanswered) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (domain_id) DO UPDATE SET chain = excluded.chain, \
             sealed_key = excluded.sealed_key, directory = excluded.directory, \
             not_before = excluded.not_before, not_after = excluded.not_after, \
             window_start = excluded.window_start, window_end = excluded.window_end, \
             renew_at = excluded.renew_at, explanation = excluded.explanation, \
             ask_at = excluded.ask_at, unanswered = excluded.unanswered",
        )
        .bind(id.0)
        .bind(chain.concat())
        .bind(sealed_key.as_slice())
        .bind(directory.as_str())
        .bind(millis(*not_before))
        .bind(millis(*not_after))
        .bind(renewal.window.map(|(start, _)| millis(start)))
        .bind(renewal.window.map(|(_, end)| millis(end)))
        .bind(renewal.at.map(millis))
        .bind(renewal.explanation.as_deref())
        .bind(millis(renewal.ask_at))
        .bind(renewal.unanswered);
        transaction.execute(statement).await?;
        for sql in [
            "DELETE FROM acme_orders WHERE domain_id = $1",
            "DELETE FROM acme_troubles WHERE domain_id = $1",
        ] {
            transaction.execute(Statement::new(sql).bind(id.0)).await?;
        }
        let expired =
            Statement::new("DELETE FROM challenges WHERE domain_id = $1 OR expires <= $2");
        transaction.execute(expired.bind(id.0).bind(millis(now))).await?;
        transaction.commit().await?;
        Ok(seq)
    }

    /// What a CA said of the renewal of a domain's certificate.
    pub async fn put_renewal(&self, id: DomainId, renewal: &Renewal) -> Result<(), StoreError> {
        let statement = Statement::new(
            "UPDATE certificates SET window_start = $2, window_end = $3, renew_at = $4, \
             explanation = $5, ask_at = $6, unanswered = $7 WHERE domain_id = $1",
        )
        .bind(id.0)
        .bind(renewal.window.map(|(start, _)| millis(start)))
        .bind(renewal.window.map(|(_, end)| millis(end)))
        .bind(renewal.at.map(millis))
        .bind(renewal.explanation.as_deref())
        .bind(millis(renewal.ask_at))
        .bind(renewal.unanswered);
        self.execute(statement).await.map(drop)
    }

    /// Private keys of domains with a number above `after`, in their order, at most `limit`: those
    /// of certificates, and those of orders under way.
    pub async fn sealed_keys(
        &self,
        after: Option<DomainId>,
        limit: u32,
    ) -> Result<Vec<SealedKey>, StoreError> {
        let statement = Statement::new(
            "SELECT keys.domain_id, domains.name, keys.sealed_key FROM \
             (SELECT domain_id, sealed_key FROM certificates \
              UNION ALL SELECT domain_id, sealed_key FROM acme_orders) AS keys \
             JOIN domains ON domains.id = keys.domain_id \
             WHERE keys.domain_id IN \
             (SELECT domain_id FROM certificates WHERE domain_id > $1 \
              UNION SELECT domain_id FROM acme_orders WHERE domain_id > $1 \
              ORDER BY domain_id LIMIT $2) ORDER BY keys.domain_id, keys.sealed_key",
        );
        let after = after.map_or(0, |id| id.0);
        let rows = self.fetch_all(statement.bind(after).bind(limit)).await?;
        rows.iter().map(read_key).collect()
    }

    /// The same keys sealed anew. One that was replaced meanwhile stays as it is; nodes are told, so
    /// that their snapshots do not keep the old ones.
    pub async fn reseal(&self, keys: &[(SealedKey, Vec<u8>)]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (old, new) in keys {
            touch(&mut transaction, old.domain).await?;
            for sql in [
                "UPDATE acme_orders SET sealed_key = $3 WHERE domain_id = $1 AND sealed_key = $2",
                "UPDATE certificates SET sealed_key = $3 WHERE domain_id = $1 AND sealed_key = $2",
            ] {
                let statement = Statement::new(sql).bind(old.domain.0);
                let statement = statement.bind(old.sealed.as_slice()).bind(new.as_slice());
                transaction.execute(statement).await?;
            }
        }
        transaction.commit().await
    }

    /// Forgets private keys, with the certificates and the orders that they are of, and has the job
    /// of `kind` done for their domains at `now`. One that was replaced meanwhile stays.
    pub async fn forget_keys(
        &self,
        keys: &[SealedKey],
        kind: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for key in keys {
            touch(&mut transaction, key.domain).await?;
            for sql in [
                "DELETE FROM acme_orders WHERE domain_id = $1 AND sealed_key = $2",
                "DELETE FROM certificates WHERE domain_id = $1 AND sealed_key = $2",
            ] {
                let statement = Statement::new(sql).bind(key.domain.0);
                transaction.execute(statement.bind(key.sealed.as_slice())).await?;
            }
        }
        transaction.commit().await?;
        let domains: Vec<_> = keys.iter().map(|key| key.domain).collect();
        self.schedule_all(kind, &domains, now).await
    }
}

/// What nodes have to read again.
async fn touch(transaction: &mut Transaction, id: DomainId) -> Result<Seq, StoreError> {
    let seq = transaction.raise_feed().await?;
    let statement = Statement::new("UPDATE domains SET seq = $2 WHERE id = $1");
    transaction.execute(statement.bind(id.0).bind(seq.0)).await?;
    Ok(seq)
}

fn read(row: &Row) -> Result<StoredCertificate, StoreError> {
    let window = opt_time(row, 5)?.zip(opt_time(row, 6)?);
    Ok(StoredCertificate {
        chain: chain(&row.bytes(0)?)?,
        sealed_key: row.bytes(1)?,
        directory: row.text(2)?,
        not_before: time(row, 3)?,
        not_after: time(row, 4)?,
        renewal: Renewal {
            window,
            at: opt_time(row, 7)?,
            explanation: row.opt_text(8)?,
            ask_at: time(row, 9)?,
            unanswered: number(row, 10)?,
        },
    })
}

fn read_key(row: &Row) -> Result<SealedKey, StoreError> {
    Ok(SealedKey {
        domain: DomainId(row.int(0)?),
        name: column::domain(row, 1)?,
        sealed: row.bytes(2)?,
    })
}
