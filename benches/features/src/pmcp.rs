//! The probed server in pmcp, on its HTTP server with sessions for 2025-11-25, a task store and tool middleware.
//!
//! MRTR in names of pmcp is a multi-round-trip request of 2026-07-28: a result asks, and the client repeats the call
//! with the answer.

mod counters;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use counters::{SLOW, Slow};
use garde::Validate;
use pmcp::{
    RequestHandlerExtra, Server, ToolHandler, ToolInfo, TypedTool,
    server::{
        ToolOutput,
        streamable_http_server::StreamableHttpServer,
        task_store::{CreatedTask, InMemoryTaskStore, TaskStore},
        tool_middleware::{ToolContext, ToolMiddleware},
        typed_tool::TypedToolWithOutput,
    },
    types::{
        CallToolResult, Content, InputRequest, InputRequests, InputResponse, LoggingLevel, Role,
        ServerNotification, TaskSupport, ToolExecution,
        capabilities::{LoggingCapabilities, ServerCapabilities, ToolCapabilities},
        elicitation::{ElicitRequestParams, ElicitResult},
        mrtr::MrtrSignal,
        protocol::{Era, LATEST_PROTOCOL_VERSION, PROTOCOL_VERSION_2026_07_28, ProtocolVersion},
        sampling::{CreateMessageParams, SamplingMessage, SamplingMessageContent},
        tasks::TaskStatus,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Pause between two progress reports, because pmcp sends progress at most every 100 ms.
const BETWEEN_REPORTS: Duration = Duration::from_millis(150);

/// A number of at most ten.
#[derive(Debug, Deserialize, JsonSchema, Serialize, Validate)]
struct Number {
    /// The number.
    #[garde(range(min = 1, max = 10))]
    #[schemars(range(min = 1, max = 10))]
    n: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Nothing {}

/// The running server, through which the tool `change` notifies clients.
static SERVER: OnceLock<Arc<Server>> = OnceLock::new();

/// A tool that returns a whole [`CallToolResult`], and not only a value. `name` decides what the tool does.
struct Whole {
    name: &'static str,
    schema: Value,
}

#[async_trait]
impl ToolHandler for Whole {
    async fn handle(&self, _: Value, _: RequestHandlerExtra) -> pmcp::Result<Value> {
        Err(pmcp::Error::internal("`handle_output` must be called instead of `handle`"))
    }

    async fn handle_output(&self, arguments: Value, extra: RequestHandlerExtra) -> pmcp::Result<ToolOutput> {
        Ok(ToolOutput::Result(self.call(&arguments, &extra).await?))
    }

    fn metadata(&self) -> Option<ToolInfo> {
        Some(ToolInfo::new(self.name, Some(format!("The tool {}.", self.name)), self.schema.clone()))
    }
}

impl Whole {
    async fn call(&self, arguments: &Value, extra: &RequestHandlerExtra) -> pmcp::Result<CallToolResult> {
        let said = |text: &str| CallToolResult::new(vec![Content::text(text)]);
        let word = |key: &str| arguments.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(match self.name {
            "text" => said("text"),
            "media" => CallToolResult::new(vec![
                Content::image("aW1hZ2U=", "image/png"),
                Content::audio("YXVkaW8=", "audio/wav"),
                Content::resource_with_text("test://resource", "resource", "text/plain"),
                Content::resource_link("link", "test://link"),
            ]),
            "progress" => {
                extra.report_progress(1.0, Some(2.0), None).await?;
                tokio::time::sleep(BETWEEN_REPORTS).await;
                extra.report_progress(2.0, Some(2.0), None).await?;
                said("done")
            }
            "log" => {
                extra.log(LoggingLevel::Error, "logged")?;
                said("done")
            }
            "form" => form(&word("topic"), extra).await?,
            "link" => match extra.mrtr_continuation() {
                Some(_) => said("opened"),
                None => asking(InputRequest::Elicitation(Box::new(ElicitRequestParams::Url {
                    message: "Sign in".to_owned(),
                    elicitation_id: "sign-in".to_owned(),
                    url: "https://example.com/sign-in".to_owned(),
                })))?,
            },
            "sample" => match extra.mrtr_continuation() {
                Some(_) => said("sampled"),
                None => asking(InputRequest::Sampling(Box::new(
                    CreateMessageParams::new(vec![SamplingMessage::new(
                        Role::User,
                        SamplingMessageContent::from_content(Content::text("Say something")),
                    )])
                    .with_max_tokens(10),
                )))?,
            },
            "slow" => {
                let slow = Slow::begin();
                tokio::select! {
                    () = extra.cancelled() => said("stopped"),
                    () = tokio::time::sleep(SLOW) => {
                        slow.finish();
                        said("done")
                    }
                }
            }
            "state" => said(&counters::state()),
            "region" => said(&word("region")),
            "change" => {
                if let Some(server) = SERVER.get() {
                    server.send_notification(ServerNotification::ToolsChanged).await;
                }
                said("told")
            }
            // The tool `trace`.
            _ => said(&extra.trace_context().map_or_else(|| "none".to_owned(), |trace| trace.traceparent)),
        })
    }
}

/// Returns a result that asks the client. pmcp seals the request state.
fn asking(request: InputRequest) -> pmcp::Result<CallToolResult> {
    let input_requests = InputRequests::from_iter([("answer".to_owned(), request)]);
    let signal = MrtrSignal { input_requests, continuation: json!({ "asked": true }) };
    let (key, value) = signal.into_meta_entry().map_err(|error| pmcp::Error::internal(error.to_string()))?;
    let mut result = CallToolResult::new(vec![Content::text("An answer is needed first.")]);
    result._meta = Some(serde_json::Map::from_iter([(key, value)]));
    Ok(result)
}

/// Asks for a name: by a request in the session, or in 2026-07-28 by a result that requires input.
async fn form(topic: &str, extra: &RequestHandlerExtra) -> pmcp::Result<CallToolResult> {
    let requested_schema =
        json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    let params = ElicitRequestParams::Form { message: "Who are you?".to_owned(), requested_schema };
    let greeted = |reply: &ElicitResult| {
        let name =
            reply.content.as_ref().and_then(|content| content.get("name")?.as_str().map(str::to_owned));
        CallToolResult::new(vec![Content::text(format!("{topic}: {}", name.unwrap_or_default()))])
    };
    // `V2` is 2026-07-28.
    if extra.era() != Some(Era::V2) {
        let peer = extra.peer().ok_or_else(|| pmcp::Error::internal("the client cannot be asked"))?;
        return Ok(greeted(&peer.elicit(params).await?));
    }
    match extra.input_responses().and_then(|answers| answers.get("answer")) {
        Some(InputResponse::Elicitation(reply)) if extra.mrtr_continuation().is_some() => Ok(greeted(reply)),
        _ => asking(InputRequest::Elicitation(Box::new(params))),
    }
}

/// Does the work of a task. pmcp doesn't tell this function that the task was cancelled.
async fn work(store: Arc<dyn TaskStore>, created: CreatedTask, seconds: f64) {
    let slow = Slow::begin();
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    slow.finish();
    let (id, owner) = (created.task.task_id, created.owner_id);
    drop(store.set_result(&id, &owner, CallToolResult::new(vec![Content::text("done")])).await);
    drop(store.update_status(&id, &owner, TaskStatus::Completed, None).await);
}

/// The tool `job`: a task if the client supports tasks, or else an ordinary call.
fn job(store: Arc<dyn TaskStore>) -> impl ToolHandler {
    let schema = json!({ "type": "object", "properties": { "seconds": { "type": "number" } }, "required": ["seconds"] });
    TypedTool::new_with_schema("job", schema, move |arguments: Value, extra: RequestHandlerExtra| {
        let store = Arc::clone(&store);
        let seconds = arguments.get("seconds").and_then(Value::as_f64).unwrap_or_default();
        if extra.will_create_task() {
            extra.on_task_created(move |created| {
                tokio::spawn(work(store, created, seconds));
            });
            // pmcp replaces the id with that of the created task.
            return Box::pin(async { Ok(json!({ "taskId": "the store's", "status": "working" })) });
        }
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            Ok(json!("done"))
        })
    })
    .with_description("Takes a while, as a task.")
    .with_execution(ToolExecution::new().with_task_support(TaskSupport::Optional))
}

/// Middleware that counts tool calls.
struct Counting;

#[async_trait]
impl ToolMiddleware for Counting {
    async fn on_request(
        &self,
        _: &str,
        _: &mut Value,
        _: &mut RequestHandlerExtra,
        _: &ToolContext,
    ) -> pmcp::Result<()> {
        counters::layered();
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let store: Arc<dyn TaskStore> = Arc::new(InMemoryTaskStore::new());
    let mut capabilities = ServerCapabilities::default();
    capabilities.logging = Some(LoggingCapabilities::default());
    capabilities.tools = Some(ToolCapabilities { list_changed: Some(true) });
    let mut server = Server::builder()
        .name("features")
        .version("1.0.0")
        .capabilities(capabilities)
        .with_supported_protocol_versions([
            ProtocolVersion(LATEST_PROTOCOL_VERSION.to_string()),
            ProtocolVersion(PROTOCOL_VERSION_2026_07_28.to_string()),
        ])
        .tool_middleware(Arc::new(Counting))
        .tool("job", job(Arc::clone(&store)))
        // `new_validated` checks bounds of arguments. `TypedToolWithOutput` doesn't, but lists an output schema.
        .tool(
            "bounded",
            TypedTool::new_validated("bounded", |number: Number, _| {
                Box::pin(async move { Ok(json!(number.n.to_string())) })
            })
            .with_description("A number with enforced bounds."),
        )
        .tool(
            "structured",
            TypedToolWithOutput::new("structured", |number: Number, _| Box::pin(async move { Ok(number) }))
                .with_description("The number."),
        )
        .tool(
            "broken",
            TypedToolWithOutput::new("broken", |_: Nothing, _| Box::pin(async { Ok(Number { n: 100 }) }))
                .with_description("A number above its maximum."),
        )
        .task_store(store);
    let no_parameters = json!({ "type": "object", "properties": {} });
    for name in ["text", "media", "progress", "log", "link", "sample", "slow", "state", "change", "trace"] {
        server = server.tool(name, Whole { name, schema: no_parameters.clone() });
    }
    let topic =
        json!({ "type": "object", "properties": { "topic": { "type": "string" } }, "required": ["topic"] });
    let region = json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        "required": ["region"],
    });
    let server = server
        .tool("form", Whole { name: "form", schema: topic })
        .tool("region", Whole { name: "region", schema: region })
        .build()?;
    let server = Arc::new(server);
    drop(SERVER.set(Arc::clone(&server)));
    let (_, serving) = StreamableHttpServer::new_concurrent(address.parse()?, server).start().await?;
    serving.await?;
    Ok(())
}
