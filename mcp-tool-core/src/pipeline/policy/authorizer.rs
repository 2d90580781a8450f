//! The trait that an application's policy implements.

use std::pin::Pin;

use mcp_tool_contract::model::Contract;

use crate::call::caller::Caller;

/// A policy: decides whether a caller may use a tool. `ToolServer::authorize_with` sets the application's policy.
///
/// The server asks the policy for each call and for each tool of a list, so the policy should read its data from
/// memory. For an adapter (an older version that calls a newer one, its target), the server also asks about each
/// target. For a call, each decision may take 5 seconds; for a list, all decisions together may take 5 seconds. A
/// decision that takes longer counts as [`Decision::Deny`], in a list also for the remaining tools. If the policy
/// panics, only that decision counts as `Deny`.
///
/// ```
/// use mcp_tool_runtime::{Authorizer, Caller, CallerKind, Contract, Decision, DecisionFuture, ScopeAuthorizer};
///
/// /// Requires scopes, and lets only people use tools that write.
/// struct PeopleWrite(ScopeAuthorizer);
///
/// impl Authorizer for PeopleWrite {
///     fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
///         Box::pin(async move {
///             if !tool.hints().read_only() && caller.kind() == CallerKind::Machine {
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
    /// Decides whether `caller` may use `tool`. The default implementation denies every tool.
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        let _ = (caller, tool);
        Box::pin(std::future::ready(Decision::Deny { reason: "no_policy".into() }))
    }
}

/// The future of [`Authorizer::decide`].
pub type DecisionFuture<'a> = Pin<Box<dyn Future<Output = Decision> + Send + 'a>>;

/// The decision of an [`Authorizer`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The caller may use the tool. If the tool is destructive, the server then also checks its gate (the extra scope
    /// of a destructive tool, or the operator's permission).
    Permit,
    /// The caller may use the tool with a token that has more scopes. The call is refused with an error that names
    /// these scopes. Over HTTP, its status is 403, and if authorization is configured, the response has the header
    /// `WWW-Authenticate: Bearer error="insufficient_scope"` (RFC 6750 §3.1), so that the client can request such a
    /// token. Lists don't show the tool, unless the setting `oauth.discovery` is `grantable`.
    NeedsScopes {
        /// The missing scopes: at least one, and each a scope token (RFC 6749 §3.3). If there is none or one of them
        /// isn't a scope token, the decision counts as [`Decision::Deny`].
        missing: Vec<String>,
    },
    /// The caller may not use the tool, and a token with other scopes wouldn't help. The call is refused, over HTTP
    /// with status 403. Lists don't show the tool.
    Deny {
        /// The reason in one word, such as `machines_only_read`, for the audit record. The caller doesn't get the
        /// reason.
        reason: String,
    },
}
