//! The `_mta-sts` record against RFC 8461 §3.1: verdicts first, then what is said about them.

use ironpost_proto::mta_sts::record::{
    Likeness, RecordFault as F, RecordOutcome, RecordSet, evaluate, is_record, parse,
};

fn rrset(records: &[&str]) -> RecordSet {
    let records: Vec<Vec<u8>> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
    evaluate(&records)
}

/// The id of a valid RRset, or what is wrong with it.
fn id(records: &[&str]) -> Result<String, RecordOutcome> {
    match rrset(records).outcome {
        RecordOutcome::Valid(record) => Ok(record.id.to_string()),
        other => Err(other),
    }
}

#[test]
fn accepts_what_the_grammar_allows() {
    let longest = "Z9".repeat(16);
    let table = [
        ("v=STSv1; id=7;".to_owned(), "7", "the form of the RFC"),
        ("v=STSv1;id=7".to_owned(), "7", "no blanks and no last semicolon"),
        ("v=STSv1;\t id=7 \t;\t ".to_owned(), "7", "blanks on either side of each semicolon"),
        (format!("v=STSv1; id={longest}"), &longest, "32 characters"),
        ("v=STSv1; k=v; id=7".to_owned(), "7", "an unknown field before the id"),
        ("v=STSv1; id=7; 9.k_-=!\"#$%&'()*+,-./:<>?@[]^`{|}~".to_owned(), "7", "and after it"),
        (format!("v=STSv1; id=7; {}=v", "k".repeat(32)), "7", "a name of 32 characters"),
        ("v=STSv1; id=7; id=8".to_owned(), "7", "the first id counts"),
        ("v=STSv1; id=7; id=8-9".to_owned(), "7", "and the second is not looked at"),
        ("v=STSv1; id=7; k=v; k=w".to_owned(), "7", "a repeated unknown field"),
        ("v=STSv1; v=STSv2; id=7".to_owned(), "7", "a second version is a repeated field"),
        ("v=STSv1; ID=8; id=7".to_owned(), "7", "names have their case"),
    ];
    for (record, expected, reason) in table {
        assert_eq!(id(&[&record]), Ok(expected.to_owned()), "{reason}: {record}");
    }
}

#[test]
fn refuses_what_the_grammar_does_not_allow() {
    let too_long = "a".repeat(33);
    let table = [
        ("v=STSv1;".to_owned(), F::MissingId, "the version alone"),
        ("v=STSv1; ".to_owned(), F::MissingId, "with a blank"),
        ("v=STSv1; k=v".to_owned(), F::MissingId, "no id"),
        ("v=STSv1; Id=7".to_owned(), F::MissingId, "names have their case"),
        ("v=STSv1; id=".to_owned(), F::InvalidId, "an empty id"),
        (format!("v=STSv1; id={too_long}"), F::InvalidId, "33 characters"),
        ("v=STSv1; id=2026.01".to_owned(), F::InvalidId, "a dot in the id"),
        ("v=STSv1; id=a b".to_owned(), F::InvalidId, "a blank in the id"),
        ("v=STSv1; id=\"7\"".to_owned(), F::InvalidId, "quotes"),
        ("v=STSv1; id= 7".to_owned(), F::InvalidId, "a blank after the equals sign"),
        ("v=STSv1; id=7 ".to_owned(), F::InvalidId, "a blank after the last field"),
        ("v=STSv1; id=７".to_owned(), F::InvalidId, "a digit that is not ASCII"),
        ("v=STSv1; id=-; id=7".to_owned(), F::InvalidId, "the first id counts, and it is bad"),
        ("v=STSv1; id =7".to_owned(), F::Syntax, "a blank before the equals sign"),
        ("v=STSv1; id:7".to_owned(), F::Syntax, "a colon"),
        ("v=STSv1; 7".to_owned(), F::Syntax, "no name"),
        ("v=STSv1; =7; id=7".to_owned(), F::Syntax, "an empty name"),
        ("v=STSv1;; id=7".to_owned(), F::Syntax, "two semicolons at the start"),
        ("v=STSv1; id=7;;".to_owned(), F::Syntax, "two semicolons at the end"),
        ("v=STSv1; id=7; ;".to_owned(), F::Syntax, "with a blank between them"),
        ("v=STSv1; id=7; k=".to_owned(), F::Syntax, "an unknown field without a value"),
        ("v=STSv1; id=7; id=".to_owned(), F::Syntax, "a repeated field without a value"),
        ("v=STSv1; id=7; k=a=b".to_owned(), F::Syntax, "an equals sign in a value"),
        ("v=STSv1; id=7; k=a b".to_owned(), F::Syntax, "a blank in a value"),
        ("v=STSv1; id=7; k=ü".to_owned(), F::Syntax, "a value that is not ASCII"),
        ("v=STSv1; id=7; -k=v".to_owned(), F::Syntax, "a name begins with a letter or digit"),
        ("v=STSv1; id=7; k+=v".to_owned(), F::Syntax, "a name of other characters"),
        (format!("v=STSv1; id=7; {too_long}=v"), F::Syntax, "a name of 33 characters"),
        ("v=STSv1 id=7".to_owned(), F::Syntax, "no semicolon after the version"),
        ("v=STSv1, id=7".to_owned(), F::Syntax, "a comma after the version"),
        ("v=STSv1\r\n; id=7".to_owned(), F::Syntax, "a line end is no blank"),
        ("v=STSv1; id=7; \0=v".to_owned(), F::Syntax, "NUL"),
    ];
    for (record, fault, reason) in table {
        assert_eq!(id(&[&record]), Err(RecordOutcome::Malformed(fault)), "{reason}: {record}");
    }
}

