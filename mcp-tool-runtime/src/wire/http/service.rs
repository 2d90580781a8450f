//! One request: to its path, past the checks that every request meets, to the dispatcher or to rmcp.

use std::{net::IpAddr, pin::pin, sync::Arc};

use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::{Bytes, Incoming},
    header::{
        ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CONNECTION, HeaderName, HeaderValue, ORIGIN, USER_AGENT,
    },
    http::request::Parts,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService,
    session::{SessionManager, local::LocalSessionManager, never::NeverSessionManager},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    HttpSettings, PATH,
    body::{self, Bodies, Held, HeldText, Holding, Refused},
    door::{Door, Entered},
    headers, listing, origin,
    remote::remote_of,
    reply::{Answer, empty, events, framed, invalid, is_json, listed, not_of_the_protocol, plain},
    running::{Cancellable, Place, Running},
    sessions::Sessions,
    sse::Events,
};
use crate::{
    context::{Progress, Update},
    dispatch::Admitted,
    identity::Caller,
    network::Network,
    wire::{
        Endpoint, Next, Reporting,
        answer::{self, Framed},
        fault::{Fault, code},
        id::Id,
        labelled::Labelled,
        listing::{Shape, Wanted},
        message::{self, Call, Era, Incoming as Message, Meta},
        protocol::{Protocol, RawArguments, Remote},
        ways::{self, Way},
    },
};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// What answers requests.
pub(super) struct Service {
    endpoint: Arc<Endpoint>,
    door: Door,
    settings: HttpSettings,
    bodies: Bodies,
    running: Running,
    rest: Rest,
}

/// rmcp, with sessions or without.
enum Rest {
    Stateless(StreamableHttpService<Protocol, NeverSessionManager>),
    Sessions(StreamableHttpService<Protocol, LocalSessionManager>, Sessions),
}

/// One connection, as its requests know it.
#[derive(Debug)]
pub(super) struct Peer {
    address: IpAddr,
    labelled: Labelled,
}

impl Peer {
    pub(super) fn new(address: IpAddr) -> Self {
        Peer { address, labelled: Labelled::default() }
    }
}

/// Who sends a request, and from where.
struct Sender<'p> {
    peer: &'p Peer,
    remote: IpAddr,
    entered: Entered,
}

/// A call that was admitted, and how its answer goes out.
struct Begun {
    admitted: Admitted,
    id: Id,
    era: Era,
    /// A legacy call, which a message can cancel.
    cancellable: Option<Cancellable>,
    /// The client's token, and the reports that go out under it.
    reports: Option<(String, mpsc::Receiver<Update>)>,
}

