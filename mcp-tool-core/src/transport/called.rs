//! A call inside a legacy HTTP session, the only one that rmcp reads. Its arguments come as a map, in which much is
//! lost: they are read from their own text.

use std::{borrow::Cow, sync::Arc};

use mcp_tool_contract::json::META_REQUIRES;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, ProgressNotificationParam},
    service::RequestContext,
};

use super::{
    Endpoint, Next, Reporting,
    answer::{self, Framed},
    id::Id,
    message::Era,
    protocol::{Protocol, extension},
    session,
};
use crate::ports::Authenticated;
use crate::{
    ask::{Asking, Client},
    call::{
        headers::Headers,
        report::{Report, Reports},
        trace::TraceContext,
    },
    pipeline::{CallOptions, CallOrigin, CallRequest, versions::Requirement},
};

/// The text of a call's arguments as it came, beside the request that rmcp read.
#[derive(Clone, Debug)]
pub(crate) struct RawArguments(pub(crate) Arc<str>);

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remote(pub(crate) std::net::IpAddr);

impl Protocol {
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = raw_arguments(&request, &context)?;
        let token = context.meta.get_progress_token();
        let level = self.session.as_ref().and_then(|session| session.level());
        let (reports, heard) = Reports::wanted(token.is_some(), level).unzip();
        let asking = match &self.session {
            Some(session) => {
                session.reached_by(&context.peer);
                Asking::client(Arc::clone(session) as Arc<dyn Client>)
            }
            None => Asking::default(),
        };
        let text = |key: &str| context.meta.get(key).and_then(|value| value.as_str());
        let trace = text("traceparent").and_then(|parent| TraceContext::read(parent, text("tracestate")));
        let endpoint = Arc::clone(&self.endpoint);
        let id = Id::default();
        let requires = required(&context)?;
        let asked = CallRequest {
            name: &request.name,
            requires: requires.as_ref(),
            arguments_bytes: arguments.len(),
            completes: None,
        };
        let headers = extension::<Headers>(&context).cloned().unwrap_or_default();
        let arrival = CallOrigin { headers, ..self.arrival(&context)? };
        let carried = CallOptions { reports, asking, trace };
        let admitted = match endpoint.dispatcher.admit(arrival, asked, carried).await {
            Ok(admitted) => admitted,
            Err(refusal) => return unframed(&answer::refused(&endpoint, &id, Era::Legacy, &refusal)),
        };
        let call = Endpoint::execute(endpoint, admitted, arguments, id, Era::Legacy);
        let Some(heard) = heard else {
            return tokio::select! {
                framed = call => unframed(&framed),
                () = context.ct.cancelled() => Err(cancelled()),
            };
        };
        let mut reporting = Reporting::new(call, heard);
        loop {
            let report = tokio::select! {
                next = reporting.next() => match next {
                    Next::Report(report) => report,
                    Next::Done(framed) => return unframed(&framed),
                },
                () = context.ct.cancelled() => return Err(cancelled()),
            };
            // A report that can't be sent is no reason to end the call.
            match (report, &token) {
                (Report::Progress { progress, total, message }, Some(token)) => {
                    let mut told =
                        ProgressNotificationParam::new(token.clone(), progress).with_message(message);
                    told.total = total;
                    drop(context.peer.notify_progress(told).await);
                }
                (Report::Message { level, logger, data }, _) => {
                    drop(context.peer.send_notification(session::message(level, logger, &data)).await);
                }
                (Report::Progress { .. }, None) => {}
            }
        }
    }
}

impl Protocol {
    /// Who asks, from where, and by what.
    pub(super) fn arrival(&self, context: &RequestContext<RoleServer>) -> Result<CallOrigin, ErrorData> {
        let remote = extension::<Remote>(context).map(|Remote(remote)| *remote);
        Ok(CallOrigin {
            remote,
            token: extension::<Authenticated>(context).map(|who| who.token.clone()),
            ..self.caller(context)?.into()
        })
    }
}

fn raw_arguments(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<String, ErrorData> {
    match extension::<RawArguments>(context) {
        Some(RawArguments(raw)) => Ok(raw.to_string()),
        None => serde_json::to_string(&request.arguments.clone().unwrap_or_default())
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None)),
    }
}

/// The version that the call asks for.
pub(super) fn required(context: &RequestContext<RoleServer>) -> Result<Option<Requirement>, ErrorData> {
    let invalid = |reason: String| ErrorData::invalid_params(format!("`{META_REQUIRES}`: {reason}"), None);
    match context.meta.get(META_REQUIRES) {
        None => Ok(None),
        Some(serde_json::Value::String(text)) => Requirement::parse(text).map(Some).map_err(invalid),
        Some(_) => Err(invalid("it must be a string".into())),
    }
}

/// Nobody reads this answer: rmcp drops what comes for a request that was cancelled.
fn cancelled() -> ErrorData {
    ErrorData::invalid_request("the request was cancelled", None)
}

/// An answer of ours as rmcp's own types.
fn unframed(framed: &Framed) -> Result<CallToolResponse, ErrorData> {
    #[derive(serde::Deserialize)]
    struct Body {
        result: Option<CallToolResult>,
        error: Option<ErrorData>,
    }
    let failed = |reason: Cow<'static, str>| ErrorData::internal_error(reason, None);
    match serde_json::from_slice(&framed.body) {
        Ok(Body { result: Some(result), .. }) => Ok(result.into()),
        Ok(Body { error: Some(error), .. }) => Err(error),
        Ok(_) => Err(failed("an answer was empty".into())),
        Err(error) => Err(failed(error.to_string().into())),
    }
}
