//! Parses each message, and passes it to the pipeline, to the tool lists that are encoded in advance, or to rmcp.
//!
//! Modern messages (of 2026-07-28 and later) name their protocol version in `_meta`. Legacy messages (of revisions up
//! to 2025-11-25) don't.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hyper::{StatusCode, body::Bytes, http::request::Parts};

use super::{
    body::{MemoryPermits, RequestBody, RetainedText},
    list::respond_list,
    protocol_headers,
    response::{HttpResponse, empty, framed, protocol_error, with_security_schemes},
    rmcp_service::Kept,
    sender::Sender,
    service::Service,
    subscription, user_limits,
};
use crate::{
    call::caller::Caller,
    ports::Denied,
    transport::{
        id::Id,
        listing::page::{ListRequest, Shape},
        message::{self, ClientMessage, Era, Meta, ToolCall},
        protocol_error::{ProtocolError, code},
        read_paths::{self, ReadPath},
        request_headers,
        response::FramedResponse,
        rmcp::{
            message::{call_message, invalid_initialize, to_rmcp},
            request::SessionCall,
        },
    },
};

impl Service {
    /// Parses a message and answers it.
    pub(super) async fn dispatch(
        &self,
        parts: &mut Parts,
        body: RequestBody,
        sender: &Sender<'_>,
    ) -> HttpResponse {
        let mut message = match message::parse(&body.bytes) {
            Ok(message) => message,
            Err(error) => return protocol_error(&error),
        };
        let client_info = match &message {
            ClientMessage::Call(call) => call.meta.client,
            ClientMessage::Request { meta, .. } => meta.client,
            ClientMessage::Cancelled { .. }
            | ClientMessage::Notification
            | ClientMessage::InvalidNotification
            | ClientMessage::Response => None,
        };
        let caller = self.caller(sender, &parts.headers, client_info);
        match &mut message {
            // Calls in which the parser found an error are rejected without rmcp. A modern call belongs to no session,
            // even if it has a session header.
            ClientMessage::Call(call)
                if !self.rmcp.is_in_session(parts)
                    || call.error.is_some()
                    || call.meta.era() == Era::Modern =>
            {
                let arguments = body.part(call.arguments);
                match self.prepare_call(&parts.headers, call, sender, caller).await {
                    Ok(call) => self.run_call(call, body.retain(arguments), sender, &parts.headers).await,
                    Err(refused) => self.authentication.challenged(refused),
                }
            }
            _ => self.dispatch_other(message, parts, &body, sender, caller).await,
        }
    }

