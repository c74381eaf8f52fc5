//! What a node serves, on its own disk: so that it can start while the database is away.

use crate::database::Migration;
use crate::hosting::serving::{ServedCertificate, ServedRow};
use crate::hosting::{DomainId, Seq, certificates};
use crate::open::{self, Kind};
use crate::{OpenError, StoreError};
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::mta_sts::record::PolicyId;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Connection, Row};
use std::path::Path;

/// A file with the rows that a node serves. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SnapshotFile {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SnapshotFile {
    /// Opens the file, or makes an empty one for its owner alone.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let (writer, readers) = open::open(path, &Kind::snapshot()).await?;
        Ok(Self { writer, readers })
    }

    /// Keeps rows in place of what was there of their domains, and that everything up to `seen` is
    /// kept: all or nothing. What is there as it is is not written again: a node that starts has
    /// nearly all of it.
    pub async fn put(&self, rows: &[ServedRow], seen: Seq) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await?;
        let outcome = write(&mut connection, rows, seen).await;
        if outcome.is_err() {
            // SQLite ends a transaction by itself when the disk is full or broken, and the driver
            // does not learn of it.
            connection.close_on_drop();
        }
        Ok(outcome?)
    }

    /// Forgets everything: what comes next is the whole.
    pub async fn clear(&self) -> Result<(), StoreError> {
        sqlx::raw_sql("DELETE FROM served; UPDATE seen SET seq = 0").execute(&self.writer).await?;
        Ok(())
    }

    /// Up to where it goes.
    pub async fn seen(&self) -> Result<Seq, StoreError> {
        Ok(Seq(sqlx::query_scalar("SELECT seq FROM seen").fetch_one(&self.readers).await?))
    }

    /// When the node took leave of the others, if it has and has not come back.
    pub async fn left_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let left_at = sqlx::query_scalar("SELECT left_at FROM seen").fetch_one(&self.readers);
        let left_at: Option<i64> = left_at.await?;
        // One before 1970 is as good as that.
        Ok(left_at.map(|at| Timestamp::from_millis(u64::try_from(at).unwrap_or_default())))
    }

    /// Keeps that the node takes leave, or that it is back.
    pub async fn put_left_at(&self, at: Option<Timestamp>) -> Result<(), StoreError> {
        let at = at.map(|at| i64::try_from(at.as_millis()).unwrap_or(i64::MAX));
        let update = sqlx::query("UPDATE seen SET left_at = $1 WHERE left_at IS NOT $1").bind(at);
        update.execute(&self.writer).await?;
        Ok(())
    }

    /// Rows after that of `after`, in the order of their numbers, at most `limit`. What cannot be
    /// read is passed over, and logged.
    pub async fn rows(
        &self,
        after: Option<DomainId>,
        limit: u32,
    ) -> Result<Vec<ServedRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, token, version, policy, record, rua, chain, sealed_key, seq \
             FROM served WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after.map_or(0, |id| id.0))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let mut served = Vec::with_capacity(rows.len());
        for row in rows {
            let id: i64 = row.try_get(0)?;
            if let Some(row) = read(&row)? {
                served.push(row);
            } else {
                tracing::warn!(domain = id, "a domain in the snapshot cannot be read");
            }
        }
        Ok(served)
    }
}

async fn write(
    connection: &mut SqliteConnection,
    rows: &[ServedRow],
    seen: Seq,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    for row in rows {
        if row.gone {
            let forget = sqlx::query("DELETE FROM served WHERE id = $1").bind(row.id.0);
            forget.execute(&mut *transaction).await?;
            continue;
        }
        let certificate = row.certificate.as_ref();
        sqlx::query(
            "INSERT INTO served \
             (id, name, token, version, policy, record, rua, chain, sealed_key, seq) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (id) DO UPDATE SET (name, token, version, policy, record, rua, chain, \
             sealed_key, seq) = (excluded.name, excluded.token, excluded.version, \
             excluded.policy, excluded.record, excluded.rua, excluded.chain, \
             excluded.sealed_key, excluded.seq) \
             WHERE (name, token, version, policy, record, rua, chain, sealed_key, seq) IS NOT \
             (excluded.name, excluded.token, excluded.version, excluded.policy, \
             excluded.record, excluded.rua, excluded.chain, excluded.sealed_key, excluded.seq)",
        )
        .bind(row.id.0)
        .bind(row.name.as_str())
        .bind(row.token.to_string())
        .bind(row.policy.as_ref().map(|(version, _)| i64::from(*version)))
        .bind(row.policy.as_ref().map(|(_, policy)| policy))
        .bind(row.record.as_ref().map(PolicyId::as_str))
        .bind(row.rua.as_ref())
        .bind(certificate.map(|certificate| certificate.chain.concat()))
        .bind(certificate.map(|certificate| &certificate.sealed_key))
        .bind(row.seq.0)
        .execute(&mut *transaction)
        .await?;
    }
    let seen = sqlx::query("UPDATE seen SET seq = $1").bind(seen.0);
    seen.execute(&mut *transaction).await?;
    transaction.commit().await
}

