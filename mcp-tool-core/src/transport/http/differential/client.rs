//! A client that sends any bytes, and reads answers as they come.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How long a side may take for one answer; only a hang takes so long.
const LONGEST: Duration = Duration::from_secs(120);

/// An answer as it came, its body without its framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// One side, over a connection that is kept while it may be.
pub(super) struct Client {
    address: SocketAddr,
    kept: Option<TcpStream>,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Client { address, kept: None }
    }

    /// Sends a request and gives its answer; `is_head` where that has no body whatever it says.
    pub(super) async fn exchange(&mut self, request: &[u8], is_head: bool) -> Reply {
        let answered = tokio::time::timeout(LONGEST, self.answered(request, is_head)).await;
        answered.unwrap_or_else(|_| panic!("no answer to {}", String::from_utf8_lossy(request)))
    }

    async fn answered(&mut self, request: &[u8], is_head: bool) -> Reply {
        let mut stream = match self.kept.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                stream
            }
        };
        // A side may answer and close before it has read all.
        let _ = stream.write_all(request).await;
        let mut reader = Reader { stream, read: Vec::new() };
        let reply = reader.reply(is_head).await;
        if reply.header("connection") != Some("close") {
            assert_eq!(reader.read, b"", "bytes after an answer");
            self.kept = Some(reader.stream);
        }
        reply
    }
}

struct Reader {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Reader {
    /// Reads on; whether there was more.
    async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.read).await.is_ok_and(|bytes| bytes > 0)
    }

    /// All up to that mark, without it.
    async fn until(&mut self, mark: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.read.windows(mark.len()).position(|window| window == mark) {
                let taken = self.read[..at].to_vec();
                self.read.drain(..at + mark.len());
                return taken;
            }
            assert!(self.more().await, "an answer broke off: {}", String::from_utf8_lossy(&self.read));
        }
    }

    async fn exactly(&mut self, bytes: usize) -> Vec<u8> {
        while self.read.len() < bytes {
            assert!(self.more().await, "an answer broke off: {}", String::from_utf8_lossy(&self.read));
        }
        self.read.drain(..bytes).collect()
    }

    async fn reply(&mut self, is_head: bool) -> Reply {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut reply = Reply { status, headers, body: Vec::new() };
        if is_head || status == 204 {
            return reply;
        }
        reply.body = match (reply.header("content-length"), reply.header("transfer-encoding")) {
            (Some(length), _) => self.exactly(length.parse().unwrap()).await,
            (None, Some("chunked")) => self.chunks().await,
            other => panic!("an answer without a length: {other:?} {reply:?}"),
        };
        reply
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = String::from_utf8(self.until(b"\r\n").await).unwrap();
            let size = usize::from_str_radix(&size, 16).unwrap();
            body.extend(self.exactly(size).await);
            assert_eq!(self.exactly(2).await, b"\r\n");
            if size == 0 {
                return body;
            }
        }
    }
}
