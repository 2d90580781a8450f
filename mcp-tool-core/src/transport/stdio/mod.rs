//! Standard input and output: one message a line. A thread reads and runs what is quick, a thread writes what there is
//! in one write, and stdout carries nothing but the protocol.

mod bridge;
mod calls;
mod connection;
mod lines;
mod output;
mod turn;

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use self::{
    bridge::{PassedOn, serve_rest},
    calls::Calls,
    connection::Connection,
    lines::Inbox,
    output::write_lines,
    turn::Turn,
};
use super::{Endpoint, session::Session};

/// Messages that wait for rmcp.
const WAITING: usize = 256;
/// How long calls in flight may take to finish once the input has ended.
const GRACE: Duration = Duration::from_secs(10);
/// How long those that were given up may take to be recorded.
const GIVEN_UP: Duration = Duration::from_secs(1);

/// Serves until the input ends or `stop` is cancelled, then lets the calls in flight finish. Gives whether all
/// of them did, and the client read their answers.
pub async fn serve(
    endpoint: Arc<Endpoint>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<bool> {
    let (input_ended, all_taken) = (CancellationToken::new(), CancellationToken::new());
    let (writer, mut written) = write_lines(output)?;
    let (passed_on, (to_rmcp, from_client)) = (PassedOn::default(), mpsc::channel(WAITING));
    let session = Arc::<Session>::default();
    let rest = serve_rest(
        Arc::clone(&endpoint),
        from_client,
        writer.clone(),
        Arc::clone(&passed_on),
        Arc::clone(&session),
    );
    let rest = tokio::spawn(rest);
    let (inbox, calls) = (Arc::<Inbox>::default(), Calls::new(writer.clone()));
    let connection = Connection::new(
        Arc::clone(&endpoint),
        Arc::clone(&inbox),
        calls.clone(),
        (to_rmcp, passed_on),
        session,
        all_taken.clone().drop_guard(),
    );
    let turn = Turn::new(connection, inbox, calls.clone());
    let _watch = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&turn).watch()));
    turn.start(input, input_ended.clone())?;
    tokio::select! {
        () = all_taken.cancelled() => {}
        // Nobody is left who might read on.
        () = async { input_ended.cancelled().await; tokio::time::sleep(GRACE).await } => {}
        _ = &mut written => {}
        // What a client sends waits while it doesn't read what it is sent; a signal doesn't.
        () = stop.cancelled() => {}
    }
    turn.end();
    let deadline = Instant::now() + GRACE;
    let finished = finish(&endpoint, &calls, rest, deadline).await;
    // What it has is written by its end.
    writer.close();
    match tokio::time::timeout_at(deadline, async { written.is_terminated() || written.await.is_ok() }).await
    {
        Ok(_) => Ok(finished),
        Err(_) => {
            tracing::warn!("the client leaves its answers unread, and they are given up");
            Ok(false)
        }
    }
}

/// Lets the calls in flight finish; gives whether they did.
async fn finish(endpoint: &Endpoint, calls: &Calls, rest: JoinHandle<()>, deadline: Instant) -> bool {
    calls.tasks.close();
    let rest_of_it = rest.abort_handle();
    let finished = async {
        calls.tasks.wait().await;
        drop(rest.await);
        // A function that isn't async may go on although its call was given up.
        endpoint.dispatcher.concurrency.idle().await;
    };
    let finished = tokio::time::timeout_at(deadline, finished).await.is_ok();
    if !finished {
        tracing::warn!("calls were still running after {GRACE:?} and are given up");
        rest_of_it.abort();
        endpoint.tasks.end().await;
        calls.cancel_all();
        drop(tokio::time::timeout(GIVEN_UP, calls.tasks.wait()).await);
    }
    finished
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
