use super::*;
use ironpost_proto::domain::DomainError;
use proptest::prelude::*;
use std::io::Cursor;

fn read(list: &[u8]) -> Vec<Line> {
    Lines::new(Cursor::new(list)).collect::<Result<_, _>>().unwrap()
}

fn domain(line: u64, name: &str) -> Line {
    Line::Domain { line, domain: name.parse().unwrap() }
}

fn rejected(line: u64, text: &str, reason: impl Into<RejectedReason>) -> Line {
    Line::Rejected(Rejected { line, text: text.into(), reason: reason.into() })
}

#[test]
fn takes_or_names_every_line() {
    let list = "\u{feff}# customers\r\n\r\n  Example.COM. \t# ours\r\nBÜCHER.example\n\
        https://www.example.com/x\npostmaster@example.com\n1,third.example\nexample.com\n\
        not a domain\n192.0.2.1\nb\u{1b}[31m.example\nlast.example";
    let expected = [
        domain(3, "example.com"),
        domain(4, "xn--bcher-kva.example"),
        domain(5, "www.example.com"),
        Line::Duplicate { line: 6, domain: "example.com".parse().unwrap() },
        domain(7, "third.example"),
        Line::Duplicate { line: 8, domain: "example.com".parse().unwrap() },
        rejected(9, "not a domain", EntryError::Several),
        rejected(10, "192.0.2.1", EntryError::Address),
        rejected(11, "b\u{1b}[31m.example", EntryError::Domain(DomainError::Character('\u{1b}'))),
        domain(12, "last.example"),
    ];
    assert_eq!(read(list.as_bytes()), expected);
}

#[test]
fn names_a_heading_and_bytes_that_are_not_utf_8() {
    assert_eq!(
        read(b"Domain\nexample.com\nb\xfccher.example\n"),
        [
            rejected(1, "Domain", RejectedReason::Heading),
            domain(2, "example.com"),
            Line::Rejected(Rejected {
                line: 3,
                text: Visible::from_bytes(b"b\xfccher.example"),
                reason: RejectedReason::NotUtf8,
            }),
        ]
    );
}

#[test]
fn a_line_that_is_too_long_is_named_and_passed_over() {
    for (length, taken) in [(MAX_LINE, true), (MAX_LINE + 1, false), (10 * MAX_LINE, false)] {
        let mut list = b"a.example".to_vec();
        list.resize(length, b' ');
        list.extend(b"\nb.example");
        let lines = Lines::new(std::io::BufReader::with_capacity(16, Cursor::new(list)));
        let lines = lines.collect::<Result<Vec<_>, _>>().unwrap();
        let first = if taken {
            domain(1, "a.example")
        } else {
            rejected(1, "a.example", RejectedReason::TooLong)
        };
        assert_eq!(lines, [first, domain(2, "b.example")], "{length}");
    }
}

#[test]
fn what_is_done_is_said_to_be_done() {
    let mut done = NameSet::new();
    done.insert(&"b.example".parse().unwrap());
    let lines = Lines::resuming(Cursor::new("a.example\nb.example\n"), done);
    let lines = lines.collect::<Result<Vec<_>, _>>().unwrap();
    let second = Line::Done { line: 2, domain: "b.example".parse().unwrap() };
    assert_eq!(lines, [domain(1, "a.example"), second]);
}

#[test]
fn counts_what_will_be_checked() {
    assert_eq!(count(Cursor::new("a.example\n# x\nA.example\n?\nb.example")).unwrap(), 2);
    assert_eq!(count(Cursor::new("")).unwrap(), 0);
}

#[test]
fn a_rejected_line_reads_well() {
    let lines = read(b"\nwhat is this\n");
    let Some(Line::Rejected(rejected)) = lines.first() else { panic!("{lines:?}") };
    assert_eq!(
        rejected.to_string(),
        "line 2: what is this: more than a domain; write one domain a line"
    );
}

#[tokio::test]
async fn a_stream_gives_the_same_lines() {
    use futures_util::StreamExt;
    let list = (0..1_000).map(|n| format!("d{n}.example")).collect::<Vec<_>>().join("\n");
    let stream = stream(Lines::new(Cursor::new(list.clone()))).unwrap();
    let lines = stream.map(Result::unwrap).collect::<Vec<_>>().await;
    assert_eq!(lines, read(list.as_bytes()));
}

#[test]
fn a_hundred_thousand_lines_need_no_more_than_their_names() {
    let list = (0..100_000).map(|n| format!("{n},customer-{n}.example")).collect::<Vec<_>>();
    let list = list.join("\n");
    let mut lines = Lines::new(Cursor::new(list));
    let taken = lines.by_ref().filter(|l| matches!(l, Ok(Line::Domain { .. }))).count();
    assert_eq!(taken, 100_000);
    assert!(lines.buffer.capacity() <= 2 * MAX_LINE);
    assert_eq!(lines.seen.len(), 100_000);
}

proptest! {
    #[test]
    fn survives_any_bytes(list in proptest::collection::vec(any::<u8>(), 0..4_096)) {
        let lines = read(&list);
        let ends = list.split(|byte| *byte == b'\n').count() as u64;
        let mut last = 0;
        for line in lines {
            let (number, name) = match line {
                Line::Domain { line, domain } | Line::Duplicate { line, domain } => {
                    (line, domain.to_string())
                }
                Line::Done { .. } => panic!("nothing was done"),
                Line::Rejected(rejected) => (rejected.line, rejected.to_string()),
            };
            prop_assert!(number > last && number <= ends);
            prop_assert!(!name.chars().any(char::is_control));
            last = number;
        }
    }

    #[test]
    fn finds_every_domain_whatever_stands_around(
        names in proptest::collection::vec("[a-z][a-z0-9]{0,10}\\.example", 1..40),
        shapes in proptest::collection::vec(0_usize..8, 40),
        capacity in 1_usize..64,
    ) {
        let entries = names.iter().zip(shapes).map(|(name, shape)| {
            match shape {
                0 => format!("{name}\n"),
                1 => format!("  {name}.\r\n"),
                2 => format!("https://{name}:443/a\n"),
                3 => format!("x@{name} # why\n"),
                4 => format!("12,{name}\n"),
                5 => format!("\"{}\"\n\n", name.to_uppercase()),
                6 => format!("# {name}?\n{name}\n"),
                _ => format!("{name}\t\n"),
            }
        });
        let list = entries.collect::<Vec<_>>().concat();
        let reader = std::io::BufReader::with_capacity(capacity, Cursor::new(list));
        let mut found = Vec::new();
        for line in Lines::new(reader) {
            match line.unwrap() {
                Line::Domain { domain, .. } | Line::Duplicate { domain, .. } => {
                    found.push(domain.to_string());
                }
                other => panic!("{other:?}"),
            }
        }
        prop_assert_eq!(found, names);
    }
}
