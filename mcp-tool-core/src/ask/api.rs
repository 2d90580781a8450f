//! Methods of [`CallContext`] that ask the person or the client, and the future that they return.

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

/// A question that is asked when it is awaited, returned by [`CallContext::ask`] and the other methods that ask.
///
/// Awaiting it gives `Result<`[`Reply<T>`](Reply)`, `[`AskError`]`>`. Each question of a call has a key, under which
/// the client answers it. By default, the key is the snake_case name of the form's struct, `answer` for
/// [`ask_for`](CallContext::ask_for), `open` for [`ask_to_open`](CallContext::ask_to_open), `sample` or `roots`. Later
/// questions with the same key get `_2`, `_3` and so on; a call asks at most 32.
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

    /// Sets the key under which the client answers, such as `shipping_address`.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        if let Ok(question) = &mut self.question {
            question.key = key.into();
        }
        self
    }

    /// Accepts an answer that a client of 2026-07-28 sends without the sealed `requestState` of the question.
    ///
    /// Anybody can forge and repeat such an answer, so trust it as little as an argument of the tool. A call
    /// that ends with stateless questions only has no `requestState`.
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

/// Questions to the person behind the call, and to the client.
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
    /// - **The function starts again with the answer** if the client is of 2026-07-28: the call ends with the question,
    ///   the client repeats the call with the answer, and this method then returns the answer at once. So ask first,
    ///   and act afterwards.
    /// - An answer is valid for ten minutes, and for the same caller, tool, version and arguments. Each process that
    ///   has the sealing key accepts it once.
    /// - Questions that are awaited together (`tokio::join!`) are asked together.
    /// - The time that the person takes doesn't count against the call's deadline. While the call waits, it keeps its
    ///   concurrency permits: with `concurrency = 1`, other calls of the tool are refused until the answer arrives or
    ///   ten minutes have passed.
    /// - A spawned task may ask through a clone of the context. Once the call has ended, the task gets
    ///   [`AskError::Gone`]. In an HTTP session, the task's question is sent on the client's GET stream, if there is
    ///   one.
    /// - Middleware can't ask a client of 2026-07-28, since only the tool's function can end the call with a question.
    /// - An answer doesn't prove that a person agreed, because an agent can answer without asking anybody. Protect
    ///   operations that can't be undone with a gate.
    ///
    /// # Errors
    /// [`AskError`]; with `?` it becomes a [`ToolError`] that names the missing capability. A struct with a `secret`
    /// field or a nested object doesn't compile.
    pub fn ask<T: Form + DeserializeOwned + Send + 'static>(&self, message: impl Into<String>) -> Ask<'_, T> {
        const { form::check(T::OBJECT) };
        let schema = form::schema(T::OBJECT);
        Ask::new(self, Ok(Question::form(T::KEY, &message.into(), schema)), form::read::<T>)
    }

    /// Asks the person to fill in a form with a schema that is known at run time only.
    ///
    /// `schema` is an object schema of MCP elicitation: `type`, `properties`, `required` and `$schema`. Each property
    /// is a string, number, integer, boolean, a choice (`enum`, `oneOf`) or a list of choices. Other keywords are
    /// refused, since a client may ignore them. The answer is validated against the schema and holds only its
    /// properties. Never ask for secrets.
    ///
    /// # Errors
    /// [`AskError`]; [`AskError::Invalid`] if `schema` isn't such a schema.
    pub fn ask_for(&self, schema: Value, message: impl Into<String>) -> Ask<'_, Value> {
        let question = match runtime_form::check(&schema) {
            Ok(()) => Ok(Question::form("answer", &message.into(), schema)),
            Err(reason) => Err(AskError::Invalid(reason)),
        };
        Ask::new(self, question, runtime_form::read)
    }

    /// Asks the person to open a page, such as one to sign in or to pay (MCP elicitation, URL mode).
    ///
    /// `Reply::Accepted` means that the person agreed to open the page, not that anything happened there. The page must
    /// verify that its visitor is the person who was asked, and the function must check the outcome. `url` is `https`,
    /// or `http` on this machine, and must hold neither secrets nor personal data.
    ///
    /// # Errors
    /// [`AskError`]; [`AskError::Invalid`] if `url` isn't such a URL.
    pub fn ask_to_open(&self, url: impl Into<String>, message: impl Into<String>) -> Ask<'_, ()> {
        let url = url.into();
        let question = question::check_url(&url).map(|()| Question::url(&url, &message.into()));
        Ask::new(self, question.map_err(AskError::Invalid), question::read_action)
    }

    /// Asks the client's model to complete a prompt (`sampling/createMessage`); the answer is its text.
    ///
    /// `max_tokens` limits the completion. The protocol has deprecated sampling (SEP-2577): in new tools call a model
    /// directly.
    pub fn sample(&self, prompt: impl Into<String>, max_tokens: u32) -> Ask<'_, String> {
        let message = json!({ "role": "user", "content": { "type": "text", "text": prompt.into() } });
        let params = json!({ "messages": [message], "maxTokens": max_tokens });
        Ask::new(self, Ok(Question::new(Capability::Sampling, "sample", params)), question::read_sample)
    }

    /// Asks the client for the URIs of the folders that it works in (`roots/list`).
    ///
    /// The protocol has deprecated roots (SEP-2577): in new tools take paths as arguments.
    pub fn roots(&self) -> Ask<'_, Vec<String>> {
        Ask::new(self, Ok(Question::new(Capability::Roots, "roots", json!({}))), question::read_roots)
    }

    /// Returns `true` if the client can show forms (`elicitation.form`).
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.asking().capabilities().has(Capability::Form)
    }

    /// Returns `true` if the client's model can be asked (`sampling`).
    #[must_use]
    pub fn can_sample(&self) -> bool {
        self.asking().capabilities().has(Capability::Sampling)
    }

    /// Returns `true` if the client can list its folders (`roots`).
    #[must_use]
    pub fn has_roots(&self) -> bool {
        self.asking().capabilities().has(Capability::Roots)
    }

    /// Takes the answers that the client sent with the call. The call's arguments must have been read.
    pub(crate) fn resume(&self) -> Result<(), StaleState> {
        self.asking().resume(self.facts(), self.sealer(), &self.services().used_states)
    }

    /// Returns the JSON members of the result that ends the call with its questions.
    pub(crate) fn input_required(&self) -> Result<String, ToolError> {
        self.asking().input_required(self.facts(), self.sealer())
    }
}
