//! Open questions and last progress message of an MCP task: a call that continues in the background
//! while its client polls for the result (SEP-2663).

use std::{collections::BTreeMap, sync::Mutex};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::question::Question;
use crate::sync;

/// Open questions and last progress message of one MCP task. The client reads them by `tasks/get` and answers the
/// questions by `tasks/update`.
#[derive(Debug, Default)]
pub(crate) struct TaskInbox {
    /// Unanswered questions by key, each with the sender of its answer.
    open: Mutex<BTreeMap<String, (Question, oneshot::Sender<Value>)>>,
    progress: Mutex<TaskProgress>,
}

#[derive(Debug, Default)]
struct TaskProgress {
    message: Option<String>,
    /// Time at which the message was last set, or a question was last asked or answered.
    updated_at: Option<DateTime<Utc>>,
}

impl TaskInbox {
    /// Adds a question. Returns the receiver of its answer.
    pub(super) fn ask(&self, question: Question) -> oneshot::Receiver<Value> {
        self.update_progress(|_| {});
        let (sender, receiver) = oneshot::channel();
        let mut open = sync::lock(&self.open);
        open.insert(question.key.clone(), (question, sender));
        receiver
    }

    /// Removes questions whose answer the function no longer awaits. Returns the remaining
    /// questions as `InputRequests`.
    pub(crate) fn requests(&self) -> Map<String, Value> {
        let mut open = sync::lock(&self.open);
        open.retain(|_, (_, sender)| !sender.is_closed());
        open.iter().map(|(key, (question, _))| (key.clone(), question.request())).collect()
    }

    /// Delivers the answers in `InputResponses`. A response whose key has no open question is ignored.
    pub(crate) fn answer(&self, responses: Map<String, Value>) {
        let mut open = sync::lock(&self.open);
        for (key, response) in responses {
            if let Some((_, sender)) = open.remove(&key) {
                // Sending fails if the function no longer awaits the answer.
                drop(sender.send(response));
                self.update_progress(|_| {});
            }
        }
    }

    /// Sets the task's `statusMessage`.
    pub(super) fn set_message(&self, message: &str) {
        self.update_progress(|progress| progress.message = Some(message.to_owned()));
    }

    /// Returns the last progress message.
    pub(crate) fn message(&self) -> Option<String> {
        sync::lock(&self.progress).message.clone()
    }

    /// Returns the time at which the message was last set, or a question was last asked or
    /// answered; `None` if neither has happened.
    pub(crate) fn updated_at(&self) -> Option<DateTime<Utc>> {
        sync::lock(&self.progress).updated_at
    }

    /// Applies `change`, and sets `updated_at` to the current time.
    fn update_progress(&self, change: impl FnOnce(&mut TaskProgress)) {
        let mut progress = sync::lock(&self.progress);
        change(&mut progress);
        progress.updated_at = Some(Utc::now());
    }
}
