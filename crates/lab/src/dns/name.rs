//! Domain names as keys.

use bytes::Bytes;
use domain::base::Name;
use domain::base::name::ToName;
use std::borrow::Borrow;
use std::fmt;

/// A domain name in wire form and lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WireName(Bytes);

impl WireName {
    pub(crate) fn of(name: &impl ToName) -> Self {
        let mut wire = Vec::with_capacity(64);
        // A vector takes whatever is written to it.
        let _ = name.compose_canonical(&mut wire);
        Self(wire.into())
    }

    /// A piece of another such name, from the start of a label to the end.
    pub(super) fn from_wire(wire: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(wire))
    }

    /// The name that uncompressed RDATA consists of.
    pub(super) fn from_rdata(data: &[u8]) -> Option<Self> {
        Name::from_slice(data).ok().map(|name| Self::of(&name))
    }

    /// An absolute name, with or without its last dot.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Name::vec_from_str(text).ok().map(|name| Self::of(&name))
    }

    /// A name as a zone file has it: `@`, or relative to `origin` unless it ends in a dot.
    pub(crate) fn parse_relative(text: &str, origin: &str) -> Option<Self> {
        match text {
            "@" => Self::parse(origin),
            absolute if absolute.ends_with('.') => Self::parse(absolute),
            relative => Self::parse(&format!("{relative}.{origin}")),
        }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The name itself, then each ancestor up to the root.
    pub(crate) fn and_ancestors(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::successors(Some(self.as_slice()), |name| parent(name))
    }
}

/// The name without its first label; `None` for the root.
pub(crate) fn parent(wire: &[u8]) -> Option<&[u8]> {
    let label = usize::from(*wire.first()?);
    if label == 0 { None } else { wire.get(label + 1..) }
}

/// Lets maps keyed by names be asked with slices.
impl Borrow<[u8]> for WireName {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Name::from_slice(&self.0) {
            Ok(name) => write!(f, "{name}"),
            Err(_) => f.write_str("?"),
        }
    }
}

impl fmt::Debug for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WireName({self})")
    }
}
