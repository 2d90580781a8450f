//! The probed server in tower-mcp, on its HTTP transport, with sessions for 2025-11-25, middleware around all calls and
//! the feature `schema-validation` of tower-mcp.
//!
//! tower-mcp's `RequestStateCodec` seals the request state. The author's code must bind the state to the arguments.

mod counters;

use std::{
    sync::Arc,
    task::{Context as Waker, Poll},
    time::Duration,
};

use axum::serve::ListenerExt as _;
use counters::{SLOW, Slow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tower_mcp::{
    BoxError, CallToolResult, HttpTransport, McpRequest, McpRouter, RequestContext, RouterRequest,
    TaskContext, TaskOutcome, Tool, ToolBuilder,
    extract::{Context, Json},
    mrtr::RequestStateCodec,
    protocol::{
        ClientCapabilities, Content, CreateMessageParams, ElicitFormParams, ElicitFormSchema, ElicitMode,
        ElicitRequestParams, ElicitResult, ElicitUrlParams, InputRequest, InputRequests, InputRequiredResult,
        InputResponse, LogLevel, LoggingMessageParams, RequestOutcome, ResourceContent, SamplingMessage,
    },
};

/// A number of at most ten.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Number {
    /// The number.
    #[schemars(range(min = 1, max = 10))]
    n: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

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

/// Returns `true` if the client uses 2026-07-28, where each request has `_meta` with the protocol version.
fn is_newer(context: &RequestContext) -> bool {
    context.per_request_meta().is_some()
}

/// A result that asks the client, with a request state.
fn asking(request: InputRequest, state: String) -> RequestOutcome<CallToolResult> {
    let requests = InputRequests::from([("answer".to_owned(), request)]);
    RequestOutcome::input_required(InputRequiredResult::with_requests(requests).with_request_state(state))
}

fn said(text: String) -> RequestOutcome<CallToolResult> {
    RequestOutcome::Complete(CallToolResult::text(text))
}

fn failed(error: impl ToString) -> tower_mcp::Error {
    tower_mcp::Error::invalid_params(error.to_string())
}

/// Name in the answer to `form`; empty if it has none.
fn name(result: &ElicitResult) -> String {
    let name = result.content.as_ref().and_then(|content| content.get("name"));
    name.and_then(|name| serde_json::to_value(name).ok()?.as_str().map(str::to_owned)).unwrap_or_default()
}

fn form(codec: Arc<RequestStateCodec>) -> Tool {
    let tool = ToolBuilder::new("form")
        .description("Asks for a name.")
        .mrtr_handler(move |context: RequestContext, Topic { topic }: Topic| {
            let codec = codec.clone();
            async move {
                let params = ElicitFormParams {
                    mode: Some(ElicitMode::Form),
                    message: "Who are you?".to_owned(),
                    requested_schema: ElicitFormSchema::new().string_field("name", None, true),
                    meta: None,
                };
                if !is_newer(&context) {
                    let reply = context.elicit_form(params).await?;
                    return Ok(said(format!("{topic}: {}", name(&reply))));
                }
                let Some(state) = context.request_state() else {
                    let state = codec.encode(&topic).map_err(failed)?;
                    return Ok(asking(InputRequest::Elicit(ElicitRequestParams::Form(params)), state));
                };
                if codec.decode::<String>(state).map_err(failed)? != topic {
                    return Err(failed("another call's state"));
                }
                match context.input_responses().and_then(|answers| answers.get("answer")) {
                    Some(InputResponse::Elicit(reply)) => Ok(said(format!("{topic}: {}", name(reply)))),
                    _ => Err(failed("no answer")),
                }
            }
        })
        .build();
    // This check applies to 2026-07-28 only. For 2025-11-25, the context checks the capability.
    let capabilities: ClientCapabilities =
        serde_json::from_value(json!({ "elicitation": {} })).unwrap_or_default();
    tool.require_client_capabilities(capabilities)
}

fn link() -> Tool {
    ToolBuilder::new("link")
        .description("Asks to open a page.")
        .mrtr_handler(|context: RequestContext, Nothing {}: Nothing| async move {
            if context.input_responses().is_some() {
                return Ok(said("opened".to_owned()));
            }
            let params = ElicitUrlParams {
                mode: Some(ElicitMode::Url),
                elicitation_id: "sign-in".to_owned(),
                message: "Sign in".to_owned(),
                url: "https://example.com/sign-in".to_owned(),
                meta: None,
            };
            Ok(asking(InputRequest::Elicit(ElicitRequestParams::Url(params)), "link".to_owned()))
        })
        .build()
}

fn sample() -> Tool {
    ToolBuilder::new("sample")
        .description("Asks the client's model.")
        .mrtr_handler(|context: RequestContext, Nothing {}: Nothing| async move {
            if context.input_responses().is_some() {
                return Ok(said("sampled".to_owned()));
            }
            let params = CreateMessageParams::new(vec![SamplingMessage::user("Say something")], 10);
            Ok(asking(InputRequest::CreateMessage(params), "sample".to_owned()))
        })
        .build()
}

fn media() -> Tool {
    ToolBuilder::new("media")
        .description("Content of each kind.")
        .no_params_handler(|| async {
            let resource = ResourceContent {
                uri: "test://resource".to_owned(),
                mime_type: Some("text/plain".to_owned()),
                text: Some("resource".to_owned()),
                blob: None,
                meta: None,
            };
            let link = json!({ "type": "resource_link", "uri": "test://link", "name": "link" });
            let mut result = CallToolResult::image("aW1hZ2U=", "image/png");
            result.content.push(Content::Audio {
                data: "YXVkaW8=".to_owned(),
                mime_type: "audio/wav".to_owned(),
                annotations: None,
                meta: None,
            });
            result.content.push(Content::Resource { resource, annotations: None, meta: None });
            result.content.push(serde_json::from_value(link).map_err(failed)?);
            Ok(result)
        })
        .build()
}

fn slow() -> Tool {
    ToolBuilder::new("slow")
        .description("Takes a while.")
        .extractor_handler((), |context: Context| async move {
            let slow = Slow::begin();
            tokio::select! {
                () = context.cancelled() => Ok(CallToolResult::text("stopped")),
                () = tokio::time::sleep(SLOW) => {
                    slow.finish();
                    Ok(CallToolResult::text("done"))
                }
            }
        })
        .build()
}

fn job() -> Tool {
    ToolBuilder::new("job")
        .description("Takes a while, as a task.")
        .live_task_handler(|task: TaskContext, Job { seconds }: Job| async move {
            let slow = Slow::begin();
            tokio::select! {
                () = task.cancelled() => Ok(TaskOutcome::Cancelled { message: None }),
                () = tokio::time::sleep(Duration::from_secs_f64(seconds)) => {
                    slow.finish();
                    Ok(TaskOutcome::Completed(CallToolResult::text("done")))
                }
            }
        })
        // For clients that don't support tasks.
        .fallback_handler(|Job { seconds }: Job| async move {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            Ok(CallToolResult::text("done"))
        })
        .build()
}

/// Returns all tools that have no function of their own above.
fn other_tools() -> Vec<Tool> {
    let tool = |name: &str, description: &str| ToolBuilder::new(name).description(description);
    vec![
        tool("progress", "Reports.")
            .extractor_handler((), |context: Context| async move {
                context.report_progress(1.0, Some(2.0), None).await;
                context.report_progress(2.0, Some(2.0), None).await;
                Ok(CallToolResult::text("done"))
            })
            .build(),
        tool("log", "Logs.")
            .extractor_handler((), |context: Context| async move {
                context.send_log(LoggingMessageParams::new(LogLevel::Error, "logged"));
                Ok(CallToolResult::text("done"))
            })
            .build(),
        tool("change", "Announces a change of the tool list.")
            .extractor_handler((), |context: Context| async move {
                context.notify_tools_list_changed();
                Ok(CallToolResult::text("told"))
            })
            .build(),
        tool("trace", "The trace context of the call.")
            .extractor_handler((), |context: Context| async move {
                let trace = context.trace_context().map(|trace| trace.traceparent());
                Ok(CallToolResult::text(trace.unwrap_or_else(|| "none".to_owned())))
            })
            .build(),
        tool("state", "Counters of calls.")
            .no_params_handler(|| async { Ok(CallToolResult::text(counters::state())) })
            .build(),
        tool("text", "A text.").no_params_handler(|| async { Ok(CallToolResult::text("text")) }).build(),
        tool("region", "Takes an argument that a header mirrors.")
            .extractor_handler((), |Json(Region { region }): Json<Region>| async move {
                Ok(CallToolResult::text(region))
            })
            .build(),
        tool("structured", "The number.")
            .output_schema_for::<Number>()
            .handler(|number: Number| async move { CallToolResult::from_serialize(&number) })
            .build(),
        tool("broken", "A number above its maximum.")
            .output_schema_for::<Number>()
            .no_params_handler(|| async { CallToolResult::from_serialize(&Number { n: 100 }) })
            .build(),
    ]
}

/// Middleware that counts tool calls.
#[derive(Clone)]
struct Counting<S>(S);

impl<S: tower_service::Service<RouterRequest>> tower_service::Service<RouterRequest> for Counting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, waker: &mut Waker<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(waker)
    }

    fn call(&mut self, request: RouterRequest) -> Self::Future {
        if matches!(request.inner, McpRequest::CallTool(_)) {
            counters::layered();
        }
        self.0.call(request)
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let codec = RequestStateCodec::new(b"a key of thirty-two bytes at least", Duration::from_secs(600))?;
    let router = McpRouter::new()
        .server_info("features", "1.0.0")
        .mcp_logging(true)
        .tools_list_changed(true)
        .list_ttl(60_000)
        .tools([form(Arc::new(codec)), link(), sample(), media(), slow(), job()])
        .tools(other_tools())
        .with_tasks();
    // `stateless` is not set: 2026-07-28 does not need it, and with it the server refuses `subscriptions/listen`.
    let transport = HttpTransport::new(router).with_sampling().layer(tower_layer::layer_fn(Counting));
    let listener = TcpListener::bind(address).await?.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, transport.into_router_at("/mcp")).await?;
    Ok(())
}
