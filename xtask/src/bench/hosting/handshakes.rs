//! Policies that are fetched: with a handshake for each, or many on one connection.

use super::client::Conversation;
use super::installation::Domain;
use super::load::{Next, Work};
use crate::bench::histogram::Histogram;
use anyhow::{Context, Result, ensure};
use rustls::ClientConfig;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

/// Fetches policies of random domains, so many on each connection.
pub(crate) struct Fetches<'a> {
    config: Arc<ClientConfig>,
    domains: &'a [Domain],
    each: u32,
    whim: Whim,
}

/// A connection.
pub(crate) struct Fetching {
    conversation: Conversation,
    policy: String,
    begun: Instant,
    fetched: u32,
}

impl<'a> Fetches<'a> {
    pub(crate) fn new(config: &Arc<ClientConfig>, domains: &'a [Domain], each: u32) -> Self {
        Self { config: Arc::clone(config), domains, each, whim: Whim::default() }
    }
}

impl Work for Fetches<'_> {
    type Talk = Fetching;

    fn begin(&mut self, stream: &mut TcpStream) -> Result<Fetching> {
        let domain = self.whim.one_of(self.domains).context("no domain to fetch for")?;
        let begun = Instant::now();
        let mut conversation = Conversation::new(&self.config, domain)?;
        conversation.ask(stream)?;
        Ok(Fetching { conversation, policy: domain.policy(), begun, fetched: 0 })
    }

    fn go_on(
        &mut self,
        talk: &mut Fetching,
        stream: &mut TcpStream,
        latencies: &mut Histogram,
    ) -> Result<Next> {
        let Some(policy) = talk.conversation.hear(stream)? else { return Ok(Next::Wait) };
        ensure!(policy == talk.policy, "not the policy that is due: {policy:?}");
        let now = Instant::now();
        latencies.add(now - talk.begun, 1);
        talk.fetched += 1;
        if talk.fetched == self.each {
            talk.conversation.end(stream)?;
            return Ok(Next::Over);
        }
        talk.begun = now;
        talk.conversation.ask(stream)?;
        Ok(Next::Wait)
    }
}

/// The same choices in every run, and in no order.
#[derive(Debug)]
pub(crate) struct Whim(u64);

impl Default for Whim {
    fn default() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }
}

impl Whim {
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        // xorshift64, Marsaglia 2003.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(all.len().max(1)).unwrap_or(u64::MAX);
        all.get(usize::try_from(self.0 % bound).unwrap_or_default())
    }
}
