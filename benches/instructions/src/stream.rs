//! An in-memory connection that repeats one request and collects the responses.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Collected responses.
#[derive(Clone, Debug, Default)]
pub struct Responses(Arc<Mutex<Answers>>);

#[derive(Debug, Default)]
struct Answers {
    first: Vec<u8>,
    bytes: usize,
}

impl Responses {
    /// The first response and the total size.
    pub fn taken(&self) -> (String, usize) {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (String::from_utf8_lossy(&answers.first).into_owned(), answers.bytes)
    }
}

/// The client side of the connection.
pub struct Requests {
    request: Vec<u8>,
    /// Bytes of the request read so far.
    read: usize,
    left: usize,
    is_first: bool,
    /// Waker of the server while the current request has no response.
    waits: Option<Waker>,
    responses: Responses,
}

impl Requests {
    /// `rounds` requests, each sent after the previous response.
    pub fn new(request: String, rounds: usize, responses: Responses) -> Self {
        let request = request.into_bytes();
        Requests { read: 0, request, left: rounds, is_first: true, waits: None, responses }
    }
}

impl AsyncRead for Requests {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Ok(()));
        }
        if self.read == self.request.len() {
            self.waits = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let end = self.request.len().min(self.read + buf.remaining());
        buf.put_slice(&self.request[self.read..end]);
        self.read = end;
        Poll::Ready(Ok(()))
    }
}

impl Requests {
    fn answered(&mut self, parts: &[io::IoSlice<'_>]) -> usize {
        let mut answers = self.responses.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = 0;
        for part in parts {
            taken += part.len();
            if self.is_first {
                answers.first.extend_from_slice(part);
            }
        }
        answers.bytes += taken;
        // All responses have the length of the first.
        if self.is_first && is_whole(&answers.first)
            || !self.is_first && answers.bytes % answers.first.len() == 0
        {
            self.is_first = false;
            self.read = 0;
            self.left -= 1;
            if let Some(waits) = self.waits.take() {
                waits.wake();
            }
        }
        taken
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let length = |head: &str| {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        length.parse::<usize>().ok()
    };
    answer.split_once("\r\n\r\n").is_some_and(|(head, body)| length(head) == Some(body.len()))
}

impl AsyncWrite for Requests {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.get_mut().answered(&[io::IoSlice::new(bytes)])))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // All at once, as a socket does.
        Poll::Ready(Ok(self.get_mut().answered(parts)))
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
