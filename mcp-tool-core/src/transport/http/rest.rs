//! What rmcp answers: all but calls, lists and what needs no answer; in sessions or without.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Either, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    header::{ACCEPT, HeaderName, HeaderValue},
    http::request::Parts,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService,
    session::{SessionManager, local::LocalSessionManager, never::NeverSessionManager},
};
use tokio_util::sync::CancellationToken;

use super::{
    HttpSettings,
    body::Holding,
    reply::{Answer, framed, invalid, is_json, not_of_the_protocol},
    running::{Place, Running},
    service::Sender,
    sessions::Sessions,
};
use crate::{
    call::caller::Caller,
    transport::{
        Endpoint, answer,
        called::Remote,
        fault::{ProtocolError, code},
        id::Id,
        message::{Era, Meta},
        protocol::Protocol,
        ways::{self, Way},
    },
};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// rmcp, with sessions or without.
pub(super) enum Rest {
    Stateless(StreamableHttpService<Protocol, NeverSessionManager>),
    Sessions(StreamableHttpService<Protocol, LocalSessionManager>, Sessions),
}

impl Rest {
    /// `end` says that rmcp's streams are to end.
    pub(super) fn new(
        endpoint: &Arc<Endpoint>,
        settings: &HttpSettings,
        is_guarded: bool,
        end: &CancellationToken,
    ) -> Self {
        let protocol = Protocol::new(Arc::clone(endpoint), is_guarded);
        match settings.sessions {
            None => Rest::Stateless(rmcp_service(protocol, Arc::default(), false, settings, end)),
            Some(most) => {
                let sessions = Sessions::new(most, settings.session_idle);
                let manager = Arc::clone(&sessions.manager);
                Rest::Sessions(rmcp_service(protocol, manager, true, settings, end), sessions)
            }
        }
    }

    pub(super) fn has_sessions(&self) -> bool {
        matches!(self, Rest::Sessions(..))
    }

    pub(super) fn is_in_session(&self, parts: &Parts) -> bool {
        self.has_sessions() && parts.headers.contains_key(SESSION)
    }

    /// Whether rmcp has to say which session a request is of, or that it should be of one.
    pub(super) fn is_of_a_session(&self, parts: &Parts, meta: &Meta<'_>) -> bool {
        let is_of_one =
            parts.headers.contains_key(SESSION) || meta.era() == Era::Legacy || !meta.has_capabilities;
        self.has_sessions() && is_of_one
    }

    /// Refuses a request that only a session can have, and that comes without one.
    pub(super) fn check_session(
        &self,
        parts: &Parts,
        method: &str,
        meta: &Meta<'_>,
    ) -> Result<(), ProtocolError> {
        let is_alone = self.has_sessions() && !parts.headers.contains_key(SESSION);
        if !is_alone || method == "initialize" || meta.era() == Era::Modern {
            return Ok(());
        }
        let message = "`_meta` lacks io.modelcontextprotocol/protocolVersion, and without it a request is of a session, \
                       which `initialize` opens";
        Err(ProtocolError::new(code::INVALID_PARAMS, message))
    }

    /// A request that rmcp answers; in a session, one of each id at a time.
    pub(super) async fn request(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        (id, running): (&Id, &Running),
    ) -> Answer {
        let session = parts.headers.get(SESSION).and_then(|session| session.to_str().ok());
        let place = match session.filter(|_| self.is_in_session(parts)) {
            None => None,
            Some(session) => match running.enter_session(session, id) {
                Some(place) => Some(place),
                None => {
                    let fault =
                        ProtocolError::new(code::INVALID_REQUEST, "a request with this id is still running");
                    return framed(answer::fault(&fault.to(id)));
                }
            },
        };
        self.pass_on(parts, body, sender, caller, place).await
    }

    /// `initialize`: where there are sessions, it opens one if there is room.
    pub(super) async fn open(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> Answer {
        let Rest::Sessions(_, sessions) = self else {
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
    pub(super) async fn pass_on(
        &self,
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
        place: Option<Place>,
    ) -> Answer {
        if let Rest::Sessions(_, sessions) = self {
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
        sender.identity.insert_into(&mut parts.extensions);
        let request = Request::from_parts(parts, Full::new(body));
        ways::note(Way::Rmcp);
        let answer = match self {
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
    let protocol = move || if sessions { protocol.of(Arc::default()) } else { protocol.clone() };
    StreamableHttpService::new(move || Ok(protocol()), manager, config)
}
