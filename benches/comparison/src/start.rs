//! Time from the start of a server to its first valid response, and its memory at that moment ("memory at rest").
//!
//! ```text
//! cargo run --release --bin start -- [ROUNDS [SERVER …]]
//! ```

use std::{
    error::Error,
    time::{Duration, Instant},
};

use comparison::{
    calls::Calls,
    median,
    peers::{Peer, START_TIMEOUT},
};

/// Pause between two attempts to call the server.
const PAUSE: Duration = Duration::from_micros(200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(11), |count| count.parse())?;
    let names: Vec<String> = arguments.collect();
    let mut peers = Vec::new();
    for peer in Peer::named(&names)? {
        // A server that can't be built, or doesn't respond correctly, is skipped. If one fails later, the program ends.
        match prepare(peer).await {
            Ok(()) => peers.push(peer),
            Err(error) => eprintln!("{} is skipped: {error}", peer.name),
        }
    }
    // For each server: elapsed times, processor times and memory sizes, by round.
    let mut measured = vec![(Vec::new(), Vec::new(), Vec::new()); peers.len()];
    for round in 0..rounds {
        // Each round begins with another server, so that none is always measured first.
        for offset in 0..peers.len() {
            let index = (offset + round) % peers.len();
            let (elapsed, cpu, memory) = start(peers[index]).await?;
            measured[index].0.push(elapsed);
            measured[index].1.push(cpu);
            measured[index].2.push(memory);
        }
    }
    println!("Medians of {rounds} rounds\n");
    println!("| server | until its first answer | CPU until then | memory at rest |\n|---|---|---|---|");
    for (peer, (elapsed, cpu, memory)) in peers.iter().zip(measured) {
        let (elapsed, cpu, memory) = (median(elapsed), median(cpu), median(memory));
        println!("| {} | {elapsed:.1} ms | {cpu:.1} ms | {memory:.1} MiB |", peer.label);
    }
    Ok(())
}

/// Builds the server, and starts it once so that its files are in the page cache.
async fn prepare(peer: &Peer) -> Result<(), Box<dyn Error>> {
    let has_many_tools = false;
    peer.prepare(has_many_tools)?;
    start(peer).await?;
    Ok(())
}

/// Starts the server, and calls it until its first valid response. Returns the elapsed time and the server's processor
/// time in milliseconds, and its memory in MiB.
async fn start(peer: &Peer) -> Result<(f64, f64, f64), Box<dyn Error>> {
    let start = Instant::now();
    let server = peer.start(1)?;
    loop {
        // Calls the tool once, over one connection, and checks the response.
        match Calls::prepare(peer, server.address, peer.newest_era(), 1).await {
            Ok(_) => break,
            Err(error) if start.elapsed() > START_TIMEOUT => return Err(error),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
    let (elapsed, cpu) = (start.elapsed().as_secs_f64(), server.processor_time()?.as_secs_f64());
    Ok((elapsed * 1e3, cpu * 1e3, server.memory()? as f64 / 1_024.0))
}
