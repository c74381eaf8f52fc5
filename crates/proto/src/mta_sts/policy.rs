//! The policy file, RFC 8461 §3.2.

use super::mx_pattern::{MxPattern, PatternFault};
use crate::deviation::Parsed;
use std::time::Duration;

/// What a sender does when an MX fails validation (§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Never deliver to that MX.
    Enforce,
    /// Deliver and report.
    Testing,
    /// As if there were no policy.
    None,
}

/// How long a policy may be kept after a fetch: 0 to 31,557,600 s, larger values capped (A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaxAge(u32);

impl MaxAge {
    /// The largest value, 365.25 days in seconds (§3.2).
    pub const MAX: Self = Self(31_557_600);
    /// Seconds, capped at [`Self::MAX`].
    pub fn from_secs(secs: u64) -> Self {
        Self(u32::try_from(secs).unwrap_or(u32::MAX).min(Self::MAX.0))
    }
    /// Seconds.
    pub fn as_secs(self) -> u32 {
        self.0
    }
    /// The same as a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

/// A valid policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `mode`.
    pub mode: Mode,
    /// `max_age`.
    pub max_age: MaxAge,
    /// The `mx` patterns in file order; empty only in mode none.
    pub mx: Vec<MxPattern>,
    /// The first of each unknown field, in order.
    pub extensions: Vec<(Box<str>, Box<str>)>,
}

/// How a policy file departs from §3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyFault {
    /// Fatal: no octets, or nothing but white space.
    Empty,
    /// Fatal: a byte order mark, or UTF-16.
    ByteOrderMark,
    /// Fatal: a carriage return without a line feed.
    BareCr,
    /// Fatal: an HTML (or XML) page.
    Html,
    /// Fatal: not `name: value` (no colon, a blank before the name or the colon, a comment,
    /// a control character, invalid UTF-8, a bad extension).
    Syntax,
    /// Fatal: the whole policy on one line, or line ends written as the two characters `\n`.
    OneLine,
    /// Blank lines. Fatal between fields; tolerated at the end of the file (A14).
    BlankLine,
    /// Fatal: no `version`.
    MissingVersion,
    /// Fatal: the first `version` is not `STSv1`.
    Version,
    /// Fatal: no `mode`.
    MissingMode,
    /// Fatal: the first `mode` is not one of the three words.
    Mode,
    /// Fatal: no `max_age`.
    MissingMaxAge,
    /// Fatal: the first `max_age` is not 1 to 10 digits.
    MaxAge,
    /// Not fatal: `max_age` above 31,557,600; senders cap it (A4).
    MaxAgeRange,
    /// Fatal: no `mx` and the mode is not none.
    MissingMx,
    /// Fatal: an `mx` that is no pattern (A2, A3).
    Mx(PatternFault),
    /// Harmless: a repeated `version`, `mode` or `max_age`; the first counts.
    Repeated(Field),
    /// Harmless: `version` is not the first field.
    VersionNotFirst,
    /// Harmless: an unknown field.
    UnknownField,
    /// Harmless: a repeated unknown field.
    RepeatedUnknownField,
}

/// A field that may appear once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// `version`
    Version,
    /// `mode`
    Mode,
    /// `max_age`
    MaxAge,
}

/// The most octets a policy may have; a longer body is a failed fetch (§3.3).
pub const MAX_BODY: usize = 64 * 1024;

/// Parses a policy file of any content; the body as it came, undecoded.
pub fn parse(_body: &[u8]) -> Parsed<Policy, PolicyFault> {
    todo!()
}

impl Policy {
    /// True if any pattern matches the name of an MX record.
    pub fn covers(&self, host: &crate::domain::DnsName) -> bool {
        self.mx.iter().any(|p| p.matches_name(host))
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        })
    }
}

impl std::fmt::Display for Policy {
    /// The canonical file: version, mode, mx, max_age, extensions; LF line ends, one after
    /// the last line.
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
