//! One connection: requests in turn, their heads in time, and a graceful end.

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

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    time::{Instant, Sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    authentication::Connection,
    body::{Holding, InParts},
    service::{Peer, Service},
};

/// How long the head of a request may take from its first byte.
const HEAD: Duration = Duration::from_secs(10);
/// How long a client may leave all of an answer unread.
const STALL: Duration = Duration::from_secs(30);
/// How often it is looked whether a connection is idle between requests: it ends once it was, the second time. So
/// it may stay idle for as long as two of these, which is longer than proxies keep theirs.
const IDLE: Duration = Duration::from_secs(90);
/// Bytes of a request's head, and of all that a connection reads ahead. Hyper's own 400 KiB are 26 MiB where
/// 64 clients send large bodies.
const MAX_HEAD: usize = 32 * 1024;

/// Serves a connection until it ends, or until `stop` is cancelled and its request is answered.
pub(super) async fn serve(
    connection: Connection,
    peer: IpAddr,
    service: Arc<Service>,
    stop: CancellationToken,
) {
    match connection {
        Connection::Plain(stream) => requests(stream, peer, service, stop).await,
        Connection::Encrypted(stream) => requests(stream, peer, service, stop).await,
    }
}

/// Answers the requests of one stream.
pub async fn requests<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: IpAddr,
    service: Arc<Service>,
    stop: CancellationToken,
) {
    let phase = Arc::new(Phase::default());
    let watched = Watched::new(stream, Arc::clone(&phase));
    let (service, peer, phase) = (&*service, &Peer::new(peer), &phase);
    let handler = service_fn(|request: Request<Incoming>| {
        // At once, and not when the answer is first asked for: hyper looks for more of the request before.
        phase.set(Phase::ANSWERING);
        let answering = Answering(Arc::clone(phase));
        async move {
            let response = service.respond(request, peer).await;
            Ok::<_, Infallible>(response.map(|body| InParts::new(Holding::new(body, answering))))
        }
    });
    // Hyper's own timer for heads is set anew for each request. A write of one piece costs less than one of two,
    // even with a copy of the body.
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD).writev(false);
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
        // The client may be gone: then nobody misses the answer.
        drop(stream.write_all(answer.as_bytes()).await);
        drop(stream.shutdown().await);
    }
}

/// Where a connection stands.
#[derive(Debug, Default)]
struct Phase(AtomicU8);

impl Phase {
    const IDLE: u8 = 0;
    const READING: u8 = 1;
    const ANSWERING: u8 = 2;
    const LATE: u8 = 3;

    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, phase: u8) {
        self.0.store(phase, Ordering::Relaxed);
    }
}

/// A request that is being answered; the connection is idle once its answer is written.
struct Answering(Arc<Phase>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.set(Phase::IDLE);
    }
}

/// A socket that gives up on a head that trickles, on a client that doesn't read, and on one that left. No timer is
/// set for a request that comes and goes at once.
struct Watched<S> {
    stream: S,
    phase: Arc<Phase>,
    /// Until when a head has to be there that has begun to come.
    deadline: Option<Pin<Box<Sleep>>>,
    stalled: Option<Pin<Box<Sleep>>>,
    idle: Option<Pin<Box<Sleep>>>,
    /// Whether anything came since it was last looked.
    came: bool,
}

impl<S> Watched<S> {
    fn new(stream: S, phase: Arc<Phase>) -> Self {
        Watched { stream, phase, deadline: None, stalled: None, idle: None, came: false }
    }

    /// Whether a head takes too long that isn't there yet.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(HEAD)));
        deadline.as_mut().poll(cx).is_ready()
    }

    /// Whether nothing came for long.
    fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        let idle = self.idle.get_or_insert_with(|| Box::pin(tokio::time::sleep(IDLE)));
        while idle.as_mut().poll(cx).is_ready() {
            if !std::mem::take(&mut self.came) {
                return true;
            }
            idle.as_mut().reset(Instant::now() + IDLE);
        }
        false
    }

    fn written<T>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.stalled = None;
            return write;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALL)));
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
            this.came = true;
            if this.phase.get() == Phase::IDLE {
                this.phase.set(Phase::READING);
                this.deadline = None;
            }
        }
        let is_over = match this.phase.get() {
            // A head of which each part comes before it is waited for is no reason to look at a clock.
            Phase::READING => (read.is_pending() || this.deadline.is_some()) && this.is_late(cx),
            Phase::IDLE => read.is_pending() && this.is_idle(cx),
            _ => false,
        };
        if !is_over {
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
        self.written(cx, write)
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

    fn watched() -> (Watched<DuplexStream>, DuplexStream, Arc<Phase>) {
        let (ours, theirs) = tokio::io::duplex(64);
        let phase = Arc::new(Phase::default());
        (Watched::new(ours, Arc::clone(&phase)), theirs, phase)
    }

    /// What ends the connection, and after how many seconds.
    async fn ended(mut watched: Watched<DuplexStream>, since: Instant) -> (io::ErrorKind, u64) {
        loop {
            match watched.read_u8().await {
                // Answered at once.
                Ok(b'.') => watched.phase.set(Phase::IDLE),
                Ok(_) => {}
                Err(error) => return (error.kind(), since.elapsed().as_secs()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_on_which_nothing_comes_ends() {
        let (watched, _client, phase) = watched();
        assert_eq!(ended(watched, Instant::now()).await, (io::ErrorKind::TimedOut, 90));
        assert_eq!(phase.get(), Phase::IDLE, "nothing was late");
    }

    #[tokio::test(start_paused = true)]
    async fn one_on_which_something_came_ends_later() {
        let (watched, mut client, _phase) = watched();
        let since = Instant::now();
        let sender = tokio::spawn(async move {
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(80)).await;
                assert!(client.write_u8(b'.').await.is_ok());
            }
            client
        });
        // It came at 80 s and at 160 s: looked at after 90, 180 and 270.
        assert_eq!(ended(watched, since).await, (io::ErrorKind::TimedOut, 270));
        drop(sender.await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_is_late_ten_seconds_after_its_first_byte() {
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
