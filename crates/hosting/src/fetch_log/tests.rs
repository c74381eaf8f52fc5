use super::*;
use ironpost_proto::delegation::Token;
use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);
const HOUR: Duration = Duration::from_hours(1);

fn site(id: i64) -> Site {
    Site {
        id: DomainId(id),
        domain: format!("d{id}.example").parse().unwrap(),
        token: Token::from_bytes([0; 10]),
        policy: None,
        record: None,
        rua: None,
        certificate: None,
        dns_challenges: Vec::new(),
        alpn_challenge: None,
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Numbers without a pattern, the same in every run (xorshift).
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0)
    }
}

#[test]
fn fetches_are_counted_by_hour_network_and_sender() {
    let (log, site) = (FetchLog::default(), site(1));
    let google = Some(&b"Google-SMTP-STS"[..]);
    log.record(&site, 1, address("192.0.2.1"), google, NOW);
    log.record(&site, 1, address("192.0.2.200"), google, NOW);
    log.record(&site, 2, address("192.0.2.1"), google, NOW);
    log.record(&site, 1, address("192.0.3.1"), None, NOW);
    log.record(&site, 1, address("192.0.2.1"), google, NOW.after(HOUR));
    let mut rows: Vec<_> = log
        .take_counts(NOW.after(HOUR))
        .iter()
        .map(|row| format!("{} {} {} {}", row.version, row.network, row.sender, row.fetches))
        .collect();
    rows.sort();
    let expected = [
        "1 192.0.2.0/24 Google 1",
        "1 192.0.2.0/24 Google 2",
        "1 192.0.3.0/24 other 1",
        "2 192.0.2.0/24 Google 1",
    ];
    assert_eq!(rows, expected);
    let served = log.take_served();
    let served: HashMap<_, _> = served.iter().map(|last| (last.version, last.at)).collect();
    assert_eq!(served, HashMap::from([(1, NOW.after(HOUR)), (2, NOW)]));
    assert_eq!(log.take_counts(NOW.after(HOUR)), []);
    assert_eq!(log.take_served(), []);
}

#[test]
fn the_last_time_never_goes_back() {
    let (log, site) = (FetchLog::default(), site(1));
    log.record(&site, 1, address("192.0.2.1"), None, NOW.after(HOUR));
    log.record(&site, 1, address("192.0.2.1"), None, NOW);
    assert_eq!(log.take_served().first().unwrap().at, NOW.after(HOUR));
}

#[test]
fn a_million_clients_find_the_bounds() {
    let log = FetchLog::default();
    let sites: Vec<_> = (0..1000).map(site).collect();
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut fetches = 0;
    for n in 0..1_000_000_u64 {
        let (a, b) = (numbers.next().unwrap(), numbers.next().unwrap());
        let client = match n % 2 {
            0 => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(a >> 32).unwrap())),
            _ => IpAddr::V6(Ipv6Addr::from_bits(u128::from(a) << 64 | u128::from(b))),
        };
        // Half of them at one domain, and everybody has a user agent of his own.
        let site = if n % 4 < 2 { 0 } else { usize::try_from(b % 1000).unwrap() };
        let agent = b.to_le_bytes();
        log.record(&sites[site], 1, client, Some(&agent), NOW.after(Duration::from_millis(n)));
        fetches += 1;
    }
    for shard in &log.inner.shards {
        assert!(lock(shard).len() <= shard::MAX_ROWS);
    }
    let named = |rows: &[FetchRow], domain: i64| {
        let rows = rows.iter().filter(|row| row.domain == DomainId(domain));
        let networks = rows.map(|row| row.network).filter(|network| *network != Network::Others);
        networks.collect::<HashSet<_>>().len()
    };
    let rows = log.take_counts(NOW);
    assert_eq!(named(&rows, 0), shard::NAMED_PER_DOMAIN_HOUR);
    let all = rows.iter().filter(|row| row.network != Network::Others).count();
    assert_eq!(all, SHARDS * shard::MAX_NAMED, "as many as there is room for");
    let counted: u64 = rows.iter().map(|row| row.fetches).sum();
    assert_eq!(counted, fetches, "none is lost");
    assert_eq!(log.uncounted(), 0);
    let served = log.take_served();
    assert_eq!(served.len(), 1000, "each domain's last moment is known");
    let last = served.iter().map(|served| served.at).max().unwrap();
    assert_eq!(last, NOW.after(Duration::from_millis(999_999)));

    // Within the hour there is no more room than before, however often the log is written.
    for n in 0..1000_u32 {
        log.record(&sites[0], 1, IpAddr::V4(Ipv4Addr::from_bits(n << 8)), None, NOW);
    }
    assert_eq!(named(&log.take_counts(NOW), 0), 0);
    // The next hour has its own.
    let later = NOW.after(HOUR);
    log.take_counts(later);
    for n in 0..1000_u32 {
        log.record(&sites[0], 1, IpAddr::V4(Ipv4Addr::from_bits(n << 8)), None, later);
    }
    assert_eq!(named(&log.take_counts(later), 0), shard::NAMED_PER_DOMAIN_HOUR);
}

