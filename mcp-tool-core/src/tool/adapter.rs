//! Adapters: older versions of a tool that call a newer one.

use std::{fmt, marker::PhantomData};

use mcp_tool_contract::model::ToolOutput;
use serde::Serialize;
use serde_json::Value;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    tool::{
        Tool,
        answer::{AdapterTarget, Delegation, ToolAnswer, ToolReturn},
        result::ToolResult,
    },
};

/// The result of an adapter: an older version of a tool that is implemented by a call of a newer version, `T`.
///
/// - [`Adapted::to`] calls `T` with the given arguments and returns its result unchanged.
/// - [`Adapted::and_then`] converts the result of `T` into the type that the older version promises.
///
/// The arguments are validated against the contract of `T`, and the caller reads any violations. The result of `T` is
/// validated too. The caller needs the scopes of both versions. The server doesn't start if `T` isn't served, or if the
/// adapter's hints promise more than those of `T`, such as `read_only` for a tool that writes.
///
/// ```
/// use mcp_tool_runtime::{Adapted, prelude::*};
///
/// /// Greet someone.
/// #[mcp_tool(version = "2.0", public, read_only)]
/// fn greet(/** Name. */ name: String, /** Greeting. */ greeting: String) -> String {
///     format!("{greeting}, {name}!")
/// }
///
/// mod v1 {
///     use super::*;
///
///     /// Greet someone.
///     #[mcp_tool(version = "1.3", public, read_only)]
///     pub fn greet(/** Name. */ who: String) -> Adapted<super::greet> {
///         Adapted::to(serde_json::json!({ "name": who, "greeting": "Hello" }))
///     }
/// }
///
/// const TOOLS: &[mcp_tool_runtime::ToolEntry] = tools![greet, v1::greet];
/// # fn main() {}
/// ```
#[must_use = "an adapter returns it"]
pub struct Adapted<T, R = Same> {
    delegation: Delegation,
    _types: PhantomData<fn() -> (T, R)>,
}

/// Marks an adapter that returns the result of its target unchanged.
#[derive(Clone, Copy, Debug)]
pub enum Same {}

impl<T: Tool> Adapted<T> {
    /// Calls `T` with `arguments`, which serialize to a JSON object, as `serde_json::json!({ … })` does.
    pub fn to(arguments: impl Serialize) -> Self {
        let delegation = Delegation { arguments: serde_json::to_string(&arguments), convert: None };
        Adapted { delegation, _types: PhantomData }
    }

    /// Converts the result of `T` into another type. `convert` receives the result as JSON: a structured result as an
    /// object, content blocks as an array, text as a string, no result as `null`.
    pub fn and_then<R: ToolResult>(
        self,
        convert: impl FnOnce(Value) -> Result<R, ToolError> + Send + 'static,
    ) -> Adapted<T, R> {
        let convert = move |result: Value, cx: &CallContext| convert(result)?.into_answer(cx);
        Adapted {
            delegation: Delegation { convert: Some(Box::new(convert)), ..self.delegation },
            _types: PhantomData,
        }
    }
}

impl<T, R> fmt::Debug for Adapted<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapted").field("arguments", &self.delegation.arguments).finish_non_exhaustive()
    }
}

/// The result type of an adapter of `T`.
#[doc(hidden)]
pub trait Adaptation<T: Tool> {
    /// The output contract.
    const OUTPUT: ToolOutput;
}

impl<T: Tool> Adaptation<T> for Same {
    const OUTPUT: ToolOutput = T::CONTRACT.output();
}

#[diagnostic::do_not_recommend]
impl<T: Tool, R: ToolResult> Adaptation<T> for R {
    const OUTPUT: ToolOutput = R::OUTPUT;
}

impl<T: Tool, R: Adaptation<T>> ToolResult for Adapted<T, R> {
    const OUTPUT: ToolOutput = R::OUTPUT;
    // An adapter declares `limit` and `cursor` as plain parameters and passes them on.
    const IS_PAGED: bool = false;
    const ADAPTS: Option<AdapterTarget> =
        Some(AdapterTarget { name: T::CONTRACT.name(), version: T::CONTRACT.version() });

    fn into_answer(self, _: &CallContext) -> Result<ToolAnswer, ToolError> {
        Err(ToolError::of(ErrorKind::Internal, "an adapter was asked for an answer of its own"))
    }

    fn into_return(self, _: &CallContext) -> Result<ToolReturn, ToolError> {
        Ok(ToolReturn::Delegate(self.delegation))
    }
}
