//! Completion of arguments (`completion/complete`): by the parameter's type, or by a function of the application.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use mcp_tool_contract::{
    model::{Contract, Param, Rate, Window},
    read::suggestion::{AcceptSuggestion, all},
};
use serde::Serialize;

use crate::{call::context::CallContext, error::ToolError};

/// Maximum characters of a typed text, and of a suggestion.
pub(crate) const MAX_CHARACTERS: usize = 1_024;
/// Timeout of a completion; short, because the user continues to type.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);
/// Contract by which the rate of completions is limited: 10 per second and caller, over all tools. That is enough for
/// typing, and too little for extracting a table. No tool can have its name.
pub(crate) const RATE_CONTRACT: Contract =
    Contract::EMPTY.with_name("completion/complete").with_rate(Some(Rate::new(10, Window::Second)));
/// Maximum suggestions of one result (MCP 2026-07-28, completion results).
const MAX_VALUES: usize = 100;

/// Future of a function's suggestions.
#[doc(hidden)]
pub type CompletionFuture<'a> = BoxFuture<'a, Result<Vec<String>, ToolError>>;

/// The function that completes a parameter, for a tool with the state `S`.
#[doc(hidden)]
pub struct Completer<S: 'static> {
    /// The parameter, which checks suggestions.
    pub declared: &'static (dyn AcceptSuggestion + Sync),
    /// The function that returns suggestions for a typed text.
    pub complete: for<'a> fn(&'a S, &'a CallContext, &'a str) -> CompletionFuture<'a>,
}

impl<S> Completer<S> {
    pub(crate) fn completes(&self, parameter: &str) -> bool {
        self.declared.param().name() == parameter
    }
}

impl<S> fmt::Debug for Completer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Completer").field(&self.declared.param().name()).finish()
    }
}

/// The return type of a function that completes a parameter.
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

/// Awaits a function's suggestions, and removes those that a call wouldn't accept as an argument.
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

/// Returns true if a text has more than [`MAX_CHARACTERS`].
pub(crate) fn is_too_long(text: &str) -> bool {
    text.chars().nth(MAX_CHARACTERS).is_some()
}

/// Returns the parameter with this name, unless it is secret, because secrets aren't completed.
pub(crate) fn completable<'c>(contract: &'c Contract, parameter: &str) -> Option<&'c Param> {
    contract.input().iter().find(|param| param.name() == parameter && !param.is_secret())
}

/// Returns true if the parameter's type lists its values, as an enum does.
pub(crate) fn has_listed_values(param: &Param) -> bool {
    !param.is_secret() && all(&param.schema().kind()).is_some()
}

/// Returns the values of the parameter's type that start with `typed`, ignoring case.
pub(crate) fn listed_values(param: &Param, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let values = all(&param.schema().kind()).unwrap_or_default().iter();
    values.filter(|value| value.to_lowercase().starts_with(&typed)).map(|value| (*value).to_owned()).collect()
}

/// The `completion` of a result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Completion {
    values: Vec<String>,
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
