//! Serializer of a lock.

use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::{Value, value::RawValue};

use super::{FORMAT, Lock, LockedContract, META_LOCK};
use crate::{
    digest::Digest,
    json::{Listing, SecretNames},
    model::{Contract, Param, ToolOutput, Weakening},
};

pub(super) fn lock(lock: &Lock) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&LockFileText(lock))?;
    text.push('\n');
    Ok(text)
}

struct LockFileText<'l>(&'l Lock);

impl Serialize for LockFileText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for versions in self.0.tools.chunk_by(|left, right| left.contract.name == right.contract.name) {
            if let [first, ..] = versions {
                let mut entries = Vec::new();
                for version in versions {
                    let sum = sum(version).map_err(S::Error::custom)?;
                    entries.push(EntryText { locked: version, sum: Some(sum) });
                }
                map.serialize_entry(first.contract.name, &entries)?;
            }
        }
        map.serialize_entry(FORMAT, &1)?;
        map.end()
    }
}

/// Digests a whole entry, including prose, to detect edits.
pub(super) fn sum(locked: &LockedContract) -> Result<Digest, serde_json::Error> {
    Digest::of_canonical(&serde_json::to_value(EntryText { locked, sum: None })?)
}

struct EntryText<'l> {
    locked: &'l LockedContract,
    sum: Option<Digest>,
}

impl Serialize for EntryText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LockedContract { contract, servers, recorded: _ } = self.locked;
        let digest = contract.digest().map_err(S::Error::custom)?;
        let guards = GuardsText { contract, servers, sum: self.sum };
        Listing::new(contract, contract.name, &digest).with(META_LOCK, &guards).serialize(serializer)
    }
}

/// The parts of an entry that a listing doesn't show.
struct GuardsText<'l> {
    contract: &'l Contract,
    servers: &'l [String],
    sum: Option<Digest>,
}

impl Serialize for GuardsText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("result", kind(&contract.output))?;
        map.serialize_entry("scopes", contract.scopes)?;
        map.serialize_entry("defaults", &DefaultsText(contract.input))?;
        map.serialize_entry("secrets", &SecretNames(contract.input))?;
        if let Some(timeout) = contract.timeout_ms {
            map.serialize_entry("timeoutMs", &timeout)?;
        }
        if let Some(concurrency) = contract.concurrency {
            map.serialize_entry("concurrency", &concurrency)?;
        }
        if !contract.weakens.is_empty() {
            map.serialize_entry("weakens", &contract.weakens.iter().map(ReasonText).collect::<Vec<_>>())?;
        }
        map.serialize_entry("servers", self.servers)?;
        if let Some(sum) = self.sum {
            map.serialize_entry("sum", &Value::from(sum.to_string()))?;
        }
        map.end()
    }
}

/// Defaults in their declared spelling, which the descriptions quote.
struct DefaultsText(&'static [Param]);

impl Serialize for DefaultsText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for param in self.0 {
            if let Some(default) = param.default {
                let json = RawValue::from_string(default.json.to_owned()).map_err(S::Error::custom)?;
                map.serialize_entry(param.name, &json)?;
            }
        }
        map.end()
    }
}

struct ReasonText<'l>(&'l Weakening);

impl Serialize for ReasonText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("rule", self.0.rule.id())?;
        map.serialize_entry("reason", self.0.reason)?;
        map.end()
    }
}

/// Name of the kind of result. The schema alone doesn't distinguish all of them.
pub(super) const fn kind(output: &ToolOutput) -> &'static str {
    match output {
        ToolOutput::Nothing => "nothing",
        ToolOutput::Text => "text",
        ToolOutput::Content => "content",
        ToolOutput::Object(_) => "object",
        ToolOutput::Page(_) => "page",
        ToolOutput::Dynamic(_) | ToolOutput::FromLock(_) => "dynamic",
    }
}
