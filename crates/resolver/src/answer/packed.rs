//! A policy in one piece of memory: a million of them are kept, and each is worded from its parts
//! without being taken apart.

use ironpost_proto::mta_sts::mx_pattern::MxPattern;
use ironpost_proto::mta_sts::policy::{Extension, MaxAge, Mode, Policy};
use ironpost_proto::mta_sts::record::PolicyId;

/// A policy and its id. Made from parsed types only, which is why its parts need no check when
/// they are worded.
///
/// ```text
/// mode | max_age | id | length of the patterns | patterns | extensions
/// ```
///
/// Every text has its length in front. Numbers are in groups of seven bits, the least first, the
/// high bit of an octet telling that another follows: short texts, which most are, cost one octet
/// more than their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedPolicy(Box<[u8]>);

/// The same, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyView<'a>(&'a [u8]);

impl PackedPolicy {
    /// Packs a policy.
    pub fn new(id: &PolicyId, policy: &Policy) -> Self {
        let mut patterns = Vec::new();
        for pattern in &policy.mx {
            let star = if pattern.is_wildcard() { "*." } else { "" };
            let domain = pattern.domain().as_str();
            push_number(&mut patterns, star.len() + domain.len());
            patterns.extend_from_slice(star.as_bytes());
            patterns.extend_from_slice(domain.as_bytes());
        }
        let mut octets = Vec::with_capacity(OVERHEAD + id.as_str().len() + patterns.len());
        octets.push(match policy.mode {
            Mode::Enforce => ENFORCE,
            Mode::Testing => TESTING,
            Mode::None => NONE,
        });
        push_number(&mut octets, policy.max_age.as_secs() as usize);
        push_text(&mut octets, id.as_str());
        push_number(&mut octets, patterns.len());
        octets.append(&mut patterns);
        for extension in &policy.extensions {
            push_text(&mut octets, extension.name());
            push_text(&mut octets, extension.value());
        }
        Self(octets.into_boxed_slice())
    }

    /// Its parts.
    pub fn view(&self) -> PolicyView<'_> {
        PolicyView(&self.0)
    }

    /// The policy and its id as they were packed.
    #[expect(clippy::expect_used, clippy::missing_panics_doc, reason = "what was packed is an id")]
    pub fn unpack(&self) -> (PolicyId, Policy) {
        let view = self.view();
        let id = view.id().parse().expect("a PolicyId reads back");
        let policy = Policy {
            mode: view.mode(),
            max_age: view.max_age(),
            mx: view.patterns().filter_map(|pattern| pattern.parse().ok()).collect(),
            extensions: view
                .extensions()
                .filter_map(|(name, value)| Extension::new(name, value))
                .collect(),
        };
        (id, policy)
    }
}

impl<'a> PolicyView<'a> {
    /// `mode`.
    pub fn mode(self) -> Mode {
        match self.0.first() {
            Some(&ENFORCE) => Mode::Enforce,
            Some(&TESTING) => Mode::Testing,
            _ => Mode::None,
        }
    }

    /// `max_age`.
    pub fn max_age(self) -> MaxAge {
        MaxAge::from_secs(self.after_mode().number() as u64)
    }

    /// The id that announced the policy.
    pub fn id(self) -> &'a str {
        let mut rest = self.after_mode();
        rest.number();
        rest.text().unwrap_or_default()
    }

    /// The MX patterns as the policy file has them, in its order: letters, digits, hyphens, dots,
    /// and `*.` in front.
    pub fn patterns(self) -> impl Iterator<Item = &'a str> + Clone {
        let (patterns, _) = self.after_id();
        Texts(patterns)
    }

    /// Unknown fields, name and value.
    pub fn extensions(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let (_, mut extensions) = self.after_id();
        std::iter::from_fn(move || Some((extensions.text()?, extensions.text()?)))
    }

    fn after_mode(self) -> Octets<'a> {
        Octets(self.0.get(1..).unwrap_or_default())
    }

    /// The patterns and the extensions.
    fn after_id(self) -> (Octets<'a>, Octets<'a>) {
        let mut rest = self.after_mode();
        rest.number();
        rest.text();
        let length = rest.number();
        let (patterns, extensions) = rest.0.split_at_checked(length).unwrap_or_default();
        (Octets(patterns), Octets(extensions))
    }
}

impl From<&[MxPattern]> for PackedPolicy {
    /// A local policy in mode enforce, with the longest `max_age` and the id `local`.
    #[expect(clippy::expect_used, reason = "a constant")]
    fn from(patterns: &[MxPattern]) -> Self {
        let policy = Policy {
            mode: Mode::Enforce,
            max_age: MaxAge::MAX,
            mx: patterns.to_vec(),
            extensions: Vec::new(),
        };
        Self::new(&LOCAL_ID.parse().expect("letters"), &policy)
    }
}

/// Octets not read yet.
#[derive(Debug, Clone, Copy)]
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn number(&mut self) -> usize {
        let mut number = 0;
        let mut shift = 0;
        while let [octet, rest @ ..] = self.0 {
            self.0 = rest;
            number |= usize::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        number
    }

    /// `None` at the end.
    fn text(&mut self) -> Option<&'a str> {
        let length = self.number();
        let (text, rest) = self.0.split_at_checked(length).filter(|_| length > 0)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

/// Text after text. None of them is empty.
#[derive(Debug, Clone)]
struct Texts<'a>(Octets<'a>);

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.text()
    }
}

