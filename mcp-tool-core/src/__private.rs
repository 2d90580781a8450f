//! Items that generated code uses. They change without notice.

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
            read, unread,
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

/// Reads the arguments and makes the future of the call.
type Call<S> = for<'a> fn(&'a S, &'a CallContext, &ArgumentText<'_>) -> Result<Running<'a>, Violations>;

/// A function bound to the state that it borrows. `call` is a pointer, so that this code is compiled once for all tools
/// that borrow the same types.
struct BoundFunction<S: 'static> {
    state: S,
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

/// Binds a function to the state that it borrows.
pub fn bound<S: Send + Sync + 'static>(
    state: S,
    defaulted: &'static [&'static (dyn CheckDefault + Sync)],
    completers: &'static [Completer<S>],
    call: Call<S>,
) -> Box<dyn Bound> {
    Box::new(BoundFunction { state, defaulted, completers, call })
}

/// Boxes the future of an async function.
pub fn running<'a>(
    returned: impl Future<Output = Result<ToolReturn, ToolError>> + Send + 'a,
) -> BoxFuture<'a, Result<ToolReturn, ToolError>> {
    Box::pin(returned)
}

/// Runs a function that isn't async, on the blocking pool.
pub async fn blocking<R: Send + 'static>(
    function: impl FnOnce() -> R + Send + 'static,
) -> Result<R, ToolError> {
    let returned = erased(Box::new(|| Box::new(function()))).await?;
    match returned.downcast() {
        Ok(returned) => Ok(*returned),
        Err(_) => Err(ToolError::of(ErrorKind::Internal, "a blocking function returned another type")),
    }
}

/// Erases types, so that tokio's code for blocking tasks is compiled once and not for each function.
fn erased(
    function: Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>,
) -> BoxFuture<'static, Result<Box<dyn Any + Send>, ToolError>> {
    Box::pin(crate::pipeline::guard::blocking(function))
}

/// Fails to compile if a borrowed parameter has a type that an agent can send.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_state<T: ?Sized + Send + Sync + 'static>(is_argument: bool) {
    if is_argument {
        panic!(
            "an agent sends this type: take the parameter owned, or give application state a type of its own"
        )
    }
}

/// Fails to compile unless a function takes a `PageRequest` exactly if it returns a `Page`.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_paging(is_paged: bool, is_asked: bool) {
    match (is_paged, is_asked) {
        (true, false) => {
            panic!(
                "the function returns a `Page` and takes no `PageRequest`: add a parameter `page: PageRequest`"
            )
        }
        (false, true) => panic!("the function takes a `PageRequest` and returns no `Page`: return `Page<…>`"),
        (true, true) | (false, false) => {}
    }
}

/// Fails to compile if two tools of a list have the same name and major version.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_distinct(list: &[ToolEntry], index: usize) {
    let mut i = 0;
    while i < index {
        let (one, other) = (&list[i], &list[index]);
        if one.key == other.key && one.contract.version().major == other.contract.version().major {
            panic!(
                "another tool of this list has the same name and major version: give one of them `name = \"…\"`"
            )
        }
        i += 1;
    }
}

/// Contract of a tool whose declaration has errors, so that they are the only errors.
#[must_use]
pub const fn broken(name: &'static str) -> Contract {
    Contract::EMPTY.with_name(name)
}

/// Binds such a tool: fails.
pub fn bind_broken(_: &StateMap) -> Result<Box<dyn Bound>, MissingState> {
    Err(MissingState("nothing: its declaration has errors"))
}
