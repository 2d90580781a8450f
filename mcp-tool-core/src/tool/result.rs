//! From what a function returns to what its caller gets.

use std::{borrow::Cow, error::Error};

use mcp_tool_contract::{
    model::{ToolOutput, Version},
    read::types::OutputObject,
};
use serde::Serialize;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
};

/// A result on its way out.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Success, and nothing to say.
    Nothing,
    /// Text for the model.
    Text(String),
    /// The JSON text of an object.
    Object(String),
    /// Pieces of content, as the JSON text of an array without its brackets.
    Content(String),
    /// The JSON text of an object, and pieces that go out behind it, as an array without its brackets.
    Structured { object: String, content: String },
    /// No result yet: the members of one that asks for input.
    Asks(String),
}

impl Answer {
    /// It as JSON: text as a string, nothing as `null`.
    pub(crate) fn value(&self) -> serde_json::Value {
        match self {
            Answer::Nothing | Answer::Asks(_) => serde_json::Value::Null,
            Answer::Text(text) => text.as_str().into(),
            Answer::Object(json) | Answer::Structured { object: json, .. } => {
                serde_json::from_str(json).unwrap_or_default()
            }
            Answer::Content(pieces) => serde_json::from_str(&format!("[{pieces}]")).unwrap_or_default(),
        }
    }

    /// Its bytes, before it is framed.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Answer::Nothing | Answer::Asks(_) => Cow::Borrowed(b""),
            Answer::Text(text) | Answer::Object(text) | Answer::Content(text) => text.as_bytes().into(),
            Answer::Structured { object, content } => [object.as_bytes(), content.as_bytes()].concat().into(),
        }
    }
}

/// What a function gives back: an answer, or a call of another tool that answers for it.
#[doc(hidden)]
#[derive(Debug)]
pub enum ToolReturn {
    /// An answer.
    Answer(Answer),
    /// The answer of the tool that it adapts.
    Delegate(Delegation),
}

/// The tool that an adapter calls.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct AdapterTarget {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: Version,
}

/// A call of the tool that an adapter stands for.
#[doc(hidden)]
pub struct Delegation {
    pub(crate) arguments: Result<String, serde_json::Error>,
    pub(crate) convert: Option<Convert>,
}

/// Makes the newer result one of the older shape.
pub(crate) type Convert =
    Box<dyn FnOnce(serde_json::Value, &CallContext) -> Result<Answer, ToolError> + Send>;

impl std::fmt::Debug for Delegation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a call of another tool")
    }
}

/// What a tool can return: a struct that derives [`ToolSchema`](crate::ToolSchema), a
/// [`Page`](crate::Page) of them, [`Content`](crate::Content), both at once by [`Structured`](crate::Shown), text, or
/// nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's result",
    label = "a result is a struct that derives `ToolSchema` and `Serialize`, a `Page` of them, `Content`, `String`, or `()`",
    note = "a list is returned as `Page<T>`, which bounds it and lets the agent ask for more",
    note = "a single value becomes a field of a struct, so that more can be added later",
    note = "a type that has `schemars::JsonSchema` alone comes by `Schemars<T>`"
)]
pub trait ToolResult: Sized {
    /// What it promises.
    #[doc(hidden)]
    const OUTPUT: ToolOutput;

    /// Whether more of it can be asked for; apart from the shape, which may have mistakes of its own.
    #[doc(hidden)]
    const IS_PAGED: bool;

    /// The tool that answers instead.
    #[doc(hidden)]
    const ADAPTS: Option<AdapterTarget> = None;

    /// The result as it leaves.
    #[doc(hidden)]
    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError>;

    /// The same, or the call of another tool.
    #[doc(hidden)]
    fn given(self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
        self.answer(cx).map(ToolReturn::Answer)
    }
}

/// A struct that derives [`ToolSchema`](crate::ToolSchema), which implements this.
#[doc(hidden)]
pub trait ObjectResult: OutputObject {}

#[diagnostic::do_not_recommend]
impl<T: ObjectResult + Written> ToolResult for T {
    const OUTPUT: ToolOutput = ToolOutput::Object(T::OBJECT);
    const IS_PAGED: bool = false;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        self.written(cx).map(Answer::Object)
    }
}

/// What can be written as JSON.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be written as JSON",
    label = "add `#[derive(serde::Serialize)]`"
)]
pub trait Written {
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

    fn answer(self, _: &CallContext) -> Result<Answer, ToolError> {
        Ok(Answer::Nothing)
    }
}

impl ToolResult for String {
    const OUTPUT: ToolOutput = ToolOutput::Text;
    const IS_PAGED: bool = false;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        if self.len() > cx.max_result() {
            return Err(too_large(cx));
        }
        Ok(Answer::Text(self))
    }
}

impl ToolResult for &'static str {
    const OUTPUT: ToolOutput = ToolOutput::Text;
    const IS_PAGED: bool = false;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        self.to_owned().answer(cx)
    }
}

