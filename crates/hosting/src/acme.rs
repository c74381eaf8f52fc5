//! Certificates by ACME (RFC 8555, RFC 9773): ordered ahead of time, never in a handshake.

use ironpost_proto::mta_sts::discovery::Timestamp;
use ironpost_store::hosting::domains::Hosted;

/// The order engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Acme {}

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
    /// Looks after the certificate of a domain: orders the first, renews by ARI or at a third of
    /// the lifetime left, goes on with an order that a node left behind. One call of a domain at a
    /// time (its caller holds the job).
    pub async fn care(&self, hosted: &Hosted, now: Timestamp) -> Cared {
        let _ = (hosted, now);
        todo!("acme")
    }
}
