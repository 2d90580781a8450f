use mcp_tool_runtime::ToolSchema;

#[derive(serde::Serialize, ToolSchema)]
struct Inner {
    name: String,
}

#[derive(serde::Serialize, ToolSchema)]
struct Outer {
    #[serde(rename = "name")]
    title: String,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(serde::Serialize, ToolSchema)]
#[serde(rename_all = "lowercase")]
struct Person {
    name: String,
    #[serde(rename = "name")]
    title: String,
}

fn main() {}
