//! One lookup from the question to the answer with its DNSSEC status.

use super::Keep;
use super::caches::{Caches, Kind};
use super::way::{Status, Way, Ways};
use crate::dns::answer::{Answer, DnsError, Lookup, Outcome, Security};
use crate::dns::cache::Fresh;
use crate::dns::chain::{Chain, to_dns_name};
use crate::dns::exchange::{Deadline, Exchange, Reply};
use crate::dns::extended_error::Complaint;
use crate::dns::question::{Asking, Question};
use crate::dns::reading::{End, is_referral, read};
use crate::dns::record::RecordData;
use crate::dns::validator::{Evidence, UNSUPPORTED_HERE, Validator};
use crate::places::{GaveWay, Places};
use domain::base::Rtype;
use domain::base::iana::OptRcode;
use ironpost_proto::domain::DnsName;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::AbortHandle;

/// What all lookups share.
#[derive(Debug)]
pub(super) struct Core {
    ways: Ways,
    deadline: Duration,
    grace: Option<Duration>,
    keep: Keep,
    places: Places,
    validator: Option<Validator>,
    caches: Caches,
    /// Keeps `ways` up to date, where there is anything to find out.
    watch: Option<AbortHandle>,
}

/// What an administrator sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) deadline: Duration,
    pub(super) in_flight: usize,
    pub(super) grace: Option<Duration>,
    pub(super) keep: Keep,
}

/// An answer, and the zone that gave it if that is known.
#[derive(Debug)]
pub(super) struct Found<T> {
    pub(super) answer: Answer<T>,
    /// Owner of the SOA in a negative answer.
    pub(super) zone: Option<DnsName>,
    /// Octets of the responses that it was made from.
    size: usize,
}

