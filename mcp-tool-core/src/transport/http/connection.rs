//! Serves the requests of one connection one after the other, with timeouts and a graceful shutdown.

use std::{
    convert::Infallible,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt as _;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::{Instant, Sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    response::take_unread,
    response_body::{Guarded, InParts},
    sender::Peer,
    service::Service,
};

/// Maximum time from the first to the last byte of a request's head: request line and headers.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum time for which no byte of an answer can be written, because the client doesn't read. After this time, the
/// connection ends.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Interval of the idle check between requests. A connection ends if a whole interval passes without input: one to two
/// intervals after the last input. Proxies usually close idle connections earlier.
const IDLE_INTERVAL: Duration = Duration::from_secs(90);
/// Maximum size of hyper's read buffer, in bytes. Limits a request's head, and the input that a connection reads ahead.
/// With hyper's default of 400 KiB, 64 clients with large bodies would use 26 MiB.
const MAX_BUFFER: usize = 32 * 1024;

/// Answers the requests of one stream until the stream ends, or until `stop` is cancelled and the current request is
/// answered.
pub async fn serve_requests<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: IpAddr,
    service: Arc<Service>,
    stop: CancellationToken,
) {
    let phase = Arc::new(Phase::default());
    let watched = Watched::new(stream, Arc::clone(&phase));
    let (service, peer, phase) = (&*service, &Peer::new(peer, service.is_outsider(peer)), &phase);
    let handler = service_fn(|request: Request<Incoming>| {
        // The phase is set before the future is made, because hyper may read more input before it polls the future.
        // That input is no longer part of the head, so it must not start the timer of the head.
        phase.set(Phase::ANSWERING);
        let answering = Answering(Arc::clone(phase));
        let (parts, body) = request.into_parts();
        // An async block would hold the request a second time, in memory that hyper reserves while the connection is open.
        service.respond(parts, body, peer).map(move |mut response| {
            let unread = take_unread(&mut response);
            // `Guarded` drops `answering` with the body. `InParts` sends the body in small parts, so that hyper's
            // write buffer stays small.
            Ok::<_, Infallible>(response.map(|body| InParts::new(Guarded::new(body, answering), unread)))
        })
    });
    // Hyper's timer for heads isn't used, because hyper resets the timer for each request, which costs time. Vectored
    // writes aren't used, because copying the body into one buffer takes less time.
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_BUFFER).writev(false);
    let mut connection = builder.serve_connection(TokioIo::new(watched), handler);
    let ended = tokio::select! {
        biased;
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    if ended.is_err() && phase.get() == Phase::LATE {
        let mut stream = connection.into_parts().io.into_inner().stream;
        let answer = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        // The client may be gone already.
        drop(stream.write_all(answer.as_bytes()).await);
        drop(stream.shutdown().await);
    }
}

/// The phase of a connection. The connection's request handler and its socket share the phase.
#[derive(Debug, Default)]
struct Phase(AtomicU8);

impl Phase {
    /// The connection waits for a request.
    const IDLE: u8 = 0;
    /// A part of a request's head has arrived.
    const READING: u8 = 1;
    /// The head is complete, and the response is not sent completely.
    const ANSWERING: u8 = 2;
    /// A head arrived too slowly, so the connection ends with status 408.
    const LATE: u8 = 3;

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, phase: u8) {
        self.0.store(phase, Ordering::Relaxed);
    }
}

/// Guard of a response body. When it is dropped, the request counts as answered.
struct Answering(Arc<Phase>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.set(Phase::IDLE);
    }
}

/// A socket that fails if a head arrives too slowly, if the client doesn't read, or if the connection is idle for too
/// long. Sets no timer for a request whose head arrives at once and whose answer is written at once. The timer of the
/// idle check is set once for each connection.
struct Watched<S> {
    stream: S,
    phase: Arc<Phase>,
    /// Timer of a head that has arrived only in part.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Timer of pending writes; `None` if the last write was not pending.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Timer of the idle check.
    idle: Option<Pin<Box<Sleep>>>,
    /// `true` if input was received since the last idle check.
    has_received: bool,
}

