//! What is said on the way to TLS and inside it.

use crate::smtp::reply::{Class, Reply};
use crate::smtp::session::{Session, SessionError};
use crate::smtp::{ProbeFailure, SmtpProbe};
use tokio::io::{AsyncRead, AsyncWrite};

/// How far a probe has come: what a deadline that runs out now would mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for the TCP connection.
    Connecting,
    /// Waiting for the reply to the named stage, before TLS.
    Plain(&'static str),
    /// In the handshake.
    Handshake,
    /// Waiting for the reply to EHLO inside TLS.
    InsideTls,
    /// Everything asked, at most QUIT is to come.
    Done,
}

/// A dialogue that ended before TLS.
#[derive(Debug)]
pub(super) struct Ended<S> {
    /// Why.
    pub(super) failure: ProbeFailure,
    /// The session, if there is still someone to take leave of.
    pub(super) session: Option<Session<S>>,
}

/// Greeting and EHLO: how the peer introduces itself.
pub(super) async fn introduce<S>(
    session: &mut Session<S>,
    ehlo_name: &str,
    probe: &mut SmtpProbe,
    phase: &mut Phase,
) -> Result<(), ProbeFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    *phase = Phase::Plain(GREETING);
    let greeting = expect(session.reply().await, 220, GREETING)?;
    probe.banner = Some(greeting.text());
    *phase = Phase::Plain(EHLO);
    let answer = expect(session.command(&ehlo(ehlo_name)).await, 250, EHLO)?;
    probe.starttls_offered = offers_starttls(&answer);
    probe.ehlo = Some(answer.lines);
    Ok(())
}

/// STARTTLS up to the peer's go-ahead.
pub(super) async fn start_tls<S>(mut session: Session<S>, phase: &mut Phase) -> Result<S, Ended<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    *phase = Phase::Plain(STARTTLS);
    let reply = match session.command("STARTTLS").await {
        Ok(reply) => reply,
        Err(error) => {
            return Err(Ended { failure: without_reply(&error, STARTTLS), session: None });
        }
    };
    if reply.code != 220 {
        // RFC 3207 §4: 454 is "TLS not available due to temporary reason". For a sender it is as
        // good as no STARTTLS.
        let failure = ProbeFailure::StartTlsRefused { reply: reply.shown() };
        return Err(Ended { failure, session: Some(session) });
    }
    // RFC 3207 §6: what was slipped in before the handshake would count as said inside TLS.
    if session.has_pending() {
        return Err(Ended { failure: ProbeFailure::Injection, session: None });
    }
    Ok(session.into_stream())
}

/// EHLO inside TLS. RFC 3207 §4.2: what was learnt before is forgotten and asked anew.
pub(super) async fn introduce_inside<S>(
    session: &mut Session<S>,
    ehlo_name: &str,
) -> Result<(), ProbeFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match session.command(&ehlo(ehlo_name)).await {
        Ok(reply) if reply.code == 250 => Ok(()),
        Ok(reply) => Err(ProbeFailure::InsideTls(reply.shown())),
        Err(error) => Err(ProbeFailure::InsideTls(error.to_string())),
    }
}

fn ehlo(name: &str) -> String {
    // The name comes from a configuration: nothing in it may end the line.
    let name: String = name.chars().filter(char::is_ascii_graphic).take(MAX_EHLO_NAME).collect();
    format!("EHLO {name}")
}

fn offers_starttls(answer: &Reply) -> bool {
    // The first line is the greeting, not a keyword (RFC 5321 §4.1.1.1).
    answer.lines.iter().skip(1).any(|line| {
        let keyword = line.split([' ', '\t']).next();
        keyword.is_some_and(|keyword| keyword.eq_ignore_ascii_case("STARTTLS"))
    })
}

fn expect(
    outcome: Result<Reply, SessionError>,
    code: u16,
    stage: &'static str,
) -> Result<Reply, ProbeFailure> {
    let reply = outcome.map_err(|error| without_reply(&error, stage))?;
    match reply.class() {
        _ if reply.code == code => Ok(reply),
        Class::Temporary => Err(ProbeFailure::Temporary { stage, reply: reply.shown() }),
        Class::Permanent => Err(ProbeFailure::Permanent { stage, reply: reply.shown() }),
        Class::Positive => Err(ProbeFailure::Protocol(format!(
            "{code} was due as {stage}'s reply, not {}",
            reply.shown()
        ))),
    }
}

fn without_reply(error: &SessionError, stage: &'static str) -> ProbeFailure {
    match error {
        SessionError::Closed => ProbeFailure::Closed { stage },
        SessionError::Reply(_) | SessionError::TooMuch => ProbeFailure::Protocol(error.to_string()),
    }
}

const GREETING: &str = "the greeting";
const EHLO: &str = "EHLO";
const STARTTLS: &str = "STARTTLS";
/// RFC 5321 §4.5.3.1.2.
const MAX_EHLO_NAME: usize = 255;
