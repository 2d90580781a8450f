//! How long a server takes from its start to its first good answer, and the memory that it then holds.
//!
//! ```text
//! cargo run --release --bin start -- ROUNDS [SERVER …]
//! ```

use std::{
    error::Error,
    time::{Duration, Instant},
};

use beside::{
    calls::Calls,
    median,
    peers::{PATIENCE, Peer},
};

/// How long to wait before a server is tried again.
const PAUSE: Duration = Duration::from_micros(200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(11), |count| count.parse())?;
    let names: Vec<String> = arguments.collect();
    let mut started = Vec::new();
    for peer in Peer::named(&names)? {
        // Who doesn't answer is left out, so that the others can be measured all the same.
        match prepare(peer).await {
            Ok(()) => started.push(peer),
            Err(error) => eprintln!("{} is left out: {error}", peer.name),
        }
    }
    let mut times = vec![(Vec::new(), Vec::new()); started.len()];
    for round in 0..rounds {
        for turn in 0..started.len() {
            let place = (turn + round) % started.len();
            let (taken, memory) = start(started[place]).await?;
            times[place].0.push(taken);
            times[place].1.push(memory);
        }
    }
    println!("Medians of {rounds} rounds\n");
    println!("| server | until its first answer | memory at rest |\n|---|---|---|");
    for (peer, (taken, memory)) in started.iter().zip(times) {
        println!("| {} | {:.1} ms | {:.1} MiB |", peer.label, median(taken), median(memory));
    }
    Ok(())
}

/// Builds it, and brings it into the page cache.
async fn prepare(peer: &Peer) -> Result<(), Box<dyn Error>> {
    peer.prepare(false)?;
    start(peer).await?;
    Ok(())
}

/// Milliseconds and MiB.
async fn start(peer: &Peer) -> Result<(f64, f64), Box<dyn Error>> {
    let begun = Instant::now();
    let server = peer.start(1)?;
    loop {
        match Calls::open(peer, server.address, peer.era(), 1).await {
            Ok(_) => break,
            Err(error) if begun.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
    let taken = begun.elapsed().as_secs_f64() * 1e3;
    Ok((taken, server.memory()? as f64 / 1_024.0))
}
