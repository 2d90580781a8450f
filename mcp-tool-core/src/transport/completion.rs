//! `completion/complete` for an argument of a tool, `{"type": "ref/tool", "name": …}`: an extension of ours, since the
//! specification has prompts and resources alone.

use mcp_tool_contract::read::violation::shown;
use rmcp::{
    ErrorData, RoleServer,
    model::{CustomRequest, CustomResult, ErrorCode},
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

#[cfg(feature = "http")]
use super::http::headers;
use super::{
    answer::{self, META_ERROR},
    called::required,
    fault::code,
    protocol::{Protocol, is_modern},
};
use crate::{
    error::{ErrorKind, ToolError},
    pipeline::{CallOptions, CallOrigin, CallRequest, Refusal, RefusalKind},
    tool::stamp::META_CORRELATION,
};

/// What is asked for of a tool.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "ref")]
    reference: Reference,
    argument: Argument,
}

#[derive(Debug, Deserialize)]
struct Reference {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Argument {
    name: String,
    value: String,
}

/// The parameters of a request that is about a tool; unread, where they can't be.
pub(super) type OfATool = Result<Wanted, serde_json::Error>;

impl Protocol {
    /// Whether a request wants an argument of a tool completed, on a server that declares that it completes any.
    pub(super) fn of_a_tool(&self, request: &CustomRequest) -> Option<OfATool> {
        let params = request.params.as_ref().filter(|_| request.method == "completion/complete")?;
        let is_of_a_tool = params["ref"]["type"] == "ref/tool" && self.endpoint.has_completions();
        is_of_a_tool.then(|| Wanted::deserialize(params))
    }

    /// Completes an argument of a tool that the caller may call; of any other it learns nothing.
    pub(super) async fn completed(
        &self,
        wanted: OfATool,
        context: &RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let Wanted { reference: Reference { name }, argument } = wanted.map_err(|error| {
            let message = format!(
                "not the parameters of completion/complete: {}; `ref` wants `name`, and `argument` wants `name` and `value`",
                shown(&error.to_string())
            );
            ErrorData::invalid_params(message, None)
        })?;
        let requires = required(context)?;
        let asked = CallRequest {
            name: &name,
            requires: requires.as_ref(),
            arguments_bytes: argument.value.len(),
            completes: Some(&argument.name),
        };
        let arrival = self.laid_open(self.arrival(context)?, context)?;
        let admitted = self.endpoint.dispatcher.admit(arrival, asked, CallOptions::default()).await;
        let admitted = admitted.map_err(|refusal| refused(&name, &refusal))?;
        let done = tokio::select! {
            done = admitted.complete(&argument.name, &argument.value) => done,
            () = context.ct.cancelled() => return Err(ErrorData::invalid_request("the request was cancelled", None)),
        };
        match done.answer {
            Ok(answer) => {
                let mut meta = json!({ META_CORRELATION: done.correlation });
                let mut result = json!({ "completion": answer.value() });
                if is_modern(context) {
                    result["resultType"] = "complete".into();
                    meta["io.modelcontextprotocol/serverInfo"] =
                        json!({ "name": self.endpoint.name, "version": self.endpoint.version });
                }
                result["_meta"] = meta;
                Ok(CustomResult::new(result))
            }
            Err(error) => Err(failed(&error, done.correlation)),
        }
    }

    /// With the headers that layers ask for.
    #[cfg(feature = "http")]
    fn laid_open(
        &self,
        arrival: CallOrigin,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallOrigin, ErrorData> {
        let Some(parts) = context.extensions.get::<::http::request::Parts>() else { return Ok(arrival) };
        match headers::asked_for(&parts.headers, self.endpoint.headers()) {
            Ok(headers) => Ok(CallOrigin { headers, ..arrival }),
            Err(fault) => Err(ErrorData::new(ErrorCode(fault.code), fault.message, None)),
        }
    }

    #[cfg(not(feature = "http"))]
    #[expect(clippy::unused_self, reason = "only HTTP has headers")]
    fn laid_open(
        &self,
        arrival: CallOrigin,
        _: &RequestContext<RoleServer>,
    ) -> Result<CallOrigin, ErrorData> {
        Ok(arrival)
    }
}

/// Only tools have something to complete here.
pub(super) fn of_tools_alone() -> ErrorData {
    ErrorData::invalid_params("nothing of that reference is completed here", None)
}

/// Why there is nothing to suggest. A tool that its caller's list doesn't show isn't there.
fn refused(name: &str, refusal: &Refusal) -> ErrorData {
    let correlation = refusal.correlation;
    let message = match &refusal.kind {
        RefusalKind::Unavailable { error, .. } if error.kind() != ErrorKind::Disabled => {
            return failed(error, correlation);
        }
        RefusalKind::Unsatisfied { name, asked, .. } => format!("'{name}' has no version that fits {asked}"),
        RefusalKind::Changed { .. } => {
            format!("'{}' isn't what you listed: list the tools anew", shown(name))
        }
        RefusalKind::UnknownTool { .. }
        | RefusalKind::Scope { .. }
        | RefusalKind::Denied { .. }
        | RefusalKind::CallerDisabled
        | RefusalKind::Unavailable { .. } => format!("Unknown tool: {}", shown(name)),
    };
    ErrorData::invalid_params(message, Some(json!({ META_CORRELATION: correlation })))
}

/// An error of the function's, or of a guard that is no secret.
fn failed(error: &ToolError, correlation: Uuid) -> ErrorData {
    let code = match error.kind() {
        ErrorKind::InvalidArguments => code::INVALID_PARAMS,
        _ => code::INTERNAL,
    };
    let mut structure = json!({ "kind": error.kind().name() });
    if let Some(after) = error.retry_after() {
        structure["retryAfterMs"] = u64::try_from(after.as_millis()).unwrap_or(u64::MAX).into();
    }
    let data = json!({ META_ERROR: structure, META_CORRELATION: correlation });
    ErrorData::new(ErrorCode(code), answer::words(error, correlation), Some(data))
}
