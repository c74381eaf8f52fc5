use super::*;
use crate::answer::{Dialect, packed::PackedPolicy, word as word_in};
use ironpost_proto::dane::LookupFault;
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{Mode, Policy, parse};
use ironpost_proto::tls_rpt::result_type::ResultType;
use proptest::prelude::*;

const FILE: &str = "version: STSv1\nmode: enforce\nmx: mx1.a.example\nmx: *.b.example\n\
                    max_age: 604800\n";

fn pack(file: &str) -> PackedPolicy {
    PackedPolicy::new(&"1".parse().unwrap(), &parse(file.as_bytes()).verdict.unwrap())
}

fn answer(demand: Demand, policy: Option<&PackedPolicy>) -> Answer<'_> {
    let policy = policy.map(PackedPolicy::view);
    Answer { domain: "a.example", demand, policy, failure: None }
}

fn worded(answer: &Answer<'_>, dialect: Dialect) -> (Status, String) {
    let mut text = "before ".to_owned();
    let status = word_in(answer, dialect, &mut text);
    (status, text.strip_prefix("before ").unwrap().to_owned())
}

#[test]
fn every_demand_has_its_words_in_every_dialect() {
    use Dialect::{Postfix30, Postfix34, Postfix310};
    let packed = pack(FILE);
    let matched = "secure match=mx1.a.example:.b.example";
    let policy = " policy_type=sts policy_domain=a.example mx_host_pattern=mx1.a.example \
                  mx_host_pattern=*.b.example";
    let lines = " { policy_string = version: STSv1 } { policy_string = mode: enforce } \
                 { policy_string = mx: mx1.a.example } { policy_string = mx: *.b.example } \
                 { policy_string = max_age: 604800 }";
    let named = format!("{matched} servername=hostname");
    let all = format!("{named}{policy}{lines}");
    let may = format!("may{policy}{lines}");
    let within = format!("dane-only{policy}");
    let fault = LookupFault::Bogus;
    let later = "DNS does not tell what a.example demands: DNSSEC validation failed";
    let (yes, no, temp) = (Status::Found, Status::NotFound, Status::Temp);
    let table = [
        (Demand::Nothing, [(no, ""), (no, ""), (no, "")]),
        (Demand::Report, [(no, ""), (no, ""), (yes, &may)]),
        (Demand::Enforce, [(yes, matched), (yes, &named), (yes, &all)]),
        (Demand::Dane, [(yes, "dane"); 3]),
        (Demand::DaneOnly, [(yes, "dane-only"); 3]),
        (Demand::DaneOnlyWithinPolicy, [(yes, "dane-only"), (yes, "dane-only"), (yes, &within)]),
        (Demand::Defer(fault), [(temp, later); 3]),
        (Demand::May, [(yes, "may"); 3]),
        (Demand::Encrypt, [(yes, "encrypt"); 3]),
    ];
    for (demand, expected) in table {
        for (dialect, (status, text)) in
            [Postfix30, Postfix34, Postfix310].into_iter().zip(expected)
        {
            let found = worded(&answer(demand, Some(&packed)), dialect);
            assert_eq!(found, (status, text.to_owned()), "{demand:?} in {dialect:?}");
        }
    }
}

#[test]
fn a_policy_that_could_not_be_renewed_is_worded_as_any_other() {
    let packed = pack(FILE);
    let sound = answer(Demand::Enforce, Some(&packed));
    let failed = Answer { failure: Some(ResultType::StsPolicyFetchError), ..sound };
    assert_eq!(worded(&failed, Dialect::Postfix310), worded(&sound, Dialect::Postfix310));
}

/// A domain harms nobody but itself with them, and should not do even that.
#[test]
fn addresses_in_disguise_are_no_names_to_match() {
    let table = [
        ("mx: mx1.a.example\nmx: 192.0.2.1", "mx1.a.example", "beside a name"),
        ("mx: 192.0.2.1\nmx: *.b.example", ".b.example", "before a pattern"),
        ("mx: 192.0.2.1", "192.0.2.1", "alone: no host is of this name, and none gets mail"),
        ("mx: 2.1\nmx: 192.0.2.256", "2.1:192.0.2.256", "numbers, but no addresses"),
    ];
    for (patterns, expected, reason) in table {
        let packed = pack(&format!("version: STSv1\nmode: enforce\n{patterns}\nmax_age: 604800\n"));
        let (_, text) = worded(&answer(Demand::Enforce, Some(&packed)), Dialect::Postfix34);
        assert_eq!(text, format!("secure match={expected} servername=hostname"), "{reason}");
    }
}

