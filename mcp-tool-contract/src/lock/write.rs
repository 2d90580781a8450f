//! A lock as text.

use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::{Value, value::RawValue};

use super::{FORMAT, Lock, Locked, META_LOCK};
use crate::{
    digest::Digest,
    json::{Listing, Secrets},
    model::{Contract, Output, Param, Weakening},
};

pub(super) fn lock(lock: &Lock) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&File(lock))?;
    text.push('\n');
    Ok(text)
}

struct File<'l>(&'l Lock);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for versions in self.0.tools.chunk_by(|left, right| left.contract.name == right.contract.name) {
            if let [first, ..] = versions {
                let mut entries = Vec::new();
                for version in versions {
                    let sum = sum(version).map_err(S::Error::custom)?;
                    entries.push(Entry { locked: version, sum: Some(sum) });
                }
                map.serialize_entry(first.contract.name, &entries)?;
            }
        }
        map.serialize_entry(FORMAT, &1)?;
        map.end()
    }
}

/// The digest of a whole entry, its words among them, by which an edit is seen.
pub(super) fn sum(locked: &Locked) -> Result<Digest, serde_json::Error> {
    Digest::of_canonical(&serde_json::to_value(Entry { locked, sum: None })?)
}

struct Entry<'l> {
    locked: &'l Locked,
    sum: Option<Digest>,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Locked { contract, servers, claimed: _ } = self.locked;
        let digest = contract.digest().map_err(S::Error::custom)?;
        let guards = Guards { contract, servers, sum: self.sum };
        Listing::new(contract, contract.name, &digest).with(META_LOCK, &guards).serialize(serializer)
    }
}

/// What a listing doesn't show.
struct Guards<'l> {
    contract: &'l Contract,
    servers: &'l [String],
    sum: Option<Digest>,
}

impl Serialize for Guards<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("result", kind(&contract.output))?;
        map.serialize_entry("scopes", contract.scopes)?;
        map.serialize_entry("defaults", &Spelled(contract.input))?;
        map.serialize_entry("secrets", &Secrets(contract.input))?;
        if let Some(timeout) = contract.timeout_ms {
            map.serialize_entry("timeoutMs", &timeout)?;
        }
        if let Some(concurrency) = contract.concurrency {
            map.serialize_entry("concurrency", &concurrency)?;
        }
        if !contract.weakens.is_empty() {
            map.serialize_entry("weakens", &contract.weakens.iter().map(Reason).collect::<Vec<_>>())?;
        }
        map.serialize_entry("servers", self.servers)?;
        if let Some(sum) = self.sum {
            map.serialize_entry("sum", &Value::from(sum.to_string()))?;
        }
        map.end()
    }
}

/// Defaults as they were written, which their descriptions quote.
struct Spelled(&'static [Param]);

impl Serialize for Spelled {
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

struct Reason<'l>(&'l Weakening);

impl Serialize for Reason<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("rule", self.0.rule.id())?;
        map.serialize_entry("reason", self.0.reason)?;
        map.end()
    }
}

/// What tells two results without a schema apart, and one that is known only at run time.
pub(super) const fn kind(output: &Output) -> &'static str {
    match output {
        Output::Nothing => "nothing",
        Output::Text => "text",
        Output::Content => "content",
        Output::Object(_) => "object",
        Output::Page(_) => "page",
        Output::Dynamic(_) | Output::Remembered(_) => "dynamic",
    }
}
