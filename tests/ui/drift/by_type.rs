//! Changed types behind unchanged signatures.
#![allow(dead_code, unused_variables)]
use mcp_tool_runtime::{ToolSchema, mcp_tool};

type Number = u16;

mod elsewhere {
    use mcp_tool_runtime::ToolSchema;

    #[derive(serde::Serialize, ToolSchema)]
    pub enum Mood {
        Good,
    }

    #[derive(serde::Serialize, ToolSchema)]
    pub struct Thing {
        pub name: String,
    }
}

#[derive(ToolSchema)]
#[schema(max_len = 20)]
struct Name(String);

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn alias(
    /** The number. */
    count: Number,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn enum_of_another_module(
    /** Its name. */
    mood: elsewhere::Mood,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn newtype(
    /** Its name. */
    name: Name,
) {
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn output_type() -> elsewhere::Thing {
    unimplemented!()
}

/// Do.
#[mcp_tool(version = "1.0", public)]
async fn enum_in_an_array(
    /** Its name. */
    #[arg(max_items = 3)]
    moods: Vec<elsewhere::Mood>,
) {
}

fn main() {}
