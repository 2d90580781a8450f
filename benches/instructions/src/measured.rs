//! The stations of a call's way one by one, for the program that counts their instructions. It changes without
//! notice, and is part of no server.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use mcp_tool_contract::read::arguments::ArgumentText;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::{Door, HttpSettings, Origins, connection, service::Service};
use crate::{CallContext, StartError, ToolServer, pipeline::{Carried, guard}, application::Settings, transport::{Endpoint, labelled::Labelled, message::{self, Incoming as Message}}};

/// A server that is started with the default settings, listens nowhere, and whose records go nowhere.
pub struct Measured {
    endpoint: Arc<Endpoint>,
    service: Arc<Service>,
    labelled: Labelled,
    cx: CallContext,
}

impl Measured {
    /// Starts it.
    ///
    /// # Errors
    /// Where it couldn't be served.
    pub async fn start(server: ToolServer) -> Result<Self, StartError> {
        let endpoint = Arc::new(Settings::default().start(server, io::sink()).await?);
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
        let service = Service::new(Arc::clone(&endpoint), settings, Door::default(), &end);
        let (labelled, cx) = (Labelled::default(), CallContext::for_test());
        Ok(Measured { endpoint, service: Arc::new(service), labelled, cx })
    }

    /// Reads the arguments of a tool as a call does; gives whether they may be called with.
    #[must_use]
    pub fn reads(&self, tool: &str, arguments: &str) -> bool {
        let family = self.endpoint.dispatcher.registry.family(tool);
        let tool = family.and_then(|versions| versions.first());
        tool.is_some_and(|tool| {
            execution::read(&*tool.bound, &self.cx, &ArgumentText::new(arguments)).is_ok()
        })
    }

    /// Reads a `tools/call` from the bytes of its message to its arguments; gives whether they may be called with.
    #[must_use]
    pub fn reads_message(&self, body: &[u8]) -> bool {
        match message::parse(body) {
            Ok(Message::Call(call)) if call.fault.is_none() => self.reads(&call.name, call.arguments),
            _ => false,
        }
    }

    /// Answers a `tools/call`: from the bytes of its message to those of its answer; `None` for anything else.
    pub async fn dispatches(&self, body: &[u8]) -> Option<Vec<u8>> {
        let Ok(Message::Call(call)) = message::parse(body) else { return None };
        let caller = self.labelled.caller(&self.endpoint.local, call.meta.client, None);
        let era = call.meta.era();
        let framed = match self.endpoint.admit(caller, &call, era, Carried::default()).await {
            Ok(admitted) => Endpoint::execute(&*self.endpoint, admitted, call.arguments, call.id, era).await,
            Err(refused) => refused,
        };
        Some(framed.body)
    }

    /// Serves HTTP on a stream until it ends, as on a connection from this machine.
    pub async fn serves<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        connection::requests(stream, peer, Arc::clone(&self.service), CancellationToken::new()).await;
    }
}
