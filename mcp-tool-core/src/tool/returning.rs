//! Conversion of a function's return value. If it is a `Result`, its error may have any type that can be converted.

use std::{cell::Cell, error::Error};

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
    tool::{answer::ToolReturn, result::ToolResult},
};

/// A function's return value before its conversion into a [`ToolReturn`]. Macro-generated code calls
/// `mcp_tool_answer` on it. The prefix of the name keeps the method apart from the methods of traits that authors
/// implement for every type.
///
/// An error becomes a [`ToolError`] through the first of these traits that its type implements: `Into<ToolError>`,
/// [`std::error::Error`], `AsRef<dyn Error>` (boxed errors). The module [`answering`] has a conversion trait for each
/// case. Each is implemented for one `&` fewer than the trait before it, so that method resolution tries the traits in
/// the order of the module (autoref specialization). The method takes `&self`, so the value is in a cell.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "it holds a value of any type for one expression")]
pub struct Returning<R>(Cell<Option<R>>);

impl<R> Returning<R> {
    /// Wraps a return value.
    pub fn new(returned: R) -> Self {
        Returning(Cell::new(Some(returned)))
    }

    fn take(&self) -> Result<R, ToolError> {
        self.0.take().ok_or_else(|| ToolError::of(ErrorKind::Internal, "a return value was converted twice"))
    }
}

impl<T: ToolResult, E> Returning<Result<T, E>> {
    fn convert(
        &self,
        cx: &CallContext,
        convert_error: impl FnOnce(E) -> ToolError,
    ) -> Result<ToolReturn, ToolError> {
        self.take()?.map_err(convert_error)?.into_return(cx)
    }
}

/// Traits that convert a [`Returning`], in the order in which method resolution tries them.
#[doc(hidden)]
pub mod answering {
    use super::{CallContext, Error, ErrorKind, Returning, ToolError, ToolResult, ToolReturn};
    use crate::error_chain::chain;

    /// Converts errors that implement `Into<ToolError>`.
    pub trait ToolErrors {
        /// Converts the return value.
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult, E: Into<ToolError>> ToolErrors for &&&&&Returning<Result<T, E>> {
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.convert(cx, Into::into)
        }
    }

    /// Converts errors that implement [`Error`] into internal errors.
    pub trait AnyErrors {
        /// Converts the return value.
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult, E: Error + Send + Sync + 'static> AnyErrors for &&&&Returning<Result<T, E>> {
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.convert(cx, ToolError::internal)
        }
    }

    /// Converts boxed errors into internal errors.
    pub trait BoxedErrors {
        /// Converts the return value.
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult, E: AsRef<dyn Error + Send + Sync + 'static>> BoxedErrors for &&&Returning<Result<T, E>> {
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.convert(cx, |error| ToolError::internal(chain(error.as_ref())))
        }
    }

    /// Implemented by no type. The diagnostic of this trait explains which error types can be converted.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` can't be a tool's error: return a `ToolError`, or a type that implements `std::error::Error`",
        label = "return `ToolError` instead",
        note = "for a message that the caller reads, return a `ToolError`: `ToolError::refused(…)`, `ToolError::not_found(…)` …",
        note = "a boxed error must be `Box<dyn std::error::Error + Send + Sync>`"
    )]
    pub trait Fails {}

    /// Makes an error type without a conversion fail to compile with the diagnostic of [`Fails`].
    pub trait NoErrors<E> {
        /// Converts the return value.
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>
        where
            E: Fails;
    }

    impl<T: ToolResult, E> NoErrors<E> for &&Returning<Result<T, E>> {
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>
        where
            E: Fails,
        {
            self.convert(cx, |_| ToolError::of(ErrorKind::Internal, "an error of an unknown type"))
        }
    }

    /// Converts return values that aren't a `Result`.
    pub trait Results {
        /// Converts the return value.
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<T: ToolResult> Results for &Returning<T> {
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError> {
            self.take()?.into_return(cx)
        }
    }

    /// Accepts every other type, so that the compiler reports only that the type isn't a [`ToolResult`].
    pub trait NoResults {
        /// Returns an error. It is never called, because a tool with this return type doesn't compile.
        fn mcp_tool_answer(&self, cx: &CallContext) -> Result<ToolReturn, ToolError>;
    }

    impl<R> NoResults for Returning<R> {
        fn mcp_tool_answer(&self, _: &CallContext) -> Result<ToolReturn, ToolError> {
            Err(ToolError::of(ErrorKind::Internal, "a result of an unknown type"))
        }
    }
}
