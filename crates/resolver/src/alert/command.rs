//! A command of the administrator's that hears of alerts.

use super::words::Message;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Hands messages to the command, one after the other; never waits itself.
#[derive(Debug)]
pub(super) struct Messenger {
    queue: mpsc::Sender<Vec<u8>>,
    lost: Arc<AtomicU64>,
}

/// What to run: no shell, so nothing in it has a meaning of its own.
#[derive(Debug)]
struct Program {
    name: String,
    arguments: Vec<String>,
}

/// Why the command has not done its work.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("it cannot be started: {0}")]
    Start(io::Error),
    #[error("it cannot be waited for: {0}")]
    Wait(io::Error),
    #[error("it ended with {0}")]
    Status(ExitStatus),
    #[error("it was ended after {} seconds", PATIENCE.as_secs())]
    TooSlow,
}

impl Messenger {
    /// Starts waiting for messages; `None` if `command` names no program.
    pub(super) fn start(command: Vec<String>) -> Option<Self> {
        let mut words = command.into_iter();
        let program = Program { name: words.next()?, arguments: words.collect() };
        let (queue, messages) = mpsc::channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        tokio::spawn(deliver(program, messages, Arc::clone(&lost)));
        Some(Self { queue, lost })
    }

    /// Hands `message` over, unless too many are waiting.
    pub(super) fn send(&self, message: &Message<'_>) {
        // A struct of texts: this cannot fail.
        let mut line = serde_json::to_vec(message).unwrap_or_default();
        line.push(b'\n');
        if self.queue.try_send(line).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn deliver(program: Program, mut messages: mpsc::Receiver<Vec<u8>>, lost: Arc<AtomicU64>) {
    while let Some(message) = messages.recv().await {
        if let Err(error) = program.run(&message).await {
            tracing::error!("the alert command has failed: {error}");
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::error!("the alert command is too slow: it did not hear of {lost} alerts");
        }
    }
}

impl Program {
    async fn run(&self, message: &[u8]) -> Result<(), CommandError> {
        let mut process = Process(
            Command::new(&self.name)
                .args(&self.arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                // Whatever it complains of belongs beside our own log.
                .stderr(Stdio::inherit())
                .process_group(0)
                .spawn()
                .map_err(CommandError::Start)?,
        );
        match timeout(PATIENCE, process.hear(message)).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(CommandError::Status(status)),
            Ok(Err(error)) => Err(CommandError::Wait(error)),
            Err(_) => {
                process.end();
                process.0.wait().await.map_err(CommandError::Wait)?;
                Err(CommandError::TooSlow)
            }
        }
    }
}

/// A running command and what it has started: it leads a process group. None of them outlives
/// this.
#[derive(Debug)]
struct Process(Child);

impl Process {
    async fn hear(&mut self, message: &[u8]) -> io::Result<ExitStatus> {
        if let Some(mut input) = self.0.stdin.take() {
            // A command need not read what it is told.
            let _ = input.write_all(message).await;
        }
        self.0.wait().await
    }

    fn end(&self) {
        // `None` once it was waited for: only until then the number is its own.
        let leader = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(leader) = leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Messages that wait for the command.
const QUEUE: usize = 1000;
/// For one message.
const PATIENCE: Duration = Duration::from_secs(30);
