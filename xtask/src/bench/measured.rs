//! A load on a server, and what it cost.

use super::histogram::Histogram;
use super::server::Server;
use anyhow::Result;
use std::time::{Duration, Instant};

/// What keeps a server busy.
pub(crate) trait Load {
    /// Goes on until `end`.
    fn run(&mut self, end: Instant) -> Result<()>;

    /// How long each answer took, until now.
    fn latencies(&mut self) -> &mut Histogram;
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) latencies: Histogram,
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of processor time that the server took.
    pub(crate) cpu: f64,
    /// What it had resident afterwards, MiB.
    pub(crate) resident_mib: f64,
}

/// Keeps `server` busy for `time`, after a time that does not count.
pub(crate) fn measure(server: &Server, mut load: impl Load, time: Duration) -> Result<Measured> {
    load.run(Instant::now() + time.min(WARM_UP))?;
    *load.latencies() = Histogram::new();
    let begin = Instant::now();
    let before = server.usage()?;
    load.run(begin + time)?;
    let wall = begin.elapsed().as_secs_f64();
    let after = server.usage()?;
    Ok(Measured {
        latencies: std::mem::replace(load.latencies(), Histogram::new()),
        wall,
        cpu: after.cpu - before.cpu,
        resident_mib: after.resident_mib,
    })
}

/// Caches and branch predictors settle.
const WARM_UP: Duration = Duration::from_millis(500);
