//! One hostile caller, who has a valid token with one scope, and a normal caller. The hostile caller takes as much as
//! it can of each pool that callers share, and the normal caller is still served.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use serde_json::{Value, json};

use super::{Bearer, Pair};
use crate::harness::{
    StdioServer, initialize_params, kind, modern, most_resident, resident, rpc, text, tools_call, until,
};

/// Maximum memory of a request of this size in bytes, in KiB: 8 times its size, but at least 1 MiB, and at most 16 MiB.
fn max_growth(bytes: usize) -> u64 {
    (8 * bytes as u64 / 1_024).clamp(1 << 10, 16 << 10)
}

impl Pair {
    /// Returns the hostile caller, with this agent.
    fn eve(&self, agent: &str) -> Bearer<'_> {
        self.claiming(json!({ "sub": "eve", "client_id": agent, "scope": "specimen:read" }))
    }

    /// Returns the normal caller.
    fn ann(&self) -> Bearer<'_> {
        self.claiming(json!({ "sub": "ann", "scope": "specimen:read" }))
    }
}

impl Bearer<'_> {
    /// Sends a request and returns the connection, without reading the response.
    fn begin(&self, headers: &[(&str, &str)], message: &Value) -> TcpStream {
        let mut stream = self.server.connect();
        self.write(&mut stream, headers, message);
        stream
    }

    /// Sends a request on a connection, without reading the response.
    fn write(&self, stream: &mut TcpStream, headers: &[(&str, &str)], message: &Value) {
        let authorization = [("Authorization", self.authorization.as_str())];
        let body = message.to_string();
        let headers = [&authorization, headers].concat();
        stream.write_all(&self.server.request_bytes("POST", "/mcp", &headers, body.as_bytes())).unwrap();
    }

    /// Opens an event stream. Returns its status and its connection.
    fn listen(&self) -> (u16, BufReader<TcpStream>) {
        let params = json!({ "notifications": { "toolsListChanged": true } });
        let message = modern(1, "subscriptions/listen", params, json!({}));
        let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "subscriptions/listen")];
        let mut stream = BufReader::new(self.begin(&headers, &message));
        let mut status = String::new();
        stream.read_line(&mut status).unwrap();
        (status.split(' ').nth(1).unwrap().parse().unwrap(), stream)
    }
}

/// Nested empty arrays: the JSON of this size with the most values.
fn arrays(bytes: usize) -> String {
    let nested = vec!["[[[]]]"; bytes / 7].join(",");
    format!("[{nested}]")
}

/// A request whose `_meta` has nested empty arrays. With `modern`, the request names the revision 2026-07-28.
fn large_request(method: &str, is_modern: bool, bytes: usize) -> String {
    let params = match method {
        "tools/call" => json!({ "name": "echo", "arguments": { "text": "x" } }),
        "initialize" => initialize_params(json!({})),
        "subscriptions/listen" => json!({ "notifications": { "toolsListChanged": true } }),
        "logging/setLevel" => json!({ "level": "info" }),
        _ => json!({}),
    };
    let mut message = if is_modern { modern(1, method, params, json!({})) } else { rpc(method, params) };
    message["params"]["_meta"]["x"] = json!("PLACEHOLDER");
    message.to_string().replace("\"PLACEHOLDER\"", &arrays(bytes))
}

/// Runs `request`, and returns the growth of the process's peak of resident memory, in KiB.
fn growth(process: u32, request: impl FnOnce()) -> u64 {
    // Sets the peak to the current size.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let before = resident(process);
    request();
    most_resident(process).saturating_sub(before)
}