#[test]
fn a_client_with_many_names_takes_little_room() {
    let (log, site) = (FetchLog::default(), site(1));
    for n in 0..1000_u32 {
        let agent = format!("x{n}/1");
        log.record(&site, 1, address("192.0.2.1"), Some(agent.as_bytes()), NOW);
    }
    log.record(&site, 1, address("198.51.100.1"), Some(b"Google-SMTP-STS"), NOW);
    let rows = log.take_counts(NOW);
    let of = |network: &str| -> Vec<_> {
        rows.iter().filter(|row| row.network.to_string() == network).collect()
    };
    let noisy = of("192.0.2.0/24");
    assert_eq!(noisy.len(), shard::ROWS_PER_NETWORK + 1);
    let rest = noisy.iter().find(|row| row.sender == "other").unwrap();
    assert_eq!(rest.fetches, 1000 - u64::try_from(shard::ROWS_PER_NETWORK).unwrap());
    assert_eq!(of("198.51.100.0/24").len(), 1, "who comes later finds room");
}

#[test]
fn known_senders_are_told_apart_when_networks_are_not() {
    let (log, site) = (FetchLog::default(), site(1));
    for n in 0..1000_u32 {
        log.record(&site, 1, IpAddr::V4(Ipv4Addr::from_bits(n << 8)), Some(b"curl"), NOW);
    }
    log.record(&site, 1, address("192.0.2.1"), Some(b"Google-SMTP-STS"), NOW);
    let rows = log.take_counts(NOW);
    let mut others: Vec<_> = rows
        .iter()
        .filter(|row| row.network == Network::Others)
        .map(|row| (row.sender.as_str(), row.fetches))
        .collect();
    others.sort_unstable();
    assert_eq!(others, [("Google", 1), ("other", 744)]);
}

#[test]
fn a_log_that_cannot_be_written_ends_at_its_bound() {
    let log = FetchLog::default();
    let sites: Vec<_> = (0..100).map(|n| site(n * i64::try_from(SHARDS).unwrap())).collect();
    let hours = 300;
    for hour in 0..hours {
        let now = NOW.after(HOUR * hour);
        for site in &sites {
            log.record(site, 1, address("192.0.2.1"), None, now);
        }
    }
    assert!(lock(&log.inner.shards[0]).len() <= shard::MAX_ROWS);
    let rows = log.take_counts(NOW);
    let counted: u64 = rows.iter().map(|row| row.fetches).sum();
    assert_eq!(counted + log.uncounted(), 100 * u64::from(hours));
    assert!(log.uncounted() > 0);
    assert!(log.take_served().iter().all(|last| last.at == NOW.after(HOUR * (hours - 1))));
}
