//! Everyday load on our server and on an axum handler without checks: many connections, large calls, slow calls among
//! fast ones, and ten times more calls than the server can answer.
//!
//! `cargo run --release --bin everyday -- [SECONDS [PART…]]`, where a part is connections, sizes, slow or overload.

use std::{
    cell::RefCell,
    error::Error,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use comparison::{
    arrivals::{ArrivalResults, Arrivals, quantile},
    load::{self, Connection, ID, Outcome, Plan, Request, Wanted},
    peers::{LOAD, PATIENCE, SERVER},
    process::{self, Server},
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::task::LocalSet;

type Failure = Box<dyn Error>;

/// Soft limit of file descriptors, as most systems set it.
const DESCRIPTORS: u64 = 1_024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Axum,
    Ours,
}

impl Side {
    const ALL: [Side; 2] = [Side::Axum, Side::Ours];

    fn label(self) -> &'static str {
        match self {
            Side::Axum => "raw axum",
            Side::Ours => "ours",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Side::Axum => "everyday-axum",
            Side::Ours => "everyday-ours",
        }
    }

    fn build(self) -> Result<(), Failure> {
        let feature = if self == Side::Axum { "raw-axum" } else { "ours" };
        let build = ["build", "--release", "--quiet", "-p", "mcp-tool-peers", "--features", feature];
        let status =
            Command::new("cargo").args(build).args(["--bin", self.program()]).current_dir(here()).status()?;
        if status.success() { Ok(()) } else { Err(format!("{} isn't built", self.program()).into()) }
    }

    /// Starts the server with a descriptor limit; `settings` apply only to ours.
    fn start(self, settings: &[&str], descriptors: u64) -> Result<Server, Failure> {
        let address = process::free_address()?;
        let folder = here().join("target/served");
        fs::create_dir_all(&folder)?;
        let log = fs::File::create(folder.join(format!("{}.log", self.program())))?;
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -Sn {descriptors}; exec \"$0\" \"$@\"")]);
        command.arg(here().join("target/release").join(self.program()));
        match self {
            Side::Axum => command.arg(address.to_string()),
            Side::Ours => {
                let records = folder.join("everyday.records");
                drop(fs::remove_file(&records));
                command
                    .args(["serve", "--http", &address.to_string(), "--audit-file"])
                    .arg(records)
                    .args(settings)
            }
        };
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut server = Server::start(command, address, SERVER, LOAD)?;
        server.ready(PATIENCE)?;
        Ok(server)
    }
}