#[test]
fn memory_of_a_request_that_is_not_a_call_is_bounded() {
    let pair = Pair::with_settings("", &["--legacy-sessions", "10"]);
    let eve = pair.eve("a");
    let session = eve.open_session();
    let in_session = [("Mcp-Session-Id", session.as_str())];
    let methods = [
        ("ping", false),
        ("ping", true),
        ("initialize", false),
        ("logging/setLevel", false),
        ("server/discover", true),
        ("subscriptions/listen", true),
        ("tasks/get", true),
        ("completion/complete", true),
        ("resources/read", true),
        ("no/such/method", true),
        ("tools/list", false),
    ];
    for (method, is_modern) in methods {
        for bytes in [15_000, 60_000, 4_000_000] {
            let body = large_request(method, is_modern, bytes);
            let grown = growth(pair.server.process(), || {
                let headers = [("Authorization", eve.authorization.as_str()), ("Mcp-Method", method)];
                let version = ("MCP-Protocol-Version", "2026-07-28");
                let more: &[(&str, &str)] = if is_modern { &[version] } else { &in_session };
                let reply = pair.server.send("POST", "/mcp", &[&headers, more].concat(), body.as_bytes());
                // `tools/list` doesn't build a tree, so it may be served.
                assert!(matches!(reply.status, 200 | 400 | 404), "{method}: {reply:?}");
                if bytes > 65_536 {
                    let error = reply.json()["error"]["message"].to_string();
                    assert!(
                        error.contains("at most 65536 bytes") || error.contains("at most 16384 bytes"),
                        "{error}"
                    );
                }
            });
            println!("{method} of {bytes} bytes: {grown} KiB");
            assert!(grown <= max_growth(bytes), "{method} of {bytes} bytes took {grown} KiB");
        }
    }
    // A call in a session may be larger. Its arguments aren't parsed into a tree, even if they are invalid.
    let in_meta = large_request("tools/call", false, 4_000_000);
    let in_arguments = tools_call(1, "echo", json!({ "text": "x", "junk": "PLACEHOLDER" })).to_string();
    let in_arguments = in_arguments.replace("\"PLACEHOLDER\"", &arrays(4_000_000));
    for (call, expected) in [(in_meta, "x"), (in_arguments, "/junk: ")] {
        let grown = growth(pair.server.process(), || {
            let headers = [("Authorization", eve.authorization.as_str()), in_session[0]];
            let reply = pair.server.send("POST", "/mcp", &headers, call.as_bytes());
            let text = reply.events()[0]["result"]["content"][0]["text"].to_string();
            assert!(text.contains(expected), "{text}");
        });
        println!("call in a session of {} bytes: {grown} KiB", call.len());
        assert!(grown <= max_growth(call.len()), "a call in a session took {grown} KiB");
    }
    assert!(super::succeeded(&pair.ann().call("measure", super::measure_arguments())));
}

#[test]
fn memory_of_a_message_over_stdio_that_is_not_a_call_is_bounded() {
    let mut server = StdioServer::initialized(&[]);
    for (method, is_modern) in [("ping", false), ("logging/setLevel", false), ("no/such/method", true)] {
        for bytes in [60_000, 4_000_000] {
            let body = large_request(method, is_modern, bytes);
            let grown = growth(server.process(), || {
                server.send(&body);
                let refused = server.answer(&json!(1));
                assert_eq!(refused["error"]["code"], -32_600, "{refused}");
            });
            assert!(grown <= max_growth(bytes), "{method} of {bytes} bytes took {grown} KiB");
        }
    }
    assert_eq!(text(&server.call("echo", json!({ "text": "x" }))), "x");
}

#[test]
fn deeply_nested_message_is_refused() {
    let pair = Pair::start();
    let eve = pair.eve("a");
    for depth in [65, 1_000_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let message =
            rpc("ping", json!({ "x": "PLACEHOLDER" })).to_string().replace("\"PLACEHOLDER\"", &nested);
        let headers = [("Authorization", eve.authorization.as_str())];
        let reply = pair.server.send("POST", "/mcp", &headers, message.as_bytes());
        assert_eq!((reply.status, reply.json()["error"]["code"].as_i64()), (400, Some(-32_600)), "{reply:?}");
    }
    assert!(super::succeeded(&pair.ann().call("measure", super::measure_arguments())));
}

#[test]
fn waiting_calls_of_one_user_leave_capacity_for_others() {
    // Half of 8 calls.
    let pair = Pair::with_settings("", &["--concurrency", "8"]);
    let hold = tools_call(1, "holds", json!({ "text": "", "milliseconds": 60_000 }));
    let held: Vec<TcpStream> =
        (0..4).map(|number| pair.eve(&format!("agent {number}")).begin(&[], &hold)).collect();
    until("4 calls ran", || pair.ann().count("running") == 4);
    let refused = pair.eve("another agent").call("echo", json!({ "text": "x" })).json();
    assert_eq!(kind(&refused), "unavailable");
    assert!(text(&refused).contains("runs 4 calls of one user at a time"), "{refused}");
    for _ in 0..20 {
        assert!(super::succeeded(&pair.ann().call("measure", super::measure_arguments())));
    }
    drop(held);
    until("a call of the user was admitted again", || {
        kind_of(&pair.eve("a").call("echo", json!({ "text": "x" })).json()).is_none()
    });
}

