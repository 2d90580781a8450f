//! Completion of arguments (`completion/complete`): suggests values that the parameter's type lists, or that a function
//! of the application returns.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use mcp_tool_contract::{
    model::{Contract, Param, Rate, Window},
    read::suggestion::{self, AcceptSuggestion},
};
use serde::Serialize;

use crate::{call::context::CallContext, error::ToolError};

/// Maximum characters of the text that the user has typed, and of each suggestion. Longer typed text is refused; longer
/// suggestions are removed.
pub(crate) const MAX_CHARACTERS: usize = 1_024;
/// Maximum duration of a completion. It is short, because the user continues to type.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);
/// Contract whose rate limits completions: each caller may make 10 per second, for all tools together. This is enough
/// for typing, and too little to read out a large table of the application. It is a contract, because calls are counted
/// by the name in a contract. No tool can have this name, because names of tools contain no `/`.
pub(crate) const RATE_CONTRACT: Contract =
    Contract::EMPTY.with_name("completion/complete").with_rate(Some(Rate::new(10, Window::Second)));
/// Maximum suggestions in one result (MCP 2026-07-28, completion results). Further ones are left out.
const MAX_VALUES: usize = 100;

/// Future of the suggestions that an application's function returns.
#[doc(hidden)]
pub type CompletionFuture<'a> = BoxFuture<'a, Result<Vec<String>, ToolError>>;

/// The application's function that completes a parameter of a tool that borrows the state `S`.
#[doc(hidden)]
pub struct Completer<S: 'static> {
    /// The parameter that is completed. Its type decides which suggestions it accepts.
    pub declared: &'static (dyn AcceptSuggestion + Sync),
    /// The function. Its last parameter is the text that the user has typed.
    pub complete: for<'a> fn(&'a S, &'a CallContext, &'a str) -> CompletionFuture<'a>,
}

impl<S> Completer<S> {
    /// Returns `true` if the function completes this parameter.
    pub(crate) fn completes(&self, parameter: &str) -> bool {
        self.declared.param().name() == parameter
    }
}

impl<S> fmt::Debug for Completer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Completer").field(&self.declared.param().name()).finish()
    }
}

/// A type that a function for the completion of a parameter can return.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be returned by a function that completes an argument",
    label = "return `Vec<String>` or `Result<Vec<String>, ToolError>`"
)]
pub trait Suggestions {
    /// Returns the suggestions.
    ///
    /// # Errors
    /// The function's own error.
    fn values(self) -> Result<Vec<String>, ToolError>;
}

impl Suggestions for Vec<String> {
    fn values(self) -> Result<Vec<String>, ToolError> {
        Ok(self)
    }
}

impl<E: Into<ToolError>> Suggestions for Result<Vec<String>, E> {
    fn values(self) -> Result<Vec<String>, ToolError> {
        self.map_err(Into::into)
    }
}

/// Awaits a function's suggestions. Removes suggestions that are too long, or that the tool wouldn't accept as the
/// argument. Macro-generated code calls this.
#[doc(hidden)]
pub fn completing<'a, R: Suggestions>(
    declared: &'static (dyn AcceptSuggestion + Sync),
    suggestions: impl Future<Output = R> + Send + 'a,
) -> CompletionFuture<'a> {
    Box::pin(async move {
        let mut values = suggestions.await.values()?;
        values.retain(|value| !is_too_long(value) && declared.accepts(value));
        Ok(values)
    })
}

/// Returns `true` if a text has more than [`MAX_CHARACTERS`] characters.
pub(crate) fn is_too_long(text: &str) -> bool {
    text.chars().nth(MAX_CHARACTERS).is_some()
}

/// Returns the parameter with this name. `None` if the tool has no such parameter, or if the parameter is secret,
/// because secrets aren't completed.
pub(crate) fn completable<'c>(contract: &'c Contract, parameter: &str) -> Option<&'c Param> {
    contract.input().iter().find(|param| param.name() == parameter && !param.is_secret())
}

/// Returns `true` if the parameter isn't secret and its type lists its values, as an enum does.
pub(crate) fn has_listed_values(param: &Param) -> bool {
    !param.is_secret() && suggestion::all(&param.schema().kind()).is_some()
}

/// Returns the values of the parameter's type that start with `typed`, ignoring case. Empty if the type lists no
/// values.
pub(crate) fn listed_values(param: &Param, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let values = suggestion::all(&param.schema().kind()).unwrap_or_default().iter();
    values.filter(|value| value.to_lowercase().starts_with(&typed)).map(|value| (*value).to_owned()).collect()
}

/// The member `completion` of a `CompleteResult`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Completion {
    values: Vec<String>,
    /// Number of all suggestions, including the ones that are left out of `values`.
    total: usize,
    has_more: bool,
}

impl From<Vec<String>> for Completion {
    fn from(mut values: Vec<String>) -> Self {
        let total = values.len();
        values.truncate(MAX_VALUES);
        Completion { has_more: total > values.len(), total, values }
    }
}
