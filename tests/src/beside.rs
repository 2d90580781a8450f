//! A handler beside the tools that does what handlers do wrong.

use mcp_tool_runtime::{Announcements, Caller, ToolEntry, ToolServer, prelude::*};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        GetPromptRequestParams, GetPromptResponse, GetPromptResult, ListPromptsResult,
        PaginatedRequestParams, Prompt, PromptMessage, Role, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};

/// Lays the handler beside the tools where a test wants one.
pub fn beside(server: ToolServer) -> ToolServer {
    const CHANGES: &[ToolEntry] = tools![changes];
    match std::env::var_os("SPECIMEN_BESIDE") {
        Some(_) => server.beside(Prompts).tools(CHANGES),
        None => server,
    }
}

/// Says that prompts have changed.
#[mcp_tool(version = "1.0", public, read_only)]
async fn changes(announcements: &Announcements) {
    announcements.prompts_changed();
}

/// Prompts alone: nothing is declared of resources.
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
        let caller = Caller::of_request(&context).map(|caller| format!("{caller:?}"));
        Ok(ListPromptsResult::with_all_items(vec![Prompt::new("asked_by", caller, None)]))
    }

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
