//! Errors that keep a server from starting.

use mcp_tool_contract::model::Version;

/// The reason why a server can't start.
///
/// `ToolServer::run` prints it and exits with code 1; `TestServer::start` returns it. The message says what to change.
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
    /// A value of application state could not be opened.
    #[error("application state could not be opened: {0}")]
    OpenState(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Two tools have the same name and major version.
    #[error(
        "two tools have the name '{0}' and the same major version: give one of them another `name = \"…\"`"
    )]
    Duplicate(&'static str),
    /// An adapter promises more than the tool that it calls, calls itself through others, or calls a tool that isn't
    /// served.
    #[error("the tool '{tool}' {version} is an adapter, and {reason}")]
    Adapter {
        /// Name of the adapter.
        tool: &'static str,
        /// Version of the adapter.
        version: Version,
        /// The reason, as a continuation of "is an adapter, and".
        reason: String,
    },
    /// An output schema that is generated at run time differs from the locked one.
    #[error("{0}")]
    Drift(String),
    /// A parameter's default is refused by the parameter's own type.
    #[error("the tool '{tool}' refuses its own default: {violation}")]
    Default {
        /// Name of the tool.
        tool: &'static str,
        /// The default and the rule that it breaks.
        violation: String,
    },
    /// An output schema can't be used.
    #[error("the output schema of the tool '{tool}' can't be used: {reason}")]
    OutputSchema {
        /// Name of the tool.
        tool: &'static str,
        /// The reason.
        reason: String,
    },
    /// Constraints among a tool's parameters can't be used.
    #[error("the constraints of the tool '{tool}' can't be used: {reason}")]
    Constraints {
        /// Name of the tool.
        tool: &'static str,
        /// The reason.
        reason: String,
    },
    /// `--allow-destructive` names a tool that doesn't need it, or that isn't served.
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
        /// The served tool with the most similar name.
        nearest: Option<&'static str>,
    },
    /// Middleware names a header that it may not read, or an invalid header name.
    #[error("the middleware {middleware} reads the header '{header}', which {reason}")]
    MiddlewareHeader {
        /// Type of the middleware.
        middleware: &'static str,
        /// Name of the header.
        header: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// A setting can't be used.
    #[error("{0}")]
    Setting(String),
    /// A socket, file or thread can't be opened.
    #[error("{what}: {source}")]
    Io {
        /// The failure, such as "the audit thread could not be started".
        what: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

fn remedy(tool: &str, nearest: Option<&'static str>) -> String {
    let add_or_remove = format!("add '{tool}' to the server's tools, or remove the middleware");
    match nearest {
        Some(nearest) => format!("write '{nearest}', {add_or_remove}"),
        None => add_or_remove,
    }
}
