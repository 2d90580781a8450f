//! Errors that keep a server from starting.

use mcp_tool_contract::model::Version;

/// The reason why a server can't start.
///
/// `ToolServer::run_blocking` prints it and exits with code 1; `TestServer::start` returns it. The message says what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A tool borrows application state that isn't registered.
    #[error("tool '{tool}' needs `&{needs}`: register it with `.state(…)` or `.state_with(…)`")]
    MissingState {
        /// Name of the tool.
        tool: &'static str,
        /// The type that the tool borrows.
        needs: &'static str,
    },
    /// Two values of application state have the same type.
    #[error("application state: two values of the type `{0}` are registered: wrap one in a type of its own")]
    DuplicateState(&'static str),
    /// The function that opens a value of application state returned an error.
    #[error("application state could not be opened: {0}")]
    OpenState(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Two tools have the same name and major version.
    #[error(
        "two tools have the name '{0}' and the same major version: give one of them another `name = \"…\"`"
    )]
    Duplicate(&'static str),
    /// An adapter (an older version of a tool, which calls a newer version) doesn't fit this newer version, its target:
    ///
    /// - The target isn't served.
    /// - The adapter's hints promise more than the hints of the target, such as `read_only` for a target that writes.
    /// - The adapter doesn't name a scope or an upstream of the target.
    /// - A chain of targets leads back to the adapter.
    #[error("the tool '{tool}' {version} is an adapter, and {reason}")]
    Adapter {
        /// Name of the adapter.
        tool: &'static str,
        /// Version of the adapter.
        version: Version,
        /// The reason, as a continuation of "is an adapter, and".
        reason: String,
    },
    /// An output schema that is generated at run time differs from the schema in the lock (`mcp-tools.lock`),
    /// and the change requires a higher version of the tool.
    #[error("{0}")]
    Drift(String),
    /// The type of a parameter refuses the parameter's default by a rule that the compiler can't check, such as a
    /// pattern.
    #[error("the tool '{tool}' refuses its own default: {violation}")]
    Default {
        /// Name of the tool.
        tool: &'static str,
        /// The default and the rule that the default violates.
        violation: String,
    },
    /// A tool's output schema can't be used, for example because its root isn't an object.
    #[error("the output schema of the tool '{tool}' can't be used: {reason}")]
    OutputSchema {
        /// Name of the tool.
        tool: &'static str,
        /// The reason.
        reason: String,
    },
    /// A tool has `constraints` that aren't a valid JSON Schema, or has `constraints` while the feature `schemars`,
    /// which checks them, is off.
    #[error("the constraints of the tool '{tool}' can't be used: {reason}")]
    Constraints {
        /// Name of the tool.
        tool: &'static str,
        /// The reason.
        reason: String,
    },
    /// `--allow-destructive` names a tool that needs no such permission, or that isn't served. Only destructive tools
    /// without a gate (a scope for their callers) need it.
    #[error("--allow-destructive {given}: {reason}")]
    Allow {
        /// Name of the tool, as it was given.
        given: String,
        /// The reason.
        reason: String,
    },
    /// A tool names an upstream that isn't configured.
    #[error(
        "the tool '{tool}' reaches the upstream '{upstream}', which isn't configured: add [upstream.{upstream}] with \
         `url` and `credential` to the settings, and enable the feature `oauth` of mcp-tool-runtime"
    )]
    Upstream {
        /// Name of the tool.
        tool: &'static str,
        /// Name of the upstream.
        upstream: &'static str,
    },
    /// Middleware was added for a tool that isn't served.
    #[error("middleware is for the tool '{tool}', which isn't served: {}", remedy(.tool, *.nearest))]
    MiddlewareTool {
        /// Name of the tool.
        tool: &'static str,
        /// The served tool with the most similar name; `None` if no name is similar.
        nearest: Option<&'static str>,
    },
    /// Middleware reads a header that contains a credential, or a header whose name is invalid.
    #[error("the middleware {middleware} reads the header '{header}', which {reason}")]
    MiddlewareHeader {
        /// Name of the middleware's Rust type.
        middleware: &'static str,
        /// Name of the header.
        header: &'static str,
        /// The reason, as a continuation of "the header, which".
        reason: &'static str,
    },
    /// A setting is invalid, the list of tools can't be made, or the name under which lists show an older version, such
    /// as `find_v1`, is too long.
    #[error("{0}")]
    Setting(String),
    /// The operating system refused an operation that the start needs, such as starting the audit thread.
    #[error("{what}: {source}")]
    Io {
        /// The operation that failed, such as "the audit thread could not be started".
        what: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// Returns what the developer can do about middleware for a tool that isn't served.
fn remedy(tool: &str, nearest: Option<&'static str>) -> String {
    let add_or_remove = format!("add '{tool}' to the server's tools, or remove the middleware");
    match nearest {
        Some(nearest) => format!("write '{nearest}', {add_or_remove}"),
        None => add_or_remove,
    }
}
