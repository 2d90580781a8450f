//! Processes the messages of one client in order. Admits and cancels calls, answers `tools/list`, and forwards other
//! messages to rmcp.

mod forward;
mod start;

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use rmcp::model::ClientJsonRpcMessage;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::DropGuard;

use self::forward::MAX_FORWARDED;
use super::{
    super::{
        client_label::ClientLabel,
        endpoint::Endpoint,
        id::Id,
        message::{self, BYTE_ORDER_MARK, ClientMessage, Era},
        protocol_error::{ProtocolError, code},
        response::FramedResponse,
        rmcp::session::Session,
    },
    bridge::Forwarded,
    calls::{Calls, FirstPoll, ResponseFuture, StartedCall, panicked},
    lines::{Inbox, MAX_LINE, Received, line_length},
    output::Writer,
};
use crate::sync::lock;

/// Maximum time from the end of one call's first poll to the end of the next one. After a longer time, further calls
/// run as tasks from the start. As tasks, they don't delay the messages behind them.
const SLOW_POLL: Duration = Duration::from_micros(100);
/// Number of calls that run as tasks from the start, after a slow poll.
const CALLS_AFTER_SLOW_POLL: u32 = 32;

/// State that is needed to process the messages of one client.
pub(super) struct Connection {
    /// The started server.
    endpoint: Arc<Endpoint>,
    /// Lines from the reading thread.
    inbox: Arc<Inbox>,
    /// Lines that were taken from `inbox`.
    lines: Vec<u8>,
    /// Offset in `lines` of the first line that isn't processed yet.
    next: usize,
    writer: Writer,
    /// Sends messages to rmcp.
    to_rmcp: mpsc::Sender<ClientJsonRpcMessage>,
    /// The calls that run while further messages are processed.
    calls: Calls,
    /// The box of a finished call's future, for reuse by the next call.
    spare: Option<ResponseFuture>,
    /// The id of the call in its first poll.
    current: Option<Id>,
    /// Time at which the previous first poll ended, processing resumed, or a call began to run as a task from the
    /// start, whichever was last.
    polled_at: Instant,
    /// Number of the next calls that run as tasks from the start, because a poll was slow.
    calls_as_tasks: u32,
    /// Requests that rmcp has not answered yet.
    forwarded: Forwarded,
    /// Permits for requests to rmcp, and for tool lists that the application's own policy decides; [`MAX_FORWARDED`] in
    /// total.
    permits: Arc<Semaphore>,
    /// The client's name and version in `initialize`; `None` before `initialize`, or without `clientInfo`.
    client: Option<String>,
    /// The session of a legacy client (revisions up to 2025-11-25), shared with rmcp.
    session: Arc<Session>,
    client_label: ClientLabel,
    /// `true` once `initialize` was received: legacy requests are accepted.
    initialized: bool,
    /// `true` once rmcp knows the client's [`Era`] (legacy or modern, that is 2026-07-28 and later). rmcp learns it
    /// from the first request that only clients of one era send. From then on, rmcp accepts notifications and
    /// responses.
    opened: bool,
    /// When this guard is dropped with the connection, it reports that no more messages are processed.
    _processed: DropGuard,
}

/// The result of [`Connection::take_call`].
pub(super) enum Taken {
    /// An admitted call or a `tools/list` request, which is not polled yet.
    Call(StartedCall),
    /// No message waits.
    Nothing,
    /// The input has ended, and all messages are processed.
    End,
}

