//! The memory a worker thread reads, words and writes in.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Buffers for one turn of one conversation.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) input: Vec<u8>,
    /// So many octets of `input` are done with.
    pub(super) asked: usize,
    pub(super) output: Vec<u8>,
    /// So many octets of `output` are sent.
    sent: usize,
    pub(super) text: String,
    /// What `read` reads into, always all of it.
    page: Vec<u8>,
}

thread_local! {
    /// Free while no conversation is in its turn on this thread. Conversations share nothing but
    /// the memory: it is empty whenever it changes hands.
    static DESK: Cell<Option<Desk>> = const { Cell::new(None) };
}

impl Desk {
    /// The thread's own, or a new one.
    pub(super) fn take() -> Self {
        DESK.try_with(Cell::take).ok().flatten().unwrap_or_default()
    }

    /// Clears it for the next.
    pub(super) fn give_back(mut self) {
        self.input.clear();
        self.output.clear();
        self.text.clear();
        self.asked = 0;
        self.sent = 0;
        // At the thread's very end there is no next.
        let _ = DESK.try_with(|desk| desk.set(Some(self)));
    }

    pub(super) fn unasked(&self) -> &[u8] {
        self.input.get(self.asked..).unwrap_or_default()
    }

    pub(super) fn unsent(&self) -> &[u8] {
        self.output.get(self.sent..).unwrap_or_default()
    }

    /// So many octets more are sent.
    pub(super) fn sent(&mut self, octets: usize) {
        self.sent += octets;
        if self.sent >= self.output.len() {
            self.output.clear();
            self.sent = 0;
        }
    }

    /// Reads what is there, at most a page; 0 is the end.
    pub(super) fn read(
        &mut self,
        stream: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.input.drain(..self.asked);
        self.asked = 0;
        self.page.resize(PAGE, 0);
        let mut page = ReadBuf::new(&mut self.page);
        ready!(stream.poll_read(cx, &mut page))?;
        self.input.extend_from_slice(page.filled());
        Poll::Ready(Ok(page.filled().len()))
    }
}

/// Octets read at a time: some hundred requests.
const PAGE: usize = 16 * 1024;
