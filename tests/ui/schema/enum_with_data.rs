use mcp_tool_runtime::{ToolSchema, mcp_tool};

#[derive(serde::Serialize, ToolSchema)]
enum Shape {
    Circle { radius: f64 },
    Square(f64),
    Point,
}

/// Draw.
#[mcp_tool(version = "1.0", public)]
async fn draw(/** The thing. */ shape: Shape) {
    let _ = shape;
}

fn main() {}
