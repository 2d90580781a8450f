//! Methods of [`CallContext`] that ask the person behind a call or the client, and the type [`Ask`] that they return.

use std::{fmt, future::IntoFuture};

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    AskError, Capability, Form, Reply, StaleState, form,
    question::{self, Question, ReadAnswer},
    runtime_form,
};
use crate::{call::context::CallContext, error::ToolError};

/// A question that is asked when this value is awaited. [`CallContext::ask`], `ask_for`,
/// `ask_to_open`, `sample` and `roots` return it.
///
/// `await` gives a `Result<`[`Reply<T>`](Reply)`, `[`AskError`]`>`. Each question of a call has a
/// key, under which a client of 2026-07-28 sends the answer. (Earlier clients get each question as a
/// separate request, without the key.) The default key of [`ask`](CallContext::ask) is the name of
/// the form's struct in snake_case. The default keys of the other methods are `answer`
/// ([`ask_for`](CallContext::ask_for)), `open` ([`ask_to_open`](CallContext::ask_to_open)),
/// `sample` and `roots`. If the call has already used a key, `_2`, `_3` and so on is appended to
/// the key.
///
/// A call asks at most 32 questions. A question that is asked again after a malformed answer counts
/// again.
///
/// ```no_run
/// # use mcp_tool_runtime::{Reply, prelude::*};
/// # #[derive(serde::Deserialize, ToolSchema)]
/// # struct Address {
/// #     /// Street.
/// #     street: String,
/// # }
/// # async fn f(cx: &CallContext) -> Result<(), ToolError> {
/// let (home, work) = tokio::join!(
///     cx.ask::<Address>("Where do you live?").key("home").into_future(),
///     cx.ask::<Address>("Where do you work?").key("work").into_future(),
/// );
/// let home = home?.required()?;
/// let work = match work? {
///     Reply::Accepted(work) => Some(work.street),
///     Reply::Declined | Reply::Cancelled => None,
/// };
/// # let _ = (home.street, work);
/// # Ok(())
/// # }
/// ```
#[must_use = "nobody is asked until it is awaited"]
pub struct Ask<'c, T> {
    cx: &'c CallContext,
    question: Result<Question, AskError>,
    read: ReadAnswer<T>,
}

impl<'c, T> Ask<'c, T> {
    fn new(cx: &'c CallContext, question: Result<Question, AskError>, read: ReadAnswer<T>) -> Self {
        Ask { cx, question, read }
    }

    /// Sets the key under which the client sends the answer, such as `shipping_address`.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        if let Ok(question) = &mut self.question {
            question.key = key.into();
        }
        self
    }

    /// Makes the question stateless: a client of 2026-07-28 may answer without the encrypted
    /// `requestState`, by which the server recognizes answers to its own questions. Needed for
    /// clients that don't send the `requestState` back.
    ///
    /// The client can invent or repeat such an answer, so trust the answer as little as an argument
    /// of the tool. If a call asks only stateless questions, its result has no `requestState`. For
    /// clients of earlier revisions, which get no `requestState`, this method has no effect.
    pub fn stateless(mut self) -> Self {
        if let Ok(question) = &mut self.question {
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
            let Ask { cx, question, read } = self;
            cx.asking().ask(question?, read, cx.facts(), &cx.services().wait_limit).await
        })
    }
}

impl<T> fmt::Debug for Ask<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.question {
            Ok(question) => write!(f, "a question with the key '{}'", question.key),
            Err(error) => write!(f, "no question: {error}"),
        }
    }
}

/// Methods that ask the person behind the call, or the client.
impl CallContext {
    /// Asks the person behind the call to fill in a form (MCP elicitation, form mode).
    ///
    /// ```
    /// use mcp_tool_runtime::prelude::*;
    ///
    /// /// Confirmation by a person.
    /// #[derive(serde::Deserialize, ToolSchema)]
    /// struct Confirm {
    ///     /// Really empty the cart?
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
    /// - **The function starts again with the answer** if the client is of protocol revision
    ///   2026-07-28 and the call doesn't continue as an MCP task: the call ends with the question, the
    ///   client repeats the call with the answer, and this method then returns the answer
    ///   immediately. So ask before you change anything.
    /// - In this case, the client must repeat the call within ten minutes, with the same caller,
    ///   tool, version, contract and arguments. Each process that has the encryption key (setting
    ///   `seal.keys`) accepts the answer once. Without this setting, only the process that asked
    ///   has the key.
    /// - Questions that are awaited together (`tokio::join!`) are asked together.
    /// - In an MCP task, and for clients of earlier revisions over stdio or in an HTTP session, the
    ///   call waits for the answer. The time that the person takes is added to the call's deadline.
    ///   The waiting call keeps its concurrency permits: with `concurrency = 1`, other calls of the
    ///   tool are refused until the answer arrives or ten minutes have passed.
    /// - Clients of earlier revisions over HTTP without a session can't be asked
    ///   ([`AskError::Unsupported`]).
    /// - A tokio task that the function spawned may ask through a clone of the context. In an HTTP
    ///   session, the server sends these questions on the client's GET stream, if the client has
    ///   opened one. If the call ends before the answer arrives, the question fails with
    ///   [`AskError::Gone`]. A question that is asked after the end of the call also fails: with
    ///   [`AskError::Refused`] if the client is of 2026-07-28 and the call wasn't an MCP task,
    ///   otherwise with [`AskError::Gone`].
    /// - Middleware can ask clients of earlier revisions, but a client of 2026-07-28 only once the
    ///   call continues as an MCP task. Before that, a question must end the call, and only the
    ///   tool's function can end the call with a question.
    /// - An answer doesn't prove that a person agreed, because an agent can answer without asking a
    ///   person. Use a gate to protect operations that can't be undone. A gate is an additional
    ///   scope that calls of a destructive tool need (`gate(scope = …)`).
    ///
    /// # Errors
    /// [`AskError`], which `?` converts into a [`ToolError`]. A `T` with a `secret` field, a nested
    /// struct or a `Vec` of anything but an enum doesn't compile.
    pub fn ask<T: Form + DeserializeOwned + Send + 'static>(&self, message: impl Into<String>) -> Ask<'_, T> {
        const { form::check(T::OBJECT) };
        let schema = form::schema(T::OBJECT);
        Ask::new(self, Ok(Question::form(T::KEY, &message.into(), schema)), form::read::<T>)
    }

