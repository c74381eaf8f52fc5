//! What the name servers of the domain's own zone say, past every cache.

use super::verdict::leads_to;
use super::{Expected, Fault, Looker, View};
use futures_util::future::join_all;
use ironpost_net::dns::answer::DnsError;
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::delegation::Target;
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::{Sight, Way};
use std::net::{IpAddr, SocketAddr};

/// When the zone's own name servers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Servers {
    /// Not at all: for a look at many domains.
    Never,
    /// Where the resolver does not say what is wanted.
    InDoubt,
    /// Of every name that is handed over: for an administrator who wants to know.
    Always,
}

/// What one name server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerView {
    /// Its name.
    pub server: DnsName,
    /// What it says.
    pub says: Says,
}

/// What a name server says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// It leads to us by the domain's own token.
    Ours(Vec<DnsName>),
    /// It leads elsewhere, or nowhere.
    Other(Vec<DnsName>),
    /// The server has no address, or none that may be asked.
    Unasked,
    /// It gives no answer.
    Silent(DnsError),
}

impl Servers {
    pub(super) fn are_asked(self, view: &View, expected: &Expected<'_>) -> bool {
        // What is pasted or written is compared record by record, by who pastes or writes it.
        let by_text = view.target == Target::Record && expected.way != Way::Cname;
        let counts = expected.names.contains(&view.target) && !by_text;
        match self {
            Self::Never => false,
            Self::InDoubt => counts && view.sight != Sight::Ours,
            Self::Always => counts,
        }
    }
}

impl ServerView {
    /// The aliases that it gave.
    pub fn aliases(&self) -> &[DnsName] {
        match &self.says {
            Says::Ours(aliases) | Says::Other(aliases) => aliases,
            Says::Unasked | Says::Silent(_) => &[],
        }
    }
}

/// Asks them, and puts what follows first among the faults.
pub(super) async fn ask(looker: &Looker, expected: &Expected<'_>, view: &mut View) {
    let resolver = looker.resolver.unvalidated();
    let names = name_servers(&resolver, &view.owner).await.unwrap_or_default();
    let asked = names.into_iter().take(MAX_SERVERS).map(|server| {
        let (resolver, owner, target) = (&resolver, &view.owner, view.target);
        async move {
            let says = ask_one(resolver, looker, &server, owner).await;
            let says = says.unwrap_or(Says::Unasked).judged(target, expected);
            ServerView { server, says }
        }
    });
    view.servers = join_all(asked).await;
    if let Some(fault) = compare(view) {
        view.faults.insert(0, fault);
    }
}

impl Says {
    /// Tells aliases that lead to us from others.
    fn judged(self, target: Target, expected: &Expected<'_>) -> Self {
        match self {
            Self::Other(aliases) if leads_to(&aliases, expected.zone, (target, expected.token)) => {
                Self::Ours(aliases)
            }
            other @ (Self::Other(_) | Self::Ours(_) | Self::Unasked | Self::Silent(_)) => other,
        }
    }
}

/// What the servers' answers come to beside the resolver's.
fn compare(view: &View) -> Option<Fault> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for ServerView { server, says } in &view.servers {
        match says {
            Says::Ours(_) => with.push(server.clone()),
            Says::Other(_) => without.push(server.clone()),
            Says::Unasked | Says::Silent(_) => {}
        }
    }
    match (with.is_empty(), without.is_empty()) {
        (false, false) => Some(Fault::ServersDisagree { with, without }),
        (false, true) if view.sight != Sight::Ours => {
            Some(Fault::CachesBehind { seconds: view.ttl })
        }
        (false | true, _) => None,
    }
}

/// The name servers of the zone that holds the name.
async fn name_servers(resolver: &Resolver, owner: &DnsName) -> Result<Vec<DnsName>, DnsError> {
    let zone = resolver.zone_of(owner).await?;
    Ok(resolver.ns(&zone).await?.records().to_vec())
}

/// The aliases that one server gives; `None` if it cannot be asked. Asked for TXT: the answer
/// begins with the alias, whatever stands at its end.
async fn ask_one(
    resolver: &Resolver,
    looker: &Looker,
    server: &DnsName,
    owner: &DnsName,
) -> Option<Says> {
    let address = address_of(resolver, looker, server).await?;
    let answer = resolver.txt_at(SocketAddr::new(address, looker.port), owner).await;
    Some(match answer {
        Ok(answer) => Says::Other(answer.aliases),
        Err(error) => Says::Silent(error),
    })
}

async fn address_of(resolver: &Resolver, looker: &Looker, server: &DnsName) -> Option<IpAddr> {
    let may = |address: &&IpAddr| looker.guard.check(**address).is_ok();
    if let Ok(answer) = resolver.ipv4(server).await
        && let Some(address) = answer.records().iter().find(may)
    {
        return Some(*address);
    }
    resolver.ipv6(server).await.ok()?.records().iter().find(may).copied()
}

/// Own limit: zones have two to eight, the root thirteen.
const MAX_SERVERS: usize = 13;
