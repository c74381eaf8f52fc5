//! What may happen, and how a trace tells it.

use super::state::{Health, State};
use ironpost_proto::mta_sts::discovery::Occasion;
use std::fmt::Write;

/// What may happen. Nodes are named by their place in the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// A day goes by.
    Tick,
    /// The administrator gives a command, and it is permitted.
    Command(Ask),
    /// The installation takes its next step.
    Work,
    /// The administrator pastes the record that he is shown.
    Paste(u8),
    /// The administrator switches the MX records, as he is told he may.
    SwitchMx,
    /// The administrator lets the policy host lead to us.
    MoveHost,
    /// The administrator lets the record lead to us.
    MoveRecord,
    /// A live node takes over what was changed.
    Follow(usize),
    /// A node loses the database, and serves on.
    Cut(usize),
    /// It has the database again.
    Heal(usize),
    /// A node is killed.
    Kill(usize),
    /// It starts again.
    Return(usize),
    /// It starts again, and the database is away.
    ReturnCut(usize),
    /// The administrator says that it will not come back.
    Forget(usize),
    /// The sender looks up the record, finds this id, and fetches the policy.
    Fetch { id: u8, occasion: Occasion, from: Source, late: bool },
    /// The same, and the fetch fails.
    FetchFails { id: u8, occasion: Occasion },
    /// An answer that was late reaches the sender.
    Land,
}

/// Who answers a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Node(usize),
    /// The policy host that the domain had before us.
    Elsewhere,
}

/// What the administrator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ask {
    /// To publish the policy of this place in the world's list.
    Publish(u8),
    /// To publish what a version said.
    Rollback(u8),
    Withdraw,
    /// To change to the other MX host.
    Migrate,
    Narrow,
    /// To have the policy from before the change.
    BreakOff,
    /// To take over the policy of this place in the world's list.
    Adopt(u8),
}

/// How an event is told. `policies` describes those of the world's list.
pub(crate) fn tell(event: Event, before: &State, policies: &[&str]) -> String {
    let node = |index: usize| {
        let node = &before.nodes[index];
        let what = match node.health {
            Health::Live => "a node",
            Health::Cut | Health::Restarted => "a cut-off node",
            Health::Dead => "the dead node",
            Health::Absent => "no node",
        };
        match node.body {
            Some(body) => format!("{what} with version {}", body + 1),
            None => format!("{what} with nothing"),
        }
    };
    let why = |occasion| match occasion {
        Occasion::Delivery => "mail",
        Occasion::Refresh => "refresh",
    };
    match event {
        Event::Tick => "a day goes by".to_owned(),
        Event::Command(Ask::Publish(index)) => {
            format!("command: publish {}", policies[usize::from(index)])
        }
        Event::Command(Ask::Rollback(version)) => {
            format!("command: roll back to version {}", version + 1)
        }
        Event::Command(Ask::Withdraw) => "command: withdraw".to_owned(),
        Event::Command(Ask::Migrate) => "command: migrate to the other MX host".to_owned(),
        Event::Command(Ask::Narrow) => "command: narrow".to_owned(),
        Event::Command(Ask::BreakOff) => "command: break the migration off".to_owned(),
        Event::Command(Ask::Adopt(index)) => {
            format!("command: take over {}", policies[usize::from(index)])
        }
        Event::Work => "the installation goes on".to_owned(),
        Event::Paste(id) => format!("the administrator pastes id {}", letter(id)),
        Event::SwitchMx => "the administrator switches the MX records".to_owned(),
        Event::MoveHost => "the administrator moves the policy host".to_owned(),
        Event::MoveRecord => "the administrator moves the record".to_owned(),
        Event::Follow(index) => format!("{} takes over the changes", node(index)),
        Event::Cut(index) => format!("{} loses the database", node(index)),
        Event::Heal(index) => format!("{} has the database again", node(index)),
        Event::Kill(index) => format!("{} is killed", node(index)),
        Event::Return(index) => format!("{} starts again", node(index)),
        Event::ReturnCut(index) => format!("{} starts without the database", node(index)),
        Event::Forget(index) => format!("{} is given up", node(index)),
        Event::Fetch { id, occasion, from, late } => {
            let mut told = format!("{}, id {}: fetch from ", why(occasion), letter(id));
            match from {
                Source::Node(index) => told.push_str(&node(index)),
                Source::Elsewhere => told.push_str("the former policy host"),
            }
            if late {
                write!(told, ", slowly").unwrap();
            }
            told
        }
        Event::FetchFails { id, occasion } => {
            format!("{}, id {}: the fetch fails", why(occasion), letter(id))
        }
        Event::Land => "the slow answer reaches the sender".to_owned(),
    }
}

/// Ids are letters, lest they be taken for versions.
pub(crate) fn letter(id: u8) -> char {
    char::from(b'a' + id)
}
