//! The questions of one call, and how their answers come: by a result that asks and a call that answers (2026-07-28,
//! multi round-trip requests), by requests to the client, or by the desk of a task.
//!
//! What a client sends back comes from an attacker. So the state of a round is sealed to caller, tool, version,
//! contract and arguments, ends after ten minutes, and opens once; an answer counts for the very question that it was
//! given to, word for word.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Context,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::task::AtomicWaker;
use mcp_tool_contract::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use uuid::Uuid;

use super::{
    AskError, Capabilities, Client, PATIENCE, Question, Reply, TaskInbox, Unanswered, Waited, in_time,
};
use crate::{call::context::CallContext, error::ToolError};

/// How often a person is asked the same, while what comes back isn't an answer to it.
const TRIES: u32 = 3;
/// Questions of one call.
const MAX_QUESTIONS: u32 = 32;
/// Bytes of the answers that a state carries.
const MAX_STATE: usize = 32 << 10;

/// How a call asks, and what it asked.
#[derive(Default)]
pub struct Asking {
    means: Means,
    /// There are questions of this round: the call ends with them.
    asks: AtomicBool,
    /// The function runs: what asks before or after it, such as a layer, can't be begun anew.
    runs: AtomicBool,
    asked: AtomicWaker,
    held: Mutex<Held>,
    /// The arguments that answers hold for.
    arguments: OnceLock<Digest>,
    /// Once the call goes on as a task.
    desk: OnceLock<Arc<TaskInbox>>,
    waited: Waited,
}

#[derive(Default)]
enum Means {
    /// Nothing can be sent to this client while its call runs.
    #[default]
    Nobody,
    Rounds(Rounds),
    Client(Arc<dyn Client>),
}

/// A call of 2026-07-28: what its client can be asked, and what it sent back.
#[derive(Debug, Default)]
pub struct Rounds {
    pub(crate) can: Capabilities,
    pub(crate) presented: Option<Box<Presented>>,
}

/// What a client sent back with its call.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    /// `requestState`.
    pub(crate) state: Option<String>,
    /// `inputResponses`.
    pub(crate) responses: BTreeMap<String, Box<RawValue>>,
}

impl Presented {
    fn answer(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.responses.get(key)?.get()).ok()
    }
}

#[derive(Debug, Default)]
struct Held {
    /// The keys of the questions so far.
    keys: HashSet<String>,
    count: u32,
    /// Those of this round that have no answer.
    questions: Vec<Question>,
    known: BTreeMap<String, Known>,
    /// The call that asked first, if it wasn't this.
    first: Option<Uuid>,
}

/// What is sealed for the next round.
#[derive(Debug, Deserialize, Serialize)]
struct State {
    id: Uuid,
    /// The call that asked first.
    first: Uuid,
    /// When it ends, in seconds of the Unix time.
    ends: u64,
    /// What was asked: the digest of each question.
    asked: BTreeMap<String, String>,
    known: BTreeMap<String, Known>,
}

/// An answer that counts.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Known {
    /// The digest of its question.
    question: String,
    answer: Value,
    /// When it ends: with the round that it was given to, in whichever it is carried on.
    ends: u64,
}

/// Why a state isn't taken. A client is told no more than that it doesn't hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// It wasn't sealed here, or for another call.
    Foreign,
    Ended,
    Used,
}

impl Stale {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Stale::Foreign => "request_state_foreign",
            Stale::Ended => "request_state_ended",
            Stale::Used => "request_state_used",
        }
    }
}

impl Asking {
    pub fn rounds(rounds: Rounds) -> Self {
        Asking { means: Means::Rounds(rounds), ..Asking::default() }
    }

    pub fn client(client: Arc<dyn Client>) -> Self {
        Asking { means: Means::Client(client), ..Asking::default() }
    }

    /// What the client declared.
    pub fn capabilities(&self) -> Capabilities {
        match &self.means {
            Means::Nobody => Capabilities::default(),
            Means::Rounds(rounds) => rounds.can,
            Means::Client(client) => client.capabilities(),
        }
    }

