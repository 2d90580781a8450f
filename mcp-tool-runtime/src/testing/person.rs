//! The simulated client of a [`TestServer`](super::TestServer), which answers questions for a person.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use mcp_tool_core::ask::{Capabilities, Client, Reply, TASKS, Unanswered};
use serde_json::{Value, json};

/// Simulated client, which answers questions for the person behind the call. By default it contains `None`: the client
/// doesn't declare elicitation, so it can't be asked. It always supports tasks, so that tools with `task(required)`
/// accept its calls.
#[derive(Clone, Default)]
pub(super) struct Person(Option<Arc<Answers>>);

/// Function from the parameters of `elicitation/create` to the person's reply.
type Answers = dyn Fn(&Value) -> Reply<Value> + Send + Sync;

impl Person {
    /// Returns a client that answers each question with the reply of `answer`.
    pub(super) fn answering(answer: impl Fn(&Value) -> Reply<Value> + Send + Sync + 'static) -> Self {
        Person(Some(Arc::new(answer)))
    }
}

impl Client for Person {
    fn capabilities(&self) -> Capabilities {
        let tasks = json!({ TASKS: {} });
        let declared = match self.0 {
            Some(_) => json!({ "elicitation": { "form": {}, "url": {} }, "extensions": tasks }),
            None => json!({ "extensions": tasks }),
        };
        Capabilities::parse(&declared.to_string())
    }

    // The method is always `elicitation/create`, because the client declares no sampling and no roots.
    fn request(&self, _: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>> {
        let answer = self.0.as_ref().map(|answer| match answer(&params) {
            Reply::Accepted(content) => json!({ "action": "accept", "content": content }),
            Reply::Declined => json!({ "action": "decline" }),
            Reply::Cancelled => json!({ "action": "cancel" }),
        });
        Box::pin(std::future::ready(answer.ok_or(Unanswered::Gone)))
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "answers" } else { "can't be asked" })
    }
}
