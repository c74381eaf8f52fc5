//! Where and how a text departs from its grammar.

use crate::visible::Visible;

/// One departure from the grammar or from good practice, at a place in the input.
///
/// `class` says which rule; whether it costs the sender's verdict is told by
/// [`Parsed::verdict`], not by the presence of deviations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation<C> {
    /// Line, counted from 1 (always 1 for a TXT record).
    pub line: usize,
    /// Column in bytes within the line, counted from 1.
    pub column: usize,
    /// Which rule is departed from.
    pub class: C,
    /// The offending piece, made visible and cut to at most 80 characters.
    pub excerpt: Visible,
}

/// Two parsers' worth of answer from one pass over the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T, C> {
    /// What a conforming sender makes of it: the value, or the first fatal deviation.
    pub verdict: Result<T, C>,
    /// Every deviation in order of appearance, fatal or not.
    pub deviations: Vec<Deviation<C>>,
}