#[test]
fn operator_can_give_one_user_the_whole_server() {
    let pair = Pair::with_settings("", &["--concurrency", "2", "--user-share", "100"]);
    let hold = tools_call(1, "holds", json!({ "text": "", "milliseconds": 60_000 }));
    let mut held = Vec::new();
    until("no call of another user was admitted", || {
        // A call of `ann` may still hold the permit that this call needs.
        held.push(pair.eve("a").begin(&[], &hold));
        let busy = pair.ann().call("echo", json!({ "text": "x" })).json();
        kind_of(&busy).is_some() && text(&busy).contains("the server runs 2 calls at a time")
    });
}

/// Sends the beginning of a request whose body has `announced` bytes, and then `sent` bytes of the body.
fn half_sent(caller: &Bearer<'_>, announced: usize, sent: usize) -> TcpStream {
    let length = announced.to_string();
    let headers = [("Authorization", caller.authorization.as_str()), ("Content-Length", length.as_str())];
    let head = caller.server.request_bytes("POST", "/mcp", &headers, &[]);
    let mut stream = caller.server.connect();
    stream.write_all(&head).unwrap();
    stream.write_all(&vec![b' '; sent]).unwrap();
    stream
}

#[test]
fn half_sent_bodies_of_one_user_leave_memory_for_others() {
    let pair = Pair::start();
    let large = tools_call(1, "holds", json!({ "text": "x".repeat(3_000_000), "milliseconds": 0 }));
    // More than the memory for all bodies (8 MiB) is announced, and more than the user's share is sent.
    let held: Vec<TcpStream> = (0..8).map(|_| half_sent(&pair.eve("a"), 4_000_000, 3_900_000)).collect();
    let small: Vec<TcpStream> = (0..200).map(|_| half_sent(&pair.eve("b"), 69_000, 68_000)).collect();
    let grown = growth(pair.server.process(), || {
        for _ in 0..4 {
            let reply = pair.ann().send(&[], &large);
            assert_eq!(text(&reply.json()), "held", "{reply:?}");
        }
    });
    println!("bodies of the normal caller took {grown} KiB");
    drop((held, small));
}

/// Sends the beginning of a request with a chunked body, whose length the server doesn't know: `sent` bytes of one chunk.
fn half_sent_chunks(caller: &Bearer<'_>, sent: usize) -> TcpStream {
    let headers = [
        ("Authorization", caller.authorization.as_str()),
        ("Transfer-Encoding", "chunked"),
        // Omits the header.
        ("Content-Length", ""),
    ];
    let head = caller.server.request_bytes("POST", "/mcp", &headers, &[]);
    let mut stream = caller.server.connect();
    stream.write_all(&head).unwrap();
    stream.write_all(format!("{sent:x}\r\n").as_bytes()).unwrap();
    stream.write_all(&vec![b' '; sent - 1]).unwrap();
    stream
}

#[test]
fn half_sent_chunked_bodies_of_one_user_leave_memory_for_others() {
    let pair = Pair::start();
    let large = tools_call(1, "holds", json!({ "text": "x".repeat(3_000_000), "milliseconds": 0 }));
    let held: Vec<TcpStream> = (0..8).map(|_| half_sent_chunks(&pair.eve("a"), 3_900_000)).collect();
    let small: Vec<TcpStream> = (0..200).map(|_| half_sent_chunks(&pair.eve("b"), 68_000)).collect();
    for _ in 0..4 {
        let reply = pair.ann().send(&[], &large);
        assert_eq!(text(&reply.json()), "held", "{reply:?}");
    }
    drop((held, small));
}

#[test]
fn dropped_initialize_leaves_no_session() {
    let pair = Pair::with_settings("", &["--legacy-sessions", "4"]);
    let initialize = rpc("initialize", initialize_params(json!({})));
    let length = initialize.to_string().len();
    // Half of the sessions are the user's share.
    for _ in 0..8 {
        drop(half_sent(&pair.eve("a"), length, length - 1));
    }
    let opened: Vec<u16> = (0..3).map(|_| pair.eve("a").send(&[], &initialize).status).collect();
    assert_eq!(opened, [200, 200, 429]);
}

