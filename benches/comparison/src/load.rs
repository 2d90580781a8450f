//! Closed-loop load over HTTP/1.1: each connection sends a request, waits for the response, checks it, and repeats.
//!
//! Requests are prebuilt bytes, so that one processor of load outruns a server on another.

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

/// Placeholder of the request number in a body. Nine digits keep the length constant.
pub const ID: &str = "100000000";

/// A request whose number can be replaced.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    /// Offset of the number.
    id: Option<usize>,
}

impl Request {
    /// A POST of JSON. The number of each request replaces [`ID`].
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
        let id = body.find(ID).map(|place| head.len() + place);
        Request { bytes: [head.as_bytes(), body.as_bytes()].concat(), id }
    }

    /// Sets the number.
    pub fn numbered(&mut self, mut number: u32) {
        if let Some(place) = self.id {
            for digit in self.bytes[place..place + ID.len()].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
    }

    /// The complete request.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn number(&self) -> Option<&[u8]> {
        self.id.map(|place| &self.bytes[place..place + ID.len()])
    }
}

/// A persistent connection.
pub struct Connection {
    stream: TcpStream,
    /// Received bytes.
    buffer: Vec<u8>,
    /// End of the last response in the buffer.
    used: usize,
    /// Decoded body of a chunked response.
    whole: Vec<u8>,
}

/// A response, borrowed from the connection.
pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The last JSON message, plain or from an event stream.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub fn json(&self) -> serde_json::Result<Value> {
        let text = String::from_utf8_lossy(self.body);
        let last =
            text.lines().filter_map(|line| line.strip_prefix("data:")).rfind(|data| data.contains('{'));
        serde_json::from_str(last.unwrap_or(&text))
    }

    /// Status and beginning of the body.
    pub fn begins(&self) -> String {
        let body = &self.body[..self.body.len().min(200)];
        format!("{} {}", self.status, String::from_utf8_lossy(body))
    }

    /// Value of a header.
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
    /// Returns an error if the server accepts none.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::new(), used: 0, whole: Vec::new() })
    }

    /// Sends a request and waits for the complete response.
    ///
    /// # Errors
    /// Returns an error if the connection breaks or the response is not HTTP.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(place) = memmem::find(&self.buffer, b"\r\n\r\n") {
                break place + 4;
            }
            self.more().await?;
        };
        let (status, framing) = framing(&self.buffer[..head])?;
        self.used = match framing {
            Framing::Length(length) => {
                while self.buffer.len() < head + length {
                    self.more().await?;
                }
                head + length
            }
            Framing::Chunked => self.chunks(head).await?,
        };
        let body = match framing {
            Framing::Length(_) => &self.buffer[head..self.used],
            Framing::Chunked => &self.whole,
        };
        Ok(Answer { status, head: &self.buffer[..head], body })
    }

    /// Decodes a chunked body and returns its end.
    async fn chunks(&mut self, mut place: usize) -> io::Result<usize> {
        self.whole.clear();
        loop {
            let line = loop {
                if let Some(end) = memmem::find(&self.buffer[place..], b"\r\n") {
                    break place + end;
                }
                self.more().await?;
            };
            let length = std::str::from_utf8(&self.buffer[place..line]).ok();
            let length = length.and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
            let length = length.ok_or_else(|| io::Error::other("a chunk without a length"))?;
            let end = line + 2 + length + 2;
            while self.buffer.len() < end {
                self.more().await?;
            }
            if length == 0 {
                return Ok(end);
            }
            self.whole.extend_from_slice(&self.buffer[line + 2..end - 2]);
            place = end;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        self.buffer.reserve(4_096);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
}

fn framing(head: &[u8]) -> io::Result<(u16, Framing)> {
    let invalid = || io::Error::other("not an HTTP response");
    let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let status = status.filter(|_| head.starts_with(b"HTTP/1.1 ")).ok_or_else(invalid)?;
    let mut framing = Framing::Length(0);
    for line in head.split(|byte| *byte == b'\n') {
        // The first letter excludes most lines.
        match line.first() {
            Some(b'c' | b'C') => {
                if let Some(value) = after(line, b"content-length:") {
                    framing = Framing::Length(value.parse().map_err(|_| invalid())?);
                }
            }
            Some(b't' | b'T') if after(line, b"transfer-encoding:") == Some("chunked") => {
                framing = Framing::Chunked;
            }
            _ => (),
        }
    }
    Ok((status, framing))
}

fn after<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (found, value) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then(|| std::str::from_utf8(value).ok().map(str::trim))?
}

/// Conditions of a valid response.
pub struct Wanted {
    pub status: u16,
    holds: Option<Finder<'static>>,
    lacks: Finder<'static>,
}

