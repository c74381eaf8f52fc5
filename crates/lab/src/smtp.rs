//! MX hosts: as much of SMTP as a probe or an honest sender needs to see, and each fault.

mod session;

use crate::peers::{Greeting, InsideTls, SmtpManners, StartTls};
use crate::seen::SeenLog;
use crate::stream::Peer;
use crate::tls::TlsFront;
use session::{Next, Session};
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

/// An SMTP server at one address.
pub(crate) struct MxHost {
    pub(crate) address: Ipv4Addr,
    /// The name it gives in its banner.
    pub(crate) name: String,
    pub(crate) front: TlsFront,
    pub(crate) manners: SmtpManners,
}

impl MxHost {
    /// One connection, from the greeting to the close.
    pub(crate) async fn serve(&self, mut peer: Peer, seen: &SeenLog) {
        // A client that goes away is no trouble of ours.
        let greeted = self.greet(&mut peer).await;
        if !matches!(greeted, Ok(true)) {
            return peer.finish().await;
        }
        let mut plain = Session::new(&mut peer, self, seen, false);
        if !matches!(plain.run().await, Ok(Next::StartTls)) {
            return peer.finish().await;
        }
        let Some(session) = self.front.establish(peer, self.address, seen).await else {
            return;
        };
        let mut stream = session.stream;
        if self.manners.inside_tls != InsideTls::Close {
            let _ = Session::new(&mut stream, self, seen, true).run().await;
        }
        if stream.shutdown().await.is_ok() {
            let (peer, _) = stream.into_inner();
            peer.finish().await;
        }
    }

    /// Says the first word; false if there is nothing more to say.
    async fn greet(&self, peer: &mut Peer) -> io::Result<bool> {
        peer.travel().await;
        match self.manners.greeting {
            Greeting::Sound => {
                peer.write_all(format!("220 {} ESMTP\r\n", self.name).as_bytes()).await?;
                Ok(true)
            }
            Greeting::Temporary => {
                let line = format!("421 4.3.2 {} is too busy, try later\r\n", self.name);
                peer.write_all(line.as_bytes()).await?;
                Ok(false)
            }
            Greeting::Permanent => {
                peer.write_all(b"554 5.7.1 No SMTP service here\r\n").await?;
                Ok(false)
            }
            Greeting::Silent => std::future::pending().await,
            Greeting::Tarpit => self.drip(peer).await,
            Greeting::Close => Ok(false),
            Greeting::Loud => {
                peer.write_all(&loud_greeting(&self.name)).await?;
                Ok(true)
            }
            Greeting::Endless => loop {
                peer.write_all(b"220-and another thing\r\n".repeat(64).as_slice()).await?;
                sleep(Duration::from_millis(10)).await;
            },
        }
    }

    async fn drip(&self, peer: &mut Peer) -> io::Result<bool> {
        let line =
            format!("220-{} is in no hurry at all, nor should you be\r\n220 go\r\n", self.name);
        for octet in line.bytes() {
            peer.write_all(&[octet]).await?;
            sleep(Duration::from_secs(1)).await;
        }
        Ok(true)
    }

    /// The keywords of an EHLO reply, the host's name first.
    fn ehlo_reply(&self, inside_tls: bool) -> String {
        let offered = !inside_tls && self.manners.starttls != StartTls::Absent;
        let starttls = if offered { "250-STARTTLS\r\n" } else { "" };
        let name = &self.name;
        format!("250-{name}\r\n250-PIPELINING\r\n250-SIZE 35882577\r\n{starttls}250 8BITMIME\r\n")
    }
}

/// A greeting that would colour, clear and rename a terminal, hide text from a reader and break
/// a table, if anyone showed it as it is.
fn loud_greeting(name: &str) -> Vec<u8> {
    let mut greeting = Vec::new();
    for attack in [
        b"\x1b[2J\x1b[31mred\x1b[0m".as_slice(),
        b"\x1b]0;renamed\x07",
        b"\xe2\x80\xaegnidaer fo thgir",
        b"<script>alert(1)</script>",
        b"=cmd|' /C calc'!A0,\"quoted\"",
        b"\xff\xfe not UTF-8 \x00 nor text",
    ] {
        greeting.extend_from_slice(b"220-");
        greeting.extend_from_slice(attack);
        greeting.extend_from_slice(b"\r\n");
    }
    greeting.extend_from_slice(format!("220 {name} ESMTP\r\n").as_bytes());
    greeting
}

/// What a server says in clear when TLS is due and it has forgotten how.
pub(crate) const PLAIN_ANSWER: &[u8] = b"500 5.5.1 Command unrecognized\r\n";
