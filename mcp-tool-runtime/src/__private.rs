//! All that generated code may touch. It changes without notice.

use std::future::Future;

use futures_util::future::BoxFuture;
pub use mcp_tool_contract::{
    bounds::{Field, Kind, Literal, LiteralValue, Member, Narrowed, Object, Schema},
    judge::hold,
    lock::compact::Compact,
    model::{Contract, Deprecation, Gate, Hints, Output, Param, Rate, Version, Weakening, Window},
    pattern::{Matcher, Pattern},
    read::{
        arguments::{Declared, Defaulted, Fill, Slot, check_defaults, declare, read},
        types::{Output as OutputType, OutputObject, OutputValue, Parameter, Scalar, Unreadable},
        value::Value,
        violation::Violations,
    },
    rules::Rule,
};

pub use crate::{
    context::CallContext,
    error::ToolError,
    lend::{Lend, LendSent, LendShared, Lent, NotLent},
    page::{CURSOR_PARAM, LIMIT_PARAM, PageRequest},
    result::{Given, ObjectResult, Returned, Returning, Target, answering},
    tool::{Bound, Running, Source, Tool, ToolEntry},
};

/// A function with what it borrows.
struct Function<S, F> {
    state: S,
    defaulted: &'static [&'static (dyn Defaulted + Sync)],
    call: F,
}

impl<S, F> Bound for Function<S, F>
where
    S: Send + Sync,
    F: for<'a> Fn(&'a S, &'a CallContext, &str) -> Result<Running<'a>, Violations> + Send + Sync,
{
    fn call<'a>(&'a self, cx: &'a CallContext, arguments: &str) -> Result<Running<'a>, Violations> {
        (self.call)(&self.state, cx, arguments)
    }

    fn check_defaults(&self) -> Result<(), Violations> {
        check_defaults(self.defaulted)
    }
}

/// Puts a function together with what it borrows.
pub fn bound<S, F>(state: S, defaulted: &'static [&'static (dyn Defaulted + Sync)], call: F) -> Box<dyn Bound>
where
    S: Send + Sync + 'static,
    F: for<'a> Fn(&'a S, &'a CallContext, &str) -> Result<Running<'a>, Violations> + Send + Sync + 'static,
{
    Box::new(Function { state, defaulted, call })
}

/// Runs a function that is async.
pub fn running<'a>(
    returned: impl Future<Output = Result<Given, ToolError>> + Send + 'a,
) -> BoxFuture<'a, Result<Given, ToolError>> {
    Box::pin(returned)
}

/// Runs a function that isn't async, on the blocking pool.
pub async fn blocking<R: Send + 'static>(
    function: impl FnOnce() -> R + Send + 'static,
) -> Result<R, ToolError> {
    crate::execution::blocking(function).await
}

/// A borrowed parameter is shared by all calls, and isn't of a type that an agent could send.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_lent<T: ?Sized + Send + Sync + 'static>(is_sent: bool) {
    if is_sent {
        panic!(
            "an agent sends this type, so it is taken owned; what the server lends has a type of the application's own"
        )
    }
}

/// A page is asked for where one is returned, and nowhere else.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_paging(is_paged: bool, is_asked: bool) {
    match (is_paged, is_asked) {
        (true, false) => {
            panic!("a `Page` is returned, but no page can be asked for: add a parameter `page: PageRequest`")
        }
        (false, true) => panic!("a `PageRequest` asks for a page, but none is returned: return `Page<…>`"),
        (true, true) | (false, false) => {}
    }
}

/// Two tools of one list share a name and a major version.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
pub const fn check_distinct(list: &[ToolEntry], index: usize) {
    let mut i = 0;
    while i < index {
        let (one, other) = (&list[i], &list[index]);
        if one.key == other.key && one.contract.version.major == other.contract.version.major {
            panic!(
                "another tool of this list has the same name and major version: give one of them `name = \"…\"`"
            )
        }
        i += 1;
    }
}

/// Stands in for a tool whose declaration has mistakes, so that they stay the only errors.
#[must_use]
pub const fn broken(name: &'static str) -> Contract {
    Contract { name, ..Contract::EMPTY }
}

/// Stands in for the function of such a tool.
pub fn bind_broken(_: &Lent) -> Result<Box<dyn Bound>, NotLent> {
    Err(NotLent("nothing: its declaration has mistakes"))
}
