//! Who still calls what will go: calls of deprecated tools, counted by caller.

use std::{collections::HashMap, sync::Mutex};

use mcp_tool_contract::{
    model::{Contract, Version},
    read::violation::shown,
};

use crate::{call::caller::Caller, sync::lock};

/// Callers that are told apart; those that come later are counted together.
const CALLERS: usize = 10_000;

/// The calls of deprecated tools since the server started.
#[derive(Debug, Default)]
pub struct Usage(Mutex<HashMap<Key, u64>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    tool: &'static str,
    version: Version,
    caller: String,
}

impl Usage {
    /// Counts a call, and says so in the log at the first, tenth, hundredth … of a caller.
    pub(crate) fn count(&self, contract: &'static Contract, caller: &Caller) {
        let Contract { name: tool, version, .. } = *contract;
        let mut counts = lock(&self.0);
        let mut key = Key { tool, version, caller: shown(&caller.to_string()) };
        if counts.len() >= CALLERS && !counts.contains_key(&key) {
            key.caller = "others".into();
        }
        let caller = key.caller.clone();
        let calls = counts.entry(key).or_default();
        *calls += 1;
        let calls = *calls;
        drop(counts);
        if is_power_of_ten(calls) {
            let removal = contract.deprecation.and_then(|deprecation| deprecation.removal);
            tracing::warn!(tool, %version, caller, calls, removal, "a deprecated tool is still called");
        }
    }

    /// The counts: tool, version, caller, calls.
    pub fn counts(&self) -> Vec<(&'static str, Version, String, u64)> {
        let counts = lock(&self.0);
        let mut counts: Vec<_> = counts.iter().map(|(key, calls)| (key.clone(), *calls)).collect();
        counts.sort();
        counts.into_iter().map(|(key, calls)| (key.tool, key.version, key.caller, calls)).collect()
    }

    /// Says all counts in the log.
    pub fn report(&self) {
        for (tool, version, caller, calls) in self.counts() {
            tracing::info!(tool, %version, caller, calls, "calls of a deprecated tool");
        }
    }
}

fn is_power_of_ten(mut number: u64) -> bool {
    while number >= 10 && number.is_multiple_of(10) {
        number /= 10;
    }
    number == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_each_power_of_ten() {
        let said: Vec<u64> = (0..=10_000).filter(|number| is_power_of_ten(*number)).collect();
        assert_eq!(said, [1, 10, 100, 1_000, 10_000]);
    }

    #[test]
    fn callers_beyond_the_most_are_counted_together() {
        const CONTRACT: Contract = Contract::EMPTY;
        let usage = Usage::default();
        for number in 0..CALLERS + 5 {
            usage.count(&CONTRACT, &Caller::new(format!("user {number}")));
        }
        let counts = usage.counts();
        assert_eq!(counts.len(), CALLERS + 1);
        assert!(counts.iter().any(|(_, _, caller, calls)| caller == "others" && *calls == 5));
    }
}
