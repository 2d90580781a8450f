//! Keys of `#[mcp_tool(…)]`, the attribute that makes a function a tool. Each key has an empty module, whose page
//! describes the key.
//!
//! An unknown key, a repeated key other than `weakens`, or a value of the wrong form is a compile error at its token.
//!
//! Names with a dot, such as `limits.timeout`, are settings of the server's operator. Reasons of refusals, such as
//! `rate_limited`, are the names of an [`ErrorKind`](crate::ErrorKind). In the examples, `tool` is the tool's entry in
//! `tools/list`, and `server` is a [`TestServer`](crate::testing::TestServer).

/// `version = "major.minor"`: version of the tool's contract, which consists of its schemas, scopes, limits and hints.
/// Required.
///
/// A change that breaks callers requires a new major version. An additive change requires a new minor version, and so
/// does a change that weakens a guard (see [`weakens`]). A new title or description requires none. The command
/// `contract write` stores the contracts in the lock, the file `mcp-tools.lock`. The compiler compares each contract
/// with the stored one. `0.0` and leading zeros are errors.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "2.1", scope = "parcels:write")]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["_meta"]["dev.mcp-tool/version"], "2.1");
/// # Ok(())
/// # }
/// ```
pub mod version {}

/// `scope = "…"` or `scope = ["…", …]`: the scopes that a caller needs, all of them. Required, unless the tool is
/// `public`.
///
/// A scope is a scope token of RFC 6749 §3.3. Over HTTP, a caller whose token lacks a scope gets status 403 with the
/// scopes to request. Such a caller sees the tool in `tools/list` only if `oauth.discovery` is `grantable`. Without
/// authorization, and over stdio, every caller is the local user, who has all scopes unless `local.scopes` is set. An
/// application's own [`Authorizer`](crate::Authorizer) replaces this check.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = ["parcels:read", "parcels:write"])]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["_meta"]["securitySchemes"], json!([{ "type": "oauth2", "scopes": ["parcels:read", "parcels:write"] }]));
/// # Ok(())
/// # }
/// ```
pub mod scope {}

/// `public`: a caller needs no scope. Can't be combined with `scope` or `gate`.
///
/// If authorization is configured, a caller over HTTP still needs a valid token.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", public)]
/// async fn send_parcel() -> String {
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
/// assert!(tool["_meta"].get("securitySchemes").is_none());
/// # Ok(())
/// # }
/// ```
pub mod public {}

/// `name = "…"`: name of the tool. Default: the name of the function.
///
/// A name has 1 to 64 characters of `[A-Za-z0-9_-]`, and begins with a letter or `_`. A name can't end in `_v` and a
/// number, because clients call an older major version by such a name: `parcels_send_v1`.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", name = "parcels_send")]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["name"], "parcels_send");
/// # Ok(())
/// # }
/// ```
pub mod name {}

/// `title = "…"`: name of the tool that clients show to people. Default: none.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", title = "Send a parcel")]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["title"], "Send a parcel");
/// # Ok(())
/// # }
/// ```
pub mod title {}

/// `read_only`: the tool changes nothing (`readOnlyHint`). Can't be combined with `destructive`.
///
/// A tool with neither of these keys is a writing tool that isn't destructive. A destructive tool is a writing tool,
/// too. A call of a writing tool that fails or is cancelled can have the outcome `unknown` in its audit record: the
/// write may have taken effect. A call of a read-only tool never has this outcome. While the file that `audit.file`
/// names can't be written, calls of writing tools are refused. Calls of read-only tools still run, until 16,384 records
/// wait to be written.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Find a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:read", read_only)]
/// async fn find_parcel() -> String {
///     "found".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![find_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["annotations"]["readOnlyHint"], true);
/// # Ok(())
/// # }
/// ```
pub mod read_only {}

/// `destructive`: the tool's effect can't be undone (`destructiveHint`). Can't be combined with `read_only`.
///
/// With a [`gate`], a caller needs the gate's scope in addition to the scopes of [`scope`]. Without a gate, calls are
/// refused as `approval_required`, unless the operator names the tool in `gate.allow_destructive`.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Destroy a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", destructive)]
/// async fn destroy_parcel() -> String {
///     "destroyed".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![destroy_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["annotations"]["destructiveHint"], true);
/// let refused = server.call("destroy_parcel", json!({})).await.unwrap_err();
/// assert_eq!(refused.kind(), Some(mcp_tool_runtime::ErrorKind::ApprovalRequired));
/// # Ok(())
/// # }
/// ```
pub mod destructive {}

/// `idempotent`: a repeated call with the same arguments changes nothing more (`idempotentHint`). The hint is for
/// clients; the server runs each call.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", idempotent)]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["annotations"]["idempotentHint"], true);
/// # Ok(())
/// # }
/// ```
pub mod idempotent {}

/// `open_world`: the tool interacts with systems outside the server's own domain (`openWorldHint`). The hint is for
/// clients; the server enforces nothing by it.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", open_world)]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["annotations"]["openWorldHint"], true);
/// # Ok(())
/// # }
/// ```
pub mod open_world {}