fn here() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn call(server: &Server, tool: &str, arguments: &str) -> Request {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":{ID},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    );
    Request::post(server.address, "/mcp", &[("mcp-protocol-version", "2025-11-25")], &body)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let time = Duration::from_secs(given.first().map_or(Ok(10), |seconds| seconds.parse())?);
    let wants = |part: &str| given.len() < 2 || given[1..].iter().any(|given| given == part);
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    for side in Side::ALL {
        side.build()?;
    }
    if wants("connections") {
        open_connections(time).await?;
        new_connections(time).await?;
        too_many_connections().await?;
    }
    if wants("sizes") {
        sizes(time).await?;
    }
    if wants("slow") {
        slow_among_fast(time).await?;
    }
    if wants("overload") {
        overload(time).await?;
    }
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn no_failures(what: &str, outcome: &Outcome) {
    for (failure, times) in outcome.failed.iter().take(3) {
        println!("{what}: {times} times {failure}");
    }
}

/// Calls over many open connections, 64 at a time, each connection in turn.
async fn open_connections(time: Duration) -> Result<(), Failure> {
    println!("\nOpen connections, 64 calls at a time over all of them in turn\n");
    println!("| server | open | memory of one | calls/s | CPU a call | p50 | p99 | failed |");
    println!("|---|---|---|---|---|---|---|---|");
    for open in [64, 1_000, 10_000] {
        for side in Side::ALL {
            let settings = ["--max-connections", "16384"];
            let server = side.start(&settings, if side == Side::Ours { DESCRIPTORS } else { 20_000 })?;
            process::bind(LOAD)?;
            let before = server.memory()?;
            let request = call(&server, "weigh", r#"{"text":"so many letters"}"#);
            let (mut connections, mut failed) = (Vec::new(), 0_u64);
            for _ in 0..open {
                let opened = tokio::time::timeout(Duration::from_secs(2), async {
                    let mut connection = Connection::open(server.address).await?;
                    connection.ask(request.bytes()).await?;
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
            let held = connections.len();
            let each = (server.memory()?.saturating_sub(before)) as f64 / held.max(1) as f64;
            let (begun, spent) = (Instant::now(), server.spent()?);
            let latencies = in_turn(connections, &request, time).await;
            let (elapsed, spent) = (begun.elapsed(), server.spent()? - spent);
            println!(
                "| {} | {held} | {each:.1} KiB | {:.0} | {:.1} µs | {:.0} µs | {:.0} µs | {failed} |",
                side.label(),
                latencies.len() as f64 / elapsed.as_secs_f64(),
                micros(spent) / latencies.len().max(1) as f64,
                micros(quantile(&latencies, 0.5)),
                micros(quantile(&latencies, 0.99)),
            );
        }
    }
    Ok(())
}

/// Calls over the connection that was idle the longest, 64 at a time.
async fn in_turn(connections: Vec<Connection>, request: &Request, time: Duration) -> Vec<u64> {
    let idle = Rc::new(RefCell::new(std::collections::VecDeque::from(connections)));
    let latencies = Rc::new(RefCell::new(Vec::new()));
    let local = LocalSet::new();
    let begun = Instant::now();
    for _ in 0..64 {
        let (idle, latencies, request) = (Rc::clone(&idle), Rc::clone(&latencies), request.clone());
        local.spawn_local(async move {
            while begun.elapsed() < time {
                let Some(mut connection) = idle.borrow_mut().pop_front() else { return };
                let asked = Instant::now();
                if connection.ask(request.bytes()).await.is_ok_and(|answer| answer.status == 200) {
                    latencies.borrow_mut().push(asked.elapsed().as_nanos() as u64);
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

/// A new connection for each call.
async fn new_connections(time: Duration) -> Result<(), Failure> {
    println!("\nA connection for each call, 32 at a time\n");
    println!("| server | calls/s | CPU a call | p50 | p99 |\n|---|---|---|---|---|");
    for side in Side::ALL {
        let server = side.start(&[], 20_000)?;
        process::bind(LOAD)?;
        let request = call(&server, "weigh", r#"{"text":"so many letters"}"#);
        let plan = Plan { keep_alive: false, ..closed(&server, request, 32, time) };
        row(side.label(), &server, plan).await?;
    }
    Ok(())
}

/// Response to a connection beyond the limit.
async fn too_many_connections() -> Result<(), Failure> {
    let server = Side::Ours.start(&["--max-connections", "100"], 20_000)?;
    let request = call(&server, "weigh", r#"{"text":"so many letters"}"#);
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = Connection::open(server.address).await?;
        connection.ask(request.bytes()).await?;
        connections.push(connection);
    }
    let begun = Instant::now();
    let asked = tokio::time::timeout(Duration::from_secs(5), async {
        let mut connection = Connection::open(server.address).await?;
        let answer = connection.ask(request.bytes()).await?;
        Ok::<_, std::io::Error>(answer.status)
    });
    let saw = match asked.await {
        Ok(Ok(status)) => format!("an answer of status {status}"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "nothing".into(),
    };
    println!("\nOne connection more than http.max_connections: {saw}, after {:.1?}", begun.elapsed());
    Ok(())
}

fn closed(server: &Server, request: Request, connections: usize, time: Duration) -> Plan {
    let wanted = Wanted::new(200, b"structuredContent");
    Plan {
        address: server.address,
        requests: vec![request],
        connections,
        keep_alive: true,
        calls: u64::MAX,
        time,
        wanted,
    }
}

async fn row(label: &str, server: &Server, plan: Plan) -> Result<f64, Failure> {
    let spent = server.spent()?;
    let outcome = load::run(plan).await;
    let spent = server.spent()? - spent;
    println!(
        "| {label} | {:.0} | {:.1} µs | {:.0} µs | {:.0} µs |",
        outcome.rate(),
        micros(spent) / outcome.latencies.len().max(1) as f64,
        micros(outcome.quantile(0.5)),
        micros(outcome.quantile(0.99)),
    );
    no_failures(label, &outcome);
    Ok(outcome.rate())
}

/// Large arguments and large results, 8 calls at a time.
async fn sizes(time: Duration) -> Result<(), Failure> {
    let text = |letters: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(letters));
    let cases = [
        ("arguments of 4 KB", "weigh", text(4_000)),
        ("arguments of 400 KB", "weigh", text(400_000)),
        ("results of 400 KB", "give", r#"{"count":400000}"#.to_owned()),
    ];
    println!("\nLarge calls, 8 at a time\n");
    println!("| server | calls/s | CPU a call | p50 | p99 |\n|---|---|---|---|---|");
    for (label, tool, arguments) in cases {
        for side in Side::ALL {
            let server = side.start(&[], 20_000)?;
            process::bind(LOAD)?;
            let plan = closed(&server, call(&server, tool, &arguments), 8, time);
            row(&format!("{}, {label}", side.label()), &server, plan).await?;
            println!("<!-- memory after it: {:.1} MiB -->", server.memory()? as f64 / 1_024.0);
        }
    }
    Ok(())
}

/// Fast calls at a constant rate, alone and with 10 % of calls that take 100 ms.
async fn slow_among_fast(time: Duration) -> Result<(), Failure> {
    println!("\nSlow calls among quick ones, 2,000 a second\n");
    println!("| server | slow calls | p50 of the quick | p99 of the quick | failed |\n|---|---|---|---|---|");
    for side in Side::ALL {
        let server = side.start(&[], 20_000)?;
        process::bind(LOAD)?;
        for slow in [0, 1] {
            let quick = call(&server, "weigh", r#"{"text":"so many letters"}"#);
            let nap = if slow == 1 { call(&server, "nap", r#"{"count":100}"#) } else { quick.clone() };
            let arrivals = Arrivals {
                address: server.address,
                calls: vec![(quick, 9), (nap, 1)],
                rate: 2_000.0,
                time,
                connections: 1_000,
                patience: Duration::from_secs(5),
            };
            let results = arrivals.run().await;
            let good = &results[0].good;
            let failed: u64 =
                results.iter().map(|results| results.failed.values().sum::<u64>() + results.timed_out).sum();
            println!(
                "| {} | {} | {:.0} µs | {:.0} µs | {failed} |",
                side.label(),
                if slow == 1 { "10%" } else { "none" },
                micros(quantile(good, 0.5)),
                micros(quantile(good, 0.99)),
            );
        }
    }
    Ok(())
}

/// Ten times as many calls as the server can answer.
async fn overload(time: Duration) -> Result<(), Failure> {
    let cases = [
        ("queue", r#"{"count":10}"#, "waits 10 ms, 16 at a time"),
        ("spend_blocking", r#"{"count":1000}"#, "1 ms of CPU, on a blocking thread, 2 at a time"),
        ("spend", r#"{"count":1000}"#, "1 ms of CPU, on the thread that reads calls"),
    ];
    println!("\nTen times the peak rate, from up to 2,000 connections, whose clients wait for 1 s\n");
    println!(
        "| server | handler | peak, calls/s | answered at ten times that | of the peak | p99 of those | refused/s | p50 of refusals | p99 of refusals | hung up/s | not sent/s | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (tool, arguments, label) in cases {
        for side in Side::ALL {
            let server = side.start(&[], 20_000)?;
            process::bind(LOAD)?;
            let connections = if tool == "spend_blocking" { 2 } else { 16 };
            let peak = load::run(closed(&server, call(&server, tool, arguments), connections, time)).await;
            no_failures(side.label(), &peak);
            let arrivals = Arrivals {
                address: server.address,
                calls: vec![(call(&server, tool, arguments), 1)],
                rate: peak.rate() * 10.0,
                time,
                connections: 2_000,
                patience: Duration::from_secs(1),
            };
            let begun = Instant::now();
            let results = arrivals.run().await.remove(0);
            overloaded(
                &format!("{} | {label}", side.label()),
                &server,
                peak.rate(),
                &results,
                begun.elapsed(),
            )?;
        }
    }
    Ok(())
}

fn overloaded(
    label: &str,
    server: &Server,
    peak: f64,
    results: &ArrivalResults,
    elapsed: Duration,
) -> Result<(), Failure> {
    let each = |count: usize| count as f64 / elapsed.as_secs_f64();
    let good = each(results.good.len());
    println!(
        "| {label} | {peak:.0} | {good:.0} | {:.2} | {:.1} ms | {:.0} | {:.1} ms | {:.1} ms | {:.0} | {:.0} | {:.1} MiB |",
        good / peak,
        micros(quantile(&results.good, 0.99)) / 1e3,
        each(results.refused.len()),
        micros(quantile(&results.refused, 0.5)) / 1e3,
        micros(quantile(&results.refused, 0.99)) / 1e3,
        each(results.timed_out as usize),
        each(results.unsent as usize),
        server.memory()? as f64 / 1_024.0,
    );
    for (failure, times) in results.failed.iter().take(3) {
        println!("{label}: {times} times {failure}");
    }
    Ok(())
}
