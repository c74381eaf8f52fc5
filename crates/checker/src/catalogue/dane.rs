//! Findings of this section.

use super::Entry;

/// The entries of this section, in the order of the reference.
pub const ENTRIES: &[&Entry] = &[];
