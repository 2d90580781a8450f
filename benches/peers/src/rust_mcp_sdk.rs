//! `search_orders` with rust-mcp-sdk on its axum server, with plain JSON responses. Bounds that its macro supports are
//! listed in the schema, but not enforced. This server serves 2026-07-28 only.

use std::sync::Arc;

use async_trait::async_trait;
use rust_mcp_axum::{AxumServerOptions, create_axum_server};
use rust_mcp_sdk::{
    McpServer, RequestContext, ServerDetails, ToMcpServerHandler as _,
    error::SdkResult,
    macros::{JsonSchema, mcp_tool},
    mcp_server::ServerHandler,
    schema::{
        CallToolRequestParams, CallToolResult, Implementation, ListToolsResult, ListToolsResultCacheScope,
        PaginatedRequestParams, RpcError, ServerCapabilities, ServerCapabilitiesTools, ServerResult,
        schema_utils::CallToolError,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Status of an order.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
enum Status {
    #[serde(rename = "open")]
    Open,
    #[serde(rename = "paid")]
    Paid,
    #[serde(rename = "closed")]
    Closed,
}

#[mcp_tool(name = "search_orders", description = "Search orders.", read_only_hint = true)]
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
struct SearchOrders {
    /// Text to search for.
    #[json_schema(min_length = 1, max_length = 64)]
    query: String,
    /// Maximum results.
    #[json_schema(minimum = 1, maximum = 100)]
    limit: u32,
    /// Status of the orders.
    status: Status,
    /// Tags of the orders.
    tags: Vec<String>,
}

/// Search results.
#[derive(Serialize)]
struct Found {
    query: String,
    limit: u32,
    status: Status,
    tags: usize,
}

struct Orders;

#[async_trait]
impl ServerHandler for Orders {
    async fn handle_list_tools_request(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: &RequestContext,
        _runtime: Arc<dyn McpServer>,
    ) -> Result<ListToolsResult, RpcError> {
        Ok(ListToolsResult {
            tools: vec![SearchOrders::tool()],
            meta: None,
            next_cursor: None,
            cache_scope: ListToolsResultCacheScope::Private,
            result_type: "complete".to_string(),
            ttl_ms: 0,
        })
    }

    async fn handle_call_tool_request(
        &self,
        params: CallToolRequestParams,
        _context: &RequestContext,
        _runtime: Arc<dyn McpServer>,
    ) -> Result<ServerResult, CallToolError> {
        if params.name != "search_orders" {
            return Err(CallToolError::unknown_tool(params.name));
        }
        let arguments = Value::Object(params.arguments.unwrap_or_default());
        let SearchOrders { query, limit, status, tags } =
            serde_json::from_value(arguments).map_err(CallToolError::new)?;
        let found = Found { query, limit, status, tags: tags.len() };
        let text = serde_json::to_string(&found).map_err(CallToolError::new)?;
        let mut result = CallToolResult::text_content(vec![text.into()]);
        result.structured_content = Some(serde_json::to_value(&found).map_err(CallToolError::new)?);
        Ok(ServerResult::CallToolResult(result))
    }
}

#[tokio::main]
async fn main() -> SdkResult<()> {
    let address = std::env::args().nth(1).unwrap_or_default();
    let (host, port) = address.split_once(':').unwrap_or(("127.0.0.1", "8080"));
    let details = ServerDetails {
        server_info: Implementation {
            name: "orders".into(),
            version: "1.0.0".into(),
            title: None,
            description: None,
            icons: Vec::new(),
            website_url: None,
        },
        capabilities: ServerCapabilities {
            tools: Some(ServerCapabilitiesTools { list_changed: None }),
            ..Default::default()
        },
        instructions: None,
        meta: None,
    };
    let options = AxumServerOptions {
        host: host.into(),
        port: port.parse().unwrap_or(8080),
        enable_json_response: Some(true),
        sse_support: false,
        ..Default::default()
    };
    create_axum_server(details, Orders.to_mcp_server_handler(), options).start().await
}