/// What a function may return: a [`ToolResult`], or a `Result` of one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's result",
    label = "a result is a struct that derives `ToolSchema` and `Serialize`, a `Page` of them, `Content`, `String`, or `()`",
    note = "a list is returned as `Page<T>`, which bounds it and lets the agent ask for more",
    note = "a single value becomes a field of a struct, so that more can be added later",
    note = "a type that has `schemars::JsonSchema` alone comes by `Schemars<T>`"
)]
pub trait Returned {
    const OUTPUT: ToolOutput;
    const IS_PAGED: bool;
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

/// What a function returned, on its way to an [`Answer`].
///
/// How an error becomes a [`ToolError`] is settled by the first of these that its type has:
/// `Into<ToolError>`, [`std::error::Error`], `AsRef<dyn Error>` (as boxed errors have). Each step of
/// [`answering`] is a trait on one reference more, which method resolution tries in that order.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "it holds a value of any type for one expression")]
pub struct Returning<R>(std::cell::Cell<Option<R>>);

impl<R> Returning<R> {
    pub fn new(returned: R) -> Self {
        Returning(std::cell::Cell::new(Some(returned)))
    }

    fn take(&self) -> Result<R, ToolError> {
        self.0.take().ok_or_else(|| ToolError::of(ErrorKind::Internal, "a result was taken twice"))
    }
}

impl<T: ToolResult, E> Returning<Result<T, E>> {
    fn answer_or(
        &self,
        cx: &CallContext,
        convert: impl FnOnce(E) -> ToolError,
    ) -> Result<ToolReturn, ToolError> {
        self.take()?.map_err(convert)?.given(cx)
    }
}

/// The steps of [`Returning`].
#[doc(hidden)]
pub mod answering {
    use super::{CallContext, Error, ErrorKind, Returning, ToolError, ToolResult, ToolReturn};
    use crate::error::chain;

    pub trait ToolErrors {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult, E: Into<ToolError>> ToolErrors for &&&&&Returning<Result<T, E>> {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.answer_or(cx, Into::into)
        }
    }

    pub trait AnyErrors {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult, E: Error + Send + Sync + 'static> AnyErrors for &&&&Returning<Result<T, E>> {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.answer_or(cx, ToolError::internal)
        }
    }

    pub trait BoxedErrors {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult, E: AsRef<dyn Error + Send + Sync + 'static>> BoxedErrors for &&&Returning<Result<T, E>> {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.answer_or(cx, |error| ToolError::internal(chain(error.as_ref())))
        }
    }

    /// What no type has: the reason stands at the function's return type.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` can't be a tool's error",
        label = "an error is a `ToolError`, converts into one, or is a `std::error::Error`",
        note = "what the caller should read is a `ToolError`: `ToolError::refused(…)`, `ToolError::not_found(…)` …"
    )]
    pub trait Fails {}

    pub trait NoErrors<E> {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>
        where
            E: Fails;
    }

    impl<T: ToolResult, E> NoErrors<E> for &&Returning<Result<T, E>> {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>
        where
            E: Fails,
        {
            self.answer_or(cx, |_| ToolError::of(ErrorKind::Internal, "an error of an unknown kind"))
        }
    }

    pub trait Results {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult> Results for &Returning<T> {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.take()?.given(cx)
        }
    }

    /// What can't be a result at all, as was said of its type elsewhere.
    pub trait NoResults {
        fn answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<R> NoResults for Returning<R> {
        fn answer(&self, _: &CallContext) -> Result<ToolReturn, ToolError> {
            Err(ToolError::of(ErrorKind::Internal, "a result of an unknown kind"))
        }
    }
}

/// A value as JSON text, given up as soon as it is larger than results may be.
pub(crate) fn json(value: &impl Serialize, cx: &CallContext) -> Result<String, ToolError> {
    let mut bounded = Bounded { written: Vec::with_capacity(256), most: cx.max_result(), full: false };
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => {
            // A line end can only stand between tokens (a `RawValue` may hold some), and would break a frame.
            for byte in &mut bounded.written {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
            String::from_utf8(bounded.written).map_err(|error| ToolError::internal(error).unsettled())
        }
        Err(_) if bounded.full => Err(too_large(cx)),
        Err(error) => Err(ToolError::internal(error).unsettled()),
    }
}

pub(crate) fn too_large(cx: &CallContext) -> ToolError {
    ToolError::of(
        ErrorKind::TooLarge,
        format!("the result is over {} bytes, which is the most that is sent: ask for less", cx.max_result()),
    )
    .unsettled()
}

struct Bounded {
    written: Vec<u8>,
    most: usize,
    full: bool,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.written.len() + bytes.len() > self.most {
            self.full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match bytes {
            // Most are signs of JSON.
            [sign] if self.written.len() < self.most => self.written.push(*sign),
            _ => drop(self.write(bytes)?),
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
