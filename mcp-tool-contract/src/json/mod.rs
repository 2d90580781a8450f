//! Contracts as JSON: entries of `tools/list` with their [`schema`]s, and the JSON from which digests are computed.

pub(crate) mod optional;
pub mod schema;

use serde::{
    Serialize,
    ser::{Error as _, SerializeMap, Serializer},
};

use self::{
    optional::{KEYS, OptionalKey},
    schema::Prose,
};
use crate::{
    bounds::{Literal, LiteralValue},
    digest::Digest,
    model::{Contract, Deprecation, Gate, Hints, Param, Rate, Window},
};

/// The `_meta` key of a contract's version (named as in SEP-1575, with the project's prefix).
pub const META_VERSION: &str = "dev.mcp-tool/version";
/// The `_meta` key of a contract's digest.
pub const META_CONTRACT: &str = "dev.mcp-tool/contract";
/// The `_meta` key of a call's version requirement: `^1.2`, or the digest of a contract.
pub const META_REQUIRES: &str = "dev.mcp-tool/requires";
/// The key of the served versions in the `data` of the error for a version requirement that none of them satisfies.
pub const META_VERSIONS: &str = "dev.mcp-tool/versions";
/// The `_meta` key of a contract's deprecation.
pub const META_DEPRECATION: &str = "dev.mcp-tool/deprecation";
/// The `_meta` key of a tool's rate: the maximum calls of one caller per window of time.
pub const META_RATE: &str = "dev.mcp-tool/rate";
/// The `_meta` key of a destructive tool's gate, the scope that a caller needs in addition to the tool's scopes.
pub const META_GATE: &str = "dev.mcp-tool/gate";
/// The `_meta` key of a tool's task support.
pub const META_TASK: &str = "dev.mcp-tool/task";
/// The `_meta` key of a tool's upstreams, the services that it calls.
pub const META_UPSTREAMS: &str = "dev.mcp-tool/upstreams";
/// The `_meta` key of the scopes that a client requests (SEP-1488). The proposal makes the scopes a member of the
/// entry, but rmcp's `Tool` has no field for this member, so [`Contract::listing`] writes only `_meta`. The crate
/// `mcp-tool-core` copies them from there into the entry. Hosts read both.
pub const META_SECURITY: &str = "securitySchemes";

impl Contract {
    /// Returns the entry of `tools/list` (MCP `Tool`).
    #[must_use]
    pub fn listing(&self, digest: &Digest) -> impl Serialize + use<> {
        self.listing_as(self.name, digest)
    }

    /// Returns the entry of `tools/list` with another name, such as `list_invoices_v1` for an older version.
    #[must_use]
    pub fn listing_as(&self, name: &str, digest: &Digest) -> impl Serialize + use<> {
        ToolListing::<()>::new(self, name, digest)
    }

    /// Digests the RFC 8785 form (canonical JSON) of the contract without title, descriptions, deprecation notice and
    /// reasons for lowered guards (`weakens`).
    ///
    /// # Errors
    /// A schema that is known only at run time can't be serialized as JSON.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        self.digest_of(KEYS)
    }

    /// Computes [`digest`](Self::digest) with these optional keys, which are digested only if the contract has them.
    /// Only tests pass keys other than [`KEYS`].
    fn digest_of(&self, keys: &[OptionalKey]) -> Result<Digest, serde_json::Error> {
        Digest::of_canonical(&DigestedContract { contract: *self, keys })
    }
}

/// Digested part of a contract; see [`Contract::digest`].
struct DigestedContract<'k> {
    contract: Contract,
    keys: &'k [OptionalKey],
}

impl Serialize for DigestedContract<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = &self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", contract.name)?;
        map.serialize_entry("version", &contract.version.to_string())?;
        map.serialize_entry("inputSchema", &contract.input_schema(Prose::Dropped))?;
        map.serialize_entry("outputSchema", &contract.output_schema(Prose::Dropped))?;
        map.serialize_entry("annotations", &HintAnnotations { hints: contract.hints, title: None })?;
        map.serialize_entry("scopes", contract.scopes)?;
        map.serialize_entry("defaults", &DefaultValues(contract.input))?;
        map.serialize_entry("secrets", &SecretNames(contract.input))?;
        map.serialize_entry("timeoutMs", &contract.timeout_ms)?;
        map.serialize_entry("concurrency", &contract.concurrency)?;
        for key in self.keys {
            if let Some(value) = (key.value)(contract).map_err(S::Error::custom)? {
                map.serialize_entry(key.name, &value)?;
            }
        }
        map.end()
    }
}

/// Default values of the parameters. In the schema only the descriptions contain them, because some clients refuse the
/// keyword `default`. The digested schema has no descriptions, so the values are digested separately.
struct DefaultValues(&'static [Param]);

impl Serialize for DefaultValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for param in self.0 {
            if let Some(default) = param.default {
                match default.value {
                    LiteralValue::Boolean(value) => map.serialize_entry(param.name, &value)?,
                    LiteralValue::Integer(value) => map.serialize_entry(param.name, &value)?,
                    LiteralValue::Number(value) => map.serialize_entry(param.name, &value)?,
                    LiteralValue::Text(value) => map.serialize_entry(param.name, value)?,
                }
            }
        }
        map.end()
    }
}

