//! Closed-loop load over HTTP/1.1: each connection sends a request, waits for the response, checks it, and repeats.
//!
//! Requests are prebuilt bytes, so that the load needs less processor time per call than the server.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use memchr::memmem::{self, Finder};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::LocalSet,
};

/// Placeholder in a body for the JSON-RPC id of the request. Each id that replaces it has nine digits too, so that the
/// length of the body stays the same.
pub const ID: &str = "100000000";

/// A request whose JSON-RPC id can be replaced.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    /// Offset of the id in `bytes`; `None` if the body has no [`ID`].
    id_offset: Option<usize>,
}

impl Request {
    /// A POST request with a JSON body. [`Request::set_id`] replaces [`ID`] in the body.
    pub fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: load/1.0\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let id_offset = body.find(ID).map(|offset| head.len() + offset);
        Request { bytes: [head.as_bytes(), body.as_bytes()].concat(), id_offset }
    }

    /// Sets the JSON-RPC id, a number of nine digits. A shorter number would get leading zeros, which JSON forbids.
    pub fn set_id(&mut self, mut id: u32) {
        if let Some(offset) = self.id_offset {
            for digit in self.bytes[offset..offset + ID.len()].iter_mut().rev() {
                *digit = b'0' + (id % 10) as u8;
                id /= 10;
            }
        }
    }

    /// The whole request: head and body.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Digits of the id; `None` if the body has no [`ID`].
    fn id(&self) -> Option<&[u8]> {
        self.id_offset.map(|offset| &self.bytes[offset..offset + ID.len()])
    }
}

/// A persistent connection.
pub struct Connection {
    stream: TcpStream,
    /// Received bytes: the last response, and bytes after it.
    buffer: Vec<u8>,
    /// Length of the last response in `buffer`.
    used: usize,
    /// Decoded body of the last response, if it was chunked.
    decoded: Vec<u8>,
}

/// A response, borrowed from its connection.
pub struct Response<'a> {
    pub status: u16,
    /// Status line and headers.
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Response<'_> {
    /// The JSON body, or the last JSON message of an event stream.
    ///
    /// # Errors
    /// Returns an error if the body contains no JSON.
    pub fn json(&self) -> serde_json::Result<Value> {
        let text = String::from_utf8_lossy(self.body);
        let last =
            text.lines().filter_map(|line| line.strip_prefix("data:")).rfind(|data| data.contains('{'));
        serde_json::from_str(last.unwrap_or(&text))
    }

    /// Status and the first 200 bytes of the body.
    pub fn excerpt(&self) -> String {
        let body = &self.body[..self.body.len().min(200)];
        format!("{} {}", self.status, String::from_utf8_lossy(body))
    }

    /// Value of a header, if the response has it.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(self.head);
        let line = head
            .lines()
            .find(|line| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name)));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    }
}

impl Connection {
    /// Opens a connection.
    ///
    /// # Errors
    /// Returns an error if the server accepts no connection.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::new(), used: 0, decoded: Vec::new() })
    }

    /// Sends a request and waits for the complete response.
    ///
    /// # Errors
    /// Returns an error if the connection breaks or the response is not HTTP.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Response<'_>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let (status, framing) = framing(&self.buffer[..head])?;
        self.used = match framing {
            Framing::Length(length) => {
                while self.buffer.len() < head + length {
                    self.read_more().await?;
                }
                head + length
            }
            Framing::Chunked => self.decode_chunks(head).await?,
        };
        let body = match framing {
            Framing::Length(_) => &self.buffer[head..self.used],
            Framing::Chunked => &self.decoded,
        };
        Ok(Response { status, head: &self.buffer[..head], body })
    }

    /// Decodes the chunked body at `offset` of the buffer, and returns the offset of its end.
    async fn decode_chunks(&mut self, mut offset: usize) -> io::Result<usize> {
        self.decoded.clear();
        loop {
            let line = loop {
                if let Some(end) = memmem::find(&self.buffer[offset..], b"\r\n") {
                    break offset + end;
                }
                self.read_more().await?;
            };
            let length = std::str::from_utf8(&self.buffer[offset..line]).ok();
            let length = length.and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
            let length = length.ok_or_else(|| io::Error::other("a chunk without a length"))?;
            let end = line + 2 + length + 2;
            while self.buffer.len() < end {
                self.read_more().await?;
            }
            if length == 0 {
                return Ok(end);
            }
            self.decoded.extend_from_slice(&self.buffer[line + 2..end - 2]);
            offset = end;
        }
    }

    async fn read_more(&mut self) -> io::Result<()> {
        self.buffer.reserve(4_096);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Framing of a response body.
#[derive(Clone, Copy)]
enum Framing {
    /// Number of bytes; zero if the head has neither `Content-Length` nor chunks.
    Length(usize),
    Chunked,
}

/// Status of a response, and the framing of its body.
fn framing(head: &[u8]) -> io::Result<(u16, Framing)> {
    let invalid = || io::Error::other("not an HTTP response");
    let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let status = status.filter(|_| head.starts_with(b"HTTP/1.1 ")).ok_or_else(invalid)?;
    let mut framing = Framing::Length(0);
    for line in head.split(|byte| *byte == b'\n') {
        // Most headers are excluded by their first letter, which is cheaper than comparing names.
        match line.first() {
            Some(b'c' | b'C') => {
                if let Some(value) = header_value(line, b"content-length:") {
                    framing = Framing::Length(value.parse().map_err(|_| invalid())?);
                }
            }
            Some(b't' | b'T') if header_value(line, b"transfer-encoding:") == Some("chunked") => {
                framing = Framing::Chunked;
            }
            _ => (),
        }
    }
    Ok((status, framing))
}

/// Value of a header line, if its name is `name`, which ends with the colon.
fn header_value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (found, value) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then(|| std::str::from_utf8(value).ok().map(str::trim))?
}

