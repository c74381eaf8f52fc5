//! Whatever the bytes, a parser answers: no panic, no unbounded list, nothing that acts.

use ironpost_proto::dane::{ChainCertificate, Tlsa, match_chain, published_anchors};
use ironpost_proto::deviation::{Deviation, MAX_DEVIATIONS, MAX_EXCERPT};
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{self, MAX_BODY, PolicyFault};
use ironpost_proto::mta_sts::record as sts_record;
use ironpost_proto::tls_rpt::record as tls_rpt_record;
use ironpost_proto::visible::Visible;
use proptest::collection::vec;
use proptest::prelude::*;

/// Sixty-four kibibytes of `unit`.
fn filled(unit: &[u8]) -> Vec<u8> {
    unit.iter().copied().cycle().take(MAX_BODY).collect()
}

/// Texts that have brought down, slowed down or misled a parser of this kind.
fn texts() -> Vec<Vec<u8>> {
    [
        &b"\0"[..],
        b"\xff",
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b"\t",
        b":",
        b"=",
        b";",
        b",",
        b"; ;",
        b".",
        b"*.",
        b"-",
        b"a",
        b"a.",
        b"9",
        b"%",
        b"%25",
        b"[",
        b"://",
        b"\\",
        b"\\n",
        b"\\nmx:",
        b"mx:",
        b"mx ",
        b"mx: mx.a.test\n",
        b"mx: *\n",
        b"mode: x\n",
        b"k: v\n",
        b"k: v\r",
        b"k:\n",
        b"\n\n",
        b"xn--",
        b"xn--a.",
        b"max_age: 9999999999\n",
        "\u{2028}".as_bytes(),
        "\u{feff}".as_bytes(),
        "\u{202e}".as_bytes(),
        "ü.".as_bytes(),
        "\u{301}".as_bytes(),
    ]
    .into_iter()
    .map(filled)
    .collect()
}

fn assert_bounded<C>(deviations: &[Deviation<C>], what: &[u8]) {
    let what = Visible::excerpt(what, 40);
    assert!(deviations.len() <= 2 * MAX_DEVIATIONS, "too many deviations of {what}");
    for deviation in deviations {
        assert!(deviation.line > 0 && deviation.column > 0, "a place in {what}");
        assert!(deviation.excerpt.as_str().chars().count() <= MAX_EXCERPT, "an excerpt of {what}");
        assert!(!deviation.excerpt.as_str().chars().any(char::is_control), "an excerpt of {what}");
    }
}

/// Puts `bytes` through every parser.
fn swallow(bytes: &[u8]) {
    if let Ok(policy) = policy::parse(bytes).verdict {
        assert!(policy.compact().len() <= bytes.len());
    }
    assert_bounded(&policy::parse(bytes).deviations, bytes);
    assert_bounded(&sts_record::parse(bytes).deviations, bytes);
    assert_bounded(&tls_rpt_record::parse(bytes).deviations, bytes);
    let rrset = [bytes.to_vec(), bytes.to_vec()];
    assert!(sts_record::evaluate(&rrset).discarded.len() <= 2);
    assert!(tls_rpt_record::evaluate(&rrset).discarded.len() <= 2);
    if let Ok(pattern) = MxPattern::parse(bytes) {
        assert!(pattern.to_string().len() <= 255);
    }
    if let Ok(domain) = Domain::from_a_labels(bytes) {
        assert!(domain.as_str().len() <= 253);
    }
    assert!(!Visible::from_bytes(bytes).as_str().chars().any(char::is_control));
    if let Ok(record) = Tlsa::from_wire(bytes) {
        let certificate = ChainCertificate { certificate: bytes, spki: bytes };
        match_chain(&[record.clone(), record.clone()], &[certificate; 3]);
        assert!(published_anchors(&[record]).count() <= 1);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (text.parse::<Domain>(), text.parse::<DnsName>(), text.parse::<Tlsa>());
    }
}

#[test]
fn sixty_four_kibibytes_of_anything() {
    for text in texts() {
        swallow(&text);
        // The same behind a start that gets a parser past its first doubts.
        let behind = |start: &[u8]| {
            let mut text = [start, &text].concat();
            text.truncate(MAX_BODY);
            text
        };
        assert_bounded(&policy::parse(&behind(b"version: STSv1\n")).deviations, &text);
        assert_bounded(&sts_record::parse(&behind(b"v=STSv1;")).deviations, &text);
        assert_bounded(&tls_rpt_record::parse(&behind(b"v=TLSRPTv1; rua=")).deviations, &text);
    }
}

