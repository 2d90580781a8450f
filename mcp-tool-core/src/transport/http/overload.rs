//! Refuses connections above the maximum number, or above the share of one address: answers plain connections with 503
//! immediately, since a server that didn't answer would look as if it were down, and closes TLS connections.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
};

use crate::log_limit::LogLimit;

/// Maximum number of refused connections that are answered at one time. Further connections are closed without an
/// answer.
const MAX_ANSWERING: usize = 256;
/// Maximum time for the client to read the answer.
const LINGER: Duration = Duration::from_secs(1);

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 52\r\n\r\n\
    too many connections are open: try again in 1 second";

/// Refuses connections above the maximum number, or above the share of one address.
pub(super) struct Overload {
    /// Maximum number of open connections (`http.max_connections`), for the warning.
    max_connections: u32,
    /// One permit for each refused connection that is being answered.
    answering: Arc<Semaphore>,
    warnings: LogLimit,
}

impl Overload {
    pub(super) fn new(max_connections: u32) -> Self {
        Overload {
            max_connections,
            answering: Arc::new(Semaphore::new(MAX_ANSWERING)),
            warnings: LogLimit::default(),
        }
    }

    /// Answers a plain connection with 503. Closes a TLS connection without an answer, because the handshake would take
    /// more time than a call.
    pub(super) fn refuse(&mut self, stream: TcpStream, is_plain: bool, tasks: &mut JoinSet<()>) {
        if let Some(left_out) = self.warnings.next() {
            let max_connections = self.max_connections;
            tracing::warn!(
                max_connections,
                left_out,
                "http.max_connections is reached, or one address has its share: more connections are refused"
            );
        }
        let Ok(permit) = Arc::clone(&self.answering).try_acquire_owned() else { return };
        if is_plain {
            tasks.spawn(async move {
                // The client may be gone already.
                drop(tokio::time::timeout(LINGER, answer(stream)).await);
                drop(permit);
            });
        }
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(ANSWER).await?;
    stream.shutdown().await?;
    // The input is read to its end, because closing the connection with unread input would reset the connection before
    // the client has read the answer.
    let mut dropped = [0; 1024];
    while stream.read(&mut dropped).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_length_of_the_answer_is_the_length_of_its_body() {
        let answer = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{answer}");
    }
}
