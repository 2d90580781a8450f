//! Event streams of `subscriptions/listen` (2026-07-28), which notify a client of changed lists.
//!
//! rmcp serves a stream only if the fallback handler accepts the subscription, as for resources. rmcp keeps the whole
//! request and several tasks for each of its streams.

use std::{convert::Infallible, sync::Arc};

use futures_util::{future::BoxFuture, stream};
use http_body_util::StreamBody;
use hyper::{
    HeaderMap,
    body::{Bytes, Frame},
};
use rmcp::model::SubscriptionFilter;
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{
    protocol_headers,
    response::{HttpResponse, event_stream},
    sse::{KEEP_ALIVE, KEEP_ALIVE_COMMENT, event},
    stream_end::StreamEnd,
};
use crate::{
    announce::{ChangeNotice, ChangeReceiver},
    shares::Share,
    transport::{endpoint::Endpoint, id::Id, message::Meta},
};

/// The method that opens a stream.
pub(super) const METHOD: &str = "subscriptions/listen";
/// Key of `_meta` that names the request that opened the stream.
const META_SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// Returns the notifications that a valid request asks for; `None` for a request that rmcp has to reject.
pub(super) fn requested(headers: &HeaderMap, meta: &Meta<'_>, body: &[u8]) -> Option<SubscriptionFilter> {
    #[derive(Deserialize)]
    struct Request {
        params: Params,
    }
    #[derive(Deserialize)]
    struct Params {
        notifications: SubscriptionFilter,
    }
    protocol_headers::check_modern(headers, meta, METHOD).ok()?;
    serde_json::from_slice(body).ok().map(|Request { params }| params.notifications)
}

/// Returns the response with a stream that sends the `accepted` notifications. `end` ends the stream, and so does
/// `stop`, at shutdown. The stream then gets a result, which tells the client that no notification was lost.
pub(super) fn respond(
    endpoint: &Arc<Endpoint>,
    id: &Id,
    accepted: &SubscriptionFilter,
    (end, stop): (StreamEnd, CancellationToken),
    share: Share,
) -> HttpResponse {
    let mut keep_alive = tokio::time::interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let accepts = |flag: Option<bool>| flag == Some(true);
    let subscription = Subscription {
        id: id.clone(),
        tools: accepts(accepted.tools_list_changed),
        prompts: accepts(accepted.prompts_list_changed),
        resources: accepts(accepted.resources_list_changed),
        // Subscribed before the acknowledgement is sent, so that no change after it is missed.
        changes: endpoint.announcements.listen(),
        end: Box::pin(async move {
            tokio::select! {
                () = end.reached() => {}
                () = stop.cancelled() => {}
            }
        }),
        keep_alive,
        endpoint: Arc::clone(endpoint),
        is_acknowledged: false,
        _share: share,
    };
    let events = stream::unfold(Some(subscription), |subscription| async {
        let mut subscription = subscription?;
        let (bytes, is_last) = subscription.next().await;
        let frame = Ok::<_, Infallible>(Frame::data(bytes));
        Some((frame, (!is_last).then_some(subscription)))
    });
    event_stream(StreamBody::new(events))
}

/// An open stream.
struct Subscription {
    /// Id of the request that opened the stream.
    id: Id,
    tools: bool,
    prompts: bool,
    resources: bool,
    changes: ChangeReceiver,
    /// Completes when the stream has to end.
    end: BoxFuture<'static, ()>,
    keep_alive: Interval,
    endpoint: Arc<Endpoint>,
    is_acknowledged: bool,
    _share: Share,
}

impl Subscription {
    /// Returns the next bytes of the stream, and `true` if they are the last.
    async fn next(&mut self) -> (Bytes, bool) {
        if !std::mem::replace(&mut self.is_acknowledged, true) {
            return (self.acknowledgement(), false);
        }
        loop {
            let changes = tokio::select! {
                biased;
                () = &mut self.end => return (self.result(), true),
                changes = self.changes.next(Vec::new) => changes,
                _ = self.keep_alive.tick() => return (Bytes::from_static(KEEP_ALIVE_COMMENT), false),
            };
            // `None` means that the server has ended.
            let Some(changes) = changes else { return (self.result(), true) };
            let events: Vec<u8> =
                changes.iter().filter_map(|change| self.notification(change)).flatten().collect();
            if !events.is_empty() {
                return (events.into(), false);
            }
        }
    }

    fn acknowledgement(&self) -> Bytes {
        let names = [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ];
        let accepted: Vec<String> = names
            .iter()
            .filter(|(_, accepted)| *accepted)
            .map(|(name, _)| format!("\"{name}\":true"))
            .collect();
        let more = format!(",\"notifications\":{{{}}}", accepted.join(","));
        self.event("notifications/subscriptions/acknowledged", &more)
    }

    /// Returns the notification of a change, if the client asked for it.
    fn notification(&self, change: &ChangeNotice) -> Option<Bytes> {
        let (is_accepted, method) = match change {
            ChangeNotice::Tools => (self.tools, "notifications/tools/list_changed"),
            ChangeNotice::Prompts => (self.prompts, "notifications/prompts/list_changed"),
            ChangeNotice::Resources => (self.resources, "notifications/resources/list_changed"),
            // rmcp serves the streams that subscribe to resources.
            ChangeNotice::Resource(_) => return None,
        };
        is_accepted.then(|| self.event(method, ""))
    }

    /// Returns a notification as an event. `more` is the JSON text of further members of its `params`.
    fn event(&self, method: &str, more: &str) -> Bytes {
        let meta = format!("{{\"{META_SUBSCRIPTION}\":{}}}", self.id);
        event(
            format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{{\"_meta\":{meta}{more}}}}}")
                .as_bytes(),
        )
    }

    /// Returns the result of the request, which ends the stream.
    fn result(&self) -> Bytes {
        let (id, server_info) = (&self.id, &self.endpoint.server_info);
        let meta = format!("{{\"{META_SUBSCRIPTION}\":{id},{server_info}}}");
        event(
            format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"resultType\":\"complete\",\"_meta\":{meta}}}}}"
            )
            .as_bytes(),
        )
    }
}