#[test]
fn unread_answers_of_one_user_take_bounded_memory() {
    let pair = Pair::start();
    const ON_CONNECTION: usize = 10;
    let large = tools_call(1, "large", json!({ "bytes": 900_000 }));
    let mut held = Vec::new();
    let grown = growth(pair.server.process(), || {
        until("a call of the user was refused", || {
            // The system keeps the first answers of a connection.
            let eve = pair.eve(&format!("agent {}", held.len()));
            let mut stream = pair.server.connect();
            for _ in 0..ON_CONNECTION {
                eve.write(&mut stream, &[("Connection", "keep-alive")], &large);
            }
            held.push(stream);
            let small = pair.eve("a").call("echo", json!({ "text": "x" })).json();
            kind_of(&small).is_some_and(|kind| {
                kind == "unavailable" && text(&small).contains("bytes of answers of one user may be unread")
            })
        });
    });
    println!("{} unread answers took {grown} KiB", held.len());
    for _ in 0..5 {
        let answer = pair.ann().call("large", json!({ "bytes": 900_000 })).json();
        assert_eq!(text(&answer).len(), 900_000);
    }
    // An answer that is read doesn't count.
    for stream in held {
        let mut stream = BufReader::new(stream);
        (0..ON_CONNECTION).for_each(|_| skip_response(&mut stream));
    }
    assert_eq!(text(&pair.eve("a").call("echo", json!({ "text": "x" })).json()), "x");
}

#[test]
fn one_user_gets_a_part_of_the_sessions() {
    let pair = Pair::with_settings("", &["--legacy-sessions", "10"]);
    let open =
        |caller: &Bearer<'_>| caller.send(&[], &rpc("initialize", initialize_params(json!({})))).status;
    let opened: Vec<u16> = (0..8).map(|number| open(&pair.eve(&format!("agent {number}")))).collect();
    assert_eq!(opened, [200, 200, 200, 200, 200, 429, 429, 429]);
    for _ in 0..5 {
        assert_eq!(open(&pair.ann()), 200);
    }
    assert_eq!(open(&pair.ann()), 429);
}

#[test]
fn one_user_gets_few_event_streams_and_each_takes_little_memory() {
    const STREAMS: usize = 16;
    let pair = Pair::start();
    let streams: Vec<_> = (0..STREAMS).map(|number| pair.eve(&format!("agent {number}")).listen()).collect();
    assert!(streams.iter().all(|(status, _)| *status == 200));
    let (status, mut stream) = pair.eve("another agent").listen();
    let mut refused = String::new();
    stream.read_to_string(&mut refused).unwrap();
    assert_eq!(status, 429);
    assert!(refused.contains("at most 16 event streams of one user"), "{refused}");
    assert_eq!(pair.ann().listen().0, 200);
    drop(streams);
    until("a stream of the user was opened again", || pair.eve("a").listen().0 == 200);
    // Each of 64 users has 16 streams.
    let before = resident(pair.server.process());
    let users: Vec<_> = (0..64).map(|user| pair.claiming(json!({ "sub": format!("user {user}") }))).collect();
    let streams: Vec<_> = users.iter().flat_map(|user| (0..STREAMS).map(|_| user.listen())).collect();
    assert!(streams.iter().all(|(status, _)| *status == 200));
    let each = (resident(pair.server.process()) - before) / streams.len() as u64;
    println!("a stream takes {each} KiB");
    assert!(each < 16, "a stream takes {each} KiB");
}

#[test]
fn memory_of_a_stream_does_not_depend_on_the_request_that_opened_it() {
    let pair = Pair::start();
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "subscriptions/listen")];
    let params = json!({ "notifications": { "toolsListChanged": true } });
    let junk = json!({ "junk": "x".repeat(15_000) });
    let message = modern(1, "subscriptions/listen", params, junk);
    let before = resident(pair.server.process());
    let users: Vec<_> = (0..32).map(|user| pair.claiming(json!({ "sub": format!("user {user}") }))).collect();
    let mut streams: Vec<_> =
        users.iter().flat_map(|user| (0..16).map(|_| user.begin(&headers, &message))).collect();
    for stream in &mut streams {
        let mut head = [0; 15];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
    }
    let each = (resident(pair.server.process()) - before) / streams.len() as u64;
    println!("a stream takes {each} KiB");
    assert!(each < 32, "a stream takes {each} KiB");
}

