//! Servers to test, started as their users start them, and clients that send exactly what they are told.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The latest that anything may answer. Far beyond what it takes: a test fails by it, and never passes by it.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const SPECIMEN: &str = env!("CARGO_BIN_EXE_specimen");

/// What a process wrote to stderr so far.
#[derive(Clone, Default)]
pub struct Stderr(Arc<Mutex<String>>);

impl Stderr {
    pub fn follow(child: &mut Child) -> Self {
        let stderr = Stderr::default();
        let (kept, mut pipe) = (stderr.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            let mut chunk = [0; 4_096];
            while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                kept.0.lock().unwrap().push_str(&String::from_utf8_lossy(&chunk[..read]));
            }
        });
        stderr
    }

    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// Waits until a line holds all of these.
    pub fn line_with(&self, parts: &[&str]) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            // The last line may not be whole yet.
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            if let Some(line) = whole.lines().find(|line| parts.iter().all(|part| line.contains(part))) {
                return line.to_owned();
            }
            assert!(begun.elapsed() < PATIENCE, "no line with {parts:?} in:\n{text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The audit records among the lines.
    pub fn records(&self) -> Vec<Value> {
        let text = self.text();
        text.lines()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits for the record of the call with that correlation id.
    pub fn record_of(&self, correlation: &str) -> Value {
        serde_json::from_str(&self.line_with(&["\"correlation_id\"", correlation, "\"outcome\""])).unwrap()
    }
}

/// A server over stdio.
pub struct StdioServer {
    child: Child,
    pub stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    pub stderr: Stderr,
    id: i64,
    /// Notifications that came while something else was waited for.
    pub notifications: Vec<Value>,
    /// Whether stdout is left as it is.
    unread: Arc<AtomicBool>,
}

impl StdioServer {
    pub fn start(arguments: &[&str]) -> Self {
        StdioServer::start_by(&mut Command::new(SPECIMEN), arguments)
    }

    /// Starts the server that a command runs.
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
        let unread = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&unread);
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
        StdioServer { child, stdin, lines, stderr, id: 0, notifications: Vec::new(), unread }
    }

    /// Begins as a client of 2025-11-25.
    pub fn initialized(arguments: &[&str]) -> Self {
        StdioServer::initialized_by(&mut Command::new(SPECIMEN), arguments)
    }

    /// The same of a server that a command runs.
    pub fn initialized_by(command: &mut Command, arguments: &[&str]) -> Self {
        let mut server = StdioServer::start_by(command, arguments);
        let client = json!({ "name": "harness", "version": "1" });
        let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        assert_eq!(server.request("initialize", hello)["result"]["protocolVersion"], "2025-11-25");
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string());
        server
    }

    /// The same for a client that reads nothing more.
    pub fn initialized_unread(arguments: &[&str]) -> Self {
        let server = StdioServer::initialized(arguments);
        server.unread.store(true, Ordering::Relaxed);
        server
    }

    /// Asks the server to end, and waits.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        terminate(self.child.id());
        wait(&mut self.child)
    }

    pub fn send(&mut self, line: &str) {
        self.send_bytes(line.as_bytes());
    }

    pub fn send_bytes(&mut self, line: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line).unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }

    /// The next message of the server's.
    pub fn receive(&mut self) -> Value {
        let line = self
            .lines
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("{error}:\n{}", self.stderr.text()));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Whether nothing comes for a while.
    pub fn is_silent(&mut self, time: Duration) -> bool {
        self.lines.recv_timeout(time).is_err()
    }

    /// The answer to that id; notifications on the way are kept.
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

    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = json!(self.id);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        self.answer(&id)
    }

    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// Ends the input and waits for the server to end.
    pub fn close(&mut self) -> std::process::ExitStatus {
        self.stdin = None;
        wait(&mut self.child)
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for StdioServer {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Asks a process to end.
pub fn terminate(process: u32) {
    let kill = Command::new("sh").args(["-c", &format!("kill -TERM {process}")]).status();
    assert!(kill.unwrap().success());
}

/// Waits for a server's end; one that doesn't is ended.
pub fn wait(child: &mut Child) -> std::process::ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            end(child);
            panic!("the server did not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn end(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

/// A port that is free, outside of those that the system gives to whoever asks for any.
#[cfg(feature = "clients")]
pub fn free_port() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    let first = 12_000 + (std::process::id() % 1_000) as u16 * 20;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server over HTTP, on a port that was free.
pub struct HttpServer {
    child: Child,
    pub address: SocketAddr,
    pub stderr: Stderr,
}

impl HttpServer {
    pub fn start(arguments: &[&str]) -> Self {
        HttpServer::start_by(&mut Command::new(SPECIMEN), arguments)
    }

    /// Starts the server that a command runs.
    pub fn start_by(command: &mut Command, arguments: &[&str]) -> Self {
        HttpServer::start_at(command, "127.0.0.1:0", arguments)
    }

    /// The server of an example, built as the tests were, with what it keeps in that folder.
    pub fn example(name: &str, folder: &Path) -> Self {
        let built = Command::new(env!("CARGO")).args(["build", "-q", "-p", name]).status().unwrap();
        assert!(built.success(), "{name}");
        let program = Path::new(SPECIMEN).with_file_name(name);
        HttpServer::start_by(Command::new(program).current_dir(folder), &[])
    }

    /// The same at an address that has to be known before it starts.
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

    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes as they are, and reads the answer to its end.
    pub fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server may refuse before it has read all.
        drop(stream.write_all(bytes));
        Reply::read(stream)
    }

    /// A request with these headers, besides those that every request has; one of theirs is left out by an
    /// empty value.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.raw(&self.message(method, path, headers, body))
    }

    pub fn message(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let host = self.address.to_string();
        let length = body.len().to_string();
        let usual = [
            ("Host", host.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Length", &length),
            ("Connection", "close"),
        ];
        let overridden = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        for (name, value) in usual.iter().filter(|(name, _)| !overridden(name)).chain(headers) {
            if !value.is_empty() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }

    pub fn post(&self, headers: &[(&str, &str)], body: &Value) -> Reply {
        self.send("POST", "/mcp", headers, body.to_string().as_bytes())
    }

    /// A call as a client of 2025-11-25 makes it.
    pub fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.post(&[], &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).json()
    }

    /// How many calls the specimen has seen come to that.
    pub fn count(&self, what: &str) -> u64 {
        self.call("counts", json!({}))["result"]["structuredContent"][what].as_u64().unwrap()
    }

    /// Waits until it has seen so many.
    pub fn until(&self, what: &str, wanted: u64) {
        let begun = Instant::now();
        while self.count(what) != wanted {
            assert!(begun.elapsed() < PATIENCE, "{what}: {}, {wanted} wanted", self.count(what));
        }
    }

    /// A request as a client of 2026-07-28 makes it.
    pub fn modern(&self, method: &str, params: Value, meta: Value, headers: &[(&str, &str)]) -> Reply {
        let name = params["name"].as_str().unwrap_or_default().to_owned();
        let usual =
            [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), ("Mcp-Name", name.as_str())];
        let overridden = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let usual = usual.into_iter().filter(|(name, value)| !overridden(name) && !value.is_empty());
        let headers: Vec<(&str, &str)> = usual.chain(headers.iter().copied()).collect();
        self.post(&headers, &modern(1, method, params, meta))
    }

    /// Asks the server to end.
    pub fn signal(&self) {
        terminate(self.child.id());
    }

    /// Asks the server to end, and waits.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal();
        wait(&mut self.child)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A request that carries its own `_meta`.
pub fn modern(id: i64, method: &str, mut params: Value, meta: Value) -> Value {
    let mut whole = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "harness", "version": "2" },
    });
    for (key, value) in meta.as_object().cloned().unwrap_or_default() {
        if value.is_null() {
            whole.as_object_mut().unwrap().remove(&key);
        } else {
            whole[key] = value;
        }
    }
    params["_meta"] = whole;
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// What an HTTP server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn read(mut stream: impl std::io::Read) -> Self {
        let mut bytes = Vec::new();
        // What came before a reset still counts.
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

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (given, value) = line.split_once(':')?;
            given.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The messages of an event stream.
    pub fn events(&self) -> Vec<Value> {
        assert_eq!(self.header("content-type"), Some("text/event-stream"), "{self:?}");
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
        data.map(str::trim)
            .filter(|data| !data.is_empty())
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

/// The text of a result's first content.
pub fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// The kind of a tool's error.
pub fn kind(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["_meta"]["dev.mcp-tool/error"]["kind"]
        .as_str()
        .unwrap_or_else(|| panic!("no kind: {answer}"))
}

/// The correlation id of an answer, whatever it is.
pub fn correlation(answer: &Value) -> &str {
    let place =
        if answer.get("result").is_some() { &answer["result"]["_meta"] } else { &answer["error"]["data"] };
    place["dev.mcp-tool/correlationId"].as_str().unwrap_or_else(|| panic!("no correlation id: {answer}"))
}

/// The memory of a process that is resident, in KiB.
pub fn resident(process: u32) -> u64 {
    status(process, "VmRSS:")
}

/// The most that it ever was.
pub fn most_resident(process: u32) -> u64 {
    status(process, "VmHWM:")
}

fn status(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
