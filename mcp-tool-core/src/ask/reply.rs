//! Answers to questions, and errors of asking.

use std::{fmt, future::Future, time::Duration};

use crate::error::{ErrorKind, ToolError};

/// Maximum time to wait for an answer, and lifetime of the encrypted `requestState` that a client of
/// 2026-07-28 must send with its answers.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);

/// Awaits an answer for at most [`ANSWER_TIMEOUT`].
pub(super) async fn in_time<T>(answer: impl Future<Output = T>) -> Result<T, AskError> {
    tokio::time::timeout(ANSWER_TIMEOUT, answer).await.map_err(|_| AskError::TimedOut)
}

/// Reply of the person who was asked (`action` of MCP's `ElicitResult`).
///
/// A reply doesn't prove that a person gave it: an agent can reply without asking anybody. The
/// reply to `CallContext::sample` and `CallContext::roots` is always `Accepted`.
// Exhaustive: MCP fixes these three actions, and a tool must decide about each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<T> {
    /// The person answered (`accept`).
    Accepted(T),
    /// The person refused to answer (`decline`).
    Declined,
    /// The person closed the question without an answer (`cancel`).
    Cancelled,
}

impl<T> Reply<T> {
    /// Returns the answer, if there is one.
    #[must_use]
    pub fn accepted(self) -> Option<T> {
        match self {
            Reply::Accepted(answer) => Some(answer),
            Reply::Declined | Reply::Cancelled => None,
        }
    }

    /// Returns the answer. If there is none, returns an error that tells the model why.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] if the person declined or closed the question.
    pub fn required(self) -> Result<T, ToolError> {
        match self {
            Reply::Accepted(answer) => Ok(answer),
            Reply::Declined => Err(ToolError::refused("the person who was asked declined: don't ask again")),
            Reply::Cancelled => {
                Err(ToolError::refused("the person who was asked closed the question without an answer"))
            }
        }
    }
}

/// Reason why a question has no reply. `?` converts the error into a [`ToolError`] with the kind in
/// this table:
///
/// | variant | [`ErrorKind`] |
/// |---|---|
/// | `Unsupported` | `ClientCapability`; JSON-RPC error -32021 since 2026-07-28 |
/// | `TimedOut` | `Timeout` |
/// | `Gone`, `Busy` | `Unavailable` |
/// | `Invalid`, `Refused` | `Refused` |
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskError {
    /// The client can't be asked: it didn't declare the capability, or the server can't send it requests (HTTP without
    /// a session, before 2026-07-28).
    Unsupported {
        /// The missing capability: `elicitation.form`, `elicitation.url`, `sampling` or `roots`.
        capability: &'static str,
    },
    /// No answer arrived within ten minutes.
    TimedOut,
    /// The client disconnected before it answered, or the call was cancelled or has ended.
    Gone,
    /// Too many questions wait for an answer: 16 questions to this caller, or a number of questions
    /// to all callers that is half of `limits.concurrency`, the server's maximum of concurrent calls.
    Busy,
    /// The question is malformed, the call asked over 32 questions, or three answers to this question
    /// were malformed. (A client of 2026-07-28 whose call isn't an MCP task is asked again in each
    /// repeated call, without this limit of three.)
    Invalid(String),
    /// The client answered the request with an error. Or a client of 2026-07-28 was asked in a call
    /// that isn't an MCP task while the tool's function didn't run: by middleware, or by a spawned
    /// tokio task after the call had ended.
    Refused(String),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskError::Unsupported { capability } => {
                write!(f, "this client can't be asked: it lacks `{capability}`")
            }
            AskError::TimedOut => f.write_str("no answer arrived within 10 minutes"),
            AskError::Gone => {
                f.write_str("the client disconnected before it answered, or the call has ended")
            }
            AskError::Busy => {
                f.write_str("too many questions wait for an answer: answer them, or try again later")
            }
            AskError::Invalid(reason) => write!(f, "a question or its answer can't be used: {reason}"),
            AskError::Refused(reason) => write!(f, "the question was refused: {reason}"),
        }
    }
}

impl std::error::Error for AskError {}

impl From<AskError> for ToolError {
    fn from(error: AskError) -> Self {
        let message = error.to_string();
        match error {
            AskError::Unsupported { capability } => ToolError::lacking(capability, message),
            AskError::TimedOut => ToolError::of(ErrorKind::Timeout, message),
            AskError::Gone => ToolError::of(ErrorKind::Unavailable, message),
            AskError::Busy => ToolError::unavailable(message, Duration::from_secs(10)),
            AskError::Invalid(_) | AskError::Refused(_) => ToolError::refused(message),
        }
    }
}
