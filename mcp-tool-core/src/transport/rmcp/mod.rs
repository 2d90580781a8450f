//! MCP methods that are served through rmcp: all methods except `tools/call`, `tools/list` and, over HTTP,
//! `subscriptions/listen`, unless the fallback handler accepts the subscription. In legacy HTTP sessions (of clients
//! that speak revisions up to 2025-11-25), calls and lists are served through rmcp too.

pub(super) mod adaptation;
mod call;
mod completion;
mod custom_request;
mod delegate;
#[cfg_attr(not(feature = "http"), path = "extensions_without_http.rs")]
mod extensions;
pub(crate) mod fallback;
mod handler;
mod invalid_params;
pub(super) mod message;
pub(super) mod request;
mod server_info;
pub(super) mod session;
mod subscription;
mod tasks;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler as _,
    model::{ErrorCode, Implementation, SubscriptionFilter},
    service::RequestContext,
};

use self::{extensions::extension, session::Session};
use super::{client_label::ClientLabel, endpoint::Endpoint, protocol_error::code};
use crate::{announce::ChangeReceiver, call::caller::Caller};

/// Maximum length of [`Protocol::opening`].
const MAX_OPENING_STREAMS: usize = 64;

/// Implements rmcp's `ServerHandler` for an [`Endpoint`], a started server. Over stdio, and over HTTP with legacy
/// sessions, a `Protocol` has the `Session` of one client. Over HTTP without legacy sessions, all rmcp services share
/// one `Protocol` without a session.
#[derive(Clone)]
pub struct Protocol {
    endpoint: Arc<Endpoint>,
    /// `true` if the listener authenticates every request. A request without a caller is then an internal error.
    is_guarded: bool,
    /// `None` over HTTP without legacy sessions.
    session: Option<Arc<Session>>,
    /// Receivers of changes, one for each subscription stream that was accepted and isn't open yet. A stream that opens
    /// takes the oldest receiver, so that it misses no change since its acceptance. If [`MAX_OPENING_STREAMS`]
    /// receivers wait, a further stream may miss such changes.
    opening: Arc<Mutex<VecDeque<ChangeReceiver>>>,
}

impl Protocol {
    /// Returns a `Protocol` for requests without a session.
    pub fn new(endpoint: Arc<Endpoint>, is_guarded: bool) -> Self {
        Protocol { endpoint, is_guarded, session: None, opening: Arc::default() }
    }

    /// Returns a `Protocol` for the requests of one session.
    pub(crate) fn in_session(&self, session: Arc<Session>) -> Self {
        Protocol { session: Some(session), opening: Arc::default(), ..self.clone() }
    }

    /// Returns the notifications of `requested` that a subscription gets, if it gets only notifications of changed
    /// lists. `None` if the fallback handler serves a part of the subscription.
    pub(super) fn accepted_lists(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let fallback = self.endpoint.fallback.as_deref();
        if fallback.is_some_and(|fallback| fallback.accepted_subscription_filter(requested).is_some()) {
            return None;
        }
        let mut lists = requested.clone();
        lists.resource_subscriptions = None;
        Some(lists.supported_by(&self.get_info().capabilities))
    }

    /// Begins to receive changes for a stream that was accepted. Does nothing if [`MAX_OPENING_STREAMS`] receivers
    /// wait.
    fn subscribe_early(&self) {
        let mut opening = crate::sync::lock(&self.opening);
        if opening.len() < MAX_OPENING_STREAMS {
            opening.push_back(self.endpoint.announcements.listen());
        }
    }

    /// Returns the receiver of changes for a stream that opens now: the oldest receiver in `opening`, else a new one.
    fn subscription(&self) -> ChangeReceiver {
        let early = crate::sync::lock(&self.opening).pop_front();
        early.unwrap_or_else(|| self.endpoint.announcements.listen())
    }

    fn implementation(&self) -> Implementation {
        Implementation::new(&*self.endpoint.name, &*self.endpoint.version)
    }

    /// Returns the caller that the HTTP listener attached to the request. The local user without a label gets the
    /// client's name as label. If no caller is attached, as over stdio, returns the local user with this label, or an
    /// internal error if the listener authenticates every request.
    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        match extension::<Caller>(context) {
            Some(caller) if !caller.is_local() || caller.agent().is_some() => Ok(caller.clone()),
            None if self.is_guarded => Err(ErrorData::internal_error("the request has no caller", None)),
            _ => Ok(self.local_caller(context)),
        }
    }

    /// Returns the caller of a request, or an error if the operator disabled the caller. Calls don't use this method,
    /// because their admission refuses disabled callers.
    fn enabled_caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let caller = self.caller(context)?;
        match self.endpoint.pipeline.controls.disabled_part(&caller) {
            None => Ok(caller),
            Some(disabled) => Err(ErrorData::new(ErrorCode(code::FORBIDDEN), disabled.message(), None)),
        }
    }

    fn is_disabled(&self, caller: &Caller) -> bool {
        self.endpoint.pipeline.controls.disabled_part(caller).is_some()
    }

    /// Returns the local user, who is the caller over stdio, and over HTTP without authorization. The label is the
    /// client's name and version.
    fn local_caller(&self, context: &RequestContext<RoleServer>) -> Caller {
        let client = context.client_info().map(|client| format!("{} {}", client.name, client.version));
        // `None`: no `clientInfo` as JSON text.
        ClientLabel::default().caller(&self.endpoint.local_caller, None, client.as_deref())
    }
}
