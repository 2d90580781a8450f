//! The questions of one call, and the answers that the client sent with the call.
//!
//! In a round, a call of a client of 2026-07-28 ends with questions and an encrypted state
//! (`requestState`). The client repeats the call with the answers and the state, and the function asks
//! the same questions again.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    AskError, InputAnswers,
    question::Question,
    round_state::{AcceptedAnswer, RoundState, unix_now},
};

/// Maximum number of questions of one call. A question that is asked again counts again.
const MAX_QUESTIONS: u32 = 32;

/// The questions that a call has asked so far, and the answers that the client sent with the call.
#[derive(Debug, Default)]
pub(super) struct QuestionLog {
    /// Keys of all questions that the call has asked.
    keys: HashSet<String>,
    /// Number of questions that the call has asked. A question that is asked again counts again.
    count: u32,
    /// Unanswered questions that the call will end with.
    open: Vec<Question>,
    /// Answers of this round and of earlier rounds, by key.
    answers: BTreeMap<String, AcceptedAnswer>,
    /// Correlation id of the call of the first round, if the client sent a state.
    pub(super) first_call: Option<Uuid>,
}

impl QuestionLog {
    /// Stores the answers of earlier rounds in `state` that haven't expired, and the client's new
    /// answers to the questions in `state`.
    pub(super) fn resume(&mut self, state: RoundState, input: &InputAnswers) {
        let RoundState { first_call, expires, questions, answers, .. } = state;
        let now = unix_now();
        self.answers = answers.into_iter().filter(|(_, answer)| answer.expires > now).collect();
        self.first_call = Some(first_call);
        for (key, question) in questions {
            if let Some(answer) = input.answer(&key) {
                self.answers.insert(key, AcceptedAnswer { question, answer, expires });
            }
        }
    }

    /// Returns a unique key for one more question: `key`, or else `key_2`, `key_3` and so on.
    ///
    /// # Errors
    /// [`AskError::Invalid`] if the call has already asked [`MAX_QUESTIONS`] questions.
    pub(super) fn unique_key(&mut self, key: &str) -> Result<String, AskError> {
        let too_many = || AskError::Invalid(format!("a call asks at most {MAX_QUESTIONS} questions"));
        self.count += 1;
        if self.count > MAX_QUESTIONS {
            return Err(too_many());
        }
        // An application may have set `key_2` as a key of its own, so the numbers are tried in
        // turn.
        let spelled = |number: u32| if number == 1 { key.to_owned() } else { format!("{key}_{number}") };
        let unused = (1..=MAX_QUESTIONS).map(spelled).find(|key| self.keys.insert(key.clone()));
        unused.ok_or_else(too_many)
    }

    /// Returns the stored answer whose key and question digest are those of `question`. The digests
    /// differ if the question is now worded differently from the question that was answered. If
    /// there is no such answer and the question is stateless, returns the answer that the client sent
    /// under the key with this call.
    pub(super) fn answer(&self, question: &Question, answers: Option<&InputAnswers>) -> Option<Value> {
        match self.answers.get(&question.key) {
            Some(accepted) if accepted.question == question.digest() => Some(accepted.answer.clone()),
            _ if question.stateless => answers?.answer(&question.key),
            _ => None,
        }
    }

    /// Adds a question that the call will end with. Removes an earlier answer with the same key: it
    /// was malformed, or for a question with different wording.
    pub(super) fn open(&mut self, question: Question) {
        self.answers.remove(&question.key);
        self.open.push(question);
    }

    /// Returns the open questions as `InputRequests`.
    pub(super) fn requests(&self) -> Map<String, Value> {
        self.open.iter().map(|question| (question.key.clone(), question.request())).collect()
    }

    /// Returns the state that the client must send with its answers. `None` if all open questions
    /// are stateless and there are no earlier answers to keep. `call` is the correlation id of this
    /// call, and `expires` is a Unix time in seconds.
    pub(super) fn next_round(&self, call: Uuid, expires: u64) -> Option<RoundState> {
        if self.answers.is_empty() && self.open.iter().all(|question| question.stateless) {
            return None;
        }
        Some(RoundState {
            id: Uuid::now_v7(),
            first_call: self.first_call.unwrap_or(call),
            expires,
            questions: self.open.iter().map(|question| (question.key.clone(), question.digest())).collect(),
            answers: self.answers.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expired_answers_in_a_state_are_dropped() {
        let now = unix_now();
        let answer = |expires| AcceptedAnswer { question: String::new(), answer: Value::Null, expires };
        let state = RoundState {
            id: Uuid::now_v7(),
            first_call: Uuid::now_v7(),
            expires: now + 600,
            questions: BTreeMap::new(),
            answers: BTreeMap::from([("old".to_owned(), answer(now)), ("new".to_owned(), answer(now + 600))]),
        };
        let mut log = QuestionLog::default();
        log.resume(state, &InputAnswers::default());
        assert_eq!(log.answers.into_keys().collect::<Vec<_>>(), ["new"]);
    }

    #[test]
    fn answer_is_returned_only_for_its_own_key_and_wording() {
        let mut log = QuestionLog::default();
        let question = Question::form("a", "Delete one?", Value::Null);
        let answer = AcceptedAnswer {
            question: question.digest(),
            answer: Value::Bool(true),
            expires: unix_now() + 600,
        };
        log.answers.insert("a".to_owned(), answer);
        assert_eq!(log.answer(&question, None), Some(Value::Bool(true)));
        assert_eq!(log.answer(&Question::form("a", "Delete all?", Value::Null), None), None);
        assert_eq!(log.answer(&Question::form("b", "Delete one?", Value::Null), None), None);
    }

    #[test]
    fn repeated_key_gets_the_next_unused_number() {
        let mut log = QuestionLog::default();
        let keys: Vec<String> =
            ["a_2", "a", "a", "a"].iter().map(|key| log.unique_key(key).unwrap()).collect();
        assert_eq!(keys, ["a_2", "a", "a_3", "a_4"]);
    }
}
