//! Reads a file in a thread of its own, so that async code doesn't wait for a disk or a network mount that hangs.

use std::{
    io,
    sync::mpsc::{SyncSender, sync_channel},
    time::Duration,
};

use tokio::sync::oneshot;

/// Maximum time that a caller waits for a read.
const MAX_READ: Duration = Duration::from_secs(2);
/// Maximum number of callers that wait for a read.
const MAX_WAITING: usize = 1_024;

/// Caller that waits for the result of a read.
type Waiting<T> = oneshot::Sender<io::Result<T>>;

/// Thread that reads a file when it is asked to. The thread ends after this value is dropped.
pub(crate) struct FileReader<T> {
    waiting: SyncSender<Waiting<T>>,
}

impl<T: Send + 'static> FileReader<T> {
    /// Starts the thread, which calls `read` for each request.
    ///
    /// # Errors
    /// The thread can't be started.
    pub(crate) fn start(read: impl Fn() -> io::Result<T> + Send + 'static) -> io::Result<Self> {
        let (waiting, requests) = sync_channel::<Waiting<T>>(MAX_WAITING);
        std::thread::Builder::new().name("file reader".into()).spawn(move || {
            for request in requests {
                // A caller whose time is over no longer waits.
                if !request.is_closed() {
                    drop(request.send(read()));
                }
            }
        })?;
        Ok(FileReader { waiting })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// The errors of the read, or the read takes longer than 2 s.
    pub(crate) async fn read(&self) -> io::Result<T> {
        let hangs = || {
            let reason = format!(
                "reading takes longer than {} s: check its disk or network mount",
                MAX_READ.as_secs()
            );
            io::Error::new(io::ErrorKind::TimedOut, reason)
        };
        let (request, result) = oneshot::channel();
        self.waiting.try_send(request).map_err(|_| hangs())?;
        match tokio::time::timeout(MAX_READ, result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(hangs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn read_that_hangs_fails_in_time_and_blocks_no_worker() {
        let (release, released) = channel::<()>();
        let reader = FileReader::start(move || {
            let _: Result<(), _> = released.recv();
            Ok(7)
        });
        let reader = reader.unwrap();
        let begun = tokio::time::Instant::now();
        // The test has one worker, so a read that blocked it would also block the other read.
        let (first, second) = tokio::join!(reader.read(), reader.read());
        for failed in [first, second] {
            assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::TimedOut);
        }
        assert_eq!(begun.elapsed(), MAX_READ);
        tokio::time::resume();
        drop(release);
        assert_eq!(reader.read().await.unwrap(), 7);
    }
}
