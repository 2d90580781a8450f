//! Reads request bodies. Limits the size of each body, the time in which a body must arrive, the memory of all large
//! bodies, and the memory of one user's bodies.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap,
    body::{Body as _, Buf as _, Bytes, Incoming},
    header::EXPECT,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{call::caller::Caller, shares::Shares, transport::message::BYTE_ORDER_MARK};

/// Maximum time for a body to arrive, including the wait for a memory permit.
const DEADLINE: Duration = Duration::from_secs(30);
/// Maximum time for which a large body waits for a memory permit.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum time for which the rest of a rejected body is still read, so that the client can read the answer.
const LINGER: Duration = Duration::from_secs(5);
/// Maximum size of a body that needs no memory permit, in bytes.
const SMALL_BODY: usize = 64 * 1024;
/// Maximum total size of all bodies above [`SMALL_BODY`] that are in memory, in bytes. A body without `Content-Length`
/// counts with [`max_bytes`](BodyReader::max_bytes). If twice `max_bytes` is larger than `MEMORY`, that is the limit.
const MEMORY: usize = 8 * 1024 * 1024;

/// The rejection of a request because of its body: HTTP status, and message for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejected {
    pub(super) status: u16,
    pub(super) message: String,
}

fn rejected<T>(status: u16, message: impl Into<String>) -> Result<T, Rejected> {
    Err(Rejected { status, message: message.into() })
}

/// Reads bodies, and limits their memory.
#[derive(Debug)]
pub(super) struct BodyReader {
    /// Maximum size of one body.
    max_bytes: usize,
    /// One permit for each byte of the bodies that are larger than [`SMALL_BODY`].
    memory: Arc<Semaphore>,
    /// Holds each user's permits for the bytes of its own bodies.
    shares: Arc<Shares>,
    /// Number of these permits, in bytes. At least [`max_bytes`](Self::max_bytes).
    user_share: usize,
}

/// A body, with its memory permits if the body is larger than [`SMALL_BODY`].
#[derive(Debug)]
pub(super) struct RequestBody {
    pub(super) bytes: Bytes,
    memory: Option<Arc<MemoryPermits>>,
}

/// Permits for the bytes of one body.
#[derive(Debug)]
pub(super) struct MemoryPermits {
    /// Permits of [`BodyReader::memory`].
    _all: OwnedSemaphorePermit,
    /// Permits of the body's user; `None` for the local user.
    _of_user: Option<OwnedSemaphorePermit>,
}

/// A part of a body's text, with the memory permits of the whole body.
#[derive(Debug)]
pub(super) struct RetainedText {
    text: Bytes,
    _memory: Option<Arc<MemoryPermits>>,
}

impl RequestBody {
    /// Returns `part` as a slice of the body. A text that isn't part of the body, such as `{}` for absent arguments, is
    /// copied.
    pub(super) fn part(&self, part: &str) -> Bytes {
        let (all, part) = (self.bytes.as_ptr_range(), part.as_bytes());
        let is_within = all.start <= part.as_ptr() && part.as_ptr_range().end <= all.end;
        if is_within { self.bytes.slice_ref(part) } else { Bytes::copy_from_slice(part) }
    }

    /// Removes a byte order mark from the beginning. It has no meaning in UTF-8, and parsers may ignore it (RFC 8259
    /// §8.1).
    pub(super) fn without_byte_order_mark(mut self) -> Self {
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            self.bytes.advance(BYTE_ORDER_MARK.len());
        }
        self
    }

    /// Returns the memory permits, for a value that outlives the body.
    pub(super) fn memory(&self) -> Option<Arc<MemoryPermits>> {
        self.memory.clone()
    }

    /// Drops the body except for `part`, which gets the memory permits of the whole body.
    pub(super) fn retain(self, part: Bytes) -> RetainedText {
        RetainedText { text: part, _memory: self.memory }
    }
}

/// Makes a text without memory permits. The caller must keep the [`RequestBody`], which has the permits, as long as the
/// text.
impl From<Bytes> for RetainedText {
    fn from(text: Bytes) -> Self {
        RetainedText { text, _memory: None }
    }
}

