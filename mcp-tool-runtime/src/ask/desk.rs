//! Where the questions of a task lie until the client has answered them (`tasks/update`).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::Question;

/// The questions of one task that wait for an answer.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    waiting: Mutex<BTreeMap<String, (Question, oneshot::Sender<Value>)>>,
}

impl Desk {
    /// Lays a question there; its answer comes by what is given.
    pub(super) fn lay(&self, question: Question) -> oneshot::Receiver<Value> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(question.key.clone(), (question, sender));
        receiver
    }

    /// Those that nobody answered yet and somebody waits for, as `InputRequests`.
    pub(crate) fn requests(&self) -> Map<String, Value> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (_, sender)| !sender.is_closed());
        waiting.iter().map(|(key, (question, _))| (key.clone(), question.request())).collect()
    }

    /// Hands answers on (`InputResponses`); what nobody asked for, or has been answered, is passed over.
    pub(crate) fn answer(&self, responses: Map<String, Value>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, response) in responses {
            if let Some((_, sender)) = waiting.remove(&key) {
                // Who asked may have gone on without it.
                drop(sender.send(response));
            }
        }
    }
}
