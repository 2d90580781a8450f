//! Tools as they were when `ui/drift/mcp-tools.lock` was made; those of the same names in `ui/drift` changed
//! since, and are judged by it. `UI=write` writes the lock anew.

#![allow(
    dead_code,
    unused_variables,
    clippy::too_many_arguments,
    reason = "these tools are only looked at, and one of them takes all that a tool can take"
)]

mod bounds;
mod bump_too_small;
mod bumps;
mod by_type;
mod constraints;
mod guards;
mod headers;
mod limits;
mod merge;
mod parameters;
mod reasons;
mod renamed;
mod result_fields;
mod result_values;
mod results;
mod several_at_once;
mod tasks;
mod types;
mod unchanged;
mod version_below;
mod words;

use std::fs;

use mcp_tool_contract::{
    lock::Lock,
    rules::{ChangeClass, ChangeRule},
};
use mcp_tool_runtime::ToolEntry;

const LOCK: &str = "ui/drift/mcp-tools.lock";

const LOCKED: [&[ToolEntry]; 21] = [
    bounds::TOOLS,
    bump_too_small::TOOLS,
    bumps::TOOLS,
    by_type::TOOLS,
    constraints::TOOLS,
    guards::TOOLS,
    headers::TOOLS,
    limits::TOOLS,
    parameters::TOOLS,
    reasons::TOOLS,
    renamed::TOOLS,
    result_fields::TOOLS,
    result_values::TOOLS,
    results::TOOLS,
    several_at_once::TOOLS,
    tasks::TOOLS,
    types::TOOLS,
    unchanged::OLDER,
    unchanged::TOOLS,
    version_below::TOOLS,
    words::TOOLS,
];

/// What a tool does that nobody calls.
fn never<T>() -> T {
    panic!("this tool is only looked at")
}

/// The lock of these tools, made as `contract write` makes it.
fn made() -> String {
    let mut lock = Lock::default();
    for tool in LOCKED.into_iter().flatten() {
        let contract = *tool.contract();
        let known = lock.find(contract.name, contract.version.major);
        assert!(known.is_none(), "two tools are named '{}'", contract.name);
        lock.put(contract, "drift");
    }
    lock.render().unwrap()
}

/// Holds the committed lock to these tools, before others are judged by it.
pub fn hold_the_lock() {
    let made = made();
    if std::env::var("UI").is_ok_and(|what| what == "write") {
        // The tools are judged anew wherever it is touched.
        if fs::read_to_string(LOCK).ok().as_ref() != Some(&made) {
            fs::write(LOCK, &made).unwrap();
        }
    }
    let committed = fs::read_to_string(LOCK).unwrap();
    assert!(committed == made, "{LOCK} isn't the lock of `suite/drift`: UI=write writes it anew");
}

#[test]
fn the_lock_of_the_drifts_is_that_of_the_tools_as_they_were() {
    hold_the_lock();
}

/// Whether a compiler can see a change by that rule: it sees no tool that isn't there, and lets words pass.
fn is_seen_by_a_compiler(rule: ChangeRule) -> bool {
    !matches!(rule, ChangeRule::ToolAdded | ChangeRule::ToolRemoved) && rule.class() > ChangeClass::Patch
}

#[test]
fn every_rule_that_a_compiler_sees_has_its_compile_error() {
    let folder = fs::read_dir("ui/drift").unwrap().map(|entry| entry.unwrap().path());
    let said: String = folder
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let unseen: Vec<ChangeRule> = ChangeRule::ALL
        .iter()
        .copied()
        .filter(|rule| is_seen_by_a_compiler(*rule) != said.contains(&format!("[{rule}]")))
        .collect();
    assert!(unseen.is_empty(), "shown by no compile error, or by one that shouldn't be: {unseen:?}");
}
