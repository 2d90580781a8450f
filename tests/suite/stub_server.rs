//! An HTTP server that sends scripted responses and keeps the requests that it received.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// The running server, in the role of an upstream or a token endpoint.
pub struct StubServer {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A received request.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header lines.
    head: String,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the value of `Authorization`, or `none` if the request has no such header.
    pub fn authorization(&self) -> &str {
        self.header("authorization").unwrap_or("none")
    }

    /// Returns `true` if the target, a header or the body contains `text`.
    pub fn contains(&self, text: &str) -> bool {
        [&self.target, &self.head, &self.body].iter().any(|part| part.contains(text))
    }
}

/// Returns the text of an HTTP response, for the closure `answer` of [`StubServer::start`]. A closure that returns an
/// empty string closes the connection without a response.
pub fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let mut head =
        format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{head}\r\n{body}")
}

impl StubServer {
    /// Starts a server on a free port. `answer` gets the number of a request, counted from 0, and the request.
    pub fn start(answer: impl Fn(usize, &Received) -> String + Send + Sync + 'static) -> Self {
        StubServer::start_at("127.0.0.1:0", answer)
    }

    /// Starts a server at `address`.
    pub fn start_at(
        address: &str,
        answer: impl Fn(usize, &Received) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let (address, received) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Received>>>::default());
        let (log, answer) = (Arc::clone(&received), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream.unwrap(), &log, &*answer));
            }
        });
        StubServer { address, received }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Received>>, answer: &dyn Fn(usize, &Received) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() || first.is_empty() {
        return;
    }
    let mut head = String::new();
    // The head ends with an empty line.
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut request = Received { method, target, head, body: String::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.body = String::from_utf8(body).unwrap();
    let number = {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        log.len() - 1
    };
    // The client may have disconnected.
    drop(stream.write_all(answer(number, &request).as_bytes()));
}
