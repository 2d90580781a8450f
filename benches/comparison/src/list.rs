//! Measures the complete `tools/list`, that is all its pages, of 10 to 10,000 tools over one connection. Every round
//! measures each server whose number of tools can be set.
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
    peers::{LOAD_PROCESSOR, Peer, START_TIMEOUT},
    process::{self, Server},
};

/// Numbers of listed tools.
const TOOLS: [usize; 4] = [10, 100, 1_000, 10_000];

/// Minimum time for which one server is measured in each round.
const TIME: Duration = Duration::from_millis(500);

/// A server with a number of tools, and its figures.
struct Measured {
    peer: &'static Peer,
    server: Server,
    /// One request per page.
    pages: Vec<Request>,
    /// Total size of the pages, in bytes.
    bytes: usize,
    /// Processor time of the server for each complete list, in microseconds, by round.
    cpu: Vec<f64>,
    /// Elapsed time of each complete list, in microseconds, by round.
    elapsed: Vec<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(5), |count| count.parse())?;
    let names: Vec<String> = arguments.collect();
    let peers: Vec<&Peer> = Peer::named(&names)?.into_iter().filter(|peer| peer.lists_many()).collect();
    for peer in &peers {
        peer.prepare(true)?;
    }
    let mut rows: Vec<String> = peers.iter().map(|peer| format!("| {} |", peer.label)).collect();
    for tools in TOOLS {
        let mut measured = Vec::new();
        for (row, peer) in peers.iter().enumerate() {
            // A server that doesn't start, or doesn't list its tools, is skipped for this number of tools.
            match start(peer, tools).await {
                Ok(server) => measured.push((row, server)),
                Err(error) => {
                    eprintln!("{} is skipped with {tools} tools: {error}", peer.name);
                    rows[row].push_str(" – |");
                }
            }
        }
        process::bind_to_processor(LOAD_PROCESSOR)?;
        for round in 0..rounds {
            // Each round begins with another server, so that none is always measured first.
            for offset in 0..measured.len() {
                let index = (offset + round) % measured.len();
                measure(&mut measured[index].1).await?;
            }
        }
        for (row, Measured { peer, server, pages, bytes, cpu, elapsed }) in &measured {
            let (cpu, elapsed) = (median(cpu.clone()), median(elapsed.clone()));
            rows[*row].push_str(&format!(" {}, {} |", formatted(cpu), formatted(elapsed)));
            eprintln!(
                "{}, {tools} tools: {bytes} bytes in {} pages, {:.1} MiB of memory",
                peer.name,
                pages.len(),
                server.memory()? as f64 / 1_024.0
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

/// Builds and starts the server, and reads its list once.
async fn start(peer: &'static Peer, tools: usize) -> Result<Measured, Box<dyn Error>> {
    peer.prepare(true)?;
    let mut server = peer.start(tools)?;
    server.wait_until_ready(START_TIMEOUT)?;
    let (pages, bytes) = read_pages(peer, server.address, tools).await?;
    Ok(Measured { peer, server, pages, bytes, cpu: Vec::new(), elapsed: Vec::new() })
}

/// Reads all pages once and returns their requests and total size.
async fn read_pages(
    peer: &Peer,
    address: SocketAddr,
    tools: usize,
) -> Result<(Vec<Request>, usize), Box<dyn Error>> {
    let mut connection = Connection::open(address).await?;
    let (mut pages, mut bytes, mut count) = (Vec::new(), 0, 0);
    let mut cursor: Option<String> = None;
    loop {
        let request = calls::list_request(peer, address, peer.newest_era(), cursor.as_deref());
        let response = connection.send(request.bytes()).await?;
        let json = response.json()?;
        bytes += response.body.len();
        let Some(found) = json["result"]["tools"].as_array() else {
            return Err(format!("no list: {} {json}", response.status).into());
        };
        count += found.len();
        pages.push(request);
        cursor = json["result"]["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if count != tools {
        return Err(format!("{count} tools were listed").into());
    }
    Ok((pages, bytes))
}

/// Reads the complete list repeatedly for one round.
async fn measure(measured: &mut Measured) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(measured.server.address).await?;
    let (mut lists, before, start) = (0.0, measured.server.processor_time()?, Instant::now());
    while lists == 0.0 || start.elapsed() < TIME {
        let mut bytes = 0;
        for page in &measured.pages {
            bytes += connection.send(page.bytes()).await?.body.len();
        }
        // Up to 64 bytes of each page may change from list to list.
        if bytes.abs_diff(measured.bytes) > measured.pages.len() * 64 {
            return Err(format!("{}: the list is not the one that was checked", measured.peer.name).into());
        }
        lists += 1.0;
    }
    measured.elapsed.push(start.elapsed().as_secs_f64() * 1e6 / lists);
    measured.cpu.push((measured.server.processor_time()? - before).as_secs_f64() * 1e6 / lists);
    Ok(())
}

/// Text of a time with its unit.
fn formatted(micros: f64) -> String {
    match micros {
        _ if micros >= 1e6 => format!("{:.1} s", micros / 1e6),
        _ if micros >= 1e3 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{micros:.0} µs"),
    }
}
