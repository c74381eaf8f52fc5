//! Names as DNS has them, any octets allowed.

use super::{Domain, DomainError, check_length};
use std::fmt::{self, Write};
use std::str::FromStr;

/// Any name DNS can hold, in presentation form: lower case, no trailing dot, every octet
/// outside `[a-z0-9_*-]` as `\DDD`, the root as `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DnsName(Box<str>);

impl DnsName {
    /// Builds a name from wire labels (without the root label). Their decoder has held them
    /// to 63 octets each and 255 in all; nothing here relies on it.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut name = String::new();
        for label in labels.into_iter().filter(|label| !label.is_empty()) {
            if !name.is_empty() {
                name.push('.');
            }
            for byte in label {
                push_octet(&mut name, *byte);
            }
        }
        if name.is_empty() {
            name.push('.');
        }
        Self(name.into())
    }

    /// The presentation form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the root, which as an MX exchange means null MX (RFC 7505 §3).
    pub fn is_root(&self) -> bool {
        &*self.0 == "."
    }

    /// The same name as a domain, if it is one.
    pub fn to_domain(&self) -> Option<Domain> {
        Domain::from_a_labels(self.0.as_bytes()).ok()
    }

    /// The wire labels, unescaped; none for the root.
    pub fn labels(&self) -> Vec<Vec<u8>> {
        self.escaped_labels().map(unescape).collect()
    }

    /// The name without its left-most label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let parent = self.0.split_once('.').map_or(".", |(_, parent)| parent);
        Some(Self(parent.into()))
    }

    /// `label.self`; `label` may hold several labels (`_25._tcp`).
    #[must_use]
    pub fn prefixed(&self, label: &str) -> Self {
        let above = self.labels();
        let below = label.split('.').map(str::as_bytes);
        Self::from_labels(below.chain(above.iter().map(Vec::as_slice)))
    }

    fn escaped_labels(&self) -> impl Iterator<Item = &str> {
        // A dot inside a label is written `\046`, so every dot here is a border.
        self.0.split('.').filter(|label| !label.is_empty())
    }
}

impl From<&Domain> for DnsName {
    fn from(domain: &Domain) -> Self {
        Self(domain.0.clone())
    }
}

impl FromStr for DnsName {
    type Err = DomainError;

    /// Reads presentation form (RFC 1035 §5.1), with `\DDD` and `\X` escapes, with or
    /// without the trailing dot.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "." {
            return Ok(Self(".".into()));
        }
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        let mut labels = vec![Vec::new()];
        let mut octets = text.bytes();
        while let Some(octet) = octets.next() {
            let octet = match octet {
                b'.' => {
                    labels.push(Vec::new());
                    continue;
                }
                b'\\' => escaped(&mut octets)?,
                b'!'..=b'~' => octet,
                _ => return Err(DomainError::Character(foreign_character(text))),
            };
            if let Some(label) = labels.last_mut() {
                label.push(octet);
            }
        }
        if labels.last().is_some_and(Vec::is_empty) {
            labels.pop();
        }
        for label in &labels {
            check_length(label)?;
        }
        if labels.iter().map(|label| label.len() + 1).sum::<usize>() + 1 > MAX_WIRE {
            return Err(DomainError::TooLong);
        }
        Ok(Self::from_labels(labels.iter().map(Vec::as_slice)))
    }
}

impl AsRef<str> for DnsName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn push_octet(name: &mut String, octet: u8) {
    match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'*' | b'-' => {
            name.push(char::from(octet.to_ascii_lowercase()));
        }
        _ => {
            // Writing to a `String` cannot fail.
            let _ = write!(name, "\\{octet:03}");
        }
    }
}

/// The octet that a backslash introduces: three decimal digits, or any other character.
fn escaped(octets: &mut impl Iterator<Item = u8>) -> Result<u8, DomainError> {
    const BROKEN: DomainError = DomainError::Character('\\');
    let first = octets.next().ok_or(BROKEN)?;
    if !first.is_ascii_digit() {
        return if first.is_ascii_graphic() || first == b' ' { Ok(first) } else { Err(BROKEN) };
    }
    let mut value = u32::from(first - b'0');
    for _ in 0..2 {
        let digit = octets.next().filter(u8::is_ascii_digit).ok_or(BROKEN)?;
        value = value * 10 + u32::from(digit - b'0');
    }
    u8::try_from(value).map_err(|_| BROKEN)
}

/// The first character of `text` that cannot stand in presentation form unescaped.
fn foreign_character(text: &str) -> char {
    text.chars().find(|c| !c.is_ascii_graphic()).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Undoes [`push_octet`].
fn unescape(label: &str) -> Vec<u8> {
    let mut octets = label.bytes();
    let mut wire = Vec::with_capacity(label.len());
    while let Some(octet) = octets.next() {
        match octet {
            b'\\' => wire.extend(escaped(&mut octets)),
            _ => wire.push(octet),
        }
    }
    wire
}

/// RFC 1035 §2.3.4: octets of a name on the wire, length octets and root included.
const MAX_WIRE: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use DomainError as E;

    #[test]
    fn holds_any_octets() {
        let labels: [&[u8]; 3] = [b"A.b \xff\0", b"_x*", b"Test"];
        let name = DnsName::from_labels(labels);
        assert_eq!(name.as_str(), "a\\046b\\032\\255\\000._x*.test");
        let lower: [&[u8]; 3] = [b"a.b \xff\0", b"_x*", b"test"];
        assert_eq!(name.labels(), lower);
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
        assert_eq!(name.to_domain(), None);
        assert_eq!(name.parent().map(|parent| parent.to_string()), Some("_x*.test".into()));
    }

    #[test]
    fn the_root_is_a_name() {
        let root = DnsName::from_labels([]);
        assert!(root.is_root() && root.labels().is_empty());
        assert_eq!((root.as_str(), root.parent(), root.to_domain()), (".", None, None));
        assert_eq!("test".parse::<DnsName>().unwrap().parent(), Some(root.clone()));
        assert_eq!(".".parse(), Ok(root));
    }

    #[test]
    fn reads_presentation_form() {
        let long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(61));
        let table = [
            ("MX.a.Test.", Ok("mx.a.test"), "case and the trailing dot"),
            ("_25._tcp.mx.a.test", Ok("_25._tcp.mx.a.test"), "underscores"),
            ("a\\.b.test", Ok("a\\046b.test"), "an escaped dot"),
            ("a\\098.test", Ok("ab.test"), "a needless escape"),
            ("a@b.test", Ok("a\\064b.test"), "any printable octet"),
            (&long, Ok(&*long), "255 octets on the wire"),
            ("", Err(E::Empty), "nothing"),
            ("a..test", Err(E::EmptyLabel), "two dots"),
            (".test", Err(E::EmptyLabel), "a leading dot"),
            ("a\\", Err(E::Character('\\')), "half an escape"),
            ("a\\12", Err(E::Character('\\')), "two digits"),
            ("a\\256", Err(E::Character('\\')), "no octet"),
            ("a b", Err(E::Character(' ')), "a blank"),
            ("bücher.test", Err(E::Character('ü')), "not ASCII"),
            (&"a".repeat(64), Err(E::LabelTooLong), "64 octets in a label"),
            (&format!("{long}a"), Err(E::TooLong), "256 octets on the wire"),
        ];
        for (text, expected, reason) in table {
            let found = text.parse::<DnsName>();
            assert_eq!(found.as_ref().map(DnsName::as_str), expected.as_ref().copied(), "{reason}");
        }
    }
}
