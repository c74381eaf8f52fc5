//! What is old is kept less exactly, and then not at all.

use super::{DAY_MILLIS, FetchRow, HOUR_MILLIS, Hour, Network, write};
use crate::StoreError;
use crate::database::{Database, Row, Statement};
use crate::hosting::DomainId;
use crate::hosting::column::{self, signed};
use ironpost_proto::mta_sts::discovery::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;

impl Database {
    /// Folds hours older than [`HOURS_KEPT`] into days, of up to `limit` domains, and drops days
    /// older than [`DAYS_KEPT`]. True if there is more to do.
    pub async fn fold_fetches(&self, limit: u32, now: Timestamp) -> Result<bool, StoreError> {
        let drop_before = days_before(now, DAYS_KEPT);
        let drop = Statement::new(DROP_DAYS).bind(signed(DAY_MILLIS)).bind(drop_before);
        self.execute(drop).await?;
        self.execute(Statement::new(DROP_BATCHES)).await?;

        let fold_before = days_before(now, HOURS_KEPT);
        let domains = Statement::new(FOLDABLE)
            .bind(signed(HOUR_MILLIS))
            .bind(fold_before)
            .bind(i64::from(limit));
        let domains = self.fetch_all(domains).await?;
        for domain in &domains {
            self.fold_domain(DomainId(domain.int(0)?), fold_before).await?;
        }
        Ok(domains.len() >= usize::try_from(limit).unwrap_or(usize::MAX))
    }

    async fn fold_domain(&self, domain: DomainId, before: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let of_hours =
            |sql| Statement::new(sql).bind(domain.0).bind(signed(HOUR_MILLIS)).bind(before);
        let mut days: BTreeMap<i64, Vec<FetchRow>> = BTreeMap::new();
        for row in transaction.fetch_all(of_hours(ROWS)).await? {
            let start = row.int(0)?;
            let day = start - start % signed(DAY_MILLIS);
            days.entry(day).or_default().push(read(domain, &row)?);
        }
        for (day, mut rows) in days {
            // A node that was away may add to a day that was folded before.
            let of_day =
                |sql| Statement::new(sql).bind(domain.0).bind(signed(DAY_MILLIS)).bind(day);
            for row in transaction.fetch_all(of_day(DAY)).await? {
                rows.push(read(domain, &row)?);
            }
            transaction.execute(of_day(DELETE_DAY)).await?;
            write::add(&mut transaction, DAY_MILLIS, &fold(rows)).await?;
        }
        transaction.execute(of_hours(DELETE_HOURS)).await?;
        transaction.commit().await
    }
}

/// One row for each version, network and sender; of networks those with the most fetches, as many
/// as [`NETWORKS_PER_DAY`], and of the senders in each as many as [`SENDERS_PER_NETWORK`].
fn fold(rows: Vec<FetchRow>) -> Vec<FetchRow> {
    let mut by_network: BTreeMap<Network, u64> = BTreeMap::new();
    for row in &rows {
        *by_network.entry(row.network).or_default() += row.fetches;
    }
    let mut networks: Vec<_> = by_network.into_iter().collect();
    networks.sort_by_key(|(network, fetches)| (Reverse(*fetches), *network));
    let told_apart: Vec<_> =
        networks.into_iter().take(NETWORKS_PER_DAY).map(|(network, _)| network).collect();
    let rows = rows.into_iter().map(|mut row| {
        if !told_apart.contains(&row.network) {
            row.network = Network::Others;
        }
        row
    });
    let mut rows = merged(rows);
    rows.sort_by_key(|row| (row.version, row.network, Reverse(row.fetches)));
    // A client that calls itself something else each time has a row for each.
    let rows =
        rows.chunk_by(|one, other| (one.version, one.network) == (other.version, other.network));
    merged(rows.flat_map(|of_network| {
        of_network.iter().enumerate().map(|(place, row)| {
            let is_told = place < SENDERS_PER_NETWORK || row.network == Network::Others;
            let sender = if is_told { row.sender.clone() } else { OTHER.to_owned() };
            FetchRow { sender, ..row.clone() }
        })
    }))
}

/// Rows of the same version, network and sender become one.
fn merged(rows: impl Iterator<Item = FetchRow>) -> Vec<FetchRow> {
    let mut merged: BTreeMap<(u32, Network, String), FetchRow> = BTreeMap::new();
    for row in rows {
        let key = (row.version, row.network, row.sender.clone());
        let fetches = row.fetches;
        merged
            .entry(key)
            .and_modify(|known| known.fetches = known.fetches.saturating_add(fetches))
            .or_insert(row);
    }
    merged.into_values().collect()
}

/// Columns: period_start, version, network, sender, fetched.
fn read(domain: DomainId, row: &Row) -> Result<FetchRow, StoreError> {
    Ok(FetchRow {
        domain,
        hour: Hour::of(column::time(row, 0)?),
        version: column::number(row, 1)?,
        network: column::parsed(row, 2)?,
        sender: row.text(3)?,
        fetches: column::number(row, 4)?,
    })
}

/// The beginning of the day that many days ago.
fn days_before(now: Timestamp, days: u64) -> i64 {
    let today = now.as_millis() - now.as_millis() % DAY_MILLIS;
    signed(today.saturating_sub(days * DAY_MILLIS))
}

/// Days for which the hours are told apart. Own limit: a week to look back at hour by hour.
pub const HOURS_KEPT: u64 = 8;
/// Days for which fetches are counted at all. Own limit. When a version was served last is kept
/// for good, with the version.
pub const DAYS_KEPT: u64 = 90;
/// Networks that are told apart of a domain on a day that is folded. Own limit.
pub const NETWORKS_PER_DAY: usize = 256;
/// Senders that are told apart in each. Own limit.
const SENDERS_PER_NETWORK: usize = 8;
/// What the rest is called, as in the log of a node.
const OTHER: &str = "other";

const FOLDABLE: &str = "SELECT DISTINCT domain_id FROM fetches \
     WHERE period = $1 AND period_start < $2 ORDER BY domain_id LIMIT $3";
const ROWS: &str = "SELECT period_start, version, network, sender, fetched FROM fetches \
     WHERE domain_id = $1 AND period = $2 AND period_start < $3";
const DAY: &str = "SELECT period_start, version, network, sender, fetched FROM fetches \
     WHERE domain_id = $1 AND period = $2 AND period_start = $3";
const DELETE_DAY: &str =
    "DELETE FROM fetches WHERE domain_id = $1 AND period = $2 AND period_start = $3";
const DELETE_HOURS: &str =
    "DELETE FROM fetches WHERE domain_id = $1 AND period = $2 AND period_start < $3";
const DROP_DAYS: &str = "DELETE FROM fetches WHERE period = $1 AND period_start < $2";
/// Numbers of batches of nodes that are no more.
const DROP_BATCHES: &str = "DELETE FROM fetch_batches WHERE NOT EXISTS \
     (SELECT 1 FROM nodes WHERE nodes.id = fetch_batches.node_id)";
