use super::*;
use ironpost_lab::{Lab, LabOptions};
use ironpost_net::dns::resolver::{Dnssec, ResolverConfig};
use ironpost_proto::mta_sts::policy::{MAX_BODY, parse};
use ironpost_proto::tls_rpt::result_type::{FetchFailure, Instead};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};

async fn resolver(server: SocketAddr) -> Resolver {
    let config =
        ResolverConfig { servers: vec![server], dnssec: Dnssec::Off, ..ResolverConfig::default() };
    Resolver::new(config).await.unwrap()
}

/// The lab and its resolver.
async fn world() -> (Lab, Resolver) {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let resolver = resolver(lab.dns()).await;
    (lab, resolver)
}

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

fn failed(instead: Instead) -> Event {
    Event::PolicyFetch { failure: FetchFailure::Status(500), instead }
}

#[tokio::test]
async fn a_domain_with_one_valid_record_wants_reports() {
    let (_lab, resolver) = world().await;
    let record = "v=TLSRPTv1; rua=mailto:reports@reports.example";
    let table = [
        ("sound-enforce.example", Some(record), "a record"),
        ("sound-split-strings.example", Some(record), "a record in several strings"),
        ("report-none.example", None, "no record"),
        ("report-multiple.example", None, "several"),
        ("report-no-rua.example", None, "one without rua"),
        ("report-version.example", None, "another version"),
        ("no-such-domain.example", None, "no domain"),
    ];
    for (name, expected, reason) in table {
        let found = wanted(&resolver, &domain(name)).await;
        assert_eq!(found.as_deref(), expected, "{reason}");
    }
    let dead = self::resolver(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))).await;
    assert_eq!(wanted(&dead, &domain("sound-enforce.example")).await, None, "DNS is away");
}

#[tokio::test]
async fn a_failed_fetch_reaches_the_collector() {
    let (_lab, resolver) = world().await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tlsrpt.socket");
    let collector = tokio::net::UnixDatagram::bind(&path).unwrap();
    let reports = FailureReports::new(path, resolver);
    let policy = parse(b"version: STSv1\nmode: enforce\nmx: *.a.example\nmax_age: 86400\n");
    let cached = policy.verdict.unwrap();
    reports.send(&domain("report-none.example"), failed(Instead::Nothing), None);
    reports.send(&domain("sound-enforce.example"), failed(Instead::CachedPolicy), Some(cached));
    let mut datagram = vec![0; MAX_DATAGRAM];
    let length = collector.recv(&mut datagram).await.unwrap();
    let found: Value = serde_json::from_slice(&datagram[..length]).unwrap();
    let expected = json!({
        "dpv": "1",
        "d": "sound-enforce.example",
        "pr": "v=TLSRPTv1; rua=mailto:reports@reports.example",
        "policies": [{
            "policy-type": 2,
            "policy-domain": "sound-enforce.example",
            "policy-string": [
                "version: STSv1", "mode: enforce", "mx: *.a.example", "max_age: 86400",
            ],
            "mx-host": ["*.a.example"],
            "failure-details": [{"c": 301, "f": "http-status-500+fallback-to-cached-policy"}],
            "t": 1,
            "f": 1,
        }],
    });
    assert_eq!(found, expected);
    assert_eq!(reports.totals().dropped, 0);
}

#[test]
fn a_collector_that_is_away_or_full_loses_datagrams() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tlsrpt.socket");
    let collector = Collector { path: path.clone(), tally: Arc::default() };
    let totals = || {
        let tally = &collector.tally;
        (tally.sent.load(Ordering::Relaxed), tally.dropped.load(Ordering::Relaxed))
    };
    collector.take("{}");
    assert_eq!(totals(), (0, 1), "away");
    let other_end = UnixDatagram::bind(&path).unwrap();
    collector.take("{}");
    assert_eq!(totals(), (1, 1), "there");
    while totals().1 == 1 {
        collector.take("{}");
    }
    other_end.recv(&mut [0; 8]).unwrap();
    let before = totals();
    collector.take("{}");
    assert_eq!(totals(), (before.0 + 1, before.1), "room again");
    drop(other_end);
    collector.take("{}");
    assert_eq!(totals(), (before.0 + 1, before.1 + 1), "gone");
}

/// Nothing runs between the calls: there is one thread, and it is this one's.
#[tokio::test(flavor = "current_thread")]
async fn reports_beyond_the_queue_are_counted() {
    let resolver = resolver(SocketAddr::from((Ipv4Addr::LOCALHOST, 1))).await;
    let reports = FailureReports::new("/nonexistent".into(), resolver);
    for _ in 0..QUEUE + 3 {
        reports.send(&domain("a.example"), failed(Instead::Nothing), None);
    }
    assert_eq!(reports.totals(), Totals { sent: 0, dropped: 3 });
}

#[test]
fn a_policy_that_makes_a_datagram_too_long_is_left_out() {
    let head = "version: STSv1\nmode: enforce\nmax_age: 1\nmx: a\nx: ";
    let quotes = format!("{head}{}\n", "\"".repeat(MAX_BODY - head.len() - 1));
    let head = "version: STSv1\nmode: enforce\nmax_age: 1\n";
    let hosts = format!("{head}{}", "mx: a\n".repeat(9_000));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tlsrpt.socket");
    let collector = UnixDatagram::bind(&path).unwrap();
    for (file, kept) in [(quotes, false), (hosts, true)] {
        let report = Report {
            domain: domain("a.example"),
            event: failed(Instead::CachedPolicy),
            cached: Some(parse(file.as_bytes()).verdict.unwrap()),
        };
        let text = datagram(&report, "v=TLSRPTv1; rua=mailto:a@b.example");
        assert_eq!(text.contains("policy-string"), kept);
        send(&path, text.as_bytes()).unwrap();
        let mut received = vec![0; MAX_DATAGRAM];
        let length = collector.recv(&mut received).unwrap();
        assert_eq!(&received[..length], text.as_bytes());
    }
}
