//! A door before the lab's policy hosts that counts who goes in.

use crate::bench::lab::{Lab, POLICY_HOSTS};
use crate::bench::server::connect;
use anyhow::{Context, Result};
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// It stands open until the process ends.
pub(crate) struct Door {
    pub(crate) port: u16,
    count: Arc<AtomicUsize>,
}

impl Door {
    /// Opens it: on the addresses of the policy hosts, at a port of its own.
    pub(crate) fn open(lab: &Lab) -> Result<Self> {
        let inside = lab.https_port()?;
        let count = Arc::new(AtomicUsize::new(0));
        let mut port = 0;
        for host in POLICY_HOSTS {
            let listener = TcpListener::bind((host, port)).context("no room for a door")?;
            port = listener.local_addr()?.port();
            let count = Arc::clone(&count);
            thread::spawn(move || stand(&listener, host, inside, &count));
        }
        Ok(Self { port, count })
    }

    /// How many connections were made through it.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

fn stand(listener: &TcpListener, host: Ipv4Addr, inside: u16, count: &AtomicUsize) {
    while let Ok((outer, _)) = listener.accept() {
        count.fetch_add(1, Ordering::Relaxed);
        // A visitor who cannot be let in sees a closed connection.
        thread::spawn(move || let_through(&outer, host, inside));
    }
}

fn let_through(outer: &TcpStream, host: Ipv4Addr, inside: u16) -> io::Result<()> {
    let inner = connect((host, inside).into())?;
    outer.set_nodelay(true)?;
    thread::scope(|scope| {
        scope.spawn(|| carry(outer, &inner));
        carry(&inner, outer)
    })
}

fn carry(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    io::copy(&mut from, &mut to)?;
    to.shutdown(Shutdown::Write)
}
