//! The policy file against RFC 8461 §3.2: verdicts first, then what is said about them.

use ironpost_proto::domain::{DnsName, DomainError};
use ironpost_proto::mta_sts::mx_pattern::PatternFault;
use ironpost_proto::mta_sts::policy::{
    Extension, Field, MAX_BODY, Mode, Policy, PolicyFault as F, parse,
};

/// A policy as one line: mode, max_age, patterns, extensions.
fn summary(body: &str) -> Result<String, F> {
    parse(body.as_bytes()).verdict.map(|Policy { mode, max_age, mx, extensions }| {
        let mx = mx.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let extensions = extensions.iter().map(|e| format!(" {}={}", e.name(), e.value()));
        format!("{mode} {} [{mx}]{}", max_age.as_secs(), extensions.collect::<String>())
    })
}

/// A sound policy with one line put in the place of another.
fn with(line: &str, instead: &str) -> String {
    SOUND
        .lines()
        .map(|l| if l == line { instead } else { l })
        .fold(String::new(), |body, line| if line.is_empty() { body } else { body + line + "\n" })
}

const SOUND: &str = "version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n";
const VERSION: &str = "version: STSv1";
const MODE: &str = "mode: enforce";
const MX: &str = "mx: mx.a.test";
const MAX_AGE: &str = "max_age: 86400";

#[test]
fn accepts_what_the_grammar_allows() {
    let sound = "enforce 86400 [mx.a.test]";
    let long = "k".repeat(32);
    let table = [
        (SOUND.to_owned(), sound.to_owned(), "LF"),
        (SOUND.replace('\n', "\r\n"), sound.into(), "CRLF"),
        (SOUND.replacen('\n', "\r\n", 2), sound.into(), "a mixture"),
        (SOUND.trim_end().to_owned(), sound.into(), "no line end after the last line"),
        (SOUND.split_inclusive('\n').rev().collect(), sound.into(), "any order"),
        (SOUND.replace(": ", ":"), sound.into(), "no blank after the colon"),
        (SOUND.replace(": ", ":\t \t"), sound.into(), "blanks after the colon"),
        (SOUND.replace('\n', " \t\r\n"), sound.into(), "blanks at the end of a line"),
        (
            with(MX, "mx: *.B.test\nmx: MX.a.test"),
            "enforce 86400 [*.b.test mx.a.test]".into(),
            "mx",
        ),
        (
            with(MX, "mx: mx.a.test\nmx: mx.a.test"),
            "enforce 86400 [mx.a.test mx.a.test]".into(),
            "twice",
        ),
        (with(MX, "mx: localhost"), "enforce 86400 [localhost]".into(), "one label is enough"),
        (with(MX, "mx: 4.3.2"), "enforce 86400 [4.3.2]".into(), "labels of digits"),
        (with(MODE, "mode: none"), "none 86400 [mx.a.test]".into(), "mode none with an mx"),
        (with(MODE, "mode: none").replace("mx: mx.a.test\n", ""), "none 86400 []".into(), "none"),
        (with(MODE, "mode: testing"), "testing 86400 [mx.a.test]".into(), "mode testing"),
        (with(MAX_AGE, "max_age: 0"), "enforce 0 [mx.a.test]".into(), "zero"),
        (with(MAX_AGE, "max_age: 31557600"), "enforce 31557600 [mx.a.test]".into(), "the most"),
        (with(MAX_AGE, "max_age: 0000000007"), "enforce 7 [mx.a.test]".into(), "ten digits"),
        (with(MODE, "mode: enforce\nmode: none"), sound.into(), "the first mode counts"),
        (with(MODE, "mode: enforce\nmode: off"), sound.into(), "whatever the second"),
        (with(MAX_AGE, "max_age: 86400\nmax_age: -1"), sound.into(), "the first max_age counts"),
        (with(VERSION, "version: STSv1\nversion: 2"), sound.into(), "the first version counts"),
        (SOUND.to_owned() + "k: v\n", format!("{sound} k=v"), "an unknown field"),
        (SOUND.to_owned() + "k: v\nk: w\n", format!("{sound} k=v"), "the first of its name"),
        ("k: v\n".to_owned() + SOUND, format!("{sound} k=v"), "in the first place"),
        (SOUND.to_owned() + "k.-_9: a:b\\n c\n", format!("{sound} k.-_9=a:b\\n c"), "a colon"),
        (
            SOUND.to_owned() + "k: né\u{2028}mode: none\n",
            format!("{sound} k=né\u{2028}mode: none"),
            "UTF-8",
        ),
        (SOUND.to_owned() + "k: a\u{85}b\n", format!("{sound} k=a\u{85}b"), "C1 is UTF-8 too"),
        (SOUND.to_owned() + &long + ": v", format!("{sound} {long}=v"), "a name of 32 characters"),
        (SOUND.to_owned() + "Mode: none\n", format!("{sound} Mode=none"), "names have their case"),
    ];
    for (body, expected, reason) in table {
        assert_eq!(summary(&body), Ok(expected), "{reason}: {body:?}");
    }
}