/// Names of the secret parameters.
pub(crate) struct SecretNames(pub(crate) &'static [Param]);

impl Serialize for SecretNames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|param| param.secret).map(|param| param.name))
    }
}

/// Returns a parameter's description with the default at its end.
pub(crate) fn with_default(description: &str, default: Literal) -> String {
    format!("{description} Default: {}.", default.json)
}

/// Returns the deprecation notice that is appended to a tool's description; empty if the tool isn't deprecated.
#[must_use]
pub fn deprecated(deprecation: Option<Deprecation>) -> String {
    let Some(Deprecation { message, replacement, removal }) = deprecation else { return String::new() };
    let mut words = format!(" Deprecated: {message}");
    if !message.ends_with(['.', '!', '?']) {
        words.push('.');
    }
    if let Some(replacement) = replacement {
        words.push_str(&format!(" Use '{replacement}' instead."));
    }
    if let Some(removal) = removal {
        words.push_str(&format!(" It will be removed after {removal}."));
    }
    words
}

/// Serializes the value of [`META_DEPRECATION`] (SEP-2053 `deprecationInfo`).
impl Serialize for Deprecation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Deprecation { message, replacement, removal } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", message)?;
        if let Some(replacement) = replacement {
            map.serialize_entry("replacement", replacement)?;
        }
        if let Some(removal) = removal {
            map.serialize_entry("removalDate", removal)?;
        }
        map.end()
    }
}

/// Serializes the value of [`META_RATE`], with the same keys as a rate-limit error.
impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("limit", &self.calls)?;
        map.serialize_entry("windowMs", &self.window.milliseconds())?;
        map.end()
    }
}

impl Rate {
    /// Restores a rate from the value of [`META_RATE`] in a lock; `None` if no rate has this value.
    pub(crate) fn of_parts(limit: u32, window_ms: u64) -> Option<Self> {
        let window = Window::ALL.into_iter().find(|window| window.milliseconds() == window_ms)?;
        (1..=Rate::MAX_CALLS).contains(&limit).then_some(Rate { calls: limit, window })
    }
}

/// Serializes the value of [`META_GATE`].
impl Serialize for Gate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Gate::Scope(scope) => map.serialize_entry("scope", scope)?,
        }
        map.end()
    }
}

/// Scopes that clients request: `[{"type": "oauth2", "scopes": […]}]` (SEP-1488).
struct SecuritySchemes(Contract);

impl Serialize for SecuritySchemes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scopes = self.0.required_scopes().collect::<Vec<_>>();
        [SecurityScheme { kind: "oauth2", scopes }].serialize(serializer)
    }
}

#[derive(Serialize)]
struct SecurityScheme {
    #[serde(rename = "type")]
    kind: &'static str,
    scopes: Vec<&'static str>,
}

/// Entry of `tools/list` or of a lock. In a lock, `more` is the member of `_meta` with the parts that a listing doesn't
/// show. It includes the scopes, so it replaces [`META_SECURITY`].
pub(crate) struct ToolListing<M> {
    contract: Contract,
    name: String,
    digest: String,
    more: Option<(&'static str, M)>,
}

impl<M: Serialize> ToolListing<M> {
    pub(crate) fn new(contract: &Contract, name: &str, digest: &Digest) -> Self {
        ToolListing { contract: *contract, name: name.to_owned(), digest: digest.to_string(), more: None }
    }
}

impl ToolListing<()> {
    /// Sets `more`, which makes this the entry of a lock.
    pub(crate) fn with<M: Serialize>(self, key: &'static str, value: M) -> ToolListing<M> {
        let ToolListing { contract, name, digest, more: _ } = self;
        ToolListing { contract, name, digest, more: Some((key, value)) }
    }
}

impl<M: Serialize> Serialize for ToolListing<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let contract = &self.contract;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        if let Some(title) = contract.title {
            map.serialize_entry("title", title)?;
        }
        let description = format!("{}{}", contract.description, deprecated(contract.deprecation));
        map.serialize_entry("description", &description)?;
        map.serialize_entry("inputSchema", &contract.input_schema(Prose::Kept))?;
        if let Some(schema) = contract.output_schema(Prose::Kept) {
            map.serialize_entry("outputSchema", &schema)?;
        }
        map.serialize_entry(
            "annotations",
            &HintAnnotations { hints: contract.hints, title: contract.title },
        )?;
        map.serialize_entry("_meta", &ListingMeta(self))?;
        map.end()
    }
}

struct ListingMeta<'s, M>(&'s ToolListing<M>);

