//! The second half: a call that may begin is carried out, station by station.

use std::{error::Error as _, sync::Arc};

use futures_util::future::BoxFuture;
use mcp_tool_contract::{digest::Digest, read::arguments::ArgumentText};
use uuid::Uuid;

use super::{Admitted, layered};
use crate::{
    ask::Stale,
    audit::{Entry, Outcome},
    call::context::CallContext,
    error::{ErrorKind, ToolError, chain},
    pipeline::{gate, guard, middleware::Ended, policy::ScopeAuthorizer, registry::RegisteredTool},
    tasks,
    tool::{
        answer::{Delegation, ToolAnswer, ToolReturn},
        stamp::ContractStamp,
    },
};

/// What a call came to, with what is stamped on its answer.
#[derive(Debug)]
pub struct CallOutcome {
    pub(crate) stamp: Arc<ContractStamp>,
    pub(crate) correlation: Uuid,
    pub answer: Result<ToolAnswer, ToolError>,
}

impl Admitted {
    /// Reads the arguments, asks the gate, runs the function, checks its result, and records all of it: within the
    /// layers, where there are some.
    ///
    /// Dropping the future cancels the call. The text of the arguments is let go once it was read.
    pub async fn execute(self, arguments: impl AsRef<str> + Send) -> CallOutcome {
        let Admitted { tool, cx, scopes, mut record } = self;
        let _cancelled_when_dropped = CancelOnDrop(cx.clone());

        let answer = match tool.layers() {
            [] => carry_out(&tool, &cx, &scopes, arguments, &mut record).await,
            layers => {
                let carried_out = async {
                    let answer = carry_out(&tool, &cx, &scopes, arguments, &mut record).await;
                    Ended { answer, has_begun: record.is_running() }
                };
                layered::within(layers, &cx, carried_out).await
            }
        };
        let answer = answer.map_err(|error| {
            let in_doubt = error.is_unsettled() && record.is_running() && !tool.contract.hints.read_only;
            if in_doubt { error.in_doubt() } else { error }
        });

        match &answer {
            Ok(ToolAnswer::Asks(_)) => record.asked(),
            Ok(answer) => record.succeeded(&answer.bytes()),
            Err(error) => write_down(error, &tool, &cx, *record),
        }
        CallOutcome { stamp: Arc::clone(&tool.stamp), correlation: cx.correlation_id(), answer }
    }
}

async fn carry_out(
    tool: &RegisteredTool,
    cx: &CallContext,
    scopes: &ScopeAuthorizer,
    arguments: impl AsRef<str>,
    record: &mut Entry,
) -> Result<ToolAnswer, ToolError> {
    tasks::can_begin(cx)?;
    let running = {
        let sent = ArgumentText::new(arguments.as_ref());
        let running = guard::read(&*tool.bound, cx, &sent)?;
        tool.constraints.check(sent.text())?;
        let digest = tool.form.digest(&sent);
        cx.asking().bind(match &tool.whole {
            None => digest.unwrap_or_else(|| Digest::of_bytes(sent.text().as_bytes())),
            Some(whole) => whole.digest(&sent).unwrap_or_else(|| Digest::of_bytes(sent.text().as_bytes())),
        });
        record.read(digest);
        running
    };
    drop(arguments);
    if cx.asking().is_resumed() {
        cx.asking().resume(cx).map_err(|stale| stale_answers(stale, record))?;
    }
    tool.chain().try_for_each(|tool| gate::permits(tool, cx.caller(), scopes))?;
    record.running();
    let answer = match guard::run(running, cx).await? {
        ToolReturn::Answer(answer) => answer,
        ToolReturn::Delegate(onward) => go_on(tool, cx, onward).await?,
    };
    tool.output.check(&answer)?;
    Ok(answer)
}

/// The call that an adapter stands for, held to its own contract from arguments to result.
fn go_on<'c>(
    adapter: &'c RegisteredTool,
    cx: &'c CallContext,
    onward: Delegation,
) -> BoxFuture<'c, Result<ToolAnswer, ToolError>> {
    Box::pin(async move {
        let tool = adapter.adapts().ok_or_else(|| ToolError::internal("an adapter of nothing"))?;
        let arguments = onward.arguments.map_err(ToolError::internal)?;
        let running = guard::read(&*tool.bound, cx, &ArgumentText::new(&arguments))?;
        tool.constraints.check(&arguments)?;
        let answer = match guard::run(running, cx).await? {
            ToolReturn::Answer(answer) => answer,
            ToolReturn::Delegate(onward) => go_on(tool, cx, onward).await?,
        };
        tool.output.check(&answer)?;
        match onward.convert {
            None => Ok(answer),
            Some(_) if matches!(answer, ToolAnswer::Asks(_)) => Ok(answer),
            Some(convert) => guard::guarded(|| convert(answer.value(), cx)).map_err(ToolError::unsettled),
        }
    })
}

/// What came back with the call isn't for it. Why stands in the record alone.
fn stale_answers(stale: Stale, record: &mut Entry) -> ToolError {
    record.because(stale.name());
    let message =
        "`requestState` isn't of this call, or has ended, or was used: make the call anew without it";
    ToolError::of(ErrorKind::StaleAnswers, message)
}

/// Records a call that gave no result; what only the operator may read goes to the log.
fn write_down(error: &ToolError, tool: &RegisteredTool, cx: &CallContext, record: Entry) {
    let kind = error.kind();
    let outcome = match record.is_running() {
        false => Outcome::Refused,
        true if error.is_unsettled() && !tool.contract.hints.read_only => Outcome::Unknown,
        true => Outcome::Error,
    };
    if let Some(source) = error.source() {
        let (tool, correlation_id) = (tool.contract.name, cx.correlation_id());
        tracing::error!(tool, %correlation_id, caller = %cx.caller(), error = chain(source), "a call failed");
    }
    let detail = error.violations().map(|violations| {
        // Pointer and rule, and nothing of the value.
        let broken = violations.listed().iter();
        broken
            .map(|broken| format!("{}:{}", broken.pointer, broken.rule.name()))
            .collect::<Vec<_>>()
            .join(" ")
    });
    record.failed(outcome, kind.name(), detail.as_deref());
}

/// Tells the function's clones of the context that nobody waits any more.
pub(super) struct CancelOnDrop(pub(super) CallContext);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
