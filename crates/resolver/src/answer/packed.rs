//! A policy in one piece of memory: a million of them are kept, and each is worded from its parts
//! without being taken apart.

use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record::PolicyId;

/// A policy and its id. Made from parsed types only, which is why its parts need no check when
/// they are worded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedPolicy(Box<[u8]>);

/// The same, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyView<'a>(&'a [u8]);

impl PackedPolicy {
    /// Packs a policy.
    pub fn new(id: &PolicyId, policy: &Policy) -> Self {
        let _ = (id, policy);
        todo!()
    }

    /// Its parts.
    pub fn view(&self) -> PolicyView<'_> {
        PolicyView(&self.0)
    }

    /// The policy and its id as they were packed.
    pub fn unpack(&self) -> (PolicyId, Policy) {
        todo!()
    }
}

impl<'a> PolicyView<'a> {
    /// `mode`.
    pub fn mode(self) -> Mode {
        todo!()
    }

    /// `max_age`.
    pub fn max_age(self) -> MaxAge {
        todo!()
    }

    /// The id that announced the policy.
    pub fn id(self) -> &'a str {
        todo!()
    }

    /// The MX patterns as the policy file has them, in its order: letters, digits, hyphens, dots,
    /// and `*.` in front.
    pub fn patterns(self) -> impl Iterator<Item = &'a str> {
        std::iter::empty()
    }

    /// Unknown fields, name and value.
    pub fn extensions(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        std::iter::empty()
    }
}

impl From<&[MxPattern]> for PackedPolicy {
    /// A local policy in mode enforce, with the longest `max_age` and the id `local`.
    fn from(patterns: &[MxPattern]) -> Self {
        let _ = patterns;
        todo!()
    }
}
