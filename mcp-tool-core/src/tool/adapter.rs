//! Adapters: older versions of a tool that call a newer version, the adapter's target.

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

/// The return type of an adapter: an older version of a tool that calls the newer version `T`, its target.
///
/// - [`Adapted::to`] calls `T` with the given arguments and returns the result of `T` unchanged.
/// - [`Adapted::and_then`] converts the result of `T` into the type that the older version promises.
///
/// The given arguments are validated against the contract of `T`; the caller reads the violations, if any. The result
/// of `T` is validated against this contract too. The caller needs the scopes of both versions. The server doesn't
/// start in these cases:
///
/// - `T` isn't served.
/// - The adapter's hints promise more than the hints of `T`, such as `read_only` for a tool that writes.
/// - The adapter doesn't name all scopes and upstreams of `T`.
/// - `T` is an adapter too, and calls the older version, directly or through other adapters.
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
    /// Calls `T` with `arguments`, which must serialize to a JSON object, as `serde_json::json!({ … })` does.
    pub fn to(arguments: impl Serialize) -> Self {
        let delegation = Delegation { arguments: serde_json::to_string(&arguments), convert: None };
        Adapted { delegation, _types: PhantomData }
    }

    /// Converts the result of `T` into an `R`. `convert` receives the result as JSON: a structured result as an object,
    /// content blocks as an array, text as a string, and `null` if `T` returns `()`.
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

/// A type that the parameter `R` of [`Adapted`] accepts: [`Same`], or any type into which the result of `T` can be
/// converted.
#[doc(hidden)]
pub trait Adaptation<T: Tool> {
    /// The output contract of the adapter.
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
    // `true` would require a `PageRequest` parameter. Instead, the adapter of a paged tool declares `limit` and
    // `cursor` as ordinary parameters, and passes them to the target.
    const IS_PAGED: bool = false;
    const ADAPTS: Option<AdapterTarget> =
        Some(AdapterTarget { name: T::CONTRACT.name(), version: T::CONTRACT.version() });

    // Called only if the `convert` of another adapter returns this one; otherwise `into_return` is called.
    fn into_answer(self, _: &CallContext) -> Result<ToolAnswer, ToolError> {
        Err(ToolError::of(ErrorKind::Internal, "an adapter has no result of its own"))
    }

    fn into_return(self, _: &CallContext) -> Result<ToolReturn, ToolError> {
        Ok(ToolReturn::Delegate(self.delegation))
    }
}
