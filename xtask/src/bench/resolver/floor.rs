//! The floor: a server that answers every request with the same words, at once. What it cannot
//! do on this machine nobody can; the harness is too slow where it is not far ahead.

use super::frames::{frame_length, write_frame};
use crate::bench::server::{Server, free_address};
use anyhow::{Context, Result};
use clap::Args;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::env;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::process::Command;

/// The floor as a process of its own, so that its processor time is known.
#[derive(Args)]
pub(crate) struct FloorArgs {
    /// Where it listens
    listen: SocketAddr,
}

/// Starts one.
pub(crate) fn start(folder: &Path) -> Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(env::current_exe()?);
    command.args(["bench", "floor", &address.to_string()]);
    Server::start("floor", command, address, &folder.join("floor.log"))
}

/// Serves for ever.
pub(crate) fn run(args: &FloorArgs) -> Result<()> {
    let listener = TcpListener::bind(args.listen).context("the floor cannot listen")?;
    listener.set_nonblocking(true)?;
    let mut poll = Poll::new()?;
    watch(&poll, listener.as_raw_fd())?;
    let mut connections = HashMap::new();
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; BUFFER];
    let mut reply = Vec::new();
    write_frame(&mut reply, REPLY);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            let Ok(number) = RawFd::try_from(event.token().0) else { continue };
            if number == listener.as_raw_fd() {
                accept_all(&listener, &poll, &mut connections)?;
            } else if let Some(connection) = connections.get_mut(&number)
                && !connection.serve(&mut buffer, &reply)
            {
                connections.remove(&number);
            }
        }
    }
}

fn accept_all(
    listener: &TcpListener,
    poll: &Poll,
    connections: &mut HashMap<RawFd, Connection>,
) -> Result<()> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                let number = stream.as_raw_fd();
                watch(poll, number)?;
                connections.insert(number, Connection { stream, begun: Vec::new() });
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn watch(poll: &Poll, number: RawFd) -> Result<()> {
    let token = Token(usize::try_from(number)?);
    poll.registry().register(&mut SourceFd(&number), token, Interest::READABLE)?;
    Ok(())
}

struct Connection {
    stream: TcpStream,
    /// A request of which the rest is still to come.
    begun: Vec<u8>,
}

impl Connection {
    /// Answers what has come; false when it is over.
    fn serve(&mut self, buffer: &mut [u8], reply: &[u8]) -> bool {
        let came = match self.stream.read(buffer) {
            Ok(0) => return false,
            Ok(length) => buffer.get(..length).unwrap_or_default(),
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        };
        let whole;
        let mut rest = if self.begun.is_empty() {
            came
        } else {
            whole = [&self.begun, came].concat();
            &whole
        };
        let mut requests = 0;
        while let Some((length, _)) = frame_length(rest) {
            requests += 1;
            rest = rest.get(length..).unwrap_or_default();
        }
        self.begun = rest.to_vec();
        match requests {
            0 => true,
            1 => self.stream.write_all(reply).is_ok(),
            many => self.stream.write_all(&reply.repeat(many)).is_ok(),
        }
    }
}

/// As long as an answer of the real ones.
pub(crate) const REPLY: &[u8] = b"OK secure match=mx.sound-000000.bulk.example servername=hostname";

const BUFFER: usize = 64 * 1024;
