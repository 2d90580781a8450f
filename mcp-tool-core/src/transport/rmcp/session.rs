//! Session of one legacy client, over stdio or HTTP: the client's capabilities, log level and subscriptions, and the
//! requests and notifications to the client.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use mcp_tool_contract::read::violation::shown;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CancelledNotificationParam, CustomNotification, CustomRequest, PromptListChangedNotification,
        RequestId, ResourceListChangedNotification, ResourceUpdatedNotification,
        ResourceUpdatedNotificationParam, ServerNotification, ServerRequest, ToolListChangedNotification,
    },
    service::{Peer, PeerRequestOptions, ServiceError},
};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::{
    announce::{Change, ChangeReceiver},
    ask::{Capabilities, Client, Unanswered},
    call::{caller::Caller, log_level::LogLevel},
};

/// Maximum resources that one client subscribes to.
const MAX_SUBSCRIPTIONS: usize = 1_000;
/// Interval at which a session checks that its client is still connected.
const LIVENESS_INTERVAL: Duration = Duration::from_secs(30);

/// State of a client between its requests.
#[derive(Default)]
pub(crate) struct Session {
    peer: OnceLock<Peer<RoleServer>>,
    caller: OnceLock<Caller>,
    level: AtomicU8,
    is_open: AtomicBool,
    subscribed: Mutex<HashSet<String>>,
}

impl Session {
    /// Minimum severity of the log messages that are sent to the client; `None` if it did not set one.
    pub(in crate::transport) fn level(&self) -> Option<LogLevel> {
        LogLevel::of_number(self.level.load(Ordering::Relaxed))
    }

    pub(super) fn set_level(&self, level: LogLevel) {
        self.level.store(level.number(), Ordering::Relaxed);
    }

    /// Sets the peer, through which messages are sent to the client. Later calls change nothing.
    pub(super) fn set_peer(&self, peer: &Peer<RoleServer>) {
        if self.peer.get().is_none() {
            drop(self.peer.set(peer.clone()));
        }
    }

    /// Sets the caller that opened the session. Later calls change nothing.
    pub(super) fn set_caller(&self, caller: Caller) {
        self.caller.get_or_init(|| caller);
    }

    /// Starts to notify the client of changes, except while its caller is disabled.
    pub(super) fn open(
        self: &Arc<Self>,
        peer: Peer<RoleServer>,
        mut subscription: ChangeReceiver,
        is_disabled: impl Fn(&Caller) -> bool + Send + 'static,
    ) {
        self.set_peer(&peer);
        // Some clients send `notifications/initialized` more than once.
        if self.is_open.swap(true, Ordering::Relaxed) {
            return;
        }
        let session = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let subscribed =
                    || session.upgrade().map_or_else(Vec::new, |session| session.subscribed_uris());
                let changes = tokio::select! {
                    changes = subscription.next(subscribed) => changes,
                    () = tokio::time::sleep(LIVENESS_INTERVAL) => Some(Vec::new()),
                };
                let (Some(changes), Some(session)) = (changes, session.upgrade()) else { return };
                if peer.is_transport_closed() {
                    return;
                }
                if session.caller.get().is_some_and(&is_disabled) {
                    continue;
                }
                for change in changes.into_iter().filter(|change| session.wants(change)) {
                    drop(peer.send_notification(change_notification(change)).await);
                }
            }
        });
    }

    fn wants(&self, change: &Change) -> bool {
        match change {
            Change::Tools | Change::Prompts | Change::Resources => true,
            Change::Resource(uri) => crate::sync::lock(&self.subscribed).contains(uri),
        }
    }

    fn subscribed_uris(&self) -> Vec<String> {
        crate::sync::lock(&self.subscribed).iter().cloned().collect()
    }

    pub(super) fn subscribe(&self, uri: String) -> Result<(), ErrorData> {
        let mut subscribed = crate::sync::lock(&self.subscribed);
        if subscribed.len() >= MAX_SUBSCRIPTIONS && !subscribed.contains(&uri) {
            let message = format!(
                "a session may subscribe to at most {MAX_SUBSCRIPTIONS} resources: unsubscribe from one first"
            );
            return Err(ErrorData::invalid_params(message, None));
        }
        subscribed.insert(uri);
        Ok(())
    }

    pub(super) fn unsubscribe(&self, uri: &str) {
        crate::sync::lock(&self.subscribed).remove(uri);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a session")
    }
}

impl Client for Session {
    fn capabilities(&self) -> Capabilities {
        let info = self.peer.get().and_then(Peer::peer_info);
        let declared = info.and_then(|info| serde_json::to_value(&info.capabilities).ok());
        // A client of both eras declares its extensions here too, but legacy requests can't use them (SEP-2663).
        declared.map(|declared| Capabilities::of(&declared).without_extensions()).unwrap_or_default()
    }

    fn request(&self, method: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>> {
        Box::pin(async move {
            let peer = self.peer.get().ok_or(Unanswered::Gone)?;
            let request = ServerRequest::CustomRequest(CustomRequest::new(method, Some(params)));
            let sent = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
            let sent = sent.map_err(|_| Unanswered::Gone)?;
            let mut pending = PendingRequest { peer, id: Some(sent.id.clone()) };
            let answer = sent.await_response().await;
            pending.id = None;
            match answer {
                Ok(result) => {
                    serde_json::to_value(result).map_err(|error| Unanswered::Refused(error.to_string()))
                }
                Err(ServiceError::McpError(error)) => Err(Unanswered::Refused(shown(&error.message))),
                Err(_) => Err(Unanswered::Gone),
            }
        })
    }
}

/// A request to the client that is not answered yet. Dropping it, as when the call ends, cancels the request.
struct PendingRequest<'s> {
    peer: &'s Peer<RoleServer>,
    id: Option<RequestId>,
}

impl Drop for PendingRequest<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        // There is no runtime if the call ended because the runtime was shut down.
        let Ok(runtime) = Handle::try_current() else { return };
        let peer = self.peer.clone();
        let params = CancelledNotificationParam::new(
            Some(id),
            Some("the call that sent this request has ended".to_owned()),
        );
        runtime.spawn(async move {
            drop(peer.notify_cancelled(params).await);
        });
    }
}

/// The notification that announces `change`.
pub(super) fn change_notification(change: Change) -> ServerNotification {
    match change {
        Change::Tools => {
            ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default())
        }
        Change::Prompts => {
            ServerNotification::PromptListChangedNotification(PromptListChangedNotification::default())
        }
        Change::Resources => {
            ServerNotification::ResourceListChangedNotification(ResourceListChangedNotification::default())
        }
        Change::Resource(uri) => ServerNotification::ResourceUpdatedNotification(
            ResourceUpdatedNotification::new(ResourceUpdatedNotificationParam::new(uri)),
        ),
    }
}

/// The notification that carries a log message.
pub(super) fn log_notification(level: LogLevel, logger: &str, data: &Value) -> ServerNotification {
    let params = json!({ "level": level, "logger": logger, "data": data });
    ServerNotification::CustomNotification(CustomNotification::new("notifications/message", Some(params)))
}
