//! DNSSEC validation in the process, RFC 4035 §5.

pub(super) mod anchors;
mod diagnosis;
mod evidence;
mod upstream;

use super::answer::{DnsError, Security};
use super::chain::{Chain, to_dns_name};
use super::exchange::{Exchange, Reply};
use super::question::Question;
use anchors::Anchors;
use bytes::Bytes;
use diagnosis::Diagnosis;
use domain::base::opt::ExtendedError;
use domain::base::{Message, Name, Rtype};
use domain::dnssec::validator::context::{Config, ValidationContext, ValidationState};
use domain::rdata::dnssec::Timestamp;
pub(super) use evidence::Evidence;
use futures_util::FutureExt;
use ironpost_proto::visible::Visible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use upstream::Upstream;

/// Judges answers from the trust anchor down.
pub(super) struct Validator {
    context: ValidationContext<Upstream>,
    upstream: Upstream,
    anchor: Name<Bytes>,
    /// Whether the resolver hands out what validating needs. Found out at the first answer to
    /// judge.
    fitness: Mutex<Option<Fitness>>,
}

/// Whether the resolver hands out what validating needs.
#[derive(Debug)]
enum Fitness {
    /// It does.
    Fit,
    /// It does not, why, and until when that is taken for granted: the resolver may be exchanged or
    /// mended, and whoever validates may run for months.
    Unfit { reason: String, until: Instant },
}

impl Validator {
    /// A validator that gets keys through `exchange`, for lookups that take `deadline` at most.
    pub(super) fn new(anchors: Anchors, exchange: Arc<Exchange>, deadline: Duration) -> Self {
        let mut config = Config::new();
        config.set_max_node_cache(NODES);
        // A failure to get a key is not to stick.
        config.set_max_bogus_validity(Duration::from_secs(1));
        // Expired signatures may stand beside good ones while a zone is signed anew.
        config.set_bad_signatures(BAD_SIGNATURES);
        // A key that does not come leaves its lookup time to say so.
        let upstream = Upstream::new(exchange, deadline / 2);
        let context = ValidationContext::with_config(anchors.records, upstream.clone(), config);
        Self { context, upstream, anchor: anchors.zone, fitness: Mutex::new(None) }
    }

    /// The status of an answer: secure only if every alias and the RRset or its denial are. What
    /// cannot be told before `until` is indeterminate.
    pub(super) async fn security(&self, evidence: &Evidence<'_>, until: Instant) -> Security {
        let judgement = async {
            self.fitness().await?;
            let message = evidence.message()?;
            let verdict = self.judge(message.clone()).await;
            Ok((message, verdict))
        };
        match tokio::time::timeout_at(until, judgement).await {
            Ok(Ok((message, Security::Bogus(text)))) => {
                let diagnosis = self.diagnose(evidence, &message, text.clone());
                let reason = tokio::time::timeout_at(until, diagnosis).await;
                Security::Bogus(reason.unwrap_or(text))
            }
            Ok(Ok((_, verdict))) => verdict,
            Ok(Err(reason)) => Security::Indeterminate(reason),
            Err(_) => Security::Indeterminate(
                "the DNSSEC records above the name did not come in time".to_owned(),
            ),
        }
    }

    async fn judge(&self, mut message: Message<Bytes>) -> Security {
        let verdict = self.context.validate_msg::<Bytes, Vec<u8>>(&mut message);
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
        match (state, text) {
            (ValidationState::Secure, _) => Security::Secure,
            (ValidationState::Insecure, Some(text)) if text == UNSUPPORTED => {
                Security::Insecure(Some(UNSUPPORTED_HERE.to_owned()))
            }
            (ValidationState::Insecure, text) => Security::Insecure(text),
            (ValidationState::Bogus, Some(text)) if text.starts_with(FETCH_FAILED) => {
                Security::Indeterminate("the keys above the name could not be had".to_owned())
            }
            (ValidationState::Bogus, text) => {
                Security::Bogus(text.unwrap_or_else(|| "validation failed".to_owned()))
            }
            (ValidationState::Indeterminate, text) => Security::Indeterminate(
                text.unwrap_or_else(|| "no trust anchor is above the name".to_owned()),
            ),
        }
    }

    async fn diagnose(
        &self,
        evidence: &Evidence<'_>,
        message: &Message<Bytes>,
        text: String,
    ) -> String {
        let now = Timestamp::now();
        let diagnosis = Diagnosis { upstream: &self.upstream, anchor: &self.anchor, now };
        match diagnosis.fault(message).await {
            Some(fault) => fault,
            None if evidence.is_negative() => {
                let (end, rtype) = (to_dns_name(evidence.chain.end()), evidence.rtype);
                format!("nothing proves that {end} has no {rtype} records")
            }
            None => text,
        }
    }

    async fn fitness(&self) -> Result<(), String> {
        let mut fitness = self.fitness.lock().await;
        match &*fitness {
            Some(Fitness::Fit) => return Ok(()),
            Some(Fitness::Unfit { reason, until }) if Instant::now() < *until => {
                return Err(reason.clone());
            }
            Some(Fitness::Unfit { .. }) | None => {}
        }
        let verdict = self.try_resolver().await?;
        *fitness = Some(match &verdict {
            Ok(()) => Fitness::Fit,
            Err(reason) => Fitness::Unfit { reason: reason.clone(), until: Instant::now() + UNFIT },
        });
        verdict
    }

    /// Looks at the anchor's own zone, which is signed by definition: its keys must come with
    /// signatures and be the anchor's, and a denial must come with its proof. The inner result is
    /// a verdict that holds for a while; with the outer one the next lookup tries again.
    async fn try_resolver(&self) -> Result<Result<(), String>, String> {
        let zone = to_dns_name(&self.anchor);
        let keys = match self.fetch(Rtype::DNSKEY).await {
            // A box that lets no key pass is not tried again by every lookup to come.
            Err(error @ DnsError::Timeout { .. }) => {
                return Ok(Err(format!("the keys of {zone} do not come: {error}")));
            }
            keys => keys.map_err(|error| error.to_string())?,
        };
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
        let denial = self.fetch(Rtype::NULL).await.map_err(|error| error.to_string())?;
        if !holds(&denial.message, Rtype::RRSIG) {
            return Ok(Err(format!(
                "the resolver {server} strips DNSSEC: denials come without their proof"
            )));
        }
        Ok(Ok(()))
    }

    async fn fetch(&self, rtype: Rtype) -> Result<Reply, DnsError> {
        let question = Question { name: self.anchor.clone(), rtype };
        self.upstream.fetch(question).await
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
pub(super) const UNSUPPORTED_HERE: &str =
    "the zone is signed with an algorithm that is not supported here";
/// What it says when its question was not answered at all.
const FETCH_FAILED: &str = "request for DS or DNSKEY failed";
const NODES: u64 = 4096;
const BAD_SIGNATURES: u8 = 4;
/// How long a resolver that is unfit is not tried again. Own limit.
const UNFIT: Duration = Duration::from_mins(1);
