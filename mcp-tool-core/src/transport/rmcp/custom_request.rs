//! Requests that rmcp has no method for, and requests whose parameters rmcp can't parse.

use mcp_tool_contract::read::violation::escaped_excerpt;
use rmcp::{
    ErrorData, RoleServer,
    model::{CustomRequest, CustomResult, ErrorCode},
    service::RequestContext,
};

use super::{Protocol, completion, invalid_params, request::is_modern};

impl Protocol {
    /// Answers completions of tool arguments, and passes other requests to the fallback handler.
    pub(super) async fn custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if let Some(params) = self.tool_completion(&request) {
            return self.complete_argument(params, &context).await;
        }
        // Methods that revision 2026-07-28 removed.
        const REMOVED: [&str; 4] =
            ["initialize", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];
        let is_unsupported = is_modern(&context) && REMOVED.contains(&request.method.as_str())
            || request.method.starts_with("tasks/") && !self.endpoint.has_tasks();
        // rmcp passes a request of one of its methods to `on_custom_request` only if it could not parse the parameters.
        let declared = || self.endpoint.fallback.as_deref().map(|fallback| fallback.get_info().capabilities);
        if !is_unsupported
            && let Some(message) =
                invalid_params::message(&request.method, request.params.as_ref(), declared().as_ref())
        {
            return Err(ErrorData::invalid_params(message, None));
        }
        match self.endpoint.fallback.as_deref().filter(|_| !is_unsupported) {
            Some(fallback) => {
                // `with_caller` adds the caller to `context`. `guarded` limits the handler's time and catches panics.
                let context = self.with_caller(context)?;
                self.guarded(fallback.on_custom_request(request, context)).await
            }
            None if request.method == "completion/complete" && self.endpoint.has_completions() => {
                Err(completion::unknown_reference())
            }
            None => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, escaped_excerpt(&request.method), None)),
        }
    }
}
