//! One request: to its path, past the checks that every request meets, to the dispatcher or to rmcp.

use std::{net::IpAddr, pin::pin, sync::Arc};

use futures_util::future::BoxFuture;
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::{Bytes, Incoming},
    header::{ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CONNECTION, HeaderValue, ORIGIN, USER_AGENT},
    http::request::Parts,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    HttpSettings, PATH,
    authentication::{AuthenticationLayer, Identity},
    body::{self, Bodies, Held, HeldText, Refused},
    headers, listing, mirror, origin,
    remote::remote_of,
    reply::{Answer, as_event, empty, events, framed, invalid, is_json, listed, plain, prefers_events},
    rest::Rest,
    running::{Cancellable, Running},
    sse::Events,
};
use crate::{
    call::{
        caller::Caller,
        report::{Report, Reports},
    },
    network::Network,
    pipeline::{Admitted, CallOptions},
    transport::{
        Endpoint, Next, Reporting,
        answer::{self, Framed},
        asking,
        called::RawArguments,
        id::Id,
        labelled::ClientLabel,
        listing::{Shape, Wanted},
        message::{self, Call, Era, Incoming as Message},
        ways::{self, Way},
    },
};

/// What answers requests.
pub struct Service {
    endpoint: Arc<Endpoint>,
    authentication: AuthenticationLayer,
    settings: HttpSettings,
    bodies: Bodies,
    running: Running,
    rest: Rest,
}

/// One connection, as its requests know it.
#[derive(Debug)]
pub(super) struct Peer {
    address: IpAddr,
    labelled: ClientLabel,
}

impl Peer {
    pub(super) fn new(address: IpAddr) -> Self {
        Peer { address, labelled: ClientLabel::default() }
    }
}

/// Who sends a request, and from where.
pub(super) struct Sender<'p> {
    peer: &'p Peer,
    pub(super) remote: IpAddr,
    pub(super) identity: Identity,
}

/// A call that was admitted, and how its answer goes out.
struct Begun {
    admitted: Admitted,
    id: Id,
    era: Era,
    /// A legacy call, which a message can cancel.
    cancellable: Option<Cancellable>,
    /// The reports that the client wants, and its token for those of progress.
    reports: Option<(Option<String>, mpsc::Receiver<Report>)>,
}

impl Service {
    /// `end` says that rmcp's streams are to end.
    pub fn new(
        endpoint: Arc<Endpoint>,
        settings: HttpSettings,
        authentication: AuthenticationLayer,
        end: &CancellationToken,
    ) -> Self {
        let rest = Rest::new(&endpoint, &settings, authentication.is_guarded(), end);
        let bodies = Bodies::new(settings.max_body);
        Service { endpoint, authentication, settings, bodies, running: Running::default(), rest }
    }

