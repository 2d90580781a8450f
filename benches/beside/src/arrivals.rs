//! Load that doesn't wait for answers: calls come at their own pace, as they do from many clients that know nothing of
//! each other, over connections that stay open.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

use crate::load::{Connection, Request};

/// Calls at a steady pace.
pub struct Arrivals {
    pub address: SocketAddr,
    /// What is called, each so many times in a row: the last stands for all that follow until the first comes again.
    pub calls: Vec<(Request, usize)>,
    /// A second.
    pub rate: f64,
    pub time: Duration,
    /// Connections at one time; a call that finds none free isn't sent.
    pub connections: usize,
    /// How long a client waits for its answer before it hangs up.
    pub patience: Duration,
}

/// What came of one kind of call.
#[derive(Clone, Default)]
pub struct Came {
    /// Nanoseconds from when a call was due to its answer, in order of length.
    pub good: Vec<u64>,
    /// The same of refusals: an answer that says to come back later.
    pub refused: Vec<u64>,
    /// Calls that no connection was free for.
    pub unsent: u64,
    /// Calls whose client hung up.
    pub given_up: u64,
    /// What else went wrong, and how often.
    pub failed: BTreeMap<String, u64>,
}

struct Shared {
    address: SocketAddr,
    patience: Duration,
    idle: RefCell<Vec<Connection>>,
    came: RefCell<Vec<Came>>,
}

impl Arrivals {
    /// Calls as planned, and waits for the last answers; call it in a runtime of one thread.
    pub async fn run(self) -> Vec<Came> {
        let shared = Rc::new(Shared {
            address: self.address,
            patience: self.patience,
            idle: RefCell::default(),
            came: RefCell::new(vec![Came::default(); self.calls.len()]),
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
                            shared.came.borrow_mut()[kind].unsent += 1;
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
        let mut came = shared.came.take();
        for came in &mut came {
            came.good.sort_unstable();
            came.refused.sort_unstable();
        }
        came
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
    let mut came = shared.came.borrow_mut();
    let came = &mut came[kind];
    match asked {
        Err(_) => came.given_up += 1,
        Ok(Err(error)) => *came.failed.entry(error.to_string()).or_default() += 1,
        Ok(Ok((connection, verdict))) => {
            shared.idle.borrow_mut().push(connection);
            match verdict {
                Verdict::Good => came.good.push(taken),
                Verdict::Refused => came.refused.push(taken),
                Verdict::Other(what) => *came.failed.entry(what).or_default() += 1,
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

/// The time that this share took at most; zero where there are none.
pub fn quantile(ordered: &[u64], share: f64) -> Duration {
    let place = (ordered.len() as f64 * share) as usize;
    Duration::from_nanos(ordered.get(place.min(ordered.len().saturating_sub(1))).copied().unwrap_or(0))
}
