//! Why a TXT record that should be ours does not begin as one.

use ironpost_proto::mta_sts::record::{Discarded, Likeness};
use ironpost_proto::visible::Visible;

/// How a kind of record begins.
#[derive(Debug)]
pub(super) struct Beginning {
    /// `v=` and the version.
    literal: &'static str,
    /// What the record is called.
    kind: &'static str,
}

/// RFC 8461 §3.1.
pub(super) const MTA_STS: Beginning = Beginning { literal: "v=STSv1", kind: "MTA-STS" };

/// RFC 8460 §3.
pub(super) const TLS_RPT: Beginning = Beginning { literal: "v=TLSRPTv1", kind: "TLS-RPT" };

/// The sentence for a record at `subject` that senders pass over.
pub(super) fn detail(record: &Discarded, subject: &str, beginning: &Beginning) -> String {
    let Beginning { literal, kind } = beginning;
    let text = record.text.as_str();
    match record.likeness {
        Likeness::WrongVersion => {
            let reason = reason(text, literal);
            format!("{subject} does not begin with exactly `{literal};`: {reason}")
        }
        Likeness::Spf | Likeness::Unrelated if text.trim().is_empty() => {
            format!("{subject} has nothing in it: that is no {kind} record at all")
        }
        Likeness::Spf | Likeness::Unrelated => format!(
            "`{}` is no {kind} record at all; one begins with `{literal};`",
            Visible::excerpt(text.as_bytes(), MAX_QUOTED)
        ),
    }
}

/// What differs from the literal beginning, in a clause.
fn reason(text: &str, literal: &str) -> String {
    if text.trim_start() != text || text.starts_with("\\t") {
        return "a blank stands before it".to_owned();
    }
    if text.starts_with(['"', '\'']) {
        return "quotation marks are part of the data".to_owned();
    }
    let only = || format!("the only version is {}", literal.trim_start_matches("v="));
    if let Some(rest) = text.strip_prefix(literal) {
        return if rest.starts_with(' ') || rest.starts_with("\\t") {
            "beside other TXT records a blank before the semicolon costs it".to_owned()
        } else if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            only()
        } else {
            "a semicolon must follow at once".to_owned()
        };
    }
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if begins(literal) {
        "upper and lower case count".to_owned()
    } else if begins(literal.trim_end_matches('1')) {
        only()
    } else {
        "these characters must come first, and exactly so".to_owned()
    }
}

/// Characters of a record quoted in a sentence; the evidence has more.
const MAX_QUOTED: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_proto::mta_sts::record;

    #[test]
    fn the_reason_is_the_one_that_holds() {
        let table: &[(&[&str], &str)] = &[
            (&[" v=STSv1; id=1"], "a blank stands before it"),
            (&["\tv=STSv1; id=1"], "a blank stands before it"),
            (&["\"v=STSv1; id=1\""], "quotation marks are part of the data"),
            (&["v=STSv1 ; id=1", "x"], "a blank before the semicolon costs it"),
            (&["v=STSv1, id=1", "x"], "a semicolon must follow at once"),
            (&["v=stsv1; id=1"], "upper and lower case count"),
            (&["V=STSV1; id=1"], "upper and lower case count"),
            (&["v=STSv1.0; id=1"], "the only version is STSv1"),
            (&["v=STSv2; id=1"], "the only version is STSv1"),
            (&["v=stsv2; id=1"], "the only version is STSv1"),
            (&["id=1; v=STSv1"], "these characters must come first, and exactly so"),
            (&["v = STSv1; id=1"], "these characters must come first, and exactly so"),
            (&["hello"], "`hello` is no MTA-STS record at all; one begins with `v=STSv1;`"),
            (&["v=spf1 -all"], "is no MTA-STS record at all; one begins with `v=STSv1;`"),
            (&[""], "_mta-sts has nothing in it: that is no MTA-STS record at all"),
        ];
        for (records, expected) in table {
            let rrset: Vec<_> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
            let set = record::evaluate(&rrset);
            let found = detail(set.discarded.first().unwrap(), "_mta-sts", &MTA_STS);
            assert!(found.ends_with(expected), "{records:?}: {found}");
        }
    }
}
