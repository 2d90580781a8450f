//! Optional keys of a contract: digests, listings and locks contain them only if the contract has them.
//!
//! Add a new key of contracts here, with the next lock format (the number `$lock` in the lock), and to the parser in
//! `lock/read.rs`. Contracts without the key then keep their digests, and locks without the key keep their format, so
//! that an older release can still read these locks.

use serde_json::Value;

use super::{META_GATE, META_RATE, META_TASK, META_UPSTREAMS};
use crate::model::{Contract, TaskSupport};

/// A key that is digested, listed and locked only if the contract has it.
#[derive(Clone, Copy)]
pub(crate) struct OptionalKey {
    /// Name in the JSON from which the digest is computed.
    pub(crate) name: &'static str,
    /// Name in `_meta`.
    pub(crate) meta: &'static str,
    /// First lock format that has the key.
    pub(crate) lock_format: u32,
    /// Returns the key's value; `None` if the contract doesn't have the key.
    pub(crate) value: fn(&Contract) -> serde_json::Result<Option<Value>>,
}

/// All optional keys, in the order in which they are written into `_meta`.
pub(crate) const KEYS: &[OptionalKey] = &[
    OptionalKey {
        name: "rate",
        meta: META_RATE,
        lock_format: 1,
        value: |contract| contract.rate.map(serde_json::to_value).transpose(),
    },
    OptionalKey {
        name: "gate",
        meta: META_GATE,
        lock_format: 1,
        value: |contract| contract.gate.map(serde_json::to_value).transpose(),
    },
    OptionalKey {
        name: "task",
        meta: META_TASK,
        lock_format: 1,
        value: |contract| Ok(contract.task.map(TaskSupport::name).map(Value::from)),
    },
    OptionalKey {
        name: "upstreams",
        meta: META_UPSTREAMS,
        lock_format: 1,
        value: |contract| Ok((!contract.upstreams.is_empty()).then(|| contract.upstreams.into())),
    },
];

/// Returns the least lock format that can represent all of these contracts.
pub(crate) fn lock_format<'c>(
    contracts: impl Iterator<Item = &'c Contract>,
    keys: &[OptionalKey],
) -> serde_json::Result<u32> {
    let mut format = 1;
    for contract in contracts {
        for key in keys {
            if key.lock_format > format && (key.value)(contract)?.is_some() {
                format = key.lock_format;
            }
        }
    }
    Ok(format)
}

/// Returns the newest lock format that any of these keys needs. With [`KEYS`], it is the newest that this release
/// reads.
pub(crate) fn newest_lock_format(keys: &[OptionalKey]) -> u32 {
    keys.iter().map(|key| key.lock_format).max().unwrap_or(1)
}
