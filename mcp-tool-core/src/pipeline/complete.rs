//! In place of the second half: what could be sent for an argument is suggested, and nothing is called.

use std::{error::Error as _, sync::Arc};

use super::{Admitted, CallOutcome, execute::CancelOnDrop, layered};
use crate::{
    audit::{Entry, Outcome},
    call::context::CallContext,
    error::{ToolError, chain},
    pipeline::{gate, guard, middleware::Ended, policy::ScopeAuthorizer, registry::RegisteredTool},
    tool::{
        answer::ToolAnswer,
        completion::{self, Completion, MAX_CHARACTERS},
    },
};

impl Admitted {
    /// Suggests what could be typed on for an argument, and records that. It goes through the layers and the gate as a
    /// call does: what a function knows of the application's data is for those who may call the tool.
    pub async fn complete(self, parameter: &str, typed: &str) -> CallOutcome {
        let Admitted { tool, cx, scopes, mut record } = self;
        let _cancelled_when_dropped = CancelOnDrop(cx.clone());

        let suggested = async {
            let answer = suggest(&tool, &cx, &scopes, (parameter, typed), &mut record).await;
            Ended { answer, has_begun: record.is_running() }
        };
        let answer = match tool.layers() {
            [] => suggested.await.answer,
            layers => layered::within(layers, &cx, suggested).await,
        };

        match &answer {
            Ok(answer) => record.succeeded(&answer.bytes()),
            Err(error) => {
                let outcome = if record.is_running() { Outcome::Error } else { Outcome::Refused };
                if let Some(source) = error.source() {
                    let (tool, correlation_id) = (tool.contract.name, cx.correlation_id());
                    tracing::error!(tool, parameter, %correlation_id, error = chain(source), "a completion failed");
                }
                record.failed(outcome, error.kind().name(), None);
            }
        }
        CallOutcome { stamp: Arc::clone(&tool.stamp), correlation: cx.correlation_id(), answer }
    }
}

async fn suggest(
    tool: &RegisteredTool,
    cx: &CallContext,
    scopes: &ScopeAuthorizer,
    (parameter, typed): (&str, &str),
    record: &mut Entry,
) -> Result<ToolAnswer, ToolError> {
    if completion::is_too_long(typed) {
        let message = format!("at most {MAX_CHARACTERS} characters are completed: type less");
        return Err(ToolError::invalid_argument("argument/value", message));
    }
    tool.chain().try_for_each(|tool| gate::permits(tool, cx.caller(), scopes))?;
    record.running();
    let values = match completion::completable(tool.contract, parameter) {
        None => Vec::new(),
        Some(param) => {
            let suggested = Box::pin(async {
                match tool.bound.complete(cx, param.name, typed) {
                    Some(suggested) => suggested.await,
                    None => Ok(completion::listed_values(param, typed)),
                }
            });
            guard::within(suggested, cx).await??
        }
    };
    serde_json::to_string(&Completion::from(values)).map(ToolAnswer::Object).map_err(ToolError::internal)
}
