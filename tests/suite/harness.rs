//! Servers under test, started from the command line, and clients that send exactly the bytes a test chooses.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Longest time that a test waits for an event before it fails. Events normally happen far sooner.
pub const MAX_WAIT: Duration = Duration::from_secs(30);

/// JSON-RPC error code of a call that its caller cancelled.
pub const CANCELLED: i64 = -31_499;
/// Path of the program `specimen`, the test server of `tests/src`. Its tools panic, hang or return invalid results on
/// purpose.
pub const SPECIMEN: &str = env!("CARGO_BIN_EXE_specimen");

/// The folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Captured stderr of a process.
#[derive(Clone, Default)]
pub struct Stderr(Arc<Mutex<String>>);

impl Stderr {
    /// Captures the stderr of `child` on a thread of its own.
    pub fn follow(child: &mut Child) -> Self {
        let stderr = Stderr::default();
        let (captured, mut pipe) = (stderr.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            let mut chunk = [0; 4_096];
            while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                captured.0.lock().unwrap().push_str(&String::from_utf8_lossy(&chunk[..read]));
            }
        });
        stderr
    }

    /// The text captured so far.
    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// Waits for a line that contains all of `parts`, and returns it.
    pub fn line_with(&self, parts: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            // The last line may be incomplete.
            let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
            if let Some(line) = complete.lines().find(|line| parts.iter().all(|part| line.contains(part))) {
                return line.to_owned();
            }
            assert!(begun.elapsed() < MAX_WAIT, "no line with {parts:?} in:\n{text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The lines that are JSON objects, such as audit records.
    pub fn records(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits for the audit record with this correlation id, and returns it.
    pub fn record_of(&self, correlation: &str) -> Value {
        serde_json::from_str(&self.line_with(&["\"correlation_id\"", correlation, "\"outcome\""])).unwrap()
    }
}

/// A server that speaks over stdio.
pub struct StdioServer {
    child: Child,
    /// `None` after it was closed.
    pub stdin: Option<ChildStdin>,
    /// Lines of the server's stdout.
    lines: mpsc::Receiver<String>,
    pub stderr: Stderr,
    /// Id of the last request sent by [`StdioServer::request`].
    id: i64,
    /// Notifications and requests that arrived before a response, see [`StdioServer::answer`].
    pub notifications: Vec<Value>,
    /// While `true`, the stdout of the server isn't read.
    stop_reading: Arc<AtomicBool>,
}

impl StdioServer {
    /// Starts the specimen, without initializing it.
    pub fn start(arguments: &[&str]) -> Self {
        StdioServer::start_by(&mut Command::new(SPECIMEN), arguments)
    }

    /// Starts a server from `command`, without initializing it.
    pub fn start_by(command: &mut Command, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--stdio"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = Stderr::follow(&mut child);
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        let stop_reading = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop_reading);
        std::thread::spawn(move || {
            for line in stdout.lines() {
                while stopped.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(50));
                }
                if !line.is_ok_and(|line| sender.send(line).is_ok()) {
                    return;
                }
            }
        });
        StdioServer { child, stdin, lines, stderr, id: 0, notifications: Vec::new(), stop_reading }
    }

    /// Starts the specimen and initializes it as a 2025-11-25 client.
    pub fn initialized(arguments: &[&str]) -> Self {
        StdioServer::initialized_by(&mut Command::new(SPECIMEN), arguments)
    }

    /// Starts a server from `command` and initializes it as a 2025-11-25 client.
    pub fn initialized_by(command: &mut Command, arguments: &[&str]) -> Self {
        let mut server = StdioServer::start_by(command, arguments);
        server.initialize(json!({}));
        server
    }

    /// Starts the specimen and initializes it as a 2025-11-25 client that declares `capabilities`.
    pub fn initialized_with(capabilities: Value, arguments: &[&str]) -> Self {
        let mut server = StdioServer::start(arguments);
        server.initialize(capabilities);
        server
    }

    /// Starts and initializes the specimen, then stops reading its stdout.
    pub fn initialized_unread(arguments: &[&str]) -> Self {
        let server = StdioServer::initialized(arguments);
        server.stop_reading.store(true, Ordering::Relaxed);
        server
    }

    fn initialize(&mut self, capabilities: Value) {
        let answer = self.request("initialize", initialize_params(capabilities));
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
        self.send(&initialized().to_string());
    }

    /// Sends SIGTERM and waits for the exit.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        terminate(self.child.id());
        wait(&mut self.child)
    }

    /// Sends a line.
    pub fn send(&mut self, line: &str) {
        self.send_bytes(line.as_bytes());
    }

    pub fn send_bytes(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// Returns the JSON text of the next message from the server.
    pub fn receive_text(&mut self) -> String {
        self.lines.recv_timeout(MAX_WAIT).unwrap_or_else(|error| panic!("{error}:\n{}", self.stderr.text()))
    }

    /// Returns the next message from the server.
    pub fn receive(&mut self) -> Value {
        let line = self.receive_text();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Waits for `time` and returns `true` if no message arrives. If the server has closed its stdout, returns `true`
    /// at once.
    pub fn is_silent(&mut self, time: Duration) -> bool {
        self.lines.recv_timeout(time).is_err()
    }

    /// Returns the response to `id`. Adds the notifications and requests that arrive before it to `notifications`.
    pub fn answer(&mut self, id: &Value) -> Value {
        loop {
            let message = self.receive();
            if message.get("method").is_some() {
                self.notifications.push(message);
            } else {
                assert_eq!(&message["id"], id, "{message}");
                return message;
            }
        }
    }

    /// Sends a request and returns its response.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = json!(self.id);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        self.answer(&id)
    }

    /// Calls a tool as an initialized client, and returns the response.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// Waits for the exit.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        wait(&mut self.child)
    }

    /// Closes stdin and waits for the exit.
    pub fn close(&mut self) -> std::process::ExitStatus {
        self.stdin = None;
        wait(&mut self.child)
    }

    /// Process id of the server.
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for StdioServer {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// Sends SIGTERM to a process.
pub fn terminate(process: u32) {
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {process}")]).status();
    assert!(kill.unwrap().success());
}

/// Waits for the exit of a server. After [`MAX_WAIT`], kills it and panics.
pub fn wait(child: &mut Child) -> std::process::ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > MAX_WAIT {
            kill(child);
            panic!("the server did not exit");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn kill(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

/// A free port outside the ephemeral range, so that the system gives it to no connection before a server binds it.
pub fn free_port() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    // Each process tries 20 ports of its own first, so that two test processes don't choose the same free port.
    let first = 12_000 + (std::process::id() % 1_000) as u16 * 20;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server that listens on HTTP, by default on a free port.
pub struct HttpServer {
    child: Child,
    pub address: SocketAddr,
    pub stderr: Stderr,
}

/// Path of the program of `examples/NAME`. Builds it first unless `EXAMPLES_BUILT` is set.
pub fn example(name: &str) -> PathBuf {
    // `./test` has built the examples together with the tests. With `-p`, cargo builds an example with other features
    // and compiles its dependencies a second time.
    if std::env::var_os("EXAMPLES_BUILT").is_none() {
        let built = Command::new(env!("CARGO")).args(["build", "-q", "-p", name]).status().unwrap();
        assert!(built.success(), "{name}");
    }
    Path::new(SPECIMEN).with_file_name(name)
}

impl HttpServer {
    /// Starts the specimen.
    pub fn start(arguments: &[&str]) -> Self {
        HttpServer::start_by(&mut Command::new(SPECIMEN), arguments)
    }

    /// Starts a server from `command` on a free port.
    pub fn start_by(command: &mut Command, arguments: &[&str]) -> Self {
        HttpServer::start_at(command, "127.0.0.1:0", arguments)
    }

    /// Starts the server of `examples/NAME` with `folder` as its working directory.
    pub fn example(name: &str, folder: &Path) -> Self {
        HttpServer::start_by(Command::new(example(name)).current_dir(folder), &[])
    }

    /// Starts a server from `command` at a fixed address.
    pub fn start_at(command: &mut Command, address: &str, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--http", address])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = Stderr::follow(&mut child);
        let line = stderr.line_with(&["serves at http"]);
        let address = line.rsplit_once("://").unwrap().1.trim_end_matches("/mcp").parse().unwrap();
        HttpServer { child, address, stderr }
    }

    /// URL of the MCP endpoint.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Process id of the server.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Opens a connection. A blocked read or write fails after [`MAX_WAIT`].
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        stream.set_write_timeout(Some(MAX_WAIT)).unwrap();
        stream
    }

    /// Sends raw bytes and reads the response to its end.
    pub fn send_bytes(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server may refuse the request before it has read all of it.
        drop(stream.write_all(bytes));
        Reply::read(stream)
    }

    /// Sends a request with default headers and `headers`, which replace default headers of the same name. An empty
    /// value removes a default header.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.send_bytes(&self.request_bytes(method, path, headers, body))
    }

    /// Bytes of a request; `headers` as in [`HttpServer::send`].
    pub fn request_bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let host = self.address.to_string();
        let length = body.len().to_string();
        let defaults = [
            ("Host", host.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Length", &length),
            ("Connection", "close"),
        ];
        let overridden = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in defaults.iter().filter(|(name, _)| !overridden(name)).chain(headers) {
            if !value.is_empty() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }

    /// Sends a JSON-RPC message to the MCP endpoint; `headers` as in [`HttpServer::send`].
    pub fn post(&self, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.send("POST", "/mcp", headers, body.to_string().as_bytes())
    }

    /// Calls a tool as a 2025-11-25 client without a session.
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        self.post(&[], &tools_call(1, tool, arguments)).json()
    }

    /// Opens a session (only 2025-11-25 has them) and returns its id. The server needs `--legacy-sessions`.
    pub fn open_session(&self, headers: &[(&str, &str)]) -> String {
        let opened = self.post(headers, &rpc("initialize", initialize_params(json!({}))));
        assert_eq!(opened.status, 200, "{opened:?}");
        let id = opened.header("mcp-session-id").unwrap().to_owned();
        let headers = [headers, &[("Mcp-Session-Id", id.as_str())]].concat();
        assert_eq!(self.post(&headers, &initialized()).status, 202);
        id
    }

    /// Reads a counter of the specimen: calls that are `running`, were `dropped` before they finished, have `finished`,
    /// or noticed their cancellation (`told`). Only some tools count their calls.
    pub fn count(&self, what: &str) -> u64 {
        self.call("counts", json!({}))["result"]["structuredContent"][what].as_u64().unwrap()
    }

    /// Waits until a counter of the specimen reaches `expected`.
    pub fn wait_for_count(&self, what: &str, expected: u64) {
        let begun = Instant::now();
        while self.count(what) != expected {
            assert!(begun.elapsed() < MAX_WAIT, "{what}: expected {expected}, got {}", self.count(what));
        }
    }

    /// Sends a request as a 2026-07-28 (modern) client; `meta` as in [`modern`], `headers` as in [`HttpServer::send`].
    /// Default headers repeat the revision, the method and the tool's name, as that revision requires.
    pub fn modern(&self, method: &str, params: Value, meta: Value, headers: &[(&str, &str)]) -> Reply {
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let defaults =
            [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), ("Mcp-Name", name.as_str())];
        let overridden = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let defaults = defaults.into_iter().filter(|(name, value)| !overridden(name) && !value.is_empty());
        let headers: Vec<(&str, &str)> = defaults.chain(headers.iter().copied()).collect();
        self.post(&headers, &modern(1, method, params, meta))
    }

    /// Exit status; `None` while the server runs.
    pub fn exit_status(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for the exit.
    #[cfg(feature = "containers")]
    pub fn wait(&mut self) -> std::process::ExitStatus {
        wait(&mut self.child)
    }

    /// Sends SIGTERM, without waiting.
    pub fn signal(&self) {
        terminate(self.child.id());
    }

    /// Sends SIGTERM and waits for the exit.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal();
        wait(&mut self.child)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// A JSON-RPC request with the id 1.
pub fn rpc(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// A `tools/call` request of 2025-11-25.
pub fn tools_call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "tools/call", "params": params })
}

