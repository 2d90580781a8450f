//! The types that a tool's function can return.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};

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
    message = "`{Self}` can't be a tool's result: return a struct that derives `ToolSchema` and `serde::Serialize`",
    label = "a result is such a struct, a `Page` of them, `Content`, `String`, or `()`",
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
    message = "`{Self}` can't be a tool's result: return a struct that derives `ToolSchema` and `serde::Serialize`",
    label = "a result is such a struct, a `Page` of them, `Content`, `String`, or `()`",
    note = "wrap a type that implements only `schemars::JsonSchema` in `Schemars<T>`"
)]
pub trait Returned {
    /// The output contract.
    const OUTPUT: ToolOutput;
    /// True for a [`Page`](crate::tool::page::Page).
    const IS_PAGED: bool;
    /// The tool that an adapter calls; `None` for other results.
    const ADAPTS: Option<AdapterTarget>;
    /// For a type that can't be a tool's result: the error that says what to return instead.
    const REFUSED: Option<&'static str> = None;
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

/// Implements [`Returned`] for types that authors often return first, and that can't be a tool's result, so that each
/// gets an error of its own.
macro_rules! refused {
    ($($reason:expr => $(<$($generic:ident),*> $type:ty),+;)+) => {$($(
        #[diagnostic::do_not_recommend]
        impl<$($generic),*> Returned for $type {
            const OUTPUT: ToolOutput = ToolOutput::Nothing;
            const IS_PAGED: bool = false;
            const ADAPTS: Option<AdapterTarget> = None;
            const REFUSED: Option<&'static str> = Some($reason);
        }

        #[diagnostic::do_not_recommend]
        impl<$($generic,)* Failure> Returned for Result<$type, Failure> {
            const OUTPUT: ToolOutput = ToolOutput::Nothing;
            const IS_PAGED: bool = false;
            const ADAPTS: Option<AdapterTarget> = None;
            const REFUSED: Option<&'static str> = Some($reason);
        }
    )+)+};
}

const LIST: &str = "a list can't be a tool's result: return `Page<T>`, which bounds the list and lets the agent ask for more, or a \
                    struct with a field `#[schema(max_items = 100)] items: Vec<T>`";
const OPTION: &str = "an `Option` can't be a tool's result: return `Result<T, ToolError>`, with `ToolError::not_found(…)` for `None`, \
                      or a struct with an `Option` field";
const TUPLE: &str = "a tuple can't be a tool's result: return a struct that derives `ToolSchema` and `serde::Serialize`, whose fields \
                     have names";
const MAP: &str = "a map can't be a tool's result, because its keys aren't in the contract: return a struct with a field for each key, \
                   or a `Page` of structs with the fields `key` and `value`";
const SCALAR: &str = "a single value can't be a tool's result: return a struct with a field for it, so that fields can be added later";
const JSON: &str = "`serde_json::Value` can't be a tool's result, because its fields aren't in the contract: return a struct that \
                    derives `ToolSchema` and `serde::Serialize`";
const NESTED: &str = "a `Result` in a `Result` can't be a tool's result: return one `Result<T, ToolError>`";

refused! {
    LIST => <T> Vec<T>, <T> VecDeque<T>, <T> LinkedList<T>, <T, S> HashSet<T, S>, <T> BTreeSet<T>;
    OPTION => <T> Option<T>;
    TUPLE => <A> (A,), <A, B> (A, B), <A, B, C> (A, B, C), <A, B, C, D> (A, B, C, D), <A, B, C, D, E> (A, B, C, D, E);
    MAP => <K, V, S> HashMap<K, V, S>, <K, V> BTreeMap<K, V>, <> serde_json::Map<String, serde_json::Value>;
    SCALAR => <> bool, <> char, <> i8, <> i16, <> i32, <> i64, <> i128, <> isize, <> u8, <> u16, <> u32, <> u64, <> u128, <> usize,
        <> f32, <> f64;
    JSON => <> serde_json::Value;
}

#[diagnostic::do_not_recommend]
impl<T, const N: usize> Returned for [T; N] {
    const OUTPUT: ToolOutput = ToolOutput::Nothing;
    const IS_PAGED: bool = false;
    const ADAPTS: Option<AdapterTarget> = None;
    const REFUSED: Option<&'static str> = Some(LIST);
}

#[diagnostic::do_not_recommend]
impl<T, Failure, Outer> Returned for Result<Result<T, Failure>, Outer> {
    const OUTPUT: ToolOutput = ToolOutput::Nothing;
    const IS_PAGED: bool = false;
    const ADAPTS: Option<AdapterTarget> = None;
    const REFUSED: Option<&'static str> = Some(NESTED);
}
