//! The probed server in rmcp: tools by `#[tool]`, on rmcp's HTTP service, which by default has sessions for 2025-11-25.
//!
//! rmcp's `RequestStateCodec` seals the request state. The author's code must bind the state to the tool and its
//! arguments.

#![allow(deprecated, reason = "sampling and logging are probed too, although the protocol deprecates them")]

mod counters;

use std::{sync::Arc, time::Duration};

use axum::Router;
use counters::{SLOW, Slow};
use rmcp::{
    ErrorData, Json, RoleServer, ServerHandler,
    handler::server::{
        router::tool::ToolRouter,
        tool::{InputResponses, RequestState, ToolCallContext},
        wrapper::Parameters,
    },
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, ContentBlock,
        CreateMessageRequest, CreateMessageRequestParams, CreateTaskResult, ElicitRequest,
        ElicitRequestParams, GetTaskParams, GetTaskResult, InputRequest, InputRequests, InputRequiredResult,
        LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam, ProtocolVersion,
        RequestStateCodec, Resource, SamplingMessage, SealOptions, ServerCapabilities, ServerConfig,
        SubscriptionFilter, UpdateTaskParams,
    },
    schemars::JsonSchema,
    service::{RequestContext, SubscriptionContext},
    task_manager::{TaskExit, TaskManager, TaskOptions},
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::{net::TcpListener, sync::broadcast};

/// A number of at most ten.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Number {
    /// The number.
    #[schemars(range(min = 1, max = 10))]
    n: u32,
}

/// A name.
#[derive(Deserialize, JsonSchema)]
struct Name {
    /// The name.
    name: String,
}

rmcp::elicit_safe!(Name);

#[derive(Deserialize, JsonSchema)]
struct Topic {
    /// Topic of the question.
    topic: String,
}

#[derive(Deserialize, JsonSchema)]
struct Region {
    /// Region.
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: String,
}

#[derive(Deserialize, JsonSchema)]
struct Job {
    /// Duration.
    seconds: f64,
}

type Context = RequestContext<RoleServer>;

#[derive(Clone)]
struct Features {
    tool_router: Arc<ToolRouter<Self>>,
    /// Seals and opens request states.
    state: Arc<RequestStateCodec>,
    tasks: TaskManager,
    /// Changes of the tool list, for the listening clients of 2026-07-28.
    changes: broadcast::Sender<()>,
}

/// Returns `true` if the client uses 2026-07-28. In this revision, a tool asks by its result instead of by a request.
fn is_newer(context: &Context) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

fn failed(error: impl ToString) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

/// Result with one text.
fn said(text: impl Into<String>) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text)]).into()
}

impl Features {
    /// Returns a result that asks the client. Its request state is bound to the text `bound`.
    fn ask(&self, request: InputRequest, bound: &str) -> CallToolResponse {
        let options = SealOptions::new().associated_data(bound.as_bytes()).ttl(Duration::from_secs(600));
        let requests = InputRequests::from_iter([("answer".to_owned(), request)]);
        InputRequiredResult::new(Some(requests), Some(self.state.seal_with(b"asked", &options))).into()
    }

    /// Verifies the request state and returns the client's answer. `Ok(None)` if the call has no request state yet, or
    /// no answer.
    fn answer(
        &self,
        state: Option<String>,
        responses: Option<rmcp::model::InputResponses>,
        bound: &str,
    ) -> Result<Option<serde_json::Value>, ErrorData> {
        let Some(state) = state else { return Ok(None) };
        self.state
            .open_with(&state, bound.as_bytes())
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        Ok(responses.and_then(|responses| responses.get("answer").cloned()))
    }
}

#[tool_router]
impl Features {
    /// A text.
    #[tool]
    async fn text(&self) -> String {
        "text".to_owned()
    }

    /// Content of each kind.
    #[tool]
    async fn media(&self) -> CallToolResult {
        CallToolResult::success(vec![
            ContentBlock::image("aW1hZ2U=", "image/png"),
            ContentBlock::audio("YXVkaW8=", "audio/wav"),
            ContentBlock::embedded_text("test://resource", "resource"),
            ContentBlock::resource_link(Resource::new("test://link", "link")),
        ])
    }

    /// The number.
    #[tool]
    async fn structured(&self, Parameters(number): Parameters<Number>) -> Json<Number> {
        Json(number)
    }

    /// A number above its maximum.
    #[tool]
    async fn broken(&self) -> Json<Number> {
        Json(Number { n: 100 })
    }

    /// Reports.
    #[tool]
    async fn progress(&self, context: Context) -> Result<String, ErrorData> {
        if let Some(token) = context.meta.get_progress_token() {
            for step in [1.0, 2.0] {
                let report = ProgressNotificationParam::new(token.clone(), step).with_total(2.0);
                context.peer.notify_progress(report).await.map_err(failed)?;
            }
        }
        Ok("done".to_owned())
    }

