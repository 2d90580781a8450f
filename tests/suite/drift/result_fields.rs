//! Added, removed and changed fields of a result. The tools here are those before the change that each name states.
//! `ui/drift/result_fields.rs` has them after it. A removed field was always present; a dropped one was optional.

use mcp_tool_runtime::{ToolEntry, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    result_field_added,
    result_field_removed,
    result_field_dropped,
    result_field_optional,
    result_field_required,
    result_field_nullable,
    result_field_not_null
];

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldAdded {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_added() -> ResultFieldAdded {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldRemoved {
    name: String,
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_removed() -> ResultFieldRemoved {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldDropped {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_dropped() -> ResultFieldDropped {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldOptional {
    name: String,
    note: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_optional() -> ResultFieldOptional {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldRequired {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_required() -> ResultFieldRequired {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldNullable {
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_nullable() -> ResultFieldNullable {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultFieldNotNull {
    count: Option<u32>,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_field_not_null() -> ResultFieldNotNull {
    super::never()
}
