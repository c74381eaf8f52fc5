//! Many checks at once, a bounded number in flight.

mod lost;

use super::input::{Line, Rejected};
use crate::report::Report;
use futures_util::{Stream, StreamExt};
use ironpost_proto::domain::Domain;
use jiff::Timestamp;
use std::collections::HashMap;
use std::io;
use std::num::NonZeroUsize;
use std::pin::pin;
use tokio::task::{Id, JoinError, JoinSet};

/// How a list is worked off.
#[derive(Debug, Clone)]
pub struct Runner<C, N> {
    /// Checks one domain.
    pub check: C,
    /// The time, for a check that was lost.
    pub now: N,
    /// Checks in flight at most.
    pub concurrency: NonZeroUsize,
}

/// What happens during a run, in the order in which it happens.
#[derive(Debug)]
pub enum Event {
    /// A check ended.
    Checked(Box<Report>),
    /// A line is a domain that stood further up.
    Duplicate {
        /// The line, from 1.
        line: u64,
        /// The domain.
        domain: Domain,
    },
    /// A line is a domain that an earlier run has done.
    Done {
        /// The line, from 1.
        line: u64,
        /// The domain.
        domain: Domain,
    },
    /// A line names no domain.
    Rejected(Rejected),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The list is done.
    Complete,
    /// It was asked to stop. Checks in flight were dropped: they have no result, so that a
    /// resumed run does them.
    Stopped,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E> {
    /// The list could not be read on. The checks begun until then have ended.
    #[error("the list could not be read to its end")]
    Input(#[source] io::Error),
    /// A result could not be taken.
    #[error(transparent)]
    Sink(E),
}

impl<C, N, F> Runner<C, N>
where
    C: Fn(Domain) -> F,
    F: Future<Output = Report> + Send + 'static,
    N: Fn() -> Timestamp,
{
    /// Checks every domain of `lines`, giving each result to `sink` as it ends, until the
    /// list ends, `sink` fails or `stop` is ready. A check that panics becomes a result that
    /// says so. Memory grows with `concurrency`, not with the list.
    pub async fn run<L, S, E>(
        &self,
        lines: L,
        mut sink: S,
        stop: impl Future<Output = ()>,
    ) -> Result<Ended, RunError<E>>
    where
        L: Stream<Item = io::Result<Line>>,
        S: FnMut(Event) -> Result<(), E>,
    {
        let mut lines = pin!(lines.fuse());
        let mut stop = pin!(stop);
        let mut flight = Flight::default();
        let mut input = Ok(());
        let mut open = true;
        while open || !flight.tasks.is_empty() {
            tokio::select! {
                biased;
                () = &mut stop => {
                    flight.tasks.shutdown().await;
                    return Ok(Ended::Stopped);
                }
                Some(ended) = flight.tasks.join_next_with_id() => {
                    let report = flight.land(ended, &self.now);
                    sink(Event::Checked(Box::new(report))).map_err(RunError::Sink)?;
                }
                line = lines.next(), if open && flight.tasks.len() < self.concurrency.get() => {
                    match line {
                        None => open = false,
                        Some(Err(error)) => {
                            open = false;
                            input = Err(RunError::Input(error));
                        }
                        Some(Ok(Line::Domain { domain, .. })) => {
                            flight.begin(domain.clone(), (self.check)(domain));
                        }
                        Some(Ok(other)) => {
                            if let Some(event) = passed_over(other) {
                                sink(event).map_err(RunError::Sink)?;
                            }
                        }
                    }
                }
            }
        }
        input.map(|()| Ended::Complete)
    }
}

fn passed_over(line: Line) -> Option<Event> {
    match line {
        Line::Domain { .. } => None,
        Line::Duplicate { line, domain } => Some(Event::Duplicate { line, domain }),
        Line::Done { line, domain } => Some(Event::Done { line, domain }),
        Line::Rejected(rejected) => Some(Event::Rejected(rejected)),
    }
}

/// The checks that run. Dropping it ends them.
#[derive(Debug, Default)]
struct Flight {
    tasks: JoinSet<Report>,
    domains: HashMap<Id, Domain>,
}

impl Flight {
    fn begin(&mut self, domain: Domain, check: impl Future<Output = Report> + Send + 'static) {
        let id = self.tasks.spawn(check).id();
        self.domains.insert(id, domain);
    }

    fn land(
        &mut self,
        ended: Result<(Id, Report), JoinError>,
        now: impl Fn() -> Timestamp,
    ) -> Report {
        match ended {
            Ok((id, report)) => {
                self.domains.remove(&id);
                report
            }
            Err(error) => {
                let domain = self.domains.remove(&error.id());
                lost::report(domain.as_ref(), error, now())
            }
        }
    }
}

#[cfg(test)]
mod tests;
