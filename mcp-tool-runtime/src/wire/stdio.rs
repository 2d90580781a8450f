//! Standard input and output: one message a line. A thread reads, a thread writes in batches, and stdout
//! carries nothing but the protocol.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader, Read, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::{AbortHandle, JoinHandle, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Endpoint, Next, Reporting,
    answer::{self, Framed},
    message::{self, Call, Era, Fault, Id, Incoming, code},
    protocol::Protocol,
    supported,
};
use crate::context::{Progress, Update};

/// Bytes of one message.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// Messages that wait on either side; a client that doesn't read is not read from either.
const WAITING: usize = 256;
/// Bytes of the messages that wait on one side.
const ROOM: usize = 8 * 1024 * 1024;
/// Bytes that are written at one time, about.
const BATCH: usize = 64 * 1024;
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
    let passed_on = Arc::default();
    let (to_rmcp, from_client) = mpsc::channel(WAITING);
    let mut connection = Connection {
        rest: tokio::spawn(serve_rest(
            Arc::clone(&endpoint),
            from_client,
            writer.clone(),
            Arc::clone(&passed_on),
        )),
        passed_on,
        endpoint,
        writer,
        to_rmcp,
        calls: JoinSet::new(),
        running: Arc::default(),
        client: None,
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
    passed_on: Arc<Mutex<HashSet<Id>>>,
    /// What the client called itself in `initialize`.
    client: Option<String>,
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
        let caller = self.endpoint.local_caller(call.meta.client.as_deref().or(self.client.as_deref()));
        let fault = call.fault.take().map_or(Ok(()), Err);
        let fault = fault.and_then(|()| self.check_era(&call, era)).and_then(|()| supported(&call.meta));
        if let Err(fault) = fault {
            return self.send(self.endpoint.turn_away(caller, &call, fault).body).await;
        }
        let token = call.meta.progress_token.map(str::to_owned);
        let (progress, updates) = token.is_some().then(Progress::channel).unzip();
        let admitted = match self.endpoint.admit(caller, &call, era, progress) {
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
        if lock(&self.running).contains_key(id) || lock(&self.passed_on).contains(id) {
            return Err(Fault::new(code::INVALID_REQUEST, "a request with this id is still running"));
        }
        Ok(())
    }

    /// Hands a message to rmcp, as it came.
    async fn pass_on(&self, line: &[u8], id: Option<&Id>) {
        let taken = id.map_or(Ok(()), |id| self.check_id(id)).and_then(|()| message::of_the_protocol(line));
        match (taken, id) {
            (Ok(message), _) => {
                lock(&self.passed_on).extend(id.cloned());
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

/// Serves what isn't ours by rmcp. A service that a client's odd opening ended is begun anew.
async fn serve_rest(
    endpoint: Arc<Endpoint>,
    messages: mpsc::Receiver<ClientJsonRpcMessage>,
    writer: Writer,
    passed_on: Arc<Mutex<HashSet<Id>>>,
) {
    let messages = Arc::new(tokio::sync::Mutex::new(messages));
    let bridge = Bridge { messages, writer, passed_on, ended: Arc::default() };
    while !bridge.ended.load(Ordering::Relaxed) {
        match rmcp::serve_server(Protocol::new(Arc::clone(&endpoint)), bridge.clone()).await {
            Ok(service) => drop(service.waiting().await),
            Err(error) => tracing::debug!(%error, "a connection was opened oddly"),
        }
    }
}

/// rmcp's side of the two threads.
#[derive(Clone)]
struct Bridge {
    messages: Arc<tokio::sync::Mutex<mpsc::Receiver<ClientJsonRpcMessage>>>,
    writer: Writer,
    passed_on: Arc<Mutex<HashSet<Id>>>,
    ended: Arc<AtomicBool>,
}

impl Transport<RoleServer> for Bridge {
    type Error = std::io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let (writer, passed_on) = (self.writer.clone(), Arc::clone(&self.passed_on));
        async move {
            let line = serde_json::to_string(&message)?;
            if let Some(id) = message::answered(&message) {
                lock(&passed_on).remove(&id);
            }
            writer.send(line).await;
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let message = self.messages.lock().await.recv().await;
        if message.is_none() {
            self.ended.store(true, Ordering::Relaxed);
        }
        message
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

enum Line {
    /// With the room that it takes until it was read.
    Whole(Vec<u8>, Option<OwnedSemaphorePermit>),
    TooLong,
}

/// Room for that many bytes among those that wait; none where everything is ending.
async fn room_for(bytes: usize, room: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    let bytes = u32::try_from(bytes.min(ROOM)).unwrap_or(u32::MAX);
    Arc::clone(room).acquire_many_owned(bytes).await.ok()
}

/// Reads lines on a thread of their own.
fn read_lines(
    input: impl Read + Send + 'static,
    ended: CancellationToken,
) -> std::io::Result<mpsc::Receiver<Line>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (room, runtime) = (Arc::new(Semaphore::new(ROOM)), Handle::current());
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let _ended = ended.drop_guard();
        let mut input = BufReader::with_capacity(64 * 1024, input);
        while let Ok(Some(mut line)) = next_line(&mut input) {
            if let Line::Whole(line, taken) = &mut line {
                *taken = runtime.block_on(room_for(line.len(), &room));
            }
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

/// The next line that isn't blank; one that is too long is passed over without being kept.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            // A message without its newline isn't whole.
            return Ok(None);
        }
        let newline = chunk.iter().position(|byte| *byte == b'\n');
        let taken = newline.map_or(chunk.len(), |at| at + 1);
        too_long |= line.len() + taken > MAX_LINE;
        if too_long {
            line = Vec::new();
        } else {
            line.extend_from_slice(&chunk[..newline.unwrap_or(taken)]);
        }
        input.consume(taken);
        if newline.is_some() {
            if too_long {
                return Ok(Some(Line::TooLong));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Line::Whole(line, None)));
            }
            line.clear();
        }
    }
}

/// The way to the thread that writes.
#[derive(Clone)]
struct Writer {
    lines: mpsc::Sender<(String, Option<OwnedSemaphorePermit>)>,
    room: Arc<Semaphore>,
}

impl Writer {
    /// Waits until all that was sent so far has room.
    async fn caught_up(&self) {
        drop(room_for(1, &self.room).await);
    }

    async fn send(&self, line: String) {
        let room = room_for(line.len(), &self.room).await;
        // The thread is gone when stdout is: the input ends soon after.
        drop(self.lines.send((line, room)).await);
    }
}

/// Writes lines on a thread of their own, as many at a time as there are; it ends with the last sender.
fn write_lines(mut output: impl Write + Send + 'static) -> std::io::Result<(Writer, oneshot::Receiver<()>)> {
    let (lines, mut receiver) = mpsc::channel::<(String, Option<OwnedSemaphorePermit>)>(WAITING);
    let (ended, written) = oneshot::channel();
    std::thread::Builder::new().name("stdout".into()).spawn(move || {
        let _ended = ended;
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = receiver.blocking_recv() {
            let mut rooms = Vec::new();
            let mut next = Some(first);
            while let Some((line, room)) = next {
                batch.extend_from_slice(line.as_bytes());
                batch.push(b'\n');
                rooms.push(room);
                next = if batch.len() < BATCH { receiver.try_recv().ok() } else { None };
            }
            if output.write_all(&batch).and_then(|()| output.flush()).is_err() {
                return;
            }
            batch.clear();
            batch.shrink_to(BATCH);
        }
    })?;
    Ok((Writer { lines, room: Arc::new(Semaphore::new(ROOM)) }, written))
}
