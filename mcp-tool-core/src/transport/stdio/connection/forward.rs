//! Forwards messages to rmcp, within a limit of requests and streams that are open at one time.

use std::{sync::Arc, time::Duration};

use tokio::sync::OwnedSemaphorePermit;

use super::{
    super::super::{
        id::Id,
        protocol_error::{ProtocolError, code},
        rmcp::message::{invalid_initialize, to_rmcp},
    },
    Connection,
};
use crate::sync::lock;

/// Maximum number of requests and streams that rmcp answers at one time.
pub(super) const MAX_FORWARDED: usize = 64;
/// Maximum time for which a request waits for one of [`Connection::permits`] while rmcp answers [`MAX_FORWARDED`]
/// requests.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(1);

impl Connection {
    /// Forwards a message to rmcp. `request` has the id of a request, and `true` for a legacy request; it is `None` for
    /// other messages. Only a request needs a permit. If the message can't be forwarded, answers a request with an
    /// error, and drops any other message. Returns `true` if the message was forwarded.
    pub(super) async fn forward(&self, line: &[u8], request: Option<(&Id, bool)>) -> bool {
        let id = request.map(|(id, _)| id);
        let message = id.map_or(Ok(()), |id| self.check_id(id)).and_then(|()| to_rmcp(line));
        let message = message.and_then(|message| match invalid_initialize(&message) {
            Some(error) if request.is_some_and(|(_, is_legacy)| is_legacy) => Err(error),
            Some(_) | None => Ok(message),
        });
        match (message, id) {
            (Ok(message), _) => {
                if let Some(id) = id {
                    let Some(permit) = self.permit(id).await else { return false };
                    lock(&self.forwarded).insert(id.clone(), permit);
                }
                self.to_rmcp.send(message).await.is_ok()
            }
            (Err(error), Some(id)) => {
                self.refuse(&error.with_id(id)).await;
                false
            }
            (Err(error), None) => {
                tracing::debug!(reason = error.message, "a message without an id can't be read");
                false
            }
        }
    }

    /// Waits for one of [`Connection::permits`], for at most [`PERMIT_TIMEOUT`]. If there is none, refuses the request
    /// and returns `None`. The wait is limited, because streams keep their permits while they are open, and only a later
    /// message can close a stream or cancel a request.
    pub(super) async fn permit(&self, id: &Id) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        if let Ok(Ok(permit)) = tokio::time::timeout(PERMIT_TIMEOUT, permit).await {
            return Some(permit);
        }
        let message = format!(
            "at most {MAX_FORWARDED} requests and streams may be open: close one, or try again later"
        );
        self.refuse(&ProtocolError::new(code::INTERNAL, message).with_id(id)).await;
        None
    }

    /// Rejects an id if another request with the same id still runs.
    pub(super) fn check_id(&self, id: &Id) -> Result<(), ProtocolError> {
        if self.calls.is_running(id) || lock(&self.forwarded).contains_key(id) {
            return Err(ProtocolError::new(
                code::INVALID_REQUEST,
                "a request with this id is still running: use another id",
            ));
        }
        Ok(())
    }
}
