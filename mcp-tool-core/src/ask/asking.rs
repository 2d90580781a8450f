//! Delivery of a call's questions: in the call's result, as requests to the client, or in the inbox
//! of an MCP task.
//!
//! In a round, a call of a client of 2026-07-28 ends with questions, and the client repeats the
//! call with the answers.

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
    AskError, Capabilities, Client, InputAnswers, Reply, StaleState, TaskInbox, Unanswered, UsedStates,
    WaitLimit,
    question::{Question, ReadAnswer},
    question_log::QuestionLog,
    reply::{ANSWER_TIMEOUT, in_time},
    round_state::{RoundState, unix_now},
    wait_time::WaitTime,
};
use crate::{call::facts::CallFacts, error::ToolError, seal::Sealer, sync};

/// Maximum number of attempts for one question of a call that waits for the answer. Each malformed
/// answer causes the next attempt.
const MAX_ATTEMPTS: u32 = 3;

/// The questions of one call, and the channel by which they are asked.
#[derive(Default)]
pub struct Asking {
    channel: AskChannel,
    /// True once the call has open questions, with which it must end.
    has_questions: AtomicBool,
    /// True while the tool's function runs. Only the function can end the call with a question; middleware can't.
    is_function_running: AtomicBool,
    /// Wakes the tokio task that runs the function, once `has_questions` is set.
    waker: AtomicWaker,
    /// The questions that the call has asked so far, and the answers that the client sent.
    log: Mutex<QuestionLog>,
    /// Digest of the call's arguments. The encrypted `requestState` is bound to it.
    arguments: OnceLock<Digest>,
    /// Inbox of the MCP task, once the call continues as a task.
    inbox: OnceLock<Arc<TaskInbox>>,
    /// Time for which the call has waited for answers. The call's deadline is extended by this time.
    wait_time: WaitTime,
}

#[derive(Default)]
enum AskChannel {
    /// The client can't receive questions.
    #[default]
    None,
    /// The call ends with its questions, and the client repeats the call with the answers (2026-07-28).
    Rounds(Rounds),
    /// Questions are sent to the client as requests while the call waits (2025-11-25 and before).
    Client(Arc<dyn Client>),
}

/// For a call of 2026-07-28: the capabilities that the client declared, and the answers that it sent.
#[derive(Debug, Default)]
pub struct Rounds {
    pub(crate) capabilities: Capabilities,
    /// The answers and the `requestState` of the call's parameters; `None` if the client sent neither.
    pub(crate) answers: Option<Box<InputAnswers>>,
}

impl Asking {
    /// Returns an `Asking` that asks in the call's result (2026-07-28).
    pub fn rounds(rounds: Rounds) -> Self {
        Asking { channel: AskChannel::Rounds(rounds), ..Asking::default() }
    }

    /// Returns an `Asking` that sends requests to the client (stdio and HTTP sessions, up to 2025-11-25).
    pub fn client(client: Arc<dyn Client>) -> Self {
        Asking { channel: AskChannel::Client(client), ..Asking::default() }
    }

    /// Returns the capabilities that the client declared.
    pub fn capabilities(&self) -> Capabilities {
        match &self.channel {
            AskChannel::None => Capabilities::default(),
            AskChannel::Rounds(rounds) => rounds.capabilities,
            AskChannel::Client(client) => client.capabilities(),
        }
    }

    /// Sets the digest of the call's arguments, to which the `requestState` is bound. Only the
    /// first call of this method has an effect.
    pub(crate) fn bind_arguments(&self, arguments: Digest) {
        self.arguments.get_or_init(|| arguments);
    }

    /// Returns `true` if the call came with answers, or with a `requestState`.
    pub(crate) fn is_resumed(&self) -> bool {
        self.answers().is_some()
    }

    fn answers(&self) -> Option<&InputAnswers> {
        match &self.channel {
            AskChannel::Rounds(rounds) => rounds.answers.as_deref(),
            AskChannel::None | AskChannel::Client(_) => None,
        }
    }

