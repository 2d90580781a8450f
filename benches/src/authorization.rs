//! Server processor time of a call with a verified token, compared with the same call without authorization.
//!
//! Each round calls the server without authorization, then the server that requires a token, over persistent
//! connections. One call per connection is in flight.
//!
//! `cargo run --release --bin authorization -- ROUNDS CALLS`

#[path = "server.rs"]
mod server;
#[path = "token.rs"]
mod token;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::ExitCode,
};

use mcp_tool_runtime::prelude::*;
use server::ServerProcess;
use token::{AUDIENCE, Signer};

/// Add two numbers.
#[mcp_tool(version = "1.0", scope = "numbers:read", read_only)]
async fn add(
    /// First summand.
    #[arg(min = 0, max = 1_000_000)]
    one: i64,
    /// Second summand.
    #[arg(min = 0, max = 1_000_000)]
    other: i64,
) -> String {
    (one + other).to_string()
}

#[tokio::main]
async fn main() -> ExitCode {
    // The measurement starts this program again as the measured server.
    if std::env::args().nth(1).is_some_and(|first| first == "serve") {
        return ToolServer::new("adder", "1.0.0").tools(tools![add]).run().await;
    }
    let argument = |position: usize, default: usize| {
        std::env::args().nth(position).and_then(|argument| argument.parse().ok()).unwrap_or(default)
    };
    let (rounds, calls) = (argument(1, 15), argument(2, 16_000));
    // An issuer of tokens in this process, which serves its keys over HTTP.
    let signer = Signer::new();
    let issuer = signer.serve();
    // "one" is the id of the token (`jti`).
    let token = signer.token(&issuer, "one");
    let mut open = Server::start(&[], None);
    let mut guarded = Server::start(&["--oauth-issuer", &issuer, "--oauth-resource", AUDIENCE], Some(&token));
    // A warm-up, which also caches the token.
    for server in [&mut open, &mut guarded] {
        server.call(calls);
    }
    let mut ratios = Vec::new();
    // Processor time of a call in each round, without and with authorization, in microseconds.
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (open_time, guarded_time) = (open.call(calls), guarded.call(calls));
        ratios.push(open_time / guarded_time);
        without.push(open_time);
        with.push(guarded_time);
    }
    for times in [&mut ratios, &mut without, &mut with] {
        times.sort_by(f64::total_cmp);
    }
    let median = |times: &[f64]| times[times.len() / 2];
    println!("without authorization {:.2} µs, with a token {:.2} µs a call", median(&without), median(&with));
    // The time without authorization divided by the time with a token.
    println!(
        "share: median {:.3}, from {:.3} to {:.3}",
        median(&ratios),
        ratios[0],
        ratios[ratios.len() - 1]
    );
    ExitCode::SUCCESS
}

/// Open connections, each with one call in flight.
const CONNECTIONS: usize = 32;

/// A server process, with open connections to it.
struct Server {
    process: ServerProcess,
    streams: Vec<BufReader<TcpStream>>,
    /// The HTTP request that each call sends.
    request: Vec<u8>,
}

impl Server {
    /// Starts the server on a free port, which its log names, and opens [`CONNECTIONS`] connections.
    fn start(arguments: &[&str], token: Option<&str>) -> Self {
        let process = ServerProcess::start(arguments);
        let address = &process.address;
        let connect = || {
            let stream = TcpStream::connect(address).expect("the server must accept a connection");
            stream.set_nodelay(true).expect("a socket");
            BufReader::new(stream)
        };
        let streams = std::iter::repeat_with(connect).take(CONNECTIONS).collect();
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"one":20,"other":22}}}"#;
        let authorization =
            token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\nuser-agent: agent/1.0\r\ncontent-type: application/json\r\naccept: application/json, \
             text/event-stream\r\n{authorization}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        Server { process, streams, request: request.into_bytes() }
    }

    /// Runs `calls` calls, a multiple of [`CONNECTIONS`], and returns the processor time of the server per call, in
    /// microseconds.
    fn call(&mut self, calls: usize) -> f64 {
        let process = self.process.id().to_string();
        let before = token::cpu(&process);
        for _ in 0..calls / CONNECTIONS {
            for stream in &mut self.streams {
                stream.get_mut().write_all(&self.request).expect("a running server");
            }
            self.streams.iter_mut().for_each(read_response);
        }
        (token::cpu(&process) - before) * 1e6 / calls as f64
    }
}

/// Reads a response to its end and asserts status 200.
fn read_response(stream: &mut BufReader<TcpStream>) {
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).expect("the server must respond");
        let lower = line.to_ascii_lowercase();
        assert!(!lower.starts_with("http/1.1") || lower.contains(" 200 "), "{line}");
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().expect("`content-length` must be a number");
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the response must have a complete body");
}