impl<S> Watched<S> {
    fn new(stream: S, phase: Arc<Phase>) -> Self {
        Watched { stream, phase, deadline: None, stalled: None, idle: None, has_received: false }
    }

    /// Returns `true` if [`HEAD_TIMEOUT`] has passed since the head began to arrive.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD_TIMEOUT)));
        deadline.as_mut().poll(cx).is_ready()
    }

    /// Returns `true` if nothing was received during a whole interval of the idle check.
    fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        let idle = self.idle.get_or_insert_with(|| Box::pin(tokio::time::sleep(IDLE_INTERVAL)));
        while idle.as_mut().poll(cx).is_ready() {
            if !std::mem::take(&mut self.has_received) {
                return true;
            }
            idle.as_mut().reset(Instant::now() + IDLE_INTERVAL);
        }
        false
    }

    /// Returns `write`, or an error if writes have been pending for [`WRITE_TIMEOUT`].
    fn check_write<T>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.stalled = None;
            return write;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(WRITE_TIMEOUT)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            this.has_received = true;
            if this.phase.get() == Phase::IDLE {
                this.phase.set(Phase::READING);
                this.deadline = None;
            }
        }
        let is_expired = match this.phase.get() {
            // No timer is set for a head that arrives at once.
            Phase::READING => (read.is_pending() || this.deadline.is_some()) && this.is_late(cx),
            Phase::IDLE => read.is_pending() && this.is_idle(cx),
            _ => false,
        };
        if !is_expired {
            return read;
        }
        if this.phase.get() == Phase::READING {
            this.phase.set(Phase::LATE);
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.check_write(cx, write)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, DuplexStream};

    use super::*;

    /// Returns a watched connection, its client, and its phase.
    fn watched() -> (Watched<DuplexStream>, DuplexStream, Arc<Phase>) {
        let (server, client) = tokio::io::duplex(64);
        let phase = Arc::new(Phase::default());
        (Watched::new(server, Arc::clone(&phase)), client, phase)
    }

    /// Reads until the connection fails. Returns the error, and the time from `since` to the error in seconds.
    async fn ended(mut watched: Watched<DuplexStream>, since: Instant) -> (io::ErrorKind, u64) {
        loop {
            match watched.read_u8().await {
                // `.` counts as a whole request, which is answered immediately.
                Ok(b'.') => watched.phase.set(Phase::IDLE),
                Ok(_) => {}
                Err(error) => return (error.kind(), since.elapsed().as_secs()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connection_without_input_ends_after_one_idle_interval() {
        let (watched, _client, phase) = watched();
        assert_eq!(ended(watched, Instant::now()).await, (io::ErrorKind::TimedOut, 90));
        assert_eq!(phase.get(), Phase::IDLE, "an idle connection was treated as one with a late head");
    }

    #[tokio::test(start_paused = true)]
    async fn connection_ends_when_a_whole_idle_interval_passes_without_input() {
        let (watched, mut client, _phase) = watched();
        let since = Instant::now();
        let sender = tokio::spawn(async move {
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(80)).await;
                assert!(client.write_u8(b'.').await.is_ok());
            }
            client
        });
        // Input arrives after 80 s and 160 s. The idle check runs after 90 s, 180 s and 270 s.
        assert_eq!(ended(watched, since).await, (io::ErrorKind::TimedOut, 270));
        drop(sender.await);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_head_is_late_ten_seconds_after_its_first_byte() {
        let (watched, mut client, phase) = watched();
        let since = Instant::now();
        let sender = tokio::spawn(async move {
            while client.write_u8(b'x').await.is_ok() {
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
        });
        assert_eq!(ended(watched, since).await, (io::ErrorKind::TimedOut, 10));
        assert_eq!(phase.get(), Phase::LATE);
        assert!(sender.await.is_ok());
    }
}