fn read(row: &SqliteRow) -> Result<Option<ServedRow>, StoreError> {
    let name: String = row.try_get(1)?;
    let token: String = row.try_get(2)?;
    let version: Option<u32> = row.try_get(3)?;
    let policy: Option<String> = row.try_get(4)?;
    let record: Option<String> = row.try_get(5)?;
    let chain: Option<Vec<u8>> = row.try_get(7)?;
    let sealed_key: Option<Vec<u8>> = row.try_get(8)?;
    let name = Domain::from_a_labels(name.as_bytes());
    let (Ok(name), Ok(token)) = (name, token.parse()) else { return Ok(None) };
    let certificate = chain.zip(sealed_key).and_then(|(octets, sealed_key)| {
        Some(ServedCertificate { chain: certificates::chain(&octets).ok()?, sealed_key })
    });
    Ok(Some(ServedRow {
        id: DomainId(row.try_get(0)?),
        name,
        token,
        gone: false,
        policy: version.zip(policy),
        record: record.and_then(|id| id.parse().ok()),
        rua: row.try_get(6)?,
        certificate,
        seq: Seq(row.try_get(9)?),
    }))
}

impl Kind<'_> {
    /// What a node serves: it can be had again, and a loss of power must not take it.
    fn snapshot() -> Kind<'static> {
        Kind::of_snapshot(SNAPSHOT_MIGRATIONS, Migration::Apply)
    }
}

const SNAPSHOT_MIGRATIONS: &[&str] = &[
    include_str!("../migrations/snapshot/0001_snapshot.sql"),
    include_str!("../migrations/snapshot/0002_leave.sql"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshot.db");
        let row = |id: i64, gone| ServedRow {
            id: DomainId(id),
            name: format!("d{id}.test").parse().unwrap(),
            token: ironpost_proto::delegation::Token::from_bytes([id.to_be_bytes()[7]; 10]),
            gone,
            policy: Some((3, "version: STSv1\n".to_owned())),
            record: Some("1".parse().unwrap()),
            rua: None,
            certificate: Some(ServedCertificate {
                chain: vec![vec![0x30, 1, 7], vec![0x30, 0]],
                sealed_key: vec![9],
            }),
            seq: Seq(id),
        };
        let file = SnapshotFile::open(&path).await.unwrap();
        file.put(&[row(1, false), row(2, false)], Seq(2)).await.unwrap();
        file.put(&[row(1, true), row(3, false)], Seq(5)).await.unwrap();
        let changed =
            ServedRow { policy: None, record: Some("2".parse().unwrap()), ..row(2, false) };
        file.put(std::slice::from_ref(&changed), Seq(6)).await.unwrap();
        assert_eq!(file.rows(None, 10).await.unwrap(), [changed, row(3, false)]);
        file.put(&[row(2, false)], Seq(5)).await.unwrap();
        let file = SnapshotFile::open(&path).await.unwrap();
        assert_eq!(file.rows(None, 10).await.unwrap(), [row(2, false), row(3, false)]);
        assert_eq!(file.rows(Some(DomainId(2)), 10).await.unwrap(), [row(3, false)]);
        assert_eq!(file.seen().await.unwrap(), Seq(5));
        file.clear().await.unwrap();
        assert_eq!(file.rows(None, 10).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_leave_is_remembered_until_the_node_is_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshot.db");
        let file = SnapshotFile::open(&path).await.unwrap();
        assert_eq!(file.left_at().await.unwrap(), None);
        file.put_left_at(Some(Timestamp::from_millis(7))).await.unwrap();
        let file = SnapshotFile::open(&path).await.unwrap();
        file.put(&[], Seq(5)).await.unwrap();
        assert_eq!(file.left_at().await.unwrap(), Some(Timestamp::from_millis(7)));
        file.put_left_at(None).await.unwrap();
        assert_eq!(file.left_at().await.unwrap(), None);
    }
}
