//! Delivery of a call's questions: with the call's result, as a request to the client, or in a task's inbox.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::Context,
    time::Duration,
};

use futures_util::task::AtomicWaker;
use mcp_tool_contract::digest::Digest;
use serde_json::Value;
use uuid::Uuid;

use super::{
    AskError, Capabilities, Client, PresentedAnswers, Reply, StaleState, TaskInbox, Unanswered, UsedStates,
    WaitLimit,
    question::{Question, ReadAnswer},
    question_log::QuestionLog,
    reply::{ANSWER_TIMEOUT, in_time},
    round_state::{RoundState, unix_now},
    wait_time::WaitTime,
};
use crate::{call::facts::CallFacts, error::ToolError, seal::Sealer, sync};

/// Maximum number of times that one question is asked while its answers are malformed.
const MAX_ATTEMPTS: u32 = 3;

/// The questions of one call, and the channel by which they are asked.
#[derive(Default)]
pub struct Asking {
    channel: AskChannel,
    /// True once the call has questions that it must end with.
    has_questions: AtomicBool,
    /// True while the tool's function runs. Only the function may end the call with a question, middleware may not.
    is_function_running: AtomicBool,
    waker: AtomicWaker,
    log: Mutex<QuestionLog>,
    /// Digest of the arguments that answers are valid for.
    arguments: OnceLock<Digest>,
    /// Inbox of the task, once the call continues as a task.
    inbox: OnceLock<Arc<TaskInbox>>,
    wait_time: WaitTime,
}

#[derive(Default)]
enum AskChannel {
    /// The client can't be asked.
    #[default]
    None,
    /// The call ends with its questions, and the client calls again with the answers.
    Rounds(Rounds),
    /// Questions are sent to the client as requests while the call waits.
    Client(Arc<dyn Client>),
}

/// The client's capabilities and the answers that it sent, for a call of 2026-07-28.
#[derive(Debug, Default)]
pub struct Rounds {
    pub(crate) capabilities: Capabilities,
    pub(crate) presented: Option<Box<PresentedAnswers>>,
}

impl Asking {
    /// Returns an `Asking` that asks with the call's result (2026-07-28).
    pub fn rounds(rounds: Rounds) -> Self {
        Asking { channel: AskChannel::Rounds(rounds), ..Asking::default() }
    }

    /// Returns an `Asking` that asks by requests to the client (2025-11-25, stdio and sessions).
    pub fn client(client: Arc<dyn Client>) -> Self {
        Asking { channel: AskChannel::Client(client), ..Asking::default() }
    }

    /// The capabilities that the client declared.
    pub fn capabilities(&self) -> Capabilities {
        match &self.channel {
            AskChannel::None => Capabilities::default(),
            AskChannel::Rounds(rounds) => rounds.capabilities,
            AskChannel::Client(client) => client.capabilities(),
        }
    }

    /// Makes answers valid for these arguments only.
    pub(crate) fn bind_arguments(&self, arguments: Digest) {
        self.arguments.get_or_init(|| arguments);
    }

    /// Returns `true` if the call came with answers, or with a `requestState`.
    pub(crate) fn is_resumed(&self) -> bool {
        self.presented().is_some()
    }

    fn presented(&self) -> Option<&PresentedAnswers> {
        match &self.channel {
            AskChannel::Rounds(rounds) => rounds.presented.as_deref(),
            AskChannel::None | AskChannel::Client(_) => None,
        }
    }

