//! Counts of the calls of deprecated tools, by tool version and caller.

use std::{collections::HashMap, sync::Mutex};

use mcp_tool_contract::{
    model::{Contract, Version},
    read::violation::escaped_excerpt,
};

use crate::{call::caller::Caller, sync::lock};

/// Maximum pairs of tool version and caller that are counted separately. For each tool version, the calls of all
/// further callers are counted together, under the caller name `others`.
const MAX_COUNTED_PAIRS: usize = 10_000;

/// Number of calls of each deprecated tool by each caller, since the server started.
#[derive(Debug, Default)]
pub struct DeprecatedUsage(Mutex<HashMap<UsageKey, u64>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct UsageKey {
    tool: &'static str,
    version: Version,
    /// User, issuer and agent, escaped and shortened. Callers that differ only in the tenant are counted together.
    caller: String,
}

impl DeprecatedUsage {
    /// Counts a call. Logs the 1st, 10th, 100th … call of each tool version by each caller.
    pub(crate) fn count(&self, contract: &'static Contract, caller: &Caller) {
        let (tool, version) = (contract.name(), contract.version());
        let mut counts = lock(&self.0);
        let mut key = UsageKey { tool, version, caller: escaped_excerpt(&caller.to_string()) };
        if counts.len() >= MAX_COUNTED_PAIRS && !counts.contains_key(&key) {
            key.caller = "others".into();
        }
        let caller = key.caller.clone();
        let calls = counts.entry(key).or_default();
        *calls += 1;
        let calls = *calls;
        drop(counts);
        if is_power_of_ten(calls) {
            let removal = contract.deprecation().and_then(|deprecation| deprecation.removal());
            tracing::warn!(tool, %version, caller, calls, removal, "a deprecated tool was called");
        }
    }

    /// Returns tool, version, caller and number of calls for each count, sorted in this order.
    pub fn counts(&self) -> Vec<(&'static str, Version, String, u64)> {
        let counts = lock(&self.0);
        let mut counts: Vec<_> = counts.iter().map(|(key, calls)| (key.clone(), *calls)).collect();
        counts.sort();
        counts.into_iter().map(|(key, calls)| (key.tool, key.version, key.caller, calls)).collect()
    }

    /// Writes all counts to the log. The command `serve` calls this when the server ends.
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
    fn only_powers_of_ten_are_logged() {
        let logged: Vec<u64> = (0..=10_000).filter(|number| is_power_of_ten(*number)).collect();
        assert_eq!(logged, [1, 10, 100, 1_000, 10_000]);
    }

    #[test]
    fn callers_beyond_the_maximum_are_counted_together() {
        const CONTRACT: Contract = Contract::EMPTY;
        let usage = DeprecatedUsage::default();
        for number in 0..MAX_COUNTED_PAIRS + 5 {
            usage.count(&CONTRACT, &Caller::new(format!("user {number}")));
        }
        let counts = usage.counts();
        assert_eq!(counts.len(), MAX_COUNTED_PAIRS + 1);
        assert!(counts.iter().any(|(_, _, caller, calls)| caller == "others" && *calls == 5));
    }
}