    /// Asks the person to fill in a form whose schema is known only at run time.
    ///
    /// `schema` is an object schema of MCP elicitation: `type`, `properties`, `required` and
    /// `$schema`. Each property is a string, a number, an integer, a boolean, a choice (`enum`,
    /// `oneOf`) or a list of choices. Other keywords are refused, since a client may ignore them.
    /// The answer is validated against the schema, and members that the schema doesn't have are
    /// removed. Never ask for secrets: let the person enter them on a page, by
    /// [`ask_to_open`](Self::ask_to_open).
    ///
    /// # Errors
    /// [`AskError`], which is [`AskError::Invalid`] if `schema` isn't an object schema of MCP elicitation.
    pub fn ask_for(&self, schema: Value, message: impl Into<String>) -> Ask<'_, Value> {
        let question = match runtime_form::check(&schema) {
            Ok(()) => Ok(Question::form("answer", &message.into(), schema)),
            Err(reason) => Err(AskError::Invalid(reason)),
        };
        Ask::new(self, question, runtime_form::read)
    }

    /// Asks the person to open a page, such as one to sign in or to pay (MCP elicitation, URL mode).
    ///
    /// `Reply::Accepted` only means that the person agreed to open the page. The page must verify
    /// that its visitor is the person who was asked, and the function must check the outcome, such
    /// as the payment. `url` is `https`, or `http` with `localhost`, `127.0.0.1` or `[::1]` as its
    /// host. It is ASCII, has at most 2,048 bytes, and has no user name or password. The URL must
    /// contain no secrets or personal data.
    ///
    /// # Errors
    /// [`AskError`], which is [`AskError::Invalid`] if `url` isn't allowed.
    pub fn ask_to_open(&self, url: impl Into<String>, message: impl Into<String>) -> Ask<'_, ()> {
        let url = url.into();
        let question = question::check_url(&url).map(|()| Question::url(&url, &message.into()));
        Ask::new(self, question.map_err(AskError::Invalid), question::read_action)
    }

    /// Asks the client's model to complete a prompt (`sampling/createMessage`). The answer is the completion's text.
    ///
    /// `max_tokens` is the maximum length of the completion, in tokens. The protocol has deprecated
    /// sampling (SEP-2577): in new tools, call a model directly.
    pub fn sample(&self, prompt: impl Into<String>, max_tokens: u32) -> Ask<'_, String> {
        let message = json!({ "role": "user", "content": { "type": "text", "text": prompt.into() } });
        let params = json!({ "messages": [message], "maxTokens": max_tokens });
        Ask::new(self, Ok(Question::new(Capability::Sampling, "sample", params)), question::read_sample)
    }

    /// Asks the client for the URIs of the folders that it works in (`roots/list`).
    ///
    /// The protocol has deprecated roots (SEP-2577): in new tools, take paths as arguments.
    pub fn roots(&self) -> Ask<'_, Vec<String>> {
        Ask::new(self, Ok(Question::new(Capability::Roots, "roots", json!({}))), question::read_roots)
    }

    /// Returns `true` if the client declared that it can show forms (`elicitation.form`).
    ///
    /// Returns `false` for clients of revisions before 2026-07-28 over HTTP without a session: the
    /// server can't send questions to these clients.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.asking().capabilities().has(Capability::Form)
    }

    /// Returns `true` if the client declared that its model can be asked (`sampling`). Returns `false`
    /// for clients of revisions before 2026-07-28 over HTTP without a session.
    #[must_use]
    pub fn can_sample(&self) -> bool {
        self.asking().capabilities().has(Capability::Sampling)
    }

    /// Returns `true` if the client declared that it can list its folders (`roots`). Returns `false`
    /// for clients of revisions before 2026-07-28 over HTTP without a session.
    #[must_use]
    pub fn has_roots(&self) -> bool {
        self.asking().capabilities().has(Capability::Roots)
    }

    /// Decrypts the `requestState` that the client sent with the call, and stores the client's
    /// answers. Does nothing if the client sent no state. The call's arguments must have been read
    /// before, because the state is bound to them.
    ///
    /// # Errors
    /// The reason why the state can't be used.
    pub(crate) fn resume(&self) -> Result<(), StaleState> {
        self.asking().resume(self.facts(), self.sealer(), &self.services().used_states)
    }

    /// Returns the JSON members of the `InputRequiredResult` with which the call ends, to ask its open questions.
    pub(crate) fn input_required(&self) -> Result<String, ToolError> {
        self.asking().input_required(self.facts(), self.sealer())
    }
}
