//! HTTP client that sends requests as given bytes, valid or not, and reads one response to each.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Longest wait for a response. Only a server that hangs exceeds it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A response as received, except that a chunked body is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    /// Names in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl RawResponse {
    /// Returns the first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// A client of one server, which reuses its connection while the server keeps it open.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<TcpStream>,
}

impl Client {
    /// Returns a client of the server at `address`.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Client { address, connection: None }
    }

    /// Sends a request and returns its response. `is_head` must be `true` for a HEAD request: its response has no body.
    pub(crate) async fn exchange(&mut self, request: &[u8], is_head: bool) -> RawResponse {
        let response = tokio::time::timeout(TIMEOUT, self.send(request, is_head)).await;
        response.unwrap_or_else(|_| panic!("no response in time to {}", String::from_utf8_lossy(request)))
    }

    async fn send(&mut self, request: &[u8], is_head: bool) -> RawResponse {
        let mut stream = match self.connection.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                stream
            }
        };
        // A server may respond and close before it has read the whole request.
        let _ = stream.write_all(request).await;
        let mut reader = Reader { stream, buffer: Vec::new() };
        let response = reader.response(is_head).await;
        if response.header("connection") != Some("close") {
            assert_eq!(reader.buffer, b"", "the server sent bytes after its response");
            self.connection = Some(reader.stream);
        }
        response
    }
}

/// Reader of the responses on a connection.
struct Reader {
    stream: TcpStream,
    /// Bytes that were read from the stream but not yet returned.
    buffer: Vec<u8>,
}

impl Reader {
    /// Reads more bytes; returns `false` at the end of the stream.
    async fn read_more(&mut self) -> bool {
        self.stream.read_buf(&mut self.buffer).await.is_ok_and(|bytes| bytes > 0)
    }

    /// Returns the bytes before `end`, and skips `end`.
    async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                let taken = self.buffer[..at].to_vec();
                self.buffer.drain(..at + end.len());
                return taken;
            }
            assert!(
                self.read_more().await,
                "a response ended early: {}",
                String::from_utf8_lossy(&self.buffer)
            );
        }
    }

    async fn exactly(&mut self, bytes: usize) -> Vec<u8> {
        while self.buffer.len() < bytes {
            assert!(
                self.read_more().await,
                "a response ended early: {}",
                String::from_utf8_lossy(&self.buffer)
            );
        }
        self.buffer.drain(..bytes).collect()
    }

    async fn response(&mut self, is_head: bool) -> RawResponse {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut response = RawResponse { status, headers, body: Vec::new() };
        if is_head || status == 204 {
            return response;
        }
        response.body = match (response.header("content-length"), response.header("transfer-encoding")) {
            (Some(length), _) => self.exactly(length.parse().unwrap()).await,
            (None, Some("chunked")) => self.chunks().await,
            other => panic!("a response without a length: {other:?} {response:?}"),
        };
        response
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
