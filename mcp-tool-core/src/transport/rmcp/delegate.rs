//! Passes requests that this crate doesn't answer, such as `prompts/get`, to the application's fallback handler.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, future::BoxFuture};
use rmcp::{
    ErrorData, RoleServer,
    model::{ConstString, ServerCapabilities},
    service::RequestContext,
};

use super::{Protocol, fallback::FallbackHandler, request::is_modern, server_info::HasMeta};
use crate::call::caller::Caller;

impl Protocol {
    /// Passes a request to the fallback handler, if `declared` returns `true` for the handler's capabilities. Else
    /// returns the error -32601 (method not found), which names the method `M`. Adds `serverInfo` to a result for a
    /// client of revision 2026-07-28 or later.
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
            Some(fallback) if declared(&fallback.get_info().capabilities) => {
                let is_modern = is_modern(&context);
                let context = self.with_caller(context)?;
                let result = self.guarded(request(fallback, context)).await?;
                Ok(if is_modern { self.with_server_info(result) } else { result })
            }
            _ => Err(ErrorData::method_not_found::<M>()),
        }
    }

    /// Adds the caller to the request's extensions, for [`Caller::of_request`]. An error if the caller is disabled.
    pub(super) fn with_caller(
        &self,
        mut context: RequestContext<RoleServer>,
    ) -> Result<RequestContext<RoleServer>, ErrorData> {
        let caller = self.enabled_caller(&context)?;
        context.extensions.insert(caller);
        Ok(context)
    }

    /// Awaits the fallback handler's answer. If the handler panics, or takes longer than `limits.timeout`, returns an
    /// internal error.
    pub(super) async fn guarded<T>(
        &self,
        request: BoxFuture<'_, Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        let failed =
            || ErrorData::internal_error("the request failed; the reason is in the server's log", None);
        let guarded = AssertUnwindSafe(request).catch_unwind();
        match tokio::time::timeout(self.endpoint.pipeline.timeout, guarded).await {
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

impl Caller {
    /// Returns the caller of a request that the fallback handler got (`ToolServer::fallback`).
    ///
    /// `None` if the request didn't come through a `ToolServer`, as in a handler that rmcp serves directly.
    #[must_use]
    pub fn of_request(context: &RequestContext<RoleServer>) -> Option<&Caller> {
        context.extensions.get()
    }
}

pub(super) const fn declares_prompts(declared: &ServerCapabilities) -> bool {
    declared.prompts.is_some()
}

pub(super) const fn declares_resources(declared: &ServerCapabilities) -> bool {
    declared.resources.is_some()
}

pub(super) fn declares_resource_subscriptions(declared: &ServerCapabilities) -> bool {
    declared.resources.as_ref().is_some_and(|resources| resources.subscribe == Some(true))
}
