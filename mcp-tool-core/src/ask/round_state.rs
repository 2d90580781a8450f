//! The state that a client carries from a question to its answer (`requestState`, 2026-07-28).
//!
//! In a round, a call ends with questions, and the client calls again with the answers and the state. A call may take
//! several rounds.
//!
//! Because the client isn't trusted, the state is sealed to caller, tool, version, contract and arguments, expires
//! after ten minutes, and opens once per process. An answer is accepted only for exactly the question that was asked.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{error::ToolError, seal::Sealer};

/// Maximum size of a state, in bytes before sealing.
const MAX_STATE: usize = 32 << 10;

/// Members of a call that answer the questions of an earlier call.
#[derive(Clone, Debug, Default)]
pub struct PresentedAnswers {
    /// `requestState`.
    pub(crate) state: Option<String>,
    /// `inputResponses`, by key.
    pub(crate) responses: BTreeMap<String, Box<RawValue>>,
}

impl PresentedAnswers {
    pub(super) fn answer(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.responses.get(key)?.get()).ok()
    }
}

/// Content of a sealed state. Servers of other versions open it, so its JSON members keep their names.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct RoundState {
    pub(super) id: Uuid,
    /// Correlation id of the call that asked first.
    pub(super) first_call: Uuid,
    /// Unix time of expiry, in seconds.
    pub(super) expires: u64,
    /// Digest of each question of the round, by key.
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
    /// Unix time of expiry in seconds, the same as of the state that the answer was sent with.
    pub(super) expires: u64,
}

/// Reason for refusing a state. Only the audit record contains the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleState {
    /// The state was changed, or sealed for another call or with another key.
    Foreign,
    /// The state has expired.
    Expired,
    /// The state was opened before, or too many unexpired states were.
    Used,
}

impl StaleState {
    /// `detail` of the audit record.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            StaleState::Foreign => "request_state_foreign",
            StaleState::Expired => "request_state_ended",
            StaleState::Used => "request_state_used",
        }
    }
}

impl RoundState {
    /// Seals the state, for the client to send back.
    ///
    /// # Errors
    /// If the answers are too large.
    pub(super) fn seal(&self, sealer: &Sealer, binding: &[u8]) -> Result<String, ToolError> {
        let state = serde_json::to_vec(self).map_err(ToolError::internal)?;
        if state.len() > MAX_STATE {
            return Err(ToolError::refused(format!(
                "the answers to this call's questions have {} bytes, and at most {MAX_STATE} are carried to the next \
                 question: call again with shorter answers",
                state.len()
            )));
        }
        sealer.seal(&state, binding).ok_or_else(|| ToolError::internal("a state could not be sealed"))
    }

    /// Opens a sealed state and checks its expiry.
    pub(super) fn open(sealed: &str, sealer: &Sealer, binding: &[u8]) -> Result<Self, StaleState> {
        let opened = sealer.open(sealed, binding).ok_or(StaleState::Foreign)?;
        let state: RoundState = serde_json::from_slice(&opened).map_err(|_| StaleState::Foreign)?;
        if state.expires <= unix_now() { Err(StaleState::Expired) } else { Ok(state) }
    }
}

/// The current Unix time, in seconds.
pub(super) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
