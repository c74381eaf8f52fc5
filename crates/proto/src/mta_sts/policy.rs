//! The policy file, RFC 8461 §3.2.

mod encoding;
mod entry;
mod lines;
mod mention;
mod parse;

pub use parse::parse;

use super::mx_pattern::{MxPattern, PatternFault};
use crate::txt_fields::is_extension_name;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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
    pub extensions: Vec<Extension>,
}

impl Policy {
    /// True if any pattern matches the name of an MX record.
    pub fn covers(&self, host: &crate::domain::DnsName) -> bool {
        self.mx.iter().any(|pattern| pattern.matches_name(host))
    }

    /// The shortest file that [`parse`] reads as this policy: no blank after a colon, no line end
    /// after the last line. It is never longer than a file that the policy was read from, so that
    /// it stays within [`MAX_BODY`].
    pub fn compact(&self) -> String {
        let canonical = self.to_string();
        let lines = canonical.lines().map(|line| line.replacen(": ", ":", 1));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Policy {
    /// The canonical file: version, mode, mx, max_age, extensions; LF line ends, one after
    /// the last line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version: STSv1")?;
        writeln!(f, "mode: {}", self.mode)?;
        self.mx.iter().try_for_each(|pattern| writeln!(f, "mx: {pattern}"))?;
        writeln!(f, "max_age: {}", self.max_age.as_secs())?;
        self.extensions.iter().try_for_each(|e| writeln!(f, "{}: {}", e.name(), e.value()))
    }
}

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

impl Mode {
    /// The word in a policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Mode {
    type Err = PolicyFault;

    /// Reads one of the three words, in lower case as the policy file has them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "enforce" => Ok(Self::Enforce),
            "testing" => Ok(Self::Testing),
            "none" => Ok(Self::None),
            _ => Err(PolicyFault::Mode),
        }
    }
}

/// How long a policy may be kept after a fetch: 0 to 31,557,600 s, larger values capped (A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaxAge(u32);

impl MaxAge {
    /// The largest value, 365.25 days in seconds (§3.2).
    pub const MAX: Self = Self(31_557_600);

    /// Days, capped at [`Self::MAX`].
    pub const fn from_days(days: u32) -> Self {
        let secs = days.saturating_mul(86_400);
        Self(if secs > Self::MAX.0 { Self::MAX.0 } else { secs })
    }

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

/// A field that the RFC does not know, within the grammar of `sts-policy-extension`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extension {
    name: Box<str>,
    value: Box<str>,
}

impl Extension {
    /// A field to publish; `None` if it would not be read back as it is: a name outside the
    /// grammar or with a meaning of its own, a value that is empty, has blanks at its ends or
    /// a control character.
    pub fn new(name: &str, value: &str) -> Option<Self> {
        let known = ["version", "mode", "max_age", "mx"].contains(&name);
        if known || !is_extension_name(name.as_bytes()) || value_fault(value.as_bytes()).is_some() {
            return None;
        }
        Some(Self { name: name.into(), value: value.into() })
    }

    /// The name: a letter or digit, then up to 31 letters, digits, `_`, `-` or `.`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value: UTF-8 without ASCII control characters and without spaces at its ends.
    /// It may hold characters that act on a terminal; show it as a
    /// [`Visible`](crate::visible::Visible).
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// How a policy file departs from §3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PolicyFault {
    /// Fatal: over [`MAX_BODY`] octets; nothing else was looked at.
    #[error("the policy is longer than 64 KiB")]
    TooLarge,
    /// Fatal: no octets, or nothing but white space.
    #[error("the policy is empty")]
    Empty,
    /// Fatal: a byte order mark, or UTF-16.
    #[error("the policy begins with a byte order mark or is UTF-16")]
    ByteOrderMark,
    /// Fatal: a carriage return without a line feed.
    #[error("a carriage return stands without a line feed")]
    BareCr,
    /// Fatal: an HTML (or XML) page.
    #[error("the policy is a web page")]
    Html,
    /// Fatal: not `name: value` (no colon, a blank before the name or the colon, a comment,
    /// a control character, invalid UTF-8, a bad extension).
    #[error("a line is not name: value")]
    Syntax,
    /// Fatal: the whole policy on one line, or line ends written as the two characters `\n`.
    #[error("several fields stand on one line")]
    OneLine,
    /// Blank lines. Fatal between fields; empty ones are tolerated at the end of the file (A14).
    #[error("a line is blank")]
    BlankLine,
    /// Fatal: no `version`.
    #[error("the policy has no version")]
    MissingVersion,
    /// Fatal: the first `version` is not `STSv1`.
    #[error("the version is not STSv1")]
    Version,
    /// Fatal: no `mode`.
    #[error("the policy has no mode")]
    MissingMode,
    /// Fatal: the first `mode` is not one of the three words.
    #[error("the mode is not enforce, testing or none")]
    Mode,
    /// Fatal: no `max_age`.
    #[error("the policy has no max_age")]
    MissingMaxAge,
    /// Fatal: the first `max_age` is not 1 to 10 digits.
    #[error("max_age is not 1 to 10 digits")]
    MaxAge,
    /// Not fatal: `max_age` above 31,557,600; senders cap it (A4).
    #[error("max_age is above 31557600")]
    MaxAgeRange,
    /// Fatal: no `mx` and the mode is not none.
    #[error("the policy has no mx")]
    MissingMx,
    /// Fatal: an `mx` that is no pattern (A2, A3). One exception is not fatal: a bare IPv4
    /// address is a name by the grammar, and yet no MX has such a name.
    #[error("an mx is no pattern: {0}")]
    Mx(PatternFault),
    /// Harmless: a repeated `version`, `mode` or `max_age`; the first counts.
    #[error("a field is repeated")]
    Repeated(Field),
    /// Harmless: `version` is not the first field.
    #[error("version is not the first field")]
    VersionNotFirst,
    /// Harmless: an unknown field. The excerpt is its name.
    #[error("an unknown field")]
    UnknownField,
    /// Harmless: a repeated unknown field. The excerpt is its name.
    #[error("a repeated unknown field")]
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

/// Where `value` departs from `sts-policy-ext-value`: printable ASCII, spaces inside, and any
/// UTF-8 beyond ASCII.
fn value_fault(value: &[u8]) -> Option<usize> {
    if value.is_empty() || value.starts_with(b" ") {
        return Some(0);
    }
    if value.ends_with(b" ") {
        return Some(value.len() - 1);
    }
    let invalid = std::str::from_utf8(value).err().map(|error| error.valid_up_to());
    let control = value.iter().position(u8::is_ascii_control);
    invalid.into_iter().chain(control).min()
}
