//! Connects rmcp to the client: passes messages from the [`Connection`](super::connection::Connection), which processes
//! the client's messages, to rmcp, and rmcp's messages to the thread that writes stdout.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use rmcp::{
    RoleServer,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{
    super::{
        endpoint::Endpoint,
        id::Id,
        rmcp::{Protocol, adaptation::from_rmcp, message::answered_id, session::Session},
    },
    output::Writer,
};
use crate::sync::lock;

/// Ids of the requests that rmcp has not answered yet, each with its permit. A request is passed to rmcp only if a
/// permit is free, so the number of permits limits the requests.
pub(super) type Forwarded = Arc<Mutex<HashMap<Id, OwnedSemaphorePermit>>>;

/// Passes messages to rmcp until `messages` is closed. If rmcp's service ends before that, as after an invalid first
/// message, starts a new service.
pub(super) async fn serve_rmcp(
    endpoint: Arc<Endpoint>,
    messages: mpsc::Receiver<ClientJsonRpcMessage>,
    writer: Writer,
    forwarded: Forwarded,
    session: Arc<Session>,
) {
    let messages = Arc::new(tokio::sync::Mutex::new(messages));
    let bridge = Bridge { messages, writer, forwarded, ended: Arc::default() };
    while !bridge.ended.load(Ordering::Relaxed) {
        let protocol = Protocol::new(Arc::clone(&endpoint), false).in_session(Arc::clone(&session));
        match rmcp::serve_server(protocol, bridge.clone()).await {
            Ok(service) => drop(service.waiting().await),
            Err(error) => tracing::debug!(%error, "a connection was opened with an invalid message"),
        }
        // A new service doesn't answer the requests that the ended service left unanswered, so their permits are
        // released.
        lock(&bridge.forwarded).clear();
    }
}

/// An rmcp transport that receives from `messages` and sends to `writer`.
#[derive(Clone)]
struct Bridge {
    messages: Arc<tokio::sync::Mutex<mpsc::Receiver<ClientJsonRpcMessage>>>,
    writer: Writer,
    forwarded: Forwarded,
    /// `true` once `messages` is closed and empty.
    ended: Arc<AtomicBool>,
}

impl Transport<RoleServer> for Bridge {
    type Error = std::io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let (writer, forwarded) = (self.writer.clone(), Arc::clone(&self.forwarded));
        async move {
            let line = serde_json::to_vec(&message)?;
            let line = from_rmcp(&line).unwrap_or(line);
            // The id is freed before the answer is sent, because the client may reuse the id as soon as it has the
            // answer. The permit is freed only after the answer was queued, so that a request whose answer waits for
            // room in the queue still counts.
            let permit = answered_id(&message).and_then(|id| lock(&forwarded).remove(&id));
            writer.send(line).await;
            drop(permit);
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let message = self.messages.lock().await.recv().await;
        if message.is_none() {
            self.ended.store(true, Ordering::Relaxed);
        }
        message
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
