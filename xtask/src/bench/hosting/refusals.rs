//! Clients that ask for names that are not hosted.

use super::client::hello;
use super::handshakes::Whim;
use super::load::{Next, Work};
use crate::bench::histogram::Histogram;
use anyhow::{Context, Result, bail};
use rustls::ClientConfig;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

/// Says hello for names that nobody hosts, and expects to be sent away. The hellos lie ready.
pub(crate) struct Refusals {
    hellos: Vec<Vec<u8>>,
    whim: Whim,
}

impl Refusals {
    pub(crate) fn new(config: &Arc<ClientConfig>) -> Result<Self> {
        let name = |number| format!("mta-sts.stranger-{number:06}.test");
        let hellos = (0..HELLOS).map(|number| hello(config, name(number)));
        Ok(Self { hellos: hellos.collect::<Result<_>>()?, whim: Whim::default() })
    }
}

impl Work for Refusals {
    type Talk = Instant;

    fn begin(&mut self, stream: &mut TcpStream) -> Result<Instant> {
        let begun = Instant::now();
        let hello = self.whim.one_of(&self.hellos).context("no hello")?;
        stream.write_all(hello).context("a hello got stuck")?;
        Ok(begun)
    }

    fn go_on(
        &mut self,
        begun: &mut Instant,
        stream: &mut TcpStream,
        latencies: &mut Histogram,
    ) -> Result<Next> {
        let mut alert = [0; 64];
        let length = match stream.read(&mut alert) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Next::Wait),
            Err(error) => return Err(error).context("a connection failed"),
        };
        // RFC 8446 §6: an alert, fatal, unrecognized_name.
        let [21, 3, _, 0, 2, 2, 112] = alert.get(..length).unwrap_or_default() else {
            bail!("not refused: {:?}", alert.get(..length));
        };
        latencies.add(begun.elapsed(), 1);
        Ok(Next::Over)
    }
}

/// Different names.
const HELLOS: u32 = 1000;
