//! Questions and status of a running task, as `tasks/get` shows them.

use std::{collections::BTreeMap, sync::Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::question::Question;
use crate::sync;

/// Questions of one task, until the client answers them (`tasks/update`), and its last progress message.
#[derive(Debug, Default)]
pub(crate) struct TaskInbox {
    /// Unanswered questions, by key.
    open: Mutex<BTreeMap<String, (Question, oneshot::Sender<Value>)>>,
    status: Mutex<TaskStatus>,
}

#[derive(Debug, Default)]
struct TaskStatus {
    message: Option<String>,
    updated: Option<DateTime<Utc>>,
}

impl TaskInbox {
    /// Adds a question; its answer arrives through the receiver.
    pub(super) fn ask(&self, question: Question) -> oneshot::Receiver<Value> {
        self.update(|_| {});
        let (sender, receiver) = oneshot::channel();
        let mut open = sync::lock(&self.open);
        open.insert(question.key.clone(), (question, sender));
        receiver
    }

    /// Returns the unanswered questions as `InputRequests`, without those that the function no longer awaits.
    pub(crate) fn requests(&self) -> Map<String, Value> {
        let mut open = sync::lock(&self.open);
        open.retain(|_, (_, sender)| !sender.is_closed());
        open.iter().map(|(key, (question, _))| (key.clone(), question.request())).collect()
    }

    /// Delivers `InputResponses`; responses without an open question are ignored.
    pub(crate) fn answer(&self, responses: Map<String, Value>) {
        let mut open = sync::lock(&self.open);
        for (key, response) in responses {
            if let Some((_, sender)) = open.remove(&key) {
                // The function may have dropped the question meanwhile.
                drop(sender.send(response));
                self.update(|_| {});
            }
        }
    }

    /// Sets the task's `statusMessage`.
    pub(super) fn set_message(&self, message: &str) {
        self.update(|status| status.message = Some(message.to_owned()));
    }

    /// The last progress message.
    pub(crate) fn message(&self) -> Option<String> {
        sync::lock(&self.status).message.clone()
    }

    /// Time of the last change.
    pub(crate) fn updated(&self) -> Option<DateTime<Utc>> {
        sync::lock(&self.status).updated
    }

    fn update(&self, change: impl FnOnce(&mut TaskStatus)) {
        let mut status = sync::lock(&self.status);
        change(&mut status);
        status.updated = Some(Utc::now());
    }
}