/// Condition for a valid response.
pub struct Expected {
    pub status: u16,
    /// Text that the body must contain; `None` if any body is valid.
    text: Option<Finder<'static>>,
    /// Text of a tool error, which the body must not contain.
    error: Finder<'static>,
}

impl Expected {
    /// Expects this status, and a body that contains `text` and, if the request has an id, the digits of the id. The
    /// body must not contain a tool error.
    pub fn new(status: u16, text: &[u8]) -> Self {
        let text = (!text.is_empty()).then(|| Finder::new(text).into_owned());
        Expected { status, text, error: Finder::new(br#""isError":true"#) }
    }

    fn is_met_by(&self, response: &Response<'_>, id: Option<&[u8]>) -> bool {
        response.status == self.status
            && self.text.as_ref().is_none_or(|text| text.find(response.body).is_some())
            && self.error.find(response.body).is_none()
            && id.is_none_or(|id| memmem::find(response.body, id).is_some())
    }
}

/// A closed-loop load. It ends after `calls` or after `duration`, whichever comes first.
pub struct Plan {
    pub address: SocketAddr,
    /// Requests, assigned to the connections round-robin.
    pub requests: Vec<Request>,
    pub connections: usize,
    /// Use each connection for more than one call.
    pub keep_alive: bool,
    pub calls: u64,
    pub duration: Duration,
    pub expected: Expected,
}

/// Results of a load.
#[derive(Default)]
pub struct Outcome {
    /// Time from the first request to the last response.
    pub elapsed: Duration,
    /// Nanoseconds from a request to the end of its valid response, sorted. If the call opens a connection, its latency
    /// includes the opening.
    pub latencies: Vec<u64>,
    /// Nanoseconds from a request to the end of its invalid response, sorted.
    pub invalid: Vec<u64>,
    /// Failures and their number. A failure is an error, or the beginning of an invalid response.
    pub failed: BTreeMap<String, u64>,
}

impl Outcome {
    /// Counts a failure. After 20 different failures, further different failures are counted together as `others`.
    fn fail(&mut self, failure: String) {
        let is_listed = self.failed.len() < 20 || self.failed.contains_key(&failure);
        *self.failed.entry(if is_listed { failure } else { "others".into() }).or_default() += 1;
    }

    /// Quantile of the latencies; zero if there are none. `fraction` is 0.99 for p99.
    pub fn quantile(&self, fraction: f64) -> Duration {
        let index = (self.latencies.len() as f64 * fraction) as usize;
        let last = self.latencies.len().saturating_sub(1);
        Duration::from_nanos(self.latencies.get(index.min(last)).copied().unwrap_or(0))
    }

    /// Valid responses per second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Runs the load over new connections. Needs a single-threaded runtime, and keeps the processor of its thread busy.
pub async fn run(plan: Plan) -> Outcome {
    let mut opened = Vec::new();
    for _ in 0..plan.connections {
        opened.push(Connection::open(plan.address).await.ok());
    }
    let shared = Rc::new(Shared {
        plan,
        remaining: Cell::default(),
        outcome: RefCell::default(),
        start: Instant::now(),
    });
    shared.remaining.set(shared.plan.calls);
    let local = LocalSet::new();
    let tasks: Vec<_> = opened
        .into_iter()
        .enumerate()
        .map(|(index, connection)| local.spawn_local(run_connection(index, connection, Rc::clone(&shared))))
        .collect();
    // This task keeps the load awake. Waking a sleeping client takes time of the server, and a slow server would have
    // to wake its client more often.
    let awake = local.spawn_local(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    local
        .run_until(async {
            for task in tasks {
                drop(task.await);
            }
        })
        .await;
    awake.abort();
    let mut outcome = shared.outcome.take();
    outcome.elapsed = shared.start.elapsed();
    outcome.latencies.sort_unstable();
    outcome.invalid.sort_unstable();
    outcome
}

/// State that the tasks of all connections share.
struct Shared {
    plan: Plan,
    /// Number of calls that are not sent yet.
    remaining: Cell<u64>,
    outcome: RefCell<Outcome>,
    start: Instant,
}

/// Sends calls over one connection until the load ends.
async fn run_connection(index: usize, mut connection: Option<Connection>, shared: Rc<Shared>) {
    let plan = &shared.plan;
    let mut request = plan.requests[index % plan.requests.len()].clone();
    // Each connection has its own range of ids, because a server may treat equal ids as one request.
    let distance = 899_999_999 / plan.connections as u32;
    let mut id = 100_000_000 + index as u32 * distance;
    while shared.remaining.get() > 0 && shared.start.elapsed() < plan.duration {
        shared.remaining.set(shared.remaining.get() - 1);
        id += 1;
        request.set_id(id);
        let sent = Instant::now();
        let mut open = match connection.take() {
            Some(open) => open,
            None => match Connection::open(plan.address).await {
                Ok(open) => open,
                Err(error) => {
                    shared.outcome.borrow_mut().fail(error.to_string());
                    continue;
                }
            },
        };
        let response = open.send(&request.bytes).await;
        let latency = sent.elapsed().as_nanos() as u64;
        let mut outcome = shared.outcome.borrow_mut();
        let is_usable = response.is_ok();
        match response {
            Ok(response) if plan.expected.is_met_by(&response, request.id()) => {
                outcome.latencies.push(latency);
            }
            Ok(response) => {
                outcome.invalid.push(latency);
                outcome.fail(response.excerpt());
            }
            Err(error) => outcome.fail(error.to_string()),
        }
        if is_usable && plan.keep_alive {
            connection = Some(open);
        }
    }
}
