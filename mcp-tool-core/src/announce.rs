//! Sends notifications of changed lists and resources to the clients that listen for them.

use tokio::sync::broadcast;

/// Maximum number of changes that wait for a slow client. If more changes happen, the client is told that all lists and
/// all resources that it listens to have changed.
const MAX_BUFFERED: usize = 64;

/// Sends notifications of changed lists and resources to all clients that listen for them.
///
/// Clones send to the same clients. A tool function takes a parameter `&Announcements`, which needs no registration, or
/// calls [`CallContext::announcements`](crate::call::context::CallContext::announcements). Background tasks of the
/// application get a clone from `ToolServer::announcements`. When the operator disables or enables tools, clients or
/// users by the control file, the server itself announces that the list of tools changed.
///
/// | protocol | how a client listens | notifications that it gets |
/// |---|---|---|
/// | 2025-11-25 | stdio, or an HTTP session | all `list_changed`, and updates of the resources that it subscribed to |
/// | 2026-07-28 | `subscriptions/listen` | changes of the lists and resources that it named in the request |
///
/// If more than 64 changes wait for a slow client, the client is told that all lists and all resources that it listens
/// to have changed.
///
/// ```
/// use mcp_tool_runtime::{Announcements, prelude::*};
///
/// /// Publish a document.
/// #[mcp_tool(version = "1.0", scope = "docs:write")]
/// async fn publish(announcements: &Announcements, name: String) -> String {
///     announcements.resource_updated(format!("docs://{name}"));
///     format!("Published {name}.")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Announcements(broadcast::Sender<ChangeNotice>);

/// The changed list or resource of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangeNotice {
    /// The list of tools.
    Tools,
    /// The list of prompts.
    Prompts,
    /// The list of resources.
    Resources,
    /// The resource with this URI.
    Resource(String),
}

impl Announcements {
    pub(crate) fn new() -> Self {
        Announcements(broadcast::Sender::new(MAX_BUFFERED))
    }

    /// Announces that some callers may see another list of tools, for example after the application's policy changed
    /// (`notifications/tools/list_changed`).
    pub fn tools_changed(&self) {
        self.send(ChangeNotice::Tools);
    }

    /// Announces that the list of prompts has changed (`notifications/prompts/list_changed`).
    pub fn prompts_changed(&self) {
        self.send(ChangeNotice::Prompts);
    }

    /// Announces that the list of resources has changed (`notifications/resources/list_changed`).
    pub fn resources_changed(&self) {
        self.send(ChangeNotice::Resources);
    }

    /// Announces that the resource `uri` has changed (`notifications/resources/updated`).
    pub fn resource_updated(&self, uri: impl Into<String>) {
        self.send(ChangeNotice::Resource(uri.into()));
    }

    fn send(&self, change: ChangeNotice) {
        // Sending fails if no client listens, which is no error.
        drop(self.0.send(change));
    }

    /// Returns a receiver of the changes that are announced from now on.
    pub(crate) fn listen(&self) -> ChangeReceiver {
        ChangeReceiver(self.0.subscribe())
    }
}

/// Receiver of changes for one client.
pub(crate) struct ChangeReceiver(broadcast::Receiver<ChangeNotice>);

impl ChangeReceiver {
    /// Waits for the next change; `None` once the server has ended. If the client missed changes, returns a change of
    /// each list and of each resource that the client listens to. `resources` returns the URIs of these resources.
    pub(crate) async fn next(&mut self, resources: impl Fn() -> Vec<String>) -> Option<Vec<ChangeNotice>> {
        match self.0.recv().await {
            Ok(change) => Some(vec![change]),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let lists = [ChangeNotice::Tools, ChangeNotice::Prompts, ChangeNotice::Resources];
                Some(lists.into_iter().chain(resources().into_iter().map(ChangeNotice::Resource)).collect())
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn client_that_missed_changes_is_told_that_all_lists_and_its_resources_changed() {
        let announcements = Announcements::new();
        let mut receiver = announcements.listen();
        // One change more than the buffer holds.
        for _ in 0..=MAX_BUFFERED {
            announcements.resource_updated("file:///a");
        }
        let listened_to = || vec!["file:///b".to_owned()];
        let of_b = ChangeNotice::Resource("file:///b".into());
        let all = vec![ChangeNotice::Tools, ChangeNotice::Prompts, ChangeNotice::Resources, of_b];
        assert_eq!(receiver.next(listened_to).await, Some(all));
        // The changes that the buffer still contains follow.
        assert_eq!(receiver.next(listened_to).await, Some(vec![ChangeNotice::Resource("file:///a".into())]));
    }
}
