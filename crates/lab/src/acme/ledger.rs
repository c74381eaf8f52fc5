//! What the CA knows: accounts, orders, certificates, and what it is to do wrong.

use super::fault::AcmeFault;
use super::http::problem;
use super::jws::Jwk;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// An order that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSeen {
    /// The name.
    pub name: String,
    /// `pending`, `ready`, `processing`, `valid` or `invalid`.
    pub status: &'static str,
    /// The identifier of the certificate that it replaces.
    pub replaces: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// By their numbers.
    pub(super) accounts: BTreeMap<u64, Jwk>,
    pub(super) orders: BTreeMap<u64, Order>,
    pub(super) nonces: HashSet<String>,
    pub(super) faults: Vec<AcmeFault>,
    pub(super) suggestion: Option<((Timestamp, Timestamp), Option<String>)>,
    pub(super) replaced: Vec<String>,
    pub(super) requests: Vec<String>,
    counter: u64,
}

/// An order of one name, with its authorization and its three challenges.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) account: u64,
    pub(super) name: String,
    pub(super) replaces: Option<String>,
    pub(super) status: Status,
    /// Of all challenges.
    pub(super) token: String,
    /// The one that the client chose.
    pub(super) chosen: Option<Kind>,
    pub(super) proof: Proof,
    pub(super) certificate: Option<Issued>,
}

/// RFC 8555 §7.1.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Ready,
    /// For so many looks.
    Processing(u32),
    Valid,
    Invalid,
}

/// How far a proof has come.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Proof {
    Pending,
    Processing,
    Valid,
    /// With its problem document.
    Invalid(Value),
}

/// A kind of challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Http,
    Alpn,
    Dns,
}

#[derive(Debug)]
pub(super) struct Issued {
    pub(super) pem: String,
    /// RFC 9773 §4.1.
    pub(super) identifier: String,
    pub(super) validity: (Timestamp, Timestamp),
}

impl Ledger {
    pub(super) fn number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Takes a fault that fits, if one is scripted.
    pub(super) fn fault(&mut self, fits: impl Fn(&AcmeFault) -> bool) -> Option<AcmeFault> {
        let place = self.faults.iter().position(fits)?;
        Some(self.faults.remove(place))
    }

    pub(super) fn seen(&mut self) -> Vec<OrderSeen> {
        let seen = self.orders.values().map(|order| OrderSeen {
            name: order.name.clone(),
            status: order.status.as_str(),
            replaces: order.replaces.clone(),
        });
        seen.collect()
    }

    /// A proof has come to its end.
    pub(super) fn proven(&mut self, order: u64, outcome: Result<(), (String, String)>) {
        let Some(order) = self.orders.get_mut(&order) else { return };
        (order.proof, order.status) = match outcome {
            Ok(()) => (Proof::Valid, Status::Ready),
            Err((kind, detail)) => (Proof::Invalid(problem(&kind, &detail)), Status::Invalid),
        };
    }
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Processing(_) => "processing",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
        }
    }
}

impl Proof {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Valid => "valid",
            Self::Invalid(_) => "invalid",
        }
    }
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Http, Self::Alpn, Self::Dns];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http-01",
            Self::Alpn => "tls-alpn-01",
            Self::Dns => "dns-01",
        }
    }
}