#[test]
fn refuses_what_the_grammar_does_not_allow() {
    let table = [
        (String::new(), F::Empty, "nothing"),
        ("\r\n \t\n".into(), F::Empty, "white space"),
        ("\u{feff}".to_owned() + SOUND, F::ByteOrderMark, "a byte order mark"),
        ("<html>\n".into(), F::Html, "a web page"),
        (SOUND.replace('\n', "\r"), F::BareCr, "CR for LF"),
        (SOUND.replacen('\n', "\r\r\n", 1), F::BareCr, "CR CR LF"),
        (SOUND.replace('\n', " "), F::OneLine, "all on one line"),
        (SOUND.replace('\n', "\\n"), F::OneLine, "written line ends"),
        (with(VERSION, ""), F::MissingVersion, "no version"),
        (with(MODE, ""), F::MissingMode, "no mode"),
        (with(MAX_AGE, ""), F::MissingMaxAge, "no max_age"),
        (with(MX, ""), F::MissingMx, "no mx"),
        (with(MX, "MX: mx.a.test"), F::MissingMx, "names have their case"),
        (with(VERSION, "version: stsv1"), F::Version, "the version in lower case"),
        (with(VERSION, "version: STSv1;"), F::Version, "and with a semicolon"),
        (with(VERSION, "version:"), F::Version, "and empty"),
        (with(VERSION, "version: 2\nversion: STSv1"), F::Version, "the first counts"),
        (with(MODE, "mode: Enforce"), F::Mode, "the mode in upper case"),
        (with(MODE, "mode: enforced"), F::Mode, "another word"),
        (with(MODE, "mode: enforce # now"), F::Mode, "a comment behind it"),
        (with(MODE, "mode: enf\0rce"), F::Mode, "NUL"),
        (with(MAX_AGE, "max_age: 00000086400"), F::MaxAge, "eleven digits"),
        (with(MAX_AGE, "max_age: +86400"), F::MaxAge, "a plus sign"),
        (with(MAX_AGE, "max_age: 86_400"), F::MaxAge, "an underscore"),
        (with(MAX_AGE, "max_age: 86400s"), F::MaxAge, "a unit"),
        (with(MAX_AGE, "max_age: 1e5"), F::MaxAge, "an exponent"),
        (with(MAX_AGE, "max_age: ٣"), F::MaxAge, "a digit that is not ASCII"),
        (with(MAX_AGE, "max_age:"), F::MaxAge, "nothing"),
        (with(MODE, "mode : enforce"), F::Syntax, "a blank before the colon"),
        (with(MODE, " mode: enforce"), F::Syntax, "a blank before the name"),
        (with(MODE, "mode enforce"), F::Syntax, "no colon"),
        (with(MODE, "mode=enforce"), F::Syntax, "an equals sign"),
        (with(MODE, "mode: enforce\nmode:"), F::Syntax, "a repeated field without a value"),
        (SOUND.to_owned() + "# a comment", F::Syntax, "a comment"),
        (SOUND.to_owned() + "k:", F::Syntax, "an unknown field without a value"),
        (SOUND.to_owned() + ": v", F::Syntax, "and without a name"),
        (SOUND.to_owned() + "k: a\tb", F::Syntax, "a tab inside a value"),
        (SOUND.to_owned() + "k: a\x0bb", F::Syntax, "a vertical tab"),
        (SOUND.to_owned() + "k: a\x7fb", F::Syntax, "DEL"),
        (SOUND.to_owned() + "k\u{a0}: v", F::Syntax, "another blank in a name"),
        (SOUND.to_owned() + "-k: v", F::Syntax, "a name begins with a letter or digit"),
        (SOUND.to_owned() + &"k".repeat(33) + ": v", F::Syntax, "a name of 33 characters"),
        (SOUND.to_owned() + "k: v\n folded", F::Syntax, "no folding"),
        (SOUND.to_owned() + &"k: v\n".repeat(MAX_BODY / 5), F::TooLarge, "over 64 KiB"),
    ];
    for (body, fault, reason) in table {
        assert_eq!(summary(&body), Err(fault), "{reason}: {body:.200?}");
    }
    let mut no_utf8 = SOUND.as_bytes().to_vec();
    no_utf8.extend(b"k: a\xff");
    assert_eq!(parse(&no_utf8).verdict, Err(F::Syntax), "A16: other character sets");
}

