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
        /// The type that it borrows.
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
    /// An adapter promises more than the tool that it calls, or that tool isn't served.
    #[error("the tool '{tool}' {version} is an adapter, and {reason}")]
    Adapter {
        /// Name of the adapter.
        tool: &'static str,
        /// Version of the adapter.
        version: Version,
        /// The difference.
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
    /// `--allow-destructive` names a tool that it isn't for.
    #[error("--allow-destructive {given}: {reason}")]
    Allow {
        /// The name.
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
    /// Middleware is for a tool that isn't served.
    #[error("middleware is for the tool '{tool}', which isn't served: {}", remedy(*.nearest))]
    MiddlewareTool {
        /// Name of the tool.
        tool: &'static str,
        /// The served tool with the most similar name.
        nearest: Option<&'static str>,
    },
    /// Middleware reads a header that it can't read.
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
        /// The attempt.
        what: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

fn remedy(nearest: Option<&'static str>) -> String {
    match nearest {
        Some(nearest) => format!("'{nearest}' is; add it to the server's tools, or remove the middleware"),
        None => "add it to the server's tools, or remove the middleware".to_owned(),
    }
}
