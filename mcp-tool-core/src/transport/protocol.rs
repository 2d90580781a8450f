//! All of the protocol but `tools/call`: rmcp's, over a registry that was built once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use mcp_tool_contract::read::violation::shown;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestMethod,
        CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult,
        DiscoverResult, ErrorCode, GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse,
        GetSkillRequestMethod, GetSkillRequestParams, GetSkillResult, GetTaskParams, GetTaskResult,
        Implementation, InitializeRequestParams, InitializeResult, JsonObject, ListPromptsRequestMethod,
        ListPromptsResult, ListResourceTemplatesRequestMethod, ListResourceTemplatesResult,
        ListResourcesRequestMethod, ListResourcesResult, ListSkillsRequestMethod, ListSkillsResult,
        ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
        ReadResourceDirectoryRequestMethod, ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult,
        ReadResourceRequestMethod, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
        ServerConfig, SetLevelRequestMethod, SubscribeRequestMethod, SubscribeRequestParams,
        SubscriptionFilter, Tool, UnsubscribeRequestMethod, UnsubscribeRequestParams, UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use super::{
    Endpoint,
    answer::WITHDRAWN,
    completion,
    fallback::{FallbackHandler, prompts, resources, subscriptions},
    fault::code,
    labelled::ClientLabel,
    listing::LIST_TTL_MS,
    session::{Session, notification},
    tasks,
};
use crate::{
    announce::Heard,
    ask::TASKS,
    call::{caller::Caller, report::LogLevel},
};

#[allow(deprecated, reason = "older clients set a level by a request of its own")]
use rmcp::model::SetLevelRequestParams;

/// Streams that were asked for and aren't open yet.
const OPENING: usize = 64;

/// The server as rmcp sees it.
#[derive(Clone)]
pub struct Protocol {
    pub(super) endpoint: Arc<Endpoint>,
    /// Whether every request comes with its caller, and one without comes from nobody.
    is_guarded: bool,
    /// The client, where it stays connected.
    pub(super) session: Option<Arc<Session>>,
    /// What streams hear that were asked for and aren't open yet: nothing that changes meanwhile is missed.
    opening: Arc<Mutex<VecDeque<Heard>>>,
}

impl Protocol {
    /// For clients that don't stay connected.
    pub fn new(endpoint: Arc<Endpoint>, is_guarded: bool) -> Self {
        Protocol { endpoint, is_guarded, session: None, opening: Arc::default() }
    }

    /// For one client that does.
    pub(crate) fn of(&self, session: Arc<Session>) -> Self {
        Protocol { session: Some(session), opening: Arc::default(), ..self.clone() }
    }

    /// Hears what changes from now on, for a stream that is about to be opened.
    fn hear(&self) {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if opening.len() < OPENING {
            opening.push_back(self.endpoint.announcements.listen());
        }
    }

    fn heard(&self) -> Heard {
        let heard = self.opening.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        heard.unwrap_or_else(|| self.endpoint.announcements.listen())
    }

    fn implementation(&self) -> Implementation {
        Implementation::new(&*self.endpoint.name, &*self.endpoint.version)
    }

    /// Who is asking: whom the HTTP listener found, or the local user.
    pub(super) fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        match extension::<Caller>(context) {
            Some(caller) if !caller.is_local() || caller.agent().is_some() => Ok(caller.clone()),
            None if self.is_guarded => Err(ErrorData::internal_error("a request without its caller", None)),
            _ => Ok(self.labelled(context)),
        }
    }

    /// Who is asking, unless the operator switched them off: what isn't a call isn't admitted as one.
    pub(super) fn let_in(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        let caller = self.caller(context)?;
        match self.is_off(&caller) {
            false => Ok(caller),
            true => Err(ErrorData::new(ErrorCode(code::FORBIDDEN), WITHDRAWN, None)),
        }
    }

    fn is_off(&self, caller: &Caller) -> bool {
        self.endpoint.dispatcher.controls.is_off(caller).is_some()
    }

    /// The local user, through what the client called itself in `initialize`.
    fn labelled(&self, context: &RequestContext<RoleServer>) -> Caller {
        let client = context.client_info().map(|client| format!("{} {}", client.name, client.version));
        ClientLabel::default().caller(&self.endpoint.local, None, client.as_deref())
    }
}

