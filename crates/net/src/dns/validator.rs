//! DNSSEC validation in the process, RFC 4035 §5.

pub(super) mod anchors;
mod evidence;
mod upstream;

use super::answer::Security;
use super::chain::{Chain, to_dns_name};
use super::exchange::{Exchange, Reply};
use super::question::Question;
use anchors::Anchors;
use bytes::Bytes;
use domain::base::opt::ExtendedError;
use domain::base::{Message, Name, Rtype};
use domain::dnssec::validator::context::{Config, ValidationContext, ValidationState};
pub(super) use evidence::Evidence;
use futures_util::FutureExt;
use ironpost_proto::visible::Visible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;
use upstream::Upstream;

/// Judges answers from the trust anchor down.
pub(super) struct Validator {
    context: ValidationContext<Upstream>,
    upstream: Upstream,
    anchor: Name<Bytes>,
    /// Whether the resolver hands out what validating needs; `Err` says why not. Found out at
    /// the first answer to judge.
    fitness: OnceCell<Result<(), String>>,
}

impl Validator {
    /// A validator that gets keys through `exchange`.
    pub(super) fn new(anchors: Anchors, exchange: Arc<Exchange>, deadline: Duration) -> Self {
        let mut config = Config::new();
        config.set_max_node_cache(NODES);
        // A failure to get a key is not to stick.
        config.set_max_bogus_validity(Duration::from_secs(1));
        // Expired signatures may stand beside good ones while a zone is signed anew.
        config.set_bad_signatures(BAD_SIGNATURES);
        let upstream = Upstream::new(exchange, deadline);
        let context = ValidationContext::with_config(anchors.records, upstream.clone(), config);
        Self { context, upstream, anchor: anchors.zone, fitness: OnceCell::new() }
    }

    /// The status of an answer: secure only if every alias and the RRset or its denial are.
    pub(super) async fn security(&self, evidence: &Evidence<'_>) -> Security {
        if let Err(reason) = self.fitness().await {
            return Security::Indeterminate(reason);
        }
        match evidence.message() {
            Ok(message) => self.judge(message).await,
            Err(reason) => Security::Indeterminate(reason),
        }
    }

    async fn judge(&self, mut message: Message<Vec<u8>>) -> Security {
        let verdict = self.context.validate_msg::<Vec<u8>, Vec<u8>>(&mut message);
        // The data is hostile and the validator not ours: should it panic, the answer is not
        // validated, and nothing else happens.
        let Ok(verdict) = AssertUnwindSafe(verdict).catch_unwind().await else {
            return Security::Bogus("the validator gave up on it".to_owned());
        };
        let (state, error) = match verdict {
            Ok(verdict) => verdict,
            Err(error) => return Security::Bogus(format!("it cannot be read: {error}")),
        };
        let text = error.as_ref().and_then(text_of);
        match state {
            ValidationState::Secure => Security::Secure,
            ValidationState::Insecure => Security::Insecure(text.map(|text| match &*text {
                UNSUPPORTED => UNSUPPORTED_HERE.to_owned(),
                _ => text,
            })),
            ValidationState::Bogus => match text {
                Some(text) if text.starts_with(FETCH_FAILED) => {
                    Security::Indeterminate("the keys above the name could not be had".to_owned())
                }
                Some(text) => Security::Bogus(text),
                None => Security::Bogus("validation failed".to_owned()),
            },
            ValidationState::Indeterminate => Security::Indeterminate(
                text.unwrap_or_else(|| "no trust anchor is above the name".to_owned()),
            ),
        }
    }

    async fn fitness(&self) -> Result<(), String> {
        // An error of the network is met again by the next, a verdict stays.
        let fitness = self.fitness.get_or_try_init(|| self.try_resolver()).await;
        match fitness {
            Ok(verdict) => verdict.clone(),
            Err(reason) => Err(reason),
        }
    }

    /// Looks at the anchor's own zone, which is signed by definition: its keys must come with
    /// signatures and be the anchor's, and a denial must come with its proof.
    async fn try_resolver(&self) -> Result<Result<(), String>, String> {
        let zone = to_dns_name(&self.anchor);
        let keys = self.fetch(Rtype::DNSKEY).await?;
        let server = keys.server;
        if !holds(&keys.message, Rtype::DNSKEY) {
            return Ok(Err(format!(
                "the resolver {server} has no DNSKEY records for {zone}: it strips DNSSEC, or \
                 nothing is signed there"
            )));
        }
        if !holds(&keys.message, Rtype::RRSIG) {
            return Ok(Err(format!(
                "the resolver {server} strips DNSSEC: the keys of {zone} come without signatures"
            )));
        }
        let chain = Chain::new(self.anchor.clone());
        let replies = [keys];
        let evidence = Evidence { chain: &chain, rtype: Rtype::DNSKEY, replies: &replies };
        if self.judge(evidence.message()?).await != Security::Secure {
            return Ok(Err(format!(
                "the keys of {zone} that the resolver {server} gives are not those of the trust \
                 anchor"
            )));
        }
        let denial = self.fetch(Rtype::NULL).await?;
        if !holds(&denial.message, Rtype::RRSIG) {
            return Ok(Err(format!(
                "the resolver {server} strips DNSSEC: denials come without their proof"
            )));
        }
        Ok(Ok(()))
    }

    async fn fetch(&self, rtype: Rtype) -> Result<Reply, String> {
        let question = Question { name: self.anchor.clone(), rtype };
        self.upstream.fetch(question).await.map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator").field("anchor", &self.anchor).finish_non_exhaustive()
    }
}

fn holds(message: &Message<Bytes>, rtype: Rtype) -> bool {
    let answer = message.answer().into_iter().flatten();
    let authority = message.authority().into_iter().flatten();
    answer.chain(authority).flatten().any(|record| record.rtype() == rtype)
}

fn text_of(error: &ExtendedError<Vec<u8>>) -> Option<String> {
    error.text_slice().map(|text| Visible::from_bytes(text).as_str().to_owned())
}

/// What the validator says of a zone all of whose DS records it must pass over (RFC 4035 §5.2).
const UNSUPPORTED: &str = "No supported algorithm in DS RRset";
const UNSUPPORTED_HERE: &str = "the zone is signed with an algorithm that is not supported here";
/// What it says when its question was not answered at all.
const FETCH_FAILED: &str = "request for DS or DNSKEY failed";
const NODES: u64 = 4096;
const BAD_SIGNATURES: u8 = 4;
