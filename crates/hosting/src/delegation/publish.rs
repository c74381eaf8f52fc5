//! What an administrator puts into DNS, once.

use super::{Expected, proof};
use ironpost_proto::delegation::Target;
use ironpost_proto::domain::DnsName;
use ironpost_proto::lifecycle::Way;
use ironpost_proto::mta_sts::record::{PolicyId, Record};
use std::fmt;
use std::net::IpAddr;

/// A record to publish. As text it is a line of a zone file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordToPublish {
    /// Where it stands.
    pub owner: DnsName,
    /// Its type.
    pub rtype: Type,
    /// Its value as a provider's form wants it: without quotation marks, names without the dot at
    /// the end.
    pub value: String,
    /// The TTL to give it, in seconds.
    pub ttl: u32,
    /// What it is for.
    pub why: &'static str,
}

/// The types of record that are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// An alias.
    Cname,
    /// A text.
    Txt,
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cname => "CNAME",
            Self::Txt => "TXT",
            Self::A => "A",
            Self::Aaaa => "AAAA",
        })
    }
}

impl fmt::Display for RecordToPublish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {} IN {} ", self.owner, self.ttl, self.rtype)?;
        match self.rtype {
            Type::Cname => write!(f, "{}.", self.value),
            // RFC 1035 §5.1. What we publish is shorter than one character-string, and has neither
            // quotation marks nor backslashes.
            Type::Txt => write!(f, "\"{}\"", self.value),
            Type::A | Type::Aaaa => f.write_str(&self.value),
        }
    }
}

/// The records that hand over the expected names: published once, with [`Way::Cname`]. With the
/// other ways the policy record is a TXT record of its own, to be changed with each version: that of
/// `id` is among them if there is one.
pub fn records(expected: &Expected<'_>, id: Option<&PolicyId>) -> Vec<RecordToPublish> {
    let names = expected.names.iter().filter_map(|target| match (target, expected.way) {
        (Target::Record, Way::Pasted | Way::Updated) => id.map(|id| policy_record(expected, id)),
        (Target::Record, Way::Cname)
        | (Target::PolicyHost | Target::ReportRecord | Target::Challenge, _) => {
            Some(alias(*target, expected))
        }
    });
    names.collect()
}

/// What stands in place of the policy host's CNAME where a zone cannot have one: our addresses, and
/// the token, which shows that the domain is its administrator's to give.
pub fn address_records(expected: &Expected<'_>) -> Vec<RecordToPublish> {
    let owner = Target::PolicyHost.owner(expected.domain);
    let record = |rtype, value, why| RecordToPublish {
        owner: owner.clone(),
        rtype,
        value,
        ttl: CHANGING,
        why,
    };
    let addresses = expected.addresses.iter().map(|address| {
        let rtype = match address {
            IpAddr::V4(_) => Type::A,
            IpAddr::V6(_) => Type::Aaaa,
        };
        record(rtype, address.to_string(), "the policy host, where it cannot be a CNAME")
    });
    let proof = record(Type::Txt, proof(expected.token), "shows that the domain is yours");
    addresses.chain([proof]).collect()
}

/// The TXT record that announces a version.
pub fn policy_record(expected: &Expected<'_>, id: &PolicyId) -> RecordToPublish {
    RecordToPublish {
        owner: Target::Record.owner(expected.domain),
        rtype: Type::Txt,
        value: Record::new(id.clone()).to_string(),
        ttl: CHANGING,
        why: "announces the policy",
    }
}

fn alias(target: Target, expected: &Expected<'_>) -> RecordToPublish {
    let (ttl, why) = match target {
        Target::Record => (CHANGING, "announces the policy"),
        Target::PolicyHost => (CHANGING, "the policy host"),
        // RFC 8460 §7: a long TTL keeps an attacker from making the record unseen.
        Target::ReportRecord => (LASTING, "asks for reports"),
        Target::Challenge => (CHANGING, "lets the certificate be renewed through DNS"),
    };
    RecordToPublish {
        owner: target.owner(expected.domain),
        rtype: Type::Cname,
        value: target.name(expected.token, expected.zone).to_string(),
        ttl,
        why,
    }
}

/// An hour: a domain that leaves is gone soon, and questions stay few.
const CHANGING: u32 = 3600;
/// A day.
const LASTING: u32 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_proto::delegation::Token;
    use ironpost_proto::domain::Domain;

    fn lines(way: Way, names: &[Target], id: Option<&str>) -> Vec<String> {
        let (domain, zone) = domains();
        let expected = expected(&domain, &zone, way, names);
        let id = id.map(|id| id.parse::<PolicyId>().unwrap());
        records(&expected, id.as_ref()).iter().map(ToString::to_string).collect()
    }

    fn domains() -> (Domain, Domain) {
        ("example.com".parse().unwrap(), "sts.host.test".parse().unwrap())
    }

    fn expected<'a>(
        domain: &'a Domain,
        zone: &'a Domain,
        way: Way,
        names: &'a [Target],
    ) -> Expected<'a> {
        let token = Token::from_bytes([0; 10]);
        Expected { domain, token, zone, way, names, addresses: &[] }
    }

    #[test]
    fn records_are_lines_of_a_zone_file() {
        assert_eq!(
            lines(Way::Cname, &Target::ALL, None),
            [
                "_mta-sts.example.com. 3600 IN CNAME sts-aaaaaaaaaaaaaaaa.sts.host.test.",
                "mta-sts.example.com. 3600 IN CNAME host-aaaaaaaaaaaaaaaa.sts.host.test.",
                "_smtp._tls.example.com. 86400 IN CNAME rpt-aaaaaaaaaaaaaaaa.sts.host.test.",
                "_acme-challenge.mta-sts.example.com. 3600 IN CNAME \
                 acme-aaaaaaaaaaaaaaaa.sts.host.test.",
            ]
        );
    }

    #[test]
    fn a_pasted_record_is_there_once_there_is_an_id() {
        let names = [Target::Record, Target::PolicyHost];
        let host = "mta-sts.example.com. 3600 IN CNAME host-aaaaaaaaaaaaaaaa.sts.host.test.";
        assert_eq!(lines(Way::Pasted, &names, None), [host]);
        assert_eq!(
            lines(Way::Pasted, &names, Some("7")),
            ["_mta-sts.example.com. 3600 IN TXT \"v=STSv1; id=7;\"", host]
        );
    }

    #[test]
    fn addresses_come_with_the_token() {
        let (domain, zone) = domains();
        let addresses = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let names = &[Target::PolicyHost];
        let expected =
            Expected { addresses: &addresses, ..expected(&domain, &zone, Way::Cname, names) };
        let lines: Vec<_> = address_records(&expected).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "mta-sts.example.com. 3600 IN A 192.0.2.1",
                "mta-sts.example.com. 3600 IN AAAA 2001:db8::1",
                "mta-sts.example.com. 3600 IN TXT \"ironpost-token=aaaaaaaaaaaaaaaa\"",
            ]
        );
    }
}
