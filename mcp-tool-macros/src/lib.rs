//! `#[mcp_tool]`, `#[derive(ToolSchema)]` and `tools![…]`.
//!
//! The attribute and the derive work in two stages. The first stage parses the input into a model and reports every
//! error at its token. The second stage generates code from the model, not from the syntax. Checks that depend on types
//! run in const evaluation, which resolves type aliases.

mod bounds;
mod docs;
mod errors;
mod fragments;
mod keys;
mod list;
mod literal;
mod lock;
mod manifest;
mod runtime_crate;
mod schema;
mod tool;
mod type_name;

use proc_macro::TokenStream;

/// Makes a function a tool.
///
/// The function is unchanged and can be called like any other. The macro adds a type of the same name, which implements
/// `Tool` and which `tools![…]` lists; one `use` imports both. If the function has the name of a crate on which its
/// package depends, such as `tracing`, the type is `tracing_tool` instead, because a type `tracing` would hide the crate.
/// `tools![tracing]` in the same package still lists it.
///
/// # Keys
/// | key | meaning |
/// |---|---|
/// | `version = "2.1"` | required: the version of the contract, `major.minor` |
/// | `scope = "…"`, `scope = ["…", …]` | scopes: a caller needs all of them. Either `scope` or `public` is required |
/// | `public` | a caller needs no scope |
/// | `name = "…"` | name of the tool; by default the function's name |
/// | `title = "…"` | display name |
/// | `read_only` | the tool changes nothing |
/// | `destructive` | the effect can't be undone: a caller needs the scope of `gate`, or the operator must allow the tool |
/// | `idempotent` | a second call with the same arguments has no further effect |
/// | `open_world` | the tool reaches systems beyond the server's own domain, such as the web |
/// | `max_len = 64` | maximum length of string parameters without their own `max_len`; by default 1,024 code points |
/// | `max_items = 20` | maximum length of array parameters without their own `max_items`; by default 100 |
/// | `timeout = "5s"` | maximum duration of a call (`ms`, `s`, `m`, `h`); by default the operator's `limits.timeout` |
/// | `constraints = r#"{"anyOf": […]}"#` | conditions across several arguments, as JSON Schema; some clients refuse tools with such keywords, which are at the root of the input schema |
/// | `task` | a call runs as a task, whose result the client polls (SEP-2663), if its client declares task support; without `timeout`, a task may run for an hour. Tasks are kept in memory and lost with the process. `task(required)` refuses other clients |
/// | `concurrency = 4` | maximum concurrent calls of the tool, of all callers together |
/// | `rate = "10/min"` | maximum calls of one caller in any window of the given length (`s`, `min`, `h`, `day`) |
/// | `gate(scope = "…")` | for a `destructive` tool: a scope that callers need in addition to `scope`; then the operator needn't allow the tool |
/// | `upstream = "…"`, `upstream = ["…", …]` | upstreams, HTTP services of the operator's settings, that the tool can call; all others are refused |
/// | `deprecated(message = "…", replacement = "…", removal = "2027-01-31")` | the tool will be removed: its description, its `_meta` and every response contain the notice, and its calls are counted in the log; `replacement` and `removal` are optional |
/// | `weakens("rule-id", reason = "…")` | reason for a change that lowers a guard, such as a removed scope; the rule's id is in the compile error; may be repeated |
/// | `crate = "::my_crate::mcp"` | path of a re-exported `mcp_tool_runtime`; not needed for a dependency that `Cargo.toml` renames, and if `[package.metadata.mcp-tool]` of `Cargo.toml` has the same `crate = "…"` |
///
/// # The lock
/// After the server's command `contract write` has put the contract into `mcp-tools.lock`, the compiler checks each
/// change of the contract:
/// - A breaking change needs the next major version.
/// - A lowered guard, such as a removed scope, needs the next minor version and `weakens(…)` with a reason.
/// - A patch, which affects no caller, such as a new description, needs no new version.
/// - Any other change needs the next minor version.
///
/// # Parameters
/// Borrowed parameters come from the server: `&CallContext` is the call, any other `&T` is application state. Owned
/// parameters are sent by the agent. The doc comments of owned parameters are their descriptions, and their `#[arg(…)]`
/// takes `min`, `max`, `min_len`, `max_len`, `min_items`, `max_items`, `pattern`, `default`, `secret`, `header` and
/// `complete`. On a `Vec`, bounds of a scalar, such as `max_len`, apply to each item. A parameter of type `PageRequest`
/// adds the parameters `limit` and `cursor`, for a tool that returns a `Page`.
///
/// `header = "Region"` makes clients of protocol revision 2026-07-28 also send the argument as the HTTP header
/// `Mcp-Param-Region`, so that a proxy can route by it. For this revision, a call whose header differs from its
/// argument is refused. The parameter can be a string, an enum, a boolean, or an integer within ±(2^53 - 1). Limit a
/// string to a few hundred characters, because HTTP servers limit the size of headers.
///
/// `complete = customers(invoices)` names an async function that suggests values of a string, or of the items of an
/// array of strings. The function borrows the named parameters of the tool, of which one may be the `&CallContext`. Its
/// last parameter is the text typed so far, a `&str`. It returns `Vec<String>`, or a `Result` with a `Vec<String>`.
/// With `complete = customers` the function borrows no parameter. Enums and booleans are completed automatically. Only
/// callers who may call the tool get suggestions. Each caller may send 10 completion requests per second for all tools
/// together, and a request may take 5 s. Middleware and audit apply as to a call, and suggestions outside of the
/// parameter's bounds are dropped. Completion is not part of the contract.
///
/// MCP specifies completion only for prompts and resources, so this is an extension: a client sends
/// `completion/complete` with `"ref": {"type": "ref/tool", "name": "list_invoices"}`, and everything else as specified.
/// ```ignore
/// use mcp_tool_runtime::prelude::*;
///
/// struct Invoices(Vec<String>);
///
/// async fn customers(invoices: &Invoices, typed: &str) -> Vec<String> {
///     invoices.0.iter().filter(|name| name.starts_with(typed)).cloned().collect()
/// }
///
/// /// Count a customer's invoices.
/// #[mcp_tool(version = "1.0", scope = "invoices:read", read_only)]
/// async fn count_invoices(
///     invoices: &Invoices,
///     /// Account name.
///     #[arg(complete = customers(invoices))]
///     customer: String,
/// ) -> String {
///     invoices.0.iter().filter(|name| **name == customer).count().to_string()
/// }
/// ```
///
/// A missing description is a warning (through the `deprecated` lint); `#[allow(missing_docs)]` on the parameter or the
/// function suppresses it.
#[proc_macro_attribute]
pub fn mcp_tool(keys: TokenStream, function: TokenStream) -> TokenStream {
    tool::expand(keys.into(), function.into()).into()
}