    fn log(&self) -> MutexGuard<'_, QuestionLog> {
        sync::lock(&self.log)
    }

    /// Decrypts the `requestState` that the client sent, and adds it to the `used` states. Stores the
    /// answers of earlier rounds that the state contains, and the client's new answers. Does nothing
    /// if the client sent no state. [`bind_arguments`](Self::bind_arguments) must be called before.
    ///
    /// # Errors
    /// The reason why the state can't be used.
    pub(super) fn resume(
        &self,
        facts: &CallFacts,
        sealer: &Sealer,
        used: &UsedStates,
    ) -> Result<(), StaleState> {
        let Some(answers) = self.answers() else { return Ok(()) };
        let Some(sealed) = &answers.state else { return Ok(()) };
        let state = RoundState::open(sealed, sealer, &self.binding(facts))?;
        used.insert(&facts.caller, state.id, state.expires)?;
        self.log().resume(state, answers);
        Ok(())
    }

    /// Returns the correlation id of the first round's call; `None` if [`resume`](Self::resume)
    /// hasn't decrypted a state.
    pub(crate) fn first_call(&self) -> Option<Uuid> {
        self.is_resumed().then(|| self.log().first_call)?
    }

    /// Asks a question and returns the reply. If the answer is malformed, asks again. A call that
    /// waits for the answer asks up to [`MAX_ATTEMPTS`] times in total; any other call asks again
    /// in the next round.
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
            let received = self.log().answer(&question, self.answers());
            if let Some(answer) = received {
                match read(&question, &answer) {
                    Ok(reply) => return Ok(reply),
                    Err(reason) => question.last_error = Some(reason),
                }
            }
            if self.inbox.get().is_none() {
                if !self.is_function_running.load(Ordering::Acquire) {
                    let reason = "this client can't be asked here: only the tool's own function can end the call with a question";
                    return Err(AskError::Refused(reason.to_owned()));
                }
                self.end_call_with(question);
                // The end of the call drops the function's future, so only a tokio task that the
                // function spawned gets this error.
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

    /// Sends a question through the MCP task's inbox or as a request to the client, and awaits the
    /// answer.
    async fn fetch_answer(&self, question: &Question) -> Result<Value, AskError> {
        if let Some(inbox) = self.inbox.get() {
            let answer = inbox.ask(question.clone());
            // Never fails: the inbox keeps the sender of the answer while the answer is awaited.
            return answer.await.map_err(|_| AskError::TimedOut);
        }
        // `ask` has already returned if the channel is another one.
        let AskChannel::Client(client) = &self.channel else {
            return Err(AskError::Unsupported { capability: question.needs.name() });
        };
        let mut params = question.request()["params"].take();
        if params["mode"] == "url" {
            // Up to 2025-11-25, a URL question must have an `elicitationId`.
            params["elicitationId"] = Uuid::now_v7().to_string().into();
        }
        client.request(question.method(), params).await.map_err(|unanswered| match unanswered {
            Unanswered::Refused(reason) => AskError::Refused(reason),
            Unanswered::Gone => AskError::Gone,
        })
    }

    /// Adds an open question and wakes the tokio task that runs the function. That task then ends
    /// the call.
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

    /// Returns `true` if the call must end with its open questions. Otherwise, registers the tokio
    /// task of `cx` to be woken once there are open questions.
    pub(crate) fn poll_questions(&self, cx: &Context<'_>) -> bool {
        // Only a call in rounds ends with questions. A client without capabilities is never asked, so
        // its calls need no waker.
        let can_ask = matches!(
            self.channel,
            AskChannel::Rounds(Rounds { capabilities, .. }) if capabilities != Capabilities::default()
        );
        if can_ask {
            self.waker.register(cx.waker());
        }
        can_ask && self.has_questions.load(Ordering::Acquire)
    }

    /// Returns the members of an `InputRequiredResult`: `"inputRequests":{…}`, and the encrypted
    /// `requestState` if the client must send it back with its answers.
    ///
    /// # Errors
    /// If the answers so far are too large for the state, or the state can't be encrypted.
    pub(super) fn input_required(&self, facts: &CallFacts, sealer: &Sealer) -> Result<String, ToolError> {
        let log = self.log();
        let mut members = format!(r#""inputRequests":{}"#, Value::Object(log.requests()));
        if let Some(state) = log.next_round(facts.correlation, unix_now() + ANSWER_TIMEOUT.as_secs()) {
            let sealed = state.seal(sealer, &self.binding(facts))?;
            members.push_str(&format!(r#","requestState":"{sealed}""#));
        }
        Ok(members)
    }

    /// Returns the associated data with which the state is encrypted: caller, tool, version,
    /// contract and arguments.
    fn binding(&self, facts: &CallFacts) -> Vec<u8> {
        let arguments = self.arguments.get().map(|digest| digest.to_string()).unwrap_or_default();
        facts.binding("ask", &[facts.contract_digest(), &arguments])
    }

    /// Sends the call's further questions and progress messages to the inbox of an MCP task. Only
    /// the first call of this method has an effect.
    pub(crate) fn continue_as_task(&self, inbox: Arc<TaskInbox>) {
        self.inbox.get_or_init(|| inbox);
    }

    /// Sets the `statusMessage` of the MCP task, if the call continues as a task and `message`
    /// isn't empty.
    pub(crate) fn set_task_message(&self, message: &str) {
        if let Some(inbox) = self.inbox.get().filter(|_| !message.is_empty()) {
            inbox.set_message(message);
        }
    }

    /// Returns `true` while the call waits for an answer.
    pub(crate) fn is_waiting(&self) -> bool {
        self.wait_time.is_running()
    }

    /// Returns the total time that the call has waited for answers until now.
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

/// Marks the tool's function as not running when dropped.
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
    fn state_is_accepted_until_it_expires() {
        let cx = CallContext::for_test();
        // Seals a state for the call of `cx`, and sends it back with a repeated call.
        let resume = |expires: u64| {
            let state = RoundState {
                id: Uuid::now_v7(),
                first_call: Uuid::now_v7(),
                expires,
                questions: BTreeMap::new(),
                answers: BTreeMap::new(),
            };
            let sealed = state.seal(cx.sealer(), &Asking::default().binding(cx.facts())).unwrap();
            let answers = InputAnswers { state: Some(sealed), responses: BTreeMap::new() };
            let asking = Asking::rounds(Rounds {
                capabilities: Capabilities::default(),
                answers: Some(Box::new(answers)),
            });
            asking.resume(cx.facts(), cx.sealer(), &cx.services().used_states)
        };
        assert_eq!(resume(unix_now() + 600), Ok(()));
        assert_eq!(resume(unix_now()), Err(StaleState::Expired));
    }

    #[tokio::test(start_paused = true)]
    async fn question_is_refused_unless_the_function_runs() {
        let cx = CallContext::for_test();
        // An empty `elicitation` declares that the client can show forms.
        let capabilities = Capabilities::parse(r#"{"elicitation":{}}"#);
        let asking = Asking::rounds(Rounds { capabilities, answers: None });
        let ask = async || {
            let question = Question::form("a", "?", Value::Null);
            let read: ReadAnswer<()> = |_, _| Ok(Reply::Accepted(()));
            in_time(asking.ask(question, read, cx.facts(), &cx.services().wait_limit)).await?
        };
        assert!(matches!(ask().await, Err(AskError::Refused(reason)) if reason.contains("own function")));
        let running = asking.start_function();
        // A question of a running function waits until the call ends.
        cx.cancel();
        assert_eq!(ask().await, Err(AskError::Gone), "a question of a cancelled call must fail");
        drop(running);
        assert!(matches!(ask().await, Err(AskError::Refused(_))));
    }
}
