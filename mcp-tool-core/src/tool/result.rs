//! The types that a tool's function can return.

use mcp_tool_contract::{model::ToolOutput, read::types::OutputObject};
use serde::Serialize;

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::{
        answer::{AdapterTarget, ToolAnswer, ToolReturn},
        encode::{json, too_large},
    },
};

/// A type that a tool's function can return, also as the `Ok` type of a `Result`.
///
/// | return type | `tools/call` result | output schema |
/// |---|---|---|
/// | a struct that derives `ToolSchema` and `serde::Serialize` | `structuredContent`, and the same JSON as text | the struct |
/// | [`Page<T>`](crate::tool::page::Page) | `structuredContent` with `items` and `next_cursor` | a bounded array of `T` |
/// | [`Structured<T>`](crate::tool::content::Structured) | `structuredContent`, followed by content blocks | `T` |
/// | [`Content`](crate::tool::content::Content) | text, images, audio, resources | none |
/// | `String`, `&'static str` | one text block | none |
/// | `()` | the text `Done.` | none |
/// | `Schemars<T>` (feature `schemars`) | as for a struct | generated from `T: schemars::JsonSchema` |
/// | [`Adapted<T>`](crate::tool::adapter::Adapted) | the result of the tool `T`, unchanged or converted | as for `T`, or for the converted type |
///
/// A result is validated against the tool's output schema before it is sent. If it violates the schema, the caller
/// reads an [internal](crate::error::ErrorKind::Internal) error. A result of more than `limits.max_result` bytes (1 MiB
/// by default) is refused as [too large](crate::error::ErrorKind::TooLarge).
///
/// Derive `ToolSchema` for your own types. Don't implement this trait by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's result",
    label = "a result is a struct that derives `ToolSchema` and `Serialize`, a `Page` of them, `Content`, `String`, or `()`",
    note = "return a list as `Page<T>`, which bounds it and lets the agent ask for more",
    note = "make a single value a field of a struct, so that more fields can be added later",
    note = "wrap a type that implements only `schemars::JsonSchema` in `Schemars<T>`"
)]
pub trait ToolResult: Sized {
    /// The output contract.
    #[doc(hidden)]
    const OUTPUT: ToolOutput;

    /// True for a [`Page`](crate::tool::page::Page). Separate from `OUTPUT`, whose evaluation is a compile error if the
    /// result's schema is invalid, so that the check of the tool's `PageRequest` doesn't evaluate `OUTPUT`.
    #[doc(hidden)]
    const IS_PAGED: bool;

    /// The tool that an adapter calls; `None` for other results.
    #[doc(hidden)]
    const ADAPTS: Option<AdapterTarget> = None;

    /// Encodes the result.
    #[doc(hidden)]
    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError>;

    /// Encodes the result, or returns the call that an adapter makes.
    #[doc(hidden)]
    fn into_return(self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
        self.into_answer(cx).map(ToolReturn::Answer)
    }
}

/// A struct with `#[derive(ToolSchema)]`. The derive implements this trait.
#[doc(hidden)]
pub trait ObjectResult: OutputObject {}

#[diagnostic::do_not_recommend]
impl<T: ObjectResult + Written> ToolResult for T {
    const OUTPUT: ToolOutput = ToolOutput::Object(T::OBJECT);
    const IS_PAGED: bool = false;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        self.written(cx).map(ToolAnswer::Object)
    }
}

/// A type that implements `serde::Serialize`. Unlike `Serialize`, this trait has a diagnostic that tells the author to
/// add the derive.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be written as JSON",
    label = "add `#[derive(serde::Serialize)]`"
)]
pub trait Written {
    /// Encodes the value as JSON text. Returns an error if the value can't be serialized, or if the text exceeds the
    /// maximum size of a result.
    fn written(&self, cx: &CallContext) -> Result<String, ToolError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Written for T {
    fn written(&self, cx: &CallContext) -> Result<String, ToolError> {
        json(self, cx)
    }
}

impl ToolResult for () {
    const OUTPUT: ToolOutput = ToolOutput::Nothing;
    const IS_PAGED: bool = false;

    fn into_answer(self, _: &CallContext) -> Result<ToolAnswer, ToolError> {
        Ok(ToolAnswer::Nothing)
    }
}

impl ToolResult for String {
    const OUTPUT: ToolOutput = ToolOutput::Text;
    const IS_PAGED: bool = false;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        if self.len() > cx.max_result() {
            return Err(too_large(cx));
        }
        Ok(ToolAnswer::Text(self))
    }
}

impl ToolResult for &'static str {
    const OUTPUT: ToolOutput = ToolOutput::Text;
    const IS_PAGED: bool = false;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        self.to_owned().into_answer(cx)
    }
}

/// The return type of a tool's function: a [`ToolResult`], or a `Result` whose `Ok` type is a [`ToolResult`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's result",
    label = "a result is a struct that derives `ToolSchema` and `Serialize`, a `Page` of them, `Content`, `String`, or `()`",
    note = "return a list as `Page<T>`, which bounds it and lets the agent ask for more",
    note = "make a single value a field of a struct, so that more fields can be added later",
    note = "wrap a type that implements only `schemars::JsonSchema` in `Schemars<T>`"
)]
pub trait Returned {
    /// The output contract.
    const OUTPUT: ToolOutput;
    /// True for a [`Page`](crate::tool::page::Page).
    const IS_PAGED: bool;
    /// The tool that an adapter calls; `None` for other results.
    const ADAPTS: Option<AdapterTarget>;
}

#[diagnostic::do_not_recommend]
impl<T: ToolResult> Returned for T {
    const OUTPUT: ToolOutput = T::OUTPUT;
    const IS_PAGED: bool = T::IS_PAGED;
    const ADAPTS: Option<AdapterTarget> = T::ADAPTS;
}

#[diagnostic::do_not_recommend]
impl<T: ToolResult, E> Returned for Result<T, E> {
    const OUTPUT: ToolOutput = T::OUTPUT;
    const IS_PAGED: bool = T::IS_PAGED;
    const ADAPTS: Option<AdapterTarget> = T::ADAPTS;
}
