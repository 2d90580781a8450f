//! The error type of tool functions and of the pipeline.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use mcp_tool_contract::{
    model::Rate,
    read::violation::{Rule, Violation, Violations},
};

/// The error of a call: a kind for programs, and a message for the model.
///
/// The caller reads the kind and the message in a tool result with `isError`. Two kinds are sent as JSON-RPC errors
/// instead, because the client's program must handle them, not its model:
/// [`StaleAnswers`](ErrorKind::StaleAnswers), and to clients of 2026-07-28 also
/// [`ClientCapability`](ErrorKind::ClientCapability). The source of an [internal](ToolError::internal) error is only
/// written to the log, under the correlation id that the caller reads.
///
/// A tool's function may return any error type that implements `Into<ToolError>` or [`std::error::Error`], or a boxed
/// error. An error that implements `Into<ToolError>` is converted by `into`; any other error becomes an internal error.
/// A good message says what was wrong, the limit, and what to do.
///
/// ```
/// use mcp_tool_runtime::ToolError;
///
/// #[derive(Debug, thiserror::Error)]
/// enum LedgerError {
///     #[error("no invoice has the number {0}: list the invoices first")]
///     Unknown(String),
///     #[error("the ledger can't be read")]
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
    /// The rate that the caller used up, for the kind `RateLimited`.
    rate: Option<Rate>,
    violations: Option<Violations>,
    source: Option<Box<dyn Error + Send + Sync>>,
    /// The capability that the client lacks, for the kind `ClientCapability`.
    lacking: Option<&'static str>,
    /// `true` if the function may have had effects although it failed, as after a timeout.
    unsettled: bool,
}

/// The kind of a [`ToolError`]. Callers and audit records get its [name](ErrorKind::name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The arguments violate the contract or a rule of the function.
    InvalidArguments,
    /// The caller isn't permitted, or the operation isn't allowed in the current state.
    Refused,
    /// The tool is destructive, has no gate (an extra scope that its callers need), and isn't named in the operator's
    /// setting `gate.allow_destructive`.
    ApprovalRequired,
    /// An argument names something that doesn't exist.
    NotFound,
    /// The call would change something that was changed meanwhile, or create something that exists already.
    Conflict,
    /// The server is busy, or something that the tool needs is unavailable.
    Unavailable,
    /// The caller used up its rate for the tool; the error says when the next call is allowed.
    RateLimited,
    /// The operator disabled the tool or, for an adapter (an old version that calls a newer one), the tool that the
    /// adapter calls.
    Disabled,
    /// The call exceeded its timeout.
    Timeout,
    /// The result exceeds the maximum size.
    TooLarge,
    /// The client lacks a capability that the call needs, such as elicitation.
    ClientCapability,
    /// The answers to the tool's questions belong to another call, have expired, or were used already. The function
    /// didn't run.
    StaleAnswers,
    /// The version that the caller got in its last `tools/list` is no longer served, and no later version has the same
    /// major number. The error contains the current contract. The function didn't run.
    ContractChanged,
    /// The server failed; the server's log has the reason under the call's correlation id.
    Internal,
}

impl ErrorKind {
    /// Returns the stable name, in snake case.
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
    /// Returns an error of any kind, with this message.
    #[doc(hidden)]
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

    /// Error for an operation that isn't allowed. Say in `message` what would have to change.
    #[must_use]
    pub fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        ToolError::of(ErrorKind::Refused, message)
    }

    /// Error for an argument that names something that doesn't exist.
    #[must_use]
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        ToolError::of(ErrorKind::NotFound, message)
    }

    /// Error for a call that would change something that was changed meanwhile, or create something that exists.
    #[must_use]
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        ToolError::of(ErrorKind::Conflict, message)
    }

    /// Error for an operation that isn't possible now. The caller may try again after `retry_after`.
    #[must_use]
    pub fn unavailable(message: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        ToolError { retry_after: Some(retry_after), ..ToolError::of(ErrorKind::Unavailable, message) }
    }

    /// Error for a client that lacks a capability that the call needs.
    pub(crate) fn lacking(capability: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        ToolError { lacking: Some(capability), ..ToolError::of(ErrorKind::ClientCapability, message) }
    }

    /// Returns the capability that the client lacks; `None` for an error of another kind than `ClientCapability`.
    pub(crate) const fn lacks(&self) -> Option<&'static str> {
        self.lacking
    }

    /// Error for a caller that used up `rate`. The next call is allowed after `retry_after`.
    pub(crate) fn rate_limited(message: String, rate: Rate, retry_after: Duration) -> Self {
        ToolError {
            rate: Some(rate),
            retry_after: Some(retry_after),
            ..ToolError::of(ErrorKind::RateLimited, message)
        }
    }

    /// Error for an argument that satisfies the contract but that the function can't use.
    ///
    /// The caller reads the parameter's name as a JSON Pointer (RFC 6901), and then `message`, such as
    /// `/customer: no customer has that name`.
    #[must_use]
    pub fn invalid_argument(parameter: &str, message: impl Into<String>) -> Self {
        let pointer = format!("/{parameter}");
        let violation = Violation { pointer, rule: Rule::Value, limit: None, message: message.into() };
        ToolError::from(Violations::from(violation))
    }

    /// Error for arguments that violate the contract. The tool's function hasn't run.
    pub(crate) fn arguments_refused(violations: Violations) -> Self {
        let message = "the arguments were refused, and nothing was done";
        ToolError { message: message.into(), ..ToolError::from(violations) }
    }

    /// Marks an error after which it isn't known what the function did, such as a timeout. If the tool isn't read-only,
    /// the caller is then told to check before it calls again.
    #[doc(hidden)]
    pub fn unsettled(self) -> Self {
        ToolError { unsettled: true, ..self }
    }

    /// Returns `true` if it isn't known what the function did before the error.
    pub(crate) const fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Adds to the message that the call may have taken effect, so that the model checks before it repeats the call.
    /// The pipeline does so for an [unsettled](Self::unsettled) error if the tool isn't read-only and its function has
    /// started.
    pub(crate) fn in_doubt(self) -> Self {
        let message = format!(
            "{}; it is not known whether the call took effect: check before you try again",
            self.message
        );
        ToolError { message: message.into(), ..self }
    }

    /// Error for a failure of the server. `source` is only written to the log, under the correlation id that the caller
    /// reads.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        ToolError {
            source: Some(source.into()),
            ..ToolError::of(ErrorKind::Internal, "the server failed; its log has the reason")
        }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the time after which the call may be tried again, if it is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the rate that the caller used up; `None` for an error of another kind than `RateLimited`.
    pub(crate) const fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// Returns the violations of the arguments; `None` if the error wasn't made from violations. An error with
    /// violations has the kind [`InvalidArguments`](ErrorKind::InvalidArguments).
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
