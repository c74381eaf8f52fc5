//! The `_smtp._tls` record against RFC 8460 §3: verdicts first, then what is said about them.

use ironpost_proto::tls_rpt::record::{
    Likeness, RecordFault as F, RecordOutcome, RecordSet, ReportUri, Target, evaluate, parse,
};

fn rrset(records: &[&str]) -> RecordSet {
    let records: Vec<Vec<u8>> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
    evaluate(&records)
}

/// The URIs of a valid RRset, or what is wrong with it.
fn uris(records: &[&str]) -> Result<Vec<String>, RecordOutcome> {
    match rrset(records).outcome {
        RecordOutcome::Valid(record) => Ok(record.rua.iter().map(ReportUri::to_string).collect()),
        other => Err(other),
    }
}

#[test]
fn accepts_what_the_grammar_allows() {
    let table: &[(&str, &[&str], &str)] = &[
        ("v=TLSRPTv1;rua=mailto:t@a.test", &["mailto:t@a.test"], "a mailbox"),
        ("v=TLSRPTv1; rua=https://a.test/t ; ", &["https://a.test/t"], "blanks by a semicolon"),
        (
            "v=TLSRPTv1; rua=mailto:t@a.test\t , https://a.test/t,mailto:u@b.test",
            &["mailto:t@a.test", "https://a.test/t", "mailto:u@b.test"],
            "blanks on either side of a comma",
        ),
        ("v=TLSRPTv1; k=v; rua=mailto:t@a.test; l=w", &["mailto:t@a.test"], "unknown fields"),
        ("v=TLSRPTv1; rua=https://a.test/?a=b=c&d", &["https://a.test/?a=b=c&d"], "equals signs"),
        ("v=TLSRPTv1; rua=MailTo:t@a.test", &["MailTo:t@a.test"], "schemes have no case"),
        ("v=TLSRPTv1; rua=mailto:t%2Cu%3b%21@a.test", &["mailto:t%2Cu%3b%21@a.test"], "encoded"),
        ("v=TLSRPTv1; rua=mailto:t@a.test?subject=x", &["mailto:t@a.test?subject=x"], "headers"),
        ("v=TLSRPTv1; rua=http://a.test", &["http://a.test"], "valid, if of no use"),
    ];
    for (record, expected, reason) in table {
        let expected = expected.iter().map(|uri| (*uri).to_owned()).collect();
        assert_eq!(uris(&[record]), Ok(expected), "{reason}: {record}");
    }
}

#[test]
fn refuses_what_the_grammar_does_not_allow() {
    let table = [
        ("v=TLSRPTv1", F::MissingRua, "the version alone"),
        ("v=TLSRPTv1; k=v", F::MissingRua, "no rua"),
        ("v=TLSRPTv1; Rua=mailto:t@a.test", F::MissingRua, "names have their case"),
        ("v=TLSRPTv1; rua=", F::EmptyUri, "no URI"),
        ("v=TLSRPTv1; rua= ;", F::EmptyUri, "a blank is none either"),
        ("v=TLSRPTv1; rua=mailto:t@a.test,", F::EmptyUri, "a comma at the end"),
        ("v=TLSRPTv1; rua=,mailto:t@a.test", F::EmptyUri, "a comma at the start"),
        ("v=TLSRPTv1; rua=mailto:t@a.test, ,mailto:u@a.test", F::EmptyUri, "two commas"),
        ("v=TLSRPTv1; rua=t@a.test", F::NoScheme, "a bare address"),
        ("v=TLSRPTv1; rua=mailto:t@a.test,u@a.test", F::NoScheme, "the second bare"),
        ("v=TLSRPTv1; rua=mailto:t@a.test!5m", F::RawExclamation, "the size suffix of DMARC"),
        ("v=TLSRPTv1; rua=https://a.test/%z1", F::InvalidUri, "a broken encoding"),
        ("v=TLSRPTv1; rua=mailto:t@a.test mailto:u@a.test", F::InvalidUri, "a blank"),
        ("v=TLSRPTv1; rua=<mailto:t@a.test>", F::NoScheme, "angle brackets"),
        ("v=TLSRPTv1; rua=mailto:ü@a.test", F::InvalidUri, "not ASCII"),
        ("v=TLSRPTv1; rua=mailto:t@a.test; mailto:u@a.test", F::SemicolonBetweenUris, "semicolon"),
        ("v=TLSRPTv1; rua=mailto:t@a.test;https://a.test/?k=v", F::SemicolonBetweenUris, "again"),
        ("v=TLSRPTv1; rua=mailto:t@a.test; k=a=b", F::Syntax, "an equals sign in a value"),
        ("v=TLSRPTv1;; rua=mailto:t@a.test", F::Syntax, "two semicolons"),
        ("v=TLSRPTv1; rua =mailto:t@a.test", F::Syntax, "a blank before the equals sign"),
        ("v=TLSRPTv1 rua=mailto:t@a.test", F::Syntax, "no semicolon"),
        ("v=TLSRPTv1; rua=mailto:t@a.test; rua=u@a.test", F::NoScheme, "every rua is read"),
    ];
    for (record, fault, reason) in table {
        assert_eq!(uris(&[record]), Err(RecordOutcome::Malformed(fault)), "{reason}: {record}");
    }
}

