//! One client of 2025-11-25 that stays connected, over stdio or in an HTTP session: what it declared, what it wants to
//! hear, and how it is told and asked.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
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
    call::{caller::Caller, report::LogLevel},
};

/// Resources that one client subscribes to.
const MAX_SUBSCRIPTIONS: usize = 1_000;
/// How often it is looked whether a client that hears nothing is still there.
const STILL_THERE: Duration = Duration::from_secs(30);

/// What is known of a client from one request to the next.
#[derive(Default)]
pub(crate) struct Session {
    peer: OnceLock<Peer<RoleServer>>,
    caller: OnceLock<Caller>,
    level: AtomicU8,
    is_open: AtomicBool,
    subscribed: Mutex<HashSet<String>>,
}

impl Session {
    /// The least grave messages that the client wants to hear.
    pub(super) fn level(&self) -> Option<LogLevel> {
        LogLevel::of_number(self.level.load(Ordering::Relaxed))
    }

    pub(super) fn set_level(&self, level: LogLevel) {
        self.level.store(level.number(), Ordering::Relaxed);
    }

    /// The client is reached by this from now on.
    pub(super) fn reached_by(&self, peer: &Peer<RoleServer>) {
        if self.peer.get().is_none() {
            drop(self.peer.set(peer.clone()));
        }
    }

    /// It was opened for this caller.
    pub(super) fn is_of(&self, caller: Caller) {
        self.caller.get_or_init(|| caller);
    }

    /// The client is ready to be told what changes, as long as its caller isn't switched off.
    pub(super) fn opened(
        self: &Arc<Self>,
        peer: Peer<RoleServer>,
        mut heard: ChangeReceiver,
        is_off: impl Fn(&Caller) -> bool + Send + 'static,
    ) {
        self.reached_by(&peer);
        // Some say it more than once.
        if self.is_open.swap(true, Ordering::Relaxed) {
            return;
        }
        let session = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let subscribed = || session.upgrade().map_or_else(Vec::new, |session| session.subscribed());
                let changes = tokio::select! {
                    changes = heard.next(subscribed) => changes,
                    () = tokio::time::sleep(STILL_THERE) => Some(Vec::new()),
                };
                let (Some(changes), Some(session)) = (changes, session.upgrade()) else { return };
                if peer.is_transport_closed() {
                    return;
                }
                if session.caller.get().is_some_and(&is_off) {
                    continue;
                }
                for change in changes.into_iter().filter(|change| session.wants(change)) {
                    drop(peer.send_notification(notification(change)).await);
                }
            }
        });
    }

    fn wants(&self, change: &Change) -> bool {
        match change {
            Change::Tools | Change::Prompts | Change::Resources => true,
            Change::Resource(uri) => {
                self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).contains(uri)
            }
        }
    }

    fn subscribed(&self) -> Vec<String> {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn subscribe(&self, uri: String) -> Result<(), ErrorData> {
        let mut subscribed = self.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
        if subscribed.len() >= MAX_SUBSCRIPTIONS && !subscribed.contains(&uri) {
            let message = format!(
                "a session subscribes to {MAX_SUBSCRIPTIONS} resources at most: unsubscribe from one"
            );
            return Err(ErrorData::invalid_params(message, None));
        }
        subscribed.insert(uri);
        Ok(())
    }

    pub(super) fn unsubscribe(&self, uri: &str) {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
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
        // A client of both eras declares its extensions here too: there are none in this one (SEP-2663).
        declared.map(|declared| Capabilities::of(&declared).without_extensions()).unwrap_or_default()
    }

    fn request(&self, method: &'static str, params: Value) -> BoxFuture<'_, Result<Value, Unanswered>> {
        Box::pin(async move {
            let peer = self.peer.get().ok_or(Unanswered::Gone)?;
            let request = ServerRequest::CustomRequest(CustomRequest::new(method, Some(params)));
            let sent = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
            let sent = sent.map_err(|_| Unanswered::Gone)?;
            let mut open = Open { peer, id: Some(sent.id.clone()) };
            let answer = sent.await_response().await;
            open.id = None;
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

/// A request to the client that isn't answered. Where its call ends before it is, it is taken back.
struct Open<'s> {
    peer: &'s Peer<RoleServer>,
    id: Option<RequestId>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        // A call may also end with its runtime.
        let Ok(runtime) = Handle::try_current() else { return };
        let peer = self.peer.clone();
        let params =
            CancelledNotificationParam::new(Some(id), Some("the call that asked has ended".to_owned()));
        runtime.spawn(async move {
            drop(peer.notify_cancelled(params).await);
        });
    }
}

/// A change as clients are told of it.
pub(super) fn notification(change: Change) -> ServerNotification {
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

/// A log message as clients are told of it.
pub(super) fn message(level: LogLevel, logger: &str, data: &Value) -> ServerNotification {
    let params = json!({ "level": level, "logger": logger, "data": data });
    ServerNotification::CustomNotification(CustomNotification::new("notifications/message", Some(params)))
}
