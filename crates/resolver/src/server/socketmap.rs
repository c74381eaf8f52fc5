//! The socketmap server: Postfix's own way to ask (socketmap_table(5)).

use super::Answers;
use super::conversation::{self, Next, Protocol};
use super::listen::Listener;
use crate::answer::{Dialect, Status};
use crate::metrics;
use ironpost_proto::socketmap::{Reply, next_request, write_reply};
use std::borrow::Cow;
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`; connections then end after the replies under way.
pub async fn serve(listener: Listener, answers: impl Answers, shutdown: CancellationToken) {
    conversation::serve(listener, answers, Socketmap, shutdown).await;
}

#[derive(Debug, Clone, Copy)]
struct Socketmap;

impl Protocol for Socketmap {
    const NAME: metrics::Protocol = metrics::Protocol::Socketmap;

    fn next(self, buffer: &[u8]) -> Next<'_> {
        match next_request(buffer) {
            Ok(None) => Next::Incomplete,
            Ok(Some((request, taken))) => match Dialect::of_map(request.map) {
                Some(dialect) => Next::Lookup { dialect, key: Cow::Borrowed(request.key), taken },
                None => Next::Refused { reason: unknown_map(), taken },
            },
            Err(error) => Next::Broken { reason: error.to_string() },
        }
    }

    fn write(self, out: &mut Vec<u8>, status: Status, text: &str) {
        let reply = match status {
            Status::Found => Reply::Ok(text),
            Status::NotFound => Reply::NotFound,
            Status::Temp => Reply::Temp(text),
            Status::Perm => Reply::Perm(text),
        };
        write_reply(out, reply);
    }
}

fn unknown_map() -> String {
    let known: Vec<_> = Dialect::maps().collect();
    format!("there is no map of this name; the maps are {}", known.join(", "))
}