/// Parameters of a 2025-11-25 `initialize` request.
pub fn initialize_params(capabilities: Value) -> Value {
    let client = json!({ "name": "harness", "version": "1" });
    json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client })
}

/// The notification that follows `initialize`.
pub fn initialized() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}

/// A 2026-07-28 (modern) request; `meta` overrides members of its `_meta`, and `null` removes one.
pub fn modern(id: i64, method: &str, mut params: Value, meta: Value) -> Value {
    let mut merged = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "harness", "version": "2" },
    });
    for (key, value) in meta.as_object().cloned().unwrap_or_default() {
        if value.is_null() {
            merged.as_object_mut().unwrap().remove(&key);
        } else {
            merged[key] = value;
        }
    }
    params["_meta"] = merged;
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// An HTTP response.
#[derive(Debug)]
pub struct Reply {
    /// 0 if the response has no status line.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    pub body: String,
}

impl Reply {
    /// Reads a response until the server closes the connection.
    pub fn read(mut stream: impl std::io::Read) -> Self {
        let mut bytes = Vec::new();
        // If the connection is reset, the bytes received before are the response.
        drop(stream.read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = if chunked { unchunked(body) } else { body.to_owned() };
        Reply { status, head: head.to_owned(), body }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Parses the messages of an event stream.
    pub fn events(&self) -> Vec<Value> {
        assert_eq!(self.header("content-type"), Some("text/event-stream"), "{self:?}");
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
        data.map(str::trim)
            .filter(|data| !data.is_empty())
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}

/// Decodes a body in chunked transfer encoding.
fn unchunked(mut body: &str) -> String {
    let mut joined = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        joined.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    joined
}

/// Names of the tools in a `tools/list` result.
pub fn tool_names(result: &Value) -> Vec<String> {
    let tools = result["tools"].as_array().unwrap_or_else(|| panic!("no list: {result}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Waits until `condition` is true and returns the elapsed time. `what` describes the condition.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < MAX_WAIT, "waited for this and timed out: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = begun.elapsed();
    println!("{what} after {took:?}");
    took
}

/// Text of the first content block of a result.
pub fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// Kind of a tool error, such as `timeout`. Panics if the call succeeded.
pub fn kind(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["_meta"]["dev.mcp-tool/error"]["kind"]
        .as_str()
        .unwrap_or_else(|| panic!("no kind: {answer}"))
}

/// Correlation id of a result or an error.
pub fn correlation(answer: &Value) -> &str {
    let holder =
        if answer.get("result").is_some() { &answer["result"]["_meta"] } else { &answer["error"]["data"] };
    holder["dev.mcp-tool/correlationId"].as_str().unwrap_or_else(|| panic!("no correlation id: {answer}"))
}

/// Resident memory of a process, in KiB.
pub fn resident(process: u32) -> u64 {
    status(process, "VmRSS:")
}

/// Peak resident memory of a process, in KiB.
pub fn most_resident(process: u32) -> u64 {
    status(process, "VmHWM:")
}

/// A size in KiB from `/proc/PID/status`.
fn status(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
