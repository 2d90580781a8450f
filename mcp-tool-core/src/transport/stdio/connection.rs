//! What one client sends, taken in order.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, Instant},
};

use rmcp::model::ClientJsonRpcMessage;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::DropGuard;

use super::{
    super::{
        Endpoint, Next, Reporting,
        answer::{self, Framed},
        asking,
        fault::{ProtocolError, code},
        id::Id,
        labelled::ClientLabel,
        listing::{Shape, Wanted},
        message::{self, Call, Era, Incoming, Meta},
        session::Session,
        supported,
    },
    bridge::PassedOn,
    calls::{Answering, Begun, Calls, Step},
    lines::{Arrived, Inbox, MAX_LINE, line_length},
    lock,
    output::Writer,
};
use crate::{
    ask::{Asking, Client},
    call::report::{Report, Reports},
    pipeline::CallOptions,
};

/// Requests that rmcp may have at one time.
const PASSED_ON: usize = 64;
/// How long the next one waits for its place.
const FOR_A_PLACE: Duration = Duration::from_secs(1);
/// How long a call may keep whoever takes messages before those that follow are run beside them.
const LONG: Duration = Duration::from_micros(100);
/// Calls that are run beside those that take messages after one that took long.
const BESIDE: u32 = 32;

/// What one client sends, and what is known of it.
pub(super) struct Connection {
    endpoint: Arc<Endpoint>,
    inbox: Arc<Inbox>,
    /// The lines in hand, and where the next begins.
    lines: Vec<u8>,
    next: usize,
    writer: Writer,
    to_rmcp: mpsc::Sender<ClientJsonRpcMessage>,
    calls: Calls,
    /// What gave the answer before, and can give the next.
    spare: Option<Answering>,
    /// The call that is run now, while another may take the connection.
    stepping: Option<Id>,
    /// When the call before had been run, and how many are to be run elsewhere because one took long.
    stepped_at: Instant,
    fallback: u32,
    /// Requests that rmcp has yet to answer.
    passed_on: PassedOn,
    /// Places for requests of rmcp's.
    places: Arc<Semaphore>,
    /// What the client called itself in `initialize`.
    client: Option<String>,
    session: Arc<Session>,
    labelled: ClientLabel,
    /// `initialize` came: requests without `_meta` are of the legacy era.
    initialized: bool,
    /// rmcp has settled on an era: notifications may follow.
    opened: bool,
    /// Tells that no messages are taken any more.
    _taken: DropGuard,
}

/// What comes next of what a client sends.
pub(super) enum Taken {
    /// A call that was admitted.
    Call(Begun),
    /// There is nothing yet.
    Nothing,
    /// There will be nothing more.
    End,
}

