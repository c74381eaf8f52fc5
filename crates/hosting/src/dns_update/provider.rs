//! Changes through the API of a DNS provider.

use super::UpdateError;
use super::plan::{Change, Observed};
use super::record::Found;
use crate::delegation::Type;
use dns_update::{DnsRecord, DnsRecordType, DnsUpdater};
use ironpost_proto::domain::DnsName;
use ironpost_proto::visible::Visible;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;

/// A provider and what it knows us by.
#[derive(Clone)]
pub struct Provider {
    name: &'static str,
    api: DnsUpdater,
    /// What must not be shown, should the provider's answer or an address hold it.
    secrets: Vec<SecretString>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Provider {
    /// A provider by its name in the configuration.
    pub(super) fn new(name: &'static str, api: DnsUpdater, secrets: Vec<SecretString>) -> Self {
        Self { name, api, secrets }
    }

    /// What stands at `owners`.
    pub(super) async fn observe(
        &self,
        zone: &DnsName,
        owners: &[&DnsName],
    ) -> Result<Vec<Observed>, UpdateError> {
        let mut all = Vec::new();
        for owner in owners {
            let found = self.read(zone, owner).await?;
            all.push(Observed { owner: (*owner).clone(), zone: zone.clone(), found });
        }
        Ok(all)
    }

    /// Makes changes one by one, each if its name is still as the plan saw it.
    pub(super) async fn apply(
        &self,
        zone: &DnsName,
        changes: &[&Change],
    ) -> Result<(), UpdateError> {
        for change in changes {
            let owner = &change.before.owner;
            if !same(&self.read(zone, owner).await?, &change.before.found) {
                return Err(UpdateError::Changed { owner: owner.clone() });
            }
            self.change(zone, change).await?;
        }
        Ok(())
    }

    /// Adds before it removes, so that a name does not lose its last record in between, which caches
    /// would remember for as long as the zone says. With an alias it is the other way round: nothing
    /// can be added beside it.
    async fn change(&self, zone: &DnsName, change: &Change) -> Result<(), UpdateError> {
        let aliases = change.remove.iter().map(|found| found.rtype);
        let mut types = aliases.chain(change.add.iter().map(|wanted| wanted.rtype));
        if types.any(|rtype| rtype == Type::Cname) {
            self.remove_all(zone, change).await?;
            self.add_all(zone, change).await
        } else {
            self.add_all(zone, change).await?;
            self.remove_all(zone, change).await
        }
    }

    async fn read(&self, zone: &DnsName, owner: &DnsName) -> Result<Vec<Found>, UpdateError> {
        let mut all = Vec::new();
        for rtype in [Type::Cname, Type::Txt, Type::A, Type::Aaaa] {
            let asking = self.api.list_rrset(owner.as_str(), kind(rtype), zone.as_str());
            let records = self.in_time("read the zone", asking).await?;
            all.extend(records.iter().filter_map(|record| found(record, rtype)));
        }
        Ok(all)
    }

    async fn add_all(&self, zone: &DnsName, change: &Change) -> Result<(), UpdateError> {
        for wanted in &change.add {
            let records = vec![record(wanted.rtype, &wanted.value)?];
            let (name, rtype) = (wanted.owner.as_str(), kind(wanted.rtype));
            let adding = self.api.add_to_rrset(name, rtype, wanted.ttl, records, zone.as_str());
            self.in_time("add a record", adding).await?;
        }
        Ok(())
    }

    async fn remove_all(&self, zone: &DnsName, change: &Change) -> Result<(), UpdateError> {
        let name = change.before.owner.as_str();
        for found in &change.remove {
            let value = str::from_utf8(found.text.as_bytes()).map_err(|_| UpdateError::TooLong)?;
            let records = vec![record(found.rtype, value)?];
            let removing =
                self.api.remove_from_rrset(name, kind(found.rtype), records, zone.as_str());
            self.in_time("remove a record", removing).await?;
        }
        Ok(())
    }

    async fn in_time<T>(
        &self,
        what: &'static str,
        asking: impl Future<Output = dns_update::Result<T>>,
    ) -> Result<T, UpdateError> {
        let provider = self.name;
        match timeout(PATIENCE, asking).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                Err(UpdateError::Provider { provider, what, answer: self.words(&error) })
            }
            Err(_) => Err(UpdateError::Silent { provider, seconds: PATIENCE.as_secs() }),
        }
    }

    /// What a provider said, without what we told it in confidence: some have the secret in the
    /// address that they are asked at.
    fn words(&self, error: &dns_update::Error) -> Visible {
        let words = match error {
            dns_update::Error::Unauthorized => "it does not accept what it was shown".to_owned(),
            dns_update::Error::NotFound => "it does not have the zone or the record".to_owned(),
            error => unreached(error.to_string()),
        };
        let words = self
            .secrets
            .iter()
            .fold(words, |words, secret| words.replace(secret.expose_secret().trim(), "(secret)"));
        Visible::excerpt(words.as_bytes(), MAX_SHOWN)
    }
}

/// The client's words for a request that did not get through end where they should begin: why not.
fn unreached(words: String) -> String {
    match words.strip_prefix(NOT_SENT).and_then(|rest| rest.split_once(": ")) {
        Some((address, _)) => format!("it cannot be reached at {address}"),
        None => words,
    }
}

fn same(one: &[Found], other: &[Found]) -> bool {
    one.len() == other.len() && one.iter().all(|found| other.contains(found))
}

fn kind(rtype: Type) -> DnsRecordType {
    match rtype {
        Type::Cname => DnsRecordType::CNAME,
        Type::Txt => DnsRecordType::TXT,
        Type::A => DnsRecordType::A,
        Type::Aaaa => DnsRecordType::AAAA,
    }
}

fn record(rtype: Type, value: &str) -> Result<DnsRecord, UpdateError> {
    let address = |_| UpdateError::TooLong;
    Ok(match rtype {
        Type::Cname => DnsRecord::CNAME(value.to_owned()),
        Type::Txt => DnsRecord::TXT(value.to_owned()),
        Type::A => DnsRecord::A(value.parse().map_err(address)?),
        Type::Aaaa => DnsRecord::AAAA(value.parse().map_err(address)?),
    })
}

/// What stands there, of the type asked for.
fn found(record: &DnsRecord, asked: Type) -> Option<Found> {
    let (rtype, value) = match record {
        DnsRecord::CNAME(name) => (Type::Cname, name.clone()),
        DnsRecord::TXT(text) => (Type::Txt, text.clone()),
        DnsRecord::A(address) => (Type::A, address.to_string()),
        DnsRecord::AAAA(address) => (Type::Aaaa, address.to_string()),
        DnsRecord::NS(_)
        | DnsRecord::MX(_)
        | DnsRecord::SRV(_)
        | DnsRecord::TLSA(_)
        | DnsRecord::CAA(_) => return None,
    };
    Found::new(rtype, &value).filter(|_| rtype == asked)
}

/// How `dns_update` begins what it says of a request that was not sent.
const NOT_SENT: &str = "API error: Failed to send request to ";
/// For one call of a provider's API, its own repetitions included. Own limit.
const PATIENCE: Duration = Duration::from_mins(1);
/// Characters of an answer shown.
const MAX_SHOWN: usize = 300;
