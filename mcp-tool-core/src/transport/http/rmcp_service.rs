//! Forwards requests to rmcp's HTTP service. If sessions of legacy clients (revisions up to 2025-11-25) are enabled,
//! checks that a session belongs to the caller.

use std::{borrow::Cow, sync::Arc};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    header::{ACCEPT, CONTENT_LENGTH, HeaderName, HeaderValue},
    http::request::Parts,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use tokio_util::sync::CancellationToken;

use super::{
    body::MemoryPermits,
    in_flight::{InFlight, InFlightGuard},
    response::{HttpResponse, invalid, is_json, protocol_error, rejected_by_rmcp},
    response_body::{Guarded, Until},
    rmcp_body,
    sender::Sender,
    sessions::Sessions,
    settings::HttpSettings,
    stream_end::StreamEnd,
};
use crate::{
    call::caller::Caller,
    shares::Share,
    transport::{
        endpoint::Endpoint,
        id::Id,
        message::{Era, Meta},
        protocol_error::{ProtocolError, code},
        read_paths::{self, ReadPath},
        rmcp::{
            Protocol,
            adaptation::for_rmcp,
            request::{RemoteAddress, SessionShare},
        },
    },
};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// rmcp's HTTP service. One type serves with sessions and without, so that rmcp's generic code is compiled for one type
/// only.
pub(super) struct RmcpService {
    service: StreamableHttpService<Protocol, LocalSessionManager>,
    /// `None` if legacy sessions are disabled.
    sessions: Option<Sessions>,
    /// Decides which notifications a subscription gets.
    protocol: Protocol,
}

/// Values that are kept until the response of a forwarded request is sent.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Lists the request as in flight.
    pub(super) in_flight: Option<InFlightGuard>,
    /// Counts the request or its event stream in the share of its user.
    pub(super) share: Option<Share>,
    /// Permits for the arguments of a call.
    pub(super) memory: Option<Arc<MemoryPermits>>,
    /// Ends the event stream.
    pub(super) end: Option<StreamEnd>,
}

impl RmcpService {
    /// Returns the service. Cancelling `end` ends rmcp's streams. `is_guarded` is `true` if every request needs a
    /// token.
    pub(super) fn new(
        endpoint: &Arc<Endpoint>,
        settings: &HttpSettings,
        is_guarded: bool,
        end: &CancellationToken,
    ) -> Self {
        let protocol = Protocol::new(Arc::clone(endpoint), is_guarded);
        let sessions =
            settings.sessions.map(|max_sessions| Sessions::new(max_sessions, settings.session_idle));
        let manager = sessions.as_ref().map(|sessions| Arc::clone(&sessions.manager)).unwrap_or_default();
        // rmcp need not check host and origin, because `route` has checked them.
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(sessions.is_some())
            .with_json_response(true)
            .with_max_request_body_bytes(settings.max_body)
            .with_cancellation_token(end.child_token())
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let has_sessions = sessions.is_some();
        // rmcp calls this for each session, and for each request outside sessions.
        let stateless = protocol.clone();
        let make_protocol =
            move || if has_sessions { stateless.in_session(Arc::default()) } else { stateless.clone() };
        let service = StreamableHttpService::new(move || Ok(make_protocol()), manager, config);
        RmcpService { service, sessions, protocol }
    }

    pub(super) const fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    pub(super) fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    /// Returns `true` if sessions are enabled and the request names a session.
    pub(super) fn is_in_session(&self, parts: &Parts) -> bool {
        self.has_sessions() && parts.headers.contains_key(SESSION)
    }

    /// Returns `true` if the request has one session header.
    pub(super) fn names_one_session(&self, parts: &Parts) -> bool {
        parts.headers.get_all(SESSION).iter().count() == 1
    }

    /// Returns `true` if rmcp must answer or reject a `tools/list` request: if sessions are enabled, and the request
    /// names a session, is a legacy request, or lacks the client's capabilities, which a session would know. This crate
    /// answers all other `tools/list` requests.
    pub fn is_list_for_rmcp(&self, parts: &Parts, meta: &Meta<'_>) -> bool {
        let names_or_needs_session =
            parts.headers.contains_key(SESSION) || meta.era() == Era::Legacy || !meta.has_capabilities;
        self.has_sessions() && names_or_needs_session
    }

    /// If sessions are enabled, rejects a request that neither names a session nor the revision 2026-07-28 in `_meta`.
    /// `initialize` needs no session. Not called for `tools/call`, which is served without a session in all revisions.
    pub(super) fn check_session(
        &self,
        parts: &Parts,
        method: &str,
        meta: &Meta<'_>,
    ) -> Result<(), ProtocolError> {
        let lacks_session = self.has_sessions() && !parts.headers.contains_key(SESSION);
        if !lacks_session || method == "initialize" || meta.era() == Era::Modern {
            return Ok(());
        }
        let message = "`_meta` lacks io.modelcontextprotocol/protocolVersion: send it, or open a session by `initialize`";
        Err(ProtocolError::new(code::INVALID_PARAMS, message))
    }