impl Connection {
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        inbox: Arc<Inbox>,
        calls: Calls,
        (to_rmcp, passed_on): (mpsc::Sender<ClientJsonRpcMessage>, PassedOn),
        session: Arc<Session>,
        taken: DropGuard,
    ) -> Self {
        Connection {
            endpoint,
            inbox,
            lines: Vec::new(),
            next: 0,
            writer: calls.writer.clone(),
            to_rmcp,
            calls,
            spare: None,
            stepping: None,
            stepped_at: Instant::now(),
            fallback: 0,
            passed_on,
            places: Arc::new(Semaphore::new(PASSED_ON)),
            client: None,
            session,
            labelled: ClientLabel::default(),
            initialized: false,
            opened: false,
            _taken: taken,
        }
    }

    /// Takes messages up to the next call. A client that doesn't read isn't read from either.
    pub(super) async fn take(&mut self) -> Taken {
        loop {
            if self.writer.is_full() {
                self.writer.caught_up().await;
            }
            if self.next < self.lines.len() {
                let lines = std::mem::take(&mut self.lines);
                let end = self.next + line_length(&lines[self.next..]);
                let call = self.take_line(&lines[self.next..end]).await;
                (self.lines, self.next) = (lines, end);
                match call {
                    Some(call) => return Taken::Call(call),
                    None => continue,
                }
            }
            (self.lines, self.next) = match self.inbox.try_next() {
                None => return Taken::Nothing,
                Some(None) => return Taken::End,
                Some(Some(Arrived::Lines(lines))) => (lines, 0),
                Some(Some(Arrived::TooLong)) => {
                    let message = format!("the message is over {MAX_LINE} bytes");
                    self.refuse(&ProtocolError::new(code::INVALID_REQUEST, message)).await;
                    continue;
                }
            };
        }
    }

    /// Messages are taken again, after a time in which none were.
    pub(super) fn begins(&mut self) {
        self.stepped_at = Instant::now();
    }

    /// Whether the next call is run where it was taken. Where functions are slow they run beside each other.
    pub(super) fn runs_at_once(&mut self) -> bool {
        if self.fallback == 0 {
            return true;
        }
        self.fallback -= 1;
        self.stepped_at = Instant::now();
        false
    }

    pub(super) fn stepping(&mut self, id: Id) {
        self.stepping = Some(id);
    }

    /// Leaves the call that is run where it is.
    pub(super) fn leave_behind(&mut self) {
        if let Some(id) = self.stepping.take() {
            self.calls.left_behind(id);
        }
        self.writer.flush();
    }

    /// What came of a call that was run where it was taken.
    pub(super) fn stepped(&mut self, step: Step) {
        match step {
            Step::Done(framed, spare) => {
                self.writer.send_soon(&framed.body);
                self.spare = Some(spare);
            }
            Step::Waits(call) => self.calls.spawn(call),
            Step::Broken => {}
        }
        let now = Instant::now();
        if now.duration_since(self.stepped_at) > LONG {
            self.fallback = BESIDE;
            self.writer.flush();
        }
        self.stepped_at = now;
    }

    pub(super) fn flush(&self) {
        self.writer.flush();
    }

    async fn take_line(&mut self, line: &[u8]) -> Option<Begun> {
        if line.trim_ascii().is_empty() {
            return None;
        }
        match message::parse(line) {
            Ok(Incoming::Call(call)) => return self.call(call).await,
            Ok(Incoming::Cancelled { request }) => {
                if let Some(id) = &request {
                    lock(&self.passed_on).remove(id);
                }
                let is_ours = request.is_some_and(|id| self.calls.cancel(&id));
                if !is_ours && self.opened {
                    self.pass_on(line, None).await;
                }
            }
            Ok(Incoming::Request { id, method, meta, cursor }) if method == "tools/list" => {
                return self.list(id, &meta, cursor.map(Cow::into_owned)).await;
            }
            Ok(Incoming::Request { id, method, meta, .. }) => {
                if let Err(fault) = message::check_kept(&method, line) {
                    self.refuse(&fault.to(&id)).await;
                    return None;
                }
                if method == "initialize" {
                    self.initialized = true;
                    self.client = client_of(line);
                }
                self.opened |=
                    method == "initialize" || (meta.era() == Era::Modern && method != "server/discover");
                self.pass_on(line, Some(&id)).await;
            }
            // Before rmcp has settled on an era, a notification would end its service.
            Ok(Incoming::Notification | Incoming::Response) if !self.opened => {}
            Ok(Incoming::Notification | Incoming::Response) => self.pass_on(line, None).await,
            Err(fault) => self.refuse(&fault).await,
        }
        None
    }

    /// Admits a call; one that is turned away is answered.
    async fn call(&mut self, mut call: Call<'_>) -> Option<Begun> {
        let era = call.meta.era();
        let caller = self.labelled.caller(&self.endpoint.local, call.meta.client, self.client.as_deref());
        let fault = call.fault.take().map_or(Ok(()), |fault| Err(*fault));
        let fault = fault.and_then(|()| self.check_era(&call));
        if let Err(fault) = fault {
            self.send(self.endpoint.turn_away(caller, &call, fault).body).await;
            return None;
        }
        let token = call.meta.progress_token.map(str::to_owned);
        let (level, asking) = match era {
            Era::Modern => (call.meta.level, asking(&mut call)),
            Era::Legacy => {
                (self.session.level(), Asking::client(Arc::clone(&self.session) as Arc<dyn Client>))
            }
        };
        let (reports, heard) = Reports::wanted(token.is_some(), level).unzip();
        let carried = CallOptions { reports, asking, trace: call.meta.trace.take() };
        let admitted = match self.endpoint.admit(caller, &call, era, carried).await {
            Ok(admitted) => admitted,
            Err(framed) => {
                self.send(framed.body).await;
                return None;
            }
        };
        let (id, arguments) = (call.id.clone(), call.arguments.to_owned());
        if admitted.may_be_task() {
            let answer = Endpoint::hand_off(Arc::clone(&self.endpoint), admitted, arguments, call.id);
            let answer = match heard {
                Some(heard) => Answering::new(reported(answer, token, heard, self.writer.clone())),
                None => Answering::new(answer),
            };
            return Some(Begun { id, answer });
        }
        let carried = Endpoint::execute(Arc::clone(&self.endpoint), admitted, arguments, call.id, era);
        let answer = match (heard, self.spare.take()) {
            (Some(heard), _) => Answering::new(reported(carried, token, heard, self.writer.clone())),
            (None, Some(mut spare)) => {
                spare.set(carried);
                spare
            }
            (None, None) => Answering::new(carried),
        };
        Some(Begun { id, answer })
    }

    /// `tools/list`, which settles no more on an era than a call does.
    async fn list(&mut self, id: Id, meta: &Meta<'_>, cursor: Option<String>) -> Option<Begun> {
        let shape = Shape::of(meta);
        let checked = self.check_id(&id).and_then(|()| supported(meta));
        let checked = checked.and_then(|()| match self.initialized {
            true => shape.check(meta),
            false => self.check_meta(meta),
        });
        if let Err(fault) = checked {
            self.refuse(&fault.to(&id)).await;
            return None;
        }
        let caller = self.labelled.caller(&self.endpoint.local, meta.client, self.client.as_deref());
        // The application's policy may take its time, and what comes meanwhile may be about this.
        let place = match self.endpoint.dispatcher.policy.is_own() {
            true => Some(Arc::clone(&self.places).acquire_owned().await.ok()?),
            false => None,
        };
        let (endpoint, own) = (Arc::clone(&self.endpoint), id.clone());
        let answer = Answering::new(async move {
            let wanted = Wanted { id: &own, shape, cursor: cursor.as_deref(), is_guarded: false };
            let listed = endpoint.list(&caller, wanted).await;
            drop(place);
            listed.map_or_else(|refused| refused, |listed| Framed::ok(listed.into_bytes()))
        });
        Some(Begun { id, answer })
    }

    /// Whether a call may come as it does.
    fn check_era(&self, call: &Call<'_>) -> Result<(), ProtocolError> {
        self.check_id(&call.id)?;
        supported(&call.meta)?;
        self.check_meta(&call.meta)
    }

    /// Whether a request says what it has to of itself.
    fn check_meta(&self, meta: &Meta<'_>) -> Result<(), ProtocolError> {
        match meta.era() {
            Era::Legacy if !self.initialized => {
                let message =
                    "`_meta` lacks io.modelcontextprotocol/protocolVersion, and there was no `initialize`";
                Err(ProtocolError::new(code::INVALID_PARAMS, message))
            }
            Era::Modern if !meta.has_capabilities => {
                let message = "`_meta` lacks io.modelcontextprotocol/clientCapabilities";
                Err(ProtocolError::new(code::INVALID_PARAMS, message))
            }
            Era::Legacy | Era::Modern => Ok(()),
        }
    }

    fn check_id(&self, id: &Id) -> Result<(), ProtocolError> {
        if self.calls.is_running(id) || lock(&self.passed_on).contains_key(id) {
            return Err(ProtocolError::new(code::INVALID_REQUEST, "a request with this id is still running"));
        }
        Ok(())
    }

    /// Hands a message to rmcp, as it came.
    async fn pass_on(&self, line: &[u8], id: Option<&Id>) {
        let taken = id.map_or(Ok(()), |id| self.check_id(id)).and_then(|()| message::of_the_protocol(line));
        match (taken, id) {
            (Ok(message), _) => {
                if let Some(id) = id {
                    // Streams keep their places, and what ends one of them has to be read.
                    let place = Arc::clone(&self.places).acquire_owned();
                    let Ok(Ok(place)) = tokio::time::timeout(FOR_A_PLACE, place).await else {
                        let busy =
                            "as many requests and streams are open as may be: end one, or try again later";
                        self.refuse(&ProtocolError::new(code::INTERNAL, busy).to(id)).await;
                        return;
                    };
                    lock(&self.passed_on).insert(id.clone(), place);
                }
                drop(self.to_rmcp.send(message).await);
            }
            (Err(fault), Some(id)) => self.refuse(&fault.to(id)).await,
            // What isn't a request has no answer.
            (Err(fault), None) => tracing::debug!(reason = fault.message, "a notification can't be read"),
        }
    }

    async fn refuse(&self, fault: &ProtocolError) {
        self.send(answer::fault(fault).body).await;
    }

    /// Sends what the next flush will have written.
    async fn send(&self, body: Vec<u8>) {
        if self.writer.is_full() {
            self.writer.caught_up().await;
        }
        self.writer.send_soon(&body);
    }
}

/// Sends a call's reports as they come, and gives its answer.
async fn reported(
    call: impl Future<Output = Framed> + Send + 'static,
    token: Option<String>,
    heard: mpsc::Receiver<Report>,
    writer: Writer,
) -> Framed {
    let mut reporting = Reporting::new(call, heard);
    loop {
        match reporting.next().await {
            Next::Report(report) => writer.send(answer::report(token.as_deref(), &report)).await,
            Next::Done(framed) => return framed,
        }
    }
}

/// What a client calls itself in `initialize`.
fn client_of(line: &[u8]) -> Option<String> {
    let message: serde_json::Value = serde_json::from_slice(line).ok()?;
    let client = message.pointer("/params/clientInfo")?;
    let text = |key: &str| client.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    Some(format!("{} {}", text("name"), text("version")).trim().to_owned())
}
