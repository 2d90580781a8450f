//! Load over HTTP/1.1: connections that each ask, wait for the answer, look whether it is right, and ask again.
//!
//! Requests are bytes that were made before, so that one processor of load outruns a server on another.

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

/// What stands in a request's body where its number goes: nine digits, so that the length stays.
pub const ID: &str = "100000000";

/// One request, its number to be filled in.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    /// Where the number stands, if anywhere.
    id: Option<usize>,
}

impl Request {
    /// A POST of JSON. Each request of a connection has its own number in place of [`ID`].
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

    /// The same with a number of its own.
    pub fn numbered(&mut self, mut number: u32) {
        if let Some(place) = self.id {
            for digit in self.bytes[place..place + ID.len()].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
    }

    /// The whole request, with the number that it has now.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn number(&self) -> Option<&[u8]> {
        self.id.map(|place| &self.bytes[place..place + ID.len()])
    }
}

/// A connection that stays open.
pub struct Connection {
    stream: TcpStream,
    /// What came and isn't used yet.
    buffer: Vec<u8>,
    /// Where the last answer ends in it.
    used: usize,
    /// A body that came in chunks, put together.
    whole: Vec<u8>,
}

/// An answer, in the connection's own memory.
pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The last JSON in it, whether it came plain or as events.
    ///
    /// # Errors
    /// When there is none.
    pub fn json(&self) -> serde_json::Result<Value> {
        let text = String::from_utf8_lossy(self.body);
        let last =
            text.lines().filter_map(|line| line.strip_prefix("data:")).rfind(|data| data.contains('{'));
        serde_json::from_str(last.unwrap_or(&text))
    }

    /// Its status and the beginning of its body.
    pub fn begins(&self) -> String {
        let body = &self.body[..self.body.len().min(200)];
        format!("{} {}", self.status, String::from_utf8_lossy(body))
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(self.head);
        let line = head
            .lines()
            .find(|line| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name)));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    }
}

impl Connection {
    /// # Errors
    /// When the server takes none.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: Vec::new(), used: 0, whole: Vec::new() })
    }

    /// Sends a request, and waits for the whole answer.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is no HTTP.
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

    /// Puts a body of chunks together; gives where it ended.
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
    let odd = || io::Error::other("no HTTP answer");
    let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let status = status.filter(|_| head.starts_with(b"HTTP/1.1 ")).ok_or_else(odd)?;
    let mut framing = Framing::Length(0);
    for line in head.split(|byte| *byte == b'\n') {
        // Most lines differ in their first letter, so few are looked at further.
        match line.first() {
            Some(b'c' | b'C') => {
                if let Some(value) = after(line, b"content-length:") {
                    framing = Framing::Length(value.parse().map_err(|_| odd())?);
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

/// What every answer must be.
pub struct Wanted {
    pub status: u16,
    holds: Option<Finder<'static>>,
    lacks: Finder<'static>,
}

impl Wanted {
    /// An answer of this status that holds these bytes, the number of its request, and no error of a tool.
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

/// So many connections that ask until so many calls were made, or so long.
pub struct Plan {
    pub address: SocketAddr,
    /// Each connection asks one of these, in turn.
    pub requests: Vec<Request>,
    pub connections: usize,
    /// Whether a connection asks more than once.
    pub keep_alive: bool,
    pub calls: u64,
    pub time: Duration,
    pub wanted: Wanted,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Nanoseconds from a request to its whole answer, in order of length, of answers that were as wanted.
    pub latencies: Vec<u64>,
    /// The same of other answers.
    pub others: Vec<u64>,
    /// What went wrong and how often: the beginning of an answer, or why there was none.
    pub failed: BTreeMap<String, u64>,
}

impl Outcome {
    /// Counts a failure; of many kinds, the rest together.
    fn fail(&mut self, what: String) {
        let known = self.failed.len() < 20 || self.failed.contains_key(&what);
        *self.failed.entry(if known { what } else { "others".into() }).or_default() += 1;
    }

    /// The time that this share of good answers took at most; zero where there were none.
    pub fn quantile(&self, share: f64) -> Duration {
        let place = (self.latencies.len() as f64 * share) as usize;
        let last = self.latencies.len().saturating_sub(1);
        Duration::from_nanos(self.latencies.get(place.min(last)).copied().unwrap_or(0))
    }

    /// Good answers a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Asks as planned, over new connections; call it in a runtime of one thread, whose processor it takes whole.
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
    // The load never sleeps. A server pays for waking a client that does, a slower one for more of its answers.
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

/// One connection's part.
async fn one(index: usize, mut connection: Option<Connection>, shared: Rc<Shared>) {
    let plan = &shared.plan;
    let mut request = plan.requests[index % plan.requests.len()].clone();
    // Two connections never send one number: a server may take it for the same request.
    let apart = 899_999_999 / plan.connections as u32;
    let mut number = 100_000_000 + index as u32 * apart;
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
