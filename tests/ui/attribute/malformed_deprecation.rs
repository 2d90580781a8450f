use mcp_tool_runtime::mcp_tool;

/// No parentheses.
#[mcp_tool(version = "1.0", public, deprecated)]
async fn flag() {}

/// A value.
#[mcp_tool(version = "1.0", public, deprecated = "Count instead.")]
async fn value() {}

/// No message.
#[mcp_tool(version = "1.0", public, deprecated(removal = "2027-01-31"))]
async fn silent() {}

/// No day of the calendar.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "2027-02-29"))]
async fn no_day() {}

/// A day as people write it.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", removal = "31.1.2027"))]
async fn otherwise() {}

/// A name that no tool can have.
#[mcp_tool(version = "1.0", public, deprecated(message = "Count instead.", replacement = "count it"))]
async fn no_name() {}

/// A key that it doesn't have, one that stands twice, and text without quotes.
#[mcp_tool(version = "1.0", public, deprecated(mesage = "Count.", message = "Count.", message = Count, removal = 2027))]
async fn several() {}

fn main() {}
