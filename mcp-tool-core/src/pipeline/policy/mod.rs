//! May they: whether a caller may use a tool. Listing and calling are decided here alike.

mod scopes;

use std::{fmt, panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use mcp_tool_contract::model::Contract;
use tokio::time::Instant;

use crate::{call::caller::Caller, pipeline::registry::RegisteredTool};
pub use scopes::ScopeAuthorizer;

/// Decides whether a caller may use a tool; the place of a policy engine of your own.
///
/// It is asked for each call, and for each tool of a list: what it needs should be in memory. What it doesn't permit
/// doesn't run, and a decision that isn't made in time ends the call unpermitted.
///
/// ```
/// use mcp_tool_runtime::{Authorizer, Caller, CallerKind, Contract, DecisionFuture, Decision, ScopeAuthorizer};
///
/// /// Scopes as ever; and what writes is for people alone.
/// struct PeopleWrite(ScopeAuthorizer);
///
/// impl Authorizer for PeopleWrite {
///     fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
///         Box::pin(async move {
///             if !tool.hints.read_only && caller.kind() == CallerKind::Machine {
///                 return Decision::Deny { reason: "machines_only_read".into() };
///             }
///             self.0.decide(caller, tool).await
///         })
///     }
/// }
///
/// # use mcp_tool_runtime::ToolServer;
/// let server = ToolServer::new("ledger", "1.0.0").authorize_with(PeopleWrite);
/// ```
pub trait Authorizer: Send + Sync + 'static {
    /// Decides. Unless it is written, everything is denied.
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        let _ = (caller, tool);
        Box::pin(std::future::ready(Decision::Deny { reason: "no_policy".into() }))
    }
}

/// A decision on its way.
pub type DecisionFuture<'a> = Pin<Box<dyn Future<Output = Decision> + Send + 'a>>;

/// What an [`Authorizer`] decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The caller may.
    Permit,
    /// It may with a token that has these scopes too: it is told so, and can ask for one.
    NeedsScopes {
        /// The scopes that are missing.
        missing: Vec<String>,
    },
    /// It may not, and no scope would change that.
    Deny {
        /// Why, in a word for the record. The caller isn't told.
        reason: String,
    },
}

/// How long a policy of the application's own may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Whoever decides in this server.
pub enum Policy {
    /// What is built in, without a box for each call.
    Scopes(ScopeAuthorizer),
    Own(Box<dyn Authorizer>),
}

impl Policy {
    /// Whether it may look at more than scopes.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Policy::Own(_))
    }

    /// Decides on a tool and on those that answer for it: all of them have to be permitted.
    pub(crate) async fn decide(&self, caller: &Caller, tool: &RegisteredTool) -> Decision {
        let mut lacking: Vec<String> = Vec::new();
        for tool in tool.chain() {
            let decision = match self {
                Policy::Scopes(scopes) => scopes.judge(caller, tool.contract),
                Policy::Own(authorizer) => decided(&**authorizer, caller, tool.contract).await,
            };
            match decision {
                Decision::Permit => {}
                // Whoever names none of the scopes that are missing has not said that there are none.
                Decision::NeedsScopes { missing }
                    if missing.is_empty() || !missing.iter().all(|scope| is_scope(scope)) =>
                {
                    return Decision::Deny { reason: "needs_scopes_unnamed".into() };
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

    /// Decides on each of these, for a list. What isn't decided when the time of one is over is denied.
    pub(crate) async fn decide_all(&self, caller: &Caller, tools: &[Arc<RegisteredTool>]) -> Vec<Decision> {
        let deadline = Instant::now() + DEADLINE;
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

/// What the application's own policy decides; one that panics or overruns denies.
async fn decided(authorizer: &dyn Authorizer, caller: &Caller, tool: &Contract) -> Decision {
    let deciding = AssertUnwindSafe(async { authorizer.decide(caller, tool).await }).catch_unwind();
    match tokio::time::timeout(DEADLINE, deciding).await {
        Ok(Ok(decision)) => decision,
        Ok(Err(_)) => Decision::Deny { reason: "policy_panicked".into() },
        Err(_) => Decision::Deny { reason: "policy_overran".into() },
    }
}

/// Whether it can be a scope (RFC 6749 §3.3).
pub(crate) fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'))
}

/// The scopes that a tool needs, and those that answer for it: each once, in order.
pub(crate) fn needed(tool: &RegisteredTool) -> Vec<&'static str> {
    let mut needed = Vec::new();
    for scope in tool.chain().flat_map(|tool| scopes::of(tool.contract)) {
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