#[test]
fn tasks_of_one_user_leave_capacity_for_others() {
    // 8 calls allow 4 running tasks, of which one user gets 2.
    let pair = Pair::with_settings("", &["--concurrency", "8"]);
    let begin = |caller: &Bearer<'_>| {
        let capabilities = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
        let meta = json!({ "io.modelcontextprotocol/clientCapabilities": capabilities });
        let arguments = json!({ "name": "computes", "arguments": { "milliseconds": 60_000 } });
        let authorization = [("Authorization", caller.authorization.as_str())];
        let body = modern(1, "tools/call", arguments, meta);
        let headers = [
            authorization[0],
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", "computes"),
        ];
        let bytes = pair.server.request_bytes("POST", "/mcp", &headers, body.to_string().as_bytes());
        let mut stream = pair.server.connect();
        stream.write_all(&bytes).unwrap();
        stream
    };
    let is_task = |stream: TcpStream| {
        let reply = crate::harness::Reply::read(stream).json();
        assert!(reply["result"]["taskId"].is_string(), "{reply}");
    };
    is_task(begin(&pair.eve("a")));
    is_task(begin(&pair.eve("b")));
    // These run without a task, so the answers take their time.
    let _held = [begin(&pair.eve("c")), begin(&pair.eve("c"))];
    until("4 calls of the user ran", || {
        kind_of(&pair.eve("d").call("echo", json!({ "text": "x" })).json()) == Some("unavailable".to_owned())
    });
    is_task(begin(&pair.ann()));
    is_task(begin(&pair.ann()));
}

/// Kind of a tool error; `None` if the call succeeded.
fn kind_of(answer: &Value) -> Option<String> {
    (answer["result"]["isError"] == json!(true)).then(|| kind(answer).to_owned())
}

/// The stream also ends when its client is disabled.
#[test]
fn event_stream_ends_when_its_token_expires_or_is_revoked() {
    let control = crate::control::Control::new();
    let pair = Pair::with(super::issuer::Issuer::start(&super::issuer_keys()), &control.flags());
    let ended = |mut stream: BufReader<TcpStream>| {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains(r#""resultType":"complete""#), "{rest}");
    };
    let short = pair.claiming(json!({ "exp": super::issuer::now() + 2 }));
    let (status, expires) = short.listen();
    assert_eq!(status, 200);
    ended(expires);
    assert!(super::issuer::now() < short_expiry(&short) + 2, "the stream outlived its token");
    let (_, revoked) = pair.eve("a").listen();
    let (_, disabled) = pair.claiming(json!({ "sub": "bob", "client_id": "robot" })).listen();
    let (_, other) = pair.ann().listen();
    control.execute(&["revoke", "--subject", "eve"]);
    ended(revoked);
    control.execute(&["disable", "--client", "robot"]);
    ended(disabled);
    // The stream of another user stays open, so it is notified of a change.
    control.execute(&["disable", "--tool", "echo"]);
    let mut lines = other.lines();
    assert!(lines.any(|line| line.unwrap().contains("notifications/tools/list_changed")));
}

/// The twin over HTTP of `disabled_client_receives_no_list_changes`.
#[test]
fn subscription_of_a_disabled_client_or_with_an_expired_token_is_refused() {
    let control = crate::control::Control::new();
    let pair = Pair::with(super::issuer::Issuer::start(&super::issuer_keys()), &control.flags());
    // A call with this token is still admitted, because clocks may differ by 30 s.
    let expired = pair.claiming(json!({ "exp": super::issuer::now() - 5 }));
    assert!(super::succeeded(&expired.call("measure", super::measure_arguments())));
    assert_eq!(expired.listen().0, 401);
    let robot = pair.claiming(json!({ "sub": "bob", "client_id": "robot" }));
    assert_eq!(robot.listen().0, 200);
    control.execute(&["disable", "--client", "robot"]);
    until("the client was refused", || robot.listen().0 == 403);
    assert_eq!(pair.ann().listen().0, 200);
}

/// `exp` of the token.
fn short_expiry(caller: &Bearer<'_>) -> i64 {
    use base64::Engine as _;
    let claims = caller.authorization.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["exp"].as_i64().unwrap()
}

/// rmcp serves the stream of a session.
#[test]
fn stream_of_a_session_ends_when_its_token_is_revoked() {
    let control = crate::control::Control::new();
    let arguments = [&control.flags()[..], &["--legacy-sessions", "4"]].concat();
    let pair = Pair::with(super::issuer::Issuer::start(&super::issuer_keys()), &arguments);
    let eve = pair.eve("a");
    let session = eve.open_session();
    let headers = [
        ("Authorization", eve.authorization.as_str()),
        ("Mcp-Session-Id", session.as_str()),
        ("Accept", "text/event-stream"),
    ];
    let mut stream = pair.server.connect();
    stream.write_all(&pair.server.request_bytes("GET", "/mcp", &headers, &[])).unwrap();
    let mut head = [0; 15];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    control.execute(&["revoke", "--subject", "eve"]);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    // The stream ended, and not the server.
    assert!(super::succeeded(&pair.ann().call("measure", super::measure_arguments())));
}

#[test]
fn event_stream_of_a_call_ends_when_its_token_is_revoked() {
    let control = crate::control::Control::new();
    let arguments = [&control.flags()[..], &["--legacy-sessions", "4"]].concat();
    let pair = Pair::with(super::issuer::Issuer::start(&super::issuer_keys()), &arguments);
    let eve = pair.eve("a");
    let session = eve.open_session();
    let mut message = tools_call(1, "steps", json!({ "count": 2, "milliseconds": 3_000 }));
    message["params"]["_meta"] = json!({ "progressToken": "p" });
    let headers = [("Accept", "application/json, text/event-stream")];
    let in_session = [&headers[..], &[("Mcp-Session-Id", session.as_str())]].concat();
    let begin = |caller: &Bearer<'_>, headers: &[(&str, &str)]| {
        let mut lines = BufReader::new(caller.begin(headers, &message)).lines();
        assert!(lines.any(|line| line.unwrap().contains("step 1")), "no report");
        lines
    };
    let streams = [&headers[..], &in_session].map(|headers| begin(&eve, headers));
    // The token expires during the call, which doesn't end the stream.
    let mut expiring = begin(&pair.claiming(json!({ "exp": super::issuer::now() + 2 })), &headers);
    control.execute(&["revoke", "--subject", "eve"]);
    for lines in streams {
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        assert!(!rest.concat().contains("step"), "{rest:?}");
    }
    assert!(expiring.any(|line| line.unwrap().contains("2 steps")), "the result is missing");
    until("all calls finished", || pair.ann().count("finished") == 3);
    assert_eq!(pair.ann().count("dropped"), 0);
}

