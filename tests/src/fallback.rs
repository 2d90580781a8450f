//! Fallback handlers, which serve MCP methods that aren't about tools. One has prompts, two of which fail: one panics,
//! one never returns. The other accepts subscriptions to resources.

use mcp_tool_runtime::{Announcements, Caller, ToolEntry, ToolServer, prelude::*};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CustomRequest, CustomResult, ErrorCode, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        ListPromptsResult, PaginatedRequestParams, Prompt, PromptMessage, Role, ServerCapabilities,
        ServerConfig, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{RequestContext, SubscriptionContext},
};

/// Adds the fallback handler that the environment variable `SPECIMEN_FALLBACK` selects, and the tool `changes`. Adds
/// neither if the variable isn't set. The value `resources` selects resources. The value `silent` selects resources
/// too, but only clients of 2025-11-25 can subscribe to them. Any other value selects prompts.
pub fn with_fallback(server: ToolServer) -> ToolServer {
    const CHANGES: &[ToolEntry] = tools![changes];
    match std::env::var("SPECIMEN_FALLBACK").as_deref() {
        Ok("resources") => server.fallback(Resources { accepts_subscriptions: true }).tools(CHANGES),
        Ok("silent") => server.fallback(Resources { accepts_subscriptions: false }).tools(CHANGES),
        Ok(_) => server.fallback(Prompts).tools(CHANGES),
        Err(_) => server,
    }
}

/// Announce a change of the prompts or of a resource.
#[mcp_tool(version = "1.0", public, read_only)]
async fn changes(
    announcements: &Announcements,
    /** URI of the resource; without it, the prompts changed. */
    resource: Option<String>,
) {
    match resource {
        Some(uri) => announcements.resource_updated(uri),
        None => announcements.prompts_changed(),
    }
}

/// Accepts subscriptions to URIs under `file:///own/`, and panics while it serves one to `file:///own/panics`. The tool
/// `changes` announces a change of any URI.
struct Resources {
    /// Accepts subscriptions of 2026-07-28 clients.
    accepts_subscriptions: bool,
}

#[allow(deprecated, reason = "2025-11-25 clients send `resources/subscribe`")]
impl ServerHandler for Resources {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_resources().enable_resources_subscribe();
        ServerConfig::new(capabilities.build())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = self.accepts_subscriptions.then(|| requested.clone())?;
        accepted.resource_subscriptions.iter_mut().for_each(|uris| uris.retain(|uri| is_subscribable(uri)));
        Some(accepted)
    }

    #[expect(clippy::panic, reason = "tests a panicking handler")]
    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = context.accepted().resource_subscriptions.clone().unwrap_or_default();
        if uris.iter().any(|uri| uri == "file:///own/panics") {
            panic!("a resource's secret");
        }
        context.request_context().ct.cancelled().await;
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match is_subscribable(&request.uri) {
            true => Ok(()),
            false => Err(ErrorData::invalid_params("not a resource of this server", None)),
        }
    }

    async fn unsubscribe(
        &self,
        _: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }
}

fn is_subscribable(uri: &str) -> bool {
    uri.starts_with("file:///own/")
}

/// Serves prompts, and declares no resources.
struct Prompts;

impl ServerHandler for Prompts {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_prompts().enable_prompts_list_changed();
        ServerConfig::new(capabilities.build())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        // The description of the prompt shows the caller, so that tests see which caller the handler gets.
        let caller = Caller::of_request(&context).map(|caller| format!("{caller:?}"));
        Ok(ListPromptsResult::with_all_items(vec![Prompt::new("asked_by", caller, None)]))
    }

    /// Answers the method `vendor/echo` with its parameters.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        match request.method.as_str() {
            "vendor/echo" => Ok(CustomResult::new(serde_json::json!({ "params": request.params }))),
            _ => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None)),
        }
    }

    #[expect(clippy::panic, reason = "tests a panicking handler")]
    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        match request.name.as_str() {
            "panics" => panic!("a prompt's secret"),
            "hangs" => std::future::pending().await,
            name => {
                let message = PromptMessage::new_text(Role::User, name);
                Ok(GetPromptResponse::Complete(GetPromptResult::new(vec![message])))
            }
        }
    }
}
