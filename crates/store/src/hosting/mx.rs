//! MX records of hosted domains as they were seen last.

use super::{DomainId, column};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{FormerMx, MxSet};
use ironpost_proto::mta_sts::discovery::Timestamp;

/// The MX hosts of a domain as they were seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMx {
    /// The hosts, in the order of their names, and the TTL; the largest that was seen of them.
    pub mx: MxSet,
    /// Since when these are the hosts.
    pub changed: Timestamp,
    /// When they were looked up last.
    pub seen: Timestamp,
    /// Hosts from before that caches may still name.
    pub former: Vec<FormerMx>,
}

impl Database {
    /// The MX hosts of a domain as they were seen last.
    pub async fn mx_set(&self, domain: DomainId) -> Result<Option<StoredMx>, StoreError> {
        let row = self.fetch_optional(Statement::new(MX).bind(domain.0)).await?;
        row.as_ref().map(stored).transpose()
    }

    /// In place of what was there. With `event`, which says what has changed, that is kept among
    /// the events of the domain.
    pub async fn put_mx_set(
        &self,
        domain: DomainId,
        stored: &StoredMx,
        event: Option<&str>,
    ) -> Result<(), StoreError> {
        let hosts: Vec<_> = stored.mx.hosts.iter().map(DnsName::as_str).collect();
        let put = Statement::new(PUT)
            .bind(domain.0)
            .bind(hosts.join(" "))
            .bind(stored.mx.ttl)
            .bind(column::millis(stored.changed))
            .bind(column::millis(stored.seen))
            .bind(former_text(&stored.former));
        let mut transaction = self.begin().await?;
        transaction.execute(put).await?;
        if let Some(event) = event {
            let note = Statement::new(NOTE)
                .bind(domain.0)
                .bind(column::millis(stored.seen))
                .bind(WHO)
                .bind(event)
                .bind(WHAT);
            transaction.execute(note).await?;
        }
        transaction.commit().await
    }
}

fn stored(row: &Row) -> Result<StoredMx, StoreError> {
    // In its text form a name has no blank: one in a label is written as an escape.
    let hosts = row.text(0)?;
    let hosts = hosts.split(' ').filter(|host| !host.is_empty());
    let hosts = hosts.map(str::parse).collect::<Result<_, _>>().map_err(|_| column::damaged())?;
    Ok(StoredMx {
        mx: MxSet { hosts, ttl: column::number(row, 1)? },
        changed: column::time(row, 2)?,
        seen: column::time(row, 3)?,
        former: former(&row.text(4)?).ok_or_else(column::damaged)?,
    })
}

fn former_text(former: &[FormerMx]) -> String {
    let words = former.iter().map(|gone| format!("{} {}", gone.host, gone.until.as_millis()));
    words.collect::<Vec<_>>().join(" ")
}

fn former(text: &str) -> Option<Vec<FormerMx>> {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let mut former = Vec::new();
    while let Some(host) = words.next() {
        let until = Timestamp::from_millis(words.next()?.parse().ok()?);
        former.push(FormerMx { host: host.parse().ok()?, until });
    }
    Some(former)
}

/// Who saw it.
const WHO: &str = "ironpost";
/// What kind of event it is.
const WHAT: &str = "mx";
const NOTE: &str = "INSERT INTO events (domain_id, at, who, why, what) VALUES ($1, $2, $3, $4, $5)";
const MX: &str = "SELECT hosts, ttl, changed_at, seen_at, former FROM mx_sets WHERE domain_id = $1";
const PUT: &str = "INSERT INTO mx_sets (domain_id, hosts, ttl, changed_at, seen_at, former) \
     VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (domain_id) DO UPDATE SET hosts = excluded.hosts, ttl = excluded.ttl, \
         changed_at = excluded.changed_at, seen_at = excluded.seen_at, \
         former = excluded.former";
