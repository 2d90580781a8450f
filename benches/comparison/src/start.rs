//! Time from the start of a server to its first valid response, and its memory at that moment.
//!
//! ```text
//! cargo run --release --bin start -- ROUNDS [SERVER …]
//! ```

use std::{
    error::Error,
    time::{Duration, Instant},
};

use comparison::{
    calls::Calls,
    median,
    peers::{PATIENCE, Peer},
};

/// Pause between two attempts.
const PAUSE: Duration = Duration::from_micros(200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(11), |count| count.parse())?;
    let names: Vec<String> = arguments.collect();
    let mut started = Vec::new();
    for peer in Peer::named(&names)? {
        // A server that does not answer is skipped.
        match prepare(peer).await {
            Ok(()) => started.push(peer),
            Err(error) => eprintln!("{} is skipped: {error}", peer.name),
        }
    }
    let mut measured = vec![(Vec::new(), Vec::new(), Vec::new()); started.len()];
    for round in 0..rounds {
        for turn in 0..started.len() {
            let place = (turn + round) % started.len();
            let (taken, spent, memory) = start(started[place]).await?;
            measured[place].0.push(taken);
            measured[place].1.push(spent);
            measured[place].2.push(memory);
        }
    }
    println!("Medians of {rounds} rounds\n");
    println!("| server | until its first answer | CPU until then | memory at rest |\n|---|---|---|---|");
    for (peer, (taken, spent, memory)) in started.iter().zip(measured) {
        let (taken, spent, memory) = (median(taken), median(spent), median(memory));
        println!("| {} | {taken:.1} ms | {spent:.1} ms | {memory:.1} MiB |", peer.label);
    }
    Ok(())
}

/// Builds the server and loads it into the page cache.
async fn prepare(peer: &Peer) -> Result<(), Box<dyn Error>> {
    peer.prepare(false)?;
    start(peer).await?;
    Ok(())
}

/// Milliseconds until the first response, milliseconds of processor time, and memory in MiB.
async fn start(peer: &Peer) -> Result<(f64, f64, f64), Box<dyn Error>> {
    let begun = Instant::now();
    let server = peer.start(1)?;
    loop {
        match Calls::open(peer, server.address, peer.era(), 1).await {
            Ok(_) => break,
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
    let (taken, spent) = (begun.elapsed().as_secs_f64(), server.spent()?.as_secs_f64());
    Ok((taken * 1e3, spent * 1e3, server.memory()? as f64 / 1_024.0))
}
