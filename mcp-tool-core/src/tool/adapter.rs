//! Adapters: an older version that is a call of the newer one, so that nobody keeps two bodies.

use std::{fmt, marker::PhantomData};

use mcp_tool_contract::model::ToolOutput;
use serde::Serialize;
use serde_json::Value;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    tool::{
        Tool,
        result::{AdapterTarget, Answer, Delegation, ToolResult, ToolReturn},
    },
};

/// A call of the tool `T` in the stead of the version that returns this.
///
/// The arguments go through all that `T` checks, and so does its result; the caller needs the scopes of both. With
/// [`Adapted::to`] the result is that of `T`; with [`Adapted::and_then`] it is made into one of the older shape.
///
/// ```
/// use mcp_tool_runtime::{Adapted, prelude::*};
///
/// /// Greet someone.
/// #[mcp_tool(version = "2.0", public, read_only)]
/// fn greet(/** Whom. */ name: String, /** How. */ greeting: String) -> String {
///     format!("{greeting}, {name}!")
/// }
///
/// mod v1 {
///     use super::*;
///
///     /// Greet someone.
///     #[mcp_tool(version = "1.3", public, read_only)]
///     pub fn greet(/** Whom. */ who: String) -> Adapted<super::greet> {
///         Adapted::to(serde_json::json!({ "name": who, "greeting": "Hello" }))
///     }
/// }
///
/// const TOOLS: &[mcp_tool_runtime::ToolEntry] = tools![greet, v1::greet];
/// # fn main() {}
/// ```
#[must_use = "an adapter returns it"]
pub struct Adapted<T, R = Same> {
    onward: Delegation,
    _types: PhantomData<fn() -> (T, R)>,
}

/// The result of the tool that an adapter calls, as it is.
#[derive(Clone, Copy, Debug)]
pub enum Same {}

impl<T: Tool> Adapted<T> {
    /// A call with these arguments: an object, such as `serde_json::json!({ … })` makes.
    pub fn to(arguments: impl Serialize) -> Self {
        let onward = Delegation { arguments: serde_json::to_string(&arguments), convert: None };
        Adapted { onward, _types: PhantomData }
    }

    /// The same, its structured result made into one of another shape. Text arrives as a JSON string, nothing as
    /// `null`.
    pub fn and_then<R: ToolResult>(
        self,
        convert: impl FnOnce(Value) -> Result<R, ToolError> + Send + 'static,
    ) -> Adapted<T, R> {
        let convert = move |given: Value, cx: &CallContext| convert(given)?.answer(cx);
        Adapted {
            onward: Delegation { convert: Some(Box::new(convert)), ..self.onward },
            _types: PhantomData,
        }
    }
}

impl<T, R> fmt::Debug for Adapted<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapted").field("arguments", &self.onward.arguments).finish_non_exhaustive()
    }
}

/// What an adapter gives back.
#[doc(hidden)]
pub trait Adaptation<T: Tool> {
    const OUTPUT: ToolOutput;
}

impl<T: Tool> Adaptation<T> for Same {
    const OUTPUT: ToolOutput = T::CONTRACT.output;
}

#[diagnostic::do_not_recommend]
impl<T: Tool, R: ToolResult> Adaptation<T> for R {
    const OUTPUT: ToolOutput = R::OUTPUT;
}

impl<T: Tool, R: Adaptation<T>> ToolResult for Adapted<T, R> {
    const OUTPUT: ToolOutput = R::OUTPUT;
    // An older version takes `limit` and `cursor` as plain parameters, and hands them on.
    const IS_PAGED: bool = false;
    const ADAPTS: Option<AdapterTarget> =
        Some(AdapterTarget { name: T::CONTRACT.name, version: T::CONTRACT.version });

    fn answer(self, _: &CallContext) -> Result<Answer, ToolError> {
        Err(ToolError::of(ErrorKind::Internal, "an adapter has no answer of its own"))
    }

    fn given(self, _: &CallContext) -> Result<ToolReturn, ToolError> {
        Ok(ToolReturn::Delegate(self.onward))
    }
}
