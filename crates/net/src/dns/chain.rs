//! The alias chain from the name asked for to the owner of the records.

use super::answer::DnsError;
use bytes::Bytes;
use domain::base::Name;
use domain::base::name::{Label, ToLabelIter};
use ironpost_proto::domain::DnsName;

/// The name asked for and the alias targets after it. Never empty, never twice the same name.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    start: Name<Bytes>,
    targets: Vec<Name<Bytes>>,
}

impl Chain {
    /// A chain without an alias so far.
    pub(super) fn new(start: Name<Bytes>) -> Self {
        Self { start, targets: Vec::new() }
    }

    /// The name asked for.
    pub(super) fn start(&self) -> &Name<Bytes> {
        &self.start
    }

    /// The name at the end.
    pub(super) fn end(&self) -> &Name<Bytes> {
        self.targets.last().unwrap_or(&self.start)
    }

    /// All names, the one asked for first.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name<Bytes>> {
        std::iter::once(&self.start).chain(&self.targets)
    }

    /// The alias targets in order.
    pub(super) fn aliases(&self) -> Vec<DnsName> {
        self.targets.iter().map(to_dns_name).collect()
    }

    /// How many aliases there are.
    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    /// Goes on to `target`.
    pub(super) fn push(&mut self, target: Name<Bytes>) -> Result<(), DnsError> {
        // Names compare without case, RFC 4343 §3.
        if self.names().any(|name| *name == target) {
            return Err(DnsError::AliasLoop { at: to_dns_name(&target), aliases: self.aliases() });
        }
        if self.targets.len() == LIMIT {
            return Err(DnsError::AliasLimit { limit: LIMIT, aliases: self.aliases() });
        }
        self.targets.push(target);
        Ok(())
    }
}

/// The presentation form of a wire name.
pub(super) fn to_dns_name(name: &impl ToLabelIter) -> DnsName {
    let labels: Vec<&Label> = name.iter_labels().collect();
    DnsName::from_labels(labels.iter().map(|label| label.as_slice()))
}

/// Recursive resolvers give up after about as many (Unbound and BIND: 11 or more).
const LIMIT: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name<Bytes> {
        Name::bytes_from_str(text).unwrap()
    }

    #[test]
    fn a_chain_ends_at_a_name_met_twice() {
        let mut chain = Chain::new(name("a.example"));
        chain.push(name("b.example")).unwrap();
        assert_eq!(
            chain.push(name("A.Example")),
            Err(DnsError::AliasLoop {
                at: "a.example".parse().unwrap(),
                aliases: vec!["b.example".parse().unwrap()],
            })
        );
        assert_eq!(chain.end(), &name("b.example"));
    }

    #[test]
    fn a_chain_has_no_more_than_twelve_aliases() {
        let mut chain = Chain::new(name("start.example"));
        for link in 1..=LIMIT {
            chain.push(name(&format!("link{link}.example"))).unwrap();
        }
        assert!(matches!(
            chain.push(name("beyond.example")),
            Err(DnsError::AliasLimit { limit: LIMIT, aliases }) if aliases.len() == LIMIT
        ));
    }
}
