//! Response times of a normal caller while a hostile caller, with a token of one scope, uses as much of the server as
//! it can.
//!
//! Each round measures the normal caller alone, and then with each kind of load. The first load are normal calls of
//! another user, for comparison. The server runs with the default settings and, for the sessions, with
//! `--legacy-sessions 100`.
//!
//! The threads of the hostile caller have the lowest priority, because a real one has a processor of its own.
//!
//! `cargo run --release --bin hostile_caller -- ROUNDS CALLS [LOAD]`: with a part of the name of a load, only this load.

#[path = "server.rs"]
mod server;
#[path = "token.rs"]
mod token;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
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

/// Return a large text.
#[mcp_tool(version = "1.0", scope = "numbers:read", read_only)]
async fn large() -> String {
    "x".repeat(900_000)
}

/// Wait until the call is cancelled.
#[mcp_tool(version = "1.0", scope = "numbers:read", read_only, task, timeout = "10m")]
async fn wait() -> String {
    std::future::pending().await
}

/// An answer.
#[derive(ToolSchema, serde::Deserialize)]
struct Answer {
    /// Continue?
    goes_on: bool,
}

/// Ask the user.
#[mcp_tool(version = "1.0", scope = "numbers:read", read_only)]
async fn ask(cx: &CallContext) -> Result<String, ToolError> {
    let Answer { goes_on } = cx.ask::<Answer>("Go on?").await?.required()?;
    Ok(goes_on.to_string())
}

/// Number of threads of the hostile caller, each with its own connections.
const THREADS: usize = 8;

/// Maximum time for which a thread waits for a response.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// Kind of load, with its description.
#[derive(Clone, Copy)]
enum Load {
    /// Requests, one after the other on each connection. The function returns body and headers.
    Requests(fn() -> (String, &'static str)),
    /// Like `Requests`, but each connection is closed before the response has ended.
    Dropped(fn() -> (String, &'static str)),
    /// Requests whose bodies never arrive completely.
    HalfSent,
    /// Requests with tokens of unknown keys.
    UnknownKeys,
}

fn modern(method: &str, params: &str, capabilities: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{capabilities}}}}}}}"#
    )
}

/// The loads, in the order in which they are measured.
fn loads() -> Vec<(&'static str, Load)> {
    vec![
        ("normal calls, for comparison", Load::Requests(|| (sum(), ""))),
        (
            "large requests that aren't calls",
            Load::Requests(|| {
                let arrays = vec!["[[[]]]"; 4_000_000 / 7].join(",");
                (format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":[{arrays}]}}}}"#), "")
            }),
        ),
        (
            "deep nesting",
            Load::Requests(|| {
                let (open, close) = ("[".repeat(1_000_000), "]".repeat(1_000_000));
                (format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":{open}{close}}}}}"#), "")
            }),
        ),
        ("waiting calls", Load::Dropped(|| (call("wait"), ""))),
        ("half-sent bodies", Load::HalfSent),
        ("unread answers", Load::Dropped(|| (call("large"), ""))),
        (
            "sessions",
            Load::Requests(|| {
                let params = r#""protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}"#;
                (format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{{params}}}}}"#), "")
            }),
        ),
        (
            "event streams",
            Load::Dropped(|| {
                let body =
                    modern("subscriptions/listen", r#""notifications":{"toolsListChanged":true},"#, "{}");
                (body, "mcp-protocol-version: 2026-07-28\r\nmcp-method: subscriptions/listen\r\n")
            }),
        ),
        (
            "questions",
            Load::Requests(|| {
                let body = modern("tools/call", r#""name":"ask","#, r#"{"elicitation":{}}"#);
                (body, "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: ask\r\n")
            }),
        ),
        (
            "tasks",
            Load::Requests(|| {
                let tasks = r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#;
                let body = modern("tools/call", r#""name":"wait","#, tasks);
                (body, "mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: wait\r\n")
            }),
        ),
        ("refused calls", Load::Requests(|| (call("no_such_tool"), ""))),
        ("unknown keys", Load::UnknownKeys),
    ]
}

/// A call of the tool that the normal caller uses.
fn sum() -> String {
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"one":20,"other":22}}}"#
        .to_owned()
}

fn call(tool: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{}}}}}}"#
    )
}