    pub(super) fn authentication(&self) -> &AuthenticationLayer {
        &self.authentication
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
                .authentication
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
        let prefers_events = prefers_events(&parts.headers);
        let mut answer = self.allowed(parts, body, peer).await;
        if prefers_events {
            answer = Box::pin(as_event(answer)).await;
        }
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
        let sender = match self.authentication.authenticate(&parts.uri, &mut parts.headers).await {
            Ok(identity) => Sender { peer, remote, identity },
            Err(denied) => {
                body::pass_over(&parts.headers, body).await;
                return self.authentication.refuse(&denied, &self.endpoint.dispatcher, Some(remote));
            }
        };
        match parts.method {
            Method::POST => {}
            Method::GET | Method::DELETE if self.rest.has_sessions() => {
                let caller = self.caller(&sender, &parts.headers, None);
                return self.rest.pass_on(parts, Bytes::new(), &sender, caller, None).await;
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
            // Since 2026-07-28 there are no sessions, whatever header a request has.
            Message::Call(call)
                if !self.rest.is_in_session(parts)
                    || call.fault.is_some()
                    || call.meta.era() == Era::Modern =>
            {
                let arguments = body.part(call.arguments);
                match self.admit(&parts.headers, call, sender, caller).await {
                    Ok(begun) => self.carry_out(begun, body.keep(arguments), sender, &parts.headers).await,
                    Err(refused) => self.authentication.challenged(refused),
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
        let in_session = self.rest.is_in_session(parts);
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
                if method == "tools/list" && !self.rest.is_of_a_session(parts, &meta) =>
            {
                let (shape, is_guarded) = (Shape::of(&meta), self.authentication.is_guarded());
                let wanted = Wanted { id: &id, shape, cursor: cursor.as_deref(), is_guarded };
                ways::note(Way::List);
                listing::list(&self.endpoint, &parts.headers, &caller, &meta, wanted).await
            }
            Message::Request { id, method, meta, .. } => {
                if let Err(fault) = self
                    .rest
                    .check_session(parts, &method, &meta)
                    .and_then(|()| headers::check_single(&parts.headers))
                    .and_then(|()| message::check_kept(&method, &body.bytes))
                    .and_then(|()| message::of_the_protocol(&body.bytes).map(drop))
                {
                    return framed(answer::fault(&fault.to(&id)));
                }
                match &*method {
                    "initialize" => self.rest.open(parts, body.bytes.clone(), sender, caller).await,
                    "tools/list" => {
                        listed(
                            self.rest
                                .request(parts, body.bytes.clone(), sender, caller, (&id, &self.running))
                                .await,
                        )
                        .await
                    }
                    _ => {
                        self.rest
                            .request(parts, body.bytes.clone(), sender, caller, (&id, &self.running))
                            .await
                    }
                }
            }
            Message::Call(mut call) if !self.endpoint.is_permitted(&caller, &call).await => {
                // Not by rmcp, which has no status for it.
                let arguments = HeldText::from(body.part(call.arguments));
                match self.admit(&parts.headers, &mut call, sender, caller).await {
                    Ok(begun) => self.carry_out(begun, arguments, sender, &parts.headers).await,
                    Err(refused) => self.authentication.challenged(refused),
                }
            }
            Message::Call(call) => {
                match headers::asked_for(&parts.headers, self.endpoint.headers()) {
                    Ok(headers) => drop(parts.extensions.insert(headers)),
                    Err(fault) => {
                        let arrival = self.authentication.arrival(&sender.identity, caller, sender.remote);
                        return framed(self.endpoint.turn_away(arrival, &call, fault));
                    }
                }
                parts.extensions.insert(RawArguments(call.arguments.into()));
                self.rest.request(parts, body.bytes.clone(), sender, caller, (&call.id, &self.running)).await
            }
            Message::Cancelled { .. } | Message::Notification | Message::Response => {
                self.rest.pass_on(parts, body.bytes.clone(), sender, caller, None).await
            }
        }
    }

    /// Whom a request speaks for. Without authorization that is the local user, and a client's name a label.
    fn caller(&self, sender: &Sender<'_>, headers: &HeaderMap, client: Option<&str>) -> Caller {
        let local = || sender.peer.labelled.caller(&self.endpoint.local, client, user_agent(headers));
        self.authentication.caller(&sender.identity).unwrap_or_else(local)
    }

    /// `tools/call`, from its own bytes.
    async fn admit(
        &self,
        headers: &HeaderMap,
        call: &mut Call<'_>,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> Result<Begun, Framed> {
        let mut arrival = self.authentication.arrival(&sender.identity, caller, sender.remote);
        let era = call.meta.era();
        // A modern client cancels by closing the response (2026-07-28, Streamable HTTP §cancellation).
        let cancellable = (era == Era::Legacy).then(|| self.running.cancellable());
        let fault = call.fault.take().map_or(Ok(()), |fault| Err(*fault));
        if let Err(fault) = fault.and_then(|()| headers::check(headers, call)) {
            return Err(self.endpoint.turn_away(arrival, call, fault));
        }
        match headers::asked_for(headers, self.endpoint.headers()) {
            Ok(headers) => arrival.headers = headers,
            Err(fault) => return Err(self.endpoint.turn_away(arrival, call, fault)),
        }
        let level = match era {
            Era::Modern => call.meta.level,
            Era::Legacy => self.endpoint.levels.get(&arrival.caller),
        };
        // What a client can't read as a stream, it can't hear.
        let wants = |wanted: bool| wanted && takes_events(headers);
        let token = call.meta.progress_token;
        let token = if wants(token.is_some()) { token.map(str::to_owned) } else { None };
        let (reports, heard) = Reports::wanted(token.is_some(), level.filter(|_| wants(true))).unzip();
        let carried = CallOptions { reports, asking: asking(call), trace: call.meta.trace.take() };
        let admitted = self.endpoint.admit(arrival, call, era, carried).await?;
        if era == Era::Modern
            && admitted.has_headers()
            && let Err(fault) = mirror::check(headers, admitted.contract(), call.arguments)
        {
            return Err(Endpoint::turn_back(admitted, &call.id, fault));
        }
        Ok(Begun {
            admitted,
            id: std::mem::take(&mut call.id),
            era,
            cancellable,
            reports: heard.map(|heard| (token, heard)),
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
        let may_be_task = admitted.may_be_task();
        let Some((token, heard)) = reports else {
            if may_be_task {
                return framed(Endpoint::hand_off(Arc::clone(&self.endpoint), admitted, arguments, id).await);
            }
            // Pinned where it is: a call is large, and each hand that it goes through copies it.
            let call = pin!(Endpoint::execute(&*self.endpoint, admitted, arguments, &id, era));
            return framed(match cancellable {
                Some(cancellable) => cancellable.unless_cancelled(call, || (by_header(), id.clone())).await,
                None => call.await,
            });
        };
        let (known, endpoint) = (by_header(), Arc::clone(&self.endpoint));
        let call = async move {
            if may_be_task {
                // What it reports from then on, it shows.
                return Endpoint::hand_off(endpoint, admitted, arguments, id).await;
            }
            let call = Endpoint::execute(endpoint, admitted, arguments, &id, era);
            match cancellable {
                Some(cancellable) => cancellable.unless_cancelled(pin!(call), || (known, id.clone())).await,
                None => call.await,
            }
        };
        let mut reporting = Reporting::new(call, heard);
        match reporting.next().await {
            Next::Done(done) => framed(done),
            Next::Report(first) => events(Events::new(reporting, token, first)),
        }
    }
}

/// Whether the client reads an answer that became a stream.
fn takes_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        // A type has no case (RFC 9110 §8.3.1).
        .map(str::to_ascii_lowercase)
        .any(|value| value.contains("text/event-stream") || value.contains("*/*"))
}

fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT)?.to_str().ok()
}
