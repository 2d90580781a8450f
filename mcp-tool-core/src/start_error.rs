//! Reasons why a server does not start.

use mcp_tool_contract::model::Version;

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A tool needs application state that isn't registered.
    #[error("tool '{tool}' needs `&{needs}`: register it with `.state(…)` or `.state_with(…)`")]
    MissingState {
        /// The tool.
        tool: &'static str,
        /// The type that it needs.
        needs: &'static str,
    },
    /// Two values of application state have one type.
    #[error("application state: two values of the type `{0}` are registered: wrap one in a type of its own")]
    DuplicateState(&'static str),
    /// A value of application state could not be opened.
    #[error("application state could not be opened: {0}")]
    OpenState(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Two tools have one name and one major version.
    #[error("two tools are named '{0}' and have one major version: give one of them another `name = \"…\"`")]
    Duplicate(&'static str),
    /// An adapter can't stand for what it calls.
    #[error("the tool '{tool}' {version} is an adapter, and {reason}")]
    Adapter {
        /// The tool.
        tool: &'static str,
        /// The adapter's own version.
        version: Version,
        /// What is wrong with it.
        reason: String,
    },
    /// A result whose schema is known only at run time is another than the locked one.
    #[error("{0}")]
    Drift(String),
    /// A default that the parameter's own type refuses.
    #[error("the tool '{tool}' can't take its own default: {violation}")]
    Default {
        /// The tool.
        tool: &'static str,
        /// Which default, and why not.
        violation: String,
    },
    /// An output schema that can't be used.
    #[error("the output schema of the tool '{tool}' can't be used: {reason}")]
    OutputSchema {
        /// The tool.
        tool: &'static str,
        /// Why not.
        reason: String,
    },
    /// Conditions among a tool's parameters that can't be enforced.
    #[error("the constraints of the tool '{tool}' can't be enforced: {reason}")]
    Constraints {
        /// The tool.
        tool: &'static str,
        /// Why not.
        reason: String,
    },
    /// A name that was to be allowed and isn't there.
    #[error("--allow-destructive {given}: {reason}")]
    Allow {
        /// What was given.
        given: String,
        /// Why it can't be allowed.
        reason: String,
    },
    /// A tool names an upstream that nobody set up.
    #[error(
        "the tool '{tool}' reaches the upstream '{upstream}', which isn't set up: add [upstream.{upstream}] with \
         `url` and `credential` to the settings; it takes the feature `oauth` of mcp-tool-runtime"
    )]
    Upstream {
        /// The tool.
        tool: &'static str,
        /// The upstream.
        upstream: &'static str,
    },
    /// A layer for a tool that isn't served.
    #[error("a layer is for the tool '{tool}', which isn't served: {}", listed_or(.nearest))]
    LayerFor {
        /// The tool.
        tool: &'static str,
        /// The tool that is served, whose name is nearest to it.
        nearest: Option<&'static str>,
    },
    /// A layer asks for a header that it can't have.
    #[error("the layer {layer} asks for the header '{header}', which {reason}")]
    LayerHeader {
        /// The layer's type.
        layer: &'static str,
        /// The header.
        header: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A setting that can't be used.
    #[error("{0}")]
    Setting(String),
    /// A socket, a file or a thread.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

/// What to do about a layer's tool.
fn listed_or(nearest: &Option<&'static str>) -> String {
    match nearest {
        Some(nearest) => format!("'{nearest}' is; list it among the server's tools, or leave the layer out"),
        None => "list it among the server's tools, or leave the layer out".to_owned(),
    }
}
