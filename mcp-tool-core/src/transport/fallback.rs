//! The application's own handler of prompts, resources and the rest, in a shape that can be kept.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, future::BoxFuture};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CompleteRequestParams, CompleteResult, ConstString, CustomNotification, CustomRequest, CustomResult,
        GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, PaginatedRequestParams,
        ProgressNotificationParam, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use super::{
    protocol::{Protocol, is_modern},
    server_info::HasMeta,
};
use crate::call::caller::Caller;

/// An rmcp `ServerHandler` whose type is forgotten.
macro_rules! fallback {
    ($($method:ident($request:ty) -> $result:ty;)*) => {
        pub trait FallbackHandler: Send + Sync {
            fn info(&self) -> ServerConfig;
            fn accepts(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter>;
            fn listen(&self, context: SubscriptionContext) -> BoxFuture<'_, Result<(), ErrorData>>;
            fn progressed(
                &self,
                progress: ProgressNotificationParam,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()>;
            fn initialized(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()>;
            fn roots_changed(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()>;
            fn notified(
                &self,
                notification: CustomNotification,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()>;
            $(fn $method(
                &self,
                request: $request,
                context: RequestContext<RoleServer>,
            ) -> BoxFuture<'_, Result<$result, ErrorData>>;)*
        }

        #[allow(deprecated, reason = "older clients subscribe by requests of their own")]
        impl<H: ServerHandler> FallbackHandler for H {
            fn info(&self) -> ServerConfig {
                self.get_info()
            }

            fn accepts(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
                self.accepted_subscription_filter(requested)
            }

            fn listen(&self, context: SubscriptionContext) -> BoxFuture<'_, Result<(), ErrorData>> {
                Box::pin(ServerHandler::listen(self, context))
            }

            fn progressed(
                &self,
                progress: ProgressNotificationParam,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()> {
                Box::pin(self.on_progress(progress, context))
            }

            fn initialized(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()> {
                Box::pin(self.on_initialized(context))
            }

            fn roots_changed(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()> {
                Box::pin(self.on_roots_list_changed(context))
            }

            fn notified(
                &self,
                notification: CustomNotification,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()> {
                Box::pin(self.on_custom_notification(notification, context))
            }

            $(fn $method(
                &self,
                request: $request,
                context: RequestContext<RoleServer>,
            ) -> BoxFuture<'_, Result<$result, ErrorData>> {
                Box::pin(ServerHandler::$method(self, request, context))
            })*
        }
    };
}

fallback! {
    complete(CompleteRequestParams) -> CompleteResult;
    get_prompt(GetPromptRequestParams) -> GetPromptResponse;
    list_prompts(Option<PaginatedRequestParams>) -> ListPromptsResult;
    list_resources(Option<PaginatedRequestParams>) -> ListResourcesResult;
    list_resource_templates(Option<PaginatedRequestParams>) -> ListResourceTemplatesResult;
    read_resource(ReadResourceRequestParams) -> ReadResourceResponse;
    read_resource_directory(ReadResourceDirectoryRequestParams) -> ReadResourceDirectoryResult;
    subscribe(SubscribeRequestParams) -> ();
    unsubscribe(UnsubscribeRequestParams) -> ();
    list_skills(Option<PaginatedRequestParams>) -> ListSkillsResult;
    get_skill(GetSkillRequestParams) -> GetSkillResult;
    on_custom_request(CustomRequest) -> CustomResult;
}

impl Protocol {
    /// Asks the application's handler, as far as it declared that it serves such requests.
    pub(super) async fn asked<'h, M: ConstString, T: HasMeta>(
        &'h self,
        declared: fn(&ServerCapabilities) -> bool,
        context: RequestContext<RoleServer>,
        ask: impl FnOnce(
            &'h dyn FallbackHandler,
            RequestContext<RoleServer>,
        ) -> BoxFuture<'h, Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        match self.endpoint.fallback.as_deref() {
            Some(fallback) if declared(&fallback.info().capabilities) => {
                let is_modern = is_modern(&context);
                let context = self.named(context)?;
                let answered = self.guarded(ask(fallback, context)).await?;
                Ok(if is_modern { self.signed(answered) } else { answered })
            }
            // What isn't declared isn't there; rmcp would answer with empty lists.
            _ => Err(ErrorData::method_not_found::<M>()),
        }
    }

    /// Says in the request's extensions who asks.
    pub(super) fn named(
        &self,
        mut context: RequestContext<RoleServer>,
    ) -> Result<RequestContext<RoleServer>, ErrorData> {
        let caller = self.let_in(&context)?;
        context.extensions.insert(caller);
        Ok(context)
    }

    /// Bounds what isn't ours in time, and answers although it panics.
    pub(super) async fn guarded<T>(
        &self,
        asked: BoxFuture<'_, Result<T, ErrorData>>,
    ) -> Result<T, ErrorData> {
        let failed = || ErrorData::internal_error("the server failed; its log has the reason", None);
        let guarded = AssertUnwindSafe(asked).catch_unwind();
        match tokio::time::timeout(self.endpoint.dispatcher.timeout, guarded).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_)) => {
                tracing::error!("the handler beside the tools panicked");
                Err(failed())
            }
            Err(_) => {
                tracing::error!("the handler beside the tools ran out of time");
                Err(ErrorData::internal_error("the server ran out of time", None))
            }
        }
    }
}

pub(super) const fn prompts(declared: &ServerCapabilities) -> bool {
    declared.prompts.is_some()
}

pub(super) const fn resources(declared: &ServerCapabilities) -> bool {
    declared.resources.is_some()
}

pub(super) fn subscriptions(declared: &ServerCapabilities) -> bool {
    declared.resources.as_ref().is_some_and(|resources| resources.subscribe == Some(true))
}

impl Caller {
    /// Who sends a request to a handler beside the tools ([`ToolServer::fallback`](crate::ToolServer::fallback)).
    #[must_use]
    pub fn of_request(context: &RequestContext<RoleServer>) -> Option<&Caller> {
        context.extensions.get()
    }
}
