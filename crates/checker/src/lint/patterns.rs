//! What patterns show without the MX records.

use super::severity;
use crate::catalogue::mx_match::{M_STSLABEL, M_WEAK};
use crate::finding::Finding;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::Policy;

/// Patterns that admit too much, and patterns that name the policy host. `domain` is the
/// policy domain, if known. The live assessment sees more, and uses [`width`] alone.
pub fn pattern_findings(policy: &Policy, domain: Option<&Domain>) -> Vec<Finding> {
    let finding = |pattern: &MxPattern| {
        let (entry, detail) = if is_policy_host(pattern) {
            (&M_STSLABEL, format!("`mx: {pattern}` names a policy host; an MX host belongs there"))
        } else {
            let reason = match width(pattern, domain)? {
                Width::PublicSuffix => "anybody can register a name that it covers",
                Width::OwnDomain => "every host of the domain with a certificate passes for an MX",
            };
            (&M_WEAK, format!("`mx: {pattern}` is too wide: {reason}"))
        };
        let severity = severity(entry, Some(policy.mode));
        Some(
            Finding::new(entry, severity, pattern.to_string(), detail)
                .with_fix(entry.remedy.iter().copied())
                .with_evidence([format!("mx: {pattern}")]),
        )
    };
    policy.mx.iter().filter_map(finding).collect()
}

/// In what way a wildcard is too wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// It stands directly below a public suffix, or below a domain open to all comers.
    PublicSuffix,
    /// It covers the hosts of the policy domain itself.
    OwnDomain,
}

/// How a pattern is too wide, if it is (RFC 8461 §10.4).
pub fn width(pattern: &MxPattern, domain: Option<&Domain>) -> Option<Width> {
    if !pattern.is_wildcard() {
        None
    } else if psl::domain_str(pattern.domain().as_str()).is_none() {
        // The list of public suffixes has the shared domains of hosting providers too.
        Some(Width::PublicSuffix)
    } else if domain == Some(pattern.domain()) {
        Some(Width::OwnDomain)
    } else {
        None
    }
}

fn is_policy_host(pattern: &MxPattern) -> bool {
    pattern.domain().labels().next() == Some("mta-sts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_too_wide_where_others_live() {
        let own: Domain = "example.co.uk".parse().unwrap();
        let table = [
            ("*.co.uk", Some(Width::PublicSuffix), "a registry"),
            ("*.com", Some(Width::PublicSuffix), "a registry"),
            ("*.github.io", Some(Width::PublicSuffix), "open to all comers"),
            ("*.example.co.uk", Some(Width::OwnDomain), "the web shop as well"),
            ("*.mx.example.co.uk", None, "the mail hosts alone"),
            ("*.mail.provider.net", None, "a provider's mail hosts"),
            ("example.co.uk", None, "no wildcard"),
        ];
        for (pattern, expected, reason) in table {
            let pattern: MxPattern = pattern.parse().unwrap();
            assert_eq!(width(&pattern, Some(&own)), expected, "{pattern}: {reason}");
        }
    }
}
