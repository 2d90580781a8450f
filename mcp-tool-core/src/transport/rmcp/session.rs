//! Session of one legacy client (revisions up to 2025-11-25), over stdio or HTTP: keeps the client's capabilities, log
//! level and subscriptions, and sends requests and notifications to the client.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use mcp_tool_contract::read::violation::escaped_excerpt;
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
    announce::{ChangeNotice, ChangeReceiver},
    ask::{Capabilities, Client, Unanswered},
    call::{caller::Caller, log_level::LogLevel},
    shares::Share,
};

/// Maximum number of resources to which one session may subscribe.
const MAX_SUBSCRIPTIONS: usize = 1_000;
/// Maximum size of the URI of a resource to which a session subscribes, in bytes.
const MAX_URI: usize = 2_048;
/// Interval at which the task that notifies a client checks that the client is still connected, and else ends.
const LIVENESS_INTERVAL: Duration = Duration::from_secs(30);

/// State of one legacy client that is kept between the client's requests.
#[derive(Default)]
pub(crate) struct Session {
    /// Sends messages to the client.
    peer: OnceLock<Peer<RoleServer>>,
    /// The caller that sent `initialize`.
    caller: OnceLock<Caller>,
    /// Counts the session in the share of its user; empty over stdio.
    share: OnceLock<Arc<Share>>,
    /// Number of the log level, as [`LogLevel::of_number`] reads it; 0 if the client has not set a level.
    level: AtomicU8,
    /// `true` once [`open`](Session::open) was called: the client is notified of changes.
    is_open: AtomicBool,
    /// URIs of the resources to which the client subscribed.
    subscribed: Mutex<HashSet<String>>,
}

impl Session {
    /// Returns the minimum severity of log messages to the client; `None` if the client has not set a level, and gets
    /// no log messages.
    pub(in crate::transport) fn level(&self) -> Option<LogLevel> {
        LogLevel::of_number(self.level.load(Ordering::Relaxed))
    }

    pub(super) fn set_level(&self, level: LogLevel) {
        self.level.store(level.number(), Ordering::Relaxed);
    }

    /// Sets the peer that sends messages to the client. Only the first call has an effect.
    pub(super) fn set_peer(&self, peer: &Peer<RoleServer>) {
        if self.peer.get().is_none() {
            drop(self.peer.set(peer.clone()));
        }
    }

    /// Sets the caller that sent `initialize`. Only the first call has an effect.
    pub(super) fn set_caller(&self, caller: Caller) {
        self.caller.get_or_init(|| caller);
    }

    /// Counts the session in the share of its user until the session ends. Only the first call has an effect.
    pub(super) fn set_share(&self, share: Arc<Share>) {
        self.share.get_or_init(|| share);
    }

    /// Starts a task that notifies the client of changes. Called when the client sends `notifications/initialized`.
    /// While the session's caller is disabled, the task drops changes. Only the first call has an effect.
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
        // Weak, so that the task doesn't keep a closed session in memory.
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

    fn wants(&self, change: &ChangeNotice) -> bool {
        match change {
            ChangeNotice::Tools | ChangeNotice::Prompts | ChangeNotice::Resources => true,
            ChangeNotice::Resource(uri) => crate::sync::lock(&self.subscribed).contains(uri),
        }
    }

    fn subscribed_uris(&self) -> Vec<String> {
        crate::sync::lock(&self.subscribed).iter().cloned().collect()
    }

    pub(super) fn subscribe(&self, uri: String) -> Result<(), ErrorData> {
        if uri.len() > MAX_URI {
            let message = format!("`uri`: must be at most {MAX_URI} bytes, got {}", uri.len());
            return Err(ErrorData::invalid_params(message, None));
        }
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
        let declared = info.and_then(|info| serde_json::to_string(&info.capabilities).ok());
        // A client that speaks legacy and modern revisions declares extensions in `initialize` too, but legacy requests
        // can't use extensions (SEP-2663).
        declared.map(|declared| Capabilities::parse(&declared).without_extensions()).unwrap_or_default()
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
                Err(ServiceError::McpError(error)) => {
                    Err(Unanswered::Refused(escaped_excerpt(&error.message)))
                }
                Err(_) => Err(Unanswered::Gone),
            }
        })
    }
}

/// A request to the client that is not answered yet. Dropping it, as when the tool call ends, sends
/// `notifications/cancelled` for the request.
struct PendingRequest<'s> {
    peer: &'s Peer<RoleServer>,
    /// `None` once the request is answered.
    id: Option<RequestId>,
}

impl Drop for PendingRequest<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        // If the call ended because the Tokio runtime was shut down, nothing can be sent.
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

/// Returns the notification that tells a client of `change`.
pub(super) fn change_notification(change: ChangeNotice) -> ServerNotification {
    match change {
        ChangeNotice::Tools => {
            ServerNotification::ToolListChangedNotification(ToolListChangedNotification::default())
        }
        ChangeNotice::Prompts => {
            ServerNotification::PromptListChangedNotification(PromptListChangedNotification::default())
        }
        ChangeNotice::Resources => {
            ServerNotification::ResourceListChangedNotification(ResourceListChangedNotification::default())
        }
        ChangeNotice::Resource(uri) => ServerNotification::ResourceUpdatedNotification(
            ResourceUpdatedNotification::new(ResourceUpdatedNotificationParam::new(uri)),
        ),
    }
}

/// Returns the notification with a log message.
pub(super) fn log_notification(level: LogLevel, logger: &str, data: &Value) -> ServerNotification {
    let params = json!({ "level": level, "logger": logger, "data": data });
    ServerNotification::CustomNotification(CustomNotification::new("notifications/message", Some(params)))
}
