//! `tools/call` in an HTTP session of a legacy client (revisions up to 2025-11-25). These are the only calls that rmcp
//! serves.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorCode, MetaObject,
        ProgressNotificationParam, ProgressToken,
    },
    service::RequestContext,
};

use super::{
    Protocol,
    extensions::extension,
    request::{SessionCall, required_version},
    session,
};
use crate::{
    ask::{Asking, Client},
    call::{
        headers::Headers,
        origin::CallOrigin,
        report::{CallReport, Reports},
        trace::TraceContext,
    },
    pipeline::{CallOptions, CallOutcome, CallRequest},
    tool::answer::ToolAnswer,
    transport::{
        call_error::{CallError, RefusalAnswer},
        message::Era,
        reporting::{CallEvent, ReportingCall},
        tool_result::{META_ERROR, ToolResultParts, error_text},
    },
};

impl Protocol {
    /// Admits and runs a call, and returns its result as rmcp's type.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let SessionCall { arguments, requires, trace } = session_call(&request, &context)?;
        let token = context.meta.get_progress_token();
        let level = self.session.as_ref().and_then(|session| session.level());
        let (reports, receiver) = Reports::channel(token.is_some(), level).unzip();
        let asking = match &self.session {
            Some(session) => {
                session.set_peer(&context.peer);
                Asking::client(Arc::clone(session) as Arc<dyn Client>)
            }
            // Without a session, a call couldn't ask questions, because only a session carries requests to the client.
            None => Asking::default(),
        };
        let call = CallRequest {
            name: &request.name,
            requires: requires.as_ref(),
            arguments_bytes: arguments.len(),
            completes: None,
        };
        let headers = extension::<Headers>(&context).cloned().unwrap_or_default();
        let origin = CallOrigin { headers, ..self.origin(&context)? };
        let options = CallOptions { reports, asking, trace };
        let admitted = match self.endpoint.pipeline.admit(origin, call, options).await {
            Ok(admitted) => admitted,
            Err(refusal) => {
                return match RefusalAnswer::of(&refusal) {
                    RefusalAnswer::Protocol(error) => Err(error_data(error)),
                    RefusalAnswer::ToolResult(result) => tool_result(&result),
                };
            }
        };
        let call = admitted.execute(arguments);
        let Some(receiver) = receiver else {
            return tokio::select! {
                outcome = call => response(&outcome),
                () = context.ct.cancelled() => Err(cancelled()),
            };
        };
        let mut call = ReportingCall::new(call, receiver);
        loop {
            let report = tokio::select! {
                event = call.next() => match event {
                    CallEvent::Report(report) => report,
                    CallEvent::Finished(outcome) => return response(&outcome),
                },
                () = context.ct.cancelled() => return Err(cancelled()),
            };
            send_report(&context, token.as_ref(), report).await;
        }
    }
}

/// Sends a report to the client. If sending fails, drops the report, because the call must continue.
async fn send_report(
    context: &RequestContext<RoleServer>,
    token: Option<&ProgressToken>,
    report: CallReport,
) {
    match (report, token) {
        (CallReport::Progress { progress, total, message }, Some(token)) => {
            let mut params = ProgressNotificationParam::new(token.clone(), progress).with_message(message);
            params.total = total;
            drop(context.peer.notify_progress(params).await);
        }
        (CallReport::Message { level, logger, data }, _) => {
            drop(context.peer.send_notification(session::log_notification(level, logger, &data)).await);
        }
        (CallReport::Progress { .. }, None) => {}
    }
}

/// Returns the parts of a call that rmcp doesn't parse: those that the HTTP listener attached or, if rmcp serves the
/// request without this crate's listener as in `tests/differential`, those in rmcp's form of the request.
fn session_call(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<SessionCall, ErrorData> {
    if let Some(attached) = extension::<SessionCall>(context) {
        return Ok(attached.clone());
    }
    let arguments = serde_json::to_string(&request.arguments.clone().unwrap_or_default())
        .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
    let meta_text = |key: &str| context.meta.get(key).and_then(|value| value.as_str());
    let trace =
        meta_text("traceparent").and_then(|parent| TraceContext::read(parent, meta_text("tracestate")));
    Ok(SessionCall { arguments: arguments.into(), requires: required_version(context)?, trace })
}

/// Returns the error for a cancelled request. The client never gets this error, because rmcp drops answers to cancelled
/// requests.
fn cancelled() -> ErrorData {
    ErrorData::invalid_request("the request was cancelled", None)
}

fn response(outcome: &CallOutcome) -> Result<CallToolResponse, ErrorData> {
    match CallError::of_outcome(outcome, Era::Legacy) {
        Some(error) => Err(error_data(error)),
        None => tool_result(&ToolResultParts::of(outcome)),
    }
}

fn error_data(error: CallError) -> ErrorData {
    let data = serde_json::from_slice(&error.data).ok();
    ErrorData::new(ErrorCode(error.code), error.message, data)
}

/// Returns the tool result as rmcp's type.
fn tool_result(parts: &ToolResultParts<'_>) -> Result<CallToolResponse, ErrorData> {
    let internal = |error: serde_json::Error| ErrorData::internal_error(error.to_string(), None);
    let blocks = |pieces: &str| serde_json::from_str::<Vec<ContentBlock>>(&format!("[{pieces}]"));
    let mut meta = parts.stamp.object().map_err(internal)?;
    let mut result = CallToolResult::default();
    // Legacy results have no `resultType`.
    result.result_type = None;
    result.content = match parts.answer {
        Ok(ToolAnswer::Nothing) => vec![ContentBlock::text("Done.")],
        Ok(ToolAnswer::Text(text) | ToolAnswer::Object(text)) => vec![ContentBlock::text(text)],
        Ok(ToolAnswer::Content(pieces)) => blocks(pieces).map_err(internal)?,
        Ok(ToolAnswer::Structured { object, content }) => {
            let mut all = vec![ContentBlock::text(object)];
            all.append(&mut blocks(content).map_err(internal)?);
            all
        }
        Ok(ToolAnswer::Asks(_)) => {
            let message = "a tool result can't ask a legacy client for input";
            return Err(ErrorData::internal_error(message, None));
        }
        Err(error) => {
            result.is_error = Some(true);
            let details = serde_json::to_value(parts.error_details(error)).map_err(internal)?;
            meta.insert(META_ERROR.into(), details);
            vec![ContentBlock::text(error_text(error, parts.stamp.correlation))]
        }
    };
    if let Ok(ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. }) = parts.answer {
        result.structured_content = Some(serde_json::from_str(json).map_err(internal)?);
    }
    result.meta = Some(MetaObject(meta));
    Ok(result.into())
}
