//! The end of an event stream: the expiry or revocation of the token that opened it, or a disabled user or client.
//!
//! The stream of a call doesn't end when its token expires, because the token was valid when the call was admitted.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    call::caller::Caller,
    control::Controls,
    ports::{Revocations as _, TokenClaims},
};

/// Maximum time until an expiry is checked again, because timers don't follow changes of the system's clock.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Conditions that end an event stream.
#[derive(Debug)]
pub(super) struct StreamEnd {
    pub(super) controls: Controls,
    pub(super) caller: Caller,
    /// Claims of the token that opened the stream; `None` without authorization.
    pub(super) claims: Option<Arc<dyn TokenClaims>>,
    /// The stream also ends when the token expires.
    pub(super) at_expiry: bool,
}

impl StreamEnd {
    /// Returns `true` if the token has expired or was revoked, or if the user or client is disabled.
    pub(super) fn is_reached(&self) -> bool {
        let is_over = self.claims.as_ref().is_some_and(|claims| {
            self.expires().is_some_and(|expires| expires <= SystemTime::now())
                || self.controls.is_revoked(&claims.issued())
        });
        is_over || self.controls.disabled_part(&self.caller).is_some()
    }

    /// Returns the time at which the stream ends in any case.
    fn expires(&self) -> Option<SystemTime> {
        self.claims.as_ref().filter(|_| self.at_expiry)?.expires()
    }

    /// Waits until the end is reached.
    pub(super) async fn reached(self) {
        let mut changes = self.controls.changes();
        while !self.is_reached() {
            let expires = self.expires();
            let changed = async {
                match &mut changes {
                    Some(changes) => drop(changes.changed().await),
                    None => std::future::pending().await,
                }
            };
            let expired = async {
                match expires {
                    Some(expires) => {
                        let left = expires.duration_since(SystemTime::now()).unwrap_or_default();
                        tokio::time::sleep(left.min(MAX_SLEEP)).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = expired => {}
            }
        }
    }
}
