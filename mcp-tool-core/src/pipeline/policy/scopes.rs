//! The built-in policy: a caller needs every scope that a tool names.

use std::collections::{HashMap, HashSet};

use mcp_tool_contract::model::Contract;

use super::{Authorizer, Decision, DecisionFuture};
use crate::call::caller::Caller;

/// Permits who holds every scope of a tool, or one that includes it by the settings.
#[derive(Clone, Debug, Default)]
pub struct ScopeAuthorizer {
    /// The scopes that do for a scope, besides itself.
    includers: HashMap<String, Vec<String>>,
}

impl ScopeAuthorizer {
    /// Each line is a scope and those that it includes, which may include others in turn.
    ///
    /// # Errors
    /// A line that includes nothing.
    pub(crate) fn new(hierarchy: &[String]) -> Result<Self, String> {
        let mut included: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in hierarchy {
            let mut scopes = line.split_whitespace();
            let (Some(wide), Some(first)) = (scopes.next(), scopes.next()) else {
                return Err(format!(
                    "{line:?} isn't a scope and those that it includes: write \"invoices:admin invoices:read\""
                ));
            };
            included.entry(wide).or_default().extend(std::iter::once(first).chain(scopes));
        }
        let mut includers: HashMap<String, Vec<String>> = HashMap::new();
        for wide in included.keys() {
            let (mut seen, mut open) = (HashSet::from([*wide]), vec![*wide]);
            while let Some(scope) = open.pop() {
                for narrow in included.get(scope).into_iter().flatten() {
                    if seen.insert(narrow) {
                        open.push(narrow);
                        includers.entry((*narrow).to_owned()).or_default().push((*wide).to_owned());
                    }
                }
            }
        }
        Ok(ScopeAuthorizer { includers })
    }

    /// Whether the caller holds the scope, or one that includes it.
    #[must_use]
    pub fn holds(&self, caller: &Caller, scope: &str) -> bool {
        let held = caller.scopes();
        held.hold(scope)
            || self.includers.get(scope).is_some_and(|wide| wide.iter().any(|wide| held.hold(wide)))
    }

    pub(super) fn judge(&self, caller: &Caller, tool: &Contract) -> Decision {
        let missing: Vec<String> =
            of(tool).filter(|scope| !self.holds(caller, scope)).map(str::to_owned).collect();
        if missing.is_empty() { Decision::Permit } else { Decision::NeedsScopes { missing } }
    }
}

impl Authorizer for ScopeAuthorizer {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        Box::pin(std::future::ready(self.judge(caller, tool)))
    }
}

/// The scopes that a tool and its gate need.
pub(super) fn of(tool: &Contract) -> impl Iterator<Item = &'static str> {
    tool.required_scopes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(lines: &[&str], scopes: &[&str], wanted: &str) -> bool {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let authorizer = ScopeAuthorizer::new(&lines).unwrap_or_default();
        authorizer.holds(&Caller::new("ann").with_scopes(scopes.iter().copied()), wanted)
    }

    #[test]
    fn a_scope_includes_what_the_settings_say_and_what_that_includes() {
        let lines = ["root admin", "admin write read", "write read"];
        assert!(held(&lines, &["root"], "read") && held(&lines, &["admin"], "write"));
        assert!(!held(&lines, &["read"], "write") && !held(&lines, &["write"], "admin"));
        assert!(!held(&[], &["admin"], "read") && !held(&lines, &["administrator"], "read"));
    }

    #[test]
    fn scopes_that_include_each_other_end() {
        assert!(held(&["a b", "b a"], &["b"], "a") && held(&["a a b"], &["a"], "b"));
    }

    #[test]
    fn a_line_includes_something() {
        assert!(ScopeAuthorizer::new(&["admin".to_owned()]).is_err());
    }
}
