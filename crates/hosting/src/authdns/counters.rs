//! What is counted.

use super::answer::Transport;
use super::rcode::Rcode;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start, for metrics. Reading never disturbs those who answer.
#[derive(Debug, Default)]
pub struct Counters {
    udp: [AtomicU64; Rcode::ALL.len()],
    tcp: [AtomicU64; Rcode::ALL.len()],
    /// Answers that said: ask again over TCP, for want of room.
    pub(super) truncated: AtomicU64,
    pub(super) slipped: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) noise: AtomicU64,
    pub(super) unsent: AtomicU64,
    pub(super) evicted: AtomicU64,
}

impl Counters {
    /// Requests that were answered so, those included whose answers the rate limit held back.
    pub fn answered(&self, transport: Transport, rcode: Rcode) -> u64 {
        self.cell(transport, rcode).map_or(0, read)
    }

    /// Answers that did not fit and said: ask again over TCP.
    pub fn truncated(&self) -> u64 {
        read(&self.truncated)
    }

    /// Answers cut down to "ask again over TCP" by the rate limit.
    pub fn slipped(&self) -> u64 {
        read(&self.slipped)
    }

    /// Answers held back by the rate limit.
    pub fn dropped(&self) -> u64 {
        read(&self.dropped)
    }

    /// Messages that are no requests.
    pub fn noise(&self) -> u64 {
        read(&self.noise)
    }

    /// Answers that the system did not send.
    pub fn unsent(&self) -> u64 {
        read(&self.unsent)
    }

    /// TCP connections closed to make room for others.
    pub fn evicted(&self) -> u64 {
        read(&self.evicted)
    }

    pub(super) fn count(&self, transport: Transport, rcode: Rcode) {
        if let Some(cell) = self.cell(transport, rcode) {
            bump(cell);
        }
    }

    fn cell(&self, transport: Transport, rcode: Rcode) -> Option<&AtomicU64> {
        let cells = match transport {
            Transport::Udp => &self.udp,
            Transport::Tcp => &self.tcp,
        };
        let place = Rcode::ALL.iter().position(|known| *known == rcode)?;
        cells.get(place)
    }
}

pub(super) fn bump(cell: &AtomicU64) {
    cell.fetch_add(1, Ordering::Relaxed);
}

fn read(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
}