/// A pattern that brings an attribute along costs the policy; a line that would end its braces, or
/// has what nobody can see, is left out.
#[test]
fn nothing_in_a_policy_adds_an_attribute() {
    for mx in ["mx1.x servername=evil", "mx1.x,ciphers=null", "mx1.x}", "a:b", "a\tb", "a\u{a0}b"] {
        let file = format!("version: STSv1\nmode: enforce\nmx: {mx}\nmax_age: 1\n");
        assert!(parse(file.as_bytes()).verdict.is_err(), "{mx}");
    }
    let table = [
        ("} policy_type=no-policy-found", false, "it closes its braces"),
        ("{", false, "it opens braces"),
        ("a { b } c", false, "balanced braces, too"),
        ("\u{e9}", false, "not ASCII"),
        ("a\u{2028}b", false, "a line separator"),
        ("ciphers=null, servername=evil", true, "text within braces"),
        ("a \\ \" ' : = % $ #", true, "nothing of this means a thing to Postfix"),
    ];
    for (value, kept, reason) in table {
        let packed = pack(&format!("{FILE}x: {value}\n"));
        let (_, text) = worded(&answer(Demand::Enforce, Some(&packed)), Dialect::Postfix310);
        let line = format!(" {{ policy_string = x: {value} }}");
        assert_eq!(text.ends_with(&line), kept, "{reason}");
        let without = worded(&answer(Demand::Enforce, Some(&pack(FILE))), Dialect::Postfix310).1;
        assert_eq!(text.strip_prefix(&without), Some(if kept { &*line } else { "" }), "{reason}");
    }
}

#[test]
fn a_long_policy_loses_what_is_for_reports_before_anything_else() {
    let policy = |count: usize| {
        let mx = |n| format!("mx{n:05}.a.example").parse::<MxPattern>().unwrap();
        PackedPolicy::from(&(0..count).map(mx).collect::<Vec<_>>()[..])
    };
    let table = [
        (1_000, true, true, "there is room for all"),
        (1_400, true, false, "the lines of the policy go first"),
        (4_000, false, false, "then the patterns"),
    ];
    for (count, patterns, lines, reason) in table {
        let packed = policy(count);
        let (status, text) = worded(&answer(Demand::Enforce, Some(&packed)), Dialect::Postfix310);
        assert_eq!(status, Status::Found, "{reason}");
        let all = |attribute| if text.contains(attribute) { count } else { 0 };
        assert_eq!(text.matches(":mx").count(), count - 1, "{reason}");
        assert_eq!(text.matches(" mx_host_pattern=").count(), all("policy_type=sts"), "{reason}");
        assert_eq!(text.matches("policy_string = mx: ").count(), all("policy_string"), "{reason}");
        assert_eq!(text.contains("policy_type=sts"), patterns, "{reason}");
        assert_eq!(text.contains("policy_string"), lines, "{reason}");
        assert!(text.len() + "OK ".len() < 100_000, "{reason}");
    }
    for (count, reason) in [(0, "none"), (10_000, "far too many")] {
        let (status, text) =
            worded(&answer(Demand::Enforce, Some(&policy(count))), Dialect::Postfix310);
        assert_eq!(status, Status::Temp, "{reason}");
        assert_eq!(text, "the policy names no MX host, or too many", "{reason}");
    }
    assert_eq!(worded(&answer(Demand::Enforce, None), Dialect::Postfix34).0, Status::Temp);
}

