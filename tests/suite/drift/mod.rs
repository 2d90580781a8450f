//! The tools from which `ui/drift/mcp-tools.lock`, a lock of released contracts, is generated. `ui/drift` has tools of
//! the same names, most of them changed, and the compiler compares them with that lock. Files directly in `ui/drift`
//! must not compile, those in `ui/drift/pass` must. `UI=write` regenerates the lock.

#![allow(
    dead_code,
    unused_variables,
    clippy::too_many_arguments,
    reason = "these tools are never called, and one of them has as many parameters as possible"
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

/// All tools of the lock.
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

/// Body of a tool that is never called.
fn never<T>() -> T {
    panic!("this tool is never called")
}

/// Returns the lock of these tools, as `contract write` generates it.
fn generated() -> String {
    let mut lock = Lock::default();
    for tool in LOCKED.into_iter().flatten() {
        let contract = *tool.contract();
        let other = lock.find(contract.name(), contract.version().major());
        assert!(other.is_none(), "two tools are named '{}'", contract.name());
        lock.put(contract, "drift");
    }
    lock.render().unwrap()
}

/// Checks that the committed lock is the one generated from these tools. With `UI=write`, writes it first.
pub fn check_lock() {
    let generated = generated();
    if std::env::var("UI").is_ok_and(|what| what == "write") {
        // Every write makes cargo rebuild the tools, even if the text stays the same.
        if fs::read_to_string(LOCK).ok().as_ref() != Some(&generated) {
            fs::write(LOCK, &generated).unwrap();
        }
    }
    let committed = fs::read_to_string(LOCK).unwrap();
    assert!(committed == generated, "{LOCK} isn't the lock of `suite/drift`: UI=write regenerates it");
}

#[test]
fn lock_matches_the_tools_it_was_generated_from() {
    check_lock();
}

/// Returns `true` if changes of this rule are compile errors. All are, except added and removed tools, which the
/// compiler doesn't see, and changes that need no version bump.
fn is_compile_error(rule: ChangeRule) -> bool {
    !matches!(rule, ChangeRule::ToolAdded | ChangeRule::ToolRemoved) && rule.class() > ChangeClass::Patch
}

#[test]
fn every_compile_time_rule_has_its_compile_error() {
    let folder = fs::read_dir("ui/drift").unwrap().map(|entry| entry.unwrap().path());
    let errors: String = folder
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let wrong: Vec<ChangeRule> = ChangeRule::ALL
        .iter()
        .copied()
        .filter(|rule| is_compile_error(*rule) != errors.contains(&format!("[{rule}]")))
        .collect();
    assert!(wrong.is_empty(), "rules with a missing or unexpected compile error: {wrong:?}");
}
