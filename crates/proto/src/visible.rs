//! Text from outside that can be shown anywhere a plain string can.

/// A string in which nothing acts: control characters (C0, DEL, C1), bidirectional and
/// other format characters, line and paragraph separators and bytes that are not UTF-8
/// are written as escapes (`\n`, `\x1b`, `\u{202e}`, `\xff`).
///
/// It may still hold `<`, `&`, quotes or `=`: HTML, CSV and shell have escapes of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Visible(Box<str>);

impl Visible {
    /// Makes `bytes` visible.
    pub fn from_bytes(_bytes: &[u8]) -> Self {
        todo!()
    }
    /// Makes `bytes` visible and cuts the result at `max` characters, marking the cut with `…`.
    pub fn excerpt(_bytes: &[u8], _max: usize) -> Self {
        todo!()
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Visible {
    fn from(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl std::fmt::Display for Visible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}
