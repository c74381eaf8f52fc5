//! The handshake, over any byte stream, that keeps what it saw.
