//! Requests that the application's fallback handler answers.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, future::BoxFuture};
use rmcp::{
    ErrorData, RoleServer,
    model::{ConstString, ServerCapabilities},
    service::RequestContext,
};

use super::{Protocol, fallback::FallbackHandler, request::is_modern, server_info::HasMeta};

impl Protocol {
    /// Passes a request to the fallback handler if `declared` says that it serves such requests.
    pub(super) async fn delegate<'h, M: ConstString, T: HasMeta>(
        &'h self,
        declared: fn(&ServerCapabilities) -> bool,
        context: RequestContext<RoleServer>,
        request: impl FnOnce(
            &'h dyn FallbackHandler,
            RequestContext<RoleServer>,
        ) -> BoxFuture<'h, Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        match self.endpoint.fallback.as_deref() {
            Some(fallback) if declared(&fallback.info().capabilities) => {
                let is_modern = is_modern(&context);
                let context = self.with_caller(context)?;
                let result = self.guarded(request(fallback, context)).await?;
                Ok(if is_modern { self.with_server_info(result) } else { result })
            }
            // rmcp's default would answer with an empty list.
            _ => Err(ErrorData::method_not_found::<M>()),
        }
    }

    /// Adds the caller to the request's extensions.
    pub(super) fn with_caller(
        &self,
        mut context: RequestContext<RoleServer>,
    ) -> Result<RequestContext<RoleServer>, ErrorData> {
        let caller = self.enabled_caller(&context)?;
        context.extensions.insert(caller);
        Ok(context)
    }

    /// Bounds the fallback handler in time, and answers with an error if it panics.
    pub(super) async fn guarded<T>(
        &self,
        request: BoxFuture<'_, Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        let failed =
            || ErrorData::internal_error("the request failed; the reason is in the server's log", None);
        let guarded = AssertUnwindSafe(request).catch_unwind();
        match tokio::time::timeout(self.endpoint.dispatcher.timeout, guarded).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => {
                tracing::error!("the fallback handler panicked");
                Err(failed())
            }
            Err(_) => {
                tracing::error!("the fallback handler timed out");
                Err(ErrorData::internal_error("the request timed out", None))
            }
        }
    }
}
