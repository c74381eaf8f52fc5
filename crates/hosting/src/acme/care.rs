//! Looking after the certificate of one domain: what is due, with which CA, and what follows from a
//! failure.

use super::failure::{Failure, Reach};
use super::renewal::{self, Said};
use super::settings::Known;
use super::{Acme, Cared, ari, back_off};
use ironpost_proto::delegation::Target;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::StoreError;
use ironpost_store::hosting::acme::{Block, OrderTrouble};
use ironpost_store::hosting::certificates::StoredCertificate;
use ironpost_store::hosting::domains::Hosted;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// One look at one domain.
pub(super) struct Care<'a> {
    pub(super) acme: &'a Acme,
    pub(super) hosted: &'a Hosted,
    /// The name that the certificate is for.
    pub(super) host: String,
    /// The registered domain that it lies in, by which CAs count.
    pub(super) registered: String,
    began: (Timestamp, Instant),
}

impl<'a> Care<'a> {
    pub(super) fn new(acme: &'a Acme, hosted: &'a Hosted, now: Timestamp) -> Self {
        let name = hosted.name.as_str();
        Self {
            acme,
            hosted,
            host: Target::PolicyHost.owner(&hosted.name).as_str().to_owned(),
            registered: psl::domain_str(name).unwrap_or(name).to_owned(),
            began: (now, Instant::now()),
        }
    }

    pub(super) async fn run(&self) -> Cared {
        match timeout(CARE_DEADLINE, self.steps()).await {
            Ok(Ok(cared)) => cared,
            Ok(Err(error)) => self.later(STORE_PAUSE, error.to_string()),
            Err(_) => {
                let words = Failure::Slow { retry_after: None }.words();
                self.later(Duration::from_secs(1), words)
            }
        }
    }

    /// What time it is, by the clock of who called.
    pub(super) fn now(&self) -> Timestamp {
        let (then, instant) = self.began;
        then.after(instant.elapsed())
    }

    async fn steps(&self) -> Result<Cared, StoreError> {
        let database = &self.acme.database;
        let mut kept = database.certificate(self.hosted.id).await?;
        if let Some(kept) = &mut kept {
            self.ask_when(kept).await?;
            if self.now() < renewal::due(kept) {
                return Ok(Cared::Good(renewal::look_again(kept, self.now())));
            }
        }
        let trouble = database.order_trouble(self.hosted.id).await?;
        if let Some(OrderTrouble { again_at, why, .. }) = &trouble
            && self.now() < *again_at
        {
            return Ok(Cared::Later { at: *again_at, why: why.clone() });
        }
        match self.choose(kept.as_ref(), trouble.as_ref()).await? {
            Ok(known) => match self.order(known, kept.as_ref()).await {
                Ok(certificate) => self.issued(&certificate).await,
                Err(failure) => self.put_off(known, &failure, trouble).await,
            },
            Err(block) => {
                self.note(trouble, None, &block.why).await?;
                let pause = back_off::spread(block.until.since(self.now()), rand::random());
                Ok(self.later(pause, block.why))
            }
        }
    }

    async fn issued(&self, certificate: &StoredCertificate) -> Result<Cared, StoreError> {
        let database = &self.acme.database;
        database.put_certificate(self.hosted.id, certificate, self.now()).await?;
        database.unblock_acme(&certificate.directory).await?;
        Ok(Cared::Issued(self.now().after(FIRST_LOOK)))
    }

    /// Asks the CA of a certificate when to renew it, if it is time to (RFC 9773).
    async fn ask_when(&self, kept: &mut StoredCertificate) -> Result<(), StoreError> {
        let now = self.now();
        // RFC 9773 §4.3.3: not of one that has expired.
        if now < kept.renewal.ask_at || now >= kept.not_after {
            return Ok(());
        }
        let inner = &self.acme.inner;
        let known = inner.cas.iter().find(|known| known.ca.directory == kept.directory);
        let blocked = self.acme.database.acme_block(&kept.directory).await?;
        let blocked = blocked.filter(|block| now < block.until);
        let said = match (known, kept.chain.first(), blocked) {
            (_, _, Some(block)) => Said::Nothing { retry_after: Some(block.until.since(now)) },
            (Some(known), Some(leaf), None) => match inner.directories.converse(known, now).await {
                Ok(conversation) => ari::ask(&conversation, leaf).await,
                Err(failure) => ari::nothing(&failure),
            },
            (None, _, None) | (_, None, None) => Said::NotOffered,
        };
        let renewal = renewal::heard(&kept.renewal, said, self.now(), rand::random());
        if renewal.window != kept.renewal.window
            && let Some(explanation) = &renewal.explanation
        {
            let domain = &self.hosted.name;
            tracing::info!(%domain, %explanation, "the CA names another time of renewal");
        }
        self.acme.database.put_renewal(self.hosted.id, &renewal).await?;
        kept.renewal = renewal;
        Ok(())
    }