#[test]
fn discards_what_does_not_begin_with_the_version() {
    let table = [
        ("v=spf1 -all", Likeness::Spf, "SPF, perhaps of a wildcard"),
        ("V=SPF1 -all", Likeness::Spf, "in any case"),
        (" v=STSv1; id=7", Likeness::WrongVersion, "a blank at the start"),
        ("v=stsv1; id=7", Likeness::WrongVersion, "lower case"),
        ("V=STSv1; id=7", Likeness::WrongVersion, "upper case"),
        ("v = STSv1; id=7", Likeness::WrongVersion, "blanks in the version"),
        ("\"v=STSv1; id=7\"", Likeness::WrongVersion, "quotes in the data"),
        ("id=7; v=STSv1", Likeness::WrongVersion, "the version not first"),
        ("v=STSv2; id=7", Likeness::WrongVersion, "another version"),
        ("v=STSv11; id=7", Likeness::WrongVersion, "a longer version"),
        ("v=STSv1.1; id=7", Likeness::WrongVersion, "a finer version"),
        ("\u{feff}v=STSv1; id=7", Likeness::WrongVersion, "a byte order mark"),
        ("some-verification=123", Likeness::Unrelated, "something else"),
        ("", Likeness::Unrelated, "nothing"),
    ];
    for (record, likeness, reason) in table {
        let set = rrset(&[record]);
        assert_eq!(set.outcome, RecordOutcome::Absent, "{reason}");
        let [discarded] = &*set.discarded else { panic!("{reason}: not discarded") };
        assert_eq!(discarded.likeness, likeness, "{reason}");
        assert!(!is_record(record.as_bytes()), "{reason}");
    }
}

#[test]
fn counts_after_discarding_and_before_parsing() {
    let good = "v=STSv1; id=7";
    assert_eq!(id(&[]), Err(RecordOutcome::Absent), "no record");
    assert_eq!(id(&["v=spf1 -all", good]), Ok("7".into()), "an unrelated record beside it");
    assert_eq!(id(&["v=STSv2; id=8", good]), Ok("7".into()), "another version beside it");
    assert_eq!(id(&[good, "v=STSv1; id=8"]), Err(RecordOutcome::Several), "two");
    assert_eq!(id(&[good, good]), Err(RecordOutcome::Several), "twice the same");
    assert_eq!(id(&[good, "v=STSv1;"]), Err(RecordOutcome::Several), "a broken one counts");
    assert_eq!(rrset(&[good, "v=STSv1;", "x"]).candidates.len(), 2);
}

/// Erratum 6285: the grammar allows blanks before the first semicolon, the rule for several
/// records wants the literal `v=STSv1;`. We read a lone record by the grammar, and several by
/// the rule (A1).
#[test]
fn a_blank_before_the_first_semicolon_is_read_in_a_lone_record_only() {
    let blank = "v=STSv1 \t; id=7";
    assert_eq!(id(&[blank]), Ok("7".into()));
    let noted: Vec<F> = parse(blank.as_bytes()).deviations.iter().map(|d| d.class).collect();
    assert_eq!(noted, [F::BlankBeforeSemicolon]);
    assert_eq!(id(&[blank, "v=STSv1; id=8"]), Ok("8".into()), "the literal one wins");
    assert_eq!(id(&[blank, "v=spf1 -all"]), Err(RecordOutcome::Absent), "by the letter");
    assert_eq!(id(&[blank, blank]), Err(RecordOutcome::Absent), "and so here");
}

/// A lone `v=STSv1` is ours and lacks its id; nothing hangs on calling it absent instead.
#[test]
fn the_bare_version_is_a_record_without_an_id() {
    assert_eq!(id(&["v=STSv1"]), Err(RecordOutcome::Malformed(F::MissingId)));
    assert_eq!(id(&["v=STSv1", "v=STSv1; id=7"]), Ok("7".into()), "the literal prefix decides");
}

#[test]
fn says_what_is_wrong_and_where() {
    let table = [
        ("v=STSv1; id=7", vec![]),
        ("v=STSv1", vec![(F::MissingId, 8, "")]),
        ("v=STSv1; Id=7", vec![(F::UnknownField, 10, "Id"), (F::MissingId, 14, "")]),
        ("v=STSv1; id=a-b", vec![(F::InvalidId, 10, "id=a-b")]),
        ("v=STSv1; id:7", vec![(F::Syntax, 10, "id:7")]),
        ("v=STSv1 id=7", vec![(F::Syntax, 8, " id=7")]),
        (
            "v=STSv1; id=7; id=8; k=v; k=w",
            vec![
                (F::RepeatedField, 16, "id"),
                (F::UnknownField, 22, "k"),
                (F::RepeatedField, 27, "k"),
            ],
        ),
        (
            "v=STSv1;; id=-; k=\x1b",
            vec![(F::Syntax, 9, ""), (F::InvalidId, 11, "id=-"), (F::Syntax, 17, "k=\\x1b")],
        ),
    ];
    for (record, expected) in table {
        let parsed = parse(record.as_bytes());
        let found: Vec<_> =
            parsed.deviations.iter().map(|d| (d.class, d.column, d.excerpt.as_str())).collect();
        assert_eq!(found, expected, "{record}");
        assert!(parsed.deviations.iter().all(|d| d.line == 1), "{record}");
    }
}
