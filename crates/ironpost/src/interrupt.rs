//! Signals that end a run, and the runtime that they end.

use crate::exit::Signal;
use crate::failure::Failure;

use std::num::NonZeroUsize;
use tokio::signal::unix::{SignalKind, signal};

/// Runs `work` to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    block_on_threads(workers(), work)
}

/// Runs `work`, which serves many clients at once, to its end.
pub(crate) fn block_on_every_core<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    block_on_threads(cores(), work)
}

fn block_on_threads<T>(
    threads: usize,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(Failure::usage)?;
    let result = runtime.block_on(work);
    // A thread that reads standard input cannot be stopped and need not be waited for.
    runtime.shutdown_background();
    result
}

/// Runs `work` until it ends or a signal comes.
pub(crate) fn block_on_or_signal<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    block_on(async {
        let signal = Signals::listen()?;
        tokio::select! {
            result = work => result,
            signal = signal.next() => Err(Failure::Interrupted(signal, String::new())),
        }
    })
}

/// Signals that were asked for; from then on they no longer kill the process.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(Failure::usage);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the first.
    pub(crate) async fn next(mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// What somebody wants of a daemon, by signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// SIGHUP: read the configuration again.
    Reload,
    /// SIGTERM or SIGINT: end.
    Stop,
}

/// Signals that a daemon lives by.
#[derive(Debug)]
pub(crate) struct DaemonSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl DaemonSignals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let Signals { interrupt, terminate } = Signals::listen()?;
        let hangup = signal(SignalKind::hangup()).map_err(Failure::usage)?;
        Ok(Self { interrupt, terminate, hangup })
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) -> Wish {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.hangup.recv() => Wish::Reload,
        }
    }
}

/// Threads that drive the checks, beside the one that takes the results. On two cores a second
/// one costs a fifth more processor time for the same rate.
fn workers() -> usize {
    (cores() / 2).clamp(1, MOST_WORKERS)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Past these the peers and the resolver are what a run waits for.
const MOST_WORKERS: usize = 8;
