//! An in-memory connection that repeats one request and collects the responses.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Responses that a connection ([`Requests`]) collects, shared with it.
#[derive(Clone, Debug, Default)]
pub struct Responses(Arc<Mutex<Collected>>);

#[derive(Debug, Default)]
struct Collected {
    /// Bytes of the first response.
    first: Vec<u8>,
    /// Size of all responses, in bytes.
    size: usize,
}

impl Responses {
    /// The first response, and the size of all responses in bytes.
    pub fn first_and_size(&self) -> (String, usize) {
        let collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (String::from_utf8_lossy(&collected.first).into_owned(), collected.size)
    }
}

/// The stream that the server reads requests from and writes responses to.
pub struct Requests {
    request: Vec<u8>,
    /// Number of bytes of the request that the server has read so far.
    read: usize,
    /// Number of requests without a complete response.
    left: usize,
    /// True until the first response is complete.
    is_first: bool,
    /// Waker of the server while it waits for the next request.
    waker: Option<Waker>,
    responses: Responses,
}

impl Requests {
    /// Sends `request` `passes` times, each time after the previous response.
    pub fn new(request: String, passes: usize, responses: Responses) -> Self {
        let request = request.into_bytes();
        Requests { read: 0, request, left: passes, is_first: true, waker: None, responses }
    }
}

impl AsyncRead for Requests {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The end of the stream, at which the server stops.
        if self.left == 0 {
            return Poll::Ready(Ok(()));
        }
        if self.read == self.request.len() {
            self.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let end = self.request.len().min(self.read + buf.remaining());
        buf.put_slice(&self.request[self.read..end]);
        self.read = end;
        Poll::Ready(Ok(()))
    }
}

impl Requests {
    /// Collects bytes of a response, and returns how many. Once the response is complete, sends the next request.
    fn collect(&mut self, parts: &[io::IoSlice<'_>]) -> usize {
        let mut collected = self.responses.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = 0;
        for part in parts {
            taken += part.len();
            if self.is_first {
                collected.first.extend_from_slice(part);
            }
        }
        collected.size += taken;
        // All later responses have the length of the first.
        if self.is_first && is_complete(&collected.first)
            || !self.is_first && collected.size % collected.first.len() == 0
        {
            self.is_first = false;
            self.read = 0;
            self.left -= 1;
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
        taken
    }
}

/// Returns `true` if a response has as many bytes as its `Content-Length` says.
fn is_complete(response: &[u8]) -> bool {
    let response = String::from_utf8_lossy(response);
    let length = |head: &str| {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        length.parse::<usize>().ok()
    };
    response.split_once("\r\n\r\n").is_some_and(|(head, body)| length(head) == Some(body.len()))
}

impl AsyncWrite for Requests {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.get_mut().collect(&[io::IoSlice::new(bytes)])))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Takes all parts at once, as a socket does.
        Poll::Ready(Ok(self.get_mut().collect(parts)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
