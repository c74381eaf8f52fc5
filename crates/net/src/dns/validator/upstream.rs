//! How the validator gets DS and DNSKEY records.

use super::Evidence;
use crate::dns::answer::DnsError;
use crate::dns::cache::{Cache, Fresh};
use crate::dns::chain::Chain;
use crate::dns::exchange::{Deadline, Exchange, Reply};
use crate::dns::question::{Asking, Question};
use bytes::Bytes;
use domain::base::name::ToName;
use domain::base::{Message, Name, Rtype};
use domain::net::client::request::{
    ComposeRequest, Error, GetResponse, RequestMessage, SendRequest,
};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The recursive resolvers, as the validator sees them. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    exchange: Arc<Exchange>,
    deadline: Duration,
    replies: Arc<ReplyCache>,
}

type ReplyCache = Cache<(Name<Bytes>, Rtype), Result<Reply, DnsError>>;

/// A question on its way.
#[derive(Debug)]
struct Pending {
    upstream: Upstream,
    question: Option<Question>,
}

impl Upstream {
    /// Asks through `exchange`, each question for `deadline` at most.
    pub(super) fn new(exchange: Arc<Exchange>, deadline: Duration) -> Self {
        Self { exchange, deadline, replies: Arc::new(Cache::new(ENTRIES)) }
    }

    /// The reply to `question`, reduced to what is evidence. Kept for a moment only: the
    /// validator remembers what it concluded from it.
    pub(super) async fn fetch(&self, question: Question) -> Result<Reply, DnsError> {
        let key = (question.name.clone(), question.rtype);
        let make = || {
            let (exchange, deadline) = (Arc::clone(&self.exchange), self.deadline);
            async move {
                let value = fetch(&exchange, &question, deadline).await;
                let keep = match &value {
                    Ok(reply) if reply.message.as_slice().len() > LARGE => Duration::ZERO,
                    Ok(_) | Err(_) => MOMENT,
                };
                Fresh { value, keep }
            }
        };
        self.replies.get_or(key, make).await
    }
}

async fn fetch(
    exchange: &Exchange,
    question: &Question,
    deadline: Duration,
) -> Result<Reply, DnsError> {
    let deadline = Deadline::starting_now(deadline);
    let reply = exchange.ask(question, Asking::Evidence, deadline).await?;
    let chain = Chain::new(question.name.clone());
    let server = reply.server;
    let replies = [reply];
    let evidence = Evidence { chain: &chain, rtype: question.rtype, replies: &replies };
    let message = evidence.message().map_err(|detail| DnsError::Malformed { detail })?;
    Ok(Reply { server, message })
}

impl SendRequest<RequestMessage<Vec<u8>>> for Upstream {
    fn send_request(&self, request: RequestMessage<Vec<u8>>) -> Box<dyn GetResponse + Send + Sync> {
        let question = request.to_message().ok().and_then(|message| {
            let question = message.first_question()?;
            Some(Question { name: question.qname().to_name(), rtype: question.qtype() })
        });
        Box::new(Pending { upstream: self.clone(), question })
    }
}

impl GetResponse for Pending {
    fn get_response(
        &mut self,
    ) -> Pin<Box<dyn Future<Output = Result<Message<Bytes>, Error>> + Send + Sync + '_>> {
        let (upstream, question) = (self.upstream.clone(), self.question.clone());
        Box::pin(async move {
            let question = question.ok_or(Error::FormError)?;
            match upstream.fetch(question).await {
                Ok(reply) => Ok(reply.message),
                Err(_) => Err(Error::NoTransportAvailable),
            }
        })
    }
}

const ENTRIES: usize = 512;
const MOMENT: Duration = Duration::from_secs(5);
const LARGE: usize = 4096;
