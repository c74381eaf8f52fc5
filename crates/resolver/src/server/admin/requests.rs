//! What each request comes to.

use crate::admin::{Reply, Request};
use crate::engine::Engine;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::discovery::{CachedPolicy, Timestamp};
use ironpost_proto::mta_sts::policy;
use ironpost_proto::mta_sts::record::PolicyId;
use ironpost_proto::visible::Visible;
use std::fmt::Display;

/// The one reply to a request.
pub(super) async fn reply(engine: &Engine, request: Request) -> Reply {
    perform(engine, request).await.unwrap_or_else(|reason| Reply::Refused { reason })
}

async fn perform(engine: &Engine, request: Request) -> Result<Reply, String> {
    Ok(match request {
        Request::Status => Reply::Status(Box::new(engine.status())),
        // The session streams it.
        Request::List => Reply::End,
        Request::Show { domain } => match engine.policy(&parse(&domain)?) {
            Some(policy) => Reply::Policy(Box::new(policy)),
            None => Reply::Unknown,
        },
        Request::Refresh { domain } => {
            Reply::Refreshed(Box::new(engine.refresh(&parse(&domain)?).await))
        }
        Request::Purge { domain } => Reply::Done { changed: engine.purge(&parse(&domain)?).await },
        Request::Import { domain, id, policy, fetched_at } => {
            let domain = parse(&domain)?;
            let id = id.parse::<PolicyId>().map_err(|fault| refused("the id", &fault))?;
            let parsed = policy::parse(policy.as_bytes()).verdict;
            let policy = parsed.map_err(|fault| refused("the policy", &fault))?;
            let fetched_at = Timestamp::from_millis(fetched_at);
            Reply::Done {
                changed: engine.import(&domain, &CachedPolicy { id, policy, fetched_at }),
            }
        }
    })
}

fn parse(domain: &str) -> Result<Domain, String> {
    domain.parse::<Domain>().map_err(|fault| refused("the domain", &fault))
}

fn refused(what: &str, fault: &impl Display) -> String {
    Visible::from(format!("{what} cannot be read: {fault}").as_str()).to_string()
}
