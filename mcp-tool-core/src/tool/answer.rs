//! The encoded result of a tool, before a transport puts it into a response. An adapter's function returns the call of
//! its target instead.

use std::{borrow::Cow, fmt};

use mcp_tool_contract::model::Version;
use serde_json::Value;

use crate::{call::context::CallContext, error::ToolError};

/// The encoded result of a tool, or its questions.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolAnswer {
    /// The result of a function that returns `()`.
    Nothing,
    /// Text for the model.
    Text(String),
    /// JSON text of an object.
    Object(String),
    /// Content blocks: JSON text of an array without its brackets.
    Content(String),
    /// An object, followed by content blocks.
    Structured {
        /// JSON text of the object.
        object: String,
        /// JSON text of the content blocks, without the array's brackets.
        content: String,
    },
    /// Questions to a person instead of a result: the JSON members of an `InputRequiredResult` (MCP 2026-07-28).
    Asks(String),
}

impl ToolAnswer {
    /// Returns the result as JSON: a structured result as an object without its content blocks, content blocks as an
    /// array, text as a string, and `null` for `Nothing` and `Asks`.
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

    /// Returns the bytes of the encoded result, as the audit record counts and digests them; empty for `Nothing` and
    /// `Asks`.
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

/// The return value of a tool's function: its result, or the call that an adapter makes.
#[doc(hidden)]
#[derive(Debug)]
pub enum ToolReturn {
    /// The encoded result.
    Answer(ToolAnswer),
    /// The call that an adapter makes.
    Delegate(Delegation),
}

/// The target of an adapter: the tool that the adapter calls.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct AdapterTarget {
    /// Name of the tool.
    pub name: &'static str,
    /// Version of the tool.
    pub version: Version,
}

/// An adapter's call of its target.
#[doc(hidden)]
pub struct Delegation {
    /// JSON text of the arguments, or the error of their serialization.
    pub(crate) arguments: Result<String, serde_json::Error>,
    /// Converts the target's result. If `None`, the adapter returns the result unchanged.
    pub(crate) convert: Option<ConvertResult>,
}

/// Function that converts the target's result, as JSON, into the result of the adapter.
pub(crate) type ConvertResult = Box<dyn FnOnce(Value, &CallContext) -> Result<ToolAnswer, ToolError> + Send>;

impl fmt::Debug for Delegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delegation").finish_non_exhaustive()
    }
}
