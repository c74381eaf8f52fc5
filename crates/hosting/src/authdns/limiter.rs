//! Response rate limiting: whoever is made to ask by somebody who forges its address is not
//! flooded with our answers. As the idea is documented for BIND ("responses-per-second", "slip")
//! and NSD: each network has, for each kind of answer, an account that fills at a fixed rate; an
//! answer that its account cannot pay for is held back, or shortened to a request to ask over TCP,
//! which a real client can do.

use super::answer::Kind;
use ipnet::IpNet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many answers of one kind a network gets over UDP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Answers in a second, to each network and of each kind: the same answer, no such type at a
    /// name, no such name, an error. What was not used for a second may come at once. 0: no limit.
    pub per_second: u32,
    /// Networks without a limit.
    pub exempt: Vec<IpNet>,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { per_second: PER_SECOND, exempt: Vec::new() }
    }
}

/// The accounts. Of a fixed size, whatever comes.
#[derive(Debug)]
pub(super) struct Limiter {
    slots: Box<[AtomicU64]>,
    hasher: RandomState,
    /// Microseconds that an answer costs.
    price: u32,
    exempt: Vec<IpNet>,
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It is sent.
    Send,
    /// Its frame is sent, with TC.
    Shorten,
    /// It is not sent.
    Drop,
}

/// An account: whose it is, by 31 bits of a hash; whether the last answer was held back; and until
/// when it is spent, in microseconds modulo 2³².
#[derive(Debug, Clone, Copy)]
struct Account {
    owner: u32,
    dropped: bool,
    spent_until: u32,
}

impl Limiter {
    /// `None` if there is no limit.
    pub(super) fn new(limit: &RateLimit) -> Option<Self> {
        let price = SECOND.checked_div(limit.per_second)?.max(1);
        let slots = (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
        Some(Self { slots, hasher: RandomState::new(), price, exempt: limit.exempt.clone() })
    }

    /// Books an answer of `kind` about `question` to `client`, `now` after any fixed moment.
    pub(super) fn book(&self, client: IpAddr, kind: Kind, question: &[u8], now: Duration) -> Leave {
        let client = client.to_canonical();
        if self.exempt.iter().any(|network| network.contains(&client)) {
            return Leave::Send;
        }
        let now = u32::try_from(now.as_micros() & u128::from(u32::MAX)).unwrap_or_default();
        let hash = self.hash(client, kind, question);
        let Some((slot, account)) = self.account(hash, now) else { return Leave::Send };
        let spent = account.ahead(now) + self.price;
        let (account, leave) = if spent <= SECOND {
            let spent_until = now.wrapping_add(spent);
            (Account { spent_until, dropped: false, ..account }, Leave::Send)
        } else {
            // Slip 2: every other one.
            let leave = if account.dropped { Leave::Shorten } else { Leave::Drop };
            (Account { dropped: !account.dropped, ..account }, leave)
        };
        // Two at once may count as one: the limit need not be exact.
        slot.store(account.packed(), Ordering::Relaxed);
        leave
    }

    /// The account of a hash and where it is kept: its own, or that of the owner who has spent
    /// least, which is lost.
    fn account(&self, hash: u64, now: u32) -> Option<(&AtomicU64, Account)> {
        let set = usize::try_from(hash % (SLOTS / WAYS) as u64).ok()? * WAYS;
        let owner = u32::try_from(hash >> 33).ok()?;
        let ways = self.slots.get(set..set + WAYS)?;
        let read = |slot: &AtomicU64| Account::unpacked(slot.load(Ordering::Relaxed));
        if let Some(slot) = ways.iter().find(|slot| read(slot).owner == owner) {
            return Some((slot, read(slot)));
        }
        let slot = ways.iter().min_by_key(|slot| read(slot).ahead(now))?;
        Some((slot, Account { owner, dropped: false, spent_until: now }))
    }

    fn hash(&self, client: IpAddr, kind: Kind, question: &[u8]) -> u64 {
        let subject = match kind {
            Kind::Found => question,
            // The type is the client's choice, and there are many.
            Kind::NoData => question.split_last_chunk::<4>().map_or(question, |(name, _)| name),
            // So is the name.
            Kind::NoName | Kind::Cookie | Kind::Error(_) => &[],
        };
        let mut lower = [0; MAX_QUESTION];
        for (lower, octet) in lower.iter_mut().zip(subject) {
            *lower = octet.to_ascii_lowercase();
        }
        let mut hasher = self.hasher.build_hasher();
        network(client).hash(&mut hasher);
        kind.hash(&mut hasher);
        lower.get(..subject.len()).hash(&mut hasher);
        std::hash::Hasher::finish(&hasher)
    }
}

impl Account {
    fn packed(self) -> u64 {
        u64::from(self.owner) << 33 | u64::from(self.dropped) << 32 | u64::from(self.spent_until)
    }

