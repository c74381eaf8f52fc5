//! Rows of the database into what is served.

use super::Snapshot;
use crate::sealing::Seals;
use crate::served::{PackedCertificate, Served, ServedPolicy, Site};
use bytes::Bytes;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::database::Database;
use ironpost_store::hosting::challenges::{Challenge, StoredChallenge};
use ironpost_store::hosting::serving::{ServedCertificate, ServedRow};
use ironpost_store::hosting::{DomainId, Seq};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Applies rows in the order of the feed.
#[derive(Debug)]
pub(crate) struct Loader {
    served: Served,
    seals: Seals,
    /// Every row up to here is served …
    seen: Seq,
    /// … and every challenge up to here, which a snapshot does not keep.
    challenges_seen: Seq,
    /// Challenges under way, by their numbers.
    challenges: BTreeMap<i64, StoredChallenge>,
}

impl Loader {
    pub(super) fn new(served: Served, seals: Seals) -> Self {
        let (seen, challenges_seen) = (Seq::default(), Seq::default());
        Self { served, seals, seen, challenges_seen, challenges: BTreeMap::new() }
    }

    /// Everything up to here is served.
    pub(super) fn seen(&self) -> Seq {
        self.seen
    }

    /// Reads all from the beginning the next time.
    pub(super) fn start_anew(&mut self) {
        (self.seen, self.challenges_seen) = (Seq::default(), Seq::default());
    }

    /// Applies what is new. Says whether anything was.
    pub(super) async fn catch_up(
        &mut self,
        database: &Database,
        snapshot: Option<&Snapshot>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let end = database.feed().await?;
        if end == self.seen {
            self.drop_expired(now);
            return Ok(false);
        }
        let page = if snapshot.is_some() { KEPT_PAGE } else { PAGE };
        let mut after = self.seen;
        let mut rows = database.served_after(after, page).await?;
        while let Some(last) = rows.last() {
            after = last.seq;
            if let Some(snapshot) = snapshot {
                snapshot.put(&rows, after).await?;
            }
            // A node that starts reads many pages: the next one comes while one is unpacked.
            let is_whole = usize::try_from(page).is_ok_and(|page| rows.len() >= page);
            let unpacking = self.unpack(rows);
            let next = async {
                if is_whole { database.served_after(after, page).await } else { Ok(Vec::new()) }
            };
            let (unpacked, next) = tokio::join!(unpacking, next);
            for (row, certificate) in unpacked? {
                self.put(row, certificate);
            }
            rows = next?;
        }
        // Pages may reach beyond `end`. The challenges are read after them, so that none below the
        // last row is missed.
        for challenge in database.challenges_after(self.challenges_seen, now).await? {
            self.challenge(challenge);
        }
        self.drop_expired(now);
        self.seen = end.max(after);
        self.challenges_seen = self.seen;
        Ok(true)
    }

    /// Unpacks the certificates of rows, beside what else goes on.
    pub(super) fn unpack(
        &self,
        rows: Vec<ServedRow>,
    ) -> impl Future<Output = Result<Vec<Unpacked>, StoreError>> + use<> {
        let (served, seals) = (self.served.clone(), self.seals.clone());
        let unpacking = spawn_blocking(move || {
            let unpack = |mut row: ServedRow| {
                let stored = row.certificate.take().filter(|_| !row.gone);
                let unpacked = stored.and_then(|it| certificate(&served, &seals, &row.name, &it));
                (row, unpacked)
            };
            rows.into_iter().map(unpack).collect()
        });
        async move { unpacking.await.map_err(|error| StoreError::Database(error.to_string())) }
    }

    /// Serves what a row says.
    pub(super) fn put(&mut self, row: ServedRow, certificate: Option<Arc<PackedCertificate>>) {
        if row.gone {
            self.served.forget(row.id);
            return;
        }
        let policy = row
            .policy
            .map(|(version, text)| ServedPolicy { version, body: Bytes::from(text.into_bytes()) });
        let mut site = Site {
            id: row.id,
            domain: row.name,
            token: row.token,
            policy,
            record: row.record,
            rua: row.rua.map(String::into_boxed_str),
            certificate,
            dns_challenges: Vec::new(),
            alpn_challenge: None,
        };
        self.with_challenges(&mut site);
        self.served.put(site);
    }

    /// Everything up to `seen` came from a snapshot.
    pub(super) fn started_from(&mut self, seen: Seq) {
        self.seen = seen;
    }

    fn challenge(&mut self, challenge: StoredChallenge) {
        if let Challenge::Http { token, answer } = &challenge.challenge {
            self.served.put_http_challenge(token, answer);
        }
        let domain = challenge.domain;
        self.challenges.insert(challenge.id, challenge);
        self.refresh(domain);
    }

    fn drop_expired(&mut self, now: Timestamp) {
        let (expired, rest) = std::mem::take(&mut self.challenges)
            .into_iter()
            .partition(|(_, challenge)| challenge.expires <= now);
        self.challenges = rest;
        let expired: BTreeMap<i64, StoredChallenge> = expired;
        for challenge in expired.into_values() {
            if let Challenge::Http { token, .. } = &challenge.challenge {
                self.served.drop_http_challenge(token);
            }
            self.refresh(challenge.domain);
        }
    }

    /// Brings the challenges of a site up to date.
    fn refresh(&self, domain: DomainId) {
        if let Some(old) = self.served.by_id(domain) {
            let mut site = (*old).clone();
            self.with_challenges(&mut site);
            self.served.put(site);
        }
    }

    fn with_challenges(&self, site: &mut Site) {
        site.dns_challenges.clear();
        site.alpn_challenge = None;
        for stored in self.challenges.values().filter(|stored| stored.domain == site.id) {
            match &stored.challenge {
                Challenge::Http { .. } => {}
                Challenge::Dns { value } => site.dns_challenges.push(value.as_str().into()),
                Challenge::Alpn { digest } => site.alpn_challenge = Some(*digest),
            }
        }
    }
}

/// The certificate of a row, if it can be used.
fn certificate(
    served: &Served,
    seals: &Seals,
    domain: &Domain,
    stored: &ServedCertificate,
) -> Option<Arc<PackedCertificate>> {
    let key = seals.open(domain.as_str(), &stored.sealed_key).map_err(|error| error.to_string());
    let packed =
        key.and_then(|key| served.pack(&stored.chain, &key).map_err(|error| error.to_string()));
    packed
        .inspect_err(|error| {
            tracing::error!(%domain, error, "the certificate of a policy host cannot be used");
        })
        .ok()
}

/// A row without its certificate, and that certificate.
type Unpacked = (ServedRow, Option<Arc<PackedCertificate>>);

/// Rows that are read at once. Few enough to stay in the processor's cache until they are unpacked.
pub(super) const PAGE: u32 = 256;
/// The same where a snapshot keeps them, which waits for the disk once for each page.
const KEPT_PAGE: u32 = 2_000;