    /// The CA to order from; or, if none may be asked, what keeps from it.
    async fn choose(
        &self,
        kept: Option<&StoredCertificate>,
        trouble: Option<&OrderTrouble>,
    ) -> Result<Result<&'a Known, Block>, StoreError> {
        let mut candidates: Vec<_> = self.acme.inner.cas.iter().collect();
        if self.is_second_due(kept, trouble) {
            // By turns: the first may be the one that is mended.
            if trouble.is_some_and(|trouble| trouble.failures.is_multiple_of(2)) {
                candidates.reverse();
            }
        } else {
            candidates.truncate(1);
        }
        let mut earliest: Option<Block> = None;
        for known in candidates {
            let block = self.acme.database.acme_block(&known.ca.directory).await?;
            match block.filter(|block| self.now() < block.until) {
                None => return Ok(Ok(known)),
                Some(block) if earliest.as_ref().is_none_or(|found| block.until < found.until) => {
                    earliest = Some(block);
                }
                Some(_) => {}
            }
        }
        Ok(Err(earliest.unwrap_or_else(|| Block {
            until: self.now().after(STORE_PAUSE),
            why: "no CA is set".to_owned(),
            failures: 0,
        })))
    }

    /// True once the first CA has failed for long, or little time is left.
    fn is_second_due(
        &self,
        kept: Option<&StoredCertificate>,
        trouble: Option<&OrderTrouble>,
    ) -> bool {
        let now = self.now();
        trouble.is_some_and(|trouble| {
            let short =
                |kept: &StoredCertificate| kept.not_after.since(now) < renewal::lifetime(kept) / 6;
            now.since(trouble.since) >= self.acme.inner.settings.fallback_after
                || kept.is_some_and(short)
        })
    }

    /// What follows from a failure.
    async fn put_off(
        &self,
        known: &Known,
        failure: &Failure,
        trouble: Option<OrderTrouble>,
    ) -> Result<Cared, StoreError> {
        let (domain, directory) = (&self.hosted.name, known.ca.directory.as_str());
        let why = failure.words();
        tracing::warn!(%domain, directory, why, "no certificate yet");
        let fraction = rand::random();
        if let Failure::Spent { until, .. } = failure {
            let pause = back_off::spread(until.since(self.now()), fraction);
            return Ok(self.later(pause, why));
        }
        match failure.reach(&self.host, &self.registered) {
            Reach::Everybody(after) => {
                let failures = self.acme.database.acme_block(directory).await?;
                let failures = failures.map_or(0, |block| block.failures).saturating_add(1);
                let pause = after.unwrap_or_else(|| back_off::of_ca(failures, fraction));
                let until = self.now().after(pause);
                let block = Block { until, why: why.clone(), failures };
                self.acme.database.block_acme(directory, &block).await?;
                self.acme.inner.directories.forget(directory);
                self.note(trouble, None, &why).await?;
                Ok(Cared::Later { at: until, why })
            }
            Reach::Domain(after) => {
                let failures = trouble.as_ref().map_or(0, |trouble| trouble.failures);
                let pause = back_off::of_domain(failures.saturating_add(1), fraction);
                let again_at = self.now().after(pause.max(after.unwrap_or_default()));
                self.note(trouble, Some(again_at), &why).await?;
                Ok(Cared::Later { at: again_at, why })
            }
            Reach::Moment(after) => {
                Ok(self.later(after.unwrap_or_default().clamp(MOMENT, MAX_MOMENT), why))
            }
        }
    }

    /// Writes since when a certificate does not come, and when the domain is tried again if that is
    /// up to it.
    async fn note(
        &self,
        trouble: Option<OrderTrouble>,
        again_at: Option<Timestamp>,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let old = trouble.unwrap_or_else(|| OrderTrouble {
            since: now,
            failures: 0,
            again_at: now,
            why: String::new(),
        });
        let trouble = OrderTrouble {
            since: old.since,
            failures: old.failures.saturating_add(u32::from(again_at.is_some())),
            again_at: again_at.unwrap_or(now),
            why: why.to_owned(),
        };
        self.acme.database.put_order_trouble(self.hosted.id, &trouble).await
    }

    fn later(&self, pause: Duration, why: String) -> Cared {
        Cared::Later { at: self.now().after(pause), why }
    }
}

/// Within this a look returns, so that a job's lease can be longer. An order goes on where it was.
pub const CARE_DEADLINE: Duration = Duration::from_mins(4);
/// While the database is away.
const STORE_PAUSE: Duration = Duration::from_secs(30);
/// When the CA of a new certificate is asked for the first time when to renew it.
const FIRST_LOOK: Duration = Duration::from_mins(1);
/// At least between two looks at an order that goes on …
const MOMENT: Duration = Duration::from_secs(2);
/// … and at most.
const MAX_MOMENT: Duration = Duration::from_hours(1);
