//! A server that can run a call up to a stage: reading the arguments, parsing the message, the whole call, the call over
//! HTTP. In this package, only this file and `tools.rs` use internals of the framework's crates.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use mcp_tool_contract::read::arguments::ArgumentText;
use mcp_tool_core::{
    application::OperatorSettings,
    call::context::CallContext,
    pipeline::{CallOptions, internals::read_arguments},
    start_error::StartError,
    transport::{
        Endpoint,
        http::{AuthenticationLayer, HttpSettings, Origins, Service, serve_requests},
        internals::{ClientLabel, ClientMessage, FramedResponse, parse},
    },
};
use mcp_tool_runtime::ToolServer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

/// A started server with default settings that listens on no socket and drops its audit records.
pub struct Measured {
    endpoint: Arc<Endpoint>,
    /// Answers HTTP requests on in-memory connections, without authentication.
    service: Arc<Service>,
    /// Adds name and version from a message's `clientInfo` to the local caller.
    label: ClientLabel,
    /// Context of calls that only read arguments.
    cx: CallContext,
}

impl Measured {
    /// Starts the server.
    ///
    /// # Errors
    /// Returns the error of a server that cannot start.
    pub async fn start(server: ToolServer) -> Result<Self, StartError> {
        let endpoint = Arc::new(
            OperatorSettings::default().start(server.into_application(), Box::new(io::sink())).await?,
        );
        let settings = HttpSettings {
            origins: Origins::new(&[], &[]).map_err(StartError::Setting)?,
            proxies: Vec::new(),
            max_body: 4 * 1024 * 1024,
            max_connections: 1,
            sessions: None,
            session_idle: Duration::from_secs(300),
            grace: Duration::from_secs(30),
        };
        let end = CancellationToken::new();
        let service = Service::new(Arc::clone(&endpoint), settings, AuthenticationLayer::default(), &end);
        let (label, cx) = (ClientLabel::default(), CallContext::for_test());
        Ok(Measured { endpoint, service: Arc::new(service), label, cx })
    }

    /// Reads arguments in the same way as a call of the tool. Returns `true` if they are accepted.
    #[must_use]
    pub fn accepts_arguments(&self, tool: &str, arguments: &str) -> bool {
        let family = self.endpoint.pipeline.registry.family(tool);
        // The newest version.
        let tool = family.and_then(|versions| versions.first());
        tool.is_some_and(|tool| read_arguments(&*tool.bound, &self.cx, &ArgumentText::new(arguments)).is_ok())
    }

    /// Reads a `tools/call` message and its arguments. Returns `true` if both are accepted.
    #[must_use]
    pub fn accepts_message(&self, body: &[u8]) -> bool {
        match parse(body) {
            Ok(ClientMessage::Call(call)) if call.error.is_none() => {
                self.accepts_arguments(&call.name, call.arguments)
            }
            _ => false,
        }
    }

    /// Returns the response to a `tools/call` message; `None` for any other message.
    pub async fn dispatch(&self, body: &[u8]) -> Option<Vec<u8>> {
        let Ok(ClientMessage::Call(call)) = parse(body) else { return None };
        let caller = self.label.caller(&self.endpoint.local_caller, call.meta.client, None);
        let era = call.meta.era();
        let (pipeline, server_info) = (&self.endpoint.pipeline, &*self.endpoint.server_info);
        let response = match pipeline.admit(caller, call.request(), CallOptions::default()).await {
            Ok(admitted) => {
                FramedResponse::outcome(&admitted.execute(call.arguments).await, &call.id, era, server_info)
            }
            Err(refusal) => FramedResponse::refusal(&refusal, &call.id, era, server_info),
        };
        Some(response.body)
    }

    /// Serves HTTP on a stream until the stream ends. The client's address is 127.0.0.1.
    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        serve_requests(stream, peer, Arc::clone(&self.service), CancellationToken::new()).await;
    }
}
