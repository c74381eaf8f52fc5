//! SMTP as far as TLS: banner, EHLO, STARTTLS, EHLO, QUIT. Never MAIL or RCPT.

mod dialogue;
mod reply;
mod session;

use crate::address_guard::AddressGuard;
use crate::smtp::dialogue::{Ended, Phase};
use crate::smtp::session::{Progress, Session};
use crate::tcp::{DialError, dial};
use crate::tls::connect::{Inner, Target, handshake};
use crate::tls::facts::{HandshakeFailure, TlsFacts, TlsVersion};
use crate::tls::legacy;
use crate::tls::roots::Roots;
use futures_util::future::join_all;
use ironpost_proto::domain::DnsName;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// What every probe of a run shares.
#[derive(Debug, Clone)]
pub struct SmtpProber {
    /// Trust roots.
    pub roots: Roots,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Total time, from connect to QUIT.
    pub deadline: Duration,
    /// The name given in EHLO.
    pub ehlo_name: String,
}

/// Which server name a probe sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sni {
    /// The MX host's name, as RFC 8461 §7.1 wants of senders.
    MxName,
    /// None, as older senders do.
    Absent,
}

/// What one probe of one address of an MX showed, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpProbe {
    /// Address and port connected to.
    pub address: SocketAddr,
    /// The server name sent.
    pub sni: Sni,
    /// Time to the TCP connection, if there was one.
    pub connected_after: Option<Duration>,
    /// The 220 greeting's text.
    pub banner: Option<String>,
    /// Host name and keywords of the first EHLO answer, made visible, at most 100.
    pub ehlo: Option<Vec<String>>,
    /// Whether STARTTLS was among them.
    pub starttls_offered: bool,
    /// The TLS session, if the handshake came to an end (even with a bad certificate).
    pub tls: Option<TlsFacts>,
    /// EHLO was answered again inside TLS.
    pub ehlo_inside_tls: bool,
    /// Total time.
    pub elapsed: Duration,
    /// Why the probe did not reach an EHLO inside TLS.
    pub failure: Option<ProbeFailure>,
}

/// Why a probe ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeFailure {
    /// The guard forbids the address.
    #[error("the address is not public")]
    Forbidden(crate::address_guard::Forbidden),
    /// TCP refused.
    #[error("connection refused")]
    Refused,
    /// This machine has no route to the address (no IPv6, say): nothing was tested.
    #[error("this machine has no route to the address")]
    Unroutable,
    /// No TCP connection within the deadline.
    #[error("no connection in time")]
    ConnectTimeout,
    /// Another TCP error (host unreachable, reset), in words.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// Connected, but silence where an SMTP reply was due.
    #[error("connected, but no answer to {stage} in time")]
    Silent {
        /// `the greeting`, `EHLO`, `STARTTLS`, ….
        stage: &'static str,
    },
    /// Connected, and a reply began, but did not come to its end: a tarpit.
    #[error("connected, but the answer to {stage} did not end in time")]
    Slow {
        /// As above.
        stage: &'static str,
    },
    /// The peer closed the connection where a reply was due.
    #[error("connection closed instead of an answer to {stage}")]
    Closed {
        /// As above.
        stage: &'static str,
    },
    /// A 4xx reply before TLS was tried: greylisting, tarpit, overload. TLS was not tested.
    #[error("temporarily refused at {stage}: {reply}")]
    Temporary {
        /// As above.
        stage: &'static str,
        /// Code and text, made visible.
        reply: String,
    },
    /// A 5xx reply to the greeting or EHLO. TLS was not tested.
    #[error("refused at {stage}: {reply}")]
    Permanent {
        /// As above.
        stage: &'static str,
        /// Code and text, made visible.
        reply: String,
    },
    /// Not SMTP, or a reply beyond all limits.
    #[error("not SMTP: {0}")]
    Protocol(String),
    /// EHLO does not offer STARTTLS.
    #[error("STARTTLS is not offered")]
    NoStartTls,
    /// STARTTLS is offered and then refused (454, 5xx).
    #[error("STARTTLS refused: {reply}")]
    StartTlsRefused {
        /// Code and text, made visible.
        reply: String,
    },
    /// Octets after the 220 reply to STARTTLS, before TLS: command injection (RFC 3207 §6).
    #[error("plain text was injected after STARTTLS")]
    Injection,
    /// The handshake failed.
    #[error("{0}")]
    Handshake(HandshakeFailure),
    /// TLS stands, but EHLO inside it was not answered well.
    #[error("no answer to EHLO inside TLS: {0}")]
    InsideTls(String),
}

