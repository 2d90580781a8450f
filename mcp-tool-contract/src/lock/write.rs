//! Renderer of a lock's text.

use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::{Value, value::RawValue};

use super::{FORMAT, Lock, LockedContract, META_LOCK};
use crate::{
    digest::Digest,
    json::{
        SecretNames, ToolListing,
        optional::{OptionalKey, lock_format},
    },
    model::{Contract, Param, ToolOutput, Weakening},
};

/// Renders a lock. Only tests pass keys other than [`KEYS`](crate::json::optional::KEYS).
pub(super) fn lock(lock: &Lock, keys: &[OptionalKey]) -> Result<String, serde_json::Error> {
    let format = lock_format(lock.tools.iter().map(|tool| &tool.contract), keys)?;
    let mut text = serde_json::to_string_pretty(&LockFileText { lock, format })?;
    text.push('\n');
    Ok(text)
}

struct LockFileText<'l> {
    lock: &'l Lock,
    format: u32,
}

impl Serialize for LockFileText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for versions in self.lock.tools.chunk_by(|left, right| left.contract.name == right.contract.name) {
            if let [first, ..] = versions {
                let mut entries = Vec::new();
                for version in versions {
                    let sum = sum(version).map_err(S::Error::custom)?;
                    entries.push(EntryText { locked: version, sum: Some(sum) });
                }
                map.serialize_entry(first.contract.name, &entries)?;
            }
        }
        map.serialize_entry(FORMAT, &self.format)?;
        map.end()
    }
}

/// Digests a whole entry, including title and descriptions, so that any edit is detected.
pub(super) fn sum(locked: &LockedContract) -> Result<Digest, serde_json::Error> {
    Digest::of_canonical(&serde_json::to_value(EntryText { locked, sum: None })?)
}

/// Entry of one version. `sum` is `None` while the sum is computed.
struct EntryText<'l> {
    locked: &'l LockedContract,
    sum: Option<Digest>,
}

impl Serialize for EntryText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LockedContract { contract, servers, recorded: _ } = self.locked;
        let digest = contract.digest().map_err(S::Error::custom)?;
        let guards = GuardsText { contract, servers, sum: self.sum };
        ToolListing::new(contract, contract.name, &digest).with(META_LOCK, &guards).serialize(serializer)
    }
}

/// The parts of an entry that a listing doesn't show: the value of [`META_LOCK`].
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

/// Defaults, each with the JSON text of its declaration. The parser uses this text to find and remove the default from
/// the end of the parameter's description.
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

/// Reason for a lowered guard.
struct ReasonText<'l>(&'l Weakening);

impl Serialize for ReasonText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("rule", self.0.rule.id())?;
        map.serialize_entry("reason", self.0.reason)?;
        map.end()
    }
}

/// Name of the result's kind. A lock stores it, because the output schema alone doesn't distinguish all kinds.
pub(super) const fn kind(output: &ToolOutput) -> &'static str {
    match output {
        ToolOutput::Nothing => "nothing",
        ToolOutput::Text => "text",
        ToolOutput::Content => "content",
        ToolOutput::Object(_) => "object",
        ToolOutput::Paged(_) => "page",
        ToolOutput::Dynamic(_) | ToolOutput::FromLock(_) => "dynamic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::optional::KEYS;

    #[test]
    fn format_number_increases_only_if_a_contract_has_a_key_of_a_later_format() {
        // Represents a key of a future release. Every contract with a title has this key.
        const LATER: OptionalKey = OptionalKey {
            name: "later",
            meta: "dev.mcp-tool/later",
            lock_format: 2,
            value: |contract| Ok(contract.title.map(Value::from)),
        };
        let keys = [KEYS, &[LATER]].concat();
        let mut locked = Lock::default();
        locked.put(Contract { name: "remind", upstreams: &["mail"], ..Contract::EMPTY }, "mail");
        let before = lock(&locked, KEYS).unwrap_or_default();
        assert!(before.ends_with("\n  \"$lock\": 1\n}\n"), "{before}");
        assert_eq!(lock(&locked, &keys).unwrap_or_default(), before);

        locked.put(Contract { name: "send", title: Some("Send"), ..Contract::EMPTY }, "mail");
        let after = lock(&locked, &keys).unwrap_or_default();
        assert!(after.ends_with("\n  \"$lock\": 2\n}\n"), "{after}");
        // A release that doesn't know the key must report the format number, not the unknown member.
        let unknown =
            after.replacen("\"_meta\": {", "\"_meta\": {\n        \"dev.mcp-tool/later\": \"Send\",", 1);
        for text in [after, unknown] {
            let error = Lock::parse(&text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                error.starts_with("`$lock` is 2, but this release can read only 1: update it"),
                "{error}"
            );
        }
    }
}
