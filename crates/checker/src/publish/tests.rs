//! What is published must be read back as it was meant.

use super::*;
use ironpost_proto::mta_sts::record;
use proptest::prelude::*;

fn wanted(domain: Option<&str>, mode: Mode, mx: &[&str]) -> Wanted {
    Wanted {
        domain: domain.map(|domain| domain.parse().unwrap()),
        mode,
        max_age: None,
        mx: mx.iter().map(|mx| mx_pattern(mx).unwrap()).collect(),
        id: "20260501T120000Z".parse().unwrap(),
        rua: Vec::new(),
    }
}

fn shown(publication: &Publication) -> String {
    let mut lines = vec![
        publication.file.clone(),
        publication.record.to_string(),
        publication.tls_rpt.to_string(),
    ];
    lines.extend(publication.warnings.iter().map(|w| format!("! {} {}", w.entry.id, w.detail)));
    lines.extend((1..).zip(&publication.steps).map(|(n, step): (usize, _)| format!("{n}. {step}")));
    lines.join("\n")
}

#[test]
fn says_what_to_publish_and_in_which_order() {
    let mx = ["mx1.example.com", "mx2.example.com", "MX1.example.com."];
    let testing = publish(wanted(Some("example.com"), Mode::Testing, &mx)).unwrap();
    insta::assert_snapshot!("testing", shown(&testing));
    let wide = publish(wanted(None, Mode::Enforce, &["*.co.uk", "mx.bücher.example"])).unwrap();
    insta::assert_snapshot!("enforce_without_a_domain", shown(&wide));
    let leaving = publish(wanted(Some("example.com"), Mode::None, &[])).unwrap();
    insta::assert_snapshot!("none", shown(&leaving));
}

#[test]
fn refuses_what_no_sender_could_use() {
    let table = [
        (wanted(None, Mode::Testing, &[]), PublishError::NoMx(Mode::Testing), "no host"),
        (
            wanted(None, Mode::Enforce, &["192.0.2.1"]),
            PublishError::Address(Ipv4Addr::new(192, 0, 2, 1)),
            "an address",
        ),
        (
            Wanted {
                rua: vec!["http://r.example/".parse().unwrap()],
                ..wanted(None, Mode::Testing, &["a.example"])
            },
            PublishError::ReportUri("http://r.example/".parse().unwrap()),
            "a scheme that reports do not use",
        ),
    ];
    for (wanted, expected, reason) in table {
        assert_eq!(publish(wanted), Err(expected), "{reason}");
    }
    let many = (0..5_000).map(|n| format!("mx{n}.example.com").parse().unwrap()).collect();
    let result = publish(Wanted { mx: many, ..wanted(None, Mode::Enforce, &[]) });
    assert!(matches!(result, Err(PublishError::TooLarge(size)) if size > MAX_BODY));
}

#[test]
fn patterns_are_read_as_people_type_them() {
    let table = [
        ("MX1.Example.com.", Ok("mx1.example.com")),
        (" *.example.com ", Ok("*.example.com")),
        ("*.bücher.example", Ok("*.xn--bcher-kva.example")),
        ("10 mx.example.com", Err(PatternFault::Preference)),
        ("https://mx.example.com", Err(PatternFault::Url)),
        ("*", Err(PatternFault::Wildcard)),
        ("", Err(PatternFault::Empty)),
    ];
    for (text, expected) in table {
        assert_eq!(mx_pattern(text).map(|p| p.to_string()), expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn mx_records_become_patterns() {
    let domain: Domain = "example.com".parse().unwrap();
    let patterns = |names: &[&str]| {
        let names: Vec<DnsName> = names.iter().map(|name| name.parse().unwrap()).collect();
        patterns_from_mx(&domain, &names)
            .map(|patterns| patterns.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        patterns(&["MX1.example.com", "mx2.example.net", "mx1.example.com"]).unwrap(),
        ["mx1.example.com", "mx2.example.net"]
    );
    assert_eq!(patterns(&[]).unwrap(), ["example.com"], "RFC 5321 §5.1: the domain itself");
    assert_eq!(patterns(&["."]), Err(MxRecordsError::NullMx));
    assert_eq!(
        patterns(&["mx_1.example.com"]),
        Err(MxRecordsError::NotAHost("mx_1.example.com".parse().unwrap()))
    );
    assert_eq!(patterns(&["192.0.2.1"]), Err(MxRecordsError::Address(Ipv4Addr::new(192, 0, 2, 1))));
}

#[test]
fn ids_are_made_of_the_time() {
    let at = |text: &str| id_at(text.parse().unwrap()).map(|id| id.to_string());
    assert_eq!(at("2026-05-01T14:00:00.9+02:00"), Ok("20260501T120000Z".to_owned()));
    assert!(at("-000001-01-01T00:00:00Z").is_err(), "a sign is neither letter nor digit");
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        mode in prop::sample::select(vec![Mode::Enforce, Mode::Testing, Mode::None]),
        max_age in proptest::option::of(0_u64..40_000_000),
        mx in prop::collection::vec("(\\*\\.)?[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z]{2,6}){1,3}", 1..6),
        domain in proptest::option::of("[a-z]{1,10}\\.(com|co\\.uk|example)"),
        id in "[A-Za-z0-9]{1,32}",
        rua in proptest::option::of("mailto:[a-z]{1,8}@[a-z]{1,8}\\.com"),
    ) {
        let wanted = Wanted {
            domain: domain.map(|domain| domain.parse().unwrap()),
            mode,
            max_age: max_age.map(MaxAge::from_secs),
            mx: mx.iter().map(|mx| mx.parse().unwrap()).collect(),
            id: id.parse().unwrap(),
            rua: rua.iter().map(|rua| rua.parse().unwrap()).collect(),
        };
        let made = publish(wanted).unwrap();
        let parsed = policy::parse(made.file.as_bytes());
        prop_assert_eq!(parsed.deviations, vec![]);
        prop_assert_eq!(parsed.verdict, Ok(made.policy));
        let parsed = record::parse(made.record.value().as_bytes());
        prop_assert_eq!(parsed.deviations, vec![]);
        prop_assert_eq!(parsed.verdict.map(|record| record.id.to_string()), Ok(id));
        let parsed = tls_rpt::record::parse(made.tls_rpt.value().as_bytes());
        prop_assert_eq!(parsed.deviations, vec![]);
        prop_assert!(parsed.verdict.is_ok());
    }
}
