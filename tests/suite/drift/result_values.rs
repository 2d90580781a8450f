//! Result fields whose type, bounds, pattern or enum values changed. The tools here are those before the change that
//! each name states. `ui/drift/result_values.rs` has them after it.

use mcp_tool_runtime::{ToolEntry, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![
    result_type_changed,
    result_type_changed_to_an_array,
    result_type_widened,
    result_type_narrowed,
    result_bound_loosened,
    result_bound_tightened,
    result_items_loosened,
    result_pattern_added,
    result_pattern_removed,
    result_pattern_changed,
    result_enum_value_added,
    result_enum_value_removed,
    result_of_many_levels
];

#[derive(serde::Serialize, ToolSchema)]
pub enum Mood {
    Good,
    Bad,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultTypeChanged {
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_type_changed() -> ResultTypeChanged {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultTypeChangedToAnArray {
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_type_changed_to_an_array() -> ResultTypeChangedToAnArray {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultTypeWidened {
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_type_widened() -> ResultTypeWidened {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultTypeNarrowed {
    share: f64,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_type_narrowed() -> ResultTypeNarrowed {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultBoundLoosened {
    #[schema(max = 10)]
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_bound_loosened() -> ResultBoundLoosened {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultBoundTightened {
    #[schema(max = 10)]
    count: u32,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_bound_tightened() -> ResultBoundTightened {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultItemsLoosened {
    #[schema(max_items = 10)]
    counts: Vec<u32>,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_items_loosened() -> ResultItemsLoosened {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultPatternAdded {
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_pattern_added() -> ResultPatternAdded {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultPatternRemoved {
    #[schema(pattern = "^[a-z]+$")]
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_pattern_removed() -> ResultPatternRemoved {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultPatternChanged {
    #[schema(pattern = "^[a-z]+$")]
    name: String,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_pattern_changed() -> ResultPatternChanged {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultEnumValueAdded {
    mood: Mood,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_enum_value_added() -> ResultEnumValueAdded {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct ResultEnumValueRemoved {
    mood: Mood,
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_enum_value_removed() -> ResultEnumValueRemoved {
    super::never()
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Outer {
    #[schema(max_items = 9)]
    inner: Vec<Inner>,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Inner {
    #[serde(flatten)]
    deep: Deep,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Deep {
    deepest: Deepest,
}

#[derive(serde::Serialize, ToolSchema)]
pub struct Deepest {
    name: String,
}

// A field is renamed in `Deepest`, the innermost type.
/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn result_of_many_levels() -> Outer {
    super::never()
}
