//! Domain names: policy domains and host names as A-labels, and names as DNS has them.

mod code_points;
mod dns_name;

pub use dns_name::DnsName;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

/// A domain in the sense of RFC 5321 §4.1.2: A-labels in lower case, no trailing dot,
/// labels of letters, digits and inner hyphens (1 to 63 octets), at most 253 octets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Box<str>);

/// Why a text is not a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DomainError {
    /// Nothing but blanks or dots.
    #[error("the name is empty")]
    Empty,
    /// Over 253 octets as A-labels.
    #[error("the name is longer than 253 octets")]
    TooLong,
    /// A label of no octets (two dots in a row, a leading dot).
    #[error("a label is empty")]
    EmptyLabel,
    /// A label over 63 octets.
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// A character that no domain has.
    #[error("{0:?} is not allowed in a domain")]
    Character(char),
    /// A hyphen at the start or the end of a label.
    #[error("a label starts or ends with a hyphen")]
    Hyphen,
    /// Not a valid IDNA label (RFC 5891 §5).
    #[error("not a valid internationalised label")]
    Idna,
}

impl Domain {
    /// Reads an A-label domain with no mapping but case folding: U-labels, trailing dots
    /// and underscores are errors. This is the reading for policy files (RFC 8461 §3.2) and
    /// for names out of DNS.
    ///
    /// The grammar knows letters, digits and hyphens only, so hyphens in the third and
    /// fourth place (`r3---sn.example`) are accepted, and so is an `xn--` label that no
    /// U-label gives: RFC 5891 §5.3 leaves it to the reader whether to decode.
    pub fn from_a_labels(text: &[u8]) -> Result<Self, DomainError> {
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        if let Some(at) = text.iter().position(|b| !is_ldh(*b) && *b != b'.') {
            return Err(DomainError::Character(char_at(text, at)));
        }
        for label in text.split(|b| *b == b'.') {
            check_length(label)?;
            if label.starts_with(b"-") || label.ends_with(b"-") {
                return Err(DomainError::Hyphen);
            }
        }
        if text.len() > MAX_NAME {
            return Err(DomainError::TooLong);
        }
        let name = text.iter().map(|b| char::from(b.to_ascii_lowercase())).collect::<String>();
        Ok(Self(name.into()))
    }

    /// The domain as A-labels.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels from left to right.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// The domain without its left-most label; `None` for a single label.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, parent)| Self(parent.into()))
    }

    /// True if `self` equals `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        self.0
            .strip_suffix(ancestor.as_str())
            .is_some_and(|below| below.is_empty() || below.ends_with('.'))
    }

    /// `label.self` as a DNS name; `label` may begin with an underscore or hold several labels
    /// (`_mta-sts`, `_25._tcp`). The name may be too long for DNS; its encoder says so.
    pub fn prefixed(&self, label: &str) -> DnsName {
        DnsName::from_labels(label.split('.').chain(self.labels()).map(str::as_bytes))
    }

    /// The form for people: U-labels where they are valid, A-labels elsewhere.
    pub fn to_unicode(&self) -> String {
        let labels = self.labels().map(|label| {
            decode(label).filter(|unicode| is_u_label(unicode)).unwrap_or_else(|| label.to_owned())
        });
        labels.collect::<Vec<_>>().join(".")
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    /// Reads what a person types: U-labels are converted, case folded, one trailing dot
    /// dropped (RFC 5891 §5). An `xn--` label must stand for a valid U-label.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim_matches(|c: char| c.is_whitespace() || c == '.').is_empty() {
            return Err(DomainError::Empty);
        }
        if text.len() > MAX_TYPED {
            return Err(DomainError::TooLong);
        }
        if let Some(c) = text.bytes().find(|b| b.is_ascii() && !is_ldh(*b) && *b != b'.') {
            return Err(DomainError::Character(char::from(c)));
        }
        let ascii = Uts46::new()
            .to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Ignore)
            .map_err(|_| DomainError::Idna)?;
        let domain = Self::from_a_labels(ascii.strip_suffix('.').unwrap_or(&ascii).as_bytes())?;
        // What was typed as a U-label must be one. An A-label may stand for what only the
        // mapping of UTS 46 allows, symbols for instance: such names exist.
        let typed = |label: &str| text.split(DOTS).any(|typed| typed.eq_ignore_ascii_case(label));
        let valid = domain
            .labels()
            .filter(|label| !typed(label))
            .filter_map(decode)
            .all(|label| is_u_label(&label));
        if valid { Ok(domain) } else { Err(DomainError::Idna) }
    }
}