/// `max_len = N`: maximum length, in code points, of string parameters without a `max_len` of their own or of their
/// type. Default: 1,024.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", max_len = 80)]
/// async fn send_parcel(/** Name of the sender. */ sender: String) -> String {
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

/// `max_items = N`: maximum number of items of array parameters without a `max_items` of their own. Default: 100.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", max_items = 20)]
/// async fn send_parcel(/** Labels. */ labels: Vec<String>) -> String {
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
/// assert_eq!(tool["inputSchema"]["properties"]["labels"]["maxItems"], 20);
/// # Ok(())
/// # }
/// ```
pub mod max_items {}

/// `constraints = r#"{…}"#`: conditions among the arguments of a call, as a JSON Schema object. Default: none.
///
/// The object may contain `anyOf`, `oneOf`, `allOf`, `not`, `if`/`then`/`else`, `dependentRequired` and
/// `dependentSchemas`. The conditions in them may contain `required` and `properties`, with names of the tool's
/// parameters only. Clients see the object's keywords at the root of `inputSchema`, and some clients refuse tools with
/// such keywords. A server without the cargo feature `schemars` can't enforce constraints, so it doesn't start.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(
///     version = "1.0",
///     scope = "parcels:write",
///     constraints = r#"{"anyOf": [{"required": ["email"]}, {"required": ["phone"]}]}"#
/// )]
/// async fn send_parcel(/** Email address. */ email: Option<String>, /** Phone number. */ phone: Option<String>) -> String {
///     format!("sent to {email:?} or {phone:?}")
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use serde_json::json;
/// # // The entry comes from the contract, because a server without the feature `schemars` doesn't start.
/// # let contract = tools![send_parcel][0].contract();
/// # let tool = serde_json::to_value(contract.listing(&contract.digest()?))?;
/// assert_eq!(tool["inputSchema"]["anyOf"], json!([{ "required": ["email"] }, { "required": ["phone"] }]));
/// # Ok(())
/// # }
/// ```
pub mod constraints {}

/// `timeout = "…"`: maximum duration of a call, from 1 ms to a day. Default: `limits.timeout`, which is 30 s unless the
/// operator sets it.
///
/// Units are `ms`, `s`, `m` and `h`. The time while a call waits for a person's answer doesn't count. A call that takes
/// longer fails as `timeout`. If the call may have changed something, its audit record has the outcome `unknown`.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", timeout = "5s")]
/// async fn send_parcel() -> String {
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
/// // Not listed; the contract's digest and the lock contain the timeout.
/// assert!(!tool.to_string().contains("timeout"));
/// # Ok(())
/// # }
/// ```
pub mod timeout {}

/// `concurrency = N`: maximum number of calls of the tool, by all callers, that run at a time; at least 1. Default:
/// none. In addition, `limits.concurrency` limits the calls of all tools together.
///
/// A call beyond this maximum is refused as `unavailable` immediately. Calls are not queued. One user gets only a share
/// of the maximum (`limits.user_share`, 50 % by default, rounded up), but at least one call.
///
/// So `concurrency = 1` can't be shared: while a call of one user runs, or waits for a person's answer, the calls of all
/// others are refused. If users shouldn't be refused, choose one of these:
/// - `concurrency = 2` or more, so that no user can take all calls of the tool at 50 %;
/// - no `concurrency`, and a `tokio::sync::Mutex` in the application state: calls then wait for it within their
///   `timeout`.
///
/// If the tool must run once at a time, give it a short `timeout`, and a `rate`, which limits each caller.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", concurrency = 4)]
/// async fn send_parcel() -> String {
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
/// // Not listed; the contract's digest and the lock contain the maximum.
/// assert!(!tool.to_string().contains("concurrency"));
/// # Ok(())
/// # }
/// ```
pub mod concurrency {}

/// `rate = "N/window"`: maximum number of calls of the tool that one caller may make in any period as long as the
/// window. Default: none.
///
/// `N` is 1 to 1,000,000, and `window` is `s`, `min`, `h` or `day`. A call beyond this maximum is refused as
/// `rate_limited`, with the time until the next call is possible.
///
/// A caller is a user with one agent. So a user that can register agents at the authorization server has the rate once
/// for each of them, and up to 2,000 pairs of agent and tool at a time. To protect what the tool uses from one user,
/// declare [`concurrency`] too, of which each user has a share.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", rate = "10/min")]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["_meta"]["dev.mcp-tool/rate"], json!({ "limit": 10, "windowMs": 60_000 }));
/// # Ok(())
/// # }
/// ```
pub mod rate {}