    fn unpacked(packed: u64) -> Self {
        let [owner, spent_until] = [packed >> 33, packed & u64::from(u32::MAX)]
            .map(|half| u32::try_from(half).unwrap_or(0));
        Self { owner, dropped: packed >> 32 & 1 == 1, spent_until }
    }

    /// By how many microseconds it is spent ahead of `now`.
    fn ahead(self, now: u32) -> u32 {
        match self.spent_until.wrapping_sub(now) {
            ahead @ 0..=SECOND => ahead,
            // Spent until a moment in the past.
            _ => 0,
        }
    }
}

/// Whose account it is: /24 and /56, what one customer of a network has. Any finer, and a flood
/// at a whole network would pass.
fn network(client: IpAddr) -> (u8, u64) {
    match client {
        IpAddr::V4(address) => (4, (address.to_bits() >> 8).into()),
        IpAddr::V6(address) => {
            (6, u64::try_from(address.to_bits() >> (128 - 56)).unwrap_or_default())
        }
    }
}

/// Own limit. A resolver asks for the same name and type once in a TTL; this leaves room for all
/// resolvers of a /24.
const PER_SECOND: u32 = 50;
/// Of 8 octets: 1 MiB.
const SLOTS: usize = 1 << 17;
/// Slots among which an account may be.
const WAYS: usize = 4;
/// What an account holds, in microseconds.
const SECOND: u32 = 1_000_000;
/// Octets of the longest question, RFC 1035 §2.3.4 and §4.1.2.
const MAX_QUESTION: usize = 255 + 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authdns::Rcode;

    const QUESTION: &[u8] = b"\x01a\x04test\x00\x00\x10\x00\x01";

    fn limiter(per_second: u32) -> Limiter {
        Limiter::new(&RateLimit { per_second, exempt: Vec::new() }).unwrap()
    }

    /// How many of `count` answers at one moment are sent, cut and dropped.
    fn flood(limiter: &Limiter, client: &str, count: usize, now: Duration) -> [usize; 3] {
        let client = client.parse().unwrap();
        let leaves: Vec<_> =
            (0..count).map(|_| limiter.book(client, Kind::Found, QUESTION, now)).collect();
        [Leave::Send, Leave::Shorten, Leave::Drop]
            .map(|kind| leaves.iter().filter(|leave| **leave == kind).count())
    }

    #[test]
    fn what_is_spent_comes_back_with_time() {
        // Where the microseconds begin anew, too.
        for start in [Duration::from_secs(10), Duration::from_micros(u64::from(u32::MAX) - 700_000)]
        {
            let limiter = limiter(50);
            let after = |millis| start + Duration::from_millis(millis);
            assert_eq!(flood(&limiter, "192.0.2.1", 100, start), [50, 25, 25]);
            assert_eq!(flood(&limiter, "192.0.2.1", 2, after(19)), [0, 1, 1]);
            assert_eq!(flood(&limiter, "192.0.2.1", 4, after(20)), [1, 1, 2]);
            assert_eq!(flood(&limiter, "192.0.2.1", 51, after(1020)), [50, 0, 1]);
            assert_eq!(flood(&limiter, "192.0.2.1", 51, after(60_000)), [50, 0, 1]);
        }
    }

