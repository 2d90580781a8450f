//! Completion of an argument: an admitted call that suggests values instead of running the tool.

use std::error::Error as _;

use super::{
    Admitted, CallOutcome,
    execute::{CancelOnDrop, guard},
    gate,
};
use crate::{
    audit::{PendingRecord, RecordOutcome},
    call::context::CallContext,
    error::ToolError,
    error_chain::chain,
    pipeline::{
        middleware::{self, Executed},
        policy::ScopeAuthorizer,
        registry::RegisteredTool,
    },
    tool::{
        answer::ToolAnswer,
        completion::{self, Completion, MAX_CHARACTERS},
    },
};

impl Admitted {
    /// Suggests values for `parameter`, for which the user has typed `typed` so far. Writes the completion's audit
    /// record.
    ///
    /// Suggestions may contain data of the application. Therefore completions pass the same middleware and the same
    /// gate as calls of the tool.
    pub async fn complete(self, parameter: &str, typed: &str) -> CallOutcome {
        let (tool, cx, scopes, mut record) = self.into_parts();
        let _cancel = CancelOnDrop(cx.clone());

        let stages = async {
            let answer = suggest(&tool, &cx, &scopes, (parameter, typed), &mut record).await;
            Executed { answer, has_begun: record.has_started() }
        };
        let answer = match tool.middleware() {
            [] => stages.await.answer,
            layers => middleware::run(layers, &cx, stages).await,
        };

        match &answer {
            Ok(answer) => record.write_result(&answer.bytes()),
            Err(error) => {
                let outcome =
                    if record.has_started() { RecordOutcome::Error } else { RecordOutcome::Refused };
                if let Some(source) = error.source() {
                    let (tool, correlation_id) = (tool.contract.name(), cx.correlation_id());
                    tracing::error!(tool, parameter, %correlation_id, error = chain(source), "a completion failed");
                }
                record.write_failure(outcome, error.kind().name(), None);
            }
        }
        CallOutcome::new(&tool, &cx, answer)
    }
}

/// Checks the gate and the length of the typed text, and returns the suggestions as JSON of a [`Completion`]. The
/// application's function for the parameter makes the suggestions; without one, they are the values that the
/// parameter's type lists. There are none for a secret parameter, or if the tool has no parameter with this name.
async fn suggest(
    tool: &RegisteredTool,
    cx: &CallContext,
    scopes: &ScopeAuthorizer,
    (parameter, typed): (&str, &str),
    record: &mut PendingRecord,
) -> Result<ToolAnswer, ToolError> {
    if completion::is_too_long(typed) {
        let message = format!("must have at most {MAX_CHARACTERS} characters, got {}", typed.chars().count());
        // The path of the typed text in the params of `completion/complete`.
        return Err(ToolError::invalid_argument("argument/value", message));
    }
    gate::check(tool, cx.caller(), scopes)?;
    record.start();
    let values = match completion::completable(tool.contract, parameter) {
        None => Vec::new(),
        Some(param) => {
            let suggestions = Box::pin(async {
                match tool.bound.complete(cx, param.name(), typed) {
                    Some(suggestions) => suggestions.await,
                    None => Ok(completion::listed_values(param, typed)),
                }
            });
            guard::run_future(suggestions, cx).await??
        }
    };
    serde_json::to_string(&Completion::from(values)).map(ToolAnswer::Object).map_err(ToolError::internal)
}
