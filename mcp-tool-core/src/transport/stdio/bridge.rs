//! What isn't ours, served by rmcp over the same two threads.

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
    super::{Endpoint, id::Id, message, protocol::Protocol, session::Session},
    lock,
    output::Writer,
};

/// Requests that rmcp has yet to answer, each with its place among those that it may have.
pub(super) type PassedOn = Arc<Mutex<HashMap<Id, OwnedSemaphorePermit>>>;

/// Serves what isn't ours by rmcp. A service that a client's odd opening ended is begun anew.
pub(super) async fn serve_rest(
    endpoint: Arc<Endpoint>,
    messages: mpsc::Receiver<ClientJsonRpcMessage>,
    writer: Writer,
    passed_on: PassedOn,
    session: Arc<Session>,
) {
    let messages = Arc::new(tokio::sync::Mutex::new(messages));
    let bridge = Bridge { messages, writer, passed_on, ended: Arc::default() };
    while !bridge.ended.load(Ordering::Relaxed) {
        let protocol = Protocol::new(Arc::clone(&endpoint), false).of(Arc::clone(&session));
        match rmcp::serve_server(protocol, bridge.clone()).await {
            Ok(service) => drop(service.waiting().await),
            Err(error) => tracing::debug!(%error, "a connection was opened oddly"),
        }
        // What it left unanswered stays so.
        lock(&bridge.passed_on).clear();
    }
}

/// rmcp's side of the two threads.
#[derive(Clone)]
struct Bridge {
    messages: Arc<tokio::sync::Mutex<mpsc::Receiver<ClientJsonRpcMessage>>>,
    writer: Writer,
    passed_on: PassedOn,
    ended: Arc<AtomicBool>,
}

impl Transport<RoleServer> for Bridge {
    type Error = std::io::Error;

    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let (writer, passed_on) = (self.writer.clone(), Arc::clone(&self.passed_on));
        async move {
            let line = serde_json::to_vec(&message)?;
            // The id is free before the client can read the answer, its place only once there is room for it.
            let place = message::answered(&message).and_then(|id| lock(&passed_on).remove(&id));
            writer.send(line).await;
            drop(place);
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
