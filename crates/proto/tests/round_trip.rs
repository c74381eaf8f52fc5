//! What is written is read back as it was.
#![expect(clippy::unwrap_used, reason = "a panic is how a test says no")]

use ironpost_proto::dane::Tlsa;
use ironpost_proto::domain::{DnsName, Domain};
use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{self, Extension, MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record as sts_record;
use ironpost_proto::next_hop::{self, Key, NextHop, Route};
use ironpost_proto::socketmap;
use ironpost_proto::tcp_table;
use ironpost_proto::tls_rpt::record as tls_rpt_record;
use ironpost_proto::visible::Visible;
use proptest::collection::vec;
use proptest::prelude::*;

/// Labels of letters, digits and inner hyphens.
fn domain() -> impl Strategy<Value = String> {
    vec("[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", 1..6).prop_map(|labels| labels.join("."))
}

fn pattern() -> impl Strategy<Value = MxPattern> {
    (any::<bool>(), domain())
        .prop_map(|(star, name)| format!("{}{name}", if star { "*." } else { "" }).parse().unwrap())
}

fn extension() -> impl Strategy<Value = Extension> {
    let value = "[!-~é語\u{85}\u{2028}]([ -~é語\u{85}\u{2028}]{0,20}[!-~é語\u{85}\u{2028}])?";
    ("x[A-Za-z0-9_.-]{0,31}", value)
        .prop_map(|(name, value)| Extension::new(&name, &value).unwrap())
}

fn policy() -> impl Strategy<Value = Policy> {
    let mode = prop_oneof![Just(Mode::Enforce), Just(Mode::Testing), Just(Mode::None)];
    let max_age = (0..=31_557_600_u64).prop_map(MaxAge::from_secs);
    (mode, max_age, vec(pattern(), 1..8), vec(extension(), 0..4)).prop_map(
        |(mode, max_age, mx, mut extensions)| {
            // The first of a name counts, so a name is there once.
            extensions.sort_by(|a, b| a.name().cmp(b.name()));
            extensions.dedup_by(|a, b| a.name() == b.name());
            Policy { mode, max_age, mx, extensions }
        },
    )
}

/// Fields of a record with blanks around its semicolons, as an author may write them.
fn record(version: &'static str, known: &'static str) -> impl Strategy<Value = String> {
    let extension = "x[A-Za-z0-9_.-]{0,10}=[!-:<>-~]{1,10}";
    let delimiter = "[ \t]{0,2};[ \t]{0,2}";
    let fields = vec(prop_oneof![known, extension], 0..6);
    (fields, known, vec(delimiter, 7), any::<bool>()).prop_map(
        move |(mut fields, known, delimiters, last)| {
            fields.push(known);
            let mut text = version.to_owned();
            for (field, delimiter) in fields.iter().zip(&delimiters) {
                text.extend([delimiter.as_str(), field]);
            }
            if last { text + &delimiters[6] } else { text }
        },
    )
}

proptest! {
    #[test]
    fn policies(policy in policy()) {
        let compact = policy::parse(policy.compact().as_bytes()).verdict;
        prop_assert_eq!(compact.as_ref(), Ok(&policy));
        prop_assert_eq!(policy::parse(policy.to_string().as_bytes()).verdict, Ok(policy));
    }

    #[test]
    fn policies_in_any_form(policy in policy(), crlf in any::<bool>(), end in "[ \t]{0,3}") {
        let line_end = if crlf { format!("{end}\r\n") } else { format!("{end}\n") };
        let body = policy.to_string().replace('\n', &line_end);
        let parsed = policy::parse(body.as_bytes());
        prop_assert_eq!(parsed.verdict.as_ref(), Ok(&policy));
        let addresses = policy.mx.iter().filter(|pattern| pattern.as_ipv4().is_some()).count();
        prop_assert_eq!(parsed.deviations.len(), policy.extensions.len() + addresses);
    }

    #[test]
    fn sts_records(text in record("v=STSv1", "id=[A-Za-z0-9]{1,32}")) {
        let record = sts_record::parse(text.as_bytes()).verdict.unwrap();
        let again = sts_record::parse(record.to_string().as_bytes());
        prop_assert_eq!(again.verdict, Ok(record));
    }

    #[test]
    fn tls_rpt_records(
        text in record("v=TLSRPTv1", "rua=(mailto:[a-z]{1,5}@a[.]test|https://[a-z]{1,9}/[a-z?=&]{0,9})")
    ) {
        let record = tls_rpt_record::parse(text.as_bytes()).verdict.unwrap();
        let again = tls_rpt_record::parse(record.to_string().as_bytes());
        prop_assert_eq!(again.verdict, Ok(record));
    }

    #[test]
    fn patterns(pattern in pattern()) {
        prop_assert_eq!(pattern.to_string().parse(), Ok(pattern));
    }

    #[test]
    fn a_pattern_matches_as_an_independent_reading_of_it(pattern in pattern(), host in domain()) {
        let host: Domain = Domain::from_a_labels(host.as_bytes()).unwrap();
        let mut labels: Vec<&str> = host.labels().collect();
        if pattern.is_wildcard() {
            labels.remove(0);
        }
        let expected = labels.eq(&pattern.domain().labels().collect::<Vec<_>>());
        prop_assert_eq!(pattern.matches(&host), expected);
        prop_assert_eq!(pattern.matches_name(&DnsName::from(&host)), expected);
    }

    #[test]
    fn a_wildcard_matches_one_label_more(pattern in pattern(), label in "[a-z0-9]{1,9}") {
        let below = format!("{label}.{}", pattern.domain());
        let below = Domain::from_a_labels(below.as_bytes()).unwrap();
        prop_assert_eq!(pattern.matches(&below), pattern.is_wildcard());
        prop_assert_eq!(pattern.matches(pattern.domain()), !pattern.is_wildcard());
    }

    #[test]
    fn domains(text in domain()) {
        let domain = Domain::from_a_labels(text.to_ascii_uppercase().as_bytes()).unwrap();
        prop_assert_eq!(domain.as_str(), text);
        prop_assert_eq!(DnsName::from(&domain).to_domain(), Some(domain));
    }

    #[test]
    fn domains_that_people_type(text in "\\PC{1,30}") {
        if let Ok(domain) = text.parse::<Domain>() {
            prop_assert_eq!(Domain::from_a_labels(domain.as_str().as_bytes()), Ok(domain.clone()));
            prop_assert_eq!(domain.as_str().parse(), Ok(domain.clone()));
            prop_assert_eq!(domain.to_unicode().parse(), Ok(domain));
        }
    }

    #[test]
    fn names_off_the_wire(labels in vec(vec(any::<u8>(), 1..20), 0..10)) {
        let name = DnsName::from_labels(labels.iter().map(Vec::as_slice));
        let lower: Vec<Vec<u8>> = labels.iter().map(|label| label.to_ascii_lowercase()).collect();
        prop_assert_eq!(&name.labels(), &lower);
        prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
        let dotted = if name.is_root() { ".".into() } else { format!("{name}.") };
        prop_assert_eq!(dotted.parse(), Ok(name.clone()));
        prop_assert!(name.as_str().bytes().all(|b| b.is_ascii_graphic()));
        let parent = name.parent().map(|parent| parent.labels());
        prop_assert_eq!(parent, lower.get(1..).map(<[Vec<u8>]>::to_vec));
    }

    #[test]
    fn tlsa_records(rdata in vec(any::<u8>(), 3..200)) {
        let record = Tlsa::from_wire(&rdata).unwrap();
        prop_assert_eq!(record.to_string().parse(), Ok(record));
    }

    #[test]
    fn visible_text_stays_as_it_is(bytes in vec(any::<u8>(), 0..200)) {
        let visible = Visible::from_bytes(&bytes);
        prop_assert_eq!(&Visible::from(visible.as_str()), &visible);
    }

    #[test]
    fn next_hops(name in domain(), host in any::<bool>(), port in 1..=u16::MAX, upper in any::<bool>()) {
        let route = if host { Route::Host } else { Route::Mx };
        if let Ok(domain) = name.parse::<Domain>() && name.parse::<std::net::IpAddr>().is_err() {
            let next_hop = NextHop { domain, route, port };
            let key = next_hop.to_string();
            let key = if upper { key.to_ascii_uppercase() } else { key };
            prop_assert_eq!(Key::parse(key.as_bytes()), Ok(Key::NextHop(next_hop)));
        }
    }

    /// A key that needs no reading is read as itself.
    #[test]
    fn plain_keys(key in "[a-zA-Z0-9._:\\[\\]é-]{0,12}|xn--[a-z0-9]{1,5}|[0-9.]{1,16}|([a-z0-9-]{1,4}[.]?){1,4}") {
        if let Some(name) = next_hop::plain(key.as_bytes()) {
            let Ok(Key::NextHop(NextHop { domain, route, port })) = Key::parse(name.as_bytes()) else {
                return Err(TestCaseError::fail(key));
            };
            prop_assert_eq!((domain.as_str(), route, port), (&*key, Route::Mx, 25));
        }
    }

    #[test]
    fn socketmap_requests(map in "[!-~]{0,9}", key in vec(any::<u8>(), 0..99), next in vec(any::<u8>(), 0..9)) {
        let payload = [map.as_bytes(), b" ", &key].concat();
        let frame = [format!("{}:", payload.len()).as_bytes(), &payload, b","].concat();
        let stream = [frame.as_slice(), &next].concat();
        let request = socketmap::Request { map: map.as_bytes(), key: &key };
        prop_assert_eq!(socketmap::next_request(&stream), Ok(Some((request, frame.len()))));
    }

    /// A reply is escaped as a request is, so that it reads back.
    #[test]
    fn tcp_table_lines(text in "\\PC{0,99}|[\0-\u{7f}]{0,99}") {
        let mut line = Vec::new();
        tcp_table::write_reply(&mut line, tcp_table::Reply::Found(&text));
        let request = [b"get ", line.strip_prefix(b"200 ").unwrap()].concat();
        let expected = tcp_table::Request::Get(text.into_bytes());
        prop_assert_eq!(tcp_table::next_request(&request), Ok(Some((expected, request.len()))));
    }
}
