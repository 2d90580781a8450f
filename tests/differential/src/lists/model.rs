//! Model of `tools/list`: the rules of visibility applied tool by tool, without a cache.

use mcp_tool_contract::model::{Contract, Gate};
use mcp_tool_runtime::{Caller, Decision, ToolEntry};

/// A tool in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listed {
    /// Index of the tool in [`Model::tools`].
    pub(crate) index: usize,
    /// Name under which the tool is listed: its own name, or `NAME_vMAJOR`.
    pub(crate) name: String,
}

/// The facts about a server that decide its lists.
pub(crate) struct Model {
    pub(crate) tools: Vec<ToolEntry>,
    /// Lowest and highest major version that each pin permits to the client `agent`.
    pub(crate) pins: Vec<(u32, u32)>,
    pub(crate) disabled_users: Vec<String>,
    pub(crate) disabled_tools: Vec<String>,
    /// [`own_policy`] decides instead of the caller's scopes.
    pub(crate) has_own_policy: bool,
    /// Lists also show tools that the caller could call with more scopes.
    pub(crate) shows_grantable: bool,
}

impl Model {
    /// Returns the model of a server with the built-in policy, which checks scopes. No pin is set, and no user or tool
    /// is disabled.
    pub(crate) fn new(tools: Vec<ToolEntry>) -> Self {
        Model {
            tools,
            pins: Vec::new(),
            disabled_users: Vec::new(),
            disabled_tools: Vec::new(),
            has_own_policy: false,
            shows_grantable: false,
        }
    }

    /// Returns the tools that a caller sees, in order.
    pub(crate) fn list(&self, caller: &Caller) -> Vec<(&'static Contract, Listed)> {
        if self.disabled_users.iter().any(|user| user == caller.user()) {
            return Vec::new();
        }
        let visible = self
            .tools
            .iter()
            .enumerate()
            .filter(|(_, tool)| self.fits_pins(caller, tool.contract()) && self.is_visible(caller, tool));
        let listed = |(index, tool): (usize, &ToolEntry)| {
            let contract = tool.contract();
            // A tool's own name means the newest version that the pins allow, even if the caller may not see that
            // version.
            let is_newest = !self.tools.iter().map(ToolEntry::contract).any(|other| {
                other.name() == contract.name()
                    && other.version() > contract.version()
                    && self.fits_pins(caller, other)
            });
            let name = if is_newest {
                contract.name().to_owned()
            } else {
                format!("{}_v{}", contract.name(), contract.version().major())
            };
            (contract, Listed { index, name })
        };
        visible.map(listed).collect()
    }

    /// Returns `true` if the pins permit this version. All pins are for the client `agent`. A local caller is this
    /// client if its agent is `agent VERSION`. Another caller's agent would have to be `agent`, and never is.
    fn fits_pins(&self, caller: &Caller, contract: &Contract) -> bool {
        let is_local = caller.user() == Caller::LOCAL;
        let is_pinned = is_local && caller.agent().is_some_and(|agent| agent.starts_with("agent "));
        !is_pinned
            || self
                .pins
                .iter()
                .all(|(lowest, highest)| (*lowest..=*highest).contains(&contract.version().major()))
    }

    /// Returns `true` if the policy permits the tool and the tool is not disabled. For an adapter, the same must be
    /// true of each tool that it delegates to.
    fn is_visible(&self, caller: &Caller, tool: &ToolEntry) -> bool {
        let mut next = Some(tool);
        while let Some(tool) = next {
            let contract = tool.contract();
            let is_permitted = match self.decide(caller, contract) {
                Decision::Permit => true,
                Decision::NeedsScopes { .. } => self.shows_grantable,
                _ => false,
            };
            if !is_permitted || self.disabled_tools.iter().any(|name| name == contract.name()) {
                return false;
            }
            next = tool.adapts.and_then(|target| {
                self.tools.iter().find(|other| {
                    (other.contract().name(), other.contract().version()) == (target.name, target.version)
                })
            });
        }
        true
    }

    fn decide(&self, caller: &Caller, contract: &Contract) -> Decision {
        if self.has_own_policy {
            return own_policy(caller, contract);
        }
        let gate = contract.gate().map(|gate| match gate {
            Gate::Scope(scope) => scope,
            _ => panic!("the model has no rule for this gate: {gate:?}"),
        });
        let missing: Vec<String> = contract
            .scopes()
            .iter()
            .copied()
            .chain(gate)
            .filter(|scope| !caller.scopes().hold(scope))
            .map(str::to_owned)
            .collect();
        if missing.is_empty() { Decision::Permit } else { Decision::NeedsScopes { missing } }
    }
}

/// A policy that depends on the tool's name and the user's name instead of scopes.
pub(crate) fn own_policy(caller: &Caller, contract: &Contract) -> Decision {
    match contract.name().bytes().chain(caller.user().bytes()).map(usize::from).sum::<usize>() % 3 {
        0 => Decision::Permit,
        1 => Decision::NeedsScopes { missing: vec!["a".to_owned()] },
        _ => Decision::Deny { reason: "odd".into() },
    }
}
