//! `completion/complete` for an argument of a tool, with the reference `{"type": "ref/tool", "name": …}`. This
//! reference is an extension: the specification defines only references to prompts and resources.

use mcp_tool_contract::read::violation::escaped_excerpt;
use rmcp::{
    ErrorData, RoleServer,
    model::{CustomRequest, CustomResult, ErrorCode},
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    Protocol, extensions,
    request::{is_modern, required_version},
};
use crate::{
    call::{origin::CallOrigin, stamp::META_CORRELATION},
    error::{ErrorKind, ToolError},
    pipeline::{CallOptions, CallRequest, Refusal, RefusalKind},
    transport::{
        protocol_error::code,
        tool_result::{META_ERROR, error_text},
    },
};

/// Parameters of `completion/complete` for a tool.
#[derive(Debug, Deserialize)]
pub(super) struct CompletionParams {
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

impl Protocol {
    /// Parses the parameters of a request to complete a tool's argument. `None` for any other request, and if no tool
    /// has completions; such a request is left to the fallback handler, the application's rmcp `ServerHandler`.
    pub(super) fn tool_completion(
        &self,
        request: &CustomRequest,
    ) -> Option<Result<CompletionParams, serde_json::Error>> {
        let params = request.params.as_ref().filter(|_| request.method == "completion/complete")?;
        let is_of_tool = params["ref"]["type"] == "ref/tool" && self.endpoint.has_completions();
        is_of_tool.then(|| CompletionParams::deserialize(params))
    }

    /// Completes an argument of a tool. `params` is the result of [`tool_completion`](Self::tool_completion). For a
    /// tool that the caller may not call, the error is the same as for an unknown tool.
    pub(super) async fn complete_argument(
        &self,
        params: Result<CompletionParams, serde_json::Error>,
        context: &RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let CompletionParams { reference: Reference { name }, argument } = params.map_err(|error| {
            let message = format!(
                "invalid parameters of completion/complete: {}; `ref` needs `name`, and `argument` needs `name` and `value`",
                escaped_excerpt(&error.to_string())
            );
            ErrorData::invalid_params(message, None)
        })?;
        let requires = required_version(context)?;
        let call = CallRequest {
            name: &name,
            requires: requires.as_ref(),
            arguments_bytes: argument.value.len(),
            completes: Some(&argument.name),
        };
        let headers = extensions::middleware_headers(context, &self.endpoint)
            .map_err(|error| ErrorData::new(ErrorCode(error.code), error.message, None))?;
        let origin = CallOrigin { headers, ..self.origin(context)? };
        let admitted = self.endpoint.pipeline.admit(origin, call, CallOptions::default()).await;
        let admitted = admitted.map_err(|refusal| refused(&name, &refusal))?;
        let outcome = tokio::select! {
            outcome = admitted.complete(&argument.name, &argument.value) => outcome,
            () = context.ct.cancelled() => return Err(ErrorData::invalid_request("the request was cancelled", None)),
        };
        match outcome.answer {
            Ok(answer) => {
                let mut meta = json!({ META_CORRELATION: outcome.correlation });
                let mut result = json!({ "completion": answer.value() });
                if is_modern(context) {
                    result["resultType"] = "complete".into();
                    meta["io.modelcontextprotocol/serverInfo"] =
                        json!({ "name": self.endpoint.name, "version": self.endpoint.version });
                }
                result["_meta"] = meta;
                Ok(CustomResult::new(result))
            }
            Err(error) => Err(failed(&error, outcome.correlation)),
        }
    }
}

/// Returns the error for a `ref` whose type isn't `ref/tool`, if no fallback handler answers the request.
pub(super) fn unknown_reference() -> ErrorData {
    ErrorData::invalid_params(
        "this server completes arguments of tools only: use a `ref` of type `ref/tool`",
        None,
    )
}

/// Returns the error for a refused completion. For a disabled caller, a disabled tool, and a tool that the caller may
/// not call, the error is the same as for an unknown tool, so that it doesn't reveal which tools exist.
fn refused(name: &str, refusal: &Refusal) -> ErrorData {
    let correlation = refusal.correlation;
    let message = match &refusal.kind {
        RefusalKind::Unavailable { error, .. } if error.kind() != ErrorKind::Disabled => {
            return failed(error, correlation);
        }
        RefusalKind::Unsatisfied { name, requirements, .. } => {
            format!("'{name}' has no version that satisfies {requirements}")
        }
        RefusalKind::Changed { .. } => {
            format!("'{}' changed since you listed it: list the tools again", escaped_excerpt(name))
        }
        RefusalKind::UnknownTool { .. }
        | RefusalKind::Scope { .. }
        | RefusalKind::Denied { .. }
        | RefusalKind::CallerDisabled(_)
        | RefusalKind::Unavailable { .. } => format!("Unknown tool: {}", escaped_excerpt(name)),
    };
    ErrorData::invalid_params(message, Some(json!({ META_CORRELATION: correlation })))
}

/// Returns the JSON-RPC error for the tool error of a completion.
fn failed(error: &ToolError, correlation: Uuid) -> ErrorData {
    let code = match error.kind() {
        ErrorKind::InvalidArguments => code::INVALID_PARAMS,
        _ => code::INTERNAL,
    };
    let mut details = json!({ "kind": error.kind().name() });
    if let Some(after) = error.retry_after() {
        details["retryAfterMs"] = u64::try_from(after.as_millis()).unwrap_or(u64::MAX).into();
    }
    let data = json!({ META_ERROR: details, META_CORRELATION: correlation });
    ErrorData::new(ErrorCode(code), error_text(error, correlation), Some(data))
}