#[tokio::main]
async fn main() -> ExitCode {
    // The measurement starts this program again as the measured server.
    if std::env::args().nth(1).is_some_and(|first| first == "serve") {
        return ToolServer::new("adder", "1.0.0").tools(tools![add, ask, large, wait]).run().await;
    }
    let argument = |position: usize, default: usize| {
        std::env::args().nth(position).and_then(|argument| argument.parse().ok()).unwrap_or(default)
    };
    let (rounds, calls) = (argument(1, 3), argument(2, 5_000));
    let signer = Signer::new();
    let issuer = signer.serve();
    let (ann, eve) = (signer.token_of("ann", &issuer, "one"), signer.token_of("eve", &issuer, "two"));
    let only = std::env::args().nth(3).unwrap_or_default();
    let loads: Vec<_> = loads().into_iter().filter(|(name, _)| name.contains(&only)).collect();
    let (mut alone, mut loaded) = (Vec::new(), vec![Vec::new(); loads.len()]);
    for _ in 0..rounds {
        let server = Server::start(&issuer);
        alone.push(server.p99(&ann, calls));
        eprintln!("alone: p99 {:.0} µs", alone[alone.len() - 1]);
        for (index, (name, load)) in loads.iter().enumerate() {
            let (ended, requests) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let (address, eve, load) = (server.0.address.clone(), eve.clone(), *load);
                    let (ended, requests) = (Arc::clone(&ended), Arc::clone(&requests));
                    std::thread::spawn(move || run(load, &address, &eve, &ended, &requests))
                })
                .collect();
            // Waits until the load has reached its full size.
            std::thread::sleep(Duration::from_secs(1));
            let p99 = server.p99(&ann, calls);
            ended.store(true, Ordering::Relaxed);
            threads.into_iter().for_each(|thread| drop(thread.join()));
            let requests = requests.load(Ordering::Relaxed);
            eprintln!("{name}: p99 {p99:.0} µs, {requests} hostile requests");
            loaded[index].push((p99, requests));
        }
    }
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let alone = median(alone);
    println!("alone: p99 {alone:.0} µs");
    for ((name, _), figures) in loads.iter().zip(loaded) {
        let requests: u64 = figures.iter().map(|(_, requests)| requests).sum();
        let p99 = median(figures.into_iter().map(|(p99, _)| p99).collect());
        println!("{name}: p99 {p99:.0} µs, {:.1} times alone, with {requests} hostile requests", p99 / alone);
    }
    ExitCode::SUCCESS
}

/// Sends requests of the hostile caller until `ended`, and counts them.
fn run(load: Load, address: &str, token: &str, ended: &AtomicBool, requests: &AtomicU64) {
    rustix::process::nice(19).expect("a lower priority is always allowed");
    let mut held = Vec::new();
    let (body, headers) = match load {
        Load::Requests(request) | Load::Dropped(request) => request(),
        Load::HalfSent | Load::UnknownKeys => (call("add"), ""),
    };
    let mut kept: Option<BufReader<TcpStream>> = None;
    for number in 0.. {
        if ended.load(Ordering::Relaxed) {
            return;
        }
        let token = match load {
            // The header names a key that the issuer doesn't have.
            Load::UnknownKeys => token::with_key(token, &format!("key {number}")),
            Load::Requests(_) | Load::Dropped(_) | Load::HalfSent => token.to_owned(),
        };
        let mut stream = match kept.take() {
            Some(stream) => stream,
            None => match TcpStream::connect(address) {
                Ok(stream) => {
                    // A thread must be able to end while a response is missing.
                    drop(stream.set_read_timeout(Some(READ_TIMEOUT)));
                    drop(stream.set_nodelay(true));
                    BufReader::new(stream)
                }
                Err(_) => continue,
            },
        };
        let announced = if matches!(load, Load::HalfSent) { 4_000_000 } else { body.len() };
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\naccept: application/json, \
             text/event-stream\r\nauthorization: Bearer {token}\r\n{headers}content-length: {announced}\r\n\r\n"
        );
        let sent = stream.get_mut().write_all(head.as_bytes());
        let sent = match load {
            Load::HalfSent => sent.and_then(|()| stream.get_mut().write_all(&vec![b' '; 69_000])),
            Load::Requests(_) | Load::Dropped(_) | Load::UnknownKeys => {
                sent.and_then(|()| stream.get_mut().write_all(body.as_bytes()))
            }
        };
        requests.fetch_add(1, Ordering::Relaxed);
        match load {
            _ if sent.is_err() => {}
            Load::Requests(_) | Load::UnknownKeys => {
                kept = read_response(&mut stream).is_some().then_some(stream)
            }
            Load::Dropped(_) | Load::HalfSent => {
                held.push(stream);
                // Each thread holds 100 connections.
                if held.len() > 100 {
                    held.remove(0);
                }
            }
        }
    }
}

/// The measured server.
struct Server(ServerProcess);

impl Server {
    fn start(issuer: &str) -> Self {
        let arguments = ["--legacy-sessions", "100", "--oauth-issuer", issuer, "--oauth-resource", AUDIENCE];
        Server(ServerProcess::start(&arguments))
    }

    /// Runs calls of the normal caller, one after the other, and returns the 99th percentile of their times, in
    /// microseconds.
    fn p99(&self, token: &str, calls: usize) -> f64 {
        let stream = TcpStream::connect(&self.0.address).expect("the server must accept a connection");
        stream.set_nodelay(true).expect("a socket");
        let mut stream = BufReader::new(stream);
        let body = sum();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\naccept: application/json, \
             text/event-stream\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
            self.0.address,
            body.len()
        );
        let mut times: Vec<f64> = (0..calls)
            .map(|_| {
                let begun = Instant::now();
                stream.get_mut().write_all(request.as_bytes()).expect("a running server");
                assert_eq!(read_response(&mut stream), Some(200), "the normal caller was refused");
                begun.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[times.len() * 99 / 100]
    }
}

/// Reads a response to its end. Returns its status, or `None` if the connection can't be used again.
fn read_response(stream: &mut BufReader<TcpStream>) -> Option<u16> {
    let (mut status, mut length, mut line) = (0, None, String::new());
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let lower = line.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("http/1.1 ") {
            status = rest.split(' ').next()?.parse().ok()?;
        } else if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok();
        }
    }
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).ok()?;
    Some(status)
}
