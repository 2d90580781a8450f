//! Standard input and output: one message a line. A thread reads, a thread writes in batches, and stdout
//! carries nothing but the protocol.

mod bridge;
mod lines;

use std::{
    collections::HashMap,
    io::{Read, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rmcp::model::ClientJsonRpcMessage;
use tokio::{
    sync::{Semaphore, mpsc},
    task::{AbortHandle, JoinHandle, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use self::{
    bridge::{PassedOn, serve_rest},
    lines::{Line, MAX_LINE, WAITING, Writer, read_lines, write_lines},
};
use super::{
    Endpoint, Next, Reporting,
    answer::{self, Framed},
    fault::{Fault, code},
    id::Id,
    labelled::Labelled,
    message::{self, Call, Era, Incoming},
    supported,
};
use crate::context::{Progress, Update};

/// Requests that rmcp may have at one time.
const PASSED_ON: usize = 64;
/// How long calls in flight may take to finish once the input has ended.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until the input ends or `stop` is cancelled, then lets the calls in flight finish. Gives whether all
/// of them did, and the client read their answers.
pub(crate) async fn serve(
    endpoint: Arc<Endpoint>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    stop: CancellationToken,
) -> std::io::Result<bool> {
    let ended = CancellationToken::new();
    let mut lines = read_lines(input, ended.clone())?;
    let (writer, mut written) = write_lines(output)?;
    let passed_on = PassedOn::default();
    let (to_rmcp, from_client) = mpsc::channel(WAITING);
    let mut connection = Connection {
        rest: tokio::spawn(serve_rest(
            Arc::clone(&endpoint),
            from_client,
            writer.clone(),
            Arc::clone(&passed_on),
        )),
        passed_on,
        places: Arc::new(Semaphore::new(PASSED_ON)),
        endpoint,
        writer,
        to_rmcp,
        calls: JoinSet::new(),
        running: Arc::default(),
        client: None,
        labelled: Labelled::default(),
        initialized: false,
        opened: false,
    };
    loop {
        let line = tokio::select! {
            // A client that doesn't read isn't read from either.
            line = async { connection.writer.caught_up().await; lines.recv().await } => line,
            Some(_) = connection.calls.join_next() => continue,
            // Nobody is left who might read on.
            () = async { ended.cancelled().await; tokio::time::sleep(GRACE).await } => break,
            _ = &mut written => break,
            () = stop.cancelled() => break,
        };
        let Some(line) = line else { break };
        // What a client sends waits while it doesn't read what it is sent; a signal doesn't.
        tokio::select! {
            () = connection.take(line) => {}
            () = stop.cancelled() => break,
        }
    }
    let deadline = Instant::now() + GRACE;
    let finished = connection.finish(deadline).await;
    // The writer ends with the last sender; what it has is written by then.
    match tokio::time::timeout_at(deadline, async { written.is_terminated() || written.await.is_ok() }).await
    {
        Ok(_) => Ok(finished),
        Err(_) => {
            tracing::warn!("the client leaves its answers unread, and they are given up");
            Ok(false)
        }
    }
}

struct Connection {
    endpoint: Arc<Endpoint>,
    writer: Writer,
    to_rmcp: mpsc::Sender<ClientJsonRpcMessage>,
    rest: JoinHandle<()>,
    calls: JoinSet<()>,
    running: Arc<Mutex<HashMap<Id, AbortHandle>>>,
    /// Requests that rmcp has yet to answer.
    passed_on: PassedOn,
    /// Places for requests of rmcp's.
    places: Arc<Semaphore>,
    /// What the client called itself in `initialize`.
    client: Option<String>,
    labelled: Labelled,
    /// `initialize` came: requests without `_meta` are of the legacy era.
    initialized: bool,
    /// rmcp has settled on an era: notifications may follow.
    opened: bool,
}

impl Connection {
    async fn take(&mut self, line: Line) {
        let (line, _room) = match line {
            Line::Whole(line, room) => (line, room),
            Line::TooLong => {
                let message = format!("the message is over {MAX_LINE} bytes");
                return self.refuse(&Fault::new(code::INVALID_REQUEST, message)).await;
            }
        };
        match message::parse(&line) {
            Ok(Incoming::Call(call)) => self.call(call).await,
            Ok(Incoming::Cancelled { request }) => {
                if let Some(id) = &request {
                    lock(&self.passed_on).remove(id);
                }
                let ours = request.and_then(|id| lock(&self.running).remove(&id));
                match ours {
                    Some(call) => call.abort(),
                    None if self.opened => self.pass_on(&line, None).await,
                    None => {}
                }
            }
            Ok(Incoming::Request { id, method, meta }) => {
                if method == "initialize" {
                    self.initialized = true;
                    self.client = client_of(&line);
                }
                self.opened |=
                    method == "initialize" || (meta.era() == Era::Modern && method != "server/discover");
                self.pass_on(&line, Some(&id)).await;
            }
            // Before rmcp has settled on an era, a notification would end its service.
            Ok(Incoming::Notification | Incoming::Response) if !self.opened => {}
            Ok(Incoming::Notification | Incoming::Response) => self.pass_on(&line, None).await,
            Err(fault) => self.refuse(&fault).await,
        }
    }

    async fn call(&mut self, mut call: Call<'_>) {
        let era = call.meta.era();
        let caller = self.labelled.caller(&self.endpoint.local, call.meta.client, self.client.as_deref());
        let fault = call.fault.take().map_or(Ok(()), Err);
        let fault = fault.and_then(|()| self.check_era(&call, era)).and_then(|()| supported(&call.meta));
        if let Err(fault) = fault {
            return self.send(self.endpoint.turn_away(caller, &call, fault).body).await;
        }
        let token = call.meta.progress_token.map(str::to_owned);
        let (progress, updates) = token.is_some().then(Progress::channel).unzip();
        let admitted = match self.endpoint.admit(caller, &call, era, progress).await {
            Ok(admitted) => admitted,
            Err(framed) => return self.send(framed.body).await,
        };
        let (writer, running, id) = (self.writer.clone(), Arc::clone(&self.running), call.id.clone());
        let arguments = call.arguments.to_owned();
        let carried = Arc::clone(&self.endpoint).execute(admitted, arguments, call.id, era);
        // Held until the task is known under its id, so that it can't end before.
        let mut known = lock(&self.running);
        let task = self.calls.spawn({
            let id = id.clone();
            async move {
                let framed = match token.zip(updates) {
                    Some((token, updates)) => reported(carried, &token, updates, &writer).await,
                    None => carried.await,
                };
                if lock(&running).remove(&id).is_some() {
                    writer.send(framed.body).await;
                }
            }
        });
        known.insert(id, task);
    }

    /// Whether a call may come as it does.
    fn check_era(&self, call: &Call<'_>, era: Era) -> Result<(), Fault> {
        self.check_id(&call.id)?;
        match era {
            Era::Legacy if !self.initialized => {
                let message =
                    "`_meta` lacks io.modelcontextprotocol/protocolVersion, and there was no `initialize`";
                Err(Fault::new(code::INVALID_PARAMS, message))
            }
            Era::Modern if !call.meta.has_capabilities => {
                let message = "`_meta` lacks io.modelcontextprotocol/clientCapabilities";
                Err(Fault::new(code::INVALID_PARAMS, message))
            }
            Era::Legacy | Era::Modern => Ok(()),
        }
    }

    fn check_id(&self, id: &Id) -> Result<(), Fault> {
        if lock(&self.running).contains_key(id) || lock(&self.passed_on).contains_key(id) {
            return Err(Fault::new(code::INVALID_REQUEST, "a request with this id is still running"));
        }
        Ok(())
    }

    /// Hands a message to rmcp, as it came.
    async fn pass_on(&self, line: &[u8], id: Option<&Id>) {
        let taken = id.map_or(Ok(()), |id| self.check_id(id)).and_then(|()| message::of_the_protocol(line));
        match (taken, id) {
            (Ok(message), _) => {
                if let Some(id) = id {
                    let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
                    lock(&self.passed_on).insert(id.clone(), place);
                }
                drop(self.to_rmcp.send(message).await);
            }
            (Err(fault), Some(id)) => self.refuse(&fault.to(id)).await,
            // What isn't a request has no answer.
            (Err(fault), None) => tracing::debug!(reason = fault.message, "a notification can't be read"),
        }
    }

    async fn refuse(&self, fault: &Fault) {
        self.send(answer::fault(fault).body).await;
    }

    async fn send(&self, body: String) {
        self.writer.send(body).await;
    }

    /// Lets the calls in flight finish; gives whether they did.
    async fn finish(mut self, deadline: Instant) -> bool {
        drop(self.to_rmcp);
        let rest = self.rest.abort_handle();
        let finished = async {
            while self.calls.join_next().await.is_some() {}
            drop(self.rest.await);
            // A function that isn't async may go on although its call was given up.
            self.endpoint.dispatcher.concurrency.idle().await;
        };
        let finished = tokio::time::timeout_at(deadline, finished).await.is_ok();
        if !finished {
            tracing::warn!("calls were still running after {GRACE:?} and are given up");
        }
        rest.abort();
        self.calls.shutdown().await;
        finished
    }
}

/// Sends a call's reports as they come, and gives its answer.
async fn reported(
    call: impl Future<Output = Framed> + Send + 'static,
    token: &str,
    updates: mpsc::Receiver<Update>,
    writer: &Writer,
) -> Framed {
    let mut reporting = Reporting::new(call, updates);
    loop {
        match reporting.next().await {
            Next::Update(update) => writer.send(answer::progress(token, &update)).await,
            Next::Done(framed) => return framed,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a client calls itself in `initialize`.
fn client_of(line: &[u8]) -> Option<String> {
    let message: serde_json::Value = serde_json::from_slice(line).ok()?;
    let client = message.pointer("/params/clientInfo")?;
    let text = |key: &str| client.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    Some(format!("{} {}", text("name"), text("version")).trim().to_owned())
}