impl Connection {
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        inbox: Arc<Inbox>,
        calls: Calls,
        (to_rmcp, forwarded): (mpsc::Sender<ClientJsonRpcMessage>, Forwarded),
        session: Arc<Session>,
        processed: DropGuard,
    ) -> Self {
        Connection {
            endpoint,
            inbox,
            lines: Vec::new(),
            next: 0,
            writer: calls.writer.clone(),
            to_rmcp,
            calls,
            spare: None,
            current: None,
            polled_at: Instant::now(),
            calls_as_tasks: 0,
            forwarded,
            permits: Arc::new(Semaphore::new(MAX_FORWARDED)),
            client: None,
            session,
            client_label: ClientLabel::default(),
            initialized: false,
            opened: false,
            _processed: processed,
        }
    }

    /// Processes messages up to the next `tools/call` or `tools/list`. Waits while too many answers are unread.
    pub(super) async fn take_call(&mut self) -> Taken {
        loop {
            if self.writer.is_full() {
                self.writer.wait_for_room().await;
            }
            if self.next < self.lines.len() {
                let lines = std::mem::take(&mut self.lines);
                let end = self.next + line_length(&lines[self.next..]);
                let call = self.process_line(&lines[self.next..end]).await;
                (self.lines, self.next) = (lines, end);
                match call {
                    Some(call) => return Taken::Call(call),
                    None => continue,
                }
            }
            (self.lines, self.next) = match self.inbox.try_next() {
                None => return Taken::Nothing,
                Some(None) => return Taken::End,
                Some(Some(Received::Lines(lines))) => (lines, 0),
                Some(Some(Received::TooLong)) => {
                    let message = format!("the message must be at most {MAX_LINE} bytes");
                    self.refuse(&ProtocolError::new(code::INVALID_REQUEST, message)).await;
                    continue;
                }
            };
        }
    }

    /// Restarts the measurement that [`SLOW_POLL`] limits, so that it doesn't include a pause of the processing.
    pub(super) fn resume(&mut self) {
        self.polled_at = Instant::now();
    }

    /// Returns `true` if the processor, the thread or task that processes messages, polls the next call itself. Returns
    /// `false` if the call must run as a task from the start, because an earlier poll was slow.
    pub(super) fn polls_next_here(&mut self) -> bool {
        if self.calls_as_tasks == 0 {
            return true;
        }
        self.calls_as_tasks -= 1;
        self.polled_at = Instant::now();
        false
    }

    pub(super) fn set_current(&mut self, id: Id) {
        self.current = Some(id);
    }

    /// Registers the call in its first poll as detached, so that it can be cancelled while another task processes
    /// messages. Called if the poll takes so long that another task takes over, and if processing ends during the poll.
    pub(super) fn detach_current(&mut self) {
        if let Some(id) = self.current.take() {
            self.calls.detach(id);
        }
        self.writer.flush();
    }

    /// Answers or continues a call after its first poll.
    pub(super) fn handle_first_poll(&mut self, polled: FirstPoll) {
        match polled {
            FirstPoll::Ready(response, spare) => {
                self.writer.send_soon(&response.body);
                self.spare = Some(spare);
            }
            FirstPoll::Pending(call) => self.calls.spawn(call),
            FirstPoll::Panicked => {
                if let Some(id) = self.current.take() {
                    self.writer.send_soon(&panicked(&id).body);
                }
            }
        }
        let now = Instant::now();
        if now.duration_since(self.polled_at) > SLOW_POLL {
            self.calls_as_tasks = CALLS_AFTER_SLOW_POLL;
            // The queued answers have waited for this poll.
            self.writer.flush();
        }
        self.polled_at = now;
    }

    pub(super) fn flush(&self) {
        self.writer.flush();
    }

    /// Processes one message. Returns a `tools/call` or `tools/list` request, if it was accepted.
    async fn process_line(&mut self, line: &[u8]) -> Option<StartedCall> {
        // A byte order mark has no meaning in UTF-8, and parsers may ignore it (RFC 8259 §8.1). Some shells write one
        // at the beginning of a pipe.
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return None;
        }
        match message::parse(line) {
            Ok(ClientMessage::Call(call)) => return self.start_call(call).await,
            Ok(ClientMessage::Cancelled { request }) => {
                if let Some(id) = &request {
                    // rmcp doesn't answer a cancelled request, so the request's permit is freed here.
                    lock(&self.forwarded).remove(id);
                }
                let is_call = request.is_some_and(|id| self.calls.cancel(&id));
                if !is_call && self.opened {
                    self.forward(line, None).await;
                }
            }
            Ok(ClientMessage::Request { id, method, meta, cursor }) if method == "tools/list" => {
                return self.list(id, &meta, cursor.map(Cow::into_owned)).await;
            }
            Ok(ClientMessage::Request { id, method, meta, .. }) => {
                // rmcp doesn't learn the era from `server/discover`, because a client of either era may send it first.
                let opens =
                    method == "initialize" || (meta.era() == Era::Modern && method != "server/discover");
                // A refused request has no effect on the connection.
                let is_legacy = meta.era() == Era::Legacy;
                if !self.forward(line, Some((&id, is_legacy))).await {
                    return None;
                }
                if method == "initialize" {
                    self.initialized = true;
                    self.client = initializing_client(line);
                }
                self.opened |= opens;
            }
            Ok(ClientMessage::InvalidNotification) => {
                tracing::debug!("an invalid notification was dropped");
            }
            // Ignored, because rmcp's service would end if it got such a message before it knows the client's era.
            Ok(ClientMessage::Notification | ClientMessage::Response) if !self.opened => {}
            Ok(ClientMessage::Notification | ClientMessage::Response) => {
                self.forward(line, None).await;
            }
            Err(error) => self.refuse(&error).await,
        }
        None
    }

    async fn refuse(&self, error: &ProtocolError) {
        self.send(FramedResponse::protocol_error(error).body).await;
    }

    /// Waits for room, and queues a message for the next flush.
    async fn send(&self, body: Vec<u8>) {
        if self.writer.is_full() {
            self.writer.wait_for_room().await;
        }
        self.writer.send_soon(&body);
    }
}

/// Returns the client's name and version in an `initialize` request; `None` without `clientInfo`.
fn initializing_client(line: &[u8]) -> Option<String> {
    let message: serde_json::Value = serde_json::from_slice(line).ok()?;
    let client = message.pointer("/params/clientInfo")?;
    let text = |key: &str| client.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    Some(format!("{} {}", text("name"), text("version")).trim().to_owned())
}
