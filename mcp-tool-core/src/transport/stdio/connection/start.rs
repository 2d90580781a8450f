//! Admits calls, and checks `tools/list` requests. Their answers are computed after that.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    super::{
        super::{
            id::Id,
            listing::page::{ListRequest, Shape},
            message::{Era, Meta, ToolCall},
            protocol_error::{ProtocolError, code},
            reporting::{CallEvent, ReportingCall},
            response::{self, FramedResponse},
            task::TaskCall,
        },
        calls::{ResponseFuture, StartedCall},
        output::Writer,
    },
    Connection,
};
use crate::{
    ask::{Asking, Client},
    call::report::{CallReport, Reports},
    pipeline::CallOptions,
};

impl Connection {
    /// Admits a call. If the request is invalid, or if the admission refuses the call, sends the answer and returns
    /// `None`.
    pub(super) async fn start_call(&mut self, mut call: ToolCall<'_>) -> Option<StartedCall> {
        let era = call.meta.era();
        let caller =
            self.client_label.caller(&self.endpoint.local_caller, call.meta.client, self.client.as_deref());
        let checked = call.error.take().map_or(Ok(()), |error| Err(*error));
        if let Err(error) = checked.and_then(|()| self.check_call(&call)) {
            self.send(self.endpoint.reject_call(caller, &call, error).body).await;
            return None;
        }
        let token = call.meta.progress_token.map(str::to_owned);
        let (level, asking) = match era {
            Era::Modern => (call.meta.level, call.asking()),
            Era::Legacy => {
                (self.session.level(), Asking::client(Arc::clone(&self.session) as Arc<dyn Client>))
            }
        };
        let (reports, receiver) = Reports::channel(token.is_some(), level).unzip();
        let options = CallOptions { reports, asking, trace: call.meta.trace.take() };
        let admitted = match self.endpoint.pipeline.admit(caller, call.request(), options).await {
            Ok(admitted) => admitted,
            Err(refusal) => {
                let refused = FramedResponse::refusal(&refusal, &call.id, era, &self.endpoint.server_info);
                self.send(refused.body).await;
                return None;
            }
        };
        let (id, response_id, arguments) = (call.id.clone(), call.id, call.arguments.to_owned());
        let endpoint = Arc::clone(&self.endpoint);
        if admitted.may_be_task() {
            let task = async move {
                let started = TaskCall::start(&endpoint, admitted, arguments).await;
                started.response(&response_id, &endpoint.server_info)
            };
            let response = match receiver {
                Some(receiver) => {
                    ResponseFuture::new(send_reports(task, token, receiver, self.writer.clone()))
                }
                None => ResponseFuture::new(task),
            };
            return Some(StartedCall { id, response });
        }
        let call = async move {
            let outcome = admitted.execute(arguments).await;
            FramedResponse::outcome(&outcome, &response_id, era, &endpoint.server_info)
        };
        let response = match (receiver, self.spare.take()) {
            (Some(receiver), _) => {
                ResponseFuture::new(send_reports(call, token, receiver, self.writer.clone()))
            }
            (None, Some(mut spare)) => {
                spare.set(call);
                spare
            }
            (None, None) => ResponseFuture::new(call),
        };
        Some(StartedCall { id, response })
    }

    /// Checks a `tools/list` request and prepares its answer. If the request is invalid, sends the answer and returns
    /// `None`. The request is not forwarded, so rmcp doesn't learn the client's era from it.
    pub(super) async fn list(
        &mut self,
        id: Id,
        meta: &Meta<'_>,
        cursor: Option<String>,
    ) -> Option<StartedCall> {
        let shape = Shape::of(meta);
        let checked = self.check_id(&id).and_then(|()| meta.check_version());
        // After `initialize`, a request that names an earlier revision needs no capabilities.
        let checked = checked.and_then(|()| match self.initialized {
            true => shape.check(meta),
            false => self.check_meta(meta),
        });
        if let Err(error) = checked {
            self.refuse(&error.with_id(&id)).await;
            return None;
        }
        let caller =
            self.client_label.caller(&self.endpoint.local_caller, meta.client, self.client.as_deref());
        // With the application's own policy, which may be slow, a list needs a permit like a request to rmcp.
        let permit = match self.endpoint.pipeline.policy.is_own() {
            true => Some(self.permit(&id).await?),
            false => None,
        };
        let (endpoint, response_id) = (Arc::clone(&self.endpoint), id.clone());
        let response = ResponseFuture::new(async move {
            let request =
                ListRequest { id: &response_id, shape, cursor: cursor.as_deref(), is_guarded: false };
            let listed = endpoint.list(&caller, request).await;
            drop(permit);
            listed.map_or_else(|refused| refused, |list| FramedResponse::ok(list.into_bytes()))
        });
        Some(StartedCall { id, response })
    }

    /// Checks a call's id and `_meta`.
    fn check_call(&self, call: &ToolCall<'_>) -> Result<(), ProtocolError> {
        self.check_id(&call.id)?;
        call.meta.check_version()?;
        self.check_meta(&call.meta)
    }

    /// Checks that a legacy request follows `initialize`, and that a modern request has the client's capabilities.
    fn check_meta(&self, meta: &Meta<'_>) -> Result<(), ProtocolError> {
        match meta.era() {
            Era::Legacy if !self.initialized => {
                let message =
                    "`_meta` lacks io.modelcontextprotocol/protocolVersion: send it, or `initialize` first";
                Err(ProtocolError::new(code::INVALID_PARAMS, message))
            }
            Era::Modern if !meta.has_capabilities => {
                let message = "`_meta` lacks io.modelcontextprotocol/clientCapabilities";
                Err(ProtocolError::new(code::INVALID_PARAMS, message))
            }
            Era::Legacy | Era::Modern => Ok(()),
        }
    }
}

/// Runs a call, sends each of its reports immediately, and returns its response. `token` is the client's progress token
/// as JSON text.
async fn send_reports(
    call: impl Future<Output = FramedResponse> + Send + 'static,
    token: Option<String>,
    receiver: mpsc::Receiver<CallReport>,
    writer: Writer,
) -> FramedResponse {
    let mut call = ReportingCall::new(call, receiver);
    loop {
        match call.next().await {
            CallEvent::Report(report) => writer.send(response::report(token.as_deref(), &report)).await,
            CallEvent::Finished(response) => return response,
        }
    }
}
