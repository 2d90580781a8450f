//! The application's handler of prompts, resources and other requests, behind an object-safe trait.

use futures_util::future::BoxFuture;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult,
        GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, PaginatedRequestParams,
        ProgressNotificationParam, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use crate::call::caller::Caller;

/// Defines the trait and implements it for every `ServerHandler`.
macro_rules! fallback_handler {
    ($($method:ident($request:ty) -> $result:ty;)*) => {
        /// An rmcp `ServerHandler` as a trait object.
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

        #[allow(deprecated, reason = "legacy clients subscribe by requests of their own")]
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

fallback_handler! {
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

pub(super) const fn declares_prompts(declared: &ServerCapabilities) -> bool {
    declared.prompts.is_some()
}

pub(super) const fn declares_resources(declared: &ServerCapabilities) -> bool {
    declared.resources.is_some()
}

pub(super) fn declares_subscriptions(declared: &ServerCapabilities) -> bool {
    declared.resources.as_ref().is_some_and(|resources| resources.subscribe == Some(true))
}

impl Caller {
    /// The caller of a request to the fallback handler (`ToolServer::fallback`).
    ///
    /// `None` for a context that this server did not make, as in a handler served by rmcp alone.
    #[must_use]
    pub fn of_request(context: &RequestContext<RoleServer>) -> Option<&Caller> {
        context.extensions.get()
    }
}
