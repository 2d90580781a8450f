//! Answers `tools/call` over HTTP, except for valid and permitted calls in legacy sessions (MCP sessions of revisions
//! up to 2025-11-25), which rmcp answers.

use std::{pin::pin, sync::Arc};

use hyper::HeaderMap;
use tokio::sync::mpsc;

use super::{
    accept::accepts_events,
    body::RetainedText,
    in_flight::CancellableCall,
    parameter_headers, protocol_headers,
    response::{HttpResponse, event_stream, framed},
    sender::Sender,
    service::Service,
    sse::EventStream,
};
use crate::{
    call::{
        caller::Caller,
        report::{CallReport, Reports},
    },
    pipeline::{Admitted, CallOptions},
    transport::{
        endpoint::Endpoint,
        id::Id,
        message::{Era, ToolCall},
        protocol_error::{ProtocolError, code},
        reporting::{CallEvent, ReportingCall},
        request_headers,
        response::FramedResponse,
        task::TaskCall,
    },
};

/// An admitted call, and the reports (progress and log messages) that its client requested.
pub(super) struct PreparedCall {
    call: AdmittedCall,
    reports: Option<RequestedReports>,
}

/// An admitted call, and the facts that its response needs.
struct AdmittedCall {
    admitted: Admitted,
    id: Id,
    era: Era,
    /// Makes a legacy call (up to 2025-11-25) cancellable by `notifications/cancelled`. `None` for a modern call, which
    /// the client cancels by closing the response.
    cancellable: Option<CancellableCall>,
}

/// The client's progress token as JSON text, if it sent one, and the receiver of the call's reports.
type RequestedReports = (Option<String>, mpsc::Receiver<CallReport>);

impl AdmittedCall {
    /// Runs the call to its end or starts its task, and returns the response. `caller` returns the caller that may
    /// cancel the call by `notifications/cancelled`.
    fn respond<'a>(
        self,
        endpoint: &'a Arc<Endpoint>,
        arguments: RetainedText,
        caller: impl FnOnce() -> Caller + Send + 'a,
    ) -> impl Future<Output = FramedResponse> + Send + 'a {
        let AdmittedCall { admitted, id, era, cancellable } = self;
        // A block, because an async function would hold the call twice.
        async move {
            if admitted.may_be_task() {
                // If the call continues as a task, the client gets later progress from the task.
                return TaskCall::start(endpoint, admitted, arguments)
                    .await
                    .response(&id, &endpoint.server_info);
            }
            // Pinned here, because the future of a call is large, and every move would copy it.
            let call = pin!(admitted.execute(arguments));
            let outcome = match cancellable {
                None => call.await,
                Some(cancellable) => match cancellable.run(call, || (caller(), id.clone())).await {
                    Ok(outcome) => outcome,
                    Err(cancelled) => return cancelled,
                },
            };
            FramedResponse::outcome(&outcome, &id, era, &endpoint.server_info)
        }
    }
}

impl Service {
    /// Checks a call's headers and admits the call. If the parser found an error, a header is invalid, or the admission
    /// refuses the call, returns the response to the call as the error.
    pub(super) async fn prepare_call(
        &self,
        headers: &HeaderMap,
        call: &mut ToolCall<'_>,
        sender: &Sender<'_>,
        caller: Caller,
    ) -> Result<PreparedCall, FramedResponse> {
        let mut origin = self.authentication.origin(&sender.identity, caller, sender.remote);
        let era = call.meta.era();
        // Made before admission, so that the client can cancel during admission too (2026-07-28, Streamable HTTP
        // §cancellation).
        let cancellable = (era == Era::Legacy).then(|| self.in_flight.cancellable());
        // An error that the parser found comes before those of the headers.
        let checked = call.error.take().map_or(Ok(()), |error| Err(*error));
        if let Err(error) = checked.and_then(|()| protocol_headers::check_call(headers, call)) {
            return Err(self.endpoint.reject_call(origin, call, error));
        }
        match request_headers::middleware_headers(headers, &self.endpoint) {
            Ok(headers) => origin.headers = headers,
            Err(error) => return Err(self.endpoint.reject_call(origin, call, error)),
        }
        let (sender_of_reports, reports) = self.requested_reports(headers, call, &origin.caller).unzip();
        let options =
            CallOptions { reports: sender_of_reports, asking: call.asking(), trace: call.meta.trace.take() };
        let admitted = match self.endpoint.pipeline.admit(origin, call.request(), options).await {
            Ok(admitted) => admitted,
            Err(refusal) => {
                let server_info = &self.endpoint.server_info;
                return Err(FramedResponse::refusal(&refusal, &call.id, era, server_info));
            }
        };
        // The tool may declare headers in which the client repeats arguments (`Mcp-Param-…`).
        if era == Era::Modern
            && admitted.has_headers()
            && let Err(error) = parameter_headers::check(headers, admitted.contract(), call.arguments)
        {
            return Err(reject_admitted(admitted, &call.id, error));
        }
        let call = AdmittedCall { admitted, id: std::mem::take(&mut call.id), era, cancellable };
        Ok(PreparedCall { call, reports })
    }

    /// Returns the sender and the receiver of the call's reports. Returns `None` if the client asked for no reports, or
    /// doesn't accept an event stream, which reports need.
    fn requested_reports(
        &self,
        headers: &HeaderMap,
        call: &ToolCall<'_>,
        caller: &Caller,
    ) -> Option<(Reports, RequestedReports)> {
        // A modern client requests log messages in each call, a legacy client by `logging/setLevel`.
        let level = match call.meta.era() {
            Era::Modern => call.meta.level,
            Era::Legacy => self.endpoint.log_levels.get(caller),
        };
        let token = call.meta.progress_token;
        if (level.is_none() && token.is_none()) || !accepts_events(headers) {
            return None;
        }
        let token = token.map(str::to_owned);
        let (reports, receiver) = Reports::channel(token.is_some(), level)?;
        Some((reports, (token, receiver)))
    }

    /// Runs a call. The response is one message or, if the call sends a report, a stream of events.
    pub(super) async fn run_call(
        &self,
        call: PreparedCall,
        arguments: RetainedText,
        sender: &Sender<'_>,
        headers: &HeaderMap,
    ) -> HttpResponse {
        let PreparedCall { call, reports } = call;
        // The caller under which the call is listed for `notifications/cancelled`. Without authorization, callers
        // differ only in their label, which comes from `clientInfo` or a header. The notification has no `clientInfo`,
        // so the call is listed without it too (`None`), and the header alone gives the label of both.
        let caller_by_headers = || self.caller(sender, headers, None);
        let Some((token, receiver)) = reports else {
            let response = pin!(call.respond(&self.endpoint, arguments, caller_by_headers));
            return framed(response.await);
        };
        let (caller, endpoint) = (caller_by_headers(), Arc::clone(&self.endpoint));
        let call = async move { call.respond(&endpoint, arguments, || caller).await };
        let mut call = ReportingCall::new(call, receiver);
        match call.next().await {
            CallEvent::Finished(response) => framed(response),
            CallEvent::Report(first) => {
                let end = self.call_stream_end(sender, &caller_by_headers());
                event_stream(EventStream::new(call, token, first, end))
            }
        }
    }
}

/// Writes the audit record of an admitted call whose headers differ from its arguments, and returns `error` as the
/// response.
fn reject_admitted(admitted: Admitted, id: &Id, error: ProtocolError) -> FramedResponse {
    let correlation = admitted.refuse(code::rejection_reason(error.code));
    FramedResponse::rejected_call(&error.with_id(id), correlation)
}