impl AsRef<str> for Domain {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Domain {
    /// Hashes and compares as its text does, so that maps can be asked with a text.
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn is_ldh(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn check_length(label: &[u8]) -> Result<(), DomainError> {
    match label.len() {
        0 => Err(DomainError::EmptyLabel),
        1..=MAX_LABEL => Ok(()),
        _ => Err(DomainError::LabelTooLong),
    }
}

/// What an A-label stands for; `None` for any other label.
fn decode(label: &str) -> Option<String> {
    let (unicode, valid) =
        Uts46::new().to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow);
    valid.ok().map(|()| unicode.into_owned()).filter(|unicode| !unicode.is_ascii())
}

/// RFC 5891 §5.4, beyond what the mapping checks: the code points, and no hyphens in the third
/// and fourth place. Labels of ASCII letters may have those, and content networks do.
fn is_u_label(unicode: &str) -> bool {
    !unicode.chars().skip(2).take(2).eq(['-', '-']) && unicode.chars().all(code_points::is_allowed)
}

/// The character that begins at `at`, U+FFFD if the bytes there are not UTF-8.
fn char_at(text: &[u8], at: usize) -> char {
    let rest = text.get(at..).unwrap_or_default();
    let first = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    first.unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// RFC 3490 §3.1: what divides labels as people type them.
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// RFC 1035 §2.3.4: octets of a label.
const MAX_LABEL: usize = 63;

/// RFC 1035 §2.3.4: 255 octets on the wire are 253 in text without the trailing dot.
const MAX_NAME: usize = 253;

/// What a person may type: no A-label is longer than its U-label's UTF-8 in four octets a
/// character, so anything past this is too long in any form.
const MAX_TYPED: usize = 4 * MAX_NAME + 1;

#[cfg(test)]
mod tests {
    use super::*;
    use DomainError as E;

    #[test]
    fn reads_a_labels_without_mapping() {
        let long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(61));
        let table = [
            ("a.test", Ok("a.test"), "a name"),
            ("MX.A.Test", Ok("mx.a.test"), "case folds"),
            ("localhost", Ok("localhost"), "one label is enough"),
            ("1.2.3.4", Ok("1.2.3.4"), "labels of digits"),
            ("r3---sn.a.test", Ok("r3---sn.a.test"), "hyphens in the third and fourth place"),
            ("xn--bcher-kva.test", Ok("xn--bcher-kva.test"), "an A-label"),
            ("xn--0.test", Ok("xn--0.test"), "an A-label that is none, as LDH"),
            (&long, Ok(&*long), "253 octets"),
            ("", Err(E::Empty), "nothing"),
            (".", Err(E::EmptyLabel), "a dot"),
            ("a.test.", Err(E::EmptyLabel), "a trailing dot"),
            (".a.test", Err(E::EmptyLabel), "a leading dot"),
            ("a..test", Err(E::EmptyLabel), "two dots"),
            ("-a.test", Err(E::Hyphen), "a hyphen at the start"),
            ("a-.test", Err(E::Hyphen), "a hyphen at the end"),
            ("a_b.test", Err(E::Character('_')), "an underscore"),
            ("*.test", Err(E::Character('*')), "a star"),
            ("a test", Err(E::Character(' ')), "a blank"),
            ("bücher.test", Err(E::Character('ü')), "a U-label"),
            ("a.test\u{2028}", Err(E::Character('\u{2028}')), "a separator"),
            (&"a".repeat(64), Err(E::LabelTooLong), "64 octets in a label"),
            (&format!("{long}a"), Err(E::TooLong), "254 octets"),
        ];
        for (text, expected, reason) in table {
            let found = Domain::from_a_labels(text.as_bytes());
            assert_eq!(found.as_ref().map(Domain::as_str), expected.as_ref().copied(), "{reason}");
        }
        let no_utf8 = Err(E::Character(char::REPLACEMENT_CHARACTER));
        assert_eq!(Domain::from_a_labels(b"a\xff.test"), no_utf8);
    }

    #[test]
    fn reads_what_a_person_types() {
        let table = [
            ("Bücher.Test", Ok("xn--bcher-kva.test"), "a U-label in any case"),
            ("bu\u{308}cher.test", Ok("xn--bcher-kva.test"), "decomposed"),
            ("XN--BCHER-KVA.test.", Ok("xn--bcher-kva.test"), "an A-label in capitals, a dot"),
            ("straße.test", Ok("xn--strae-oqa.test"), "sharp s stays itself (nontransitional)"),
            ("ｍｘ．test。", Ok("mx.test"), "full-width letters and dots"),
            ("日本語.test", Ok("xn--wgv71a119e.test"), "Japanese"),
            ("r3---sn.test", Ok("r3---sn.test"), "hyphens in the third and fourth place"),
            ("xn--ls8h.test", Ok("xn--ls8h.test"), "a name that exists, if not by RFC 5892"),
            ("", Err(E::Empty), "nothing"),
            (" . ", Err(E::Empty), "blanks and dots"),
            ("a.test..", Err(E::EmptyLabel), "two trailing dots"),
            ("a b.test", Err(E::Character(' ')), "a blank"),
            ("user@a.test", Err(E::Character('@')), "a mail address"),
            ("https://a.test", Err(E::Character(':')), "a URL"),
            ("a_b.test", Err(E::Character('_')), "an underscore (STD3)"),
            ("büc--her.test", Ok("xn--bc--her-n2a.test"), "hyphens further on"),
            ("ab--ü.test", Err(E::Idna), "hyphens in the third and fourth place of a U-label"),
            ("\u{301}a.test", Err(E::Idna), "a leading combining mark"),
            ("“a.test”", Err(E::Idna), "typographic quotes"),
            ("💩.test", Err(E::Idna), "a symbol"),
            ("a\u{200b}b.test", Ok("ab.test"), "an invisible blank maps to nothing"),
            ("a\u{202e}b.test", Err(E::Idna), "a direction override"),
            ("xn--0.test", Err(E::Idna), "no Punycode"),
            ("ü。xn--ls8h", Ok("xn--tda.xn--ls8h"), "a U-label beside such an A-label"),
        ];
        for (text, expected, reason) in table {
            let found = text.parse::<Domain>();
            assert_eq!(found.as_ref().map(Domain::as_str), expected.as_ref().copied(), "{reason}");
        }
        assert_eq!("ü".repeat(100_000).parse::<Domain>(), Err(E::TooLong));
        assert_eq!("ü".repeat(250).parse::<Domain>(), Err(E::LabelTooLong));
    }

    #[test]
    fn knows_its_relatives_and_its_other_form() {
        let domain = |text: &str| text.parse::<Domain>().unwrap();
        let name = domain("mx.bücher.test");
        assert_eq!(name.to_unicode(), "mx.bücher.test");
        assert_eq!(Domain::from_a_labels(b"xn--0.test").unwrap().to_unicode(), "xn--0.test");
        assert_eq!(domain("xn--ls8h.test").to_unicode(), "xn--ls8h.test", "a symbol is not shown");
        assert_eq!(name.parent(), Some(domain("bücher.test")));
        assert_eq!(domain("test").parent(), None);
        assert!(name.is_within(&domain("test")) && name.is_within(&name));
        assert!(!domain("evilbücher.test").is_within(&domain("bücher.test")));
        assert_eq!(name.prefixed("_25._tcp").as_str(), "_25._tcp.mx.xn--bcher-kva.test");
    }
}