impl SmtpProber {
    /// Probes one address of the MX host `name`. A bad certificate does not end the probe: the
    /// session is quit politely and the facts tell.
    pub async fn probe(&self, name: &DnsName, address: SocketAddr, sni: Sni) -> SmtpProbe {
        let started = Instant::now();
        let mut probe = SmtpProbe::new(address, sni);
        let mut phase = Phase::Connecting;
        let progress = Progress::default();
        let running = self.run(name, &mut probe, &mut phase, &progress);
        if timeout_at(started + self.deadline, running).await.is_err() {
            // A failure that was found stays; a QUIT that is not answered is none.
            probe.failure = probe.failure.or_else(|| overdue(phase, &progress));
        }
        probe.elapsed = started.elapsed();
        probe
    }

    /// Which of TLS 1.0 and 1.1 the server still accepts after STARTTLS: one short session each,
    /// side by side.
    pub async fn legacy_versions(&self, address: SocketAddr) -> Vec<TlsVersion> {
        let asked = [TlsVersion::Tls10, TlsVersion::Tls11].map(|version| async move {
            let stream = self.stream_after_starttls(address).await.ok()?;
            (legacy::negotiate(stream, version).await == Some(version)).then_some(version)
        });
        // What did not answer in time does not accept.
        let answers = timeout(self.deadline, join_all(asked)).await.unwrap_or_default();
        answers.into_iter().flatten().collect()
    }

    /// True if a TCP connection to the port can be had and an SMTP greeting comes: the canary test for a
    /// blocked port 25.
    pub async fn greets(&self, address: SocketAddr) -> bool {
        let greeting = async {
            let stream = dial(address, &self.guard).await.ok()?;
            let mut session = Session::new(stream);
            session.reply().await.ok()?;
            Some(session)
        };
        let Ok(Some(session)) = timeout(self.deadline, greeting).await else { return false };
        quit(session).await;
        true
    }

    /// Goes all the way and leaves what it found in `probe`.
    async fn run(
        &self,
        name: &DnsName,
        probe: &mut SmtpProbe,
        phase: &mut Phase,
        progress: &Progress,
    ) {
        let started = Instant::now();
        let stream = match dial(probe.address, &self.guard).await {
            Ok(stream) => stream,
            Err(error) => {
                probe.failure = Some(error.into());
                return;
            }
        };
        probe.connected_after = Some(started.elapsed());
        let stream = match self.to_tls(stream, probe, phase, progress).await {
            Ok(stream) => stream,
            Err(ended) => {
                probe.failure = Some(ended.failure);
                *phase = Phase::Done;
                if let Some(session) = ended.session {
                    quit(session).await;
                }
                return;
            }
        };
        self.inside_tls(stream, name, probe, phase).await;
    }

    /// The handshake and what follows it.
    async fn inside_tls(
        &self,
        stream: TcpStream,
        name: &DnsName,
        probe: &mut SmtpProbe,
        phase: &mut Phase,
    ) {
        *phase = Phase::Handshake;
        let target = Target { send_name: probe.sni == Sni::MxName, ..Target::host(name.as_str()) };
        let inside = match handshake(stream, &target, Inner::Smtp, &self.roots).await {
            Ok(inside) => inside,
            Err(failure) => {
                probe.failure = Some(ProbeFailure::Handshake(failure.clone()));
                let failure = self.look_closer(probe.address, failure).await;
                probe.failure = Some(ProbeFailure::Handshake(failure));
                return;
            }
        };
        probe.tls = Some(inside.facts);
        *phase = Phase::InsideTls;
        let mut session = Session::new(inside.stream);
        let greeted = dialogue::introduce_inside(&mut session, &self.ehlo_name).await;
        probe.ehlo_inside_tls = greeted.is_ok();
        probe.failure = greeted.err();
        *phase = Phase::Done;
        quit(session).await;
    }

