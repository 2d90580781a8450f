//! What a client sees whose connection is one more than may be open: an answer at once. One that nobody heard would
//! look like a server that is down, and wait for minutes.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
};

/// Connections that are turned away with an answer at one time; beyond them they are closed without one.
const AT_ONE_TIME: usize = 256;
/// How long such a client has to read its answer.
const LINGER: Duration = Duration::from_secs(1);
/// How often the log says so.
const SAID_EVERY: Duration = Duration::from_secs(10);

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 61\r\n\r\n\
    as many connections are open as may be: try again in a second";

/// Turns connections away for which there is no place.
pub(super) struct Full {
    /// What may be open.
    most: u32,
    turned_away: Arc<Semaphore>,
    said: Option<Instant>,
}

impl Full {
    pub(super) fn new(most: u32) -> Self {
        Full { most, turned_away: Arc::new(Semaphore::new(AT_ONE_TIME)), said: None }
    }

    /// Tells a client of plain HTTP to come back later; one of TLS is closed, since that would cost more than a call.
    pub(super) fn turn_away(&mut self, stream: TcpStream, is_plain: bool, tasks: &mut JoinSet<()>) {
        if self.said.is_none_or(|said| said.elapsed() > SAID_EVERY) {
            self.said = Some(Instant::now());
            let most = self.most;
            tracing::warn!(
                most,
                "as many connections are open as http.max_connections lets: more are refused"
            );
        }
        let Ok(place) = Arc::clone(&self.turned_away).try_acquire_owned() else { return };
        if is_plain {
            tasks.spawn(async move {
                // The client may be gone: then nobody misses the answer.
                drop(tokio::time::timeout(LINGER, answer(stream)).await);
                drop(place);
            });
        }
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(ANSWER).await?;
    stream.shutdown().await?;
    // What was sent and isn't read would take the answer with it.
    let mut passed_over = [0; 1024];
    while stream.read(&mut passed_over).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let answer = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{answer}");
    }
}
