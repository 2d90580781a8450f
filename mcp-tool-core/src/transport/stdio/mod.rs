//! Standard input and output, with one message per line. The reading thread reads messages, and normally also processes
//! them and runs short calls. The writing thread writes all waiting lines with one write. Only MCP messages are written
//! to stdout.
//!
//! | module | |
//! |---|---|
//! | `lines` | splits the input into lines, and limits the total size of lines that wait |
//! | `turn` | decides which thread or task processes messages |
//! | `connection` | processes messages in order |
//! | `calls` | keeps and cancels the calls in flight |
//! | `bridge` | passes messages to rmcp and back |
//! | `output` | writes lines, in the writing thread |

mod bridge;
mod calls;
mod connection;
mod lines;
mod output;
mod turn;

use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use self::{
    bridge::{Forwarded, serve_rmcp},
    calls::Calls,
    connection::Connection,
    lines::Inbox,
    output::write_lines,
    turn::Turn,
};
use super::{endpoint::Endpoint, rmcp::session::Session};

/// Maximum number of messages that wait for rmcp. At this number, processing of messages waits.
const MAX_WAITING: usize = 256;
/// Maximum time of each wait before the server ends. After the end of the input, the server waits until all messages
/// that were read are processed. After that, and also after a signal or the end of the output, it waits until the calls
/// in flight have finished and their answers are written.
const GRACE: Duration = Duration::from_secs(10);
/// Time for cancelled calls to write their audit records.
const RECORDING: Duration = Duration::from_secs(1);

/// Serves until the input ends, the client closes the output, or `stop` is cancelled. After the end of the input,
/// processes the messages that were read, for up to 10 s. In all cases, then waits up to 10 s for calls in flight.
///
/// Returns `true` if all calls that had begun have finished and their answers were written. An answer that was dropped
/// because the client had closed the output counts as written.
///
/// # Errors
/// The reading or writing thread can't be started.
// Boxed, so that the server is compiled in this crate and not in each crate that awaits it.
pub fn serve(
    endpoint: Arc<Endpoint>,
    input: Box<dyn Read + Send>,
    output: Box<dyn Write + Send>,
    stop: CancellationToken,
) -> BoxFuture<'static, std::io::Result<bool>> {
    Box::pin(serve_lines(endpoint, input, output, stop))
}

async fn serve_lines(
    endpoint: Arc<Endpoint>,
    input: Box<dyn Read + Send>,
    output: Box<dyn Write + Send>,
    stop: CancellationToken,
) -> std::io::Result<bool> {
    // `all_processed` is cancelled when the connection is dropped, after the last message of the input.
    let (input_ended, all_processed) = (CancellationToken::new(), CancellationToken::new());
    let (writer, mut written) = write_lines(output)?;
    let (forwarded, (to_rmcp, from_client)) = (Forwarded::default(), mpsc::channel(MAX_WAITING));
    let session = Arc::<Session>::default();
    let rmcp_service = serve_rmcp(
        Arc::clone(&endpoint),
        from_client,
        writer.clone(),
        Arc::clone(&forwarded),
        Arc::clone(&session),
    );
    let rmcp_task = tokio::spawn(rmcp_service);
    let (inbox, calls) = (Arc::<Inbox>::default(), Calls::new(writer.clone()));
    let connection = Connection::new(
        Arc::clone(&endpoint),
        Arc::clone(&inbox),
        calls.clone(),
        (to_rmcp, forwarded),
        session,
        all_processed.clone().drop_guard(),
    );
    let turn = Turn::new(connection, inbox, calls.clone());
    let _watch = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&turn).watch()));
    turn.start(input, input_ended.clone())?;
    tokio::select! {
        () = all_processed.cancelled() => {}
        // At the end of the input, messages may still wait to be processed.
        () = async { input_ended.cancelled().await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!(
                "the messages that are still waiting {GRACE:?} after the end of the input are dropped"
            );
        }
        // The writing thread has ended, usually because the client closed the output.
        _ = &mut written => {}
        // A signal must stop the server even while messages wait because the client doesn't read its answers.
        () = stop.cancelled() => {}
    }
    turn.end();
    let deadline = Instant::now() + GRACE;
    let finished = finish(&endpoint, &calls, rmcp_task, deadline).await;
    // The writing thread writes the lines that still wait, and then ends. `written` is terminated if the `select!`
    // above has already received the end of the thread.
    writer.close();
    match tokio::time::timeout_at(deadline, async { written.is_terminated() || written.await.is_ok() }).await
    {
        Ok(_) => Ok(finished),
        Err(_) => {
            tracing::warn!("the client doesn't read its answers: the unwritten answers are dropped");
            Ok(false)
        }
    }
}

/// Waits until all calls in flight have finished. At the deadline, cancels the rest of the calls and returns `false`.
async fn finish(endpoint: &Endpoint, calls: &Calls, rmcp_task: JoinHandle<()>, deadline: Instant) -> bool {
    calls.tasks.close();
    let rmcp_abort = rmcp_task.abort_handle();
    let finished = async {
        calls.tasks.wait().await;
        // Ends once the connection is dropped, because only the connection sends messages to rmcp.
        drop(rmcp_task.await);
        // A function on the blocking pool may still run after its call was cancelled.
        endpoint.pipeline.concurrency.idle().await;
    };
    let finished = tokio::time::timeout_at(deadline, finished).await.is_ok();
    if !finished {
        tracing::warn!("calls still running after {GRACE:?} are cancelled");
        rmcp_abort.abort();
        endpoint.tasks.cancel_all().await;
        calls.cancel_all();
        drop(tokio::time::timeout(RECORDING, calls.tasks.wait()).await);
    }
    finished
}
