//! What could be typed for an argument: by its kind, or as a function of the application's says.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use mcp_tool_contract::{
    model::{Contract, Param, Rate, Window},
    read::suggestion::{AcceptSuggestion, all},
};
use serde::Serialize;

use crate::{call::context::CallContext, error::ToolError};

/// Characters of what was typed, and of a suggestion.
pub(crate) const MOST_CHARACTERS: usize = 1_024;
/// The longest that a completion may take: somebody types on meanwhile.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);
/// How often one caller may ask, of all tools together: as fast as somebody types, and too slow to read a table out. No
/// tool has such a name.
pub(crate) const RATED: Contract = Contract {
    name: "completion/complete",
    rate: Some(Rate { calls: 10, window: Window::Second }),
    ..Contract::EMPTY
};
/// Suggestions of an answer (2026-07-28, completion §completion results).
const MOST_VALUES: usize = 100;

/// Suggestions that a function makes.
#[doc(hidden)]
pub type Completing<'a> = BoxFuture<'a, Result<Vec<String>, ToolError>>;

/// The function that completes the arguments of a parameter.
#[doc(hidden)]
pub struct Completer<S: 'static> {
    pub declared: &'static (dyn AcceptSuggestion + Sync),
    pub complete: for<'a> fn(&'a S, &'a CallContext, &'a str) -> Completing<'a>,
}

impl<S> Completer<S> {
    pub(crate) fn is_of(&self, parameter: &str) -> bool {
        self.declared.param().name == parameter
    }
}

impl<S> fmt::Debug for Completer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what completes '{}'", self.declared.param().name)
    }
}

/// What a function that completes gives.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't what completes an argument",
    label = "the function that completes gives `Vec<String>`, or `Result<Vec<String>, ToolError>`"
)]
pub trait Suggestions {
    /// # Errors
    /// Its own.
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

/// What a function suggests, but for what a call would be refused with.
#[doc(hidden)]
pub fn completing<'a, R: Suggestions>(
    declared: &'static (dyn AcceptSuggestion + Sync),
    suggested: impl Future<Output = R> + Send + 'a,
) -> Completing<'a> {
    Box::pin(async move {
        let mut values = suggested.await.values()?;
        values.retain(|value| !is_longer(value) && declared.accepts(value));
        Ok(values)
    })
}

/// Whether a text is longer than anybody types.
pub(crate) fn is_longer(text: &str) -> bool {
    text.chars().nth(MOST_CHARACTERS).is_some()
}

/// The parameter of that name whose arguments may be completed: what is typed of a secret is nobody's to see.
pub(crate) fn open<'c>(contract: &'c Contract, parameter: &str) -> Option<&'c Param> {
    contract.input.iter().find(|param| param.name == parameter && !param.secret)
}

/// Whether values of a parameter are known without asking anybody.
pub(crate) fn is_by_itself(param: &Param) -> bool {
    !param.secret && all(&param.schema.kind).is_some()
}

/// The values of the parameter's own kind that begin with what was typed, in whatever case.
pub(crate) fn by_itself(param: &Param, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let values = all(&param.schema.kind).unwrap_or_default().iter();
    values.filter(|value| value.to_lowercase().starts_with(&typed)).map(|value| (*value).to_owned()).collect()
}

/// Suggestions as they are answered.
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
        values.truncate(MOST_VALUES);
        Completion { has_more: total > values.len(), total, values }
    }
}
