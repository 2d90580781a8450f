//! A client over stdio: starts a server as a child process and calls its tool `search_orders`.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use memchr::{memchr, memmem::Finder};

/// Protocol era of the calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2025-11-25 and earlier.
    Legacy,
    /// 2026-07-28.
    Modern,
}

impl Era {
    /// Protocol revision that the calls name.
    pub fn revision(self) -> &'static str {
        match self {
            Era::Legacy => "2025-11-25",
            Era::Modern => "2026-07-28",
        }
    }
}

/// Text that every valid response contains: the arguments of the call, which the tool returns with the number of tags.
static EXPECTED: LazyLock<Finder<'static>> = LazyLock::new(|| {
    Finder::new(br#""structuredContent":{"query":"late orders of may","limit":20,"status":"paid","tags":2}"#)
});
/// Text of a tool error, which no valid response contains.
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""isError":true"#));
/// Key of the response's id.
static ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(br#""id":"#));

/// A server process, which is called over its pipes.
pub struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// Text of a call before its id, and text after its id.
    call: (String, String),
}

impl Server {
    /// Starts this program with these arguments as a server. In the legacy era, also initializes the session.
    pub fn start(arguments: &[&str], era: Era) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server must start");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::with_capacity(256 * 1024, child.stdout.take().expect("a pipe"));
        let meta = match era {
            Era::Legacy => "",
            Era::Modern => {
                r#","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"io.modelcontextprotocol/clientCapabilities":{}}"#
            }
        };
        let before = r#"{"jsonrpc":"2.0","id":"#.to_owned();
        let after = format!(
            r#","method":"tools/call","params":{{"name":"search_orders","arguments":{{"query":"late orders of may","limit":20,"status":"paid","tags":["urgent","export"]}}{meta}}}}}"#
        );
        let mut server = Server { child, stdin, stdout, call: (before, after + "\n") };
        if era == Era::Legacy {
            let initialize = r#"{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}}"#;
            let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
            writeln!(server.stdin, "{initialize}").expect("a running server");
            let mut answer = String::new();
            server.stdout.read_line(&mut answer).expect("an answer");
            assert!(answer.contains("\"result\""), "{answer}");
            writeln!(server.stdin, "{initialized}").expect("a running server");
        }
        server
    }

    /// Runs calls one at a time and returns their sorted durations in microseconds.
    pub fn one_by_one(&mut self, calls: usize) -> Vec<f64> {
        let (mut times, mut answer) = (Vec::with_capacity(calls), Vec::new());
        for id in 0..calls {
            let line = format!("{}{id}{}", self.call.0, self.call.1);
            let begun = Instant::now();
            self.stdin.write_all(line.as_bytes()).expect("a running server");
            answer.clear();
            self.stdout.read_until(b'\n', &mut answer).expect("an answer");
            times.push(begun.elapsed().as_secs_f64() * 1e6);
            assert_eq!(valid_id(&answer), id);
        }
        times.sort_by(f64::total_cmp);
        times
    }

    /// Keeps up to `in_flight` calls in flight, and returns the number of calls per second.
    pub fn pipelined(&mut self, calls: usize, in_flight: usize) -> f64 {
        // Calls that were sent and calls that were answered so far. `ended` is set when the server closes its stdout.
        let (sent, answered, ended) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        let Server { stdin, stdout, call: (before, after), .. } = self;
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let (mut id, mut lines) = (0, Vec::new());
                while id < calls {
                    let end = (answered.load(Ordering::Acquire) + in_flight).min(calls);
                    if id == end {
                        assert!(!ended.load(Ordering::Acquire), "the server ended");
                        std::thread::park();
                        continue;
                    }
                    // Like a busy client, sends all calls that may be in flight now in one write.
                    lines.clear();
                    for id in id..end {
                        lines.extend_from_slice(before.as_bytes());
                        lines.extend_from_slice(write_digits(id, &mut [0; 20]));
                        lines.extend_from_slice(after.as_bytes());
                    }
                    id = end;
                    sent.store(id, Ordering::Release);
                    stdin.write_all(&lines).expect("a running server");
                }
            });
            let mut seen = vec![false; calls];
            // `kept` is the beginning of a response whose end is in the next chunk.
            let (mut chunk, mut kept, mut count) = (vec![0; 256 * 1024], Vec::<u8>::new(), 0);
            while count < calls {
                let read = stdout.read(&mut chunk).expect("answers");
                if read == 0 {
                    ended.store(true, Ordering::Release);
                    writer.thread().unpark();
                    panic!("the server ended");
                }
                let mut rest = &chunk[..read];
                while let Some(end) = memchr(b'\n', rest) {
                    let id = if kept.is_empty() {
                        valid_id(&rest[..end])
                    } else {
                        kept.extend_from_slice(&rest[..end]);
                        let id = valid_id(&kept);
                        kept.clear();
                        id
                    };
                    assert!(!std::mem::replace(&mut seen[id], true), "{id} was answered twice");
                    count += 1;
                    rest = &rest[end + 1..];
                }
                kept.extend_from_slice(rest);
                answered.store(count, Ordering::Release);
                // The writer is woken once at most half of `in_flight` calls are unanswered, not for each answer.
                if sent.load(Ordering::Acquire) < count + in_flight / 2 + 1 {
                    writer.thread().unpark();
                }
            }
            writer.thread().unpark();
        });
        calls as f64 / begun.elapsed().as_secs_f64()
    }

    /// Processor time of all threads of the server, in seconds.
    pub fn cpu(&self) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("a process");
        // The first number of the file is the time on a processor, in nanoseconds.
        let schedstat = |path: std::path::PathBuf| -> Option<f64> {
            let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
            Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
        };
        threads.flatten().filter_map(|thread| schedstat(thread.path())).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Checks a response and returns its id.
fn valid_id(answer: &[u8]) -> usize {
    let fail = || -> ! { panic!("wrong response: {}", String::from_utf8_lossy(answer)) };
    if EXPECTED.find(answer).is_none() || ERROR.find(answer).is_some() {
        fail();
    }
    let Some(offset) = ID.find(answer) else { fail() };
    // 5 is the length of `"id":`.
    let digits = answer[offset + 5..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |id, digit| id * 10 + usize::from(digit - b'0'))
}

/// Writes the decimal digits of a number into `digits`, and returns them; allocates nothing.
fn write_digits(mut number: usize, digits: &mut [u8; 20]) -> &[u8] {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}