    /// Answers messages other than calls, and legacy calls in sessions.
    ///
    /// Boxed in a function of its own, so that this large future isn't part of the future of a call.
    #[inline(never)]
    fn dispatch_other<'a>(
        &'a self,
        message: ClientMessage<'a>,
        parts: &'a mut Parts,
        body: &'a RequestBody,
        sender: &'a Sender<'_>,
        caller: Caller,
    ) -> BoxFuture<'a, HttpResponse> {
        Box::pin(self.respond_other(message, parts, body, sender, caller))
    }

    async fn respond_other(
        &self,
        message: ClientMessage<'_>,
        parts: &mut Parts,
        body: &RequestBody,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> HttpResponse {
        let in_session = self.rmcp.is_in_session(parts);
        match message {
            // Also dropped in a session, because rmcp would answer it.
            ClientMessage::InvalidNotification => match protocol_headers::check_version(&parts.headers) {
                Ok(()) => empty(StatusCode::ACCEPTED),
                Err(error) => protocol_error(&error),
            },
            ClientMessage::Cancelled { .. } | ClientMessage::Notification if !in_session => {
                if let Err(error) = protocol_headers::check_version(&parts.headers) {
                    return protocol_error(&error);
                }
                // Other notifications have an effect only in a session.
                if let ClientMessage::Cancelled { request: Some(id) } = message {
                    self.in_flight.cancel(&self.caller(sender, &parts.headers, None), id);
                }
                empty(StatusCode::ACCEPTED)
            }
            ClientMessage::Request { id, method, meta, cursor }
                if method == "tools/list" && !self.rmcp.is_list_for_rmcp(parts, &meta) =>
            {
                let (shape, is_guarded) = (Shape::of(&meta), self.authentication.is_guarded());
                let request = ListRequest { id: &id, shape, cursor: cursor.as_deref(), is_guarded };
                read_paths::record(ReadPath::List);
                respond_list(&self.endpoint, &parts.headers, &caller, &meta, request).await
            }
            ClientMessage::Request { id, method, meta, .. } => {
                self.respond_by_rmcp((id, &method, &meta), parts, body, sender, caller).await
            }
            ClientMessage::Call(mut call)
                if !self.endpoint.pipeline.is_permitted(&caller, call.request()).await =>
            {
                // A legacy call in a session that the policy refuses. It is answered here, because rmcp can't send the
                // HTTP status of a refusal.
                let arguments = RetainedText::from(body.part(call.arguments));
                match self.prepare_call(&parts.headers, &mut call, sender, caller).await {
                    // The policy's decision has changed meanwhile.
                    Ok(call) => self.run_call(call, arguments, sender, &parts.headers).await,
                    Err(refused) => self.authentication.challenged(refused),
                }
            }
            ClientMessage::Call(call) => {
                self.respond_in_session(call, parts, body.memory(), sender, caller).await
            }
            ClientMessage::Cancelled { .. } | ClientMessage::Notification => {
                if let Err(error) = protocol_headers::check_version(&parts.headers) {
                    return protocol_error(&error);
                }
                let names_one_session = self.rmcp.names_one_session(parts);
                let response =
                    self.rmcp.forward(parts, body.bytes.clone(), sender, caller, Kept::default()).await;
                // rmcp answers a notification that it can't parse, although a notification has no answer.
                if response.status() == StatusCode::BAD_REQUEST && names_one_session {
                    return empty(StatusCode::ACCEPTED);
                }
                response
            }
            ClientMessage::Response => {
                self.rmcp.forward(parts, body.bytes.clone(), sender, caller, Kept::default()).await
            }
        }
    }

    /// Passes a request to rmcp, if it is valid. An invalid request is answered here with a JSON-RPC error, because
    /// rmcp would answer with plain text.
    async fn respond_by_rmcp(
        &self,
        (id, method, meta): (Id, &str, &Meta<'_>),
        parts: &mut Parts,
        body: &RequestBody,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> HttpResponse {
        let checked = self
            .rmcp
            .check_session(parts, method, meta)
            .and_then(|()| protocol_headers::check_single(&parts.headers))
            .and_then(|()| to_rmcp(&body.bytes));
        match checked.map(|message| invalid_initialize(&message)) {
            Ok(None) => {}
            Err(error) => return protocol_error(&error.with_id(&id)),
            // Without sessions, rmcp passes the request to `on_custom_request`, which names the parameter too.
            Ok(Some(_)) if meta.era() == Era::Modern || !self.rmcp.has_sessions() => {}
            // All errors of this method have this status.
            Ok(Some(error)) => {
                return framed(FramedResponse {
                    status: 200,
                    ..FramedResponse::protocol_error(&error.with_id(&id))
                });
            }
        }
        let bytes = body.bytes.clone();
        if method == subscription::METHOD {
            return self.listen((&id, meta), parts, bytes, sender, caller).await;
        }
        let shares = &self.endpoint.pipeline.shares;
        if method == "initialize" {
            let share = self
                .settings
                .sessions
                .map(|all| user_limits::count_session(shares, &caller, all, &id))
                .transpose();
            return match share {
                Ok(share) => self.rmcp.initialize(parts, bytes, sender, caller, share).await,
                Err(refused) => framed(refused),
            };
        }
        let response = match user_limits::count_request(shares, &caller, &id) {
            Ok(share) => {
                let kept = Kept { share: Some(share), ..Kept::default() };
                self.rmcp.request(parts, bytes, sender, caller, (&id, &self.in_flight), kept).await
            }
            Err(refused) => return framed(refused),
        };
        if method == "tools/list" { with_security_schemes(response).await } else { response }
    }

    /// Opens an event stream that notifies of changed lists and resources.
    async fn listen(
        &self,
        (id, meta): (&Id, &Meta<'_>),
        parts: &mut Parts,
        body: Bytes,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> HttpResponse {
        let share = match user_limits::count_stream(&self.endpoint.pipeline.shares, &caller, Some(id)) {
            Ok(share) => share,
            Err(refused) => return framed(refused),
        };
        let end = self.stream_end(sender, &caller);
        if end.is_reached() {
            return self.refuse_stream(sender, &caller, Some(id));
        }
        let accepted = subscription::requested(&parts.headers, meta, &body)
            .and_then(|requested| self.rmcp.protocol().accepted_lists(&requested));
        match accepted {
            Some(accepted) => {
                subscription::respond(&self.endpoint, id, &accepted, (end, self.end.clone()), share)
            }
            None => {
                let kept = Kept { share: Some(share), end: Some(end), ..Kept::default() };
                self.rmcp.request(parts, body, sender, caller, (id, &self.in_flight), kept).await
            }
        }
    }

    /// Returns the response to a request for an event stream whose end is reached already.
    pub(super) fn refuse_stream(
        &self,
        sender: &Sender<'_>,
        caller: &Caller,
        id: Option<&Id>,
    ) -> HttpResponse {
        let pipeline = &self.endpoint.pipeline;
        let Some(disabled) = pipeline.controls.disabled_part(caller) else {
            // The server accepts a token for some seconds after its expiry, because clocks differ.
            return self.authentication.refuse(&Denied::Invalid("expired"), pipeline, Some(sender.remote));
        };
        let error = ProtocolError::new(code::FORBIDDEN, disabled.message());
        let error = ProtocolError { id: id.cloned(), ..error };
        framed(FramedResponse { status: 403, ..FramedResponse::protocol_error(&error) })
    }

    /// Passes a permitted legacy call in a session to rmcp, with the headers that middleware reads.
    async fn respond_in_session(
        &self,
        call: ToolCall<'_>,
        parts: &mut Parts,
        memory: Option<Arc<MemoryPermits>>,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> HttpResponse {
        match request_headers::middleware_headers(&parts.headers, &self.endpoint) {
            Ok(headers) => drop(parts.extensions.insert(headers)),
            Err(error) => {
                let origin = self.authentication.origin(&sender.identity, caller, sender.remote);
                return framed(self.endpoint.reject_call(origin, &call, error));
            }
        }
        let message = call_message(&call).into();
        let ToolCall { id, arguments, meta, .. } = call;
        parts.extensions.insert(SessionCall {
            arguments: arguments.into(),
            requires: meta.requires,
            trace: meta.trace,
        });
        // The call of a caller who is disabled already is refused, and the client gets the refusal.
        let end = Some(self.call_stream_end(sender, &caller)).filter(|end| !end.is_reached());
        let kept = Kept { memory, end, ..Kept::default() };
        self.rmcp.request(parts, message, sender, caller, (&id, &self.in_flight), kept).await
    }
}
