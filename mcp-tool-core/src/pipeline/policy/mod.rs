//! The policy decides which callers may use which tools, both for lists and for calls.

mod authorizer;
mod scopes;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use mcp_tool_contract::model::Contract;
use tokio::time::Instant;

use crate::{call::caller::Caller, pipeline::registry::RegisteredTool};
pub use authorizer::{Authorizer, Decision, DecisionFuture};
pub use scopes::ScopeAuthorizer;

/// Timeout of the application's own policy, for one decision or for all decisions of a list together.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The policy of a server.
pub enum Policy {
    /// The built-in policy. It has its own variant, so that it is called without a boxed future.
    Scopes(ScopeAuthorizer),
    /// The application's own policy.
    Own(Box<dyn Authorizer>),
}

impl Policy {
    /// Returns `true` for the application's own policy. Its decisions may depend on more than the caller's scopes, so
    /// callers with equal scopes may see different lists.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Policy::Own(_))
    }

    /// Decides on a tool. An adapter (an older version that calls a newer one, its target) is permitted only if its
    /// targets are permitted too. The missing scopes of a decision include those for the targets.
    pub(crate) async fn decide(&self, caller: &Caller, tool: &RegisteredTool) -> Decision {
        let mut lacking: Vec<String> = Vec::new();
        for tool in tool.chain() {
            let decision = match self {
                Policy::Scopes(scopes) => scopes.check(caller, tool.contract),
                Policy::Own(authorizer) => decide_in_time(&**authorizer, caller, tool.contract).await,
            };
            match decision {
                Decision::Permit => {}
                // The caller can't request a token with scopes that are unnamed or invalid.
                Decision::NeedsScopes { missing }
                    if missing.is_empty() || !missing.iter().all(|scope| is_scope(scope)) =>
                {
                    return Decision::Deny { reason: "needs_invalid_scopes".into() };
                }
                Decision::NeedsScopes { missing } => {
                    lacking.extend(
                        missing.into_iter().filter(|scope| !lacking.contains(scope)).collect::<Vec<_>>(),
                    );
                }
                Decision::Deny { reason } => return Decision::Deny { reason },
            }
        }
        if lacking.is_empty() { Decision::Permit } else { Decision::NeedsScopes { missing: lacking } }
    }

    /// Decides on each tool, for a list. If the application's own policy takes longer than [`TIMEOUT`] for all tools
    /// together, the remaining tools are denied.
    pub(crate) async fn decide_all(&self, caller: &Caller, tools: &[Arc<RegisteredTool>]) -> Vec<Decision> {
        let deadline = Instant::now() + TIMEOUT;
        let mut decisions = Vec::with_capacity(tools.len());
        for tool in tools {
            let decision = match self {
                Policy::Scopes(_) => Ok(self.decide(caller, tool).await),
                Policy::Own(_) => tokio::time::timeout_at(deadline, self.decide(caller, tool)).await,
            };
            decisions.push(decision.unwrap_or_else(|_| Decision::Deny { reason: "policy_overran".into() }));
        }
        decisions
    }
}

/// Asks the application's own policy about one tool. If the policy panics or exceeds [`TIMEOUT`], the tool is denied.
async fn decide_in_time(authorizer: &dyn Authorizer, caller: &Caller, tool: &Contract) -> Decision {
    let decision = AssertUnwindSafe(async { authorizer.decide(caller, tool).await }).catch_unwind();
    match tokio::time::timeout(TIMEOUT, decision).await {
        Ok(Ok(decision)) => decision,
        Ok(Err(_)) => Decision::Deny { reason: "policy_panicked".into() },
        Err(_) => Decision::Deny { reason: "policy_overran".into() },
    }
}

/// Returns `true` if `scope` is a scope token (RFC 6749 §3.3).
pub(crate) fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
}

/// Returns the scopes that a tool declares, without duplicates. For an adapter, this includes the scopes of its
/// targets.
pub(crate) fn needed_scopes(tool: &RegisteredTool) -> Vec<&'static str> {
    let mut needed = Vec::new();
    for scope in tool.chain().flat_map(|tool| tool.contract.required_scopes()) {
        if !needed.contains(&scope) {
            needed.push(scope);
        }
    }
    needed
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Policy::Scopes(_) => "scopes",
            Policy::Own(_) => "the application's own",
        })
    }
}
