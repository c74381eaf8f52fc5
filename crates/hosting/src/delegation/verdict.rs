//! What follows from what was seen of a name. Pure.

use super::claim::token_in;
use super::{End, Expected, Fault, Seen, View};
use ironpost_proto::delegation::{Target, Token};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::lifecycle::{Sight, Way};
use ironpost_proto::mta_sts::record::{RecordOutcome, evaluate};

/// A name that lies in a zone but is none of ours there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unlabelled;

/// True if the domain's DNS holds the token at any name that only its administrator can set.
pub(super) fn is_proven(seen: &[Seen], expected: &Expected<'_>) -> bool {
    seen.iter().any(|seen| {
        let by_alias = leads_to(&seen.aliases, expected.zone, (seen.target, expected.token));
        let by_text = seen.aliases.is_empty()
            && seen.texts.iter().any(|text| token_in(text) == Some(expected.token));
        by_alias || by_text
    })
}

/// What follows from what was seen; `proven` is what [`is_proven`] says of all names.
pub(super) fn judge(seen: Seen, proven: bool, expected: &Expected<'_>) -> View {
    let (sight, mut faults) = match &seen.end {
        End::Zone => in_zone(&seen, expected),
        End::Several => (Sight::Unknown, vec![Fault::SeveralAliases]),
        End::Unknown(error) => (Sight::Unknown, vec![Fault::Unanswered(error.clone())]),
        End::Name | End::NoName => outside(&seen, proven, expected),
    };
    if !expected.names.contains(&seen.target) {
        faults.clear();
    }
    let Seen { target, owner, aliases, texts, addresses, .. } = seen;
    let servers = Vec::new();
    View { target, owner, sight, aliases, texts, addresses, faults, servers, ttl: seen.ttl }
}

/// True if one of the aliases is that label below the zone.
pub(super) fn leads_to(aliases: &[DnsName], zone: &Domain, wanted: (Target, Token)) -> bool {
    aliases.iter().any(|alias| label_in(alias, zone) == Some(Ok(wanted)))
}

/// True if a name stands for something of the domain with that token.
pub(crate) fn holds_token(name: &str, zone: &Domain, wanted: Token) -> bool {
    let name = name.parse::<DnsName>().ok();
    let label = name.and_then(|name| label_in(&name, zone));
    label.is_some_and(|label| label.is_ok_and(|(_, token)| token == wanted))
}

/// What a name directly below the zone stands for; `None` if it lies outside.
pub(super) fn label_in(
    name: &DnsName,
    zone: &Domain,
) -> Option<Result<(Target, Token), Unlabelled>> {
    if !is_in(name, zone) {
        return None;
    }
    let label = name.labels().into_iter().next().unwrap_or_default();
    let flat = name.parent().is_some_and(|parent| parent == DnsName::from(zone));
    let known = Target::parse(&label).filter(|_| flat);
    Some(known.ok_or(Unlabelled))
}

/// True if `name` is the zone's or lies below.
pub(super) fn is_in(name: &DnsName, zone: &Domain) -> bool {
    // A dot inside a label is escaped, so the text decides.
    name.as_str()
        .strip_suffix(zone.as_str())
        .is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// A chain that comes to our zone.
fn in_zone(seen: &Seen, expected: &Expected<'_>) -> (Sight, Vec<Fault>) {
    let wanted = seen.target.name(expected.token, expected.zone);
    let fault = match seen.aliases.last().and_then(|alias| label_in(alias, expected.zone)) {
        Some(Ok((target, token))) if token == expected.token && target == seen.target => {
            return (Sight::Ours, Vec::new());
        }
        Some(Ok((target, token))) if token == expected.token => {
            Fault::OtherName { meant_for: target.owner(expected.domain), wanted }
        }
        Some(Ok((_, token))) => Fault::OtherToken { token, wanted },
        Some(Err(Unlabelled)) | None => Fault::NoLabel { wanted },
    };
    (Sight::Elsewhere, vec![fault])
}

/// A chain that never comes to our zone.
fn outside(seen: &Seen, proven: bool, expected: &Expected<'_>) -> (Sight, Vec<Fault>) {
    let wanted = seen.target.name(expected.token, expected.zone);
    let faults = match (seen.target, expected.way) {
        (Target::Record, Way::Pasted | Way::Updated) => return (Sight::Elsewhere, in_text(seen)),
        (Target::PolicyHost, _) if !seen.addresses.is_empty() => {
            let (sight, faults) = by_address(seen, proven, expected);
            // Behind another name of the domain our addresses do as well; if they are not all there
            // is, the alias is what to change.
            if sight == Sight::Ours || seen.aliases.is_empty() {
                return (sight, faults);
            }
            vec![misled(seen, wanted, expected)]
        }
        (Target::Record | Target::PolicyHost | Target::ReportRecord | Target::Challenge, _) => {
            vec![misled(seen, wanted, expected)]
        }
    };
    (Sight::Elsewhere, faults)
}

/// Why a chain does not come to our zone.
fn misled(seen: &Seen, wanted: DnsName, expected: &Expected<'_>) -> Fault {
    match (seen.aliases.last(), &seen.doubled) {
        // RFC 1035 §5.1: a name without a dot at its end is relative to the zone it stands in.
        (Some(last), _) if is_relative(last, &wanted, expected.domain) => {
            Fault::DotMissing { found: last.clone(), wanted }
        }
        (Some(last), _) => Fault::Foreign { leads_to: last.clone(), wanted },
        (None, Some(at)) => Fault::Doubled { at: at.clone() },
        (None, None) if seen.end == End::NoName => Fault::Missing { wanted },
        (None, None) if seen.texts.is_empty() => Fault::NoAlias { wanted },
        (None, None) => Fault::TextInstead { wanted },
    }
}

fn is_relative(found: &DnsName, wanted: &DnsName, domain: &Domain) -> bool {
    let above = found.as_str().strip_prefix(wanted.as_str());
    let Some(above) = above.and_then(|rest| rest.strip_prefix('.')) else { return false };
    domain.as_str() == above || domain.as_str().ends_with(&format!(".{above}"))
}

/// A policy host by its addresses: all of them ours, and the token somewhere.
fn by_address(seen: &Seen, proven: bool, expected: &Expected<'_>) -> (Sight, Vec<Fault>) {
    let wanted = seen.target.name(expected.token, expected.zone);
    let is_ours = |address| expected.addresses.contains(address);
    let others: Vec<_> = seen.addresses.iter().filter(|address| !is_ours(address)).collect();
    match others.first() {
        Some(_) if others.len() == seen.addresses.len() => {
            (Sight::Elsewhere, vec![Fault::ForeignAddresses { wanted }])
        }
        Some(other) => (Sight::Elsewhere, vec![Fault::AlsoElsewhere { address: **other, wanted }]),
        None if proven => (Sight::Ours, Vec::new()),
        None => (Sight::Elsewhere, vec![Fault::Unproven { proof: super::proof(expected.token) }]),
    }
}

/// A record of `_mta-sts` that is no alias of ours: whether there is one, and one alone.
fn in_text(seen: &Seen) -> Vec<Fault> {
    match evaluate(&seen.texts).outcome {
        RecordOutcome::Valid(_) => Vec::new(),
        RecordOutcome::Absent => vec![Fault::NoRecord],
        RecordOutcome::Several => vec![Fault::SeveralRecords],
        RecordOutcome::Malformed(fault) => vec![Fault::BadRecord(fault)],
    }
}
