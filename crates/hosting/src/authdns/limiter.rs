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
            Kind::NoName | Kind::Error(_) => &[],
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
