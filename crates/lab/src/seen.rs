//! What the peers saw: for tests that say what a client must not do.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

/// Something that a client did, as the peer saw it. Texts are as they came, at most
/// 1,024 characters; bytes that are not UTF-8 are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A DNS question.
    Dns {
        /// The server that was asked.
        server: IpAddr,
        /// Over what.
        transport: Transport,
        /// The name in lower case, without the last dot.
        name: String,
        /// `TXT`, `MX`, ….
        record_type: String,
        /// Whether recursion was desired.
        recursive: bool,
    },
    /// A TLS ClientHello, over HTTPS or after STARTTLS.
    ClientHello {
        /// The address connected to.
        peer: IpAddr,
        /// The server name sent.
        sni: Option<String>,
    },
    /// An HTTP request.
    Http {
        /// The address connected to.
        peer: IpAddr,
        /// The request line and the header lines.
        head: Vec<String>,
    },
    /// An SMTP command.
    Smtp {
        /// The address connected to.
        peer: IpAddr,
        /// Whether it came inside TLS.
        inside_tls: bool,
        /// The line without its end.
        command: String,
    },
}

/// What a DNS question came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A datagram.
    Udp,
    /// A connection.
    Tcp,
}

/// The last [`CAPACITY`] things seen.
#[derive(Debug, Default)]
pub(crate) struct SeenLog(Mutex<VecDeque<Seen>>);

impl SeenLog {
    pub(crate) fn push(&self, seen: Seen) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == CAPACITY {
            log.pop_front();
        }
        log.push_back(seen);
    }

    pub(crate) fn command(&self, peer: Ipv4Addr, inside_tls: bool, line: &[u8]) {
        self.push(Seen::Smtp { peer: peer.into(), inside_tls, command: text(line) });
    }

    pub(crate) fn entries(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// A text from outside, cut and made UTF-8.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(MAX_TEXT).collect()
}

/// How many entries are kept.
const CAPACITY: usize = 20_000;

/// How many characters of a text are kept.
const MAX_TEXT: usize = 1024;
