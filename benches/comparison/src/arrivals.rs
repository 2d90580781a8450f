//! Open-loop load: calls arrive at a fixed rate over persistent connections, even if earlier calls are not answered
//! yet. Many independent clients cause such a load.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

use crate::load::{Connection, Request};

/// Open-loop load at a constant rate.
pub struct Arrivals {
    pub address: SocketAddr,
    /// Kinds of calls, sent in rotation: the request of a kind, and the number of its calls in each rotation.
    pub kinds: Vec<(Request, usize)>,
    /// Calls per second.
    pub rate: f64,
    /// Time during which calls arrive.
    pub duration: Duration,
    /// Maximum number of open connections. A call that arrives while all of them are in use is not sent.
    pub connections: usize,
    /// Time that a client waits for a response before it closes its connection.
    pub timeout: Duration,
}

/// Results of the calls of one kind.
#[derive(Clone, Default)]
pub struct ArrivalResults {
    /// Nanoseconds from the due time of a call (its arrival according to `rate`) to its valid response, sorted.
    pub good: Vec<u64>,
    /// Nanoseconds from the due time of a call to a refusal that says to retry later, sorted.
    pub refused: Vec<u64>,
    /// Calls that were not sent, because all connections were in use.
    pub unsent: u64,
    /// Calls whose client timed out.
    pub timed_out: u64,
    /// Other failures and their number.
    pub failed: BTreeMap<String, u64>,
}

/// State that the tasks of all calls share.
struct Shared {
    address: SocketAddr,
    timeout: Duration,
    /// Open connections that no call uses.
    idle: RefCell<Vec<Connection>>,
    /// Results of each kind, in the order of [`Arrivals::kinds`].
    results: RefCell<Vec<ArrivalResults>>,
}

impl Arrivals {
    /// Runs the load, waits for the last responses, and returns the results of each kind, in the order of
    /// [`Arrivals::kinds`]. Meant for a single-threaded runtime, because the load runs on one processor.
    pub async fn run(self) -> Vec<ArrivalResults> {
        let shared = Rc::new(Shared {
            address: self.address,
            timeout: self.timeout,
            idle: RefCell::default(),
            results: RefCell::new(vec![ArrivalResults::default(); self.kinds.len()]),
        });
        let rotation: Vec<usize> =
            self.kinds.iter().enumerate().flat_map(|(kind, (_, count))| vec![kind; *count]).collect();
        let local = LocalSet::new();
        local
            .run_until(async {
                let mut tasks = tokio::task::JoinSet::new();
                let start = Instant::now();
                let mut arrived = 0_u64;
                while start.elapsed() < self.duration {
                    while (arrived as f64) < start.elapsed().as_secs_f64() * self.rate {
                        let due = start + Duration::from_secs_f64(arrived as f64 / self.rate);
                        let kind = rotation[arrived as usize % rotation.len()];
                        arrived += 1;
                        // Removes ended calls, so that `tasks.len()` counts only calls in flight.
                        while tasks.try_join_next().is_some() {}
                        if tasks.len() >= self.connections {
                            shared.results.borrow_mut()[kind].unsent += 1;
                            continue;
                        }
                        let mut request = self.kinds[kind].0.clone();
                        // Nine digits, like the id that it replaces, because `Content-Length` stays the same.
                        request.set_id(100_000_000 + (arrived % 800_000_000) as u32);
                        tasks.spawn_local(call(kind, request, due, Rc::clone(&shared)));
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                while tasks.join_next().await.is_some() {}
            })
            .await;
        let mut results = shared.results.take();
        for results in &mut results {
            results.good.sort_unstable();
            results.refused.sort_unstable();
        }
        results
    }
}

/// Sends one call over an idle or a new connection, and records its result.
async fn call(kind: usize, request: Request, due: Instant, shared: Rc<Shared>) {
    let idle = shared.idle.borrow_mut().pop();
    let exchange = async {
        let mut connection = match idle {
            Some(idle) => idle,
            None => Connection::open(shared.address).await?,
        };
        let response = connection.send(request.bytes()).await?;
        let verdict = Verdict::of(response.status, response.body);
        Ok::<_, std::io::Error>((connection, verdict))
    };
    let outcome = tokio::time::timeout(shared.timeout, exchange).await;
    let latency = due.elapsed().as_nanos() as u64;
    let mut results = shared.results.borrow_mut();
    let results = &mut results[kind];
    match outcome {
        Err(_) => results.timed_out += 1,
        Ok(Err(error)) => *results.failed.entry(error.to_string()).or_default() += 1,
        Ok(Ok((connection, verdict))) => {
            shared.idle.borrow_mut().push(connection);
            match verdict {
                Verdict::Good => results.good.push(latency),
                Verdict::Refused => results.refused.push(latency),
                Verdict::Failed(excerpt) => *results.failed.entry(excerpt).or_default() += 1,
            }
        }
    }
}

/// Classification of a response.
enum Verdict {
    /// Status 200 without a tool error.
    Good,
    /// The response says to retry later.
    Refused,
    /// Any other response: its status, and the beginning of its body.
    Failed(String),
}

impl Verdict {
    fn of(status: u16, body: &[u8]) -> Self {
        let contains = |text: &[u8]| memchr::memmem::find(body, text).is_some();
        match status {
            200 if !contains(br#""isError":true"#) => Verdict::Good,
            // Our server's tool errors for calls above a limit.
            200 if contains(b"try again in") => Verdict::Refused,
            429 | 503 => Verdict::Refused,
            _ => {
                Verdict::Failed(format!("{status} {}", String::from_utf8_lossy(&body[..body.len().min(160)])))
            }
        }
    }
}

/// Quantile of sorted nanoseconds; zero if there are none. `fraction` is 0.99 for p99.
pub fn quantile(sorted: &[u64], fraction: f64) -> Duration {
    let index = (sorted.len() as f64 * fraction) as usize;
    Duration::from_nanos(sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0))
}