/// The largest policy that a policy host can serve.
#[test]
fn no_policy_file_is_too_long_to_be_matched() {
    let head = "version: STSv1\nmode: enforce\nmax_age: 1\n";
    for line in ["mx: a\n".to_owned(), format!("mx: {}\n", [&*"a".repeat(60); 4].join("."))] {
        let packed = pack(&format!("{head}{}", line.repeat((64 * 1024 - head.len()) / line.len())));
        let (status, text) = worded(&answer(Demand::Enforce, Some(&packed)), Dialect::Postfix310);
        assert_eq!(status, Status::Found);
        assert!(text.len() + "OK ".len() < 100_000);
    }
}

#[test]
fn numbers_are_written_in_decimal() {
    for number in [0, 9, 10, 604_800, 31_557_600, u32::MAX] {
        assert_eq!(Decimal::new(number).as_str(), number.to_string());
    }
}

/// Postfix's reading of an answer: tokens between blanks and commas, those in braces as one; the
/// name of an attribute before the first `=`.
fn read(reply: &str) -> Option<(String, Vec<(String, String)>)> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut depth = 0_usize;
    for c in reply.chars().chain([' ']) {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ' ' | ',' | '\t' | '\r' | '\n' if depth == 0 => {
                if !token.is_empty() {
                    tokens.push(std::mem::take(&mut token));
                }
                continue;
            }
            _ => {}
        }
        token.push(c);
    }
    let mut tokens = tokens.into_iter();
    let level = tokens.next()?;
    let attributes = tokens.map(|token| {
        let inner = match token.strip_prefix('{') {
            Some(inner) => inner.strip_suffix('}')?,
            None => &token,
        };
        let (name, value) = inner.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    attributes.collect::<Option<Vec<_>>>().filter(|_| depth == 0).map(|all| (level, all))
}

/// What Postfix ought to read out of an enforced policy.
fn expected(policy: &Policy) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let patterns: Vec<String> = policy.mx.iter().map(ToString::to_string).collect();
    let names = patterns.iter().map(|p| p.strip_prefix('*').unwrap_or(p)).collect::<Vec<_>>();
    let mut all = vec![
        pair("match", &names.join(":")),
        pair("servername", "hostname"),
        pair("policy_type", "sts"),
        pair("policy_domain", "a.example"),
    ];
    all.extend(patterns.iter().map(|pattern| pair("mx_host_pattern", pattern)));
    all.extend([pair("policy_string", "version: STSv1"), pair("policy_string", "mode: enforce")]);
    all.extend(patterns.iter().map(|p| pair("policy_string", &format!("mx: {p}"))));
    all.push(pair("policy_string", &format!("max_age: {}", policy.max_age.as_secs())));
    let printable = |text: &str| text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    let extensions = policy.extensions.iter().filter(|e| printable(e.value()));
    let extensions = extensions.filter(|e| !e.value().contains(['{', '}']));
    all.extend(extensions.map(|e| pair("policy_string", &format!("{}: {}", e.name(), e.value()))));
    all
}

/// Lines of a policy file, or nearly.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "mx: (\\*\\.)?[a-z0-9]{1,9}(\\.[a-z]{1,9}){0,2}",
        4 => "[a-z]{1,3}: [!-~]([ -~]{0,20}[!-~])?",
        1 => "mx: [ -~\u{80}-\u{2fff}]{0,20}",
        1 => "[a-z]{1,3}: [{} =a-z,]{1,20}",
        1 => "[\\PC\t]{0,20}",
    ]
}

proptest! {
    /// Whatever parses as a policy is worded so that Postfix reads these attributes and no others.
    #[test]
    fn what_is_worded_is_read_back(lines in proptest::collection::vec(line(), 0..8)) {
        let file = format!("version: STSv1\nmode: enforce\nmax_age: 7\nmx: a\n{}", lines.join("\n"));
        if let Ok(policy) = parse(file.as_bytes()).verdict {
            prop_assert_eq!(policy.mode, Mode::Enforce);
            let packed = PackedPolicy::new(&"1".parse().unwrap(), &policy);
            let (status, text) = worded(&answer(Demand::Enforce, Some(&packed)), Dialect::Postfix310);
            prop_assert_eq!(status, Status::Found);
            prop_assert_eq!(read(&text), Some(("secure".to_owned(), expected(&policy))));
        }
    }
}
