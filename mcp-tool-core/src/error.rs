//! Errors of a tool, typed so that a model, a person and a machine each know what to do.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use mcp_tool_contract::{
    model::Rate,
    read::violation::{Rule, Violation, Violations},
};

/// Why a call gave no result.
///
/// The message goes to the caller; the source of an internal error goes to the log alone. A function may
/// return any error: one that converts [`Into`] a `ToolError` is converted, any other [`std::error::Error`]
/// becomes [internal](ToolError::internal).
///
/// ```
/// use mcp_tool_runtime::ToolError;
///
/// #[derive(Debug, thiserror::Error)]
/// enum LedgerError {
///     #[error("no invoice has the number {0}")]
///     Unknown(String),
///     #[error("the ledger is gone")]
///     Io(#[from] std::io::Error),
/// }
///
/// impl From<LedgerError> for ToolError {
///     fn from(error: LedgerError) -> Self {
///         match error {
///             LedgerError::Unknown(_) => ToolError::not_found(error.to_string()),
///             LedgerError::Io(_) => ToolError::internal(error),
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct ToolError {
    kind: ErrorKind,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    /// What the caller used up.
    rate: Option<Rate>,
    violations: Option<Violations>,
    source: Option<Box<dyn Error + Send + Sync>>,
    /// What the client would have to be able to do.
    lacking: Option<&'static str>,
    /// The function had begun, and this says nothing of what it did.
    unsettled: bool,
}

/// What kind of error it is; [`ErrorKind::name`] is what callers and records see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The arguments break the contract, or a rule that only the tool knows.
    InvalidArguments,
    /// The caller may not, or the operation isn't allowed as things stand.
    Refused,
    /// It can't be undone, and nobody who may has approved it.
    ApprovalRequired,
    /// What was named isn't there.
    NotFound,
    /// It was changed meanwhile, or exists already.
    Conflict,
    /// Not now: too busy, or something that it needs is away.
    Unavailable,
    /// This caller called it as often as one may, and the error says when it may again.
    RateLimited,
    /// The operator of the server switched the tool off.
    Disabled,
    /// It ran longer than it may.
    Timeout,
    /// The result is larger than results may be.
    TooLarge,
    /// The client can't do what the call needs of it, such as to ask its person.
    ClientCapability,
    /// Answers came for another call than this, too late, or for the second time; nothing ran.
    StaleAnswers,
    /// The tool isn't the one that the caller listed, and nothing ran; the error holds what it is now.
    ContractChanged,
    /// A fault of the server's; what it was stands in the log under the correlation id.
    Internal,
}

impl ErrorKind {
    /// The stable name, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::InvalidArguments => "invalid_arguments",
            ErrorKind::Refused => "refused",
            ErrorKind::ApprovalRequired => "approval_required",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::RateLimited => "rate_limited",
            ErrorKind::Disabled => "disabled",
            ErrorKind::Timeout => "timeout",
            ErrorKind::TooLarge => "too_large",
            ErrorKind::ClientCapability => "client_capability",
            ErrorKind::StaleAnswers => "stale_answers",
            ErrorKind::ContractChanged => "contract_changed",
            ErrorKind::Internal => "internal",
        }
    }
}

impl ToolError {
    pub fn of(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        ToolError {
            kind,
            message,
            retry_after: None,
            rate: None,
            violations: None,
            source: None,
            lacking: None,
            unsettled: false,
        }
    }

    /// The operation isn't allowed; the message says what would have to change.
    #[must_use]
    pub fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        ToolError::of(ErrorKind::Refused, message)
    }

    /// What was named isn't there.
    #[must_use]
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        ToolError::of(ErrorKind::NotFound, message)
    }

    /// It was changed meanwhile, or exists already.
    #[must_use]
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        ToolError::of(ErrorKind::Conflict, message)
    }

    /// Not now; it may be tried again after that time.
    #[must_use]
    pub fn unavailable(message: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        ToolError { retry_after: Some(retry_after), ..ToolError::of(ErrorKind::Unavailable, message) }
    }

    /// The client lacks what the call needs of it.
    pub(crate) fn lacking(capability: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        ToolError { lacking: Some(capability), ..ToolError::of(ErrorKind::ClientCapability, message) }
    }

    pub(crate) const fn lacks(&self) -> Option<&'static str> {
        self.lacking
    }

    /// The caller used its rate up; there is a place again after that time.
    pub(crate) fn rate_limited(message: String, rate: Rate, retry_after: Duration) -> Self {
        ToolError {
            rate: Some(rate),
            retry_after: Some(retry_after),
            ..ToolError::of(ErrorKind::RateLimited, message)
        }
    }

    /// An argument that the schema admits and the tool can't use: `/customer: no customer of that name`.
    #[must_use]
    pub fn invalid_argument(parameter: &str, message: impl Into<String>) -> Self {
        let pointer = format!("/{parameter}");
        let violation = Violation { pointer, rule: Rule::Value, limit: None, message: message.into() };
        ToolError::from(Violations::from(violation))
    }

    /// The arguments were refused before anything ran.
    pub(crate) fn arguments_refused(violations: Violations) -> Self {
        let message = "the arguments were refused, and nothing was done";
        ToolError { message: message.into(), ..ToolError::from(violations) }
    }

    /// It isn't the function's own word: what the function did can't be told from it.
    pub fn unsettled(self) -> Self {
        ToolError { unsettled: true, ..self }
    }

    pub(crate) const fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Says to a model, which would repeat the call, that it may have taken effect.
    pub(crate) fn in_doubt(self) -> Self {
        let message =
            format!("{}; it is not known whether it took effect: look before you try again", self.message);
        ToolError { message: message.into(), ..self }
    }

    /// A fault that isn't the caller's. The source goes to the log, the caller reads a correlation id.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        ToolError {
            source: Some(source.into()),
            ..ToolError::of(ErrorKind::Internal, "the server failed; its log has the reason")
        }
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// How long to wait before the call may be tried again.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The rate that the caller used up, if that is what it is.
    pub(crate) const fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// The arguments that were wrong, if that is what it is.
    #[must_use]
    pub const fn violations(&self) -> Option<&Violations> {
        self.violations.as_ref()
    }
}

impl From<Violations> for ToolError {
    fn from(violations: Violations) -> Self {
        ToolError {
            violations: Some(violations),
            ..ToolError::of(ErrorKind::InvalidArguments, "the arguments were refused")
        }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.violations {
            Some(violations) => write!(f, "{}:\n{violations}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for ToolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// An error and its sources in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        line.push_str(": ");
        line.push_str(&source.to_string());
        next = source.source();
    }
    line
}