fn push_text(octets: &mut Vec<u8>, text: &str) {
    push_number(octets, text.len());
    octets.extend_from_slice(text.as_bytes());
}

fn push_number(octets: &mut Vec<u8>, number: usize) {
    let mut rest = number;
    loop {
        let group = u8::try_from(rest & 0x7f).unwrap_or_default();
        rest >>= 7;
        if rest == 0 {
            octets.push(group);
            break;
        }
        octets.push(group | 0x80);
    }
}

const ENFORCE: u8 = b'e';
const TESTING: u8 = b't';
const NONE: u8 = b'n';

/// Octets beside the id and the patterns: the mode, `max_age` and two lengths.
const OVERHEAD: usize = 1 + 4 + 1 + 3;

/// What a local policy has for an id.
const LOCAL_ID: &str = "local";

#[cfg(test)]
mod tests {
    use super::*;
    use ironpost_proto::mta_sts::policy::parse;
    use proptest::prelude::*;

    fn packed(id: &str, file: &[u8]) -> (PackedPolicy, PolicyId, Policy) {
        let id = id.parse().unwrap();
        let policy = parse(file).verdict.unwrap();
        (PackedPolicy::new(&id, &policy), id, policy)
    }

    #[test]
    fn the_parts_are_seen_without_unpacking() {
        let file = b"version: STSv1\nmode: testing\nmx: mx1.A.example\nmx: *.b.example\n\
                     max_age: 604800\nx: y z\nn: \xc3\xa9\n";
        let (packed, ..) = packed("20260101T000000", file);
        let view = packed.view();
        assert_eq!(view.mode(), Mode::Testing);
        assert_eq!(view.max_age().as_secs(), 604_800);
        assert_eq!(view.id(), "20260101T000000");
        assert_eq!(view.patterns().collect::<Vec<_>>(), ["mx1.a.example", "*.b.example"]);
        assert_eq!(view.extensions().collect::<Vec<_>>(), [("x", "y z"), ("n", "é")]);
    }

    #[test]
    fn a_policy_costs_little_more_than_its_text() {
        let file = b"version: STSv1\nmode: enforce\nmx: mx1.a.example\nmx: mx2.a.example\n\
                     mx: *.b.example\nmax_age: 604800\n";
        let (packed, ..) = packed("20260101T000000Z", file);
        let text = "20260101T000000Z".len() + 2 * "mx1.a.example".len() + "*.b.example".len();
        assert_eq!(packed.0.len() - text, 1 + 3 + 1 + 1 + 3);
    }

    #[test]
    fn the_largest_policies_are_packed() {
        let head = "version: STSv1\nmode: enforce\nmax_age: 31557600\n";
        let room = 64 * 1024 - head.len();
        let shortest = "mx: a\n";
        let files = [
            (format!("{head}{}", shortest.repeat(room / shortest.len())), "patterns"),
            (format!("{head}{shortest}x: {}\n", "v".repeat(room - 10)), "one extension"),
            (
                (0..room / 9).fold(format!("{head}{shortest}"), |file, n| {
                    if file.len() + 9 > 64 * 1024 { file } else { file + &format!("x{n:04}:v\n") }
                }),
                "extensions",
            ),
        ];
        for (file, reason) in files {
            let (packed, id, policy) = packed("1", file.as_bytes());
            assert_eq!(packed.unpack(), (id, policy), "{reason}");
            assert!(packed.0.len() < file.len(), "{reason}");
        }
    }

    #[test]
    fn a_local_policy_is_enforced() {
        let patterns: [MxPattern; 2] =
            ["mx.a.example".parse().unwrap(), "*.b.example".parse().unwrap()];
        let (id, policy) = PackedPolicy::from(&patterns[..]).unpack();
        assert_eq!((id.as_str(), policy.mode), ("local", Mode::Enforce));
        assert_eq!(policy.mx, patterns);
        assert_eq!(PackedPolicy::from(&[][..]).view().patterns().count(), 0);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            id in "[A-Za-z0-9]{1,32}",
            mode in "enforce|testing|none",
            max_age in 0..=31_557_600_u32,
            mx in proptest::collection::vec("(\\*\\.)?[a-z]{1,60}(\\.[a-z0-9]{1,60}){0,3}", 1..40),
            extensions in proptest::collection::hash_map(
                "x[A-Za-z0-9_.-]{0,31}", "[!-~é]([ -~é]{0,300}[!-~é])?", 0..4),
        ) {
            let head = format!("version: STSv1\nmode: {mode}\nmax_age: {max_age}");
            let mx = mx.iter().map(|mx| format!("mx: {mx}"));
            let more = extensions.iter().map(|(name, value)| format!("{name}: {value}"));
            let file = [head].into_iter().chain(mx).chain(more).collect::<Vec<_>>().join("\n");
            let (packed, id, policy) = packed(&id, file.as_bytes());
            prop_assert_eq!(packed.unpack(), (id, policy));
        }
    }
}