impl AsRef<str> for RetainedText {
    fn as_ref(&self) -> &str {
        // Always UTF-8, because the text is part of a parsed message.
        str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl BodyReader {
    pub(super) fn new(max_bytes: usize, shares: &Arc<Shares>) -> Self {
        // Twice the maximum, so that one user's largest body leaves room for another's.
        let room = MEMORY.max(2 * max_bytes);
        let share = shares.of(u32::try_from(room).unwrap_or(u32::MAX)) as usize;
        BodyReader {
            max_bytes,
            memory: Arc::new(Semaphore::new(room)),
            shares: Arc::clone(shares),
            user_share: share.max(max_bytes),
        }
    }

    /// Reads a whole body. `caller` returns the sender, and is called only for a body that doesn't arrive at once. An
    /// error is the response to a body that is too large, too slow or incomplete, or that got no memory permits.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: &mut Incoming,
        caller: impl FnOnce() -> Caller,
    ) -> Result<RequestBody, Rejected> {
        let announced = body.size_hint().upper().map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let too_large = || rejected(413, format!("the body must be at most {} bytes", self.max_bytes));
        if announced.is_some_and(|bytes| bytes > self.max_bytes) {
            drain(headers, body).await;
            return too_large();
        }
        let collected = {
            let mut collecting = pin!(self.collect(announced, body, caller));
            // A body that has arrived already needs no timer.
            match poll_fn(|cx| Poll::Ready(collecting.as_mut().poll(cx))).await {
                Poll::Ready(collected) => Ok(collected),
                Poll::Pending => tokio::time::timeout(DEADLINE, collecting).await,
            }
        };
        match collected {
            Ok(Ok(Some(body))) => Ok(body),
            Ok(Ok(None)) => {
                discard(body).await;
                too_large()
            }
            Ok(Err(ReadError::Rejected(rejected))) => {
                discard(body).await;
                Err(rejected)
            }
            Ok(Err(ReadError::Connection(error))) => {
                rejected(400, format!("the body could not be read: {error}"))
            }
            Err(_) => rejected(408, format!("the body must arrive within {} s", DEADLINE.as_secs())),
        }
    }

    /// Reads a body. `announced` is its size in bytes, if the client announced the size. Returns `None` if the body is
    /// too large.
    async fn collect(
        &self,
        announced: Option<usize>,
        body: &mut Incoming,
        caller: impl FnOnce() -> Caller,
    ) -> Result<Option<RequestBody>, ReadError> {
        let Some(first) = data(body).await? else {
            return Ok(Some(RequestBody { bytes: Bytes::new(), memory: None }));
        };
        let second = if body.is_end_stream() { None } else { data(body).await? };
        let Some(second) = second else {
            // Needs no permits, because hyper's read buffer (`MAX_BUFFER` in `connection`) limits a single frame to
            // less than `SMALL_BODY`.
            return Ok((first.len() <= self.max_bytes).then_some(RequestBody { bytes: first, memory: None }));
        };
        let mut caller = Some(caller);
        let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(SMALL_BODY));
        bytes.extend_from_slice(&first);
        let mut memory = None;
        let mut next = Some(second);
        while let Some(chunk) = next {
            if bytes.len() + chunk.len() > self.max_bytes {
                return Ok(None);
            }
            if bytes.len() + chunk.len() > SMALL_BODY
                && let Some(caller) = caller.take()
            {
                // Acquired only now, because a client that announces a large body and sends nothing must not block
                // memory.
                let expected = announced.unwrap_or(self.max_bytes);
                // Boxed, because the future of every request has room for this one, which most requests don't need.
                memory = Some(Arc::new(Box::pin(self.permits(&caller(), expected)).await?));
                // Reserving takes no memory, because the system provides pages only when they are written.
                bytes.reserve_exact(expected - bytes.len());
            }
            bytes.extend_from_slice(&chunk);
            next = data(body).await?;
        }
        Ok(Some(RequestBody { bytes: bytes.into(), memory }))
    }

    /// Acquires the permits for a body of this size: first those of the user, so that a user that waits for its own
    /// bodies takes nothing from others. The permits for a whole body are acquired in one step, because two bodies that
    /// have half of their permits each could wait for each other.
    async fn permits(&self, caller: &Caller, bytes: usize) -> Result<MemoryPermits, Rejected> {
        let of_user = match self.shares.body_room(caller, self.user_share) {
            Some(room) => {
                Some(acquire(&room, bytes, "other large bodies of this user are being read").await?)
            }
            None => None,
        };
        let all = acquire(&self.memory, bytes, "too many large bodies are being read").await?;
        Ok(MemoryPermits { _all: all, _of_user: of_user })
    }
}

/// Acquires a permit for each of `bytes`. `reason` says why permits are missing after [`MEMORY_TIMEOUT`].
async fn acquire(
    memory: &Arc<Semaphore>,
    bytes: usize,
    reason: &str,
) -> Result<OwnedSemaphorePermit, Rejected> {
    let permits = Arc::clone(memory).acquire_many_owned(u32::try_from(bytes).unwrap_or(u32::MAX));
    match tokio::time::timeout(MEMORY_TIMEOUT, permits).await {
        Ok(Ok(permits)) => Ok(permits),
        Ok(Err(_)) | Err(_) => rejected(429, format!("{reason}: try again later")),
    }
}

/// Reason why a body can't be read to its end.
enum ReadError {
    Connection(hyper::Error),
    Rejected(Rejected),
}

impl From<hyper::Error> for ReadError {
    fn from(error: hyper::Error) -> Self {
        ReadError::Connection(error)
    }
}

impl From<Rejected> for ReadError {
    fn from(rejected: Rejected) -> Self {
        ReadError::Rejected(rejected)
    }
}

/// Returns the next bytes of a body; `None` at its end. Skips trailers and empty frames.
async fn data(body: &mut Incoming) -> hyper::Result<Option<Bytes>> {
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame?.into_data()
            && !bytes.is_empty()
        {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Reads and drops the body of a rejected request. Doesn't read if the client waits for `100 Continue`, because such a
/// client has not sent the body.
pub(super) async fn drain(headers: &HeaderMap, body: &mut Incoming) {
    if !headers.contains_key(EXPECT) {
        discard(body).await;
    }
}

/// Reads and drops the rest of a body, for at most [`LINGER`]. Without this, closing the connection with unread input
/// would reset the connection before the client has read the answer.
async fn discard(body: &mut Incoming) {
    let rest = async { while let Ok(Some(_)) = data(body).await {} };
    drop(tokio::time::timeout(LINGER, rest).await);
}
