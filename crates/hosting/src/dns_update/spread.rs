//! How far a change has come among the zone's name servers.

use super::plan::same_protocol;
use crate::delegation::{Looker, RecordToPublish, Type};
use futures_util::future::join_all;
use ironpost_net::dns::answer::{Answer, DnsError};
use ironpost_proto::domain::DnsName;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How far a record has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// The zone's name servers, and what each shows.
    pub servers: Vec<(DnsName, Shows)>,
    /// What the resolver shows; asked once the servers show it.
    pub resolver: Option<Shows>,
}

/// What is shown of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// The record.
    It,
    /// Something else, or nothing. Caches may go on for so many seconds.
    NotYet(u32),
    /// No answer.
    Silent(DnsError),
    /// The server has no address, or none that may be asked.
    Unasked,
}

impl Spread {
    /// True if every name server shows it; those that could not be asked do not count.
    pub fn is_everywhere(&self) -> bool {
        let mut asked =
            self.servers.iter().filter(|(_, shows)| *shows != Shows::Unasked).peekable();
        asked.peek().is_some() && asked.all(|(_, shows)| *shows == Shows::It)
    }

    /// The name servers that show something else. Those that say nothing are not among them: a server
    /// that is gone for good would be waited for for ever.
    pub fn behind(&self) -> impl Iterator<Item = &DnsName> {
        let behind = self.servers.iter().filter(|(_, shows)| matches!(shows, Shows::NotYet(_)));
        behind.map(|(name, _)| name)
    }

    /// For how many seconds caches may still say otherwise; `None` if the resolver shows it.
    pub fn caches_behind(&self) -> Option<u32> {
        match self.resolver {
            Some(Shows::NotYet(seconds)) => Some(seconds),
            Some(Shows::It | Shows::Silent(_) | Shows::Unasked) | None => None,
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, shows)) in self.servers.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{name} {shows}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::It => f.write_str("shows it"),
            Self::NotYet(_) => f.write_str("does not show it yet"),
            Self::Silent(error) => write!(f, "does not answer ({error})"),
            Self::Unasked => f.write_str("has no address that may be asked"),
        }
    }
}

/// Asks the zone's name servers for a TXT or CNAME record again and again, for `patience` at most,
/// until every one shows it, and no other record of the same protocol beside it; tells `progress`
/// each time something is new. Then asks the resolver.
pub async fn spread(
    looker: &Looker,
    wanted: &RecordToPublish,
    patience: Duration,
    mut progress: impl FnMut(&Spread),
) -> Result<Spread, DnsError> {
    let end = Instant::now() + patience;
    let names = looker.name_servers(&wanted.owner).await?;
    let addresses = join_all(names.iter().map(|name| looker.address_of(name))).await;
    let servers = names.into_iter().map(|name| (name, Shows::Unasked)).collect();
    let mut so_far = Spread { servers, resolver: None };
    let mut pause = FIRST_PAUSE;
    loop {
        let before = so_far.clone();
        let servers = so_far.servers.iter_mut().zip(&addresses);
        let asked = servers.map(|((_, shows), address)| async move {
            if let (Some(address), true) = (address, *shows != Shows::It) {
                *shows = at(looker, *address, wanted).await;
            }
        });
        // What is under way at the end of the patience stays as it was.
        let in_time = timeout_at(end, join_all(asked)).await.is_ok();
        if so_far != before {
            progress(&so_far);
        }
        if so_far.is_everywhere() {
            break;
        }
        if !in_time || Instant::now() + pause > end {
            return Ok(so_far);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    so_far.resolver = Some(through_resolver(looker, wanted).await);
    progress(&so_far);
    Ok(so_far)
}

async fn at(looker: &Looker, address: SocketAddr, wanted: &RecordToPublish) -> Shows {
    match looker.resolver.txt_at(address, &wanted.owner).await {
        Ok(answer) => judge(&answer, wanted),
        Err(error) => Shows::Silent(error),
    }
}

async fn through_resolver(looker: &Looker, wanted: &RecordToPublish) -> Shows {
    match looker.resolver.unvalidated().txt(&wanted.owner).await {
        Ok(answer) => judge(&answer, wanted),
        Err(error) => Shows::Silent(error),
    }
}

fn judge(answer: &Answer<Vec<u8>>, wanted: &RecordToPublish) -> Shows {
    let value = wanted.value.as_str();
    let shown = match wanted.rtype {
        Type::Cname => answer.aliases.first().is_some_and(|alias| alias.as_str() == value),
        Type::Txt => {
            let (it, others): (Vec<_>, Vec<_>) =
                answer.records().iter().partition(|text| *text == value.as_bytes());
            let rival = |text: &&Vec<u8>| same_protocol(text, value.as_bytes());
            answer.aliases.is_empty() && !it.is_empty() && !others.iter().any(rival)
        }
        // Nobody is asked for addresses here.
        Type::A | Type::Aaaa => return Shows::Unasked,
    };
    if shown { Shows::It } else { Shows::NotYet(answer.ttl) }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
