//! From what a function returns to what its caller gets.

use std::{convert::Infallible, error::Error, fmt};

use mcp_tool_contract::{model::Output, read::types::OutputObject};
use serde::Serialize;

use crate::{
    context::CallContext,
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
}

impl Answer {
    /// Its bytes, before it is framed.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Answer::Nothing => b"",
            Answer::Text(text) | Answer::Object(text) => text.as_bytes(),
        }
    }
}

/// What a tool can return: a struct that derives [`ToolSchema`](crate::ToolSchema), a
/// [`Page`](crate::Page) of them, text, or nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's result",
    label = "a result is a struct that derives `ToolSchema`, a `Page` of them, `String`, or `()`",
    note = "a list is returned as `Page<T>`, which bounds it and lets the agent ask for more",
    note = "a single value becomes a field of a struct, so that more can be added later",
    note = "a type that has `schemars::JsonSchema` alone comes by `Schemars<T>`"
)]
pub trait ToolResult: Sized {
    /// What it promises.
    #[doc(hidden)]
    const OUTPUT: Output;

    /// The result as it leaves.
    #[doc(hidden)]
    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError>;
}

/// A struct of an object's shape that can be written. `#[derive(ToolSchema)]` implements it.
#[doc(hidden)]
pub trait ObjectResult: OutputObject + Serialize {}

impl<T: ObjectResult> ToolResult for T {
    const OUTPUT: Output = Output::Object(T::OBJECT);

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        json(&self, cx).map(Answer::Object)
    }
}

impl ToolResult for () {
    const OUTPUT: Output = Output::Nothing;

    fn answer(self, _: &CallContext) -> Result<Answer, ToolError> {
        Ok(Answer::Nothing)
    }
}

impl ToolResult for String {
    const OUTPUT: Output = Output::Text;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        if self.len() > cx.max_result() {
            return Err(too_large(cx));
        }
        Ok(Answer::Text(self))
    }
}

impl ToolResult for &'static str {
    const OUTPUT: Output = Output::Text;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        self.to_owned().answer(cx)
    }
}

/// What a function may return: a [`ToolResult`], or a `Result` of one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's result",
    label = "a result is a struct that derives `ToolSchema`, a `Page` of them, `String`, or `()`",
    note = "a list is returned as `Page<T>`, which bounds it and lets the agent ask for more",
    note = "a single value becomes a field of a struct, so that more can be added later",
    note = "a type that has `schemars::JsonSchema` alone comes by `Schemars<T>`"
)]
pub trait Returned {
    type Good: ToolResult;
    type Bad;
    const OUTPUT: Output;

    fn split(self) -> Result<Self::Good, Self::Bad>;
}

impl<T: ToolResult> Returned for T {
    type Good = T;
    type Bad = Infallible;
    const OUTPUT: Output = T::OUTPUT;

    fn split(self) -> Result<T, Infallible> {
        Ok(self)
    }
}

impl<T: ToolResult, E> Returned for Result<T, E> {
    type Good = T;
    type Bad = E;
    const OUTPUT: Output = T::OUTPUT;

    fn split(self) -> Result<T, E> {
        self
    }
}

/// Turns a function's own error into a [`ToolError`], by the first of these that its type has:
/// `Into<ToolError>`, [`std::error::Error`], `AsRef<dyn Error>` (as boxed errors have).
///
/// Each step is a trait on one more reference, which method resolution tries in that order.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "it holds an error of any type for one expression")]
pub struct Failure<E>(std::cell::Cell<Option<E>>);

impl<E> Failure<E> {
    pub fn new(error: E) -> Self {
        Failure(std::cell::Cell::new(Some(error)))
    }

    fn give(&self, convert: impl FnOnce(E) -> ToolError) -> ToolError {
        match self.0.take() {
            Some(error) => convert(error),
            None => ToolError::of(ErrorKind::Internal, "an error was converted twice"),
        }
    }
}

#[doc(hidden)]
pub trait IntoToolError {
    fn tool_error(&self) -> ToolError;
}

impl<E: Into<ToolError>> IntoToolError for &&&Failure<E> {
    fn tool_error(&self) -> ToolError {
        self.give(Into::into)
    }
}

#[doc(hidden)]
pub trait AnyError {
    fn tool_error(&self) -> ToolError;
}

impl<E: Error + Send + Sync + 'static> AnyError for &&Failure<E> {
    fn tool_error(&self) -> ToolError {
        self.give(ToolError::internal)
    }
}

#[doc(hidden)]
pub trait BoxedError {
    fn tool_error(&self) -> ToolError;
}

impl<E: AsRef<dyn Error + Send + Sync + 'static> + fmt::Display> BoxedError for &Failure<E> {
    fn tool_error(&self) -> ToolError {
        self.give(|error| ToolError::internal(chain(error.as_ref())))
    }
}

/// The last step: an error that can't be one, with the reason at its type.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a tool's error",
    label = "an error is a `ToolError`, converts into one, or is a `std::error::Error`",
    note = "what the caller should read is a `ToolError`: `ToolError::refused(…)`, `ToolError::not_found(…)` …"
)]
pub trait Fails {}

#[doc(hidden)]
pub trait NoError<E> {
    fn tool_error(&self) -> ToolError
    where
        E: Fails;
}

impl<E> NoError<E> for Failure<E> {
    fn tool_error(&self) -> ToolError {
        ToolError::of(ErrorKind::Internal, "an error of an unknown kind")
    }
}

/// An error and its sources in one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        line.push_str(": ");
        line.push_str(&source.to_string());
        next = source.source();
    }
    line
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
            String::from_utf8(bounded.written).map_err(ToolError::internal)
        }
        Err(_) if bounded.full => Err(too_large(cx)),
        Err(error) => Err(ToolError::internal(error)),
    }
}

fn too_large(cx: &CallContext) -> ToolError {
    ToolError::of(
        ErrorKind::TooLarge,
        format!("the result is over {} bytes, which is the most that is sent: ask for less", cx.max_result()),
    )
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

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
