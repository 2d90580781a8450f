//! Asking the person behind a call, while it runs.
//!
//! Whichever way the client can be asked, the function awaits one future: with 2026-07-28 the call ends with its
//! questions and is made anew with the answers ([`round`]), over stdio and in sessions of 2025-11-25 the client is sent
//! a request ([`client`]), and a task shows its questions until they are answered ([`desk`]).

mod capability;
mod client;
mod desk;
mod form;
mod question;
mod round;
mod schema;
mod used;
mod waited;
mod waits;

use std::{
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use capability::{Capabilities, Capability, TASKS};
pub use client::{Client, Unanswered};
pub(crate) use desk::TaskInbox;
pub use form::Form;
pub(crate) use question::Question;
pub use round::{Asking, Presented, Rounds, Stale};
pub(crate) use used::Used;
use waited::Waited;
pub(crate) use waits::Waits;

use crate::{
    call::context::CallContext,
    error::{ErrorKind, ToolError},
};

/// How long a person may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<T> {
    /// This.
    Accepted(T),
    /// That they won't.
    Declined,
    /// Nothing: they put the question away.
    Cancelled,
}

impl<T> Reply<T> {
    /// What was answered, if it was.
    #[must_use]
    pub fn accepted(self) -> Option<T> {
        match self {
            Reply::Accepted(answer) => Some(answer),
            Reply::Declined | Reply::Cancelled => None,
        }
    }

    /// What was answered, or the error for a caller whose person didn't.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] where the person declined or put the question away.
    pub fn required(self) -> Result<T, ToolError> {
        match self {
            Reply::Accepted(answer) => Ok(answer),
            Reply::Declined => Err(ToolError::refused("the person who was asked declined: don't ask again")),
            Reply::Cancelled => Err(ToolError::refused("the person who was asked put the question away")),
        }
    }
}

/// Why a person wasn't asked, or gave no answer that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskError {
    /// This client can't be asked: it didn't declare that it can, or came in a way in which nothing can be sent to it.
    Unsupported {
        /// What it lacks: `elicitation.form`, `elicitation.url`, `sampling` or `roots`.
        capability: &'static str,
    },
    /// Nobody answered within ten minutes.
    TimedOut,
    /// The client went away before it answered, or the call that asked has ended.
    Gone,
    /// As many questions of this caller wait for an answer as may.
    Busy,
    /// What came back isn't an answer to what was asked.
    Invalid(String),
    /// The client refused to ask.
    Refused(String),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskError::Unsupported { capability } => {
                write!(f, "this client can't be asked: it lacks `{capability}`")
            }
            AskError::TimedOut => f.write_str("the person who was asked gave no answer in time"),
            AskError::Gone => f.write_str("the client that was to ask is gone, or the call has ended"),
            AskError::Busy => {
                f.write_str("too many questions wait for an answer already: answer them, or try again later")
            }
            AskError::Invalid(reason) => write!(f, "the answer to a question can't be used: {reason}"),
            AskError::Refused(reason) => write!(f, "the client refused to ask: {reason}"),
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

/// A question that waits to be awaited.
///
/// It goes by a key, under which a client tells several questions of one call apart: that of the form's type, or the
/// one that is given. Of two questions with one key the second gets `_2` at its end.
#[must_use = "nobody is asked until it is awaited"]
pub struct Ask<'c, T> {
    cx: &'c CallContext,
    asked: Result<Question, AskError>,
    read: fn(&Question, &Value) -> Result<Reply<T>, String>,
    _answer: PhantomData<fn() -> T>,
}

impl<'c, T> Ask<'c, T> {
    fn new(
        cx: &'c CallContext,
        asked: Result<Question, AskError>,
        read: fn(&Question, &Value) -> Result<Reply<T>, String>,
    ) -> Self {
        Ask { cx, asked, read, _answer: PhantomData }
    }

    /// The same question by another key, such as `shipping_address`.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        if let Ok(question) = &mut self.asked {
            question.key = key.into();
        }
        self
    }

    /// Takes an answer also without the sealed state of its question, as clients of 2026-07-28 may send one.
    ///
    /// Anybody can make such an answer up, at any time and as often as they like: it is for what needs no more proof
    /// than an argument does. No state is given where all questions of a round are so.
    pub fn stateless(mut self) -> Self {
        if let Ok(question) = &mut self.asked {
            question.stateless = true;
        }
        self
    }
}

impl<'c, T: Send + 'static> IntoFuture for Ask<'c, T> {
    type Output = Result<Reply<T>, AskError>;
    type IntoFuture = BoxFuture<'c, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Ask { cx, asked, read, .. } = self;
            cx.asking().answered(cx, asked?, read).await
        })
    }
}

impl<T> fmt::Debug for Ask<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.asked {
            Ok(question) => write!(f, "a question by the key '{}'", question.key),
            Err(error) => write!(f, "no question: {error}"),
        }
    }
}

