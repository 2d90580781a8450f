//! Keys of `#[schema(…)]`, the attribute of types that derive `ToolSchema` and of their fields. Each key has an empty
//! module, whose page describes the key.
//!
//! A bound, such as `max_len`, is set on a newtype (a struct with one unnamed field), or on a named field of a struct.
//! `from_str` is set on a newtype, and `secret` on a named field. `crate` is set on a type; it is the only key that an
//! enum or a struct with named fields can have.
//!
//! On a `Vec` field, a bound for single values, such as `max_len`, applies to each item. Types with a fixed format,
//! such as `uuid::Uuid`, take no such bounds.
//!
//! In the examples, `tool` is the tool's entry in `tools/list`.

/// `min = N`: minimum of a newtype or a field that is an integer or a float. Default: the minimum of the field's type.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Parcel number.
/// #[derive(ToolSchema)]
/// #[schema(min = 1)]
/// struct Number(u32);
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel(/** Parcel number. */ number: Number) -> String {
///     format!("parcel {}", number.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["minimum"], 1);
/// # Ok(())
/// # }
/// ```
pub mod min {}

/// `max = N`: maximum of a newtype or a field that is an integer or a float. Default: the maximum of the field's type.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Parcel number.
/// #[derive(ToolSchema)]
/// #[schema(max = 99)]
/// struct Number(u32);
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel(/** Parcel number. */ number: Number) -> String {
///     format!("parcel {}", number.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["maximum"], 99);
/// # Ok(())
/// # }
/// ```
pub mod max {}

/// `min_len = N`: minimum length of a newtype or a field that is a string, in code points. Default: the `min_len` of
/// the field's type, else 0.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Parcel number.
/// #[derive(ToolSchema)]
/// #[schema(min_len = 12)]
/// struct Number(String);
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel(/** Parcel number. */ number: Number) -> String {
///     format!("parcel {}", number.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["minLength"], 12);
/// # Ok(())
/// # }
/// ```
pub mod min_len {}

/// `max_len = N`: maximum length of a newtype or a field that is a string, in code points. Default: the `max_len` of
/// the field's type, else 1,024 for a named field, and no maximum for a newtype. If the type of a named field or a
/// [parameter](super::arg::max_len) is a newtype without a maximum, that field or parameter has its own default.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Parcel number.
/// #[derive(ToolSchema)]
/// #[schema(max_len = 12)]
/// struct Number(String);
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel(/** Parcel number. */ number: Number) -> String {
///     format!("parcel {}", number.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["maxLength"], 12);
/// # Ok(())
/// # }
/// ```
pub mod max_len {}

/// `min_items = N`: minimum number of items of a `Vec` field. Default: 0.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// A parcel.
/// #[derive(serde::Serialize, ToolSchema)]
/// struct Parcel {
///     /// Labels of the parcel.
///     #[schema(min_items = 1, max_items = 5)]
///     labels: Vec<String>,
/// }
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel() -> Parcel {
///     Parcel { labels: vec!["fragile".to_owned()] }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["outputSchema"]["properties"]["labels"]["minItems"], 1);
/// # Ok(())
/// # }
/// ```
pub mod min_items {}

/// `max_items = N`: maximum number of items of a `Vec` field. Every `Vec` field needs this key: there is no default. To
/// return a list of any length, return a [`Page`](crate::Page).
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// A parcel.
/// #[derive(serde::Serialize, ToolSchema)]
/// struct Parcel {
///     /// Labels of the parcel.
///     #[schema(max_items = 5)]
///     labels: Vec<String>,
/// }
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel() -> Parcel {
///     Parcel { labels: Vec::new() }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["outputSchema"]["properties"]["labels"]["maxItems"], 5);
/// # Ok(())
/// # }
/// ```
pub mod max_items {}

/// `pattern = "…"`: regular expression that must match somewhere in the string that a newtype or a field contains. The
/// syntax is that of [`#[arg(pattern = …)]`](super::arg::pattern). Default: none. Not allowed if the field's type
/// already has a pattern.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Parcel number.
/// #[derive(ToolSchema)]
/// #[schema(pattern = "^prc_[0-9]{8}$")]
/// struct Number(String);
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel(/** Parcel number. */ number: Number) -> String {
///     format!("parcel {}", number.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["pattern"], "^prc_[0-9]{8}$");
/// # Ok(())
/// # }
/// ```
pub mod pattern {}

/// `from_str`: makes a newtype a string in the schema. The `FromStr` of the newtype's field parses arguments; an
/// argument that it refuses is invalid. In a result, the newtype's `Serialize` must write a string.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// IP address of a printer.
/// #[derive(ToolSchema)]
/// #[schema(from_str)]
/// struct Address(std::net::IpAddr);
///
/// /// Print a label.
/// #[mcp_tool(version = "1.0", scope = "labels:print")]
/// async fn print_label(/** Address of the printer. */ printer: Address) -> String {
///     format!("printed at {}", printer.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![print_label])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["printer"]["type"], "string");
/// # Ok(())
/// # }
/// ```
pub mod from_str {}

/// `crate = "…"`: path of the crate `mcp-tool-runtime`, if the macro can't find the crate as a dependency. Default: the
/// name under which Cargo.toml depends on `mcp-tool-runtime`.
///
/// Needed if another crate re-exports `mcp-tool-runtime`. In a `macro_rules!` macro of that crate, write the path
/// without quotes: `crate = $crate::mcp`. In the example, the module `acme` plays the part of that crate.
///
/// ```
/// mod acme {
///     pub mod mcp {
///         pub use mcp_tool_runtime::*;
///     }
/// }
/// use acme::mcp::prelude::*;
///
/// /// Parcel number.
/// #[derive(ToolSchema)]
/// #[schema(crate = "crate::acme::mcp", max_len = 12)]
/// struct Number(String);
///
/// /// Find a parcel.
/// #[mcp_tool(crate = "crate::acme::mcp", version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel(/** Parcel number. */ number: Number) -> String {
///     format!("parcel {}", number.0)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["inputSchema"]["properties"]["number"]["maxLength"], 12);
/// # Ok(())
/// # }
/// ```
pub mod crate_ {}

/// `secret`: marks a field as secret. Using a struct with a secret field as a form or a result is a compile error,
/// because a form (`cx.ask`) must not ask a person for secrets, and a model reads results.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Access to a door.
/// #[derive(ToolSchema)]
/// struct Access {
///     /// Door code.
///     #[schema(secret)]
///     code: String,
/// }
///
/// # // `Is<T>` has a constant of its own, which is `true`, only if `T` can be a result or a form. Otherwise the
/// # // constant of the trait `Absent` applies, which is `false`.
/// # trait Absent {
/// #     const RESULT: bool = false;
/// #     const FORM: bool = false;
/// # }
/// # impl<T> Absent for T {}
/// # struct Is<T>(T);
/// # impl<T: mcp_tool_runtime::OutputObject> Is<T> {
/// #     const RESULT: bool = true;
/// # }
/// # impl<T: mcp_tool_runtime::Form> Is<T> {
/// #     const FORM: bool = true;
/// # }
/// # fn main() {
/// # let _ = (Access { code: String::new() }.code, Is(()).0);
/// // `Is::<T>::RESULT` and `Is::<T>::FORM` are `true` if `T` can be a result or a form.
/// assert!(!Is::<Access>::RESULT && !Is::<Access>::FORM);
/// # }
/// ```
pub mod secret {}