#[test]
fn every_pattern_must_be_one() {
    use PatternFault as P;
    let table = [
        ("*", P::Wildcard),
        (".a.test", P::LeadingDot),
        ("mx.*.test", P::Wildcard),
        ("mx_1.a.test", P::Domain(DomainError::Character('_'))),
        ("straße.test", P::ULabel),
        ("mx1.a.test, mx2.a.test", P::List),
        ("10 mx.a.test", P::Preference),
        ("[192.0.2.1]", P::Address),
        ("", P::Empty),
    ];
    for (value, fault) in table {
        assert_eq!(summary(&with(MX, &format!("mx: {value}"))), Err(F::Mx(fault)), "{value}");
    }
}

/// A2, A3: the line of a bad pattern would pass as an extension; a known name has its own
/// syntax all the same, and one bad pattern costs the policy.
#[test]
fn one_bad_pattern_costs_the_policy() {
    let body = with(MX, "mx: mx.a.test\nmx: *.*.a.test");
    assert_eq!(summary(&body), Err(F::Mx(PatternFault::Wildcard)));
}

/// The `Domain` of RFC 5321 has no trailing dot.
#[test]
fn a_trailing_dot_is_a_fault() {
    assert_eq!(summary(&with(MX, "mx: mx.a.test.")), Err(F::Mx(PatternFault::TrailingDot)));
}

/// By the grammar four numbers are a domain. The policy stands, and the checker hears of it.
#[test]
fn an_ipv4_address_is_a_pattern_and_a_mistake() {
    let parsed = parse(with(MX, "mx: 192.0.2.1").as_bytes());
    assert!(parsed.verdict.is_ok());
    assert_eq!(parsed.deviations[0].class, F::Mx(PatternFault::Address));
}

/// A4, erratum 7282: ten digits are allowed and the maximum has eight; above it is capped.
#[test]
fn a_max_age_above_the_maximum_is_capped() {
    let table = ["31557601", "9999999999"];
    for secs in table {
        let parsed = parse(with(MAX_AGE, &format!("max_age: {secs}")).as_bytes());
        assert_eq!(parsed.verdict.map(|policy| policy.max_age.as_secs()), Ok(31_557_600));
        assert_eq!(parsed.deviations[0].class, F::MaxAgeRange);
    }
}

/// A14: outside the grammar and common. At the end of the file empty ones are passed over.
#[test]
fn blank_lines_are_tolerated_at_the_end_and_nowhere_else() {
    for end in ["\n", "\r\n\r\n", "\n\n\n\n"] {
        let parsed = parse((SOUND.to_owned() + end).as_bytes());
        assert!(parsed.verdict.is_ok(), "{end:?}");
        let classes: Vec<F> = parsed.deviations.iter().map(|d| d.class).collect();
        assert_eq!(classes, [F::BlankLine], "{end:?}");
    }
    assert_eq!(summary(&SOUND.replacen('\n', "\n\n", 1)), Err(F::BlankLine), "in the middle");
    assert_eq!(summary(&("\n".to_owned() + SOUND)), Err(F::BlankLine), "at the start");
    for end in [" \t\n", "   ", "\n \n", " \n\n"] {
        assert_eq!(summary(&(SOUND.to_owned() + end)), Err(F::BlankLine), "blanks on it: {end:?}");
    }
}

/// Compares deviations by line, column, class and excerpt.
fn assert_notes(body: &str, expected: &[(usize, usize, F, &str)], reason: &str) {
    let parsed = parse(body.as_bytes());
    let found: Vec<_> =
        parsed.deviations.iter().map(|d| (d.line, d.column, d.class, d.excerpt.as_str())).collect();
    assert_eq!(found, expected, "{reason}: {body:?}");
}

#[test]
fn says_what_is_wrong_and_where() {
    let table = [
        (SOUND.into(), vec![], "nothing wrong"),
        (
            "mode: enforce\nversion: STSv1\nmx: mx.a.test\nmax_age: 99999999\n".into(),
            vec![(2, 1, F::VersionNotFirst, "version: STSv1"), (4, 10, F::MaxAgeRange, "99999999")],
            "harmless things",
        ),
        (
            with(MODE, "Mode: enforce"),
            vec![(2, 1, F::UnknownField, "Mode"), (5, 1, F::MissingMode, "")],
            "a name in the wrong case",
        ),
        (with(MODE, "mode : enforce"), vec![(2, 5, F::Syntax, "mode : enforce")], "the column"),
        (with(MODE, "mode:  enforced"), vec![(2, 8, F::Mode, "enforced")], "the value"),
        (
            with(MODE, "mode: enforce\nmode: none") + "k: v\nk: w\n",
            vec![
                (3, 1, F::Repeated(Field::Mode), "none"),
                (6, 1, F::UnknownField, "k"),
                (7, 1, F::RepeatedUnknownField, "k"),
            ],
            "repetitions",
        ),
        (
            SOUND.to_owned() + "k: ab\x1b[2J",
            vec![(5, 6, F::Syntax, "k: ab\\x1b[2J")],
            "made visible",
        ),
    ];
    for (body, expected, reason) in table {
        assert_notes(&body, &expected, reason);
    }
}

