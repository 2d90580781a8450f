//! Values in a result that widened or narrowed.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
enum Mood {
    Good,
    Bad,
}

#[derive(serde::Serialize, ToolSchema)]
enum Wider {
    Good,
    Bad,
    Mixed,
}

#[derive(serde::Serialize, ToolSchema)]
enum Narrower {
    Good,
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultTypeChanged {
    count: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_type_changed() -> ResultTypeChanged {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultTypeChangedToAnArray {
    #[schema(max_items = 3)]
    count: Vec<u32>,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_type_changed_to_an_array() -> ResultTypeChangedToAnArray {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultTypeWidened {
    count: f64,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_type_widened() -> ResultTypeWidened {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultTypeNarrowed {
    share: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_type_narrowed() -> ResultTypeNarrowed {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultBoundLoosened {
    #[schema(max = 20)]
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_bound_loosened() -> ResultBoundLoosened {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultBoundTightened {
    #[schema(max = 5)]
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_bound_tightened() -> ResultBoundTightened {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultItemsLoosened {
    #[schema(max_items = 20)]
    counts: Vec<u32>,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_items_loosened() -> ResultItemsLoosened {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultPatternAdded {
    #[schema(pattern = "^[a-z]+$")]
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_pattern_added() -> ResultPatternAdded {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultPatternRemoved {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_pattern_removed() -> ResultPatternRemoved {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultPatternChanged {
    #[schema(pattern = "^[a-z0-9]+$")]
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_pattern_changed() -> ResultPatternChanged {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultEnumValueAdded {
    mood: Wider,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_enum_value_added() -> ResultEnumValueAdded {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct ResultEnumValueRemoved {
    mood: Narrower,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_enum_value_removed() -> ResultEnumValueRemoved {
    unimplemented!()
}

#[derive(serde::Serialize, ToolSchema)]
struct Outer {
    #[schema(max_items = 9)]
    inner: Vec<Inner>,
}

#[derive(serde::Serialize, ToolSchema)]
struct Inner {
    #[serde(flatten)]
    deep: Deep,
}

#[derive(serde::Serialize, ToolSchema)]
struct Deep {
    deepest: Deepest,
}

#[derive(serde::Serialize, ToolSchema)]
struct Deepest {
    title: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn result_of_many_levels() -> Outer {
    unimplemented!()
}

fn main() {}
