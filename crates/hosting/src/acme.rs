//! Certificates by ACME (RFC 8555, RFC 9773): ordered ahead of time, never in a handshake.
//!
//! What the next step of a domain is follows from the database alone, so that any node goes on where
//! another stopped. An order is written before the CA hears of it, with the private key of the
//! certificate to be, and its URL as soon as it is known. Only between the CA's answer and that write
//! can an order get lost; asked again for the same name, a CA gives the order that is still pending
//! (RFC 8555 §7.4 leaves that to it; Boulder does), and one that makes another lets the first expire
//! unused.

mod account;
mod alarm;
mod answer;
mod ari;
mod back_off;
mod care;
mod chain;
mod directory;
mod failure;
mod http;
mod look;
mod order;
mod problem;
mod proof;
mod renewal;
mod reseal;
mod settings;

pub use account::CaAccount;
pub use alarm::{Alarm, alarm};
pub use failure::{Failure, Refusal};
pub use look::{Difference, Look, look};
pub use reseal::ResealError;
pub use settings::{AcmeSettings, Binding, Ca, ChallengeKind, SettingsError};

use crate::sealing::Seals;
use care::Care;
use directory::Directories;
use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::database::Database;
use ironpost_store::hosting::domains::Hosted;
use settings::Known;
use std::sync::Arc;

/// The order engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Acme {
    database: Database,
    seals: Seals,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: AcmeSettings,
    /// The CA, and the one for when it is away for long.
    cas: Vec<Known>,
    directories: Directories,
}

/// What came of looking after a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cared {
    /// It is there and good; look again then.
    Good(Timestamp),
    /// A new one is in the database; look again then.
    Issued(Timestamp),
    /// Not now: a limit, an outage, a challenge that failed. Look again then.
    Later {
        /// When.
        at: Timestamp,
        /// Why, for people.
        why: String,
    },
}

impl Acme {
    /// An engine. Loads trust roots; asks nobody yet.
    pub fn new(
        database: Database,
        seals: Seals,
        settings: AcmeSettings,
    ) -> Result<Self, SettingsError> {
        let cas = [Some(&settings.ca), settings.fallback.as_ref()];
        let known = |ca| Known::new(ca, settings.deadline);
        let cas = cas.into_iter().flatten().map(known).collect::<Result<_, _>>()?;
        let inner = Inner { settings, cas, directories: Directories::default() };
        Ok(Self { database, seals, inner: Arc::new(inner) })
    }

    /// Looks after the certificate of a domain: orders the first, renews by ARI or at a third of
    /// the lifetime left, goes on with an order that a node left behind. One call of a domain at a
    /// time (its caller holds the job); returns within [`CARE_DEADLINE`].
    pub async fn care(&self, hosted: &Hosted, now: Timestamp) -> Cared {
        Care::new(self, hosted, now).run().await
    }
}

pub use care::CARE_DEADLINE;
