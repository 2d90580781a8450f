//! The application's own handler of prompts, resources and the rest, in a shape that can be kept.

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

use crate::identity::Caller;

/// An rmcp `ServerHandler` whose type is forgotten.
macro_rules! beside {
    ($($method:ident($request:ty) -> $result:ty;)*) => {
        pub(crate) trait Beside: Send + Sync {
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
        impl<H: ServerHandler> Beside for H {
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

beside! {
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

impl Caller {
    /// Who sends a request to a handler beside the tools ([`ToolServer::beside`](crate::ToolServer::beside)).
    #[must_use]
    pub fn of_request(context: &RequestContext<RoleServer>) -> Option<&Caller> {
        context.extensions.get()
    }
}
