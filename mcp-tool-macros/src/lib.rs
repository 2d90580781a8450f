//! `#[mcp_tool]`, `#[derive(ToolSchema)]` and `tools![…]`.
//!
//! Each goes the same way: its input is parsed into a model while every mistake is noted at its token, and the
//! model is expanded into constants and one call. No stage looks back at syntax. What depends on types is left
//! to const evaluation, which sees through aliases.

mod bounds;
mod docs;
mod errors;
mod keys;
mod list;
mod literal;
mod lock;
mod schema;
mod tool;

use proc_macro::TokenStream;

/// Makes a function a tool.
///
/// The function stays as it is and can be called like any other. Beside it, in the type namespace, stands a
/// type of its name that implements `Tool`, so that one `use` brings both.
///
/// # Keys
/// | key | meaning |
/// |---|---|
/// | `version = "2.1"` | required: the version of the contract, `major.minor` |
/// | `scope = "…"`, `scope = ["…", …]` | the scopes that a caller needs, all of them; this or `public` is required |
/// | `public` | no scope is needed |
/// | `name = "…"` | the tool's name; the function's own by default |
/// | `title = "…"` | a name for people |
/// | `read_only` | it changes nothing |
/// | `destructive` | it can't be undone: a person's approval is needed, or the scope of its `gate` |
/// | `idempotent` | a repeated call changes nothing more |
/// | `open_world` | it reaches beyond the server's own domain |
/// | `max_len = 64` | longest string, for parameters that don't say |
/// | `max_items = 20` | longest array, for parameters that don't say |
/// | `timeout = "5s"` | longest a call may run (`ms`, `s`, `m`, `h`) |
/// | `constraints = r#"{"anyOf": […]}"#` | JSON Schema that the arguments satisfy together; some clients refuse tools whose schema has such keywords |
/// | `task` | a call goes on as a task (SEP-2663) where its client declares that it knows such, and one without `timeout` may then run for an hour; kept in memory, and lost with the process. `task(required)` where it can be nothing else |
/// | `concurrency = 4` | calls that may run at one time |
/// | `rate = "10/min"` | calls that one caller may make in any such span of time (`s`, `min`, `h`, `day`) |
/// | `gate(scope = "…")` | of a `destructive` tool: the scope, above those of `scope`, that stands for a person's approval |
/// | `upstream = "…"`, `upstream = ["…", …]` | the only upstreams that it can reach |
/// | `deprecated(message = "…", replacement = "…", removal = "2027-01-31")` | it will go: shown in its description, `_meta` and every answer, and calls are counted; `replacement` and `removal` may be left out |
/// | `weakens("rule-id", reason = "…")` | why a change lowers a guard; may stand several times |
///
/// # The lock
/// Once `contract write` has put its contract into `mcp-tools.lock`, a change of it is judged by the compiler:
/// one that breaks callers needs the next major version, any other that binds the next minor one, and one that
/// lowers a guard `weakens(…)` too.
///
/// # Parameters
/// What is borrowed, the server lends: `&CallContext` is the call, any other `&T` was lent. What is owned, the
/// agent sends; its doc comment is its description, and `#[arg(…)]` takes `min`, `max`, `min_len`, `max_len`,
/// `min_items`, `max_items`, `pattern`, `default`, `secret`, `header` and `complete`. Bounds of a scalar on a `Vec` are those of
/// its items. A parameter of the type `PageRequest` puts `limit` and `cursor` in.
///
/// `header = "Region"` has clients of 2026-07-28 send the argument as the HTTP header `Mcp-Param-Region` too, by which
/// a proxy can route; a call whose header doesn't say what its argument says is refused. It is for strings, integers
/// within ±(2^53 - 1) and booleans, of a few hundred characters at most: heads are small.
///
/// `complete = customers(invoices)` has a function suggest what could be typed for a text, or for an item of an array of
/// texts. It is async, borrows what the tool borrows, by the names of the signature (`&CallContext` among them), takes
/// what was typed so far as a last `&str`, and gives `Vec<String>` or a `Result` of that; `complete = customers` is
/// one that borrows nothing. Enums and booleans complete by themselves. Who may not call the tool gets no suggestion of
/// it; a caller is held to 10 in a second and 5 s each, layers and records go with it as with a call, and what the
/// parameter's own bounds refuse isn't suggested. It is no part of the contract.
///
/// The specification completes the arguments of prompts and resources alone, so this is an extension: a client asks
/// by `completion/complete` with `"ref": {"type": "ref/tool", "name": "list_invoices"}`, all else as specified, and
/// one that knows only the specification never does.
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
/// A missing description is a warning (through the `deprecated` lint); `#[allow(missing_docs)]` on the
/// parameter or the function says that it is meant.
#[proc_macro_attribute]
pub fn mcp_tool(keys: TokenStream, function: TokenStream) -> TokenStream {
    tool::expand(keys.into(), function.into()).into()
}

/// Makes a type one that tools can send or take.
///
/// - An enum of unit variants is a parameter and part of results: a string.
/// - A struct of one unnamed field is a parameter and part of results, with bounds of its own by
///   `#[schema(min, max, min_len, max_len, pattern)]`. With `#[schema(from_str)]` it is a string that its field
///   reads through `FromStr`, and whose JSON is its `Serialize`; it may refuse text that its schema can't.
/// - A struct of named fields is a result, or part of one. `#[schema(…)]` bounds its fields; a `Vec` must have
///   `max_items`.
///
/// serde's `rename`, `rename_all`, `skip`, `skip_serializing`, `skip_serializing_if`, `default`, `flatten` and
/// `tag` are honoured, and `transparent` on a newtype; its other attributes are refused.
#[proc_macro_derive(ToolSchema, attributes(schema, serde))]
pub fn tool_schema(item: TokenStream) -> TokenStream {
    schema::expand(item.into()).into()
}

/// Lists the tools that a server serves, in order: `tools![list_invoices, billing::get_invoice]`.
#[proc_macro]
pub fn tools(list: TokenStream) -> TokenStream {
    list::expand(list.into()).into()
}
