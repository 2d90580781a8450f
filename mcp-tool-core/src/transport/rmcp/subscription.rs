//! `subscriptions/listen`, over stdio and over HTTP if the fallback handler accepts the subscription.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use rmcp::{ErrorData, model::SubscriptionFilter, service::SubscriptionContext};

use super::{Protocol, session::change_notification};

impl Protocol {
    /// Returns the part of the requested filter that this server serves, and begins to keep changes for the stream.
    pub(super) fn accept_subscription(&self, requested: &SubscriptionFilter) -> SubscriptionFilter {
        let mut accepted = requested.clone();
        // The fallback handler decides about resources, because only it has resources.
        let fallback = self.endpoint.fallback.as_deref();
        let by_fallback = fallback.and_then(|fallback| fallback.accepted_subscription_filter(requested));
        accepted.resource_subscriptions = by_fallback.and_then(|filter| filter.resource_subscriptions);
        // rmcp acknowledges the stream next, and calls `listen` after that. The stream must miss no change in between.
        self.subscribe_early();
        accepted
    }

    /// Sends changes to the stream, and passes it to the fallback handler, until it ends or the caller is disabled.
    pub(super) async fn serve_subscription(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let (mut subscription, sink) = (self.subscription(), context.sink().clone());
        let caller = self.enabled_caller(context.request_context())?;
        let ended = context.request_context().ct.clone();
        let resources = context.accepted().resource_subscriptions.clone();
        let notifications = async {
            let notify = async {
                while let Some(changes) = subscription.next(|| resources.clone().unwrap_or_default()).await {
                    // The operator may have disabled the caller since the stream was opened.
                    if self.is_disabled(&caller) {
                        return;
                    }
                    for change in changes {
                        // The sink drops changes to which the client didn't subscribe.
                        drop(sink.send(change_notification(change)).await);
                    }
                }
            };
            tokio::select! {
                () = notify => {}
                () = ended.cancelled() => {}
            }
        };
        let fallback = self.endpoint.fallback.as_deref();
        let requested = context.requested();
        match fallback.filter(|fallback| fallback.accepted_subscription_filter(requested).is_some()) {
            None => notifications.await,
            Some(fallback) => {
                let mut notifications = std::pin::pin!(notifications);
                tokio::select! {
                    biased;
                    () = &mut notifications => {}
                    listened = AssertUnwindSafe(fallback.listen(context)).catch_unwind() => {
                        listened.unwrap_or_else(|_| {
                            tracing::error!("the fallback handler panicked");
                            Err(ErrorData::internal_error(
                                "the request failed; the reason is in the server's log",
                                None,
                            ))
                        })?;
                        // This crate's notifications continue after the handler's have ended.
                        notifications.await;
                    }
                }
            }
        }
        Ok(())
    }
}
