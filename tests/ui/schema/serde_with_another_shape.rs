use mcp_tool_runtime::ToolSchema;
use serde::Serialize;

#[derive(Serialize, ToolSchema)]
#[serde(transparent)]
struct Wrapped {
    /// A number.
    number: u32,
}

#[derive(Serialize, ToolSchema)]
struct Name(#[serde(serialize_with = "shout")] String);

fn shout<S: serde::Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&name.to_uppercase())
}

fn main() {}