#[test]
fn counts_after_discarding() {
    let good = "v=TLSRPTv1; rua=mailto:t@a.test";
    let one = Ok(vec!["mailto:t@a.test".to_owned()]);
    assert_eq!(uris(&[]), Err(RecordOutcome::Absent), "no record");
    assert_eq!(uris(&["v=spf1 -all", good, "v=DMARC1; rua=mailto:x@a.test"]), one, "unrelated");
    assert_eq!(uris(&[good, good]), Err(RecordOutcome::Several), "two");
    assert_eq!(uris(&[good, "v=TLSRPTv1;"]), Err(RecordOutcome::Several), "a broken one counts");
    let table = [
        ("v=TLSRPTv2; rua=mailto:t@a.test", Likeness::WrongVersion),
        ("v=tlsrptv1; rua=mailto:t@a.test", Likeness::WrongVersion),
        ("v=TLSRPTv10; rua=mailto:t@a.test", Likeness::WrongVersion),
        ("v=TLS-RPTv1; rua=mailto:t@a.test", Likeness::WrongVersion),
        ("rua=mailto:t@a.test; v=TLSRPTv1", Likeness::WrongVersion),
        ("v=DMARC1; rua=mailto:t@a.test", Likeness::Unrelated),
        ("v=spf1 -all", Likeness::Spf),
    ];
    for (record, likeness) in table {
        let set = rrset(&[record]);
        assert_eq!(set.outcome, RecordOutcome::Absent, "{record}");
        assert!(set.discarded.iter().all(|d| d.likeness == likeness), "{record}");
    }
}

/// RFC 8460 has no rule against repetition: several `rua` fields add up (A8).
#[test]
fn several_rua_fields_add_up() {
    let record = "v=TLSRPTv1; rua=mailto:t@a.test; rua=mailto:u@a.test";
    let both = ["mailto:t@a.test", "mailto:u@a.test"].map(str::to_owned).to_vec();
    assert_eq!(uris(&[record]), Ok(both));
}

/// As for `_mta-sts` (A1): a lone record is read by the grammar, several by the literal prefix.
#[test]
fn a_blank_before_the_first_semicolon_is_read_in_a_lone_record_only() {
    let blank = "v=TLSRPTv1 ; rua=mailto:t@a.test";
    assert_eq!(uris(&[blank]), Ok(vec!["mailto:t@a.test".to_owned()]));
    assert_eq!(uris(&[blank, "v=spf1 -all"]), Err(RecordOutcome::Absent));
}

/// The grammar has blanks beside commas and semicolons only; some readers trim this one.
#[test]
fn a_blank_after_the_last_uri_is_a_fault() {
    let record = "v=TLSRPTv1; rua=mailto:t@a.test ";
    assert_eq!(uris(&[record]), Err(RecordOutcome::Malformed(F::InvalidUri)));
}

#[test]
fn says_what_is_wrong_and_where() {
    let table = [
        ("v=TLSRPTv1; rua=mailto:t@a.test", vec![]),
        ("v=TLSRPTv1;", vec![(F::MissingRua, 12, "")]),
        (
            "v=TLSRPTv1 ; rua=ftp://a.test, mailto:",
            vec![
                (F::BlankBeforeSemicolon, 11, " "),
                (F::UnsupportedScheme, 18, "ftp://a.test"),
                (F::NoTarget, 32, "mailto:"),
            ],
        ),
        (
            "v=TLSRPTv1; rua=t@a.test,mailto:u@a.test!1m; x=1; x=2; y",
            vec![
                (F::NoScheme, 17, "t@a.test"),
                (F::RawExclamation, 26, "mailto:u@a.test!1m"),
                (F::UnknownField, 46, "x"),
                (F::RepeatedField, 51, "x"),
                (F::Syntax, 56, "y"),
            ],
        ),
    ];
    for (record, expected) in table {
        let parsed = parse(record.as_bytes());
        let found: Vec<_> =
            parsed.deviations.iter().map(|d| (d.class, d.column, d.excerpt.as_str())).collect();
        assert_eq!(found, expected, "{record}");
    }
}

#[test]
fn only_what_can_receive_is_a_target() {
    let record = b"v=TLSRPTv1; rua=http://a.test,mailto:t@a.test,https:,MAILTO:,https://a.test";
    let parsed = parse(record).verdict.map(|record| {
        let usable = record.rua.iter().filter(|uri| uri.target() != Target::Unsupported);
        usable.map(ReportUri::to_string).collect::<Vec<_>>()
    });
    assert_eq!(parsed, Ok(["mailto:t@a.test", "https://a.test"].map(str::to_owned).to_vec()));
}
