//! All of the protocol but `tools/call`: rmcp's, over a registry that was built once.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod,
        CompleteRequestParams, CompleteResult, ConstString, CustomRequest, CustomResult, DiscoverResult,
        ErrorCode, Implementation, ListPromptsRequestMethod, ListPromptsResult,
        ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};

use mcp_tool_contract::{json::META_REQUIRES, read::violation::shown};

#[cfg(feature = "oauth")]
use crate::identity::Authenticated;

use super::{
    Endpoint, Next, Reporting,
    answer::{self, Framed},
    id::Id,
    labelled::Labelled,
    listing::LIST_TTL_MS,
    message::Era,
};
use crate::{
    context::Progress,
    dispatch::{Arrival, Asked},
    identity::Caller,
    middleware::Headers,
    versions::Requirement,
};

/// The server as rmcp sees it.
#[derive(Clone, Debug)]
pub(crate) struct Protocol {
    endpoint: Arc<Endpoint>,
    /// Whether every request comes with its caller, and one without comes from nobody.
    is_guarded: bool,
}

impl Protocol {
    pub(crate) fn new(endpoint: Arc<Endpoint>, is_guarded: bool) -> Self {
        Protocol { endpoint, is_guarded }
    }

    fn implementation(&self) -> Implementation {
        Implementation::new(&*self.endpoint.name, &*self.endpoint.version)
    }

    /// Who is asking: whom the HTTP listener found, or the local user.
    fn caller(&self, context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        match beside::<Caller>(context) {
            Some(caller) if !caller.is_local() || caller.agent().is_some() => Ok(caller.clone()),
            None if self.is_guarded => Err(ErrorData::internal_error("a request without its caller", None)),
            _ => Ok(self.labelled(context)),
        }
    }

    /// The local user, through what the client called itself in `initialize`.
    fn labelled(&self, context: &RequestContext<RoleServer>) -> Caller {
        let client = context.client_info().map(|client| format!("{} {}", client.name, client.version));
        Labelled::default().caller(&self.endpoint.local, None, client.as_deref())
    }
}

/// The text of a call's arguments as it came, beside the request that rmcp read.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only HTTP has sessions"))]
pub(crate) struct RawArguments(pub(crate) Arc<str>);

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only HTTP comes from somewhere"))]
pub(crate) struct Remote(pub(crate) IpAddr);

fn raw_arguments(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<String, ErrorData> {
    match beside::<RawArguments>(context) {
        Some(RawArguments(raw)) => Ok(raw.to_string()),
        None => serde_json::to_string(&request.arguments.clone().unwrap_or_default())
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None)),
    }
}

/// The version that the call asks for.
fn required(context: &RequestContext<RoleServer>) -> Result<Option<Requirement>, ErrorData> {
    let invalid = |reason: String| ErrorData::invalid_params(format!("`{META_REQUIRES}`: {reason}"), None);
    match context.meta.get(META_REQUIRES) {
        None => Ok(None),
        Some(serde_json::Value::String(text)) => Requirement::parse(text).map(Some).map_err(invalid),
        Some(_) => Err(invalid("it must be a string".into())),
    }
}

/// What the HTTP listener laid beside a request.
#[cfg(feature = "http")]
fn beside<T: Send + Sync + 'static>(context: &RequestContext<RoleServer>) -> Option<&T> {
    context.extensions.get::<::http::request::Parts>()?.extensions.get()
}

#[cfg(not(feature = "http"))]
fn beside<T>(_: &RequestContext<RoleServer>) -> Option<&T> {
    None
}

/// Nobody reads this answer: rmcp drops what comes for a request that was cancelled.
fn cancelled() -> ErrorData {
    ErrorData::invalid_request("the request was cancelled", None)
}

fn undeclared<M: ConstString>() -> ErrorData {
    ErrorData::method_not_found::<M>()
}

impl ServerHandler for Protocol {
    fn get_info(&self) -> ServerConfig {
        let info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(self.implementation());
        match &self.endpoint.instructions {
            Some(instructions) => info.with_instructions(instructions.clone()),
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
        if context.meta.protocol_version().is_some() {
            result.meta.get_or_insert_default().insert(
                "io.modelcontextprotocol/serverInfo".into(),
                serde_json::json!({ "name": self.endpoint.name, "version": self.endpoint.version }),
            );
        }
        Ok(result)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.endpoint.listing.tool(&self.endpoint.dispatcher.registry, name)
    }

    /// A call inside a legacy HTTP session, the only one that rmcp reads. Its arguments come as a map, in which
    /// much is lost: they are read from their own text.
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = raw_arguments(&request, &context)?;
        let token = context.meta.get_progress_token();
        let (progress, updates) = token.is_some().then(Progress::channel).unzip();
        let endpoint = Arc::clone(&self.endpoint);
        let id = Id::default();
        let requires = required(&context)?;
        let asked =
            Asked { name: &request.name, requires: requires.as_ref(), arguments_bytes: arguments.len() };
        let remote = beside::<Remote>(&context).map(|Remote(remote)| *remote);
        let arrival = Arrival {
            remote,
            headers: beside::<Headers>(&context).cloned().unwrap_or_default(),
            #[cfg(feature = "oauth")]
            token: beside::<Authenticated>(&context).map(|who| who.token.clone()),
            ..self.caller(&context)?.into()
        };
        let admitted = endpoint.dispatcher.admit(arrival, asked, progress).await;
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => return unframed(&answer::refused(&endpoint, &id, Era::Legacy, &refusal)),
        };
        let call = Endpoint::execute(endpoint, admitted, arguments, id, Era::Legacy);
        let Some((token, updates)) = token.zip(updates) else {
            return tokio::select! {
                framed = call => unframed(&framed),
                () = context.ct.cancelled() => Err(cancelled()),
            };
        };
        let mut reporting = Reporting::new(call, updates);
        loop {
            let update = tokio::select! {
                next = reporting.next() => match next {
                    Next::Update(update) => update,
                    Next::Done(framed) => return unframed(&framed),
                },
                () = context.ct.cancelled() => return Err(cancelled()),
            };
            let mut report =
                ProgressNotificationParam::new(token.clone(), update.progress).with_message(update.message);
            report.total = update.total;
            // A report that can't be sent is no reason to end the call.
            drop(context.peer.notify_progress(report).await);
        }
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // rmcp takes what it can't read for a method of somebody else's.
        const KNOWN: [&str; 4] = ["initialize", "server/discover", "tools/call", "tools/list"];
        if KNOWN.contains(&request.method.as_str()) {
            return Err(ErrorData::invalid_params(format!("not the parameters of {}", request.method), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, shown(&request.method), None))
    }

    // What isn't declared isn't there; rmcp would answer with empty lists.

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(undeclared::<CompleteRequestMethod>())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(undeclared::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(undeclared::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(undeclared::<ListResourceTemplatesRequestMethod>())
    }
}

/// An answer of ours as rmcp's own types.
fn unframed(framed: &Framed) -> Result<CallToolResponse, ErrorData> {
    #[derive(serde::Deserialize)]
    struct Body {
        result: Option<CallToolResult>,
        error: Option<ErrorData>,
    }
    let failed = |reason: Cow<'static, str>| ErrorData::internal_error(reason, None);
    match serde_json::from_slice(&framed.body) {
        Ok(Body { result: Some(result), .. }) => Ok(result.into()),
        Ok(Body { error: Some(error), .. }) => Err(error),
        Ok(_) => Err(failed("an answer was empty".into())),
        Err(error) => Err(failed(error.to_string().into())),
    }
}
