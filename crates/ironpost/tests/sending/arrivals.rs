//! What arrived at the MX hosts.

use crate::growing::Growing;
use std::fs;
use std::path::{Path, PathBuf};

/// The mailbox of all MX hosts.
#[derive(Debug)]
pub(crate) struct Arrivals {
    log: Growing,
    mailbox: PathBuf,
}

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) recipient: String,
    /// The header as the MX host wrote it, unfolded: who sent it, over what, and to whom.
    pub(crate) received: String,
    pub(crate) subject: String,
}

impl Arrivals {
    /// Of a Postfix with this log and this maildir.
    pub(crate) fn at(log: &Path, mailbox: PathBuf) -> Self {
        Self { log: Growing::at(log), mailbox }
    }

    /// Waits for a message with this subject to a recipient.
    pub(crate) fn wait(&self, recipient: &str, subject: &str) -> Arrived {
        let delivered = format!(" to=<{recipient}>, relay=virtual, ");
        self.log.wait(&format!("`{subject}` to {recipient}"), |lines| {
            lines.iter().any(|line| line.contains(&delivered)).then_some(())?;
            self.messages(recipient).into_iter().find(|message| message.subject == subject)
        })
    }

    /// The messages to a recipient that have arrived.
    pub(crate) fn messages(&self, recipient: &str) -> Vec<Arrived> {
        // There is no mailbox before the first message.
        let files = fs::read_dir(self.mailbox.join("new")).into_iter().flatten();
        let messages = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        messages.map(|text| read(&text)).filter(|message| message.recipient == recipient).collect()
    }
}

fn read(text: &str) -> Arrived {
    let unfolded = text.replace("\n\t", " ").replace("\n ", " ");
    let header = |name: &str| {
        let line = unfolded.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    Arrived {
        recipient: header("X-Original-To:"),
        received: header("Received:"),
        subject: header("Subject:"),
    }
}