    /// Forwards a request. Rejects the request if another request in flight in the same session has the same id.
    pub(super) async fn request(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        (id, in_flight): (&Id, &InFlight),
        kept: Kept,
    ) -> HttpResponse {
        let session = parts.headers.get(SESSION).and_then(|session| session.to_str().ok());
        let in_flight = match session.filter(|_| self.is_in_session(parts)) {
            None => None,
            Some(session) => match in_flight.list_session_request(session, id) {
                Some(guard) => Some(guard),
                None => {
                    let error = ProtocolError::new(
                        code::INVALID_REQUEST,
                        "a request with this id is still running in this session: use another id",
                    );
                    return protocol_error(&error.with_id(id));
                }
            },
        };
        self.forward(parts, body, sender, caller, Kept { in_flight, ..kept }).await
    }

    /// Forwards `initialize`. If sessions are enabled, rmcp opens a session, which then belongs to `caller`. Rejects
    /// the request if the maximum number of sessions is open.
    pub(super) async fn initialize(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        share: Option<Share>,
    ) -> HttpResponse {
        let Some(sessions) = &self.sessions else {
            return self.forward(parts, body, sender, caller, Kept::default()).await;
        };
        let Some(_permit) = sessions.permit().await else {
            return invalid(429, "too many sessions are open: close one, or try again later");
        };
        if let Some(share) = share {
            parts.extensions.insert(SessionShare(Arc::new(share)));
        }
        let response = self.forward(parts, body, sender, caller.clone(), Kept::default()).await;
        if let Some(id) = response.headers().get(SESSION).and_then(|id| id.to_str().ok()) {
            sessions.set_owner(id, &caller);
        }
        response
    }

    /// Forwards a request with this body to rmcp. If sessions are enabled, rejects a request whose session isn't
    /// open or belongs to another caller, and a request with several session headers.
    pub(super) async fn forward(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        kept: Kept,
    ) -> HttpResponse {
        if let Some(sessions) = &self.sessions {
            let mut ids = parts.headers.get_all(SESSION).iter();
            match (ids.next().map(HeaderValue::to_str), ids.next()) {
                (None, _) => {}
                (Some(Ok(id)), None) if sessions.is_open_for(id, &caller).await => {}
                (Some(_), None) => return invalid(404, "unknown session: initialize again"),
                (Some(_), Some(_)) => return invalid(400, "the header Mcp-Session-Id must not be repeated"),
            }
        }
        let (empty, ()) = Request::new(()).into_parts();
        let mut parts = std::mem::replace(parts, empty);
        let ends_session = parts.method == Method::DELETE;
        let keeps_priming = rmcp_body::knows_priming_events(&parts.headers);
        let body = match for_rmcp(&body) {
            Cow::Borrowed(_) => body,
            Cow::Owned(adapted) => {
                parts.headers.remove(CONTENT_LENGTH);
                adapted.into()
            }
        };
        // rmcp requires both types in `Accept`. Outside sessions, it still answers in JSON if the response is a single
        // message.
        let both = HeaderValue::from_static("application/json, text/event-stream");
        parts.headers.insert(ACCEPT, both);
        parts.extensions.insert(caller);
        parts.extensions.insert(RemoteAddress(sender.remote));
        sender.identity.insert_into(&mut parts.extensions);
        let request = Request::from_parts(parts, Full::new(body));
        // For `tests/differential`.
        read_paths::record(ReadPath::Rmcp);
        // Boxed, because this future takes seven kilobytes, which would be part of every future that contains it.
        let response = Box::pin(self.service.handle(request)).await;
        let Kept { in_flight, share, memory, end } = kept;
        let is_stream = !is_json(response.headers());
        let mut response = response.map(|body| {
            let body = match end.filter(|_| is_stream) {
                Some(end) => Until::new(body, Box::pin(end.reached())).boxed_unsync(),
                None => body.boxed_unsync(),
            };
            if in_flight.is_none() && share.is_none() && memory.is_none() {
                return body;
            }
            Guarded::new(body, (in_flight, share, memory)).boxed_unsync()
        });
        if ends_session && response.status() == StatusCode::ACCEPTED {
            // The session has ended already, so rmcp's status 202 (accepted) would mislead.
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        if response.status().is_client_error() && !is_json(response.headers()) {
            return rejected_by_rmcp(response.status());
        }
        rmcp_body::adapt(response, keeps_priming).await
    }
}
