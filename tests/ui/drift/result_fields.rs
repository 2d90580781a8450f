//! Added, removed and changed fields of a result.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldAdded {
    name: String,
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_added() -> ResultFieldAdded {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldRemoved {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_removed() -> ResultFieldRemoved {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldDropped {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_dropped() -> ResultFieldDropped {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldOptional {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_optional() -> ResultFieldOptional {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldRequired {
    name: String,
    note: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_required() -> ResultFieldRequired {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldNullable {
    count: Option<u32>,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_nullable() -> ResultFieldNullable {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultFieldNotNull {
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_field_not_null() -> ResultFieldNotNull {
    unimplemented!()
}

fn main() {}