/// Makes a type usable as a parameter or result of tools.
///
/// - An enum of unit variants is a string, in parameters and results.
/// - A struct of one unnamed field is a newtype, in parameters and results. `#[schema(min, max, min_len, max_len,
///   pattern)]` bounds the value. With `#[schema(from_str)]` its JSON is a string, which the field's type parses with
///   `FromStr` and writes with `Serialize`. `FromStr` may refuse text that the schema allows.
/// - A struct of named fields is a result, part of a result, or a form (MCP elicitation). `#[schema(…)]` bounds its
///   fields; a `Vec` must have `max_items`. A struct with a field marked `#[schema(secret)]` can be none of
///   these: a tool that returns it or asks for it doesn't compile.
///
/// serde's `rename`, `rename_all`, `skip`, `skip_serializing`, `skip_serializing_if`, `default`, `flatten` and `tag`
/// are supported, and `transparent` on a newtype. Attributes of structs, enums and fields that affect only
/// deserialization, such as `alias` on a field, don't change the schema. Other attributes of serde are refused.
///
/// `#[schema(crate = "::my_crate::mcp")]` on the type sets the path of a re-exported `mcp_tool_runtime`.
#[proc_macro_derive(ToolSchema, attributes(schema, serde))]
pub fn tool_schema(item: TokenStream) -> TokenStream {
    schema::expand(item.into()).into()
}

/// Lists the tools of a server, in order: `tools![list_invoices, billing::get_invoice]`. A tool can have `#[cfg(…)]`.
///
/// `tools![crate = "::my_crate::mcp"; list_invoices]` uses a re-exported `mcp_tool_runtime`.
#[proc_macro]
pub fn tools(list: TokenStream) -> TokenStream {
    list::expand(list.into()).into()
}