    /// Tells a server of old TLS versions, which may fail in other ways too.
    async fn look_closer(
        &self,
        address: SocketAddr,
        failure: HandshakeFailure,
    ) -> HandshakeFailure {
        if !legacy::is_worth_asking(&failure) {
            return failure;
        }
        let Ok(stream) = self.stream_after_starttls(address).await else { return failure };
        let newest = legacy::negotiate(stream, TlsVersion::Tls12).await;
        legacy::reconsidered(failure, newest)
    }

    /// From the greeting to the go-ahead for TLS.
    async fn to_tls(
        &self,
        stream: TcpStream,
        probe: &mut SmtpProbe,
        phase: &mut Phase,
        progress: &Progress,
    ) -> Result<TcpStream, Ended<TcpStream>> {
        let mut session = Session::watched(stream, progress.clone());
        let met = dialogue::introduce(&mut session, &self.ehlo_name, probe, phase).await;
        if let Err(failure) = met {
            let is_open =
                matches!(failure, ProbeFailure::Temporary { .. } | ProbeFailure::Permanent { .. });
            return Err(Ended { failure, session: is_open.then_some(session) });
        }
        if !probe.starttls_offered {
            return Err(Ended { failure: ProbeFailure::NoStartTls, session: Some(session) });
        }
        dialogue::start_tls(session, phase).await
    }

    async fn stream_after_starttls(&self, address: SocketAddr) -> Result<TcpStream, ProbeFailure> {
        let stream = dial(address, &self.guard).await?;
        let mut probe = SmtpProbe::new(address, Sni::Absent);
        let mut phase = Phase::Connecting;
        let progress = Progress::default();
        self.to_tls(stream, &mut probe, &mut phase, &progress).await.map_err(|ended| ended.failure)
    }
}

impl SmtpProbe {
    fn new(address: SocketAddr, sni: Sni) -> Self {
        Self {
            address,
            sni,
            connected_after: None,
            banner: None,
            ehlo: None,
            starttls_offered: false,
            tls: None,
            ehlo_inside_tls: false,
            elapsed: Duration::ZERO,
            failure: None,
        }
    }
}

impl From<DialError> for ProbeFailure {
    fn from(error: DialError) -> Self {
        match error {
            DialError::Forbidden(why) => Self::Forbidden(why),
            DialError::Refused => Self::Refused,
            DialError::Unroutable => Self::Unroutable,
            DialError::TimedOut => Self::ConnectTimeout,
            DialError::Other(words) => Self::Connect(words),
        }
    }
}

/// What a deadline that runs out in `phase` says about the peer.
fn overdue(phase: Phase, progress: &Progress) -> Option<ProbeFailure> {
    match phase {
        Phase::Connecting => Some(ProbeFailure::ConnectTimeout),
        Phase::Plain(stage) if progress.is_under_way() => Some(ProbeFailure::Slow { stage }),
        Phase::Plain(stage) => Some(ProbeFailure::Silent { stage }),
        Phase::Handshake => Some(ProbeFailure::Handshake(HandshakeFailure::Timeout)),
        Phase::InsideTls => Some(ProbeFailure::InsideTls("no answer in time".to_owned())),
        Phase::Done => None,
    }
}

async fn quit<S: AsyncRead + AsyncWrite + Unpin>(session: Session<S>) {
    // A peer that does not answer is left without another word.
    let _ = timeout(PATIENCE_AT_QUIT, session.quit()).await;
}

/// How long the reply to QUIT is waited for. Own limit.
const PATIENCE_AT_QUIT: Duration = Duration::from_secs(1);