    #[test]
    fn networks_and_kinds_have_accounts_of_their_own() {
        let other_type = [&QUESTION[..QUESTION.len() - 4], b"\x00\x01\x00\x01"].concat();
        let table = [
            ("192.0.2.1", Kind::Found, QUESTION, true, "the same"),
            ("192.0.2.254", Kind::Found, QUESTION, true, "the same /24"),
            ("::ffff:192.0.2.1", Kind::Found, QUESTION, true, "the same, as IPv6 shows it"),
            ("192.0.2.1", Kind::Found, b"\x01A\x04TEST\x00\x00\x10\x00\x01", true, "in capitals"),
            ("192.0.3.1", Kind::Found, QUESTION, false, "another /24"),
            ("192.0.2.1", Kind::Found, &other_type, false, "another type"),
            ("192.0.2.1", Kind::NoData, QUESTION, false, "nothing of that type"),
            ("192.0.2.1", Kind::NoName, QUESTION, false, "no such name"),
            ("192.0.2.1", Kind::Error(Rcode::Refused), QUESTION, false, "a refusal"),
            ("2001:db8::1", Kind::Found, QUESTION, false, "IPv6"),
        ];
        for (client, kind, question, spent, reason) in table {
            let (limiter, now) = (limiter(10), Duration::from_secs(1));
            assert_eq!(flood(&limiter, "192.0.2.1", 10, now), [10, 0, 0]);
            let leave = limiter.book(client.parse().unwrap(), kind, question, now);
            assert_eq!(leave != Leave::Send, spent, "{reason}");
        }
        let (limiter, now) = (limiter(10), Duration::from_secs(1));
        assert_eq!(flood(&limiter, "2001:db8:0:100::1", 10, now), [10, 0, 0]);
        assert_eq!(flood(&limiter, "2001:db8:0:1ff::1", 2, now), [0, 1, 1], "the same /56");
        assert_eq!(flood(&limiter, "2001:db8:0:200::1", 2, now), [2, 0, 0], "another one");
    }

    /// The client chooses type and name: neither may open another account for a denial.
    #[test]
    fn what_the_client_makes_up_does_not_count() {
        let (limiter, now) = (limiter(10), Duration::from_secs(1));
        let client = "192.0.2.1".parse().unwrap();
        for (kind, at) in [(Kind::NoName, 1), (Kind::NoData, 8), (Kind::Error(Rcode::Refused), 1)] {
            let sent = (0..200_u8).filter(|n| {
                let mut question = QUESTION.to_vec();
                question[at] = *n;
                limiter.book(client, kind, &question, now) == Leave::Send
            });
            assert_eq!(sent.count(), 10, "{kind:?}");
        }
    }

    /// A flood in the name of a million networks takes no more memory, and no account is lost that
    /// has something on it.
    #[test]
    fn a_million_networks_find_no_more_room() {
        let (limiter, now) = (limiter(10), Duration::from_secs(1));
        assert_eq!(flood(&limiter, "192.0.2.1", 12, now), [10, 1, 1]);
        for network in 0..1_000_000_u32 {
            let client = IpAddr::V4((network << 8).into());
            limiter.book(client, Kind::Found, QUESTION, now);
        }
        assert_eq!(limiter.slots.len() * size_of::<AtomicU64>(), 1024 * 1024);
        assert_eq!(flood(&limiter, "192.0.2.1", 2, now), [0, 1, 1]);
    }

    #[test]
    fn some_are_exempt_and_nobody_need_be_limited() {
        assert!(Limiter::new(&RateLimit { per_second: 0, exempt: Vec::new() }).is_none());
        let exempt = vec!["192.0.2.0/25".parse().unwrap()];
        let limiter = Limiter::new(&RateLimit { per_second: 1, exempt }).unwrap();
        let now = Duration::from_secs(1);
        assert_eq!(flood(&limiter, "192.0.2.1", 100, now), [100, 0, 0]);
        assert_eq!(flood(&limiter, "192.0.2.128", 3, now), [1, 1, 1]);
    }
}
