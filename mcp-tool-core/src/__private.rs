//! Items that macro-generated code uses. They change without notice.

use std::{any::Any, future::Future};

use futures_util::future::BoxFuture;
pub use mcp_tool_contract::{
    bounds::{Field, Kind, Literal, LiteralValue, Member, NewtypeSchema, Object, Schema},
    judge::assert_no_drift,
    lock::compact::CompactContract,
    model::{
        Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening, Window,
    },
    pattern::{Matcher, Pattern},
    read::{
        arguments::{
            ArgumentText, CheckDefault, DeclaredParam, FillSlot, Slot, SlotState, check_defaults, declare,
            read, unfilled_slot,
        },
        types::{Output as OutputType, OutputObject, OutputValue, Parameter, Scalar, Unreadable},
        value::ParsedValue,
        violation::Violations,
    },
    rules::ChangeRule,
};

pub use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::{
        Bound, Running, Source, Tool, ToolEntry,
        answer::{AdapterTarget, ToolReturn},
        completion::{Completer, completing},
        page::{CURSOR_PARAM, LIMIT_PARAM, PageRequest},
        result::{ObjectResult, Returned},
        returning::{Returning, answering},
        state::{ArgumentState, MissingState, SharedState, StateMap, StateSource},
    },
};
use crate::{error::ErrorKind, tool::completion::CompletionFuture};

/// Generated function that reads the arguments and returns the future that runs the tool's function.
type Call<S> = for<'a> fn(&'a S, &'a CallContext, &ArgumentText<'_>) -> Result<Running<'a>, Violations>;

/// A tool's function, with the application state that it borrows. `call` is a function pointer, so that this type is
/// compiled once for all tools that borrow the same types.
struct BoundFunction<S: 'static> {
    state: S,
    /// The parameters that have a default.
    defaulted: &'static [&'static (dyn CheckDefault + Sync)],
    completers: &'static [Completer<S>],
    call: Call<S>,
}

impl<S: Send + Sync + 'static> Bound for BoundFunction<S> {
    fn call<'a>(
        &'a self,
        cx: &'a CallContext,
        arguments: &ArgumentText<'_>,
    ) -> Result<Running<'a>, Violations> {
        (self.call)(&self.state, cx, arguments)
    }

    fn check_defaults(&self) -> Result<(), Violations> {
        check_defaults(self.defaulted)
    }

    fn complete<'a>(
        &'a self,
        cx: &'a CallContext,
        parameter: &str,
        typed: &'a str,
    ) -> Option<CompletionFuture<'a>> {
        let completer = self.completers.iter().find(|completer| completer.completes(parameter))?;
        Some((completer.complete)(&self.state, cx, typed))
    }

    fn has_completers(&self) -> bool {
        !self.completers.is_empty()
    }
}

/// Binds a tool's function to the application state that it borrows. `defaulted` are the parameters with a default.
pub fn bound<S: Send + Sync + 'static>(
    state: S,
    defaulted: &'static [&'static (dyn CheckDefault + Sync)],
    completers: &'static [Completer<S>],
    call: Call<S>,
) -> Box<dyn Bound> {
    Box::new(BoundFunction { state, defaulted, completers, call })
}

/// Boxes the future of a tool's function, as [`Running`].
pub fn running<'a>(
    returned: impl Future<Output = Result<ToolReturn, ToolError>> + Send + 'a,
) -> BoxFuture<'a, Result<ToolReturn, ToolError>> {
    Box::pin(returned)
}

/// Runs a function that isn't async on tokio's blocking pool.
pub async fn blocking<R: Send + 'static>(
    function: impl FnOnce() -> R + Send + 'static,
) -> Result<R, ToolError> {
    let returned = blocking_erased(Box::new(|| Box::new(function()))).await?;
    match returned.downcast() {
        Ok(returned) => Ok(*returned),
        Err(_) => Err(ToolError::of(ErrorKind::Internal, "a blocking function returned another type")),
    }
}

/// Runs a type-erased function on tokio's blocking pool. Type erasure lets tokio's code for blocking tasks be compiled
/// once, instead of for each function.
fn blocking_erased(
    function: Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>,
) -> BoxFuture<'static, Result<Box<dyn Any + Send>, ToolError>> {
    Box::pin(crate::pipeline::guard::blocking(function))
}

/// Fails to compile if `is_argument` is `true`: then a tool's function borrows a type that agents send as an argument.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_state<T: ?Sized + Send + Sync + 'static>(is_argument: bool) {
    if is_argument {
        panic!(
            "an agent sends this type: take the parameter owned, or give application state a type of its own"
        )
    }
}

/// Fails to compile if a function returns a `Page` and takes no `PageRequest`, or takes a `PageRequest` and returns no
/// `Page`.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_paging(is_paged: bool, takes_request: bool) {
    match (is_paged, takes_request) {
        (true, false) => {
            panic!(
                "the function returns a `Page` and takes no `PageRequest`: add a parameter `page: PageRequest`"
            )
        }
        (false, true) => panic!("the function takes a `PageRequest` and returns no `Page`: return `Page<…>`"),
        (true, true) | (false, false) => {}
    }
}

/// Fails to compile if the tool at `index` has the same name and major version as an earlier tool of `list`.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_distinct(list: &[ToolEntry], index: usize) {
    let mut i = 0;
    while i < index {
        let (earlier, tool) = (&list[i], &list[index]);
        if earlier.key == tool.key
            && earlier.contract().version().major() == tool.contract().version().major()
        {
            panic!(
                "another tool of this list has the same name and major version: give one of them `name = \"…\"`"
            )
        }
        i += 1;
    }
}

/// Placeholder for the contract of a tool whose declaration has errors. The compiler then reports only these errors.
#[must_use]
pub const fn broken(name: &'static str) -> Contract {
    Contract::EMPTY.with_name(name)
}

/// Placeholder for [`Tool::bind`] of a tool whose declaration has errors. Always fails.
pub fn bind_broken(_: &StateMap) -> Result<Box<dyn Bound>, MissingState> {
    Err(MissingState("nothing: its declaration has errors"))
}
