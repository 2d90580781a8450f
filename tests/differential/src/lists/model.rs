//! Model of `tools/list`: the rules of visibility applied tool by tool, without a cache.

use mcp_tool_contract::model::{Contract, Gate};
use mcp_tool_runtime::{Caller, Decision, ToolEntry};

/// Tool in a list: its place among all tools, and the name under which it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listed {
    pub(crate) place: usize,
    pub(crate) name: String,
}

/// A server as the rules see it.
pub(crate) struct Model {
    pub(crate) tools: Vec<ToolEntry>,
    /// Majors, from the lowest to the highest, to which each pin limits the client `agent`.
    pub(crate) pins: Vec<(u32, u32)>,
    pub(crate) disabled_users: Vec<String>,
    pub(crate) disabled_tools: Vec<String>,
    /// [`own_policy`] decides in place of scopes.
    pub(crate) has_own_policy: bool,
    /// Lists show tools that more scopes would permit.
    pub(crate) shows_grantable: bool,
}

impl Model {
    /// Returns a server without pins and disabled users or tools, whose policy is scopes.
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
        let listed = |(place, tool): (usize, &ToolEntry)| {
            let contract = tool.contract();
            // The name alone calls the newest version that the pins allow, even if the caller may not see it.
            let is_newest = !self.tools.iter().map(ToolEntry::contract).any(|other| {
                other.name() == contract.name()
                    && other.version() > contract.version()
                    && self.fits_pins(caller, other)
            });
            let name = if is_newest {
                contract.name().to_owned()
            } else {
                format!("{}_v{}", contract.name(), contract.version().major)
            };
            (contract, Listed { place, name })
        };
        visible.map(listed).collect()
    }

    /// The pins name the client `agent`, which a local caller is if its agent has that name and any version.
    fn fits_pins(&self, caller: &Caller, contract: &Contract) -> bool {
        let is_local = caller.user() == Caller::LOCAL;
        let is_pinned = is_local && caller.agent().is_some_and(|agent| agent.starts_with("agent "));
        !is_pinned
            || self.pins.iter().all(|(least, most)| (*least..=*most).contains(&contract.version().major))
    }

    /// A tool is visible if the policy permits it and every tool that it delegates to, and none of them is disabled.
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
            _ => panic!("a gate that the model doesn't know: {gate:?}"),
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

/// Decides by the bytes of tool and user, which no scope explains.
pub(crate) fn own_policy(caller: &Caller, contract: &Contract) -> Decision {
    match contract.name().bytes().chain(caller.user().bytes()).map(usize::from).sum::<usize>() % 3 {
        0 => Decision::Permit,
        1 => Decision::NeedsScopes { missing: vec!["a".to_owned()] },
        _ => Decision::Deny { reason: "odd".into() },
    }
}
