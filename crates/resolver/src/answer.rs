//! Answers and how they are worded. Every word comes from a type, none from policy text: nothing
//! that a policy says can add an attribute.

mod json;
pub mod packed;
mod postfix;

use ironpost_proto::delivery::Demand;
use ironpost_proto::tls_rpt::result_type::ResultType;
use packed::PolicyView;
use postfix::Features;

/// What the MTA at hand understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Postfix before 3.4: no `servername`.
    Postfix30,
    /// Postfix 3.4 to 3.9.
    Postfix34,
    /// Postfix from 3.10: attributes for TLS reports.
    Postfix310,
    /// The whole of it as a JSON object.
    Json,
}

/// The kind of an answer; the text beside it is the value, or the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// A value.
    Found,
    /// No demand.
    NotFound,
    /// Try again later.
    Temp,
    /// The question makes no sense.
    Perm,
}

/// What is demanded for one next-hop.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The policy domain as an A-label.
    pub domain: &'a str,
    /// What is demanded.
    pub demand: Demand,
    /// The policy that applies or that is tested, where there is one.
    pub policy: Option<PolicyView<'a>>,
    /// Why the policy could not be had or renewed; no policy of mode none. Postfix is not told:
    /// its `policy_failure` holds back mail that satisfies the cached policy.
    pub failure: Option<ResultType>,
}

impl Dialect {
    /// The dialect that a map name stands for, in any case; `None` for a name that is not known.
    /// Beside our own these are the names that postfix-mta-sts-resolver (`postfix`) and
    /// postfix-tlspol go by.
    pub fn of_map(name: &[u8]) -> Option<Self> {
        let known = MAPS.iter().find(|(map, _)| name.eq_ignore_ascii_case(map.as_bytes()));
        known.map(|(_, dialect)| *dialect)
    }

    /// Every map name there is.
    pub fn maps() -> impl Iterator<Item = &'static str> {
        MAPS.iter().map(|(name, _)| *name)
    }

    /// The name of our own that stands for the dialect.
    pub fn map(self) -> &'static str {
        match self {
            Self::Postfix30 => "ironpost-3.0",
            Self::Postfix34 => "ironpost",
            Self::Postfix310 => "ironpost-3.10",
            Self::Json => "JSON",
        }
    }
}

/// Words `answer` for Postfix or as JSON: appends the value or the reason to `text`. In Postfix's
/// dialects nothing is allocated beyond `text`.
///
/// A policy in mode testing ([`Demand::Report`]) is `may` to Postfix from 3.10, with the
/// attributes for TLS reports, and nothing before; whether it is asked at all is for the caller to
/// decide ([`Testing`](crate::settings::Testing)).
pub fn word(answer: &Answer<'_>, dialect: Dialect, text: &mut String) -> Status {
    match dialect {
        Dialect::Postfix30 => postfix::word(answer, Features::V30, text),
        Dialect::Postfix34 => postfix::word(answer, Features::V34, text),
        Dialect::Postfix310 => postfix::word(answer, Features::V310, text),
        Dialect::Json => json::word(answer, text),
    }
}

const MAPS: [(&str, Dialect); 9] = [
    ("ironpost", Dialect::Postfix34),
    ("ironpost-3.10", Dialect::Postfix310),
    ("ironpost-3.4", Dialect::Postfix34),
    ("ironpost-3.0", Dialect::Postfix30),
    ("postfix", Dialect::Postfix34),
    ("QUERY", Dialect::Postfix34),
    ("QUERYwithTLSRPT", Dialect::Postfix310),
    ("JSON", Dialect::Json),
    // FEATURE(`sts') of sendmail has no other name for it.
    ("sts", Dialect::Postfix34),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_names_choose_the_dialect() {
        let table: &[(&[u8], Option<Dialect>, &str)] = &[
            (b"ironpost", Some(Dialect::Postfix34), "what every Postfix in use understands"),
            (b"ironpost-3.10", Some(Dialect::Postfix310), "the latest"),
            (b"IRONPOST-3.4", Some(Dialect::Postfix34), "in any case"),
            (b"ironpost-3.0", Some(Dialect::Postfix30), "the oldest"),
            (b"postfix", Some(Dialect::Postfix34), "of postfix-mta-sts-resolver"),
            (b"QUERY", Some(Dialect::Postfix34), "of postfix-tlspol"),
            (b"query", Some(Dialect::Postfix34), "of postfix-tlspol, in any case as there"),
            (b"QUERYwithTLSRPT", Some(Dialect::Postfix310), "of postfix-tlspol with reports"),
            (b"JSON", Some(Dialect::Json), "of postfix-tlspol for people"),
            (b"sts", Some(Dialect::Postfix34), "of sendmail"),
            (b"", None, "no name"),
            (b"ironpost-3.9", None, "no such name"),
            (b"ironpost ", None, "a blank"),
            (b"ironpost\xff", None, "not even text"),
        ];
        for (name, expected, reason) in table {
            assert_eq!(Dialect::of_map(name), *expected, "{reason}");
        }
        for name in Dialect::maps() {
            let dialect = Dialect::of_map(name.as_bytes()).unwrap();
            assert_eq!(Dialect::of_map(dialect.map().as_bytes()), Some(dialect));
        }
    }
}
