//! Failed fetches for a TLS-RPT collector, in libtlsrpt's datagrams (RFC 8461 §6, RFC 8460 §4.3).

use futures_util::{StreamExt, stream};
use ironpost_net::dns::answer::Answer;
use ironpost_net::dns::resolver::Resolver;
use ironpost_proto::domain::Domain;
use ironpost_proto::mta_sts::policy::Policy;
use ironpost_proto::tls_rpt::datagram::FailureWithoutSession;
use ironpost_proto::tls_rpt::record::{self, RecordOutcome};
use ironpost_proto::tls_rpt::result_type::Event;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Where datagrams go. Cheap to clone. Sending never delays anything: what cannot be sent at once
/// is counted and dropped.
#[derive(Debug, Clone)]
pub struct FailureReports {
    queue: mpsc::Sender<Report>,
    tally: Arc<Tally>,
}

/// What became of reports so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Handed to the collector.
    pub sent: u64,
    /// Lost: the collector was away or full, or too many came at once. Domains that want no reports
    /// are not counted.
    pub dropped: u64,
}

#[derive(Debug)]
struct Report {
    domain: Domain,
    event: Event,
    cached: Option<Policy>,
}

#[derive(Debug, Default)]
struct Tally {
    sent: AtomicU64,
    dropped: AtomicU64,
    /// The last datagram could not be sent: said once, and not for every one that follows.
    away: AtomicBool,
}

impl FailureReports {
    /// Datagrams go to the collector's Unix socket at `path`; `resolver` finds out who wants a
    /// report (`_smtp._tls`). Works in the background of the runtime that this is called in, until
    /// the last clone is dropped.
    pub fn new(path: PathBuf, resolver: Resolver) -> Self {
        let (queue, reports) = mpsc::channel(QUEUE);
        let tally = Arc::new(Tally::default());
        let collector = Collector { path, tally: Arc::clone(&tally) };
        tokio::spawn(work(reports, resolver, collector));
        Self { queue, tally }
    }

    /// Reports that the policy of `domain` could not be fetched: `event` is a
    /// [`Event::PolicyFetch`], `cached` the policy that stepped in.
    pub fn send(&self, domain: &Domain, event: Event, cached: Option<Policy>) {
        let report = Report { domain: domain.clone(), event, cached };
        if self.queue.try_send(report).is_err() {
            self.tally.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What became of reports so far.
    pub fn totals(&self) -> Totals {
        Totals {
            sent: self.tally.sent.load(Ordering::Relaxed),
            dropped: self.tally.dropped.load(Ordering::Relaxed),
        }
    }
}

/// Sends report after report, none waiting for another's lookup.
async fn work(reports: mpsc::Receiver<Report>, resolver: Resolver, collector: Collector) {
    let next = |mut reports: mpsc::Receiver<Report>| async move {
        reports.recv().await.map(|report| (report, reports))
    };
    stream::unfold(reports, next)
        .for_each_concurrent(LOOKUPS, |report| deal_with(report, &resolver, &collector))
        .await;
}

async fn deal_with(report: Report, resolver: &Resolver, collector: &Collector) {
    if let Some(record) = wanted(resolver, &report.domain).await {
        collector.take(&datagram(&report, &record));
    }
}

/// The TLS-RPT record of a domain that wants reports: one that is valid and alone (RFC 8460 §3).
async fn wanted(resolver: &Resolver, domain: &Domain) -> Option<String> {
    let answer = resolver.txt(&domain.prefixed("_smtp._tls")).await;
    let answer = match answer.and_then(Answer::unless_bogus) {
        Ok(answer) => answer,
        Err(error) => {
            tracing::debug!(domain = domain.as_str(), %error, "no word whether reports are wanted");
            return None;
        }
    };
    match record::evaluate(answer.records()).outcome {
        RecordOutcome::Valid(parsed) => {
            // As it stands in DNS, which is how an MTA passes it on.
            let same = |raw: &&Vec<u8>| record::parse(raw).verdict.as_ref() == Ok(&parsed);
            let raw = answer.records().iter().filter(|raw| record::is_record(raw)).find(same);
            let text = raw.and_then(|raw| std::str::from_utf8(raw).ok());
            Some(text.map_or_else(|| parsed.to_string(), str::to_owned))
        }
        RecordOutcome::Absent | RecordOutcome::Several | RecordOutcome::Malformed(_) => None,
    }
}

/// The datagram, without the policy if it would be too long with it.
fn datagram(report: &Report, record: &str) -> String {
    let Report { domain, event, cached } = report;
    let whole = FailureWithoutSession { domain, record, policy: cached.as_ref(), event };
    let text = whole.to_string();
    if text.len() <= MAX_DATAGRAM {
        return text;
    }
    FailureWithoutSession { policy: None, ..whole }.to_string()
}

/// The other end.
#[derive(Debug)]
struct Collector {
    path: PathBuf,
    tally: Arc<Tally>,
}

impl Collector {
    fn take(&self, datagram: &str) {
        match send(&self.path, datagram.as_bytes()) {
            Ok(()) => {
                self.tally.sent.fetch_add(1, Ordering::Relaxed);
                if self.tally.away.swap(false, Ordering::Relaxed) {
                    tracing::info!(socket = %self.path.display(), "the TLS-RPT collector is back");
                }
            }
            Err(error) => {
                self.tally.dropped.fetch_add(1, Ordering::Relaxed);
                if !self.tally.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        socket = %self.path.display(),
                        %error,
                        "the TLS-RPT collector takes no datagrams; failed fetches go unreported"
                    );
                }
            }
        }
    }
}

/// Sends without waiting. A socket for each datagram: they are few, and it finds a collector that
/// was started anew. One of the runtime's would wait for a readiness that such a socket never
/// tells of.
fn send(path: &Path, datagram: &[u8]) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to(datagram, path).map(drop)
}

/// Reports that wait to be sent. Own limit.
const QUEUE: usize = 1024;

/// Lookups of `_smtp._tls` on their way at once. Own limit.
const LOOKUPS: usize = 32;

/// Octets of a datagram: with room to spare below what Linux lets a socket send by default
/// (net.core.wmem_default, 212,992).
const MAX_DATAGRAM: usize = 128 * 1024;

#[cfg(test)]
mod tests;
