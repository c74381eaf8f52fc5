//! The servers: one file for each protocol, all on one way of listening.
//!
//! socketmap and tcp_table are one conversation in two protocols; HTTP and administration are
//! for fewer clients and have deadlines.

pub mod admin;
mod conversation;
pub mod http;
pub mod listen;
pub mod socketmap;
pub mod tcp_table;

use crate::admin::StatusReport;
use crate::answer::{Dialect, Status};
use crate::engine::Engine;
use crate::metrics::Metrics;

/// What the servers of MTAs ask: the engine, or in tests something that answers as it is told.
pub trait Answers: Clone + Send + Sync + 'static {
    /// See [`Engine::answer_now`].
    fn answer_now(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Option<Status>;

    /// See [`Engine::answer`].
    fn answer(
        &self,
        dialect: Dialect,
        key: &[u8],
        text: &mut String,
    ) -> impl Future<Output = Status> + Send;

    /// See [`Engine::status`].
    fn status(&self) -> StatusReport;

    /// See [`Engine::metrics`].
    fn metrics(&self) -> &Metrics;
}

impl Answers for Engine {
    fn answer_now(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Option<Status> {
        Engine::answer_now(self, dialect, key, text)
    }

    async fn answer(&self, dialect: Dialect, key: &[u8], text: &mut String) -> Status {
        Engine::answer(self, dialect, key, text).await
    }

    fn status(&self) -> StatusReport {
        Engine::status(self)
    }

    fn metrics(&self) -> &Metrics {
        Engine::metrics(self)
    }
}
