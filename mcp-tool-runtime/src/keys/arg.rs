//! Keys of `#[arg(…)]`, the attribute of a parameter that the agent sends. Each key has an empty module, whose page
//! describes the key.
//!
//! A bound can narrow the values that a parameter's type allows, but not widen them. Bounds for single values
//! ([`Scalar`](crate::Scalar)), such as `max_len`, apply to each item of a `Vec`. Types with a fixed format, such as
//! `uuid::Uuid`, take no such bounds.
//!
//! In the examples, `tool` is the tool's entry in `tools/list`.

/// `min = N`: minimum of an integer or a float. Default: the minimum of the type.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Weight in grams.
///     #[arg(min = 1)]
///     grams: u32,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["grams"]["minimum"], 1);
/// # Ok(())
/// # }
/// ```
pub mod min {}

/// `max = N`: maximum of an integer or a float. Default: the maximum of the type.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Weight in grams.
///     #[arg(max = 30_000)]
///     grams: u32,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["grams"]["maximum"], 30_000);
/// # Ok(())
/// # }
/// ```
pub mod max {}

/// `min_len = N`: minimum length of a string, in code points. Default: the `min_len` of the type, else 0.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Name of the sender.
///     #[arg(min_len = 1)]
///     sender: String,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["sender"]["minLength"], 1);
/// # Ok(())
/// # }
/// ```
pub mod min_len {}

/// `max_len = N`: maximum length of a string, in code points; a number or a constant such as `LIMIT`. Default: the `max_len` of the type, else the
/// [`max_len`](super::mcp_tool::max_len) of the tool, else 1,024.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Name of the sender.
///     #[arg(max_len = 80)]
///     sender: String,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["sender"]["maxLength"], 80);
/// # Ok(())
/// # }
/// ```
pub mod max_len {}

/// `min_items = N`: minimum number of items of an array. Default: 0.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Labels.
///     #[arg(min_items = 1)]
///     labels: Vec<String>,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["labels"]["minItems"], 1);
/// # Ok(())
/// # }
/// ```
pub mod min_items {}

/// `max_items = N`: maximum number of items of an array. Default: the [`max_items`](super::mcp_tool::max_items) of the
/// tool, else 100.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Labels.
///     #[arg(max_items = 5)]
///     labels: Vec<String>,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["labels"]["maxItems"], 5);
/// # Ok(())
/// # }
/// ```
pub mod max_items {}

/// `pattern = "…"`: regular expression that must match somewhere in the string. To match the whole string, write `^` at
/// its beginning and `$` at its end. Default: none. Not allowed if the parameter's type already has a pattern.
///
/// Clients may match the pattern too. So only syntax with the same meaning in ECMA-262 (flag `u`), Rust and Python is
/// allowed: `[0-9]`, not `\d`. A compiled pattern has at most 256 KiB.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Parcel number.
///     #[arg(pattern = "^prc_[0-9]{8}$")]
///     number: String,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["pattern"], "^prc_[0-9]{8}$");
/// # Ok(())
/// # }
/// ```
pub mod pattern {}

/// `default = …`: value that the function gets if the argument is absent or `null`: a literal, a constant such as
/// `DEFAULT_LIMIT` or `Limits::USUAL`, or a variant of an enum such as `Priority::Low`, within the bounds. Not allowed for
/// an `Option` or a `Vec`, or together with `secret`. A constant whose type is an enum isn't allowed: name the variant.
///
/// The default is appended to the parameter's description. The JSON Schema keyword `default` isn't used, because strict
/// modes of several clients refuse a schema that contains it.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Weight in grams.
///     #[arg(min = 1, default = 500)]
///     grams: u32,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["grams"]["description"], "Weight in grams. Default: 500.");
/// assert_eq!(tool["inputSchema"]["required"], json!([]));
/// # Ok(())
/// # }
/// ```
pub mod r#default {}

/// `secret`: the value is never in the framework's error messages, log or audit records, nor in the digest of the
/// arguments that an audit record contains.
///
/// Can't be combined with `default`, `header` or `complete`, because each of them would show the value, or a part of
/// it, to others.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Door code.
///     #[arg(max_len = 8, secret)]
///     code: String,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// // `secret` isn't listed; the contract's digest and the lock contain it.
/// let schema = json!({ "type": "string", "description": "Door code.", "maxLength": 8 });
/// assert_eq!(tool["inputSchema"]["properties"]["code"], schema);
/// # Ok(())
/// # }
/// ```
pub mod secret {}

/// `header = "…"`: clients of MCP revision 2026-07-28 repeat the argument as the HTTP header `Mcp-Param-…`, by which a
/// proxy can route. Default: none.
///
/// The header in the example is `Mcp-Param-Region`. Over HTTP, a call of 2026-07-28 is refused if header and argument
/// differ, or if only one of the two was sent.
///
/// The parameter must be a string, an enum, a boolean, or an integer whose bounds lie within ±(2^53 − 1). It can be an
/// `Option`, but not a `Vec`.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     /// Region.
///     #[arg(max_len = 32, header = "Region")]
///     region: String,
/// ) -> String {
///     "sent".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![send_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["region"]["x-mcp-header"], "Region");
/// # Ok(())
/// # }
/// ```
pub mod header {}

/// `complete = function(state, …)`: async function that suggests values while a person types. Allowed for a string and
/// for an array of strings. Enums and booleans have suggestions without this key.
///
/// The parentheses name parameters that the tool takes by reference, such as application state. The completion function
/// takes the same references, then the text typed so far. Without references, write `complete = function`. The function
/// returns `Vec<String>`, or a `Result` with a `Vec<String>`. Suggestions outside the parameter's bounds are removed.
///
/// MCP has no completion for tools, so only clients that know this extension use it: they send `completion/complete`
/// with the reference `{"type": "ref/tool", "name": …}`. The key is not part of the contract, so adding or changing it
/// needs no new version.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// struct Cities(Vec<String>);
///
/// async fn starting_with(cities: &Cities, typed: &str) -> Vec<String> {
///     cities.0.iter().filter(|city| city.starts_with(typed)).cloned().collect()
/// }
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write")]
/// async fn send_parcel(
///     cities: &Cities,
///     /// City.
///     #[arg(max_len = 80, complete = starting_with(cities))]
///     city: String,
/// ) -> String {
///     format!("sent to {city}, one of {}", cities.0.len())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = ToolServer::new("example", "1.0.0").tools(tools![send_parcel]).state(Cities(Vec::new()));
/// # let server = TestServer::start(server).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// // `complete` isn't listed.
/// let schema = json!({ "type": "string", "description": "City.", "maxLength": 80 });
/// assert_eq!(tool["inputSchema"]["properties"]["city"], schema);
/// # Ok(())
/// # }
/// ```
pub mod complete {}
