//! Everyday load on our server and on an axum handler without checks: many connections, large calls, slow calls among
//! quick ones, and ten times as many calls as the server can answer.
//!
//! `cargo run --release --bin everyday -- [SECONDS [PART…]]`; a part is `connections`, `sizes`, `slow` or `overload`.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    error::Error,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use comparison::{
    arrivals::{ArrivalResults, Arrivals, quantile},
    load::{self, Connection, Expected, ID, Plan, Request},
    peers::{LOAD_PROCESSOR, SERVER_PROCESSOR, START_TIMEOUT},
    process::{self, Server},
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::task::LocalSet;

/// Soft limit of file descriptors for our server while it has many open connections: the default of most systems. Our
/// server raises the limit when it starts; the axum server doesn't, and gets a sufficient limit.
const DESCRIPTORS: u64 = 1_024;

/// A measured server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Axum,
    Ours,
}

impl Subject {
    const ALL: [Subject; 2] = [Subject::Axum, Subject::Ours];

    fn label(self) -> &'static str {
        match self {
            Subject::Axum => "raw axum",
            Subject::Ours => "ours",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Subject::Axum => "everyday-axum",
            Subject::Ours => "everyday-ours",
        }
    }

    fn build(self) -> Result<(), Box<dyn Error>> {
        let feature = if self == Subject::Axum { "raw-axum" } else { "ours" };
        let build = ["build", "--release", "--quiet", "-p", "mcp-tool-peers", "--features", feature];
        let status = Command::new("cargo")
            .args(build)
            .args(["--bin", self.program()])
            .current_dir(workspace())
            .status()?;
        if status.success() { Ok(()) } else { Err(format!("{} couldn't be built", self.program()).into()) }
    }

    /// Starts the server with a soft limit of file descriptors. `settings` are flags of our server; the axum server
    /// doesn't get them.
    fn start(self, settings: &[&str], descriptors: u64) -> Result<Server, Box<dyn Error>> {
        let address = process::free_address()?;
        let folder = workspace().join("target/served");
        fs::create_dir_all(&folder)?;
        let log = fs::File::create(folder.join(format!("{}.log", self.program())))?;
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -Sn {descriptors}; exec \"$0\" \"$@\"")]);
        command.arg(workspace().join("target/release").join(self.program()));
        match self {
            Subject::Axum => command.arg(address.to_string()),
            Subject::Ours => {
                let records = folder.join("everyday.records");
                drop(fs::remove_file(&records));
                command
                    .args(["serve", "--http", &address.to_string(), "--audit-file"])
                    .arg(records)
                    .args(settings)
            }
        };
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut server = Server::start(command, address, SERVER_PROCESSOR, LOAD_PROCESSOR)?;
        server.wait_until_ready(START_TIMEOUT)?;
        Ok(server)
    }
}

/// Folder of the benches workspace.
fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A `tools/call` request of 2025-11-25. Both servers have the same tools: `weigh` returns the length of `text`, `give`
/// returns a text of `count` characters, `nap` and `queue` wait for `count` ms, and `spend` and `spend_blocking`
/// compute for `count` µs.
fn call_request(server: &Server, tool: &str, arguments: &str) -> Request {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{ID},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    );
    Request::post(server.address, "/mcp", &[("mcp-protocol-version", "2025-11-25")], &body)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let duration = Duration::from_secs(arguments.first().map_or(Ok(10), |seconds| seconds.parse())?);
    let is_selected = |part: &str| arguments.len() < 2 || arguments[1..].iter().any(|name| name == part);
    // This program opens up to 10,000 connections.
    let (_, hard_limit) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard_limit, hard_limit)?;
    for subject in Subject::ALL {
        subject.build()?;
    }
    if is_selected("connections") {
        open_connections(duration).await?;
        new_connections(duration).await?;
        too_many_connections().await?;
    }
    if is_selected("sizes") {
        sizes(duration).await?;
    }
    if is_selected("slow") {
        slow_among_quick(duration).await?;
    }
    if is_selected("overload") {
        overload(duration).await?;
    }
    Ok(())
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Prints the first three kinds of failures.
fn print_failures(label: &str, failures: &BTreeMap<String, u64>) {
    for (failure, count) in failures.iter().take(3) {
        println!("{label}: {count} times {failure}");
    }
}

