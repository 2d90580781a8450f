//! Implements rmcp's `ServerHandler` for [`Protocol`], through which rmcp calls this crate. Passes requests that this
//! crate doesn't answer to the application's fallback handler.

use std::{borrow::Cow, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestMethod,
        CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult,
        DiscoverResult, ErrorCode, GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse,
        GetSkillRequestMethod, GetSkillRequestParams, GetSkillResult, GetTaskParams, GetTaskResult,
        InitializeRequestParams, InitializeResult, JsonObject, ListPromptsRequestMethod, ListPromptsResult,
        ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
        ListResourcesResult, ListSkillsRequestMethod, ListSkillsResult, ListToolsResult,
        PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
        ReadResourceDirectoryRequestMethod, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
        ReadResourceRequestMethod, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
        ServerConfig, SetLevelRequestMethod, SubscribeRequestMethod, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestMethod, UnsubscribeRequestParams, UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use super::{
    Protocol, completion,
    delegate::{declares_prompts, declares_resource_subscriptions, declares_resources},
    extensions::extension,
    fallback::FallbackHandler,
    request::{SessionShare, is_modern},
    tasks::{self, TaskMethod},
};
use crate::{
    ask::TASKS,
    call::{caller::Caller, log_level::LogLevel},
    transport::{listing::page::LIST_TTL_MS, protocol_version},
};

#[allow(deprecated, reason = "legacy clients still send `logging/setLevel`")]
use rmcp::model::SetLevelRequestParams;

#[allow(deprecated, reason = "legacy clients still send `resources/subscribe` and `logging/setLevel`")]
impl ServerHandler for Protocol {
    fn get_info(&self) -> ServerConfig {
        let fallback = self.endpoint.fallback.as_deref().map(FallbackHandler::get_info);
        let (mut capabilities, instructions) = match fallback {
            Some(info) => (info.capabilities, info.instructions),
            None => (ServerCapabilities::default(), None),
        };
        // This crate serves tools and logging itself, so what the fallback handler declares for them is replaced.
        let served_here =
            ServerCapabilities::builder().enable_tools().enable_tool_list_changed().enable_logging().build();
        (capabilities.tools, capabilities.logging) = (served_here.tools, served_here.logging);
        if self.endpoint.has_completions() {
            capabilities.completions.get_or_insert_default();
        }
        if self.endpoint.has_tasks() {
            capabilities.extensions.get_or_insert_default().insert(TASKS.into(), JsonObject::default());
        }
        let info = ServerConfig::new(capabilities).with_server_info(self.implementation());
        match self.endpoint.instructions.clone().or(instructions) {
            Some(instructions) => info.with_instructions(instructions),
            None => info,
        }
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let info = ServerHandler::get_info(self);
        Ok(DiscoverResult::from_server_info(versions, info).with_ttl_ms(LIST_TTL_MS))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.caller(&context)?;
        let cursor = request.and_then(|request| request.cursor);
        let page = self.endpoint.page(&caller, cursor.as_deref()).await.map_err(|error| ErrorData {
            code: ErrorCode(error.code),
            message: error.message.into(),
            data: None,
        })?;
        let tools = serde_json::from_str(&format!("[{}]", page.entries.as_str()))
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let mut result = ListToolsResult::with_all_items(tools);
        result.next_cursor = page.next;
        result.ttl_ms = Some(LIST_TTL_MS);
        let differs = self.endpoint.lists_differ(self.is_guarded);
        result.cache_scope = Some(if differs { CacheScope::Private } else { CacheScope::Public });
        // As outside of sessions, a list has `serverInfo` if the request names a revision, even one before 2026-07-28.
        Ok(if context.meta.protocol_version().is_some() { self.with_server_info(result) } else { result })
    }

    /// Returns the tool whose input schema tells rmcp which headers must repeat arguments.
    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.endpoint.listing.tool(&self.endpoint.pipeline.registry, name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.call(request, context).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        self.custom_request(request, context).await
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Revision 2026-07-28 removed this method: there, each request can have a log level in its `_meta`.
        if is_modern(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        let level = serde_json::to_value(request.level).ok();
        let level = level.as_ref().and_then(|level| LogLevel::of_name(level.as_str()?));
        let level = level.ok_or_else(|| {
            ErrorData::invalid_params("`level` must be a level of RFC 5424, such as `info`", None)
        })?;
        match &self.session {
            Some(session) => session.set_level(level),
            None => self.endpoint.log_levels.set(&self.caller(&context)?, level),
        }
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(self.accept_subscription(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.serve_subscription(context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let origin = self.origin(&context)?;
        let task = tasks::find(&self.endpoint, TaskMethod::Get, &request.task_id, &origin)?;
        tasks::details(&task).map(|details| self.with_server_info(details))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let origin = self.origin(&context)?;
        let task = tasks::find(&self.endpoint, TaskMethod::Update, &request.task_id, &origin)?;
        task.inbox.answer(request.input_responses.into_iter().collect());
        Ok(())
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let origin = self.origin(&context)?;
        tasks::find(&self.endpoint, TaskMethod::Cancel, &request.task_id, &origin)?.cancel();
        Ok(())
    }

    /// Sets the session's client and caller already at `initialize`, because a client may call tools, and be asked
    /// questions, before it sends `notifications/initialized`.
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        if let Some(session) = &self.session {
            session.set_peer(&context.peer);
            session.set_caller(self.caller(&context)?);
            if let Some(SessionShare(share)) = extension(&context) {
                session.set_share(Arc::clone(share));
            }
        }
        let mut result = self.negotiate_initialize(&request)?;
        if let Some(version) = protocol_version::instead_of(&request.protocol_version) {
            result.protocol_version = version;
        }
        Ok(result)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(protocol_version::offered())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if let Some(session) = &self.session {
            let endpoint = Arc::clone(&self.endpoint);
            let is_disabled =
                move |caller: &Caller| endpoint.pipeline.controls.disabled_part(caller).is_some();
            session.open(context.peer.clone(), self.endpoint.announcements.listen(), is_disabled);
        }
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.on_initialized(context).await;
        }
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.on_roots_list_changed(context).await;
        }
    }

    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.on_progress(progress, context).await;
        }
    }

    async fn on_custom_notification(
        &self,
        notification: CustomNotification,
        context: NotificationContext<RoleServer>,
    ) {
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.on_custom_notification(notification, context).await;
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let declared = |declared: &ServerCapabilities| declared.completions.is_some();
        let completed = self.delegate::<CompleteRequestMethod, _>(declared, context, |fallback, context| {
            fallback.complete(request, context)
        });
        completed.await.map_err(|error| match error.code {
            ErrorCode::METHOD_NOT_FOUND if self.endpoint.has_completions() => completion::unknown_reference(),
            _ => error,
        })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.delegate::<GetPromptRequestMethod, _>(declares_prompts, context, |fallback, context| {
            fallback.get_prompt(request, context)
        })
        .await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.delegate::<ListPromptsRequestMethod, _>(declares_prompts, context, |fallback, context| {
            fallback.list_prompts(request, context)
        })
        .await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.delegate::<ListResourcesRequestMethod, _>(declares_resources, context, |fallback, context| {
            fallback.list_resources(request, context)
        })
        .await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.delegate::<ListResourceTemplatesRequestMethod, _>(
            declares_resources,
            context,
            |fallback, context| fallback.list_resource_templates(request, context),
        )
        .await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.delegate::<ReadResourceRequestMethod, _>(declares_resources, context, |fallback, context| {
            fallback.read_resource(request, context)
        })
        .await
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        self.delegate::<ReadResourceDirectoryRequestMethod, _>(
            declares_resources,
            context,
            |fallback, context| fallback.read_resource_directory(request, context),
        )
        .await
    }

    // The skills extension requires the capability `resources` (SEP-2640).
    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        self.delegate::<ListSkillsRequestMethod, _>(declares_resources, context, |fallback, context| {
            fallback.list_skills(request, context)
        })
        .await
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        self.delegate::<GetSkillRequestMethod, _>(declares_resources, context, |fallback, context| {
            fallback.get_skill(request, context)
        })
        .await
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let uri = request.uri.clone();
        self.delegate::<SubscribeRequestMethod, _>(
            declares_resource_subscriptions,
            context,
            |fallback, context| fallback.subscribe(request, context),
        )
        .await?;
        match &self.session {
            Some(session) => session.subscribe(uri),
            // Without a session, this crate can't send notifications to the client.
            None => Ok(()),
        }
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if let Some(session) = &self.session {
            session.unsubscribe(&request.uri);
        }
        self.delegate::<UnsubscribeRequestMethod, _>(
            declares_resource_subscriptions,
            context,
            |fallback, context| fallback.unsubscribe(request, context),
        )
        .await
    }
}
