//! The answer of a tool before a transport frames it, and the call that an adapter delegates to.

use std::{borrow::Cow, fmt};

use mcp_tool_contract::model::Version;
use serde_json::Value;

use crate::{call::context::CallContext, error::ToolError};

/// The answer of a tool, encoded.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolAnswer {
    /// Success without a result.
    Nothing,
    /// Text for the model.
    Text(String),
    /// JSON text of an object.
    Object(String),
    /// Content blocks: JSON text of an array without its brackets.
    Content(String),
    /// JSON text of an object, followed by content blocks as in `Content`.
    Structured {
        /// JSON text of the object.
        object: String,
        /// JSON text of the content blocks, without the array's brackets.
        content: String,
    },
    /// A request for input instead of a result: JSON members of an `InputRequiredResult`.
    Asks(String),
}

impl ToolAnswer {
    /// Returns the result as JSON: text as a string, content blocks as an array, no result as `null`.
    pub(crate) fn value(&self) -> Value {
        match self {
            ToolAnswer::Nothing | ToolAnswer::Asks(_) => Value::Null,
            ToolAnswer::Text(text) => text.as_str().into(),
            ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. } => {
                serde_json::from_str(json).unwrap_or_default()
            }
            ToolAnswer::Content(blocks) => serde_json::from_str(&format!("[{blocks}]")).unwrap_or_default(),
        }
    }

    /// Returns the bytes of the result before framing.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            ToolAnswer::Nothing | ToolAnswer::Asks(_) => Cow::Borrowed(b""),
            ToolAnswer::Text(text) | ToolAnswer::Object(text) | ToolAnswer::Content(text) => {
                text.as_bytes().into()
            }
            ToolAnswer::Structured { object, content } => {
                [object.as_bytes(), content.as_bytes()].concat().into()
            }
        }
    }
}

/// The return value of a tool's function.
#[doc(hidden)]
#[derive(Debug)]
pub enum ToolReturn {
    /// The tool's own answer.
    Answer(ToolAnswer),
    /// A call of another tool, whose answer the adapter needs.
    Delegate(Delegation),
}

/// The tool that an adapter delegates to.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct AdapterTarget {
    /// Name of the tool.
    pub name: &'static str,
    /// Version of the tool.
    pub version: Version,
}

/// A call of the tool that an adapter delegates to.
#[doc(hidden)]
pub struct Delegation {
    pub(crate) arguments: Result<String, serde_json::Error>,
    /// Conversion of the target's result; if `None`, the target's answer is the adapter's answer.
    pub(crate) convert: Option<ConvertResult>,
}

/// Converts the target's result into an answer of the adapter.
pub(crate) type ConvertResult = Box<dyn FnOnce(Value, &CallContext) -> Result<ToolAnswer, ToolError> + Send>;

impl fmt::Debug for Delegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delegation").finish_non_exhaustive()
    }
}