/// What the HTTP listener laid beside a request.
#[cfg(feature = "http")]
pub(super) fn extension<T: Send + Sync + 'static>(context: &RequestContext<RoleServer>) -> Option<&T> {
    context.extensions.get::<::http::request::Parts>()?.extensions.get()
}

#[cfg(not(feature = "http"))]
pub(super) fn extension<T>(_: &RequestContext<RoleServer>) -> Option<&T> {
    None
}

/// Whether a request names 2026-07-28 or later.
pub(super) fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    let named = context.meta.protocol_version();
    named.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

#[allow(deprecated, reason = "older clients subscribe and set a level by requests of their own")]
impl ServerHandler for Protocol {
    fn get_info(&self) -> ServerConfig {
        let fallback = self.endpoint.fallback.as_deref().map(FallbackHandler::info);
        let (mut capabilities, instructions) = match fallback {
            Some(info) => (info.capabilities, info.instructions),
            None => (ServerCapabilities::default(), None),
        };
        let own =
            ServerCapabilities::builder().enable_tools().enable_tool_list_changed().enable_logging().build();
        (capabilities.tools, capabilities.logging) = (own.tools, own.logging);
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
        Ok(DiscoverResult::from_server_info(versions, self.get_info()).with_ttl_ms(LIST_TTL_MS))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self.caller(&context)?;
        let cursor = request.and_then(|request| request.cursor);
        let page = self.endpoint.page(&caller, cursor.as_deref()).await.map_err(|fault| ErrorData {
            code: ErrorCode(fault.code),
            message: fault.message.into(),
            data: None,
        })?;
        let tools = serde_json::from_str(&format!("[{}]", page.entries.as_str()))
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let mut result = ListToolsResult::with_all_items(tools);
        result.next_cursor = page.next;
        result.ttl_ms = Some(LIST_TTL_MS);
        let differs = self.endpoint.lists_differ(self.is_guarded);
        result.cache_scope = Some(if differs { CacheScope::Private } else { CacheScope::Public });
        Ok(if context.meta.protocol_version().is_some() { self.signed(result) } else { result })
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.endpoint.listing.tool(&self.endpoint.dispatcher.registry, name)
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
        if let Some(of_a_tool) = self.of_a_tool(&request) {
            return self.completed(of_a_tool, &context).await;
        }
        // rmcp takes what it can't read for a method of somebody else's.
        const KNOWN: [&str; 9] = [
            "initialize",
            "logging/setLevel",
            "server/discover",
            "subscriptions/listen",
            "tasks/cancel",
            "tasks/get",
            "tasks/update",
            "tools/call",
            "tools/list",
        ];
        // Removed from 2026-07-28, whatever their parameters are.
        const REMOVED: [&str; 2] = ["initialize", "logging/setLevel"];
        let is_removed = is_modern(&context) && REMOVED.contains(&request.method.as_str())
            || request.method.starts_with("tasks/") && !self.endpoint.has_tasks();
        if !is_removed && KNOWN.contains(&request.method.as_str()) {
            return Err(ErrorData::invalid_params(format!("not the parameters of {}", request.method), None));
        }
        match self.endpoint.fallback.as_deref().filter(|_| !is_removed) {
            Some(fallback) => {
                let context = self.named(context)?;
                self.guarded(fallback.on_custom_request(request, context)).await
            }
            None if request.method == "completion/complete" && self.endpoint.has_completions() => {
                Err(completion::of_tools_alone())
            }
            None => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, shown(&request.method), None)),
        }
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Since 2026-07-28 a request says for itself what it wants to hear.
        if is_modern(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        let level = serde_json::to_value(request.level).ok();
        let level = level.as_ref().and_then(|level| LogLevel::of_name(level.as_str()?));
        let level = level.ok_or_else(|| ErrorData::invalid_params("`level` is one of RFC 5424", None))?;
        match &self.session {
            Some(session) => session.set_level(level),
            None => self.endpoint.levels.set(&self.caller(&context)?, level),
        }
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        // Which resources can be heard of, the handler beside the tools says; of itself none.
        let own = self.endpoint.fallback.as_deref().and_then(|fallback| fallback.accepts(requested));
        accepted.resource_subscriptions = own.and_then(|own| own.resource_subscriptions);
        self.hear();
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let (mut heard, sink) = (self.heard(), context.sink().clone());
        let caller = self.let_in(context.request_context())?;
        let ended = context.request_context().ct.clone();
        let resources = context.accepted().resource_subscriptions.clone();
        let own = async {
            let told = async {
                while let Some(changes) = heard.next(|| resources.clone().unwrap_or_default()).await {
                    // Whoever was switched off meanwhile hears no more.
                    if self.is_off(&caller) {
                        return;
                    }
                    for change in changes {
                        // What this client didn't ask for isn't sent.
                        drop(sink.send(notification(change)).await);
                    }
                }
            };
            tokio::select! {
                () = told => {}
                () = ended.cancelled() => {}
            }
        };
        let fallback = self.endpoint.fallback.as_deref();
        match fallback.filter(|fallback| fallback.accepts(context.requested()).is_some()) {
            None => own.await,
            Some(fallback) => {
                let mut own = std::pin::pin!(own);
                tokio::select! {
                    biased;
                    () = &mut own => {}
                    listened = fallback.listen(context) => {
                        listened?;
                        own.await;
                    }
                }
            }
        }
        Ok(())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let task = tasks::find(&self.endpoint, &request.task_id, &self.let_in(&context)?)?;
        tasks::shown(&task).map(|shown| self.signed(shown))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let task = tasks::find(&self.endpoint, &request.task_id, &self.let_in(&context)?)?;
        task.desk.answer(request.input_responses.into_iter().collect());
        Ok(())
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        tasks::find(&self.endpoint, &request.task_id, &self.let_in(&context)?)?.cancel();
        Ok(())
    }

    /// A client can be asked as soon as it may call, and so before it says that it is initialized.
    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        if let Some(session) = &self.session {
            session.reached_by(&context.peer);
            session.is_of(self.caller(&context)?);
        }
        self.negotiate_initialize(&request)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if let Some(session) = &self.session {
            let endpoint = Arc::clone(&self.endpoint);
            let is_off = move |caller: &Caller| endpoint.dispatcher.controls.is_off(caller).is_some();
            session.opened(context.peer.clone(), self.endpoint.announcements.listen(), is_off);
        }
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.initialized(context).await;
        }
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.roots_changed(context).await;
        }
    }

    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.progressed(progress, context).await;
        }
    }

    async fn on_custom_notification(
        &self,
        notification: CustomNotification,
        context: NotificationContext<RoleServer>,
    ) {
        if let Some(fallback) = self.endpoint.fallback.as_deref() {
            fallback.notified(notification, context).await;
        }
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let declared = |declared: &ServerCapabilities| declared.completions.is_some();
        let asked = self.asked::<CompleteRequestMethod, _>(declared, context, |fallback, context| {
            fallback.complete(request, context)
        });
        asked.await.map_err(|error| match error.code {
            ErrorCode::METHOD_NOT_FOUND if self.endpoint.has_completions() => completion::of_tools_alone(),
            _ => error,
        })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.asked::<GetPromptRequestMethod, _>(prompts, context, |fallback, context| {
            fallback.get_prompt(request, context)
        })
        .await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.asked::<ListPromptsRequestMethod, _>(prompts, context, |fallback, context| {
            fallback.list_prompts(request, context)
        })
        .await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.asked::<ListResourcesRequestMethod, _>(resources, context, |fallback, context| {
            fallback.list_resources(request, context)
        })
        .await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.asked::<ListResourceTemplatesRequestMethod, _>(resources, context, |fallback, context| {
            fallback.list_resource_templates(request, context)
        })
        .await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.asked::<ReadResourceRequestMethod, _>(resources, context, |fallback, context| {
            fallback.read_resource(request, context)
        })
        .await
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        self.asked::<ReadResourceDirectoryRequestMethod, _>(resources, context, |fallback, context| {
            fallback.read_resource_directory(request, context)
        })
        .await
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListSkillsResult, ErrorData> {
        self.asked::<ListSkillsRequestMethod, _>(resources, context, |fallback, context| {
            fallback.list_skills(request, context)
        })
        .await
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetSkillResult, ErrorData> {
        self.asked::<GetSkillRequestMethod, _>(resources, context, |fallback, context| {
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
        self.asked::<SubscribeRequestMethod, _>(subscriptions, context, |fallback, context| {
            fallback.subscribe(request, context)
        })
        .await?;
        match &self.session {
            Some(session) => session.subscribe(uri),
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
        self.asked::<UnsubscribeRequestMethod, _>(subscriptions, context, |fallback, context| {
            fallback.unsubscribe(request, context)
        })
        .await
    }
}