#[test]
fn ten_thousand_fields() {
    let body = (0..10_000).fold(String::new(), |body, n| body + &n.to_string() + ":\n");
    assert!(body.len() < MAX_BODY);
    let parsed = policy::parse(body.as_bytes());
    assert_eq!(parsed.verdict, Err(PolicyFault::Syntax));
    assert_eq!(parsed.deviations.len(), MAX_DEVIATIONS);

    let sound = "version: STSv1\nmode: none\nmax_age: 1\n".to_owned();
    let body = sound.clone() + &"k:v\n".repeat(10_000);
    let parsed = policy::parse(body.as_bytes());
    assert_eq!(parsed.verdict.map(|policy| policy.extensions.len()), Ok(1));
    assert_eq!(parsed.deviations.len(), MAX_DEVIATIONS);

    let body = (0..8_000).map(|n| format!("{n}:v\n")).fold(sound, |body, line| body + &line);
    let parsed = policy::parse(body.as_bytes());
    assert_eq!(parsed.verdict.map(|policy| policy.extensions.len()), Ok(8_000));

    let record = (0..10_000).fold("v=STSv1; id=7".to_owned(), |text, n| format!("{text};{n}=v"));
    let parsed = sts_record::parse(record.as_bytes());
    assert_eq!(parsed.verdict.map(|record| record.extensions.len()), Ok(10_000));
    assert_eq!(parsed.deviations.len(), MAX_DEVIATIONS);

    let record = "v=TLSRPTv1; rua=".to_owned() + &"x:,".repeat(10_000) + "x:";
    let parsed = tls_rpt_record::parse(record.as_bytes());
    assert_eq!(parsed.verdict.map(|record| record.rua.len()), Ok(10_001));
    assert_eq!(parsed.deviations.len(), MAX_DEVIATIONS);
}

#[test]
fn a_fatal_fault_is_named_behind_ten_thousand_harmless_ones() {
    let body = "k:v\n".repeat(10_000) + "mode: x\n";
    let parsed = policy::parse(body.as_bytes());
    assert_eq!(parsed.verdict, Err(PolicyFault::Mode));
    assert!(parsed.deviations.iter().any(|d| d.class == PolicyFault::Mode && d.line == 10_001));
}

#[test]
fn the_largest_body_is_read_and_one_octet_more_is_not() {
    let sound = "version: STSv1\nmode: none\nmax_age: 1\nk: ";
    let mut body = sound.to_owned() + &"v".repeat(MAX_BODY - sound.len());
    assert!(policy::parse(body.as_bytes()).verdict.is_ok());
    body.push('v');
    assert_eq!(policy::parse(body.as_bytes()).verdict, Err(PolicyFault::TooLarge));
}

/// Characters that other parsers take for line ends do not end a line here, so nothing an
/// extension says becomes a field.
#[test]
fn no_character_smuggles_a_field_into_a_policy() {
    let line_ends = ["\u{2028}", "\u{2029}", "\u{85}", "\x0b", "\x0c", "\x1c", "\x1e", "\0", "\r"];
    for line_end in line_ends {
        let body = format!(
            "k: v{line_end}mode: none\nversion: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 1\n"
        );
        match policy::parse(body.as_bytes()).verdict {
            Ok(policy) => assert_eq!(policy.mode, policy::Mode::Enforce, "{line_end:?}"),
            Err(fault) => assert!(
                matches!(fault, PolicyFault::Syntax | PolicyFault::BareCr),
                "{line_end:?}: {fault}"
            ),
        }
    }
}

#[test]
fn ten_digits_and_more() {
    for (digits, sound) in [(1, true), (10, true), (11, false), (20, false), (60_000, false)] {
        let max_age = "9".repeat(digits);
        let body = format!("version: STSv1\nmode: none\nmax_age: {max_age}\n");
        assert_eq!(policy::parse(body.as_bytes()).verdict.is_ok(), sound, "{digits} digits");
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..600)) {
        swallow(&bytes);
    }

    /// Bytes that mean something to one of the parsers.
    #[test]
    fn any_words(
        words in vec(
            prop_oneof![
                Just("v=STSv1"), Just("v=TLSRPTv1"), Just("version"), Just("STSv1"), Just("mode"),
                Just("enforce"), Just("none"), Just("max_age"), Just("mx"), Just("id="),
                Just("rua="), Just("mailto:"), Just("https://"), Just("a.test"), Just("*."),
                Just(": "), Just(":"), Just(";"), Just(","), Just("="), Just("\n"), Just("\r\n"),
                Just("\r"), Just(" "), Just("\t"), Just("1"), Just("9999999999"), Just("\u{feff}"),
                Just("\u{2028}"), Just("\0"), Just("\\n"), Just("#"), Just("<"), Just("!"),
                Just("%"), Just("ü"), Just("@"), Just("["), Just("]"),
            ],
            0..40,
        )
    ) {
        swallow(words.concat().as_bytes());
    }

    #[test]
    fn excerpts(bytes in vec(any::<u8>(), 0..200), max in 0..60_usize) {
        let excerpt = Visible::excerpt(&bytes, max);
        let whole = Visible::from_bytes(&bytes);
        prop_assert!(excerpt.as_str().chars().count() <= max);
        let kept = excerpt.as_str().strip_suffix('…').unwrap_or(excerpt.as_str());
        prop_assert!(whole.as_str().starts_with(kept));
    }
}
