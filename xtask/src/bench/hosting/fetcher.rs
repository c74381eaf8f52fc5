//! A sender that waits for what it asked for.

use super::client::Conversation;
use super::installation::Domain;
use crate::bench::server::connect;
use anyhow::{Context, Result};
use rustls::ClientConfig;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Fetches the policy of one domain from one server.
pub(crate) struct Fetcher {
    config: Arc<ClientConfig>,
    address: SocketAddr,
    domain: Domain,
    open: Option<Open>,
}

/// A connection, and how many policies it is still good for.
struct Open {
    stream: TcpStream,
    conversation: Conversation,
    left: u32,
}

impl Fetcher {
    pub(crate) fn new(config: &Arc<ClientConfig>, address: SocketAddr, domain: &Domain) -> Self {
        Self { config: Arc::clone(config), address, domain: domain.clone(), open: None }
    }

    /// The policy as it is now.
    pub(crate) fn fetch(&mut self) -> Result<String> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect()?,
        };
        open.conversation.ask(&mut open.stream)?;
        let policy = open.conversation.hear(&mut open.stream)?.context("no policy")?.to_owned();
        open.left -= 1;
        self.open = Some(open).filter(|open| open.left > 0);
        Ok(policy)
    }

    fn connect(&self) -> Result<Open> {
        let stream = connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let conversation = Conversation::new(&self.config, &self.domain)?;
        Ok(Open { stream, conversation, left: EACH })
    }
}

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fewer than the thousand after which a server ends a connection.
const EACH: u32 = 950;
