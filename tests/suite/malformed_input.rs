//! Malformed, oversized and slow input: each kind is answered with an HTTP 4xx, a JSON-RPC error or a tool error, and
//! memory does not grow. The tools are those of the specimen, the test server in `tests/src`.

use std::{
    io::{Read as _, Write as _},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::harness::{
    HttpServer, MAX_WAIT, Reply, StdioServer, modern, most_resident, resident, text, tools_call,
};

/// Least number of malformed messages that each memory test sends.
const CALLS: usize = 1_000;
/// Number of messages that a memory test has in flight at the same time.
const CONCURRENT: usize = 64;
/// Allowed growth of resident memory in a memory test, in KiB.
const MAX_GROWTH: u64 = 32 * 1024;

/// Expected response.
enum Expected {
    /// An HTTP status without a JSON-RPC message.
    Http(u16),
    /// A JSON-RPC error code, and over HTTP this status.
    Rpc(u16, i64),
    /// A tool error that contains this text.
    Tool(&'static str),
}
use Expected::{Http, Rpc, Tool};

/// Names of malformed messages that both transports can carry, the messages, and the expected responses. One error code
/// depends on the transport: over HTTP, a message with a protocol version in `_meta` also needs the version header.
fn messages(over_http: bool) -> Vec<(&'static str, Vec<u8>, Expected)> {
    let call = |name: &str, arguments: &str| {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"NAME","arguments":ARGUMENTS}}"#;
        call.replace("NAME", name).replace("ARGUMENTS", arguments).into_bytes()
    };
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    let long = "x".repeat(50_000);
    let with_meta = |method: &str, meta: &str| {
        let message = r#"{"jsonrpc":"2.0","id":1,"method":"METHOD","params":{"name":"echo","_meta":META}}"#;
        message.replace("METHOD", method).replace("META", meta).into_bytes()
    };
    let measure = |name: &str| call("measure", &format!(r#"{{"name":{name},"n":1,"mode":"fast"}}"#));
    vec![
        ("malformed JSON", br#"{"jsonrpc":"2.0","id":1,"#.to_vec(), Rpc(400, -32_700)),
        ("two values", br#"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#.to_vec(), Rpc(400, -32_700)),
        ("a number that JSON lacks", call("measure", r#"{"n":NaN}"#), Rpc(400, -32_700)),
        ("a control character", call("echo", "{\"text\":\"\u{1}\"}"), Rpc(400, -32_700)),
        ("a batch", br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#.to_vec(), Rpc(400, -32_600)),
        ("an empty batch", b"[]".to_vec(), Rpc(400, -32_600)),
        ("bad UTF-8", [&call("echo", r#"{"text":"#)[..], b"\"\xff\xfe\"}}"].concat(), Rpc(400, -32_700)),
        ("overlong UTF-8", [&b"{\"jsonrpc\":\"\xc0\xaf\""[..], b"}"].concat(), Rpc(400, -32_700)),
        ("half a surrogate", call("echo", r#"{"text":"\ud800"}"#), Tool("/text: ")),
        (
            "half a surrogate in a key",
            call("echo", r#"{"text":"a","\ud800":1}"#),
            Tool("must be a JSON object"),
        ),
        ("a NUL in a key", call("echo", r#"{"text\u0000":"a"}"#), Tool("unknown argument")),
        ("a NUL in a value", call("measure", r#"{"name":"a\u0000","n":1,"mode":"fast"}"#), Tool("/name: ")),
        (
            "a NUL after the message",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\0".to_vec(),
            Rpc(400, -32_700),
        ),
        ("arguments in other letter case", call("echo", r#"{"TEXT":"a"}"#), Tool("did you mean 'text'?")),
        (
            "an envelope in other letter case",
            br#"{"JSONRPC":"2.0","Id":1,"Method":"tools/call"}"#.to_vec(),
            Rpc(400, -32_600),
        ),
        (
            "parameters in other letter case",
            br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"echo"}}"#.to_vec(),
            Rpc(400, -32_602),
        ),
        ("a tool name in other letter case", call("ECHO", r#"{"text":"a"}"#), Rpc(200, -32_602)),
        (
            "a method given twice",
            br#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#.to_vec(),
            Rpc(400, -32_600),
        ),
        ("an argument given twice", call("echo", r#"{"text":"a","text":"b"}"#), Tool("/text: ")),
        (
            "arrays, 10,000 deep",
            call("echo", &format!(r#"{{"text":{}}}"#, nested("[", "]", 10_000))),
            Rpc(400, -32_600),
        ),
        ("objects, 10,000 deep", call("echo", &nested(r#"{"a":"#, "}", 10_000)), Rpc(400, -32_600)),
        ("unclosed brackets", "[".repeat(10_000).into_bytes(), Rpc(400, -32_600)),
        (
            "50,000 characters",
            call("echo", &format!(r#"{{"text":"{long}"}}"#)),
            Tool("/text: must be at most 1024 characters, got 50000"),
        ),
        (
            "50,000 characters for a parameter with a pattern",
            measure(&format!("\"{long}\"")),
            Tool("/name: must be at most 5 characters, got 50000"),
        ),
        (
            "50,000 escapes",
            measure(&format!("\"{}\"", "\\u0061".repeat(50_000))),
            Tool("/name: must be at most 5 characters, got 50000"),
        ),
        ("50,000 digits", call("measure", &format!(r#"{{"n":{}}}"#, "9".repeat(50_000))), Tool("/n: ")),
        ("a huge exponent", call("measure", r#"{"n":1e999999999}"#), Tool("/n: ")),
        (
            "50,000 arguments",
            call(
                "echo",
                &format!("{{{}}}", (0..50_000).map(|i| format!(r#""a{i}":0"#)).collect::<Vec<_>>().join(",")),
            ),
            Tool("and "),
        ),
        (
            "50,000 items",
            call("measure", &format!(r#"{{"tags":[{}]}}"#, vec!["\"a\""; 50_000].join(","))),
            Tool("/tags: "),
        ),
        ("a name of 50,000 characters", call(&long, "{}"), Rpc(200, -32_602)),
        (
            "an id of 50,000 characters",
            format!(r#"{{"jsonrpc":"2.0","id":"{long}","method":"tools/call"}}"#).into_bytes(),
            Rpc(400, -32_600),
        ),
        ("arguments that aren't an object", call("echo", "[1,2]"), Rpc(400, -32_602)),
        ("metadata that is a list", with_meta("tools/call", "[]"), Rpc(400, -32_602)),
        ("metadata that is a list, in tools/list", with_meta("tools/list", "[]"), Rpc(400, -32_602)),
        ("metadata of 50,000 characters", with_meta("tools/call", &format!("\"{long}\"")), Rpc(400, -32_602)),
        (
            "a version of 50,000 characters",
            with_meta(
                "tools/call",
                &format!(
                    r#"{{"io.modelcontextprotocol/protocolVersion":"{long}","io.modelcontextprotocol/clientCapabilities":{{}}}}"#
                ),
            ),
            Rpc(400, if over_http { -32_020 } else { -32_022 }),
        ),
        (
            "a method that is a number, and an unknown member of 50,000 characters",
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":7,"x":"{long}"}}"#).into_bytes(),
            Rpc(400, -32_600),
        ),
        (
            "a cursor that is a number",
            br#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":7}}"#.to_vec(),
            Rpc(400, -32_602),
        ),
        (
            "an initialize with a number as its version",
            br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":7}}"#.to_vec(),
            Rpc(200, -32_602),
        ),
    ]
}

/// Sends one malformed request and returns the response.
type Send = fn(&HttpServer) -> Reply;

/// Names of malformed requests that are sent over HTTP only, the functions that send them, and the expected responses.
fn requests() -> Vec<(&'static str, Send, Expected)> {
    const BODY: &[u8] =
        br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"a"}}}"#;
    const HUGE: usize = 100_000_000;
    fn with(server: &HttpServer, headers: &[(&str, &str)]) -> Reply {
        server.send("POST", "/mcp", headers, BODY)
    }
    fn mismatched(server: &HttpServer, headers: &[(&str, &str)]) -> Reply {
        server.modern("tools/call", json!({ "name": "echo", "arguments": {} }), json!({}), headers)
    }
    vec![
        ("no body", |server| server.send("POST", "/mcp", &[], b""), Rpc(400, -32_700)),
        ("a foreign Host", |server| with(server, &[("Host", "evil.example")]), Rpc(403, -32_600)),
        (
            "two hosts",
            |server| with(server, &[("Host", "localhost"), ("Host", "evil.example")]),
            Rpc(400, -32_600),
        ),
        ("a foreign Origin", |server| with(server, &[("Origin", "https://evil.example")]), Rpc(403, -32_600)),
        (
            "a header that names another tool",
            |server| mismatched(server, &[("Mcp-Name", "measure")]),
            Rpc(400, -32_020),
        ),
        (
            "a header that names another method",
            |server| mismatched(server, &[("Mcp-Method", "ping")]),
            Rpc(400, -32_020),
        ),
        (
            "a body whose type isn't JSON",
            |server| with(server, &[("Content-Type", "text/xml")]),
            Rpc(415, -32_600),
        ),
        (
            "100 MB, announced",
            |server| server.send("POST", "/mcp", &[], &vec![b' '; HUGE]),
            Rpc(413, -32_600),
        ),
        (
            "100 MB, announced, with an expectation",
            |server| {
                let headers = [("Content-Length", "100000000"), ("Expect", "100-continue")];
                server.send("POST", "/mcp", &headers, b"")
            },
            Rpc(413, -32_600),
        ),
        (
            "100 MB in chunks",
            |server| {
                let mut stream = server.connect();
                let head = [("Content-Length", ""), ("Transfer-Encoding", "chunked")];
                stream.write_all(&server.request_bytes("POST", "/mcp", &head, b"")).unwrap();
                let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 0x10_0000], b"\r\n"].concat();
                // The server may refuse the body before it is complete.
                drop((0..HUGE / 0x10_0000).try_for_each(|_| stream.write_all(&chunk)));
                drop(stream.write_all(b"0\r\n\r\n"));
                Reply::read(stream)
            },
            Rpc(413, -32_600),
        ),
        (
            "half a body",
            |server| {
                let mut stream = server.connect();
                let length = (2 * BODY.len()).to_string();
                stream
                    .write_all(&server.request_bytes("POST", "/mcp", &[("Content-Length", &length)], BODY))
                    .unwrap();
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                Reply::read(stream)
            },
            Rpc(400, -32_600),
        ),
        (
            "chunks without a size",
            |server| {
                let head = [("Content-Length", ""), ("Transfer-Encoding", "chunked")];
                server.send("POST", "/mcp", &head, b"zz\r\n{}\r\n0\r\n\r\n")
            },
            Rpc(400, -32_600),
        ),
        (
            "two lengths",
            |server| with(server, &[("Content-Length", "2"), ("Content-Length", "97")]),
            Http(400),
        ),
        ("a negative length", |server| with(server, &[("Content-Length", "-1")]), Http(400)),
        (
            "a header of 100,000 characters",
            |server| with(server, &[("X-Long", &"x".repeat(100_000))]),
            Http(431),
        ),
        ("10,000 headers", |server| with(server, &vec![("X", "y"); 10_000]), Http(431)),
        ("a NUL in a header", |server| with(server, &[("X-Odd", "a\0b")]), Http(400)),
        (
            "a TLS handshake",
            |server| server.send_bytes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
            Http(400),
        ),
        (
            "a name of 50,000 characters, and a header that names another tool",
            |server| {
                let call = json!({ "name": "x".repeat(50_000), "arguments": {} });
                server.modern("tools/call", call, json!({}), &[("Mcp-Name", "echo")])
            },
            Rpc(400, -32_020),
        ),
        (
            "a number beyond any float",
            |server| {
                let ping = br#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":1e400}}"#;
                let reply = server.send("POST", "/mcp", &[], ping);
                assert_eq!(reply.json()["id"], 7);
                reply
            },
            Rpc(400, -32_600),
        ),
        (
            "an unknown method of 50,000 characters",
            |server| {
                let method = "x".repeat(50_000);
                let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
                server.post(&[], &message)
            },
            Rpc(200, -32_601),
        ),
        ("a port with a sign", |server| with(server, &[("Host", "127.0.0.1:+80")]), Rpc(400, -32_600)),
        (
            "two versions in the header",
            |server| {
                let version = ("MCP-Protocol-Version", "2026-07-28");
                server.modern("tools/list", json!({}), json!({}), &[version, version])
            },
            Rpc(400, -32_020),
        ),
        (
            "an error that is not an object",
            |server| server.send("POST", "/mcp", &[], br#"{"jsonrpc":"2.0","id":1,"error":5}"#),
            Rpc(400, -32_600),
        ),
        ("a path that isn't served", |server| server.send("POST", "/../etc/passwd", &[], BODY), Http(404)),
    ]
}

#[test]
fn malformed_input_over_http_is_answered() {
    let server = HttpServer::start(&[]);
    for (name, message, expected) in messages(true) {
        check(name, &server.send("POST", "/mcp", &[], &message), &expected);
    }
    for (name, send, expected) in requests() {
        check(name, &send(&server), &expected);
    }
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

/// Checks an HTTP response.
fn check(name: &str, reply: &Reply, expected: &Expected) {
    match expected {
        Http(status) => assert_eq!(reply.status, *status, "{name}: {reply:?}"),
        Rpc(status, code) => {
            assert_eq!(reply.status, *status, "{name}: {reply:?}");
            check_message(name, &reply.json(), expected);
            assert_eq!(reply.json()["error"]["code"], *code, "{name}: {reply:?}");
        }
        Tool(_) => {
            assert_eq!(reply.status, 200, "{name}: {reply:?}");
            check_message(name, &reply.json(), expected);
        }
    }
    assert!(reply.body.len() < 8_192, "{name}: a response of {} bytes", reply.body.len());
}

/// Checks a JSON-RPC message.
fn check_message(name: &str, message: &Value, expected: &Expected) {
    match expected {
        Http(_) => {}
        Rpc(_, code) => {
            assert_eq!(message["error"]["code"], *code, "{name}: {message}");
            assert!(
                message["error"]["message"].as_str().is_some_and(|text| text.len() > 10),
                "{name}: {message}"
            );
        }
        Tool(part) => {
            assert_eq!(message["result"]["isError"], true, "{name}: {message}");
            assert!(text(message).contains(part), "{name}: {message}");
        }
    }
}

#[test]
fn malformed_input_over_stdio_is_answered() {
    let mut server = StdioServer::initialized(&[]);
    for (name, message, expected) in messages(false) {
        server.send_bytes(&message);
        check_message(name, &server.receive(), &expected);
    }
    // The input ends within a message.
    let stdin = server.stdin.as_mut().unwrap();
    stdin.write_all(br#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"#).unwrap();
    assert!(server.close().success());
}

#[test]
fn a_thousand_malformed_requests_over_http_do_not_grow_memory() {
    let server = HttpServer::start(&[]);
    server.call("echo", json!({ "text": "warm" }));
    let before = resident(server.process());
    let (messages, requests) = (messages(true), requests());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CONCURRENT {
            scope.spawn(|| {
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call >= CALLS {
                        return;
                    }
                    let kind = call % (messages.len() + requests.len());
                    let (name, reply) = match messages.get(kind) {
                        Some((name, message, _)) => (name, server.send("POST", "/mcp", &[], message)),
                        None => {
                            let (name, send, _) = &requests[kind - messages.len()];
                            (name, send(&server))
                        }
                    };
                    assert!((200..500).contains(&reply.status), "{name}: {reply:?}");
                }
            });
        }
    });
    let most = most_resident(server.process());
    println!("resident: {before} KiB before, {most} KiB peak");
    assert!(most < before + MAX_GROWTH, "{before} KiB before, {most} KiB peak");
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

#[test]
fn a_thousand_malformed_messages_over_stdio_do_not_grow_memory() {
    let mut server = StdioServer::initialized(&[]);
    server.call("echo", json!({ "text": "warm" }));
    let before = resident(server.process());
    let mut messages = messages(false);
    let largest = "x".repeat(3_900_000);
    let largest = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":{{"text":"{largest}"}}}}}}"#
    );
    messages.push(("nearly 4 MiB", largest.into_bytes(), Tool("/text: ")));
    let mut sent = 0;
    while sent < CALLS {
        for _ in 0..CONCURRENT {
            server.send_bytes(&messages[sent % messages.len()].1);
            sent += 1;
        }
        for _ in 0..CONCURRENT {
            server.receive();
        }
    }
    let most = most_resident(server.process());
    println!("resident: {before} KiB before, {most} KiB peak");
    assert!(most < before + MAX_GROWTH, "{before} KiB before, {most} KiB peak");
    assert_eq!(text(&server.call("echo", json!({ "text": "still here" }))), "still here");
}

#[test]
fn slow_requests_and_unread_responses_time_out() {
    let server = HttpServer::start(&[]);
    let message = server.request_bytes("POST", "/mcp", &[("Content-Length", "1000")], b"{");
    // Without the body `{` and the empty line that ends the head.
    let head = &message[..message.len() - 3];
    std::thread::scope(|scope| {
        let in_head = scope.spawn(|| trickle(&server, head, b"x"));
        let in_body = scope.spawn(|| trickle(&server, &message, b" "));
        let unread = scope.spawn(|| leave_unread(&server));
        // Other clients are served meanwhile.
        assert_eq!(text(&server.call("echo", json!({ "text": "meanwhile" }))), "meanwhile");
        let in_head = in_head.join().unwrap();
        assert!(in_head.starts_with("HTTP/1.1 408 "), "{in_head:?}");
        let in_body = in_body.join().unwrap();
        assert!(in_body.starts_with("HTTP/1.1 408 ") && in_body.contains("within 30 s"), "{in_body:?}");
        unread.join().unwrap();
    });
}

/// Requests responses that exceed the socket buffers, reads nothing for 35 s, and asserts that the server has closed
/// the connection, which it does after 30 s.
fn leave_unread(server: &HttpServer) {
    const ANSWERS: usize = 100;
    let call = tools_call(1, "large", json!({ "bytes": 1_000_000 })).to_string();
    let message = server.request_bytes("POST", "/mcp", &[("Connection", "")], call.as_bytes());
    let mut stream = server.connect();
    (0..ANSWERS).for_each(|_| stream.write_all(&message).unwrap());
    std::thread::sleep(Duration::from_secs(35));
    let mut answers = Vec::new();
    let read = stream.read_to_end(&mut answers);
    assert!(
        !matches!(&read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock),
        "the connection is still open"
    );
    assert!(
        answers.len() < ANSWERS * 1_000_000,
        "the server kept all responses for a client that read nothing"
    );
}

/// Sends `prefix`, then a byte every half second until the server responds and closes the connection.
fn trickle(server: &HttpServer, prefix: &[u8], byte: &[u8]) -> String {
    let mut stream = server.connect();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.write_all(prefix).unwrap();
    let (mut answer, mut chunk) = (Vec::new(), [0; 512]);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < 2 * MAX_WAIT, "the connection is still open");
        drop(stream.write_all(byte));
        match stream.read(&mut chunk) {
            Ok(read @ 1..) => answer.extend_from_slice(&chunk[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return String::from_utf8(answer).unwrap(),
        }
    }
}

/// Bodies above 64 KiB share 8 MiB of memory until they are parsed. So four calls that still run, each with a body of
/// 3 MB, leave room for a fifth.
#[test]
fn large_body_frees_its_memory_once_parsed() {
    let server = HttpServer::start(&[]);
    let call = |milliseconds: u32| {
        let arguments = json!({ "text": "x".repeat(3_000_000), "milliseconds": milliseconds });
        let call = tools_call(1, "holds", arguments).to_string();
        let chunk = format!("{:x}\r\n{call}\r\n0\r\n\r\n", call.len());
        let head = [("Content-Length", ""), ("Transfer-Encoding", "chunked")];
        let mut stream = server.connect();
        stream.write_all(&server.request_bytes("POST", "/mcp", &head, chunk.as_bytes())).unwrap();
        stream
    };
    let held: Vec<_> = (0..4).map(|_| call(60_000)).collect();
    server.wait_for_count("running", 4);
    assert_eq!(text(&Reply::read(call(0)).json()), "held");
    drop(held);
}

#[test]
fn expect_100_continue_is_answered() {
    let server = HttpServer::start(&[]);
    let body = modern(1, "tools/call", json!({ "name": "echo", "arguments": { "text": "a" } }), json!({}));
    let body = body.to_string();
    let length = body.len().to_string();
    let headers = [
        ("Content-Length", length.as_str()),
        ("Expect", "100-continue"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", "echo"),
    ];
    let mut stream = server.connect();
    stream.write_all(&server.request_bytes("POST", "/mcp", &headers, b"")).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(text(&Reply::read(stream).json()), "a");
}