/// Measures calls over many open connections. 64 calls are in flight at a time, and all connections take turns.
async fn open_connections(duration: Duration) -> Result<(), Box<dyn Error>> {
    println!("\nOpen connections, 64 calls at a time over all of them in turn\n");
    println!("| server | open | memory per connection | calls/s | CPU a call | p50 | p99 | failed |");
    println!("|---|---|---|---|---|---|---|---|");
    for open in [64, 1_000, 10_000] {
        for subject in Subject::ALL {
            let settings = ["--max-connections", "16384"];
            let server =
                subject.start(&settings, if subject == Subject::Ours { DESCRIPTORS } else { 20_000 })?;
            process::bind_to_processor(LOAD_PROCESSOR)?;
            let before = server.memory()?;
            let request = call_request(&server, "weigh", r#"{"text":"so many letters"}"#);
            let (mut connections, mut failed) = (Vec::new(), 0_u64);
            for _ in 0..open {
                let opened = tokio::time::timeout(Duration::from_secs(2), async {
                    let mut connection = Connection::open(server.address).await?;
                    connection.send(request.bytes()).await?;
                    Ok::<_, std::io::Error>(connection)
                });
                match opened.await {
                    Ok(Ok(connection)) => connections.push(connection),
                    Ok(Err(_)) | Err(_) => failed += 1,
                }
                if failed > 20 {
                    break;
                }
            }
            let opened = connections.len();
            // In KiB.
            let memory = (server.memory()?.saturating_sub(before)) as f64 / opened.max(1) as f64;
            let (start, processor_time) = (Instant::now(), server.processor_time()?);
            let latencies = call_in_turn(connections, &request, duration).await;
            let (elapsed, processor_time) = (start.elapsed(), server.processor_time()? - processor_time);
            println!(
                "| {} | {opened} | {memory:.1} KiB | {:.0} | {:.1} µs | {:.0} µs | {:.0} µs | {failed} |",
                subject.label(),
                latencies.len() as f64 / elapsed.as_secs_f64(),
                micros(processor_time) / latencies.len().max(1) as f64,
                micros(quantile(&latencies, 0.5)),
                micros(quantile(&latencies, 0.99)),
            );
        }
    }
    Ok(())
}

/// Sends calls, 64 at a time, each over the connection that was idle the longest. Returns the sorted latencies in
/// nanoseconds. If a call fails, its connection is closed, and the call isn't counted.
async fn call_in_turn(connections: Vec<Connection>, request: &Request, duration: Duration) -> Vec<u64> {
    let idle = Rc::new(RefCell::new(VecDeque::from(connections)));
    let latencies = Rc::new(RefCell::new(Vec::new()));
    let local = LocalSet::new();
    let start = Instant::now();
    for _ in 0..64 {
        let (idle, latencies, request) = (Rc::clone(&idle), Rc::clone(&latencies), request.clone());
        local.spawn_local(async move {
            while start.elapsed() < duration {
                let Some(mut connection) = idle.borrow_mut().pop_front() else { return };
                let sent = Instant::now();
                if connection.send(request.bytes()).await.is_ok_and(|response| response.status == 200) {
                    latencies.borrow_mut().push(sent.elapsed().as_nanos() as u64);
                    idle.borrow_mut().push_back(connection);
                }
            }
        });
    }
    local.await;
    let mut latencies = latencies.take();
    latencies.sort_unstable();
    latencies
}

/// Measures calls with a new connection for each.
async fn new_connections(duration: Duration) -> Result<(), Box<dyn Error>> {
    println!("\nA connection for each call, 32 at a time\n");
    println!("| server | calls/s | CPU a call | p50 | p99 |\n|---|---|---|---|---|");
    for subject in Subject::ALL {
        let server = subject.start(&[], 20_000)?;
        process::bind_to_processor(LOAD_PROCESSOR)?;
        let request = call_request(&server, "weigh", r#"{"text":"so many letters"}"#);
        let plan = Plan { keep_alive: false, ..closed_loop(&server, request, 32, duration) };
        print_row(subject.label(), &server, plan).await?;
    }
    Ok(())
}

/// Prints the response of our server to a call over one connection more than its setting `http.max_connections` allows.
async fn too_many_connections() -> Result<(), Box<dyn Error>> {
    let server = Subject::Ours.start(&["--max-connections", "100"], 20_000)?;
    let request = call_request(&server, "weigh", r#"{"text":"so many letters"}"#);
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = Connection::open(server.address).await?;
        connection.send(request.bytes()).await?;
        connections.push(connection);
    }
    let start = Instant::now();
    let exchange = tokio::time::timeout(Duration::from_secs(5), async {
        let mut connection = Connection::open(server.address).await?;
        let response = connection.send(request.bytes()).await?;
        Ok::<_, std::io::Error>(response.status)
    });
    let outcome = match exchange.await {
        Ok(Ok(status)) => format!("an answer of status {status}"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "nothing".into(),
    };
    println!("\nOne connection more than http.max_connections: {outcome}, after {:.1?}", start.elapsed());
    Ok(())
}

/// A closed-loop load of one request: each connection sends it again after the response.
fn closed_loop(server: &Server, request: Request, connections: usize, duration: Duration) -> Plan {
    Plan {
        address: server.address,
        requests: vec![request],
        connections,
        keep_alive: true,
        calls: u64::MAX,
        duration,
        expected: Expected::new(200, b"structuredContent"),
    }
}

/// Runs the load, prints a row of the table, and returns the valid responses per second.
async fn print_row(label: &str, server: &Server, plan: Plan) -> Result<f64, Box<dyn Error>> {
    let before = server.processor_time()?;
    let outcome = load::run(plan).await;
    let processor_time = server.processor_time()? - before;
    println!(
        "| {label} | {:.0} | {:.1} µs | {:.0} µs | {:.0} µs |",
        outcome.rate(),
        micros(processor_time) / outcome.latencies.len().max(1) as f64,
        micros(outcome.quantile(0.5)),
        micros(outcome.quantile(0.99)),
    );
    print_failures(label, &outcome.failed);
    Ok(outcome.rate())
}

/// Measures calls with large arguments or large results, 8 calls at a time.
async fn sizes(duration: Duration) -> Result<(), Box<dyn Error>> {
    let text = |letters: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(letters));
    let cases = [
        ("arguments of 4 KB", "weigh", text(4_000)),
        ("arguments of 400 KB", "weigh", text(400_000)),
        ("results of 400 KB", "give", r#"{"count":400000}"#.to_owned()),
    ];
    println!("\nLarge calls, 8 at a time\n");
    println!("| server | calls/s | CPU a call | p50 | p99 |\n|---|---|---|---|---|");
    for (label, tool, arguments) in cases {
        for subject in Subject::ALL {
            let server = subject.start(&[], 20_000)?;
            process::bind_to_processor(LOAD_PROCESSOR)?;
            let plan = closed_loop(&server, call_request(&server, tool, &arguments), 8, duration);
            print_row(&format!("{}, {label}", subject.label()), &server, plan).await?;
            println!("<!-- memory after these calls: {:.1} MiB -->", server.memory()? as f64 / 1_024.0);
        }
    }
    Ok(())
}

/// Measures quick calls at a constant rate: first only quick calls, then a load in which every tenth call takes 100 ms.
async fn slow_among_quick(duration: Duration) -> Result<(), Box<dyn Error>> {
    println!("\nSlow calls among quick ones, 2,000 a second\n");
    println!(
        "| server | slow calls | p50 of quick calls | p99 of quick calls | failed |\n|---|---|---|---|---|"
    );
    for subject in Subject::ALL {
        let server = subject.start(&[], 20_000)?;
        process::bind_to_processor(LOAD_PROCESSOR)?;
        for has_slow_calls in [false, true] {
            let quick = call_request(&server, "weigh", r#"{"text":"so many letters"}"#);
            let nap =
                if has_slow_calls { call_request(&server, "nap", r#"{"count":100}"#) } else { quick.clone() };
            let arrivals = Arrivals {
                address: server.address,
                kinds: vec![(quick, 9), (nap, 1)],
                rate: 2_000.0,
                duration,
                connections: 1_000,
                timeout: Duration::from_secs(5),
            };
            let results = arrivals.run().await;
            // Latencies of the first kind, `quick`. Those of the second kind, each tenth call, aren't shown.
            let good = &results[0].good;
            let failed: u64 =
                results.iter().map(|results| results.failed.values().sum::<u64>() + results.timed_out).sum();
            println!(
                "| {} | {} | {:.0} µs | {:.0} µs | {failed} |",
                subject.label(),
                if has_slow_calls { "10%" } else { "none" },
                micros(quantile(good, 0.5)),
                micros(quantile(good, 0.99)),
            );
        }
    }
    Ok(())
}

/// Measures a load of ten times the peak rate of the server. A closed-loop load measures the peak rate first.
async fn overload(duration: Duration) -> Result<(), Box<dyn Error>> {
    // The limit of calls at a time and the blocking thread in the labels apply to our server only. The axum server has
    // no limit, and computes on the thread that reads calls.
    let cases = [
        ("queue", r#"{"count":10}"#, "waits 10 ms, 16 at a time"),
        ("spend_blocking", r#"{"count":1000}"#, "1 ms of CPU, on a blocking thread, 2 at a time"),
        ("spend", r#"{"count":1000}"#, "1 ms of CPU, on the thread that reads calls"),
    ];
    println!("\nTen times the peak rate, from up to 2,000 connections, whose clients wait for 1 s\n");
    println!(
        "| server | handler | peak, calls/s | answered/s at ten times the peak | share of the peak | p99 of answers | refused/s | p50 of refusals | p99 of refusals | timed out/s | not sent/s | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (tool, arguments, label) in cases {
        for subject in Subject::ALL {
            let server = subject.start(&[], 20_000)?;
            process::bind_to_processor(LOAD_PROCESSOR)?;
            // Our server runs 2 calls of `spend_blocking` at a time, and 16 of `queue`. It would refuse further calls.
            let connections = if tool == "spend_blocking" { 2 } else { 16 };
            let peak = load::run(closed_loop(
                &server,
                call_request(&server, tool, arguments),
                connections,
                duration,
            ))
            .await;
            print_failures(subject.label(), &peak.failed);
            let arrivals = Arrivals {
                address: server.address,
                kinds: vec![(call_request(&server, tool, arguments), 1)],
                rate: peak.rate() * 10.0,
                duration,
                connections: 2_000,
                timeout: Duration::from_secs(1),
            };
            let start = Instant::now();
            let results = arrivals.run().await.remove(0);
            print_overload(
                &format!("{} | {label}", subject.label()),
                &server,
                peak.rate(),
                &results,
                start.elapsed(),
            )?;
        }
    }
    Ok(())
}

/// Prints a row of the overload table.
fn print_overload(
    label: &str,
    server: &Server,
    peak: f64,
    results: &ArrivalResults,
    elapsed: Duration,
) -> Result<(), Box<dyn Error>> {
    let per_second = |count: usize| count as f64 / elapsed.as_secs_f64();
    let good = per_second(results.good.len());
    println!(
        "| {label} | {peak:.0} | {good:.0} | {:.2} | {:.1} ms | {:.0} | {:.1} ms | {:.1} ms | {:.0} | {:.0} | {:.1} MiB |",
        good / peak,
        micros(quantile(&results.good, 0.99)) / 1e3,
        per_second(results.refused.len()),
        micros(quantile(&results.refused, 0.5)) / 1e3,
        micros(quantile(&results.refused, 0.99)) / 1e3,
        per_second(results.timed_out as usize),
        per_second(results.unsent as usize),
        server.memory()? as f64 / 1_024.0,
    );
    print_failures(label, &results.failed);
    Ok(())
}