impl Wanted {
    /// A response with this status, these bytes, the number of its request, and no tool error.
    pub fn new(status: u16, holds: &[u8]) -> Self {
        let holds = (!holds.is_empty()).then(|| Finder::new(holds).into_owned());
        Wanted { status, holds, lacks: Finder::new(br#""isError":true"#) }
    }

    fn met(&self, answer: &Answer<'_>, number: Option<&[u8]>) -> bool {
        answer.status == self.status
            && self.holds.as_ref().is_none_or(|holds| holds.find(answer.body).is_some())
            && self.lacks.find(answer.body).is_none()
            && number.is_none_or(|number| memmem::find(answer.body, number).is_some())
    }
}

/// A closed-loop load, limited by calls and time.
pub struct Plan {
    pub address: SocketAddr,
    /// Requests, assigned to connections in turn.
    pub requests: Vec<Request>,
    pub connections: usize,
    /// Reuse connections.
    pub keep_alive: bool,
    pub calls: u64,
    pub time: Duration,
    pub wanted: Wanted,
}

/// Results of a load.
#[derive(Default)]
pub struct Outcome {
    /// Time from the first request to the last response.
    pub elapsed: Duration,
    /// Nanoseconds from a request to its complete valid response, sorted.
    pub latencies: Vec<u64>,
    /// Nanoseconds until other responses, sorted.
    pub others: Vec<u64>,
    /// Failures and their number: the beginning of a response, or an error.
    pub failed: BTreeMap<String, u64>,
}

impl Outcome {
    /// Counts a failure; kinds beyond 20 are counted together.
    fn fail(&mut self, what: String) {
        let known = self.failed.len() < 20 || self.failed.contains_key(&what);
        *self.failed.entry(if known { what } else { "others".into() }).or_default() += 1;
    }

    /// Quantile of the valid responses; zero if there were none.
    pub fn quantile(&self, share: f64) -> Duration {
        let place = (self.latencies.len() as f64 * share) as usize;
        let last = self.latencies.len().saturating_sub(1);
        Duration::from_nanos(self.latencies.get(place.min(last)).copied().unwrap_or(0))
    }

    /// Valid responses per second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Runs the load over new connections. Needs a single-threaded runtime, and uses its processor fully.
pub async fn run(plan: Plan) -> Outcome {
    let mut opened = Vec::new();
    for _ in 0..plan.connections {
        opened.push(Connection::open(plan.address).await.ok());
    }
    let shared =
        Rc::new(Shared { plan, left: Cell::default(), outcome: RefCell::default(), begun: Instant::now() });
    shared.left.set(shared.plan.calls);
    let local = LocalSet::new();
    let asking: Vec<_> = opened
        .into_iter()
        .enumerate()
        .map(|(index, connection)| local.spawn_local(one(index, connection, Rc::clone(&shared))))
        .collect();
    // The load never sleeps, because waking a client costs server time, and more so for slow servers.
    let awake = local.spawn_local(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    local
        .run_until(async {
            for one in asking {
                drop(one.await);
            }
        })
        .await;
    awake.abort();
    let mut outcome = shared.outcome.take();
    outcome.elapsed = shared.begun.elapsed();
    outcome.latencies.sort_unstable();
    outcome.others.sort_unstable();
    outcome
}

struct Shared {
    plan: Plan,
    left: Cell<u64>,
    outcome: RefCell<Outcome>,
    begun: Instant,
}

/// Load of one connection.
async fn one(index: usize, mut connection: Option<Connection>, shared: Rc<Shared>) {
    let plan = &shared.plan;
    let mut request = plan.requests[index % plan.requests.len()].clone();
    // Numbers are unique across connections, because a server may treat equal numbers as one request.
    let distance = 899_999_999 / plan.connections as u32;
    let mut number = 100_000_000 + index as u32 * distance;
    while shared.left.get() > 0 && shared.begun.elapsed() < plan.time {
        shared.left.set(shared.left.get() - 1);
        number += 1;
        request.numbered(number);
        let asked = Instant::now();
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
        let answer = open.ask(&request.bytes).await;
        let taken = asked.elapsed().as_nanos() as u64;
        let mut outcome = shared.outcome.borrow_mut();
        let usable = answer.is_ok();
        match answer {
            Ok(answer) if plan.wanted.met(&answer, request.number()) => outcome.latencies.push(taken),
            Ok(answer) => {
                outcome.others.push(taken);
                outcome.fail(answer.begins());
            }
            Err(error) => outcome.fail(error.to_string()),
        }
        if usable && plan.keep_alive {
            connection = Some(open);
        }
    }
}
