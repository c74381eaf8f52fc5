//! A program under measurement, or one that stands beside it.

use super::usage::Usage;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A running server; dropping it ends it.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// When it was started.
    pub(crate) started: Instant,
    process: Child,
}

impl Server {
    /// Starts `command`, whose words go to the file `log`, and waits until it takes connections
    /// at `address`.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        address: SocketAddr,
        log: &Path,
    ) -> Result<Self> {
        let words = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(words.try_clone()?).stderr(words);
        let started = Instant::now();
        let process = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let mut server = Self { name, address, started, process };
        while connect(address).is_err() {
            if let Some(status) = server.process.try_wait()? {
                bail!("{name} ended: {status}; see {}", log.display());
            }
            if started.elapsed() > START {
                bail!("{name} does not listen; see {}", log.display());
            }
            pause();
        }
        Ok(server)
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        Usage::of(self.process.id()).with_context(|| self.name.to_owned())
    }

    /// Ends it as a service manager does, and waits for the end.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Before another look at a program that says nothing when it is ready.
#[expect(clippy::disallowed_methods, reason = "there is no event to wait for")]
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(1));
}

/// A connection on which small packets do not wait for company.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// An address on loopback that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}

/// Nothing on loopback takes longer to be taken up.
const CONNECT: Duration = Duration::from_secs(10);

/// No program takes longer to start.
const START: Duration = Duration::from_mins(1);
