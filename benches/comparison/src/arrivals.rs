//! Open-loop load: calls arrive at a fixed rate, as from many independent clients, over persistent connections.

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
    /// Requests in rotation, each with its number of consecutive calls.
    pub calls: Vec<(Request, usize)>,
    /// Calls per second.
    pub rate: f64,
    pub time: Duration,
    /// Maximum number of open connections; a call without a free connection is not sent.
    pub connections: usize,
    /// Time after which a client closes its connection.
    pub patience: Duration,
}

/// Results of one kind of call.
#[derive(Clone, Default)]
pub struct ArrivalResults {
    /// Nanoseconds from the due time of a call to its response, sorted.
    pub good: Vec<u64>,
    /// Nanoseconds until a refusal that says to retry later, sorted.
    pub refused: Vec<u64>,
    /// Calls without a free connection.
    pub unsent: u64,
    /// Calls whose client timed out.
    pub timed_out: u64,
    /// Other failures and their number.
    pub failed: BTreeMap<String, u64>,
}

struct Shared {
    address: SocketAddr,
    patience: Duration,
    idle: RefCell<Vec<Connection>>,
    results: RefCell<Vec<ArrivalResults>>,
}

impl Arrivals {
    /// Runs the load and waits for the last responses. Needs a single-threaded runtime.
    pub async fn run(self) -> Vec<ArrivalResults> {
        let shared = Rc::new(Shared {
            address: self.address,
            patience: self.patience,
            idle: RefCell::default(),
            results: RefCell::new(vec![ArrivalResults::default(); self.calls.len()]),
        });
        let turn: Vec<usize> =
            self.calls.iter().enumerate().flat_map(|(kind, (_, times))| vec![kind; *times]).collect();
        let local = LocalSet::new();
        local
            .run_until(async {
                let mut tasks = tokio::task::JoinSet::new();
                let begun = Instant::now();
                let mut sent = 0_u64;
                while begun.elapsed() < self.time {
                    while (sent as f64) < begun.elapsed().as_secs_f64() * self.rate {
                        let due = begun + Duration::from_secs_f64(sent as f64 / self.rate);
                        let kind = turn[sent as usize % turn.len()];
                        sent += 1;
                        while tasks.try_join_next().is_some() {}
                        if tasks.len() >= self.connections {
                            shared.results.borrow_mut()[kind].unsent += 1;
                            continue;
                        }
                        let mut request = self.calls[kind].0.clone();
                        request.numbered(100_000_000 + (sent % 800_000_000) as u32);
                        tasks.spawn_local(one(kind, request, due, Rc::clone(&shared)));
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

async fn one(kind: usize, request: Request, due: Instant, shared: Rc<Shared>) {
    let idle = shared.idle.borrow_mut().pop();
    let asked = async {
        let mut connection = match idle {
            Some(idle) => idle,
            None => Connection::open(shared.address).await?,
        };
        let answer = connection.ask(request.bytes()).await?;
        let verdict = Verdict::of(answer.status, answer.body);
        Ok::<_, std::io::Error>((connection, verdict))
    };
    let asked = tokio::time::timeout(shared.patience, asked).await;
    let taken = due.elapsed().as_nanos() as u64;
    let mut results = shared.results.borrow_mut();
    let results = &mut results[kind];
    match asked {
        Err(_) => results.timed_out += 1,
        Ok(Err(error)) => *results.failed.entry(error.to_string()).or_default() += 1,
        Ok(Ok((connection, verdict))) => {
            shared.idle.borrow_mut().push(connection);
            match verdict {
                Verdict::Good => results.good.push(taken),
                Verdict::Refused => results.refused.push(taken),
                Verdict::Other(what) => *results.failed.entry(what).or_default() += 1,
            }
        }
    }
}

enum Verdict {
    Good,
    Refused,
    Other(String),
}

impl Verdict {
    fn of(status: u16, body: &[u8]) -> Self {
        let holds = |what: &[u8]| memchr::memmem::find(body, what).is_some();
        match status {
            200 if !holds(br#""isError":true"#) => Verdict::Good,
            200 | 429 | 503 if holds(b"later") || status != 200 => Verdict::Refused,
            _ => {
                Verdict::Other(format!("{status} {}", String::from_utf8_lossy(&body[..body.len().min(160)])))
            }
        }
    }
}

/// Quantile of sorted nanoseconds; zero if there are none.
pub fn quantile(ordered: &[u64], share: f64) -> Duration {
    let place = (ordered.len() as f64 * share) as usize;
    Duration::from_nanos(ordered.get(place.min(ordered.len().saturating_sub(1))).copied().unwrap_or(0))
}
