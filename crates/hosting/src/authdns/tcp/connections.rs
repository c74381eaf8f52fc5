//! How many connections there are. One too many is not refused: that which has been silent for
//! longest gives way to it (RFC 7766 §6.2.3), first among those of the same address. So nobody can
//! keep others out by holding on to connections.

use hashbrown::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The open connections of all listeners.
#[derive(Debug, Default)]
pub(in crate::authdns) struct Connections {
    /// Counts what happens on connections: their order in time.
    turn: AtomicU64,
    open: Mutex<HashMap<u64, Open>>,
}

#[derive(Debug)]
struct Open {
    network: IpAddr,
    last_turn: Arc<AtomicU64>,
    end: CancellationToken,
}

/// One of the open connections; leaves with its value.
#[derive(Debug)]
pub(super) struct Connection {
    number: u64,
    last_turn: Arc<AtomicU64>,
    end: CancellationToken,
    all: Arc<Connections>,
}

impl Connections {
    /// Takes a connection in; true if another has to end for it.
    pub(super) fn enter(
        all: &Arc<Self>,
        address: IpAddr,
        end: &CancellationToken,
    ) -> (Connection, bool) {
        let number = all.next_turn();
        let last_turn = Arc::new(AtomicU64::new(number));
        let end = end.child_token();
        let network = network(address);
        let open = Open { network, last_turn: Arc::clone(&last_turn), end: end.clone() };
        let mut others = all.lock();
        let evicted = others.evict(|other| other.network == network, MAX_OF_ADDRESS)
            || others.evict(|_| true, MAX_CONNECTIONS);
        others.insert(number, open);
        drop(others);
        (Connection { number, last_turn, end, all: Arc::clone(all) }, evicted)
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

trait Evict {
    /// Ends the most silent of those that `counts`, if there are `most` of them.
    fn evict(&mut self, counts: impl Fn(&Open) -> bool, most: usize) -> bool;
}

impl Evict for HashMap<u64, Open> {
    fn evict(&mut self, counts: impl Fn(&Open) -> bool, most: usize) -> bool {
        if self.values().filter(|open| counts(open)).count() < most {
            return false;
        }
        let counted = self.iter().filter(|(_, open)| counts(open));
        let silent = counted.min_by_key(|(_, open)| open.last_turn.load(Ordering::Relaxed));
        let Some(number) = silent.map(|(number, _)| *number) else { return false };
        if let Some(open) = self.remove(&number) {
            open.end.cancel();
        }
        true
    }
}

impl Connection {
    /// Something was asked.
    pub(super) fn touch(&self) {
        self.last_turn.store(self.all.next_turn(), Ordering::Relaxed);
    }

    /// Waits until it has to end.
    pub(super) async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.lock().remove(&self.number);
    }
}

/// Whom a connection counts for: an IPv4 address, or a /56 as one customer has it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 72 << 72).into(),
    }
}

/// Own limits. Resolvers need one connection, and that only after a truncated answer.
const MAX_CONNECTIONS: usize = 1000;
const MAX_OF_ADDRESS: usize = 64;
