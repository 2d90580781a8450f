//! Execution of an admitted call: reads the arguments, runs the tool's function and checks the result.

pub(crate) mod guard;
mod report;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mcp_tool_contract::{digest::Digest, read::arguments::ArgumentText};
use uuid::Uuid;

use super::Admitted;
use crate::{
    audit::PendingRecord,
    call::{context::CallContext, stamp::ContractStamp},
    error::ToolError,
    pipeline::{
        gate,
        middleware::{self, Executed},
        policy::ScopeAuthorizer,
        registry::RegisteredTool,
    },
    tasks,
    tool::{
        Running,
        answer::{Delegation, ToolAnswer, ToolReturn},
    },
};

/// The outcome of a call, or of the completion of an argument, with the contract stamp (version and digest of the contract as text) and the
/// correlation id for its response.
#[derive(Debug)]
pub struct CallOutcome {
    pub(crate) stamp: Arc<ContractStamp>,
    pub(crate) correlation: Uuid,
    /// The encoded result or the questions of the tool, or the error that the caller reads.
    pub answer: Result<ToolAnswer, ToolError>,
}

impl CallOutcome {
    pub(super) fn new(
        tool: &RegisteredTool,
        cx: &CallContext,
        answer: Result<ToolAnswer, ToolError>,
    ) -> Self {
        CallOutcome { stamp: Arc::clone(&tool.stamp), correlation: cx.correlation_id(), answer }
    }
}

impl Admitted {
    /// Runs the call inside the tool's middleware and writes its audit record.
    ///
    /// Dropping the future cancels the call. To save memory, `arguments` is dropped before the function runs.
    pub async fn execute(self, arguments: impl AsRef<str> + Send) -> CallOutcome {
        let (tool, cx, scopes, mut record) = self.into_parts();
        let _cancel = CancelOnDrop(cx.clone());

        let answer = match tool.middleware() {
            [] => run_stages(&tool, &cx, &scopes, arguments, &mut record).await,
            layers => {
                let stages = async {
                    let answer = run_stages(&tool, &cx, &scopes, arguments, &mut record).await;
                    Executed { answer, has_begun: record.has_started() }
                };
                middleware::run(layers, &cx, stages).await
            }
        };
        let answer = answer.map_err(|error| report::in_doubt(error, &tool, &record));

        report::record(record, &answer, &tool, &cx);
        CallOutcome::new(&tool, &cx, answer)
    }
}

/// Runs the stages inside the middleware. Checks that the client supports tasks, if the tool needs this. Then reads the
/// arguments, checks constraints, stores answers to questions, checks the gate, runs the function and checks the result.
async fn run_stages(
    tool: &RegisteredTool,
    cx: &CallContext,
    scopes: &ScopeAuthorizer,
    arguments: impl AsRef<str>,
    record: &mut PendingRecord,
) -> Result<ToolAnswer, ToolError> {
    tasks::check_support(cx)?;
    let running = read_call(tool, cx, arguments, record)?;
    resume_questions(cx, record)?;
    gate::check(tool, cx.caller(), scopes)?;
    record.start();
    run_function(tool, cx, running).await
}

/// Reads the arguments of the call and sets two digests. The audit record gets the digest of the arguments without
/// secrets. The call's questions get the digest of all arguments: their answers are valid only for these arguments.
fn read_call<'c>(
    tool: &'c RegisteredTool,
    cx: &'c CallContext,
    arguments: impl AsRef<str>,
    record: &mut PendingRecord,
) -> Result<Running<'c>, ToolError> {
    let sent = ArgumentText::new(arguments.as_ref());
    let running = read_arguments(tool, cx, &sent)?;
    let digest = tool.recorded_form.digest(&sent);
    let full_digest = match &tool.full_form {
        None => digest,
        Some(form) => form.digest(&sent),
    };
    // The arguments have been read, so they have a digest. If there were none, the questions would be bound to the text
    // that was sent.
    cx.asking().bind_arguments(full_digest.unwrap_or_else(|| Digest::of_bytes(sent.text().as_bytes())));
    record.set_arguments(digest);
    Ok(running)
}

/// Validates arguments against the tool's contract, and then checks the tool's constraints.
fn read_arguments<'c>(
    tool: &'c RegisteredTool,
    cx: &'c CallContext,
    arguments: &ArgumentText<'_>,
) -> Result<Running<'c>, ToolError> {
    let running = guard::read(&*tool.bound, cx, arguments)?;
    tool.constraints.check(arguments.text())?;
    Ok(running)
}

/// Stores the client's answers in the call's context, where the function's questions find them. Has no effect if the
/// client sent none.
///
/// # Errors
/// The state that the client sent with the answers is invalid, of another call, expired, or used already.
fn resume_questions(cx: &CallContext, record: &mut PendingRecord) -> Result<(), ToolError> {
    match cx.asking().is_resumed() {
        true => cx.resume().map_err(|stale| report::stale_answers(stale, record)),
        false => Ok(()),
    }
}

/// Runs the tool's function, and for an adapter also its target. Checks the result.
async fn run_function(
    tool: &RegisteredTool,
    cx: &CallContext,
    running: Running<'_>,
) -> Result<ToolAnswer, ToolError> {
    let answer = match guard::run(running, cx).await? {
        ToolReturn::Answer(answer) => answer,
        ToolReturn::Delegate(delegation) => delegate(tool, cx, delegation).await?,
    };
    tool.output.check(&answer)?;
    Ok(answer)
}

/// Runs the target of an adapter (the newer version that the adapter calls), and converts the target's result.
/// Questions of the target are returned unchanged.
fn delegate<'c>(
    adapter: &'c RegisteredTool,
    cx: &'c CallContext,
    delegation: Delegation,
) -> BoxFuture<'c, Result<ToolAnswer, ToolError>> {
    Box::pin(async move {
        let target = adapter.adapts().ok_or_else(|| ToolError::internal("an adapter has no target"))?;
        let arguments = delegation.arguments.map_err(ToolError::internal)?;
        let running = read_arguments(target, cx, &ArgumentText::new(&arguments))?;
        let answer = run_function(target, cx, running).await?;
        match delegation.convert {
            Some(convert) if !matches!(answer, ToolAnswer::Asks(_)) => {
                guard::catch(|| convert(answer.value(), cx)).map_err(ToolError::unsettled)
            }
            _ => Ok(answer),
        }
    })
}

/// Cancels the call when dropped, so that spawned tasks and blocking functions with a clone of its context can stop.
pub(super) struct CancelOnDrop(pub(super) CallContext);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