    /// Logs.
    #[tool]
    async fn log(&self, context: Context) -> Result<String, ErrorData> {
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Error, json!("logged"));
        context.peer.notify_logging_message(message).await.map_err(failed)?;
        Ok("done".to_owned())
    }

    /// Asks for a name.
    #[tool]
    async fn form(
        &self,
        Parameters(Topic { topic }): Parameters<Topic>,
        RequestState(state): RequestState,
        InputResponses(responses): InputResponses,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        if !is_newer(&context) {
            let name = context.peer.elicit::<Name>("Who are you?").await.map_err(failed)?;
            return Ok(said(format!("{topic}: {}", name.map(|name| name.name).unwrap_or_default())));
        }
        let bound = format!("form {topic}");
        if let Some(answer) = self.answer(state, responses, &bound)? {
            return Ok(said(format!("{topic}: {}", answer["content"]["name"].as_str().unwrap_or_default())));
        }
        let schema =
            json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
        let form = ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: "Who are you?".to_owned(),
            requested_schema: serde_json::from_value(schema).map_err(failed)?,
        };
        Ok(self.ask(InputRequest::Elicitation(ElicitRequest::new(form)), &bound))
    }

    /// Asks to open a page.
    #[tool]
    async fn link(
        &self,
        RequestState(state): RequestState,
        InputResponses(responses): InputResponses,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let page = ElicitRequestParams::UrlElicitationParams {
            meta: None,
            message: "Sign in".to_owned(),
            url: "https://example.com/sign-in".to_owned(),
            elicitation_id: "sign-in".to_owned(),
        };
        if !is_newer(&context) {
            context.peer.create_elicitation(page).await.map_err(failed)?;
            return Ok(said("opened"));
        }
        match self.answer(state, responses, "link")? {
            Some(_) => Ok(said("opened")),
            None => Ok(self.ask(InputRequest::Elicitation(ElicitRequest::new(page)), "link")),
        }
    }

    /// Asks the client's model.
    #[tool]
    async fn sample(
        &self,
        RequestState(state): RequestState,
        InputResponses(responses): InputResponses,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let prompt = CreateMessageRequestParams::new(vec![SamplingMessage::user_text("Say something")], 10);
        if !is_newer(&context) {
            let reply = context.peer.create_message(prompt).await.map_err(failed)?;
            return Ok(said(reply.model));
        }
        match self.answer(state, responses, "sample")? {
            Some(_) => Ok(said("sampled")),
            None => Ok(self.ask(InputRequest::CreateMessage(CreateMessageRequest::new(prompt)), "sample")),
        }
    }

    /// Takes a while.
    #[tool]
    async fn slow(&self, context: Context) -> String {
        let slow = Slow::begin();
        tokio::select! {
            () = context.ct.cancelled() => "stopped".to_owned(),
            () = tokio::time::sleep(SLOW) => {
                slow.finish();
                "done".to_owned()
            }
        }
    }

    /// Counters of calls.
    #[tool]
    async fn state(&self) -> String {
        counters::state()
    }

    /// Takes an argument that a header mirrors.
    #[tool]
    async fn region(&self, Parameters(Region { region }): Parameters<Region>) -> String {
        region
    }

    /// Takes a while, as a task.
    #[tool]
    async fn job(&self, Parameters(Job { seconds }): Parameters<Job>) -> String {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        "done".to_owned()
    }

    /// Announces a change of the tool list.
    #[tool]
    async fn change(&self, context: Context) -> Result<String, ErrorData> {
        // Notifies the listeners of 2026-07-28, and in 2025-11-25 the calling session.
        drop(self.changes.send(()));
        if !is_newer(&context) {
            context.peer.notify_tool_list_changed().await.map_err(failed)?;
        }
        Ok("told".to_owned())
    }

    /// The trace context of the call.
    #[tool]
    async fn trace(&self, context: Context) -> String {
        context.meta.get_traceparent().unwrap_or("none").to_owned()
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Features {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_tasks();
        ServerConfig::new(capabilities.build())
    }

    /// Turns calls of `job` into tasks if the client supports tasks. In rmcp, the author's handler decides this.
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let supports_tasks = context.client_capabilities().is_some_and(|client| client.supports_tasks());
        if request.name != "job" || !supports_tasks {
            return self.tool_router.call(ToolCallContext::new(self, request, context)).await;
        }
        let arguments = serde_json::Value::Object(request.arguments.unwrap_or_default());
        let Job { seconds } = serde_json::from_value(arguments)
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let task = self.tasks.spawn(TaskOptions::new(), move |task| {
            Box::pin(async move {
                let slow = Slow::begin();
                tokio::select! {
                    () = task.cancelled() => Err(TaskExit::Cancelled),
                    () = tokio::time::sleep(Duration::from_secs_f64(seconds)) => {
                        slow.finish();
                        Ok(CallToolResult::success(vec![ContentBlock::text("done")]))
                    }
                }
            })
        });
        Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    async fn get_task(&self, request: GetTaskParams, _: Context) -> Result<GetTaskResult, ErrorData> {
        Ok(GetTaskResult::new(self.tasks.get_task(&request.task_id)?))
    }

    async fn update_task(&self, request: UpdateTaskParams, _: Context) -> Result<(), ErrorData> {
        self.tasks.update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(&self, request: CancelTaskParams, _: Context) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&request.task_id)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.supported_by(&self.get_info().capabilities))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.changes.subscribe();
        loop {
            tokio::select! {
                () = context.cancelled() => return Ok(()),
                change = changes.recv() => {
                    change.map_err(failed)?;
                    context.sink().notify_tool_list_changed().await.map_err(failed)?;
                }
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let features = Features {
        tool_router: Arc::new(Features::tool_router()),
        state: Arc::new(RequestStateCodec::try_new(b"a key of thirty-two bytes at least")?),
        tasks: TaskManager::new(),
        changes: broadcast::channel(16).0,
    };
    let service = StreamableHttpService::new(
        move || Ok(features.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    axum::serve(TcpListener::bind(address).await?, Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}