impl<M: Serialize> Serialize for ListingMeta<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ToolListing { contract, digest, more, name: _ } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(META_VERSION, &contract.version.to_string())?;
        map.serialize_entry(META_CONTRACT, digest)?;
        if let Some(deprecation) = &contract.deprecation {
            map.serialize_entry(META_DEPRECATION, deprecation)?;
        }
        for key in KEYS {
            if let Some(value) = (key.value)(contract).map_err(S::Error::custom)? {
                map.serialize_entry(key.meta, &value)?;
            }
        }
        match more {
            // In a lock, `more` already contains the scopes.
            Some((key, value)) => map.serialize_entry(key, value)?,
            None if contract.required_scopes().next().is_some() => {
                map.serialize_entry(META_SECURITY, &SecuritySchemes(*contract))?;
            }
            None => {}
        }
        map.end()
    }
}

struct HintAnnotations {
    hints: Hints,
    title: Option<&'static str>,
}

impl Serialize for HintAnnotations {
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
    use crate::bounds::Kind;

    const DAYS: Param =
        Param::new("days", "Days to pay.", Kind::Integer { minimum: 0, maximum: 90 }.schema());
    const THIRTY: Literal = Literal { value: LiteralValue::Integer(30), json: "30" };
    const SIXTY: Literal = Literal { value: LiteralValue::Integer(60), json: "60" };

    fn digest(input: &'static [Param]) -> Option<Digest> {
        Contract { name: "remind", input, ..Contract::EMPTY }.digest().ok()
    }

    #[test]
    fn entry_and_digest_contain_rate_gate_upstreams_and_scopes() {
        let rate = Some(Rate { calls: 10, window: Window::Minute });
        let gate = Some(Gate::Scope("mail:purge"));
        let bare = Contract { name: "remind", scopes: &["mail:send"], ..Contract::EMPTY };
        let guarded = Contract { rate, gate, upstreams: &["billing"], ..bare };
        // The `_meta` of the entry, without the members that every entry has.
        let meta = |contract: &Contract| {
            let digest = Digest::of_bytes(b"");
            let mut entry = serde_json::to_value(contract.listing(&digest)).unwrap_or_default();
            let mut meta = entry["_meta"].take();
            for always in [META_VERSION, META_CONTRACT] {
                meta.as_object_mut().map(|meta| meta.remove(always));
            }
            meta
        };
        assert_eq!(meta(&Contract { name: "remind", ..Contract::EMPTY }), serde_json::json!({}));
        let oauth = |scopes: &[&str]| serde_json::json!([{ "type": "oauth2", "scopes": scopes }]);
        assert_eq!(meta(&bare), serde_json::json!({ "securitySchemes": oauth(&["mail:send"]) }));
        assert_eq!(
            meta(&guarded),
            serde_json::json!({
                "dev.mcp-tool/rate": { "limit": 10, "windowMs": 60_000 },
                "dev.mcp-tool/gate": { "scope": "mail:purge" },
                "dev.mcp-tool/upstreams": ["billing"],
                "securitySchemes": oauth(&["mail:send", "mail:purge"]),
            })
        );
        let digests = [&bare, &Contract { rate, ..bare }, &Contract { gate, ..bare }, &guarded]
            .map(|contract| contract.digest().map(|digest| digest.to_string()).unwrap_or_default());
        // All digests differ.
        assert!(digests.iter().enumerate().all(|(i, digest)| !digests[..i].contains(digest)));
    }

    #[test]
    fn new_optional_key_changes_only_digests_of_contracts_that_have_the_key() {
        // Represents a key of a future release. Every contract with a title has this key.
        const LATER: OptionalKey = OptionalKey {
            name: "later",
            meta: "dev.mcp-tool/later",
            lock_format: 2,
            value: |contract| Ok(contract.title.map(serde_json::Value::from)),
        };
        let keys = [KEYS, &[LATER]].concat();
        let rate = Some(Rate { calls: 10, window: Window::Minute });
        for without in [Contract::EMPTY, Contract { rate, scopes: &["mail:send"], ..Contract::EMPTY }] {
            let with = Contract { title: Some("Remind"), ..without };
            let digests = |contract: &Contract| (contract.digest().ok(), contract.digest_of(&keys).ok());
            let (before, after) = digests(&without);
            assert!(before.is_some());
            assert_eq!(before, after);
            let (before, after) = digests(&with);
            assert!(after.is_some());
            assert_ne!(before, after);
        }
    }

    #[test]
    fn digest_covers_parameters_except_their_descriptions() {
        let days = digest(const { &[DAYS] });
        assert!(days.is_some());
        assert_eq!(days, digest(const { &[Param { description: "Until it is due.", ..DAYS }] }));
        let thirty = digest(const { &[DAYS.default(THIRTY)] });
        assert_ne!(days, thirty);
        assert_ne!(thirty, digest(const { &[DAYS.default(SIXTY)] }));
        assert_ne!(days, digest(const { &[DAYS.max(SIXTY)] }));
        assert_ne!(days, digest(const { &[DAYS.secret()] }));
        let mirrored = digest(const { &[DAYS.header("Days")] });
        assert_ne!(days, mirrored);
        // Header names are case-insensitive.
        assert_eq!(mirrored, digest(const { &[DAYS.header("DAYS")] }));
        assert_ne!(mirrored, digest(const { &[DAYS.header("Term")] }));
    }
}
