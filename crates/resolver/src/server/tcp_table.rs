//! The tcp_table server, for Postfix without socketmap (tcp_table(5)).

use super::Answers;
use super::conversation::{self, Next, Protocol};
use super::listen::Listener;
use crate::answer::{Dialect, Status};
use crate::metrics;
use ironpost_proto::tcp_table::{Reply, Request, next_request, write_reply};
use std::borrow::Cow;
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`; connections then end after the replies under way. The protocol has
/// no map names: all is answered in `dialect`.
pub async fn serve(
    listener: Listener,
    answers: impl Answers,
    dialect: Dialect,
    shutdown: CancellationToken,
) {
    conversation::serve(listener, answers, TcpTable { dialect }, shutdown).await;
}

#[derive(Debug, Clone, Copy)]
struct TcpTable {
    dialect: Dialect,
}

impl Protocol for TcpTable {
    const NAME: metrics::Protocol = metrics::Protocol::TcpTable;

    fn next(self, buffer: &[u8]) -> Next<'_> {
        match next_request(buffer) {
            Ok(None) => Next::Incomplete,
            Ok(Some((Request::Get(key), taken))) => {
                Next::Lookup { dialect: self.dialect, key: Cow::Owned(key), taken }
            }
            Ok(Some((Request::Unknown, taken))) => {
                Next::Refused { reason: "a request is: get KEY".to_owned(), taken }
            }
            Err(error) => Next::Broken { reason: error.to_string() },
        }
    }

    fn write(self, out: &mut Vec<u8>, status: Status, text: &str) {
        let reply = match status {
            Status::Found => Reply::Found(text),
            Status::NotFound => Reply::NotFound,
            Status::Temp | Status::Perm => Reply::Error(text),
        };
        write_reply(out, reply);
    }
}
