//! What the name servers of the domain's own zone say, past every cache.

use super::verdict::leads_to;
use super::{Expected, Fault, Looker, View};
use futures_util::future::join_all;
use ironpost_net::dns::answer::DnsError;
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
    let names = looker.name_servers(&view.owner).await.unwrap_or_default();
    let asked = names.into_iter().map(|server| {
        let (owner, target) = (&view.owner, view.target);
        async move {
            let says = looker.ask_one(&server, owner).await.judged(target, expected);
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

impl Looker {
    /// The name servers of the zone that holds a name, thirteen at most.
    pub(crate) async fn name_servers(&self, owner: &DnsName) -> Result<Vec<DnsName>, DnsError> {
        let resolver = self.resolver.unvalidated();
        let zone = resolver.zone_of(owner).await?;
        let mut servers = resolver.ns(&zone).await?.records().to_vec();
        servers.sort();
        servers.truncate(MAX_SERVERS);
        Ok(servers)
    }

    /// Where a name server can be asked; `None` if nowhere.
    pub(crate) async fn address_of(&self, server: &DnsName) -> Option<SocketAddr> {
        let resolver = self.resolver.unvalidated();
        let may = |address: &&IpAddr| self.guard.check(**address).is_ok();
        for found in [resolver.ipv4(server).await, resolver.ipv6(server).await] {
            let found = found.ok();
            let address = found.as_ref().and_then(|answer| answer.records().iter().find(may));
            if let Some(address) = address {
                return Some(SocketAddr::new(*address, self.port));
            }
        }
        None
    }

    /// What one server says of a name. Asked for TXT: the answer begins with the alias, whatever
    /// stands at its end.
    async fn ask_one(&self, server: &DnsName, owner: &DnsName) -> Says {
        let Some(address) = self.address_of(server).await else { return Says::Unasked };
        match self.resolver.txt_at(address, owner).await {
            Ok(answer) => Says::Other(answer.aliases),
            Err(error) => Says::Silent(error),
        }
    }
}

/// Own limit: zones have two to eight, the root thirteen.
const MAX_SERVERS: usize = 13;
