//! Everything sealed with the newest key: after this an old one may go.

use super::{Acme, account};
use crate::sealing::SealError;
use ironpost_store::StoreError;
use ironpost_store::hosting::certificates::SealedKey;
use secrecy::zeroize::Zeroizing;

/// Why not everything could be sealed anew. What was stays so; called again it goes on.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// A private key of a domain, or an account, cannot be opened.
    #[error("what is sealed for {subject}: {error}")]
    Seal {
        /// Whose.
        subject: String,
        /// Why.
        error: SealError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Acme {
    /// Seals everything with the newest key that was sealed with an older one. Says how much there
    /// was. Cheap if there is nothing; may run beside everything else.
    pub async fn reseal(&self) -> Result<u64, ResealError> {
        let mut count = 0;
        for account in self.database.acme_accounts().await? {
            if self.seals.is_old(&account.credentials) {
                let context = account::context(&account.directory);
                let sealed = self.anew(&context, &account.credentials)?;
                self.database.reseal_acme_account(&account, &sealed).await?;
                count += 1;
            }
        }
        let mut after = None;
        loop {
            let page = self.database.sealed_keys(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(last.domain);
            let old = page.into_iter().filter(|key| self.seals.is_old(&key.sealed));
            let anew = old.map(|key| self.key_anew(key)).collect::<Result<Vec<_>, _>>()?;
            if !anew.is_empty() {
                self.database.reseal(&anew).await?;
                count += u64::try_from(anew.len()).unwrap_or_default();
            }
        }
    }

    fn key_anew(&self, key: SealedKey) -> Result<(SealedKey, Vec<u8>), ResealError> {
        let sealed = self.anew(key.name.as_str(), &key.sealed)?;
        Ok((key, sealed))
    }

    fn anew(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, ResealError> {
        let failed = |error| ResealError::Seal { subject: context.to_owned(), error };
        let plain = Zeroizing::new(self.seals.open(context, sealed).map_err(failed)?);
        self.seals.seal(context, &plain).map_err(failed)
    }
}

/// Domains whose keys are sealed in one transaction, short enough for others to wait for.
const PAGE: u32 = 200;
