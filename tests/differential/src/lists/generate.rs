//! Generator of random servers, tools and callers.

use std::{fs, path::Path};

use mcp_tool_contract::model::{Contract, Deprecation, Gate, Version};
use mcp_tool_runtime::{Authorizer, Caller, DecisionFuture, Scopes, ToolEntry, mcp_tool, tools};

use super::{
    model::{Model, own_policy},
    page_size,
};
use crate::{
    ours::{AdapterTarget, Application, ClientPin, Policy, Settings},
    random::Random,
};

/// Scopes of tools and callers.
const SCOPES: [&str; 5] = ["a", "b", "c", "d:e", "f"];
/// Scope that a tool with a gate requires in addition to its scopes.
const GATE_SCOPE: &str = "gate";

/// A tool that is never called. [`entry`] combines its function with other contracts.
#[mcp_tool(version = "1.0", public)]
fn inert() {}

/// Returns an entry with this contract and a function that does nothing.
pub(crate) fn entry(contract: Contract, adapts: Option<AdapterTarget>) -> ToolEntry {
    const INERT: &[ToolEntry] = tools![inert];
    INERT[0].with_contract(Box::leak(Box::new(contract)), adapts)
}

/// Returns the contract of a tool without parameters.
pub(crate) fn plain(name: &str, major: u32, scopes: &[&'static str]) -> Contract {
    Contract::EMPTY
        .with_name(String::leak(name.to_owned()))
        .with_version(Version::new(major, 0))
        .with_description("Words \"quoted\", and \u{202e}others.")
        .with_scopes(Vec::leak(scopes.to_vec()))
}

/// Returns the entries of up to 39 tools. Some tools have several major versions in any order. Some have adapters,
/// scopes, gates or deprecations.
pub(crate) fn any_tools(random: &mut Random) -> Vec<ToolEntry> {
    let mut entries = Vec::new();
    for tool in 0..random.below(40) {
        let (name, scopes) = (format!("tool_{tool}"), random.some(&SCOPES, 25));
        let gate = random.chance(10).then_some(Gate::Scope(GATE_SCOPE));
        let version = |major: u32| plain(&name, major, &scopes).with_gate(gate);
        let newest = version(3);
        let target = AdapterTarget { name: newest.name(), version: newest.version() };
        // The versions of one tool.
        let mut family = vec![entry(newest, None)];
        if random.chance(30) {
            let deprecation = Deprecation::new("It will be removed", None, None);
            let added = random.some(&SCOPES, 20);
            let scopes: Vec<&'static str> = scopes.iter().copied().chain(added).collect();
            let scopes = Vec::leak(scopes);
            let old = version(2).with_scopes(scopes).with_deprecation(Some(deprecation));
            family.push(entry(old, random.chance(50).then_some(target)));
        }
        if random.chance(20) {
            let scopes = Vec::leak(random.some(&SCOPES, 30));
            family.insert(random.below(2), entry(version(1).with_scopes(scopes), None));
        }
        let at = random.below(entries.len() + 1);
        entries.splice(at..at, family);
    }
    entries
}

/// Returns a random caller. Two of five callers are local and hold every scope. The others have a random user, agent
/// and scopes.
pub(crate) fn any_caller(random: &mut Random) -> Caller {
    let scopes = random.some(&[&SCOPES[..], &[GATE_SCOPE]].concat(), 50);
    let user = format!("user {}", random.below(5));
    let agent = format!("agent {}", random.below(4));
    match random.below(5) {
        0 => Caller::local(Scopes::All),
        1 => Caller::local(Scopes::All).with_agent(agent),
        _ => Caller::new(user).with_agent(agent).with_scopes(scopes),
    }
}

/// A random server that is not started yet, and the model of its lists.
pub(crate) struct Server {
    pub(crate) application: Application,
    pub(crate) settings: Settings,
    pub(crate) page_size: usize,
    pub(crate) model: Model,
}

impl Server {
    /// Returns a random server. If it has a control file, the file is written to `control_file`.
    pub(crate) fn random(random: &mut Random, control_file: &Path) -> Self {
        let tools = any_tools(random);
        let mut model = Model::new(tools.clone());
        let size = 1 + random.below(30);
        model.shows_grantable = random.chance(20);
        let mut settings = Settings {
            shows_grantable: model.shows_grantable,
            list_page: page_size(size),
            ..Settings::default()
        };
        if random.chance(30) {
            let pin = |pin: &str| ClientPin::parse(pin).unwrap();
            settings.pins = vec![pin("agent * >=1, <3"), pin("agent * <=2")];
            // The same pins as ranges of major versions.
            model.pins = vec![(1, 2), (0, 2)];
            let pins = 1 + random.below(2);
            settings.pins.truncate(pins);
            model.pins.truncate(pins);
        }
        if random.chance(30) {
            // A line of the control file, in which operators disable users and tools.
            let disable = |target: &str| {
                format!(
                    "{{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"ann\",\"action\":\"disable\",{target}}}\n"
                )
            };
            let mut lines = disable(r#""user":"user 1""#);
            model.disabled_users.push("user 1".to_owned());
            for tool in 0..random.below(4) {
                let name = format!("tool_{}", 3 * tool);
                lines.push_str(&disable(&format!(r#""tool":"{name}""#)));
                model.disabled_tools.push(name);
            }
            fs::write(control_file, lines).unwrap();
            settings.control_file = Some(control_file.to_owned());
        }
        let mut application = Application { tools, ..Application::new("lists", "1") };
        if random.chance(20) {
            application.policy = Some(Box::new(|_| Policy::Own(Box::new(OwnPolicy))));
            model.has_own_policy = true;
        }
        Server { application, settings, page_size: size, model }
    }
}

/// The application's own policy, which replaces the built-in one. It calls [`own_policy`], as the model does.
struct OwnPolicy;

impl Authorizer for OwnPolicy {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        Box::pin(async move { own_policy(caller, tool) })
    }
}