#[test]
fn one_cause_gives_one_deviation() {
    use PatternFault as P;
    let table = [
        (
            "\u{feff}".to_owned() + SOUND,
            vec![(1, 1, F::ByteOrderMark, "\\u{feff}")],
            "a mark and nothing else",
        ),
        (
            "\u{feff}".to_owned() + &with(MODE, ""),
            vec![(1, 1, F::ByteOrderMark, "\\u{feff}"), (4, 1, F::MissingMode, "")],
            "a mark and something else",
        ),
        (SOUND.replace('\n', "\r"), vec![(1, 15, F::BareCr, "\\r")], "CR, once"),
        (SOUND.replace('\n', "\r\r\n"), vec![(1, 15, F::BareCr, "\\r")], "CR CR LF, once"),
        (SOUND.replace('\n', "\n\r"), vec![(2, 1, F::BareCr, "\\r")], "LF CR, once"),
        (
            SOUND.trim_end().replace('\n', "\\n"),
            vec![(
                1,
                1,
                F::OneLine,
                r"version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400",
            )],
            "one line",
        ),
        (
            with(MODE, r"mode: enforce\nmx: mx.b.test"),
            vec![(2, 14, F::OneLine, r"mode: enforce\nmx: mx.b.test")],
            "a line end written out among real ones",
        ),
        (
            "# our policy\n".to_owned() + SOUND,
            vec![(1, 1, F::Syntax, "# our policy"), (2, 1, F::VersionNotFirst, "version: STSv1")],
            "a comment",
        ),
        (
            "version: STSv2\nmode: on\nmx: *\nmx: a b.c d.e\nmax_age: 1d\n".into(),
            vec![
                (1, 10, F::Version, "STSv2"),
                (2, 7, F::Mode, "on"),
                (3, 5, F::Mx(P::Wildcard), "*"),
                (4, 5, F::Mx(P::List), "a b.c d.e"),
                (5, 10, F::MaxAge, "1d"),
            ],
            "independent faults, each once",
        ),
        (
            SOUND.replacen('\n', "\n\n\n", 1) + "\n\n",
            vec![(2, 1, F::BlankLine, ""), (7, 1, F::BlankLine, "")],
            "a run of blank lines, once",
        ),
        (
            "k: v".into(),
            vec![
                (1, 1, F::UnknownField, "k"),
                (2, 1, F::MissingVersion, ""),
                (2, 1, F::MissingMode, ""),
                (2, 1, F::MissingMaxAge, ""),
            ],
            "what is missing stands after the last line",
        ),
        (
            "404 page not found\n".into(),
            vec![(1, 1, F::Syntax, "404 page not found")],
            "no policy at all, and not four faults",
        ),
        (
            "\x1f\u{8b}\x08\0\x03: \0".into(),
            vec![(1, 1, F::Syntax, "\\x1f\\u{8b}\\x08\\x00\\x03: \\x00")],
            "nor is something compressed",
        ),
    ];
    for (body, expected, reason) in table {
        assert_notes(&body, &expected, reason);
    }
}

#[test]
fn covers_the_hosts_its_patterns_match() {
    let policy = parse(with(MX, "mx: mx.a.test\nmx: *.b.test").as_bytes()).verdict;
    let Ok(policy) = policy else { panic!("a sound policy") };
    let table = [("MX.a.test.", true), ("x.b.test", true), ("b.test", false), ("_x.b.test", true)];
    for (host, expected) in table {
        let host: DnsName = host.parse().unwrap();
        assert_eq!(policy.covers(&host), expected, "{host}");
    }
}

#[test]
fn only_what_reads_back_can_be_published() {
    assert!(Extension::new("k.9", "a : é b").is_some());
    let table = [
        ("mode", "none"),
        ("mx", "a.test"),
        ("", "v"),
        ("-k", "v"),
        ("k k", "v"),
        ("k\nmode", "v"),
        ("k", ""),
        ("k", " v"),
        ("k", "v "),
        ("k", "\tv"),
        ("k", "a\nmode: none"),
        ("k", "a\rb"),
        ("k", "a\0b"),
    ];
    for (name, value) in table {
        assert_eq!(Extension::new(name, value), None, "{name:?}: {value:?}");
    }
}

#[test]
fn modes_are_three_words() {
    for mode in [Mode::Enforce, Mode::Testing, Mode::None] {
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
    assert_eq!("Enforce".parse::<Mode>(), Err(F::Mode));
}
