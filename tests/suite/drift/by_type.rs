//! Changed types behind unchanged signatures. The tools and types here are those before the change. In
//! `ui/drift/by_type.rs`, the tools are the same, but `Number`, `Mood`, `Thing` and `Name` have other definitions.

use mcp_tool_runtime::{ToolEntry, ToolSchema, mcp_tool, tools};

pub const TOOLS: &[ToolEntry] = tools![alias, enum_of_another_module, newtype, output_type, enum_in_an_array];

pub type Number = u32;

pub mod elsewhere {
    use mcp_tool_runtime::ToolSchema;

    #[derive(serde::Serialize, ToolSchema)]
    pub enum Mood {
        Good,
        Bad,
    }

    #[derive(serde::Serialize, ToolSchema)]
    pub struct Thing {
        pub name: String,
        pub count: u32,
    }
}

#[derive(ToolSchema)]
#[schema(max_len = 40)]
pub struct Name(String);

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn alias(
    /** The number. */
    count: Number,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn enum_of_another_module(
    /** Its name. */
    mood: elsewhere::Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn newtype(
    /** Its name. */
    name: Name,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn output_type() -> elsewhere::Thing {
    super::never()
}

/// Do.
#[mcp_tool(version = "1.0", public)]
pub async fn enum_in_an_array(
    /** Its name. */
    #[arg(max_items = 3)]
    moods: Vec<elsewhere::Mood>,
) {
}
