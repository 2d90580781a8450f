//! [`TestResult`] and [`TestError`], the result and the error of a call by [`TestServer`](super::TestServer).

use std::fmt;

use mcp_tool_contract::{model::Version, read::violation::Violations};
use mcp_tool_core::{
    error::{ErrorKind, ToolError},
    pipeline::RefusalKind,
    tool::answer::ToolAnswer,
};
use serde_json::Value;

/// The result of a call or of a completion.
#[derive(Clone, Debug)]
pub struct TestResult {
    answer: ToolAnswer,
}

impl TestResult {
    pub(super) const fn new(answer: ToolAnswer) -> Self {
        TestResult { answer }
    }

    /// Returns the structured content; `null` for a result without structured content.
    #[must_use]
    pub fn json(&self) -> Value {
        match &self.answer {
            ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. } => {
                serde_json::from_str(json).unwrap_or_default()
            }
            ToolAnswer::Nothing | ToolAnswer::Text(_) | ToolAnswer::Content(_) | ToolAnswer::Asks(_) => {
                Value::Null
            }
        }
    }

    /// Returns the text, or the JSON text of structured content. Empty for [`Content`](crate::Content) and for a tool
    /// that returns nothing.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.answer {
            ToolAnswer::Object(text)
            | ToolAnswer::Structured { object: text, .. }
            | ToolAnswer::Text(text) => text,
            ToolAnswer::Nothing | ToolAnswer::Content(_) | ToolAnswer::Asks(_) => "",
        }
    }

    /// Returns the blocks of [`Content`](crate::Content), or the blocks that [`Structured`](crate::Structured) adds to
    /// its struct, in the protocol's JSON form. Empty for any other result.
    #[must_use]
    pub fn content(&self) -> Vec<Value> {
        match &self.answer {
            ToolAnswer::Content(pieces) | ToolAnswer::Structured { content: pieces, .. } => {
                serde_json::from_str(&format!("[{pieces}]")).unwrap_or_default()
            }
            ToolAnswer::Nothing | ToolAnswer::Text(_) | ToolAnswer::Object(_) | ToolAnswer::Asks(_) => {
                Vec::new()
            }
        }
    }
}

/// Reason why a call returned no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum TestError {
    /// No tool has this name.
    UnknownTool(String),
    /// No version of the tool satisfies the requirement of [`requiring`](super::TestServer::requiring). The caller may
    /// use these versions, newest first.
    NoSuchVersion(Vec<Version>),
    /// The caller lacks these scopes.
    MissingScopes(Vec<String>),
    /// The policy denies the call, whatever scopes the caller has.
    Denied,
    /// An operator disabled the caller.
    Disabled,
    /// The tool failed or refused the call, or the server did, for example because of invalid arguments, a rate, a
    /// timeout or a disabled tool.
    Tool(ToolError),
}

impl TestError {
    /// Returns the kind of a [`TestError::Tool`]; `None` for other variants.
    #[must_use]
    pub const fn kind(&self) -> Option<ErrorKind> {
        match self.tool_error() {
            Some(error) => Some(error.kind()),
            None => None,
        }
    }

    /// Returns all violations of the contract by the arguments; `None` if the error isn't about invalid arguments.
    #[must_use]
    pub const fn violations(&self) -> Option<&Violations> {
        match self.tool_error() {
            Some(error) => error.violations(),
            None => None,
        }
    }

    const fn tool_error(&self) -> Option<&ToolError> {
        match self {
            TestError::Tool(error) => Some(error),
            TestError::UnknownTool(_)
            | TestError::NoSuchVersion(_)
            | TestError::MissingScopes(_)
            | TestError::Denied
            | TestError::Disabled => None,
        }
    }

    /// Returns the scopes that the caller lacks; empty unless the error is [`TestError::MissingScopes`].
    #[must_use]
    pub fn missing_scopes(&self) -> &[String] {
        match self {
            TestError::MissingScopes(missing) => missing,
            TestError::UnknownTool(_)
            | TestError::NoSuchVersion(_)
            | TestError::Denied
            | TestError::Disabled
            | TestError::Tool(_) => &[],
        }
    }
}

impl From<RefusalKind> for TestError {
    fn from(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::UnknownTool { name } => TestError::UnknownTool(name),
            RefusalKind::Unsatisfied { versions, .. } => {
                TestError::NoSuchVersion(versions.iter().map(|stamp| stamp.contract.version()).collect())
            }
            RefusalKind::Scope { missing, .. } => TestError::MissingScopes(missing),
            RefusalKind::Denied { .. } => TestError::Denied,
            RefusalKind::CallerDisabled(_) => TestError::Disabled,
            RefusalKind::Unavailable { error, .. } | RefusalKind::Changed { error, .. } => {
                TestError::Tool(error)
            }
        }
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TestError::UnknownTool(name) => write!(f, "unknown tool: {name}"),
            TestError::NoSuchVersion(_) => f.write_str("no version of the tool satisfies the requirement"),
            TestError::MissingScopes(missing) => write!(f, "missing scopes: {}", missing.join(" ")),
            TestError::Denied => f.write_str("the policy denies the call"),
            TestError::Disabled => f.write_str("the operator disabled this caller"),
            TestError::Tool(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TestError {}
