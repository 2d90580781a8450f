//! The probed server in turbomcp: tools in a `#[server]`, on its HTTP transport, with its tasks extension and with
//! middleware around the dispatcher, which handles all messages.

mod counters;

use std::{
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use counters::{SLOW, Slow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use turbomcp::{
    JsonRpcMessage, ServerNotifier,
    ext_tasks::TasksExtension,
    http::{HttpConfig, serve_http},
    prelude::*,
    tower::Service,
};

/// A number of at most ten, as an argument. turbomcp reads bounds of arguments from newtypes.
#[derive(Deserialize, JsonSchema)]
struct N(#[schemars(range(min = 1, max = 10))] u32);

/// A number of at most ten.
#[derive(JsonSchema, Serialize)]
struct Number {
    /// The number.
    #[schemars(range(min = 1, max = 10))]
    n: u32,
}

#[derive(Clone)]
struct Features {
    // Set after the dispatcher is built, because the dispatcher contains this struct.
    notifier: Arc<OnceLock<ServerNotifier>>,
}

#[server(name = "features", version = "1.0.0")]
impl Features {
    /// A text.
    #[tool]
    async fn text(&self) -> String {
        "text".to_owned()
    }

    /// Content of each kind.
    #[tool]
    async fn media(&self) -> neutral::CallToolResult {
        neutral::CallToolResult::new(vec![
            neutral::Content::image("aW1hZ2U=", "image/png"),
            neutral::Content::audio("YXVkaW8=", "audio/wav"),
            neutral::Content::resource(neutral::ResourceContents::text("test://resource", "resource")),
            neutral::Content::resource_link(neutral::Resource::new("test://link", "link")),
        ])
    }

    /// The number.
    #[tool]
    async fn structured(&self, n: N) -> Json<Number> {
        Json(Number { n: n.0 })
    }

    /// A number above its maximum.
    #[tool]
    async fn broken(&self) -> Json<Number> {
        Json(Number { n: 100 })
    }

    /// Reports.
    #[tool]
    async fn progress(&self, ctx: &CallToolContext) -> String {
        ctx.progress.report(1.0, Some(2.0), None).await;
        ctx.progress.report(2.0, Some(2.0), None).await;
        "done".to_owned()
    }

    /// Logs.
    #[tool]
    async fn log(&self, ctx: &CallToolContext) -> String {
        ctx.log.error(json!("logged")).await;
        "done".to_owned()
    }

    /// Asks for a name.
    #[tool]
    async fn form(&self, ctx: &CallToolContext, topic: String) -> McpResult<String> {
        // A question has a request state only if the author stores a value.
        if ctx.client.load_state::<String>()?.is_some_and(|stored| stored != topic) {
            return Err(McpError::invalid_params("another call's state"));
        }
        ctx.client.store_state(&topic)?;
        let schema =
            json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
        let reply = ctx.client.elicit("answer", neutral::ElicitParams::new("Who are you?", schema)).await?;
        let name = reply.content.get("name").and_then(|name| name.as_str()).unwrap_or_default();
        Ok(format!("{topic}: {name}"))
    }

    /// Asks to open a page.
    #[tool]
    async fn link(&self, ctx: &CallToolContext) -> McpResult<String> {
        let page = neutral::ElicitUrlParams::new("Sign in", "https://example.com/sign-in");
        ctx.client.elicit_url("page", page).await?;
        Ok("opened".to_owned())
    }

    /// Asks the client's model.
    #[tool]
    #[allow(deprecated, reason = "the protocol deprecates it")]
    async fn sample(&self, ctx: &CallToolContext) -> McpResult<String> {
        let says = json!([{ "role": "user", "content": { "type": "text", "text": "Say something" } }]);
        ctx.client.create_message("said", json!({ "messages": says, "maxTokens": 10 })).await?;
        Ok("sampled".to_owned())
    }

    /// Takes a while.
    #[tool]
    async fn slow(&self, ctx: &CallToolContext) -> String {
        let slow = Slow::begin();
        tokio::select! {
            () = ctx.base.cancellation.cancelled() => "stopped".to_owned(),
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
    async fn region(&self, #[mcp_header] region: String) -> String {
        region
    }

    /// Takes a while, as a task.
    #[tool]
    async fn job(&self, ctx: &CallToolContext, seconds: f64) -> String {
        let slow = Slow::begin();
        tokio::select! {
            () = ctx.base.cancellation.cancelled() => "stopped".to_owned(),
            () = tokio::time::sleep(Duration::from_secs_f64(seconds)) => {
                slow.finish();
                "done".to_owned()
            }
        }
    }

    /// Announces a change of the tool list.
    #[tool]
    async fn change(&self) -> String {
        if let Some(notifier) = self.notifier.get() {
            notifier.tools_list_changed();
        }
        "told".to_owned()
    }

    /// The trace context of the call.
    #[tool]
    async fn trace(&self, ctx: &CallToolContext) -> String {
        ctx.base.trace_context.as_ref().map_or_else(|| "none".to_owned(), |trace| trace.traceparent.clone())
    }
}

/// Middleware that counts tool calls.
#[derive(Clone)]
struct Counting<S>(S);

impl<S: Service<JsonRpcMessage>> Service<JsonRpcMessage> for Counting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, waker: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(waker)
    }

    fn call(&mut self, message: JsonRpcMessage) -> Self::Future {
        if message.method() == Some("tools/call") {
            counters::layered();
        }
        self.0.call(message)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("missing argument: the address to listen on")?;
    let features = Features { notifier: Arc::default() };
    let notifier = features.notifier.clone();
    let dispatcher = features
        .into_server()
        .with_logging()
        .with_extension(Arc::new(TasksExtension::new().task_tools(["job"])))
        .build();
    drop(notifier.set(dispatcher.notifier()));
    let config = HttpConfig::new().with_session_terminator(Arc::new(dispatcher.session_terminator()));
    serve_http(address.parse()?, Counting(dispatcher), config).await?;
    Ok(())
}
