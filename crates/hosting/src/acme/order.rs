//! One order, from the intention to the certificate; begun or gone on with.

use super::ari;
use super::care::Care;
use super::chain;
use super::directory::Conversation;
use super::failure::Failure;
use super::problem::ProblemType;
use super::settings::Known;
use instant_acme::{Account, Identifier, NewOrder, Order, OrderStatus};
use ironpost_store::hosting::acme::{self as stored, Begun, StoredOrder};
use ironpost_store::hosting::certificates::{Renewal, StoredCertificate};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use secrecy::zeroize::Zeroizing;
use std::time::Duration;
use tokio::time::{Instant, sleep};

impl Care<'_> {
    /// Orders from a CA, or goes on with the order that there is.
    pub(super) async fn order(
        &self,
        known: &Known,
        kept: Option<&StoredCertificate>,
    ) -> Result<StoredCertificate, Failure> {
        match self.try_order(known, kept).await {
            Err(failure) if failure.problem() == Some(ProblemType::AccountDoesNotExist) => {
                // The CA has forgotten us: what was under way there is lost, and we are new to it.
                if let Some(account) = self.acme.database.acme_account(&known.ca.directory).await? {
                    self.acme.database.forget_acme_account(&account).await?;
                }
                self.try_order(known, kept).await
            }
            other => other,
        }
    }

    async fn try_order(
        &self,
        known: &Known,
        kept: Option<&StoredCertificate>,
    ) -> Result<StoredCertificate, Failure> {
        let conversation = self.acme.inner.directories.converse(known, self.now()).await?;
        let (_, account) = self.acme.account(&conversation).await?;
        let under_way = self.acme.database.acme_order(self.hosted.id).await?;
        let mut under_way = match under_way.filter(|order| order.directory == known.ca.directory) {
            Some(order) => order,
            None => self.begin(&conversation, kept).await?,
        };
        let outcome = match self.resume(&account, &mut under_way).await {
            Ok(Some(order)) => self.finish(&conversation, order, &under_way).await,
            Ok(None) => match self.place(&conversation, &account, &mut under_way).await {
                Ok(order) => self.finish(&conversation, order, &under_way).await,
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &outcome
            && is_end_of_order(failure)
        {
            self.acme.database.drop_acme_order(self.hosted.id).await?;
        }
        outcome
    }

    /// Writes what is about to be ordered, with the key of the certificate to be.
    async fn begin(
        &self,
        conversation: &Conversation<'_>,
        kept: Option<&StoredCertificate>,
    ) -> Result<StoredOrder, Failure> {
        let key = KeyPair::generate().map_err(|error| Failure::local(&error))?;
        let key = Zeroizing::new(key.serialize_der());
        let sealed_key = self.acme.seals.seal(self.hosted.name.as_str(), &key)?;
        let directory = conversation.known.ca.directory.as_str();
        // RFC 9773 §5: only to the CA that issued it, and only if it knows what that is.
        let replaces = kept
            .filter(|kept| kept.directory == directory && self.now() < kept.not_after)
            .filter(|_| conversation.directory.renewal_info.is_some())
            .and_then(|kept| ari::identifier(kept.chain.first()?))
            .map(|identifier| identifier.to_string());
        let new = stored::NewOrder {
            domain: self.hosted.id,
            directory,
            sealed_key: &sealed_key,
            replaces: replaces.as_deref(),
            registered: &self.registered,
            renewal: kept.is_some(),
        };
        let settings = &self.acme.inner.settings;
        let (all, per_registered) = (settings.budget, settings.budget_per_registered);
        let database = &self.acme.database;
        match database.begin_acme_order(&new, all, per_registered, self.now()).await? {
            Begun::Order(order) => Ok(order),
            Begun::Spent(until) => {
                Err(Failure::Spent { what: "the installation's budget of orders", until })
            }
            Begun::SpentOnRegistered(until) => {
                Err(Failure::Spent { what: "the week's budget of the registered domain", until })
            }
        }
    }

    /// The order that was placed before, if the CA has it.
    async fn resume(
        &self,
        account: &Account,
        under_way: &mut StoredOrder,
    ) -> Result<Option<Order>, Failure> {
        let Some(url) = under_way.url.clone() else { return Ok(None) };
        match account.order(url).await.map_err(Failure::from) {
            Ok(order) => Ok(Some(order)),
            Err(failure) if failure.is_unknown() => {
                under_way.url = None;
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Places the order, and writes where it is.
    async fn place(
        &self,
        conversation: &Conversation<'_>,
        account: &Account,
        under_way: &mut StoredOrder,
    ) -> Result<Order, Failure> {
        let database = &self.acme.database;
        let identifiers = [Identifier::Dns(self.host.clone())];
        let replaces = under_way.replaces.as_deref().and_then(ari::read_identifier);
        let new = NewOrder::new(&identifiers);
        let new = match replaces {
            Some(old) => new.replaces(old),
            None => new,
        };
        let placed = account.new_order(&new).await.map_err(Failure::from);
        // What the CA has made is there whatever the library thinks of the rest of its answer.
        let made = conversation.http.last().location;
        match (placed, made) {
            (Ok(order), _) => {
                database.acme_order_placed(self.hosted.id, order.url()).await?;
                under_way.url = Some(order.url().to_owned());
                Ok(order)
            }
            (Err(Failure::Nonsense { .. }), Some(url)) => {
                database.acme_order_placed(self.hosted.id, &url).await?;
                under_way.url = Some(url.clone());
                Ok(account.order(url).await?)
            }
            // RFC 9773 §5: the certificate is replaced already, so this order replaces nothing.
            (Err(failure), _)
                if failure.problem() == Some(ProblemType::AlreadyReplaced)
                    && under_way.replaces.take().is_some() =>
            {
                database.acme_order_replaces_nothing(self.hosted.id).await?;
                Box::pin(self.place(conversation, account, under_way)).await
            }
            (Err(failure), _) => Err(failure),
        }
    }

    /// Takes an order to its end.
    async fn finish(
        &self,
        conversation: &Conversation<'_>,
        mut order: Order,
        under_way: &StoredOrder,
    ) -> Result<StoredCertificate, Failure> {
        let mut patience = Patience::new();
        loop {
            match order.state().status {
                OrderStatus::Pending => self.prove(&mut order).await?,
                OrderStatus::Ready => {
                    let request = self.request(under_way)?;
                    order.finalize_csr(&request).await?;
                    if order.state().status == OrderStatus::Valid {
                        continue;
                    }
                }
                OrderStatus::Processing => {}
                OrderStatus::Valid => {
                    let pem = order.certificate().await.map_err(|error| match error.into() {
                        // It will not get better.
                        Failure::Nonsense { detail } => Failure::Unusable { detail },
                        other => other,
                    })?;
                    let pem = pem.ok_or(Failure::Slow { retry_after: None })?;
                    return self.certificate(&pem, under_way);
                }
                OrderStatus::Invalid => return Err(self.end(&mut order).await),
            }
            patience.wait(conversation.http.last().retry_after).await?;
            order.refresh().await?;
        }
    }

    /// The request for the certificate: its name, and nothing else (RFC 8555 §7.4).
    fn request(&self, under_way: &StoredOrder) -> Result<Vec<u8>, Failure> {
        let key = self.key(under_way)?;
        let key = KeyPair::try_from(key.as_slice()).map_err(|error| Failure::local(&error))?;
        let request = CertificateParams::new(vec![self.host.clone()]).and_then(|mut params| {
            params.distinguished_name = DistinguishedName::new();
            params.serialize_request(&key)
        });
        request.map(|request| request.der().to_vec()).map_err(|error| Failure::local(&error))
    }

    fn certificate(
        &self,
        pem: &str,
        under_way: &StoredOrder,
    ) -> Result<StoredCertificate, Failure> {
        let chain = chain::read(pem, &self.host, &self.key(under_way)?, self.now())?;
        Ok(StoredCertificate {
            not_before: chain.not_before,
            not_after: chain.not_after,
            chain: chain.certificates,
            sealed_key: under_way.sealed_key.clone(),
            directory: under_way.directory.clone(),
            renewal: Renewal::unasked(self.now()),
        })
    }

    fn key(&self, under_way: &StoredOrder) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let opened = self.acme.seals.open(self.hosted.name.as_str(), &under_way.sealed_key)?;
        Ok(Zeroizing::new(opened))
    }
}

/// Waits as the CA says, as long as there is hope.
struct Patience {
    end: Instant,
    pause: Duration,
}

impl Patience {
    fn new() -> Self {
        Self { end: Instant::now() + PATIENCE, pause: FIRST_PAUSE }
    }

    async fn wait(&mut self, retry_after: Option<Duration>) -> Result<(), Failure> {
        let pause = retry_after.unwrap_or(self.pause).max(FIRST_PAUSE);
        if Instant::now() + pause > self.end {
            return Err(Failure::Slow { retry_after });
        }
        sleep(pause).await;
        self.pause = (self.pause * 2).min(MAX_PAUSE);
        Ok(())
    }
}

/// True if the order is of no use any more. One that the CA forgot or gave up is; one that waits for
/// it is not.
fn is_end_of_order(failure: &Failure) -> bool {
    match failure {
        Failure::Unproven(_)
        | Failure::NotOffered { .. }
        | Failure::Unusable { .. }
        | Failure::Seal(_)
        | Failure::Local { .. } => true,
        Failure::Refused(refusal) => (400..500).contains(&refusal.status) && refusal.status != 429,
        Failure::Away { .. }
        | Failure::Nonsense { .. }
        | Failure::Slow { .. }
        | Failure::Spent { .. }
        | Failure::Terms { .. }
        | Failure::Store(_) => false,
    }
}

/// How long an order is waited for in one look. Own limit: a CA mostly takes seconds.
const PATIENCE: Duration = Duration::from_secs(90);
/// Before the first look at what a CA is doing, where it does not say.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Between two looks, where it does not say.
const MAX_PAUSE: Duration = Duration::from_secs(5);
