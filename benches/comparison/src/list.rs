//! The complete `tools/list` of 10 to 10,000 tools over one connection, each server in turn in every round.
//!
//! ```text
//! cargo run --release --bin list -- ROUNDS [SERVER …]
//! ```

use std::{
    error::Error,
    net::SocketAddr,
    time::{Duration, Instant},
};

use comparison::{
    calls,
    load::{Connection, Request},
    median,
    peers::{self, Peer},
    process::{self, Server},
};

const TOOLS: [usize; 4] = [10, 100, 1_000, 10_000];

/// Minimum load time of a server per round.
const TURN: Duration = Duration::from_millis(500);

struct Measured {
    peer: &'static Peer,
    server: Server,
    /// One request per page.
    pages: Vec<Request>,
    bytes: usize,
    /// Microseconds per list: processor time of the server, and total time.
    cpu: Vec<f64>,
    whole: Vec<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let names: Vec<String> = arguments.collect();
    let listing: Vec<&Peer> = Peer::named(&names)?.into_iter().filter(|peer| peer.lists_many()).collect();
    for peer in &listing {
        peer.prepare(true)?;
    }
    let mut rows: Vec<String> = listing.iter().map(|peer| format!("| {} |", peer.label)).collect();
    for tools in TOOLS {
        let mut measured = Vec::new();
        for (place, peer) in listing.iter().enumerate() {
            // A server that does not answer is skipped.
            match ready(peer, tools).await {
                Ok(one) => measured.push((place, one)),
                Err(error) => {
                    eprintln!("{} is skipped with {tools} tools: {error}", peer.name);
                    rows[place].push_str(" – |");
                }
            }
        }
        process::bind(peers::LOAD)?;
        for round in 0..rounds {
            for turn in 0..measured.len() {
                let place = (turn + round) % measured.len();
                ask(&mut measured[place].1).await?;
            }
        }
        for (place, one) in &measured {
            let (cpu, whole) = (median(one.cpu.clone()), median(one.whole.clone()));
            rows[*place].push_str(&format!(" {}, {} |", formatted(cpu), formatted(whole)));
            eprintln!(
                "{}, {tools} tools: {} bytes in {} pages, {:.1} MiB of memory",
                one.peer.name,
                one.bytes,
                one.pages.len(),
                one.server.memory()? as f64 / 1_024.0
            );
        }
    }
    println!("Medians of {rounds} rounds: processor time of a list, and time until it is complete\n");
    println!("| server | 10 tools | 100 | 1,000 | 10,000 |\n|---|---|---|---|---|");
    for row in rows {
        println!("{row}");
    }
    Ok(())
}

async fn ready(peer: &'static Peer, tools: usize) -> Result<Measured, Box<dyn Error>> {
    peer.prepare(true)?;
    let mut server = peer.start(tools)?;
    server.ready(peers::PATIENCE)?;
    let (pages, bytes) = walk(peer, server.address, tools).await?;
    Ok(Measured { peer, server, pages, bytes, cpu: Vec::new(), whole: Vec::new() })
}

/// Reads all pages once and returns their requests and total size.
async fn walk(
    peer: &Peer,
    address: SocketAddr,
    tools: usize,
) -> Result<(Vec<Request>, usize), Box<dyn Error>> {
    let mut connection = Connection::open(address).await?;
    let (mut pages, mut bytes, mut listed) = (Vec::new(), 0, 0);
    let mut cursor: Option<String> = None;
    loop {
        let request = calls::list(peer, address, peer.era(), cursor.as_deref());
        let answer = connection.ask(request.bytes()).await?;
        let json = answer.json()?;
        bytes += answer.body.len();
        let Some(found) = json["result"]["tools"].as_array() else {
            return Err(format!("no list: {} {json}", answer.status).into());
        };
        listed += found.len();
        pages.push(request);
        cursor = json["result"]["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if listed != tools {
        return Err(format!("{listed} were listed").into());
    }
    Ok((pages, bytes))
}

async fn ask(one: &mut Measured) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(one.server.address).await?;
    let (mut lists, spent, begun) = (0.0, one.server.spent()?, Instant::now());
    while lists == 0.0 || begun.elapsed() < TURN {
        let mut bytes = 0;
        for page in &one.pages {
            bytes += connection.ask(page.bytes()).await?.body.len();
        }
        if bytes.abs_diff(one.bytes) > one.pages.len() * 64 {
            return Err(format!("{}: another list than before", one.peer.name).into());
        }
        lists += 1.0;
    }
    one.whole.push(begun.elapsed().as_secs_f64() * 1e6 / lists);
    one.cpu.push((one.server.spent()? - spent).as_secs_f64() * 1e6 / lists);
    Ok(())
}

fn formatted(micros: f64) -> String {
    match micros {
        _ if micros >= 1e6 => format!("{:.1} s", micros / 1e6),
        _ if micros >= 1e3 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{micros:.0} µs"),
    }
}