impl CallContext {
    /// Asks the person behind the call to fill in a form, whichever way its client can be asked (elicitation).
    ///
    /// ```
    /// use mcp_tool_runtime::prelude::*;
    ///
    /// /// Whether to go on.
    /// #[derive(serde::Deserialize, ToolSchema)]
    /// struct Confirm {
    ///     /// Really?
    ///     sure: bool,
    /// }
    ///
    /// /// Empty the cart.
    /// #[mcp_tool(version = "1.0", scope = "cart:write")]
    /// async fn empty_cart(cx: &CallContext) -> Result<String, ToolError> {
    ///     let answer = cx.ask::<Confirm>("Empty the whole cart?").await?.required()?;
    ///     Ok(if answer.sure { "It is empty." } else { "Nothing was done." }.to_owned())
    /// }
    /// ```
    ///
    /// Where the client has to make its call anew with the answer (2026-07-28), **the function begins anew**, and this
    /// gives the answer at once: ask first, act afterwards. The answer holds for this caller, tool, version and
    /// arguments, for ten minutes, and once in each process that has the key. Questions that are awaited together
    /// (`tokio::join!`) are asked together. What a person takes doesn't count as time of the call. A task that the
    /// function spawned may ask too, by a clone of the context; where its call has ended, it is told [`AskError::Gone`],
    /// and in an HTTP session its question goes out on the client's stream for all (GET), if there is one. A layer can't
    /// ask a client of 2026-07-28, since it doesn't begin anew.
    ///
    /// A call that waits for its person keeps its place among those of its tool: with `concurrency = 1` nobody else is
    /// served until the answer comes, or ten minutes are over.
    ///
    /// An answer proves nothing: an agent can give it by itself. What can't be undone has a gate.
    ///
    /// # Errors
    /// [`AskError`]; `?` makes it a [`ToolError`] that says what this client lacks. A form with a `secret` field doesn't
    /// compile, and neither does one with nested objects.
    pub fn ask<T: Form + DeserializeOwned + Send + 'static>(&self, message: impl Into<String>) -> Ask<'_, T> {
        const { form::check(T::OBJECT) };
        let schema = form::schema(T::OBJECT);
        Ask::new(self, Ok(Question::form(T::KEY, &message.into(), schema)), form::read::<T>)
    }

    /// The same with a schema of the application's own: an object whose properties are strings, numbers, integers,
    /// booleans, or choices among strings (elicitation §requested schema), held to what it says. Never for secrets.
    ///
    /// # Errors
    /// [`AskError`], also where the schema can't be that of a form.
    pub fn ask_for(&self, schema: Value, message: impl Into<String>) -> Ask<'_, Value> {
        let asked = schema::check(&schema).map_err(AskError::Invalid);
        let asked = asked.map(|()| Question::form("answer", &message.into(), schema));
        Ask::new(self, asked, schema::read)
    }

    /// Asks the person to open a page, such as one where they sign in or pay (elicitation, URL mode).
    ///
    /// That it was accepted means that they agreed to open it, and nothing of what they did there: the page itself has
    /// to see that whoever opens it is the person who was asked, and the function to look whether it is done. The URL
    /// holds neither secrets nor what is known of the person; it is `https`, or of this machine.
    ///
    /// # Errors
    /// [`AskError`], also where the URL isn't one of these.
    pub fn ask_to_open(&self, url: impl Into<String>, message: impl Into<String>) -> Ask<'_, ()> {
        let url = url.into();
        let asked = question::check_url(&url).map(|()| Question::url(&url, &message.into()));
        Ask::new(self, asked.map_err(AskError::Invalid), question::opened)
    }

    /// Asks the client's model to go on from a prompt of the user's (`sampling/createMessage`); gives its text.
    ///
    /// The protocol has deprecated it (SEP-2577): new tools call a model of their own.
    pub fn sample(&self, prompt: impl Into<String>, max_tokens: u32) -> Ask<'_, String> {
        let message = json!({ "role": "user", "content": { "type": "text", "text": prompt.into() } });
        let params = json!({ "messages": [message], "maxTokens": max_tokens });
        Ask::new(self, Ok(Question::other(Capability::Sampling, "sample", params)), question::sampled)
    }

    /// The URIs of the folders that the client works in (`roots/list`).
    ///
    /// The protocol has deprecated it (SEP-2577): new tools take paths as arguments.
    pub fn roots(&self) -> Ask<'_, Vec<String>> {
        Ask::new(self, Ok(Question::other(Capability::Roots, "roots", json!({}))), question::roots)
    }

    /// Whether the person can be asked to fill in a form.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.asking().capabilities().has(Capability::Form)
    }

    /// Whether the client's model can be asked.
    #[must_use]
    pub fn can_sample(&self) -> bool {
        self.asking().capabilities().has(Capability::Sampling)
    }

    /// Whether the client says in which folders it works.
    #[must_use]
    pub fn has_roots(&self) -> bool {
        self.asking().capabilities().has(Capability::Roots)
    }
}

/// Bounds what a person may take.
async fn in_time<T>(answer: impl Future<Output = T>) -> Result<T, AskError> {
    tokio::time::timeout(PATIENCE, answer).await.map_err(|_| AskError::TimedOut)
}