impl Core {
    /// A core that goes on finding out which way to take, if there is a choice. `heard` is true if
    /// it is known by now.
    pub(super) fn start(
        ways: Ways,
        heard: bool,
        limits: Limits,
        validator: Option<Validator>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|core| Self {
            watch: ways.is_open().then(|| tokio::spawn(watch(core.clone(), heard)).abort_handle()),
            ways,
            deadline: limits.deadline,
            grace: limits.grace,
            keep: limits.keep,
            places: Places::new(limits.in_flight, limits.grace),
            validator,
            caches: Caches::new(),
        })
    }

    /// The way to take now.
    pub(super) fn way(&self) -> Arc<Way> {
        self.ways.now()
    }

    /// A lookup through the cache.
    pub(super) async fn find<T: Kind>(
        core: &Arc<Self>,
        way: Arc<Way>,
        name: &DnsName,
        rtype: Rtype,
        status: Status,
    ) -> Result<Arc<Found<T>>, DnsError> {
        let make = || {
            let (core, name) = (Arc::clone(core), name.clone());
            async move {
                // A lookup holds its place while it validates, for the validator has one question
                // out at a time too.
                let looking = core.places.hold(|| core.look_up(&way, name, rtype, status)).await;
                let found = looking.unwrap_or_else(|GaveWay| Err(core.too_slow(&way)));
                let value = found.map(Arc::new);
                let keep = match (core.keep, &value) {
                    (Keep::Nothing, _) => Duration::ZERO,
                    (Keep::ForTtl, Ok(found)) if found.size > LARGE => Duration::ZERO,
                    (Keep::ForTtl, Ok(found)) => {
                        Duration::from_secs(found.answer.ttl.into()).min(LONGEST)
                    }
                    (Keep::ForTtl, Err(_)) => FAILURE,
                };
                Fresh { value, keep }
            }
        };
        T::cache(&core.caches).get_or((name.clone(), rtype, status), make).await
    }

    async fn look_up<T: RecordData>(
        &self,
        way: &Way,
        name: DnsName,
        rtype: Rtype,
        status: Status,
    ) -> Result<Found<T>, DnsError> {
        let deadline = Deadline::starting_now(self.deadline);
        let mut chain = Chain::new(Question::new(&name, rtype)?.name);
        let mut replies = Vec::new();
        let mut ttl = u32::MAX;
        let (outcome, zone) = loop {
            let question = Question { name: chain.end().clone(), rtype };
            let reply = ask(&way.exchange, &question, status.asking(), deadline).await?;
            let part = read(&reply.message, rtype, &mut chain)?;
            replies.push(reply);
            ttl = ttl.min(part.ttl);
            match part.end {
                End::Outcome(outcome) => break (outcome, part.zone),
                // The chain has grown, and cannot grow for ever.
                End::Alias => {}
            }
        };
        let evidence = Evidence { chain: &chain, rtype, replies: &replies };
        let security = self.security(way, &evidence, status, deadline).await;
        let answer = Answer { name, aliases: chain.aliases(), outcome, ttl, security };
        let size = replies.iter().map(|reply| reply.message.as_slice().len()).sum();
        Ok(Found { answer, zone: zone.as_ref().map(to_dns_name), size })
    }

    async fn security(
        &self,
        way: &Way,
        evidence: &Evidence<'_>,
        status: Status,
        deadline: Deadline,
    ) -> Security {
        match (status, &self.validator) {
            (Status::Validated, Some(validator)) => {
                // Boxed: it is large, and most lookups of a long list go without.
                match Box::pin(validator.security(evidence, deadline.end())).await {
                    Security::Insecure(Some(text)) if text == UNSUPPORTED_HERE => {
                        Security::Insecure(Some(
                            second_opinion(&way.exchange, evidence, deadline).await,
                        ))
                    }
                    security => security,
                }
            }
            (Status::Trusted, _) => {
                // RFC 4035 §3.2.3: set only if all of the answer is authentic.
                if evidence.replies.iter().all(|reply| reply.message.header().ad()) {
                    Security::Secure
                } else {
                    Security::Insecure(None)
                }
            }
            (Status::Validated | Status::Unasked, _) => {
                Security::Indeterminate("DNSSEC was not asked for".to_owned())
            }
            (Status::Unvouched, _) => Security::Indeterminate(UNVOUCHED.to_owned()),
            (Status::Off, _) => Security::Indeterminate("DNSSEC is switched off".to_owned()),
        }
    }

    /// Others wanted to be looked up.
    fn too_slow(&self, way: &Way) -> DnsError {
        let unasked = SocketAddr::from(([0, 0, 0, 0], 0));
        let server = way.exchange.servers().first().copied().unwrap_or(unasked);
        DnsError::Timeout { server, after: self.grace.unwrap_or(self.deadline) }
    }

    /// One authoritative server's answer, past the cache.
    pub(super) async fn ask_directly<T: RecordData>(
        &self,
        server: SocketAddr,
        name: &DnsName,
        rtype: Rtype,
    ) -> Lookup<T> {
        let question = Question::new(name, rtype)?;
        let ask = async || {
            let deadline = Deadline::starting_now(self.deadline);
            Exchange::new(vec![server]).ask(&question, Asking::Direct, deadline).await
        };
        let asking = self.places.hold(ask).await;
        let reply = asking.unwrap_or_else(|GaveWay| Err(self.too_slow(&self.way())))?;
        match reply.message.opt_rcode() {
            OptRcode::NOERROR | OptRcode::NXDOMAIN => {}
            OptRcode::SERVFAIL => {
                let Complaint { text, bogus } = Complaint::of(&reply.message);
                return Err(DnsError::ServFail { reason: text, bogus });
            }
            _ => return Err(refusal(&reply)),
        }
        if is_referral(&reply.message)? {
            let detail = format!("{server} points to other name servers: it does not hold {name}");
            return Err(DnsError::Malformed { detail });
        }
        let mut chain = Chain::new(question.name);
        let part = read(&reply.message, rtype, &mut chain)?;
        let outcome = match part.end {
            End::Outcome(outcome) => outcome,
            End::Alias => Outcome::NoData,
        };
        Ok(Answer {
            name: name.clone(),
            aliases: chain.aliases(),
            outcome,
            ttl: part.ttl,
            security: Security::Indeterminate("DNSSEC was not asked for".to_owned()),
        })
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.watch.iter().for_each(AbortHandle::abort);
    }
}

