//! `[resolver.domains]`: rules of one's own for single domains.

use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_resolver::settings::{Override, OverridePolicy};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::collections::HashMap;
use std::fmt;

/// `[resolver.domains]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overrides(pub(crate) HashMap<Domain, Override>);

/// Keys that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum OverrideError {
    #[error("policy = \"enforce\" needs mx, a list of at least one MX pattern")]
    NoMx,
    #[error("mx has a use with policy = \"enforce\" only")]
    MxWithoutEnforce,
}

/// `[resolver.domains."example.com"]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DomainSection {
    policy: Option<PolicyChoice>,
    mx: Option<Vec<Pattern>>,
    dane: Option<bool>,
}

/// A local policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PolicyChoice {
    Off,
    May,
    Encrypt,
    Enforce,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Pattern(MxPattern);

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let pattern = text.parse().map(Self);
        pattern.map_err(|fault| format!("expected an MX pattern, like mx.example.com: {fault}"))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "DomainSection")]
struct DomainOverride(Override);

impl TryFrom<DomainSection> for DomainOverride {
    type Error = OverrideError;

    fn try_from(section: DomainSection) -> Result<Self, Self::Error> {
        let policy = match (section.policy, section.mx) {
            (None, None) => None,
            (Some(PolicyChoice::Off), None) => Some(OverridePolicy::Off),
            (Some(PolicyChoice::May), None) => Some(OverridePolicy::May),
            (Some(PolicyChoice::Encrypt), None) => Some(OverridePolicy::Encrypt),
            (Some(PolicyChoice::Enforce), Some(mx)) if !mx.is_empty() => {
                Some(OverridePolicy::Enforce(mx.into_iter().map(|Pattern(mx)| mx).collect()))
            }
            (Some(PolicyChoice::Enforce), None | Some(_)) => return Err(OverrideError::NoMx),
            (
                None | Some(PolicyChoice::Off | PolicyChoice::May | PolicyChoice::Encrypt),
                Some(_),
            ) => {
                return Err(OverrideError::MxWithoutEnforce);
            }
        };
        Ok(Self(Override { policy, without_dane: section.dane == Some(false) }))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct DomainKey(Domain);

impl TryFrom<String> for DomainKey {
    type Error = String;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|fault| format!("expected a domain: {fault}"))
    }
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OverridesVisitor)
    }
}

struct OverridesVisitor;

impl<'de> Visitor<'de> for OverridesVisitor {
    type Value = Overrides;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of domains")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut overrides = HashMap::new();
        while let Some(DomainKey(domain)) = map.next_key()? {
            let DomainOverride(value) = map.next_value()?;
            // `EXAMPLE.com` and `example.com` are two keys to TOML and one domain to us.
            if overrides.contains_key(&domain) {
                return Err(de::Error::custom(format_args!("{domain} is named twice")));
            }
            overrides.insert(domain, value);
        }
        Ok(Overrides(overrides))
    }
}