    /// Answers hold for these arguments.
    pub(crate) fn bind(&self, arguments: Digest) {
        self.arguments.get_or_init(|| arguments);
    }

    /// Whether the call came with something that was given for an earlier one.
    pub(crate) fn is_resumed(&self) -> bool {
        self.presented().is_some()
    }

    fn presented(&self) -> Option<&Presented> {
        match &self.means {
            Means::Rounds(rounds) => rounds.presented.as_deref(),
            Means::Nobody | Means::Client(_) => None,
        }
    }

    /// Takes what the client sent back, once its arguments were read.
    pub fn resume(&self, cx: &CallContext) -> Result<(), Stale> {
        let Some(presented) = self.presented() else { return Ok(()) };
        let Some(sealed) = &presented.state else { return Ok(()) };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = cx.sealer().open(sealed, &self.binding(cx)).ok_or(Stale::Foreign)?;
        let State { id, first, ends, asked, known } =
            serde_json::from_slice(&opened).map_err(|_| Stale::Foreign)?;
        if ends <= now() {
            return Err(Stale::Ended);
        }
        cx.used().take(cx.caller(), id, ends)?;
        held.known = known.into_iter().filter(|(_, known)| known.ends > now()).collect();
        held.first = Some(first);
        for (key, question) in asked {
            if let Some(answer) = presented.answer(&key) {
                held.known.insert(key, Known { question, answer, ends });
            }
        }
        Ok(())
    }

    /// The call that asked first, where this one brings its answers.
    pub(crate) fn resumes(&self) -> Option<Uuid> {
        self.is_resumed().then(|| self.held.lock().unwrap_or_else(PoisonError::into_inner).first)?
    }

    /// Asks a question; what comes back and isn't an answer to it is asked for again.
    pub(super) async fn answered<T>(
        &self,
        cx: &CallContext,
        mut question: Question,
        read: fn(&Question, &Value) -> Result<Reply<T>, String>,
    ) -> Result<Reply<T>, AskError> {
        let needs = question.needs;
        if !self.capabilities().has(needs) {
            return Err(AskError::Unsupported { capability: needs.name() });
        }
        let base = question.key.clone();
        question.key = self.numbered(&base)?;
        if matches!(self.means, Means::Rounds(_)) {
            if let Some(answer) = self.known(&question) {
                match read(&question, &answer) {
                    Ok(reply) => return Ok(reply),
                    Err(reason) => question.again = Some(reason),
                }
            }
            if self.desk.get().is_none() {
                if !self.runs.load(Ordering::Acquire) {
                    let reason = "only a tool's own function asks, since it begins anew with the answer";
                    return Err(AskError::Refused(reason.to_owned()));
                }
                self.ask_with_the_result(question);
                // The function ends with its call; what it spawned is told so.
                cx.over().await;
                return Err(AskError::Gone);
            }
        }
        let _place = cx.waiting().take(cx.caller())?;
        let mut reason = String::new();
        for again in 0..TRIES {
            if again > 0 {
                question.key = self.numbered(&base)?;
            }
            let answer = {
                let _waiting = self.waited.begins();
                tokio::select! {
                    biased;
                    answer = in_time(self.fetched(&question)) => answer??,
                    () = cx.over() => return Err(AskError::Gone),
                }
            };
            match read(&question, &answer) {
                Ok(reply) => return Ok(reply),
                Err(wrong) => reason = wrong,
            }
            question.again = Some(reason.clone());
        }
        Err(AskError::Invalid(reason))
    }