    fn log(&self) -> MutexGuard<'_, QuestionLog> {
        sync::lock(&self.log)
    }

    /// Takes the answers that the client sent. [`bind_arguments`](Self::bind_arguments) must have been called.
    pub(super) fn resume(
        &self,
        facts: &CallFacts,
        sealer: &Sealer,
        used: &UsedStates,
    ) -> Result<(), StaleState> {
        let Some(presented) = self.presented() else { return Ok(()) };
        let Some(sealed) = &presented.state else { return Ok(()) };
        let state = RoundState::open(sealed, sealer, &self.binding(facts))?;
        used.insert(&facts.caller, state.id, state.expires)?;
        self.log().resume(state, presented);
        Ok(())
    }

    /// Correlation id of the first call that asked, if this call brings answers to its questions.
    pub(crate) fn first_call(&self) -> Option<Uuid> {
        self.is_resumed().then(|| self.log().first_call)?
    }

    /// Asks a question, and asks it again if the answer is malformed.
    pub(super) async fn ask<T>(
        &self,
        mut question: Question,
        read: ReadAnswer<T>,
        facts: &CallFacts,
        wait_limit: &WaitLimit,
    ) -> Result<Reply<T>, AskError> {
        let needs = question.needs;
        if !self.capabilities().has(needs) {
            return Err(AskError::Unsupported { capability: needs.name() });
        }
        let base_key = question.key.clone();
        question.key = self.log().unique_key(&base_key)?;
        if matches!(self.channel, AskChannel::Rounds(_)) {
            let received = self.log().answer(&question, self.presented());
            if let Some(answer) = received {
                match read(&question, &answer) {
                    Ok(reply) => return Ok(reply),
                    Err(reason) => question.last_error = Some(reason),
                }
            }
            if self.inbox.get().is_none() {
                if !self.is_function_running.load(Ordering::Acquire) {
                    let reason = "only a tool's own function can ask, since it starts again with the answer";
                    return Err(AskError::Refused(reason.to_owned()));
                }
                self.end_call_with(question);
                // The function's future is dropped with its call. A task that the function spawned gets an error then.
                facts.cancellation.cancelled().await;
                return Err(AskError::Gone);
            }
        }
        let _permit = wait_limit.acquire(&facts.caller)?;
        let mut reason = String::new();
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                question.key = self.log().unique_key(&base_key)?;
            }
            let answer = {
                let _waiting = self.wait_time.start();
                tokio::select! {
                    biased;
                    answer = in_time(self.fetch_answer(&question)) => answer??,
                    () = facts.cancellation.cancelled() => return Err(AskError::Gone),
                }
            };
            match read(&question, &answer) {
                Ok(reply) => return Ok(reply),
                Err(error) => reason = error,
            }
            question.last_error = Some(reason.clone());
        }
        Err(AskError::Invalid(reason))
    }

    /// Sends a question while the call waits, and returns its answer.
    async fn fetch_answer(&self, question: &Question) -> Result<Value, AskError> {
        if let Some(inbox) = self.inbox.get() {
            let answer = inbox.ask(question.clone());
            return answer.await.map_err(|_| AskError::TimedOut);
        }
        let AskChannel::Client(client) = &self.channel else {
            return Err(AskError::Unsupported { capability: question.needs.name() });
        };
        let mut params = question.request()["params"].take();
        if params["mode"] == "url" {
            // `elicitationId` is required up to 2025-11-25.
            params["elicitationId"] = Uuid::now_v7().to_string().into();
        }
        client.request(question.method(), params).await.map_err(|unanswered| match unanswered {
            Unanswered::Refused(reason) => AskError::Refused(reason),
            Unanswered::Gone => AskError::Gone,
        })
    }

    fn end_call_with(&self, question: Question) {
        self.log().open(question);
        self.has_questions.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Marks the tool's function as running until the guard is dropped.
    pub(crate) fn start_function(&self) -> impl Drop + '_ {
        self.is_function_running.store(true, Ordering::Release);
        FunctionGuard(&self.is_function_running)
    }

    /// Returns `true` if the call has to end with its questions. Otherwise, wakes the task of `cx` once it has to.
    pub(crate) fn poll_questions(&self, cx: &Context<'_>) -> bool {
        // A client without capabilities is never asked, so its calls need no waker.
        let can_ask = matches!(
            self.channel,
            AskChannel::Rounds(Rounds { capabilities, .. }) if capabilities != Capabilities::default()
        );
        if can_ask {
            self.waker.register(cx.waker());
        }
        can_ask && self.has_questions.load(Ordering::Acquire)
    }

    /// Members of an `InputRequiredResult`: `"inputRequests":{…}`, and the sealed `requestState` if answers need it.
    ///
    /// # Errors
    /// If the answers so far are too large for the state.
    pub(super) fn input_required(&self, facts: &CallFacts, sealer: &Sealer) -> Result<String, ToolError> {
        let log = self.log();
        let mut members = format!(r#""inputRequests":{}"#, Value::Object(log.requests()));
        if let Some(state) = log.next_round(facts.correlation, unix_now() + ANSWER_TIMEOUT.as_secs()) {
            let sealed = state.seal(sealer, &self.binding(facts))?;
            members.push_str(&format!(r#","requestState":"{sealed}""#));
        }
        Ok(members)
    }

    /// Associated data of a sealed state: caller, tool, version, contract and arguments.
    fn binding(&self, facts: &CallFacts) -> Vec<u8> {
        let arguments = self.arguments.get().map(|digest| digest.to_string()).unwrap_or_default();
        facts.binding("ask", &[facts.contract_digest(), &arguments])
    }

    /// Moves later questions and progress messages to the inbox of a task.
    pub(crate) fn continue_as_task(&self, inbox: Arc<TaskInbox>) {
        self.inbox.get_or_init(|| inbox);
    }

    /// Sets the `statusMessage` of the task, if the call continues as one.
    pub(crate) fn set_task_message(&self, message: &str) {
        if let Some(inbox) = self.inbox.get().filter(|_| !message.is_empty()) {
            inbox.set_message(message);
        }
    }

    /// Returns `true` while an answer is awaited.
    pub(crate) fn is_waiting(&self) -> bool {
        self.wait_time.is_running()
    }

    /// Total time that the call waited for answers.
    pub(crate) fn waited(&self) -> Duration {
        self.wait_time.total()
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let channel = match self.channel {
            AskChannel::None => "none",
            AskChannel::Rounds(_) => "rounds",
            AskChannel::Client(_) => "client",
        };
        write!(f, "Asking({channel})")
    }
}

struct FunctionGuard<'a>(&'a AtomicBool);

impl Drop for FunctionGuard<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::call::context::CallContext;

    #[test]
    fn expired_state_is_refused() {
        let cx = CallContext::for_test();
        let resume = |expires: u64| {
            let state = RoundState {
                id: Uuid::now_v7(),
                first_call: Uuid::now_v7(),
                expires,
                questions: BTreeMap::new(),
                answers: BTreeMap::new(),
            };
            let sealed = state.seal(cx.sealer(), &Asking::default().binding(cx.facts())).unwrap();
            let presented = PresentedAnswers { state: Some(sealed), responses: BTreeMap::new() };
            let asking = Asking::rounds(Rounds {
                capabilities: Capabilities::default(),
                presented: Some(Box::new(presented)),
            });
            asking.resume(cx.facts(), cx.sealer(), &cx.services().used_states)
        };
        assert_eq!(resume(unix_now() + 600), Ok(()));
        assert_eq!(resume(unix_now()), Err(StaleState::Expired));
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_running_function_ends_its_call_with_a_question() {
        let cx = CallContext::for_test();
        let capabilities = Capabilities::parse(r#"{"elicitation":{}}"#);
        let asking = Asking::rounds(Rounds { capabilities, presented: None });
        let ask = async || {
            let question = Question::form("a", "?", Value::Null);
            let read: ReadAnswer<()> = |_, _| Ok(Reply::Accepted(()));
            in_time(asking.ask(question, read, cx.facts(), &cx.services().wait_limit)).await?
        };
        assert!(matches!(ask().await, Err(AskError::Refused(reason)) if reason.contains("own function")));
        let running = asking.start_function();
        cx.cancel();
        assert_eq!(ask().await, Err(AskError::Gone), "the call has ended");
        drop(running);
        assert!(matches!(ask().await, Err(AskError::Refused(_))));
    }
}
