//! The built-in policy: a caller needs all scopes that the tool declares.

use std::collections::{HashMap, HashSet};

use mcp_tool_contract::model::Contract;

use super::authorizer::{Authorizer, Decision, DecisionFuture};
use crate::{call::caller::Caller, redaction::excerpt};

/// The built-in policy: permits a tool if the caller holds all scopes that the tool declares, including the scope of
/// its gate (the extra scope of a destructive tool).
///
/// A caller that holds a scope also holds the scopes that the setting `oauth.scope_hierarchy` includes in it. The local
/// user (the caller over stdio, and over HTTP while no authorization is configured) holds every scope, unless the
/// setting `local.scopes` names some. An application's own policy can use the built-in policy, which
/// `ToolServer::authorize_with` passes to it. See [`Authorizer`] for an example.
#[derive(Clone, Debug, Default)]
pub struct ScopeAuthorizer {
    /// For each scope, the scopes that include it, directly or through others.
    includers: HashMap<String, Vec<String>>,
}

impl ScopeAuthorizer {
    /// Parses `oauth.scope_hierarchy`. Each line is a scope and the scopes that it includes, separated by spaces.
    /// Inclusion is transitive.
    ///
    /// # Errors
    /// If a line has fewer than two scopes.
    pub(crate) fn new(hierarchy: &[String]) -> Result<Self, String> {
        let mut included: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in hierarchy {
            let mut scopes = line.split_whitespace();
            let (Some(wide), Some(first)) = (scopes.next(), scopes.next()) else {
                let line = excerpt(line);
                return Err(format!(
                    "\"{line}\" isn't a scope followed by the scopes that it includes: write \"invoices:admin invoices:read\""
                ));
            };
            included.entry(wide).or_default().extend(std::iter::once(first).chain(scopes));
        }
        let mut includers: HashMap<String, Vec<String>> = HashMap::new();
        for wide in included.keys() {
            let (mut seen, mut pending) = (HashSet::from([*wide]), vec![*wide]);
            while let Some(scope) = pending.pop() {
                for narrow in included.get(scope).into_iter().flatten() {
                    if seen.insert(narrow) {
                        pending.push(narrow);
                        includers.entry((*narrow).to_owned()).or_default().push((*wide).to_owned());
                    }
                }
            }
        }
        Ok(ScopeAuthorizer { includers })
    }

    /// Returns `true` if the caller holds `scope` or a scope that includes it.
    #[must_use]
    pub fn holds(&self, caller: &Caller, scope: &str) -> bool {
        let held = caller.scopes();
        held.hold(scope)
            || self.includers.get(scope).is_some_and(|wide| wide.iter().any(|wide| held.hold(wide)))
    }

    /// Makes the same decision as [`Authorizer::decide`], without a boxed future.
    pub(super) fn check(&self, caller: &Caller, tool: &Contract) -> Decision {
        let missing: Vec<String> =
            tool.required_scopes().filter(|scope| !self.holds(caller, scope)).map(str::to_owned).collect();
        if missing.is_empty() { Decision::Permit } else { Decision::NeedsScopes { missing } }
    }
}

impl Authorizer for ScopeAuthorizer {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        Box::pin(std::future::ready(self.check(caller, tool)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `true` if a caller whose token has `scopes` holds `scope`, with `lines` as `oauth.scope_hierarchy`.
    fn holds(lines: &[&str], scopes: &[&str], scope: &str) -> bool {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let authorizer = ScopeAuthorizer::new(&lines).unwrap_or_default();
        authorizer.holds(&Caller::new("ann").with_scopes(scopes.iter().copied()), scope)
    }

    #[test]
    fn scope_inclusion_is_transitive_and_has_one_direction() {
        let lines = ["root admin", "admin write read", "write read"];
        assert!(holds(&lines, &["root"], "read") && holds(&lines, &["admin"], "write"));
        assert!(!holds(&lines, &["read"], "write") && !holds(&lines, &["write"], "admin"));
        assert!(!holds(&[], &["admin"], "read") && !holds(&lines, &["administrator"], "read"));
    }

    #[test]
    fn scopes_that_include_each_other_are_equivalent() {
        assert!(holds(&["a b", "b a"], &["b"], "a") && holds(&["a a b"], &["a"], "b"));
    }

    #[test]
    fn line_with_one_scope_is_refused() {
        assert!(ScopeAuthorizer::new(&["admin".to_owned()]).is_err());
    }
}
