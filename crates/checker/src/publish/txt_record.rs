//! TXT records to publish, as zone files and as providers' forms want them.

use ironpost_proto::domain::{DnsName, Domain};
use std::fmt;

/// A TXT record to publish under a policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxtRecord {
    label: &'static str,
    domain: Option<Domain>,
    value: String,
}

impl TxtRecord {
    /// The record at `_mta-sts` under `domain`; without a domain its name stays relative.
    pub fn mta_sts(domain: Option<&Domain>, value: String) -> Self {
        Self { label: "_mta-sts", domain: domain.cloned(), value }
    }

    /// The record at `_smtp._tls` under `domain`; without a domain its name stays relative.
    pub fn tls_rpt(domain: Option<&Domain>, value: String) -> Self {
        Self { label: "_smtp._tls", domain: domain.cloned(), value }
    }

    /// The full name; `None` without a domain.
    pub fn name(&self) -> Option<DnsName> {
        self.domain.as_ref().map(|domain| domain.prefixed(self.label))
    }

    /// What to type into a form that adds the registered domain by itself: `_mta-sts` for
    /// `example.com`, `_mta-sts.lists` for `lists.example.com`.
    pub fn form_name(&self) -> String {
        let below = self.domain.as_ref().and_then(|domain| {
            let registered = psl::domain_str(domain.as_str())?;
            domain.as_str().strip_suffix(registered)?.strip_suffix('.')
        });
        match below {
            Some(below) => format!("{}.{below}", self.label),
            None => self.label.to_owned(),
        }
    }

    /// The value, without quotation marks.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for TxtRecord {
    /// One line of a zone file, with [`TTL`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}.")?,
            None => f.write_str(self.label)?,
        }
        write!(f, " {TTL} IN TXT {}", quoted(&self.value))
    }
}

/// A TXT value as a zone file has it: character-strings of at most 255 octets in quotation
/// marks (RFC 1035 §3.3, §5.1), which readers join with nothing between.
pub fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    let mut octets = 0;
    for byte in value.bytes() {
        if octets == MAX_STRING {
            out.push_str("\" \"");
            octets = 0;
        }
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.extend(format!("\\{byte:03}").chars()),
        }
        octets += 1;
    }
    out.push('"');
    out
}

/// The TTL to publish: an hour keeps a change of policy quick and queries few.
pub const TTL: u32 = 3600;

/// RFC 1035 §3.3: the length of a character-string is one octet.
const MAX_STRING: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_domain() {
        let table = [
            (Some("example.com"), "_mta-sts.example.com. 3600 IN TXT \"x\"", "_mta-sts"),
            (
                Some("a.b.example.co.uk"),
                "_mta-sts.a.b.example.co.uk. 3600 IN TXT \"x\"",
                "_mta-sts.a.b",
            ),
            (None, "_mta-sts 3600 IN TXT \"x\"", "_mta-sts"),
        ];
        for (domain, line, form) in table {
            let domain = domain.map(|d| d.parse::<Domain>().unwrap());
            let record = TxtRecord::mta_sts(domain.as_ref(), "x".into());
            assert_eq!((record.to_string().as_str(), record.form_name().as_str()), (line, form));
        }
        assert_eq!(TxtRecord::tls_rpt(None, String::new()).form_name(), "_smtp._tls");
    }

    #[test]
    fn values_survive_a_zone_file() {
        assert_eq!(quoted("a\"b\\c\u{e9}\n"), r#""a\"b\\c\195\169\010""#);
        let long = "x".repeat(256);
        assert_eq!(quoted(&long), format!("\"{}\" \"x\"", "x".repeat(255)));
        assert_eq!(quoted(""), "\"\"");
    }
}
