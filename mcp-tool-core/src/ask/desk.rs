//! What a task shows of itself while it runs: its questions, until the client has answered them (`tasks/update`), and
//! how far it has come.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::Question;

/// What one task shows.
#[derive(Debug, Default)]
pub(crate) struct TaskInbox {
    /// The questions that wait for an answer.
    waiting: Mutex<BTreeMap<String, (Question, oneshot::Sender<Value>)>>,
    shown: Mutex<Shown>,
}

#[derive(Debug, Default)]
struct Shown {
    /// The last report of progress.
    message: Option<String>,
    changed: Option<DateTime<Utc>>,
}

impl TaskInbox {
    /// Lays a question there; its answer comes by what is given.
    pub(super) fn lay(&self, question: Question) -> oneshot::Receiver<Value> {
        self.changes(|_| {});
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
                self.changes(|_| {});
            }
        }
    }

    /// Shows a report of progress (`statusMessage`).
    pub(super) fn say(&self, message: &str) {
        self.changes(|shown| shown.message = Some(message.to_owned()));
    }

    /// The last report of progress.
    pub(crate) fn says(&self) -> Option<String> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).message.clone()
    }

    /// When anything of it changed last.
    pub(crate) fn changed(&self) -> Option<DateTime<Utc>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).changed
    }

    fn changes(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut shown);
        shown.changed = Some(Utc::now());
    }
}
