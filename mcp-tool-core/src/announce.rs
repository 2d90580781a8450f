//! What clients that listen are told: that a list, or a resource, may be another than it was.

use tokio::sync::broadcast;

/// Announcements that wait for a client that reads slowly; the same news twice is no more than once.
const WAITING: usize = 64;

/// Tells the clients that listen that a list or a resource has changed.
///
/// Clones tell the same clients. A function borrows it like what is lent, and [`ToolServer::announcements`] gives it to
/// the application's own tasks. That an operator switched a tool off or on is told without it.
///
/// A client listens in a session or over stdio (2025-11-25, `list_changed`), or by a stream of `subscriptions/listen`
/// (2026-07-28, subscriptions), where it hears what it asked for.
///
/// [`ToolServer::announcements`]: crate::ToolServer::announcements
#[derive(Clone, Debug)]
pub struct Announcements(broadcast::Sender<Change>);

/// What may be other than it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Tools,
    Prompts,
    Resources,
    Resource(String),
}

impl Announcements {
    pub(crate) fn new() -> Self {
        Announcements(broadcast::Sender::new(WAITING))
    }

    /// The list of tools may be another for some callers, as where the application's policy decides otherwise now.
    pub fn tools_changed(&self) {
        self.tell(Change::Tools);
    }

    /// The list of prompts has changed.
    pub fn prompts_changed(&self) {
        self.tell(Change::Prompts);
    }

    /// The list of resources has changed.
    pub fn resources_changed(&self) {
        self.tell(Change::Resources);
    }

    /// The resource of that URI has changed.
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.tell(Change::Resource(uri.into()));
    }

    fn tell(&self, change: Change) {
        // Nobody may be listening.
        drop(self.0.send(change));
    }

    pub(crate) fn listen(&self) -> Heard {
        Heard(self.0.subscribe())
    }
}

/// What one client hears.
pub(crate) struct Heard(broadcast::Receiver<Change>);

impl Heard {
    /// The next change; nothing more once the server is gone. Who missed some is told that all lists may have changed,
    /// and every one of its `resources`.
    pub(crate) async fn next(&mut self, resources: impl Fn() -> Vec<String>) -> Option<Vec<Change>> {
        match self.0.recv().await {
            Ok(change) => Some(vec![change]),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let lists = [Change::Tools, Change::Prompts, Change::Resources];
                Some(lists.into_iter().chain(resources().into_iter().map(Change::Resource)).collect())
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_reads_slowly_is_told_of_all_that_it_hears() {
        let announcements = Announcements::new();
        let mut heard = announcements.listen();
        for _ in 0..=WAITING {
            announcements.resource_updated("file:///a");
        }
        let own = || vec!["file:///b".to_owned()];
        let of_b = Change::Resource("file:///b".into());
        let all = vec![Change::Tools, Change::Prompts, Change::Resources, of_b];
        assert_eq!(heard.next(own).await, Some(all));
        assert_eq!(heard.next(own).await, Some(vec![Change::Resource("file:///a".into())]));
    }
}