    /// The answer to a question that is sent while the call waits.
    async fn fetched(&self, question: &Question) -> Result<Value, AskError> {
        if let Some(desk) = self.desk.get() {
            let answer = desk.lay(question.clone());
            return answer.await.map_err(|_| AskError::TimedOut);
        }
        let Means::Client(client) = &self.means else {
            return Err(AskError::Unsupported { capability: question.needs.name() });
        };
        let mut params = question.request()["params"].take();
        if params["mode"] == "url" {
            // What a page belonged to until 2025-11-25.
            params["elicitationId"] = Uuid::now_v7().to_string().into();
        }
        client.request(question.method(), params).await.map_err(|unanswered| match unanswered {
            Unanswered::Refused(reason) => AskError::Refused(reason),
            Unanswered::Gone => AskError::Gone,
        })
    }

    /// The key of one more question.
    fn numbered(&self, key: &str) -> Result<String, AskError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.count += 1;
        if held.count > MAX_QUESTIONS {
            return Err(AskError::Invalid(format!("a call asks at most {MAX_QUESTIONS} questions")));
        }
        // One that was given may look like the second of another.
        let spelled = |number: u32| if number == 1 { key.to_owned() } else { format!("{key}_{number}") };
        let free = (1..=MAX_QUESTIONS).map(spelled).find(|key| held.keys.insert(key.clone()));
        free.ok_or_else(|| AskError::Invalid(format!("a call asks at most {MAX_QUESTIONS} questions")))
    }

    /// An answer to this very question.
    fn known(&self, question: &Question) -> Option<Value> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.known.get(&question.key) {
            Some(known) if known.question == question.digest() => Some(known.answer.clone()),
            _ if question.stateless => self.presented()?.answer(&question.key),
            _ => None,
        }
    }

    fn ask_with_the_result(&self, question: Question) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.known.remove(&question.key);
        held.questions.push(question);
        self.asks.store(true, Ordering::Release);
        self.asked.wake();
    }

    /// The function runs until what is given is dropped.
    pub(crate) fn begins(&self) -> impl Drop + '_ {
        self.runs.store(true, Ordering::Release);
        Runs(&self.runs)
    }

    /// Whether the call has to end with its questions; who waits for it is woken, whoever asks.
    pub(crate) fn poll_asks(&self, waker: &Context<'_>) -> bool {
        // Where nothing can be asked so, nothing is waited for.
        let can_ask =
            matches!(self.means, Means::Rounds(Rounds { can, .. }) if can != Capabilities::default());
        if can_ask {
            self.asked.register(waker.waker());
        }
        can_ask && self.asks.load(Ordering::Acquire)
    }

    /// The members of a result that asks: `"inputRequests":{…}`, and the state, sealed, where answers need it.
    ///
    /// # Errors
    /// Where the answers so far are too large to be carried.
    pub(crate) fn round(&self, cx: &CallContext) -> Result<String, ToolError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let requests: Map<String, Value> =
            held.questions.iter().map(|question| (question.key.clone(), question.request())).collect();
        let mut members = format!(r#""inputRequests":{}"#, Value::Object(requests));
        if held.known.is_empty() && held.questions.iter().all(|question| question.stateless) {
            return Ok(members);
        }
        let state = State {
            id: Uuid::now_v7(),
            first: held.first.unwrap_or_else(|| cx.correlation_id()),
            ends: now() + PATIENCE.as_secs(),
            asked: held.questions.iter().map(|question| (question.key.clone(), question.digest())).collect(),
            known: held.known.clone(),
        };
        let state = serde_json::to_vec(&state).map_err(ToolError::internal)?;
        if state.len() > MAX_STATE {
            return Err(ToolError::refused(format!(
                "the answers to this call's questions are {} bytes, and at most {MAX_STATE} are carried to the next \
                 question: call again, and answer in fewer words",
                state.len()
            )));
        }
        let sealed = cx.sealer().seal(&state, &self.binding(cx));
        let sealed = sealed.ok_or_else(|| ToolError::internal("a state could not be sealed"))?;
        members.push_str(&format!(r#","requestState":"{sealed}""#));
        Ok(members)
    }

    /// What a state holds for.
    fn binding(&self, cx: &CallContext) -> Vec<u8> {
        let arguments = self.arguments.get().map(|digest| digest.to_string()).unwrap_or_default();
        cx.binding("ask", &[cx.stamp(), &arguments])
    }

    /// From now on questions wait at the desk of a task.
    pub(crate) fn sit_down(&self, desk: Arc<TaskInbox>) {
        self.desk.get_or_init(|| desk);
    }

    /// Says how far the call has come, where it goes on as a task.
    pub(crate) fn say(&self, message: &str) {
        if let Some(desk) = self.desk.get().filter(|_| !message.is_empty()) {
            desk.say(message);
        }
    }

    /// Whether somebody's answer is waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waited.is_now()
    }

    /// How long answers were waited for.
    pub(crate) fn waited(&self) -> Duration {
        self.waited.so_far()
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let by = match self.means {
            Means::Nobody => "nobody",
            Means::Rounds(_) => "rounds",
            Means::Client(_) => "the client",
        };
        write!(f, "Asking({by})")
    }
}