/// All calls that are refused at full speed are recorded or counted.
#[test]
fn refused_calls_at_full_speed_have_few_records() {
    const CALLS: usize = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let mut pair = Pair::with_settings("", &["--audit-file", file.to_str().unwrap()]);
    let body = tools_call(1, "no_such_tool", json!({})).to_string();
    let eve = pair.eve("a");
    let headers = [("Authorization", eve.authorization.as_str()), ("Connection", "keep-alive")];
    let request = pair.server.request_bytes("POST", "/mcp", &headers, body.as_bytes());
    let mut connection = pair.server.connect();
    let mut reading = BufReader::new(connection.try_clone().unwrap());
    let writer = std::thread::spawn(move || {
        (0..CALLS).for_each(|_| connection.write_all(&request).unwrap());
        connection
    });
    for _ in 0..CALLS {
        skip_response(&mut reading);
    }
    drop(writer.join().unwrap());
    assert!(super::succeeded(&pair.ann().call("measure", super::measure_arguments())));
    assert!(pair.server.terminate().success());
    let text = std::fs::read_to_string(&file).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_eve: Vec<_> = records.iter().filter(|record| record["user"] == "eve").collect();
    let covered: u64 = of_eve.iter().map(|record| record["repeated"].as_u64().unwrap_or(1)).sum();
    println!("{} records of {CALLS} refused calls", of_eve.len());
    assert_eq!(covered, CALLS as u64);
    assert!(of_eve.iter().any(|record| record["repeated"].is_number()), "each call has a record");
    assert!(of_eve.iter().all(|record| record["reason"] == "unknown_tool" && record["outcome"] == "refused"));
    assert_eq!(records.iter().filter(|record| record["user"] == "ann").count(), 1);
}

/// Reads one response of a connection that stays open.
fn skip_response(reading: &mut BufReader<TcpStream>) {
    let mut length = 0;
    loop {
        let mut line = String::new();
        assert!(reading.read_line(&mut line).unwrap() > 0, "the connection ended");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    reading.read_exact(&mut vec![0; length]).unwrap();
}
