//! What DNS says of one name.

use super::verdict::is_in;
use super::{End, Expected, Seen};
use ironpost_net::dns::answer::{Answer, DnsError, Lookup, Outcome};
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::delegation::Target;
use ironpost_proto::domain::{DnsName, Domain};

/// Follows the aliases of a name, one question for each: the chain is known so even where our own
/// zone does not answer yet, as before its first certificate. Then looks at what stands at the end.
pub(super) async fn see(resolver: &Resolver, target: Target, expected: &Expected<'_>) -> Seen {
    let owner = target.owner(expected.domain);
    let (path, texts, ipv4, ipv6) = tokio::join!(
        walk(resolver, &owner, expected.zone),
        texts(resolver, target, &owner),
        addresses(resolver, target, &owner, Resolver::ipv4),
        addresses(resolver, target, &owner, Resolver::ipv6),
    );
    let Path { aliases, mut end, ttl } = path;
    let mut seen = Vec::new();
    for found in [ipv4, ipv6].into_iter().flatten() {
        match found.and_then(Answer::unless_bogus) {
            Ok(answer) => seen.extend_from_slice(answer.records()),
            // Our own zone may have nothing to say yet; elsewhere silence leaves it open.
            Err(error) if end == End::Name => end = End::Unknown(error),
            Err(_) => {}
        }
    }
    let texts = match texts.map(|found| found.and_then(Answer::unless_bogus)) {
        Some(Ok(answer)) => answer.records().to_vec(),
        Some(Err(error)) if end == End::Name => {
            end = End::Unknown(error);
            Vec::new()
        }
        Some(Err(_)) | None => Vec::new(),
    };
    let doubled = match end {
        End::NoName if aliases.is_empty() => doubled(resolver, target, expected).await,
        End::NoName | End::Zone | End::Name | End::Several | End::Unknown(_) => None,
    };
    Seen { target, owner, aliases, end, texts, addresses: seen, doubled, ttl }
}

struct Path {
    aliases: Vec<DnsName>,
    end: End,
    /// Of the first answer: it is the administrator's own record, or its absence.
    ttl: u32,
}

async fn walk(resolver: &Resolver, owner: &DnsName, zone: &Domain) -> Path {
    let mut path = Path { aliases: Vec::new(), end: End::Zone, ttl: 0 };
    loop {
        let at = path.aliases.last().unwrap_or(owner);
        if is_in(at, zone) {
            return path;
        }
        let found = resolver.alias(at).await.and_then(Answer::unless_bogus);
        if path.aliases.is_empty() {
            path.ttl = found.as_ref().map_or(0, |answer| answer.ttl);
        }
        match next(found, &path.aliases, owner) {
            Ok(alias) => path.aliases.push(alias),
            Err(end) => {
                path.end = end;
                return path;
            }
        }
    }
}

/// The next alias of a chain, or how it ends.
fn next(found: Lookup<DnsName>, before: &[DnsName], owner: &DnsName) -> Result<DnsName, End> {
    let answer = found.map_err(End::Unknown)?;
    let alias = match answer.outcome {
        Outcome::NoData => return Err(End::Name),
        Outcome::NxDomain => return Err(End::NoName),
        Outcome::Found(aliases) => match <[DnsName; 1]>::try_from(aliases) {
            Ok([alias]) => alias,
            // RFC 1034 §3.6.2: one alias at most.
            Err(_) => return Err(End::Several),
        },
    };
    if alias == *owner || before.contains(&alias) {
        let aliases = before.to_vec();
        return Err(End::Unknown(DnsError::AliasLoop { at: alias, aliases }));
    }
    if before.len() == MAX_ALIASES {
        let aliases = before.to_vec();
        return Err(End::Unknown(DnsError::AliasLimit { limit: MAX_ALIASES, aliases }));
    }
    Ok(alias)
}

async fn texts(resolver: &Resolver, target: Target, owner: &DnsName) -> Option<Lookup<Vec<u8>>> {
    match target {
        Target::Record | Target::ReportRecord | Target::PolicyHost => {
            Some(resolver.txt(owner).await)
        }
        Target::Challenge => None,
    }
}

async fn addresses<'a, F: Future>(
    resolver: &'a Resolver,
    target: Target,
    owner: &'a DnsName,
    lookup: impl FnOnce(&'a Resolver, &'a DnsName) -> F,
) -> Option<F::Output> {
    match target {
        Target::PolicyHost => Some(lookup(resolver, owner).await),
        Target::Record | Target::ReportRecord | Target::Challenge => None,
    }
}

/// The name under which a form that adds the domain by itself has put the record of someone who
/// typed the whole name.
async fn doubled(resolver: &Resolver, target: Target, expected: &Expected<'_>) -> Option<DnsName> {
    let labels = target.owner(expected.domain);
    let at = expected.domain.prefixed(labels.as_str());
    let answer = resolver.alias(&at).await.ok()?;
    answer.records().iter().any(|alias| is_in(alias, expected.zone)).then_some(at)
}

/// Own limit, as long as what common resolvers follow.
const MAX_ALIASES: usize = 11;
