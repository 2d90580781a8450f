//! The state that a client of 2026-07-28 gets with questions and sends back with the answers (`requestState`).
//!
//! In a round, a call ends with questions, and the client repeats the call with the answers and the state. A function
//! that asks several questions in sequence takes several rounds.
//!
//! The client isn't trusted. The state is therefore encrypted and bound to caller, tool, version, contract and
//! arguments. It expires after ten minutes, and each process accepts it once. An answer is accepted only if the
//! function asks exactly the same question again.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{error::ToolError, seal::Sealer};

/// Maximum size of a state's JSON before encryption, in bytes.
const MAX_STATE: usize = 32 << 10;

/// Parameters of a repeated call: the client's answers to the questions of the earlier call, and
/// that call's `requestState`.
#[derive(Clone, Debug, Default)]
pub struct InputAnswers {
    /// `requestState`; `None` if the client sent none.
    pub(crate) state: Option<String>,
    /// `inputResponses`: JSON of each answer, by the key of its question.
    pub(crate) responses: BTreeMap<String, Box<RawValue>>,
}

impl InputAnswers {
    /// Returns the answer to the question with this key, if the client sent one.
    pub(super) fn answer(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.responses.get(key)?.get()).ok()
    }
}

/// Content of a sealed (encrypted) state. Servers of other versions may open the state, so the JSON
/// names must not change.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct RoundState {
    /// Unique id, by which a process recognizes a state that was used before.
    pub(super) id: Uuid,
    /// Correlation id of the call of the first round.
    pub(super) first_call: Uuid,
    /// Unix time of expiry, in seconds.
    pub(super) expires: u64,
    /// Digest of each question that the call ended with, by key.
    pub(super) questions: BTreeMap<String, String>,
    /// Answers of earlier rounds, by key.
    pub(super) answers: BTreeMap<String, AcceptedAnswer>,
}

/// An answer, with the digest of the question that it is for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct AcceptedAnswer {
    /// Digest of the question.
    pub(super) question: String,
    pub(super) answer: Value,
    /// Unix time of expiry in seconds: the expiry of the state with which the client sent the answer.
    pub(super) expires: u64,
}

/// Reason why a state is refused. Only the audit record contains the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleState {
    /// The state is malformed or was changed, or it was sealed with another key or for another
    /// call: another caller, tool, version, contract or other arguments.
    Foreign,
    /// The state has expired.
    Expired,
    /// The state was used before, or the server can't remember further used states.
    Used,
}

impl StaleState {
    /// Returns the value of `detail` in the audit record.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            StaleState::Foreign => "request_state_foreign",
            StaleState::Expired => "request_state_expired",
            StaleState::Used => "request_state_used",
        }
    }
}

impl RoundState {
    /// Seals the state, for the client to send back. `binding` identifies the call: the state opens
    /// only with the same `binding`.
    ///
    /// # Errors
    /// If the state has more than [`MAX_STATE`] bytes because of its answers, or can't be sealed.
    pub(super) fn seal(&self, sealer: &Sealer, binding: &[u8]) -> Result<String, ToolError> {
        let state = serde_json::to_vec(self).map_err(ToolError::internal)?;
        if state.len() > MAX_STATE {
            return Err(ToolError::refused(format!(
                "the answers so far must be at most {MAX_STATE} bytes, got {}: call again with shorter answers",
                state.len()
            )));
        }
        sealer.seal(&state, binding).ok_or_else(|| ToolError::internal("a state could not be sealed"))
    }

    /// Opens a sealed state.
    ///
    /// # Errors
    /// [`StaleState::Foreign`] if the state can't be decrypted or parsed, [`StaleState::Expired`]
    /// if it has expired.
    pub(super) fn open(sealed: &str, sealer: &Sealer, binding: &[u8]) -> Result<Self, StaleState> {
        let opened = sealer.open(sealed, binding).ok_or(StaleState::Foreign)?;
        let state: RoundState = serde_json::from_slice(&opened).map_err(|_| StaleState::Foreign)?;
        if state.expires <= unix_now() { Err(StaleState::Expired) } else { Ok(state) }
    }
}

/// Returns the current Unix time, in seconds.
pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
