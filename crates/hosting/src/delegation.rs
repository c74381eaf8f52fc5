//! Where the names of a domain lead: to us, by its own token, or elsewhere.
//!
//! A name is ours if its chain of aliases comes to this domain's own label below our zone: nobody
//! but who controls the domain's DNS can have put it there, so the token is the proof that the
//! domain belongs to who added it here. Addresses prove nothing, since anybody may point a name at
//! us. Who cannot alias the policy host therefore puts the token beside its addresses, in a TXT
//! record (see [`proof`]); a `_mta-sts` that is an alias with the token is as good.
//!
//! What is looked up is what a sender's resolver would be told. Where that is not what is wanted,
//! the zone's own name servers can be asked besides, which tells an administrator who has just
//! changed a record from one who has not.

mod claim;
mod elsewhere;
mod fault;
mod hostable;
mod publish;
mod servers;
mod verdict;
mod walk;

pub use claim::{NotClaimable, claim};
pub use elsewhere::{FoundElsewhere, LeadsTo, NothingElsewhere, found_elsewhere};
pub use fault::Fault;
pub use hostable::{NotHostable, Section, hostable, zone_fits};
pub use publish::{RecordToPublish, Type, address_records, policy_record, records};
pub use servers::{Says, ServerView, Servers};
pub(crate) use verdict::holds_token;

use futures_util::future::join_all;
use ironpost_net::address_guard::AddressGuard;
use ironpost_net::dns::answer::DnsError;
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::delegation::{Target, Token};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{Sight, Way};
use ironpost_proto::mta_sts::record::{PolicyId, RecordOutcome, evaluate};
use std::net::IpAddr;

/// What DNS is to say of a hosted domain.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The policy domain.
    pub domain: &'a Domain,
    /// Its token.
    pub token: Token,
    /// Our zone.
    pub zone: &'a Domain,
    /// How the record of `_mta-sts` comes into DNS.
    pub way: Way,
    /// The names that are handed over; of others nothing is expected.
    pub names: &'a [Target],
    /// The addresses of the policy host.
    pub addresses: &'a [IpAddr],
}

/// Looks at the names of hosted domains.
#[derive(Debug, Clone)]
pub struct Looker {
    /// One that keeps no answers, or it will tell old ones.
    pub resolver: Resolver,
    /// What name servers may be asked directly.
    pub guard: AddressGuard,
    /// Where name servers listen.
    pub port: u16,
    /// Our zone.
    pub zone: Domain,
    /// The names that domains hand over here.
    pub names: Vec<Target>,
    /// The addresses of the policy host.
    pub addresses: Vec<IpAddr>,
}

/// What was seen of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Of every name that can be handed over, in the order of [`Target::ALL`].
    pub views: Vec<View>,
    /// The id that the one valid record of `_mta-sts` has, wherever it comes from.
    pub id: Option<PolicyId>,
}

/// What was seen of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What is handed over by it.
    pub target: Target,
    /// The name.
    pub owner: DnsName,
    /// Whether it leads to us. Of `_mta-sts` this counts with [`Way::Cname`] alone.
    pub sight: Sight,
    /// The aliases from there, each leading to the next, up to the first in our zone.
    pub aliases: Vec<DnsName>,
    /// TXT records at the end.
    pub texts: Vec<Vec<u8>>,
    /// Addresses at the end.
    pub addresses: Vec<IpAddr>,
    /// For how many seconds caches may go on saying so: the TTL of the answer, or of there being none.
    pub ttl: u32,
    /// What is not as it should be, the weightiest first; empty for a name that is not handed over.
    pub faults: Vec<Fault>,
    /// What the zone's own name servers say, where they were asked.
    pub servers: Vec<ServerView>,
}

impl Look {
    /// The view of a name; there is one of each.
    pub fn view(&self, target: Target) -> Option<&View> {
        self.views.iter().find(|view| view.target == target)
    }

    /// Whether a name leads to us.
    pub fn sight(&self, target: Target) -> Sight {
        self.view(target).map_or(Sight::Unknown, |view| view.sight)
    }

    /// Everything that is not as it should be, name by name.
    pub fn faults(&self) -> impl Iterator<Item = (&DnsName, &Fault)> {
        self.views.iter().flat_map(|view| view.faults.iter().map(|fault| (&view.owner, fault)))
    }
}

impl Looker {
    /// What DNS is to say of a domain that is hosted here.
    pub fn expected<'a>(&'a self, domain: &'a Domain, token: Token, way: Way) -> Expected<'a> {
        let Self { zone, names, addresses, .. } = self;
        Expected { domain, token, zone, way, names, addresses }
    }

    /// Looks at every name of a domain, some questions to each.
    pub async fn look(&self, expected: &Expected<'_>, servers: Servers) -> Look {
        let seen = Target::ALL.map(|target| walk::see(&self.resolver, target, expected));
        let seen = join_all(seen).await;
        let proven = verdict::is_proven(&seen, expected);
        let views = seen.into_iter().map(|seen| async move {
            let mut view = verdict::judge(seen, proven, expected);
            if servers.are_asked(&view, expected) {
                servers::ask(self, expected, &mut view).await;
            }
            view
        });
        let views = join_all(views).await;
        let record = views.iter().find(|view| view.target == Target::Record);
        let id = record.and_then(|view| id_of(&view.texts));
        Look { views, id }
    }
}

/// The text of the TXT record that proves, beside the addresses of a policy host, whose it is.
pub fn proof(token: Token) -> String {
    format!("{PROOF}{token}")
}

/// What came of looking at one name, before anything is made of it.
#[derive(Debug)]
struct Seen {
    target: Target,
    owner: DnsName,
    aliases: Vec<DnsName>,
    /// How the chain of aliases ends.
    end: End,
    texts: Vec<Vec<u8>>,
    addresses: Vec<IpAddr>,
    /// A name near by that leads to us, where the administrator meant this one.
    doubled: Option<DnsName>,
    /// For how many seconds caches may go on saying so.
    ttl: u32,
}

/// How a chain of aliases ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// In our zone, whatever stands there.
    Zone,
    /// At a name without an alias.
    Name,
    /// At a name that does not exist.
    NoName,
    /// At a name with several aliases.
    Several,
    /// Nobody can tell.
    Unknown(DnsError),
}

fn id_of(texts: &[Vec<u8>]) -> Option<PolicyId> {
    match evaluate(texts).outcome {
        RecordOutcome::Valid(record) => Some(record.id),
        RecordOutcome::Absent | RecordOutcome::Several | RecordOutcome::Malformed(_) => None,
    }
}

/// Begins the TXT record that holds a token. No version tag of any protocol, so nobody takes it for
/// a record of theirs.
const PROOF: &str = "ironpost-token=";
