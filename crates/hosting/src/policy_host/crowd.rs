//! Who is connected, and how often.

use super::Limits;
use hashbrown::HashMap;
use rustix::process::{Resource, getrlimit};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Those who are connected.
#[derive(Debug)]
pub(super) struct Crowd {
    seats: Arc<Semaphore>,
    size: usize,
    by_client: Mutex<HashMap<Client, usize>>,
    per_client: usize,
}

/// One connection's seat; free again when dropped.
pub(super) type Seat = OwnedSemaphorePermit;

/// What counts as one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    V4(Ipv4Addr),
    /// The upper 64 bits: nobody is given less, and who has them has all the rest.
    V6(u64),
}

/// A connection that is counted as its client's; no longer when dropped.
#[derive(Debug)]
pub(super) struct Member<'a> {
    crowd: &'a Crowd,
    client: Client,
}

impl Crowd {
    pub(super) fn new(limits: &Limits) -> Self {
        let descriptors = getrlimit(Resource::Nofile).current;
        let spared = descriptors.map_or(usize::MAX, |limit| {
            usize::try_from(limit - limit / SPARED_PART).unwrap_or(usize::MAX)
        });
        let size = limits.connections.min(spared).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            seats: Arc::new(Semaphore::new(size)),
            size,
            by_client: Mutex::default(),
            per_client: limits.connections_per_client,
        }
    }

    /// Waits for a free seat.
    pub(super) async fn seat(&self) -> Option<Seat> {
        // It is never closed.
        Arc::clone(&self.seats).acquire_owned().await.ok()
    }

    /// A free seat, if there is one now.
    pub(super) fn seat_now(&self) -> Option<Seat> {
        Arc::clone(&self.seats).try_acquire_owned().ok()
    }

    /// How many seats are taken.
    pub(super) fn len(&self) -> usize {
        self.size.saturating_sub(self.seats.available_permits())
    }

    /// Counts one more connection of that client, unless it has too many.
    pub(super) fn join(&self, address: IpAddr) -> Option<Member<'_>> {
        let client = Client::of(address);
        let mut by_client = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_client.entry(client).or_insert(0);
        if *count >= self.per_client {
            return None;
        }
        *count += 1;
        Some(Member { crowd: self, client })
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        let mut by_client = self.crowd.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_client.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                by_client.remove(&self.client);
            }
        }
    }
}

impl Client {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> 64;
                // 64 bits are left.
                Self::V6(u64::try_from(network).unwrap_or_default())
            }
        }
    }
}

/// One descriptor of so many is left for everything else that the process does. Own limit.
const SPARED_PART: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_counted_by_what_it_owns() {
        let crowd = Crowd::new(&Limits { connections_per_client: 1, ..Limits::default() });
        for (first, second, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8::1", "2001:db8::2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let member = crowd.join(first.parse().unwrap());
            assert!(member.is_some());
            let other = crowd.join(second.parse().unwrap());
            assert_eq!(other.is_none(), same, "{first} {second}");
        }
        assert!(crowd.by_client.lock().unwrap().is_empty(), "nobody is remembered");
    }

    #[test]
    fn seats_run_out_and_come_back() {
        let crowd = Crowd::new(&Limits { connections: 1, ..Limits::default() });
        let seat = crowd.seat_now();
        assert!(seat.is_some());
        assert!(crowd.seat_now().is_none());
        assert_eq!(crowd.len(), 1);
        drop(seat);
        assert!(crowd.seat_now().is_some());
    }
}
