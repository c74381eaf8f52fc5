//! Signals that end a run, and the runtime that they end.

use crate::exit::Signal;
use crate::failure::Failure;

use tokio::signal::unix::{SignalKind, signal};

/// Runs `work` to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
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

/// Threads that drive the checks.
const WORKERS: usize = 2;
