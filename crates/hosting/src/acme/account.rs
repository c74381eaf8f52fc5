//! Our accounts with CAs (RFC 8555 §7.3): one with each, for the whole installation.

use super::Acme;
use super::directory::Conversation;
use super::failure::Failure;
use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_proto::visible::Visible;
use ironpost_store::StoreError;
use ironpost_store::hosting::acme::StoredAccount;
use secrecy::zeroize::Zeroizing;

/// An account, as CAA records name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaAccount {
    /// The directory of the CA.
    pub directory: String,
    /// Its URL.
    pub url: String,
    /// By what names CAA records allow the CA to issue.
    pub caa_identities: Vec<String>,
}

impl CaAccount {
    /// The values of CAA records that allow the CA to issue to this account alone, without their
    /// tag (RFC 8659 §4.2, RFC 8657 §3): `letsencrypt.org; accounturi=https://…`.
    pub fn caa_values(&self) -> Vec<String> {
        // RFC 8659 §4.2: a value of a parameter has no blank and no semicolon.
        let sound = self.url.bytes().all(|octet| octet.is_ascii_graphic() && octet != b';');
        let identities = self.caa_identities.iter().filter(|_| sound);
        identities.map(|name| format!("{name}; accounturi={}", self.url)).collect()
    }
}

impl Acme {
    /// The URL of the account with the first CA; makes the account if there is none.
    pub async fn account_uri(&self, now: Timestamp) -> Result<String, Failure> {
        let first = self.inner.cas.first().ok_or_else(|| Failure::local("no CA is set"))?;
        if let Some(stored) = self.database.acme_account(&first.ca.directory).await? {
            return Ok(stored.url);
        }
        let conversation = self.inner.directories.converse(first, now).await?;
        Ok(self.account(&conversation).await?.0.url)
    }

    /// The accounts with all CAs; makes those that are missing. A CA that cannot be asked does not
    /// keep the others from being named.
    pub async fn accounts(&self, now: Timestamp) -> Vec<Result<CaAccount, Failure>> {
        let mut accounts = Vec::new();
        for known in &self.inner.cas {
            let account = match self.database.acme_account(&known.ca.directory).await {
                Ok(Some(stored)) => Ok(stored),
                Ok(None) => match self.inner.directories.converse(known, now).await {
                    Ok(conversation) => self.account(&conversation).await.map(|(stored, _)| stored),
                    Err(failure) => Err(failure),
                },
                Err(error) => Err(error.into()),
            };
            accounts.push(account.map(CaAccount::from));
        }
        accounts
    }

    /// Those accounts that are there already, without asking anybody but the database.
    pub async fn known_accounts(&self) -> Result<Vec<CaAccount>, StoreError> {
        let stored = self.database.acme_accounts().await?.into_iter();
        let ours = |account: &StoredAccount| {
            self.inner.cas.iter().any(|known| known.ca.directory == account.directory)
        };
        Ok(stored.filter(ours).map(CaAccount::from).collect())
    }

    /// The account of a conversation; makes it on first use.
    pub(super) async fn account(
        &self,
        conversation: &Conversation<'_>,
    ) -> Result<(StoredAccount, Account), Failure> {
        let directory = conversation.known.ca.directory.as_str();
        let stored = match self.database.acme_account(directory).await? {
            Some(stored) => stored,
            None => self.make_account(conversation).await?,
        };
        let credentials =
            Zeroizing::new(self.seals.open(&context(directory), &stored.credentials)?);
        let credentials: AccountCredentials =
            serde_json::from_slice(&credentials).map_err(|error| Failure::local(&error))?;
        let builder = Account::builder_with_http(Box::new(conversation.http.clone()));
        Ok((stored, builder.from_credentials(credentials).await?))
    }

    /// Killed between the CA's answer and the write, it leaves an account behind that has no orders.
    async fn make_account(
        &self,
        conversation: &Conversation<'_>,
    ) -> Result<StoredAccount, Failure> {
        let settings = &self.inner.settings;
        let directory = conversation.known.ca.directory.as_str();
        // RFC 8555 §7.3.3: nobody agrees on behalf of the administrator.
        if conversation.directory.terms.is_some() && !settings.agreed {
            return Err(Failure::Terms { url: conversation.directory.terms.clone() });
        }
        let contacts: Vec<_> =
            settings.contacts.iter().map(|address| format!("mailto:{address}")).collect();
        let contacts: Vec<_> = contacts.iter().map(String::as_str).collect();
        let new = NewAccount {
            contact: &contacts,
            terms_of_service_agreed: settings.agreed,
            only_return_existing: false,
        };
        let binding = conversation.known.ca.binding.as_ref();
        let binding =
            binding.map(|binding| ExternalAccountKey::new(binding.kid.clone(), binding.key()));
        let builder = Account::builder_with_http(Box::new(conversation.http.clone()));
        let (account, credentials) =
            builder.create(&new, directory.to_owned(), binding.as_ref()).await?;
        let text = serde_json::to_vec(&credentials).map_err(|error| Failure::local(&error))?;
        let sealed = self.seals.seal(&context(directory), &Zeroizing::new(text))?;
        let account = StoredAccount {
            directory: directory.to_owned(),
            url: Visible::from_bytes(account.id().as_bytes()).to_string(),
            caa_identities: conversation.directory.caa_identities.clone(),
            credentials: sealed,
        };
        Ok(self.database.add_acme_account(&account).await?)
    }
}

impl From<StoredAccount> for CaAccount {
    fn from(stored: StoredAccount) -> Self {
        let StoredAccount { directory, url, caa_identities, credentials: _ } = stored;
        Self { directory, url, caa_identities }
    }
}

/// What credentials are sealed for.
pub(super) fn context(directory: &str) -> String {
    format!("account {directory}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caa_names_the_account() {
        let account = |url: &str| CaAccount {
            directory: "https://ca.test/directory".to_owned(),
            url: url.to_owned(),
            caa_identities: vec!["ca.test".to_owned(), "ca.example".to_owned()],
        };
        assert_eq!(
            account("https://ca.test/acct/1").caa_values(),
            [
                "ca.test; accounturi=https://ca.test/acct/1",
                "ca.example; accounturi=https://ca.test/acct/1"
            ]
        );
        for url in ["https://ca.test/a;b", "https://ca.test/a b", "https://ca.test/\u{e4}"] {
            assert_eq!(account(url).caa_values(), [""; 0], "{url}");
        }
    }
}
