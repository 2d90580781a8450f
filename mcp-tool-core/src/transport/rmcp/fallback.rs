//! The fallback handler: the application's rmcp `ServerHandler`, which gets the requests that this crate doesn't
//! answer, such as `prompts/get` and `resources/read`.

use futures_util::future::BoxFuture;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult,
        GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, PaginatedRequestParams,
        ProgressNotificationParam, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
        ReadResourceRequestParams, ReadResourceResponse, ServerConfig, SubscribeRequestParams,
        SubscriptionFilter, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

/// Defines `FallbackHandler` and implements it for every `ServerHandler`.
macro_rules! fallback_handler {
    ($($method:ident($request:ty) -> $result:ty;)*) => {
        /// The methods of rmcp's `ServerHandler` that are called on the fallback handler. Unlike `ServerHandler`, this
        /// trait allows trait objects.
        pub trait FallbackHandler: Send + Sync {
            fn get_info(&self) -> ServerConfig;
            fn accepted_subscription_filter(
                &self,
                requested: &SubscriptionFilter,
            ) -> Option<SubscriptionFilter>;
            fn listen(&self, context: SubscriptionContext) -> BoxFuture<'_, Result<(), ErrorData>>;
            fn on_progress(
                &self,
                progress: ProgressNotificationParam,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()>;
            fn on_initialized(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()>;
            fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()>;
            fn on_custom_notification(
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

        #[allow(deprecated, reason = "legacy clients still send `resources/subscribe` and `resources/unsubscribe`")]
        impl<H: ServerHandler> FallbackHandler for H {
            fn get_info(&self) -> ServerConfig {
                ServerHandler::get_info(self)
            }

            fn accepted_subscription_filter(
                &self,
                requested: &SubscriptionFilter,
            ) -> Option<SubscriptionFilter> {
                ServerHandler::accepted_subscription_filter(self, requested)
            }

            fn listen(&self, context: SubscriptionContext) -> BoxFuture<'_, Result<(), ErrorData>> {
                Box::pin(ServerHandler::listen(self, context))
            }

            fn on_progress(
                &self,
                progress: ProgressNotificationParam,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()> {
                Box::pin(ServerHandler::on_progress(self, progress, context))
            }

            fn on_initialized(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()> {
                Box::pin(ServerHandler::on_initialized(self, context))
            }

            fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) -> BoxFuture<'_, ()> {
                Box::pin(ServerHandler::on_roots_list_changed(self, context))
            }

            fn on_custom_notification(
                &self,
                notification: CustomNotification,
                context: NotificationContext<RoleServer>,
            ) -> BoxFuture<'_, ()> {
                Box::pin(ServerHandler::on_custom_notification(self, notification, context))
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