impl Status {
    fn asking(self) -> Asking {
        match self {
            Self::Validated => Asking::Evidence,
            Self::Trusted | Self::Unvouched => Asking::AuthenticData,
            Self::Unasked | Self::Off => Asking::Plain,
        }
    }
}

/// A reply of RCODE NOERROR or NXDOMAIN.
async fn ask(
    exchange: &Exchange,
    question: &Question,
    asking: Asking,
    deadline: Deadline,
) -> Result<Reply, DnsError> {
    let reply = exchange.ask(question, asking, deadline).await?;
    match reply.message.opt_rcode() {
        OptRcode::NOERROR | OptRcode::NXDOMAIN => Ok(reply),
        OptRcode::SERVFAIL => Err(failure(exchange, &reply, question, asking, deadline).await),
        _ => Err(refusal(&reply)),
    }
}

/// What a SERVFAIL means. A resolver that validates answers so for bogus data; if it does not
/// say so itself, it gives itself away by answering once checking is switched off.
async fn failure(
    exchange: &Exchange,
    reply: &Reply,
    question: &Question,
    asking: Asking,
    deadline: Deadline,
) -> DnsError {
    let Complaint { text, bogus } = Complaint::of(&reply.message);
    let checked = match asking {
        Asking::Plain | Asking::AuthenticData => true,
        Asking::Unchecked | Asking::Evidence | Asking::Direct => false,
    };
    if bogus || !checked {
        return DnsError::ServFail { reason: text, bogus };
    }
    let unchecked = exchange.ask(question, Asking::Unchecked, deadline).await;
    let answers = unchecked.is_ok_and(|reply| {
        matches!(reply.message.opt_rcode(), OptRcode::NOERROR | OptRcode::NXDOMAIN)
    });
    let reason = match (text, answers) {
        (text, false) => text,
        (None, true) => Some(UNCHECKED_ONLY.to_owned()),
        (Some(text), true) => Some(format!("{text}; {UNCHECKED_ONLY}")),
    };
    DnsError::ServFail { reason, bogus: answers }
}

/// What the resolver says of a zone whose algorithm is not supported here.
async fn second_opinion(
    exchange: &Exchange,
    evidence: &Evidence<'_>,
    deadline: Deadline,
) -> String {
    let question = Question { name: evidence.chain.start().clone(), rtype: evidence.rtype };
    let reply = exchange.ask(&question, Asking::AuthenticData, deadline).await;
    if reply.is_ok_and(|reply| reply.message.header().ad()) {
        format!("{UNSUPPORTED_HERE}; the resolver vouches for it")
    } else {
        UNSUPPORTED_HERE.to_owned()
    }
}

/// Finds out which way to take as long as there is a core: soon again while the server that decides
/// it has said nothing, later to see whether it has changed.
async fn watch(core: Weak<Core>, heard: bool) {
    let mut pause = if heard { AGAIN } else { SOON };
    loop {
        tokio::time::sleep(pause).await;
        let Some(core) = core.upgrade() else { return };
        let heard = core.ways.look_again().await;
        pause = if heard { AGAIN } else { (pause * 2).min(AGAIN) };
    }
}

fn refusal(reply: &Reply) -> DnsError {
    let rcode = reply.message.opt_rcode();
    let rcode = match Complaint::of(&reply.message).text {
        Some(text) => format!("{rcode} ({text})"),
        None => rcode.to_string(),
    };
    DnsError::Rcode { rcode }
}

const UNVOUCHED: &str =
    "the resolver calls nothing authentic, not even the root: it does not validate";
const UNCHECKED_ONLY: &str = "answers with checking disabled only";
/// Octets past which an answer is not kept.
const LARGE: usize = 2048;
const LONGEST: Duration = Duration::from_hours(1);
/// RFC 9520 §3.2: a failure is remembered for a second to five minutes.
const FAILURE: Duration = Duration::from_secs(5);
/// How soon a server that has said nothing is asked whether it validates; then twice as long each
/// time, up to the pause between two looks at one that has.
const SOON: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_mins(5);