/// `gate(scope = "…")`: scope that a caller of a destructive tool needs in addition to the scopes of [`scope`]. Allowed
/// only with [`destructive`]. Default: none; calls of a destructive tool are then refused, unless the operator permits
/// the tool.
///
/// Use a scope that few callers hold. The key `scope` can't contain the same scope.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Destroy a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", destructive, gate(scope = "parcels:destroy"))]
/// async fn destroy_parcel() -> String {
///     "destroyed".to_owned()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use mcp_tool_runtime::testing::TestServer;
/// # use serde_json::json;
/// # let server = TestServer::start(ToolServer::new("example", "1.0.0").tools(tools![destroy_parcel])).await?;
/// # let listed = server.list().await;
/// # let tool = &listed[0];
/// assert_eq!(tool["_meta"]["dev.mcp-tool/gate"], json!({ "scope": "parcels:destroy" }));
/// # Ok(())
/// # }
/// ```
pub mod gate {}

/// `upstream = "…"` or `upstream = ["…", …]`: upstreams (HTTP services) that the tool may call, at most 16. Default:
/// none.
///
/// A name matches `[a-z][a-z0-9_-]*` and has at most 64 characters. The operator configures each upstream in the
/// section `[upstream.NAME]` of the settings. A server whose tools name an upstream without such a section doesn't
/// start. With the cargo feature `oauth`, a function with a parameter `cx: &CallContext` gets a client of the upstream
/// by `cx.upstream("billing")?`.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", upstream = "billing")]
/// async fn send_parcel() -> String {
///     "sent".to_owned()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use serde_json::json;
/// # // The entry comes from the contract, because a server without settings of the upstream doesn't start.
/// # let contract = tools![send_parcel][0].contract();
/// # let tool = serde_json::to_value(contract.listing(&contract.digest()?))?;
/// assert_eq!(tool["_meta"]["dev.mcp-tool/upstreams"], json!(["billing"]));
/// # Ok(())
/// # }
/// ```
pub mod upstream {}

/// `task` or `task(required)`: a call continues as a task when its function first has to wait, if the client supports
/// tasks (SEP-2663). The task runs in the background, and the client polls for its result.
///
/// For clients that don't support tasks, a call runs as usual; with `required`, it is refused. A task runs for at most
/// the tool's [`timeout`], or an hour for a tool without a timeout. At most 32 tasks of a user run at a time (fewer if
/// `limits.user_share` allows fewer), and of all users half of `limits.concurrency`, at most 1,000. For further calls,
/// the client waits for the result instead.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", task)]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["_meta"]["dev.mcp-tool/task"], "optional");
/// # Ok(())
/// # }
/// ```
pub mod task {}

/// `deprecated(message = "…", replacement = "…", removal = "…")`: this version of the tool will be removed. `message`
/// is required.
///
/// `replacement` is the name of a tool. `removal` is the last day (RFC 3339 `full-date`, in UTC) on which the version
/// must be served; `contract check` enforces this. Lists, results and audit records show that the version is
/// deprecated. The server counts each caller's calls of the version, and logs the counts.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.0", scope = "parcels:write", deprecated(message = "Use dispatch.", replacement = "dispatch", removal = "2027-01-31"))]
/// async fn send_parcel() -> String {
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
/// assert_eq!(tool["_meta"]["dev.mcp-tool/deprecation"]["replacement"], "dispatch");
/// # Ok(())
/// # }
/// ```
pub mod deprecated {}

/// `crate = "…"`: path of the crate `mcp-tool-runtime`, if the macro can't find the crate as a dependency. Default: the
/// name under which Cargo.toml depends on `mcp-tool-runtime`.
///
/// Needed if another crate re-exports `mcp-tool-runtime`. Instead of the key at each macro, the manifest can name the
/// path once, in `[package.metadata.mcp-tool]` or `[workspace.metadata.mcp-tool]`: `crate = "::acme::mcp"`.
/// In a `macro_rules!` macro of that crate, write the path
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
/// /// Send a parcel.
/// #[mcp_tool(crate = "crate::acme::mcp", version = "1.0", scope = "parcels:write")]
/// async fn send_parcel() -> String {
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
/// // Not part of the contract.
/// assert!(!tool.to_string().contains("acme"));
/// # Ok(())
/// # }
/// ```
pub mod crate_ {}

/// `weakens("rule-id", reason = "…")`: reason for a change that weakens a guard, such as a removed scope. The key may
/// occur several times.
///
/// The rule must be of class *weakens*, and apply to a change since the tool's contract in the lock (see [`version`]).
/// A reason that the lock already contains may stay. A tool that isn't in the lock, as in the example, isn't compared.
/// The command `contract explain RULE` describes a rule.
///
/// ```
/// use mcp_tool_runtime::prelude::*;
///
/// /// Send a parcel.
/// #[mcp_tool(version = "1.1", scope = "parcels:write", weakens("timeout-raised", reason = "Customs take longer."), timeout = "1m")]
/// async fn send_parcel() -> String {
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
/// // Not listed; the lock contains the rule and the reason.
/// assert!(!tool.to_string().contains("timeout-raised"));
/// # Ok(())
/// # }
/// ```
pub mod weakens {}
