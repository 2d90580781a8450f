//! The contract as JSON: the entry of `tools/list`, with its [`schema`]s, and the form without prose that a
//! contract's digest is taken over.

pub mod schema;

use serde::ser::{Serialize, SerializeMap, Serializer};

use self::schema::Prose;
use crate::{
    bounds::LiteralValue,
    digest::Digest,
    model::{Contract, Hints, Param},
};

/// The `_meta` key of a contract's version (SEP-1575's words, the project's prefix).
pub const META_VERSION: &str = "dev.mcp-tool/version";
/// The `_meta` key of a contract's digest.
pub const META_CONTRACT: &str = "dev.mcp-tool/contract";

impl Contract {
    /// The entry of `tools/list` (`Tool` of the protocol's schema).
    #[must_use]
    pub fn listing(&self, digest: &Digest) -> impl Serialize + use<> {
        Listing { contract: *self, digest: digest.to_string() }
    }

    /// The digest over the RFC 8785 form of all that binds: everything but prose.
    ///
    /// # Errors
    /// When a schema that is known only at run time can't be JSON.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        Digest::of_canonical(&Binding { contract: *self })
    }
}

/// What binds, for the digest.
struct Binding {
    contract: Contract,
}

impl Serialize for Binding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = &self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", contract.name)?;
        map.serialize_entry("version", &contract.version.to_string())?;
        map.serialize_entry("inputSchema", &contract.input_schema(Prose::Dropped))?;
        map.serialize_entry("outputSchema", &contract.output_schema(Prose::Dropped))?;
        map.serialize_entry("annotations", &Annotations { hints: contract.hints, title: None })?;
        map.serialize_entry("scopes", contract.scopes)?;
        map.serialize_entry("defaults", &Defaults(contract.input))?;
        map.serialize_entry("secrets", &Secrets(contract.input))?;
        map.serialize_entry("timeoutMs", &contract.timeout_ms)?;
        map.serialize_entry("concurrency", &contract.concurrency)?;
        map.end()
    }
}

/// What stands in for absent arguments. A schema says it in prose, since some clients refuse the keyword.
struct Defaults(&'static [Param]);

impl Serialize for Defaults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for param in self.0 {
            if let Some(default) = param.default {
                match default.value {
                    LiteralValue::Boolean(value) => map.serialize_entry(param.name, &value)?,
                    LiteralValue::Integer(value) => map.serialize_entry(param.name, &value)?,
                    LiteralValue::Number(value) => map.serialize_entry(param.name, &value)?,
                    LiteralValue::String(value) => map.serialize_entry(param.name, value)?,
                }
            }
        }
        map.end()
    }
}

struct Secrets(&'static [Param]);

impl Serialize for Secrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|param| param.secret).map(|param| param.name))
    }
}

struct Listing {
    contract: Contract,
    digest: String,
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = &self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", contract.name)?;
        if let Some(title) = contract.title {
            map.serialize_entry("title", title)?;
        }
        map.serialize_entry("description", contract.description)?;
        map.serialize_entry("inputSchema", &contract.input_schema(Prose::Kept))?;
        if let Some(schema) = contract.output_schema(Prose::Kept) {
            map.serialize_entry("outputSchema", &schema)?;
        }
        map.serialize_entry("annotations", &Annotations { hints: contract.hints, title: contract.title })?;
        map.serialize_entry("_meta", &Stamp { contract, digest: &self.digest })?;
        map.end()
    }
}

struct Stamp<'s> {
    contract: &'s Contract,
    digest: &'s str,
}

impl Serialize for Stamp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(META_VERSION, &self.contract.version.to_string())?;
        map.serialize_entry(META_CONTRACT, self.digest)?;
        map.end()
    }
}

struct Annotations {
    hints: Hints,
    title: Option<&'static str>,
}

impl Serialize for Annotations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Hints { read_only, destructive, idempotent, open_world } = self.hints;
        let mut map = serializer.serialize_map(None)?;
        if let Some(title) = self.title {
            map.serialize_entry("title", title)?;
        }
        map.serialize_entry("readOnlyHint", &read_only)?;
        map.serialize_entry("destructiveHint", &destructive)?;
        map.serialize_entry("idempotentHint", &idempotent)?;
        map.serialize_entry("openWorldHint", &open_world)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::{Kind, Literal};

    const DAYS: Param =
        Param::new("days", "Days to pay.", Kind::Integer { minimum: 0, maximum: 90 }.schema());
    const THIRTY: Literal = Literal { value: LiteralValue::Integer(30), json: "30" };
    const SIXTY: Literal = Literal { value: LiteralValue::Integer(60), json: "60" };

    fn digest(input: &'static [Param]) -> Option<Digest> {
        Contract { name: "remind", input, ..Contract::EMPTY }.digest().ok()
    }

    #[test]
    fn all_that_binds_is_digested_and_prose_is_not() {
        let days = digest(const { &[DAYS] });
        assert!(days.is_some());
        assert_eq!(days, digest(const { &[Param { description: "Until it is due.", ..DAYS }] }));
        let thirty = digest(const { &[DAYS.default(THIRTY)] });
        assert_ne!(days, thirty);
        assert_ne!(thirty, digest(const { &[DAYS.default(SIXTY)] }));
        assert_ne!(days, digest(const { &[DAYS.max(SIXTY)] }));
        assert_ne!(days, digest(const { &[DAYS.secret()] }));
    }
}