struct Runs<'a>(&'a AtomicBool);

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The time, in seconds of the Unix time.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_the_answers_in_them_end() {
        let cx = CallContext::for_test();
        let resumed = |ends: u64| {
            let known = |ends| Known { question: String::new(), answer: Value::Null, ends };
            let state = State {
                id: Uuid::now_v7(),
                first: Uuid::now_v7(),
                ends,
                asked: BTreeMap::new(),
                known: BTreeMap::from([
                    ("old".to_owned(), known(now())),
                    ("new".to_owned(), known(now() + 600)),
                ]),
            };
            let state = serde_json::to_vec(&state).unwrap();
            let state = cx.sealer().seal(&state, &Asking::default().binding(&cx));
            let presented = Some(Box::new(Presented { state, responses: BTreeMap::new() }));
            let asking = Asking::rounds(Rounds { can: Capabilities::default(), presented });
            asking.resume(&cx).map(|()| asking.held.lock().unwrap().known.keys().cloned().collect::<Vec<_>>())
        };
        assert_eq!(resumed(now() + 600), Ok(vec!["new".to_owned()]));
        assert_eq!(resumed(now()), Err(Stale::Ended));
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_function_that_runs_ends_its_call_with_a_question() {
        let cx = CallContext::for_test();
        let can = Capabilities::parse(r#"{"elicitation":{}}"#);
        let asking = Asking::rounds(Rounds { can, presented: None });
        let ask = async || {
            let question = Question::form("a", "?", Value::Null);
            in_time(asking.answered(&cx, question, |_, _| Ok(Reply::Accepted(())))).await?
        };
        assert!(matches!(ask().await, Err(AskError::Refused(reason)) if reason.contains("own function")));
        let running = asking.begins();
        // Its call has ended for whoever still waits.
        cx.cancel();
        assert_eq!(ask().await, Err(AskError::Gone));
        drop(running);
        assert!(matches!(ask().await, Err(AskError::Refused(_))));
    }

    #[test]
    fn an_answer_counts_for_its_question_word_for_word() {
        let asking = Asking::default();
        let question = Question::form("a", "Delete one?", Value::Null);
        let known = Known { question: question.digest(), answer: Value::Bool(true), ends: now() + 600 };
        asking.held.lock().unwrap().known.insert("a".to_owned(), known);
        assert_eq!(asking.known(&question), Some(Value::Bool(true)));
        assert_eq!(asking.known(&Question::form("a", "Delete all?", Value::Null)), None);
        assert_eq!(asking.known(&Question::form("b", "Delete one?", Value::Null)), None);
    }

    #[test]
    fn questions_have_keys_of_their_own() {
        let asking = Asking::default();
        let keys: Vec<String> =
            ["a_2", "a", "a", "a"].iter().map(|key| asking.numbered(key).unwrap()).collect();
        assert_eq!(keys, ["a_2", "a", "a_3", "a_4"]);
    }
}