impl Service {
    /// `end` says that rmcp's streams are to end.
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        settings: HttpSettings,
        door: Door,
        end: &CancellationToken,
    ) -> Self {
        let protocol = Protocol::new(Arc::clone(&endpoint), door.is_guarded());
        let rest = match settings.sessions {
            None => Rest::Stateless(rmcp_service(protocol, Arc::default(), false, &settings, end)),
            Some(most) => {
                let sessions = Sessions::new(most, settings.session_idle);
                let manager = Arc::clone(&sessions.manager);
                Rest::Sessions(rmcp_service(protocol, manager, true, &settings, end), sessions)
            }
        };
        let bodies = Bodies::new(settings.max_body);
        Service { endpoint, door, settings, bodies, running: Running::default(), rest }
    }

    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// Who may say for whom it speaks.
    pub(super) fn proxies(&self) -> &[Network] {
        &self.settings.proxies
    }

    /// Whether a connection from there is served where only proxies are.
    pub(super) fn hears(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.settings.proxies.iter().any(|proxy| proxy.holds(peer))
    }

    pub(super) async fn respond(&self, request: Request<Incoming>, peer: &Peer) -> Answer {
        // From here on by reference: whatever is handed on in an async function is copied there.
        let (mut parts, mut body) = request.into_parts();
        match parts.uri.path() {
            PATH => self.mcp(&mut parts, &mut body, peer).await,
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            "/readyz" if self.endpoint.dispatcher.audit.permits(true).is_err() => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "the audit record can't be written\n")
            }
            "/readyz" if !self.endpoint.dispatcher.controls.are_heard() => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "the control file can't be heeded\n")
            }
            "/readyz" => plain(StatusCode::OK, "ready\n"),
            path => self
                .door
                .metadata(path)
                .unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "not found: the MCP endpoint is /mcp\n")),
        }
    }

    async fn mcp(&self, parts: &mut Parts, body: &mut Incoming, peer: &Peer) -> Answer {
        if let Err(foreign) = self.settings.origins.check(&parts.uri, &parts.headers) {
            body::pass_over(&parts.headers, body).await;
            return invalid(foreign.status, foreign.message);
        }
        let origin = parts.headers.get(ORIGIN).cloned();
        let mut answer = self.allowed(parts, body, peer).await;
        if let Some(origin) = origin {
            origin::readable(origin, answer.headers_mut());
        }
        answer
    }

    /// A request whose host and origin passed.
    async fn allowed(&self, parts: &mut Parts, body: &mut Incoming, peer: &Peer) -> Answer {
        // A page asks beforehand, and sends no token with that.
        if parts.method == Method::OPTIONS && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            let mut answer = empty(StatusCode::NO_CONTENT);
            origin::preflight(&parts.headers, answer.headers_mut());
            return answer;
        }
        let remote = remote_of(peer.address, &parts.headers, self.proxies());
        let sender = match self.door.admit(&parts.uri, &mut parts.headers).await {
            Ok(entered) => Sender { peer, remote, entered },
            Err(unknown) => {
                body::pass_over(&parts.headers, body).await;
                let refused = self.door.refuse(&unknown, &self.endpoint.dispatcher, Some(remote));
                return refused.unwrap_or_else(|| plain(StatusCode::UNAUTHORIZED, "unauthorized\n"));
            }
        };
        match (&parts.method, &self.rest) {
            (&Method::POST, _) => {}
            (&Method::GET | &Method::DELETE, Rest::Sessions(..)) => {
                let caller = self.caller(&sender, &parts.headers, None);
                return self.pass_on(parts, Bytes::new(), &sender, caller, None).await;
            }
            _ => {
                body::pass_over(&parts.headers, body).await;
                let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "POST one JSON-RPC message\n");
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                return answer;
            }
        }
        if !is_json(&parts.headers) {
            body::pass_over(&parts.headers, body).await;
            return invalid(415, "the Content-Type must be application/json");
        }
        let held = match self.bodies.read(&parts.headers, body).await {
            Ok(held) => held,
            Err(Refused { status, message }) => {
                let mut answer = invalid(status, &message);
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                return answer;
            }
        };
        self.message(parts, held, &sender).await
    }

    async fn message(&self, parts: &mut Parts, body: Held, sender: &Sender<'_>) -> Answer {
        let mut message = match message::parse(&body.bytes) {
            Ok(message) => message,
            Err(fault) => return framed(answer::fault(&fault)),
        };
        let client = match &message {
            Message::Call(call) => call.meta.client,
            Message::Request { meta, .. } => meta.client,
            Message::Cancelled { .. } | Message::Notification | Message::Response => None,
        };
        let caller = self.caller(sender, &parts.headers, client);
        match &mut message {
            Message::Call(call) if !self.is_in_session(parts) || call.fault.is_some() => {
                let arguments = body.part(call.arguments);
                match self.admit(&parts.headers, call, sender, caller).await {
                    Ok(begun) => self.carry_out(begun, body.keep(arguments), sender, &parts.headers).await,
                    Err(refused) => self.door.challenged(refused),
                }
            }
            _ => self.no_call(message, parts, &body, sender, caller).await,
        }
    }

    /// Whatever isn't a call, and calls in sessions, which are rmcp's.
    ///
    /// In a box that is made here, so that a call neither carries what it isn't nor has room for it.
    #[inline(never)]
    fn no_call<'a>(
        &'a self,
        message: Message<'a>,
        parts: &'a mut Parts,
        body: &'a Held,
        sender: &'a Sender<'_>,
        caller: Caller,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(self.answer(message, parts, body, sender, caller))
    }

    async fn answer(
        &self,
        message: Message<'_>,
        parts: &mut Parts,
        body: &Held,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> Answer {
        let in_session = self.is_in_session(parts);
        match message {
            Message::Cancelled { request } if !in_session => {
                if let Err(fault) = headers::check_version(&parts.headers) {
                    return framed(answer::fault(&fault));
                }
                if let Some(id) = request {
                    self.running.cancel(&self.caller(sender, &parts.headers, None), id);
                }
                empty(StatusCode::ACCEPTED)
            }
            // Without a session there is nothing that another notification could be about.
            Message::Notification if !in_session => match headers::check_version(&parts.headers) {
                Ok(()) => empty(StatusCode::ACCEPTED),
                Err(fault) => framed(answer::fault(&fault)),
            },
            Message::Request { id, method, meta, cursor }
                if method == "tools/list" && !self.is_of_a_session(parts, &meta) =>
            {
                let (shape, is_guarded) = (Shape::of(&meta), self.door.is_guarded());
                let wanted = Wanted { id: &id, shape, cursor: cursor.as_deref(), is_guarded };
                ways::note(Way::List);
                listing::list(&self.endpoint, &parts.headers, &caller, &meta, wanted).await
            }
            Message::Request { id, method, .. } => {
                if let Err(fault) = headers::check_single(&parts.headers)
                    .and_then(|()| message::of_the_protocol(&body.bytes).map(drop))
                {
                    return framed(answer::fault(&fault.to(&id)));
                }
                match &*method {
                    "initialize" => self.open(parts, body.bytes.clone(), sender, caller).await,
                    "tools/list" => {
                        listed(self.request(parts, body.bytes.clone(), sender, caller, &id).await).await
                    }
                    _ => self.request(parts, body.bytes.clone(), sender, caller, &id).await,
                }
            }
            Message::Call(mut call) if !self.endpoint.is_permitted(&caller, &call).await => {
                // Not by rmcp, which has no status for it.
                let arguments = HeldText::from(body.part(call.arguments));
                match self.admit(&parts.headers, &mut call, sender, caller).await {
                    Ok(begun) => self.carry_out(begun, arguments, sender, &parts.headers).await,
                    Err(refused) => self.door.challenged(refused),
                }
            }
            Message::Call(call) => {
                parts.extensions.insert(RawArguments(call.arguments.into()));
                self.request(parts, body.bytes.clone(), sender, caller, &call.id).await
            }
            Message::Cancelled { .. } | Message::Notification | Message::Response => {
                self.pass_on(parts, body.bytes.clone(), sender, caller, None).await
            }
        }
    }

    /// A request that rmcp answers; in a session, one of each id at a time.
    async fn request(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        id: &Id,
    ) -> Answer {
        let session = parts.headers.get(SESSION).and_then(|session| session.to_str().ok());
        let place = match session.filter(|_| self.is_in_session(parts)) {
            None => None,
            Some(session) => match self.running.enter_session(session, id) {
                Some(place) => Some(place),
                None => {
                    let fault = Fault::new(code::INVALID_REQUEST, "a request with this id is still running");
                    return framed(answer::fault(&fault.to(id)));
                }
            },
        };
        self.pass_on(parts, body, sender, caller, place).await
    }

    /// Whom a request speaks for. Without authorization that is the local user, and a client's name a label.
    fn caller(&self, sender: &Sender<'_>, headers: &HeaderMap, client: Option<&str>) -> Caller {
        let local = || sender.peer.labelled.caller(&self.endpoint.local, client, user_agent(headers));
        self.door.caller(&sender.entered).unwrap_or_else(local)
    }

    /// `tools/call`, from its own bytes.
    async fn admit(
        &self,
        headers: &HeaderMap,
        call: &mut Call<'_>,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> Result<Begun, Framed> {
        let arrival = self.door.arrival(&sender.entered, caller, sender.remote);
        let era = call.meta.era();
        // A modern client cancels by closing the response (2026-07-28, Streamable HTTP §cancellation).
        let cancellable = (era == Era::Legacy).then(|| self.running.cancellable());
        let fault = call.fault.take().map_or(Ok(()), |fault| Err(*fault));
        if let Err(fault) = fault.and_then(|()| headers::check(headers, call)) {
            return Err(self.endpoint.turn_away(arrival, call, fault));
        }
        let token = call.meta.progress_token.filter(|_| takes_events(headers)).map(str::to_owned);
        let (progress, updates) = token.is_some().then(Progress::channel).unzip();
        let admitted = self.endpoint.admit(arrival, call, era, progress).await?;
        Ok(Begun {
            admitted,
            id: std::mem::take(&mut call.id),
            era,
            cancellable,
            reports: token.zip(updates),
        })
    }

    async fn carry_out(
        &self,
        begun: Begun,
        arguments: HeldText,
        sender: &Sender<'_>,
        headers: &HeaderMap,
    ) -> Answer {
        let Begun { admitted, id, era, cancellable, reports } = begun;
        // A message that cancels says for whom it speaks by its headers alone.
        let by_header = || self.caller(sender, headers, None);
        let Some((token, updates)) = reports else {
            // Pinned where it is: a call is large, and each hand that it goes through copies it.
            let call = pin!(Endpoint::execute(&*self.endpoint, admitted, arguments, &id, era));
            return framed(match cancellable {
                Some(cancellable) => cancellable.unless_cancelled(call, || (by_header(), id.clone())).await,
                None => call.await,
            });
        };
        let (known, endpoint) = (by_header(), Arc::clone(&self.endpoint));
        let call = async move {
            let call = Endpoint::execute(endpoint, admitted, arguments, &id, era);
            match cancellable {
                Some(cancellable) => cancellable.unless_cancelled(pin!(call), || (known, id.clone())).await,
                None => call.await,
            }
        };
        let mut reporting = Reporting::new(call, updates);
        match reporting.next().await {
            Next::Done(done) => framed(done),
            Next::Update(first) => events(Events::new(reporting, token, first)),
        }
    }

    fn is_in_session(&self, parts: &Parts) -> bool {
        matches!(self.rest, Rest::Sessions(..)) && parts.headers.contains_key(SESSION)
    }

    /// Whether rmcp has to say which session a request is of, or that it should be of one.
    fn is_of_a_session(&self, parts: &Parts, meta: &Meta<'_>) -> bool {
        let Rest::Sessions(..) = self.rest else { return false };
        parts.headers.contains_key(SESSION) || meta.era() == Era::Legacy || !meta.has_capabilities
    }

    /// `initialize`: where there are sessions, it opens one if there is room.
    async fn open(&self, parts: &mut Parts, body: Bytes, sender: &Sender<'_>, caller: Caller) -> Answer {
        let Rest::Sessions(_, sessions) = &self.rest else {
            return self.pass_on(parts, body, sender, caller, None).await;
        };
        let Some(_place) = sessions.place().await else {
            return invalid(429, "as many sessions are open as may be: end one, or try again later");
        };
        let answer = self.pass_on(parts, body, sender, caller.clone(), None).await;
        if let Some(id) = answer.headers().get(SESSION).and_then(|id| id.to_str().ok()) {
            sessions.opened(id, &caller);
        }
        answer
    }

    /// Hands a request to rmcp, with its body already read.
    async fn pass_on(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        place: Option<Place>,
    ) -> Answer {
        if let Rest::Sessions(_, sessions) = &self.rest {
            let mut ids = parts.headers.get_all(SESSION).iter();
            match (ids.next().map(HeaderValue::to_str), ids.next()) {
                (None, _) => {}
                (Some(Ok(id)), None) if sessions.owned(id, &caller).await => {}
                (Some(_), None) => return invalid(404, "no such session: initialize again"),
                (Some(_), Some(_)) => return invalid(400, "a request belongs to one session"),
            }
        }
        let (nothing, ()) = Request::new(()).into_parts();
        let mut parts = std::mem::replace(parts, nothing);
        let ends = parts.method == Method::DELETE;
        // rmcp wants both types named; what it answers with is JSON wherever one message is the whole answer.
        let both = HeaderValue::from_static("application/json, text/event-stream");
        parts.headers.insert(ACCEPT, both);
        parts.extensions.insert(caller);
        parts.extensions.insert(Remote(sender.remote));
        sender.entered.lay_beside(&mut parts.extensions);
        let request = Request::from_parts(parts, Full::new(body));
        ways::note(Way::Rmcp);
        let answer = match &self.rest {
            // In a box: its seven kilobytes would be in the future of every call, and each call moves its own.
            Rest::Stateless(rmcp) => Box::pin(rmcp.handle(request)).await,
            Rest::Sessions(rmcp, _) => Box::pin(rmcp.handle(request)).await,
        };
        let mut answer = answer.map(|body| {
            Either::Right(match place {
                Some(place) => Holding::new(body, place).boxed_unsync(),
                None => body.boxed_unsync(),
            })
        });
        if ends && answer.status() == StatusCode::ACCEPTED {
            *answer.status_mut() = StatusCode::NO_CONTENT;
        }
        if answer.status().is_client_error() && !is_json(answer.headers()) {
            return not_of_the_protocol(answer.status());
        }
        answer
    }
}

fn rmcp_service<M: SessionManager>(
    protocol: Protocol,
    manager: Arc<M>,
    sessions: bool,
    settings: &HttpSettings,
    end: &CancellationToken,
) -> StreamableHttpService<Protocol, M> {
    // Host, origin and size were checked before a request comes here.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(sessions)
        .with_json_response(true)
        .with_max_request_body_bytes(settings.max_body)
        .with_cancellation_token(end.child_token())
        .disable_allowed_hosts()
        .disable_allowed_origins();
    StreamableHttpService::new(move || Ok(protocol.clone()), manager, config)
}

/// Whether the client reads an answer that became a stream.
fn takes_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/event-stream") || value.contains("*/*"))
}

fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT)?.to_str().ok()
}
