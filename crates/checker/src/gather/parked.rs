//! What a domain that takes no mail should say beside its null MX.

use super::Look;
use crate::evidence::ParkedEvidence;
use ironpost_net::dns::answer::Lookup;
use ironpost_proto::domain::DnsName;

impl Look<'_> {
    /// `None` if a lookup failed: what could not be looked up is not held against the domain.
    pub(super) async fn parked(&self) -> Option<ParkedEvidence> {
        let resolver = self.plain();
        let (apex, dmarc) = (DnsName::from(self.domain), self.domain.prefixed("_dmarc"));
        let (spf, dmarc) = tokio::join!(resolver.txt(&apex), resolver.txt(&dmarc));
        let any = |answer: Lookup<Vec<u8>>, test: fn(&str) -> bool| {
            let answer = answer.ok()?;
            Some(answer.records().iter().any(|r| test(&String::from_utf8_lossy(r))))
        };
        Some(ParkedEvidence {
            spf_denies_all: any(spf, spf_denies_all)?,
            dmarc_rejects: any(dmarc, dmarc_rejects)?,
        })
    }
}

/// RFC 7208 §4.6.2: nothing but `-all`.
fn spf_denies_all(text: &str) -> bool {
    let mut terms = text.split_ascii_whitespace();
    terms.next().is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"))
        && terms.next().is_some_and(|term| term.eq_ignore_ascii_case("-all"))
        && terms.next().is_none()
}

/// RFC 7489 §6.3: `p=reject`.
fn dmarc_rejects(text: &str) -> bool {
    text.starts_with("v=DMARC1")
        && text.split(';').any(|tag| {
            let mut parts = tag.splitn(2, '=').map(str::trim);
            parts.next() == Some("p")
                && parts.next().is_some_and(|value| value.eq_ignore_ascii_case("reject"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_the_records_of_a_parked_domain() {
        for (text, expected, why) in [
            ("v=spf1 -all", true, "the record itself"),
            ("V=SPF1  -ALL", true, "case and blanks do not matter"),
            ("v=spf1 mx -all", false, "the MX may send"),
            ("v=spf1 ~all", false, "soft fail"),
        ] {
            assert_eq!(spf_denies_all(text), expected, "{why}");
        }
        for (text, expected, why) in [
            ("v=DMARC1; p=reject;", true, "the record itself"),
            ("v=DMARC1;p = Reject; rua=mailto:a@b.example", true, "blanks and case"),
            ("v=DMARC1; p=none; sp=reject", false, "only subdomains are rejected"),
        ] {
            assert_eq!(dmarc_rejects(text), expected, "{why}");
        }
    }
}
