//! Parser of a lock. The comparison of a parsed contract with the contract that was written into the lock finds no
//! change. Only the form may differ: tags and the fields of flattened structs become ordinary fields, and a schema that
//! is known only at run time becomes [`ToolOutput::FromLock`].

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::{
    FORMAT, Lock, LockError, LockedContract, RecordedDigests,
    schema::{LockedOutput, LockedProperty, OrderedMembers, TypeKeyword, leak, members},
};
use crate::{
    bounds::{Literal, LiteralValue, Object},
    constraints,
    json::{
        deprecated,
        optional::{KEYS, newest_lock_format},
        with_default,
    },
    model::{Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening},
    rules::ChangeRule,
};

/// Parses the text of a lock.
pub(super) fn lock(text: &str) -> Result<Lock, LockError> {
    if text.trim().is_empty() {
        return Ok(Lock::default());
    }
    let LockDocument(entries) = serde_json::from_str(text).map_err(|error| {
        // A newer format explains the error: this release may not know all of its members.
        LockError(newer_format(text).map_or_else(|| error.to_string(), unsupported))
    })?;
    let mut lock = Lock::default();
    for (name, versions) in entries {
        let mut before: Option<Version> = None;
        for entry in versions {
            let locked =
                entry.into_locked().map_err(|reason| LockError(format!("tool '{name}': {reason}")))?;
            let Contract { name: entry_name, version, .. } = locked.contract;
            if entry_name != name {
                return Err(LockError(format!("tool '{name}': the entry has the name '{entry_name}'")));
            }
            if before.is_some_and(|before| before.major >= version.major) {
                return Err(LockError(format!(
                    "tool '{name}': {version} is out of order or repeats a major: keep one version per major, oldest first"
                )));
            }
            before = Some(version);
            lock.tools.push(locked);
        }
    }
    lock.tools.sort_by_key(|tool| (tool.contract.name, tool.contract.version));
    Ok(lock)
}

/// Returns the format of the lock if it is newer than this release can read.
fn newer_format(text: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct FormatNumber {
        #[serde(rename = "$lock")]
        format: u32,
    }
    let FormatNumber { format } = serde_json::from_str(text).ok()?;
    (format > newest_lock_format(KEYS)).then_some(format)
}

/// Message for a lock whose format this release can't read.
fn unsupported(format: u32) -> String {
    match newest_lock_format(KEYS) {
        1 => format!("`{FORMAT}` is {format}, but this release can read only 1: update it"),
        newest => format!("`{FORMAT}` is {format}, but this release can read only 1 to {newest}: update it"),
    }
}

/// All tools of the file, each with its versions.
struct LockDocument(Vec<(String, Vec<LockEntry>)>);

impl<'de> Deserialize<'de> for LockDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FileVisitor)
    }
}

struct FileVisitor;

impl<'de> Visitor<'de> for FileVisitor {
    type Value = LockDocument;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tools")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<LockDocument, A::Error> {
        let mut tools: Vec<(String, Vec<LockEntry>)> = Vec::new();
        let mut format = None;
        while let Some(name) = members.next_key::<String>()? {
            if name == FORMAT {
                format = Some(members.next_value::<u32>()?);
            } else if tools.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!(
                    "the tool '{name}' is defined twice, as after a merge: keep one of the two"
                )));
            } else {
                tools.push((name, members.next_value()?));
            }
        }
        match format {
            Some(known) if (1..=newest_lock_format(KEYS)).contains(&known) => Ok(LockDocument(tools)),
            Some(other) => Err(A::Error::custom(unsupported(other))),
            None => Err(A::Error::custom(format!("`{FORMAT}` is missing: the file is incomplete"))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LockEntry {
    name: String,
    title: Option<String>,
    description: String,
    input_schema: LockedInput,
    output_schema: Option<Box<RawValue>>,
    annotations: LockedHints,
    #[serde(rename = "_meta")]
    meta: LockedMeta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LockedInput {
    #[serde(rename = "type")]
    _type: TypeKeyword,
    properties: OrderedMembers<LockedProperty>,
    required: Vec<String>,
    #[serde(rename = "additionalProperties")]
    _additional_properties: bool,
    // The members from here on are the constraints across the parameters, in the order of `constraints::KEYWORDS`.
    #[serde(rename = "$schema")]
    schema: Option<Value>,
    #[serde(rename = "$defs")]
    defs: Option<Value>,
    all_of: Option<Value>,
    any_of: Option<Value>,
    one_of: Option<Value>,
    not: Option<Value>,
    r#if: Option<Value>,
    then: Option<Value>,
    r#else: Option<Value>,
    #[serde(rename = "dependentRequired")]
    dependent: Option<Value>,
    dependent_schemas: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LockedHints {
    #[serde(rename = "title")]
    _title: Option<String>,
    read_only_hint: bool,
    destructive_hint: bool,
    idempotent_hint: bool,
    open_world_hint: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedMeta {
    #[serde(rename = "dev.mcp-tool/version")]
    version: String,
    #[serde(rename = "dev.mcp-tool/contract")]
    digest: String,
    #[serde(rename = "dev.mcp-tool/deprecation")]
    deprecation: Option<DeprecationInfo>,
    #[serde(rename = "dev.mcp-tool/rate")]
    rate: Option<RateInfo>,
    #[serde(rename = "dev.mcp-tool/gate")]
    gate: Option<GateInfo>,
    #[serde(rename = "dev.mcp-tool/task")]
    task: Option<String>,
    #[serde(rename = "dev.mcp-tool/upstreams", default)]
    upstreams: Vec<String>,
    #[serde(rename = "dev.mcp-tool/lock")]
    guards: LockedGuards,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DeprecationInfo {
    message: String,
    replacement: Option<String>,
    removal_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RateInfo {
    limit: u32,
    window_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateInfo {
    scope: String,
}

/// Parts of an entry that a listing doesn't show, mostly guards such as scopes: the value of `dev.mcp-tool/lock`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LockedGuards {
    /// Kind of the result, such as `text` or `page`.
    result: String,
    scopes: Vec<String>,
    defaults: BTreeMap<String, Box<RawValue>>,
    secrets: Vec<String>,
    timeout_ms: Option<u64>,
    concurrency: Option<u32>,
    #[serde(default)]
    weakens: Vec<LockedReason>,
    servers: Vec<String>,
    /// Digest of the whole entry without `sum`.
    sum: String,
}

/// Reason for a lowered guard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockedReason {
    rule: String,
    reason: String,
}

impl LockEntry {
    fn into_locked(self) -> Result<LockedContract, String> {
        let LockEntry { name, title, description, mut input_schema, output_schema, annotations, meta } = self;
        let LockedMeta { version, digest, deprecation, rate, gate, task, upstreams, guards } = meta;
        let version = self::version(&version).ok_or_else(|| format!("`{version}` isn't a version"))?;
        let deprecation = deprecation.map(|info| Deprecation {
            message: leak(info.message),
            replacement: info.replacement.map(leak),
            removal: info.removal_date.map(leak),
        });
        let rate = rate
            .map(|RateInfo { limit, window_ms }| {
                Rate::of_parts(limit, window_ms)
                    .ok_or_else(|| format!("{limit} calls per {window_ms} ms isn't a supported rate"))
            })
            .transpose()?;
        let task = task
            .map(|name| {
                let known = TaskSupport::ALL.into_iter().find(|known| known.name() == name);
                known.ok_or_else(|| format!("`{name}` isn't a supported value of `dev.mcp-tool/task`"))
            })
            .transpose()?;
        let constraints = take_constraints(&mut input_schema)?;
        // An entry's description ends with the deprecation notice.
        let suffix = deprecated(deprecation);
        let description = description.strip_suffix(&suffix).unwrap_or(&description).to_owned();
        let weakens = guards.weakens.into_iter().map(|LockedReason { rule, reason }| {
            let rule =
                ChangeRule::of_id(&rule).ok_or_else(|| format!("`weakens` has the unknown rule '{rule}'"))?;
            Ok(Weakening { rule, reason: leak(reason) })
        });
        let contract = Contract {
            name: leak(name),
            version,
            title: title.map(leak),
            description: leak(description),
            weakens: weakens.collect::<Result<Vec<_>, String>>()?.leak(),
            input: input(input_schema, &guards.defaults, &guards.secrets)?,
            constraints: constraints.map(leak),
            output: output(&guards.result, output_schema)?,
            scopes: guards.scopes.into_iter().map(leak).collect::<Vec<_>>().leak(),
            hints: Hints {
                read_only: annotations.read_only_hint,
                destructive: annotations.destructive_hint,
                idempotent: annotations.idempotent_hint,
                open_world: annotations.open_world_hint,
            },
            timeout_ms: guards.timeout_ms,
            concurrency: guards.concurrency,
            rate,
            gate: gate.map(|GateInfo { scope }| Gate::Scope(leak(scope))),
            task,
            upstreams: upstreams.into_iter().map(leak).collect::<Vec<_>>().leak(),
            deprecation,
        };
        let recorded = RecordedDigests { contract: digest, sum: guards.sum };
        Ok(LockedContract { contract, servers: guards.servers, recorded: Some(recorded) })
    }
}

fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    Some(Version { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

/// Removes the constraints from an input schema and returns them in RFC 8785 form.
fn take_constraints(schema: &mut LockedInput) -> Result<Option<String>, String> {
    let LockedInput {
        schema,
        defs,
        all_of,
        any_of,
        one_of,
        not,
        r#if,
        then,
        r#else,
        dependent,
        dependent_schemas,
        ..
    } = schema;
    let members =
        [schema, defs, all_of, any_of, one_of, not, r#if, then, r#else, dependent, dependent_schemas];
    let given = constraints::KEYWORDS.into_iter().zip(members.map(Option::take));
    let given: BTreeMap<&str, Value> = given.filter_map(|(keyword, value)| Some((keyword, value?))).collect();
    match given.is_empty() {
        true => Ok(None),
        false => constraints::canonical(&given).map(Some),
    }
}

/// Converts an input schema to parameters.
fn input(
    schema: LockedInput,
    defaults: &BTreeMap<String, Box<RawValue>>,
    secrets: &[String],
) -> Result<&'static [Param], String> {
    let mut params = Vec::new();
    for (name, mut property) in schema.properties.0 {
        let with_name = |reason: String| format!("parameter '{name}': {reason}");
        let default = defaults.get(&name).map(|raw| literal(raw)).transpose().map_err(with_name)?;
        let description = std::mem::take(&mut property.description);
        // In the schema, the description ends with the default.
        let description = match default {
            Some(default) => {
                description.strip_suffix(&with_default("", default)).unwrap_or(&description).to_owned()
            }
            None => description,
        };
        let required = schema.required.contains(&name);
        let header = property.header.take().map(leak);
        let mut schema = property.schema().map_err(with_name)?;
        schema.optional = !required && default.is_none();
        let secret = secrets.contains(&name);
        let (name, description) = (leak(name), leak(description));
        params.push(Param { name, description, schema, default, secret, header });
    }
    Ok(params.leak())
}

/// Parses a default and keeps its JSON text.
fn literal(raw: &RawValue) -> Result<Literal, String> {
    let json = raw.get();
    let value = match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).ok().map(|text: String| LiteralValue::Text(leak(text))),
        Some(b't' | b'f') => json.parse().ok().map(LiteralValue::Boolean),
        _ => match json.parse::<i128>() {
            Ok(whole) => Some(LiteralValue::Integer(whole)),
            Err(_) => json.parse().ok().map(LiteralValue::Number),
        },
    };
    let value = value.ok_or_else(|| format!("{json} isn't a valid default"))?;
    Ok(Literal { value, json: leak(json.to_owned()) })
}

/// Converts an output schema. `kind` is the member `result`, which names the kind of the result.
fn output(kind: &str, schema: Option<Box<RawValue>>) -> Result<ToolOutput, String> {
    let object = |schema: Box<RawValue>| -> Result<&'static Object, String> {
        let root: LockedOutput =
            serde_json::from_str(schema.get()).map_err(|error| format!("outputSchema: {error}"))?;
        members(root.properties, &root.required)
    };
    match (kind, schema) {
        ("nothing", None) => Ok(ToolOutput::Nothing),
        ("text", None) => Ok(ToolOutput::Text),
        ("content", None) => Ok(ToolOutput::Content),
        ("object", Some(schema)) => object(schema).map(ToolOutput::Object),
        ("page", Some(schema)) => object(schema).map(ToolOutput::Paged),
        ("dynamic", Some(schema)) => Ok(ToolOutput::FromLock(leak(schema.get().to_owned()))),
        (other, _) => Err(format!("`result` is '{other}', which contradicts its outputSchema")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::{Field, Format, Kind, Member};
    use crate::model::Window;
    use crate::pattern::Pattern;
    use crate::{judge, lock::Baseline};

    const DETAILS: Object = Object {
        members: &[
            Member::Tag("kind", "details"),
            Member::Flatten(&Object {
                members: &[Member::Field(Field {
                    required: false,
                    ..Field::new("note", "A note.", Kind::TEXT.schema().optional())
                })],
            }),
            Member::Field(Field::new(
                "rate",
                "",
                Kind::Number { minimum: Some(0.1), maximum: None }.schema().array(),
            )),
        ],
    };
    const TWENTY: Literal = Literal { value: LiteralValue::Integer(20), json: "20" };
    const CONTRACT: Contract = Contract {
        name: "remind",
        version: Version { major: 2, minor: 1 },
        title: Some("Remind"),
        description: "Sends a reminder.",
        input: &[
            Param::new("number", "Which.", Kind::TEXT.schema())
                .max_len(12)
                .pattern(Pattern::from_lock("^a"))
                .header("X-Number"),
            Param::new("day", "When.", Kind::Text(Format::Date.text()).schema().optional()),
            Param::new(
                "days",
                "How long.",
                Kind::Integer { minimum: i64::MIN as i128, maximum: u64::MAX as i128 }.schema(),
            )
            .default(TWENTY),
            Param::new("tags", "Which of them.", Kind::Enum(&["b", "a"]).schema().array())
                .min_items(1)
                .max_items(3)
                .secret(),
        ],
        // The parser doesn't check the names in constraints.
        constraints: Some(r#"{"anyOf":[{"required":["n"]}]}"#),
        output: ToolOutput::Object(&DETAILS),
        scopes: &["b", "a"],
        hints: Hints { read_only: false, destructive: true, idempotent: true, open_world: false },
        timeout_ms: Some(5_000),
        concurrency: Some(3),
        rate: Some(Rate { calls: 7, window: Window::Hour }),
        gate: Some(Gate::Scope("c")),
        task: Some(TaskSupport::Required),
        upstreams: &["mail", "billing"],
        deprecation: Some(Deprecation {
            message: "Old.",
            replacement: Some("send"),
            removal: Some("2027-01-31"),
        }),
        weakens: &[Weakening { rule: ChangeRule::ScopeRemoved, reason: "nobody used it" }],
    };

    /// Lock with `CONTRACT` of the server `mail`.
    fn locked() -> Lock {
        let mut lock = Lock::default();
        lock.put(CONTRACT, "mail");
        lock
    }

    #[test]
    fn written_lock_is_parsed_to_equal_contracts() {
        let text = locked().render().unwrap_or_default();
        let lock = Lock::parse(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        let [tool] = lock.tools() else { panic!("{lock:?}") };
        assert!(tool.is_intact().is_ok_and(|intact| intact));
        assert_eq!(tool.servers, ["mail"]);
        assert_eq!(tool.contract.weakens, CONTRACT.weakens);
        let found = judge::compare_at_run_time(&CONTRACT, &tool.contract);
        assert!(found.is_empty(), "{:?}", found.listed());
        assert_eq!(lock.render().unwrap_or_default(), text);
    }

    #[test]
    fn edited_entry_is_not_intact() {
        let text = locked().render().unwrap_or_default();
        for (from, to) in [
            ("Which.", "What."),
            ("\"limit\": 7", "\"limit\": 8"),
            ("\"maxItems\": 3", "\"maxItems\": 4"),
            ("2027-01-31", "2026-01-31"),
            ("X-Number", "x-number"),
        ] {
            let edited = Lock::parse(&text.replace(from, to)).unwrap_or_default();
            assert!(edited.tools().iter().all(|tool| tool.is_intact().is_ok_and(|intact| !intact)), "{from}");
            assert_eq!(edited.tools().len(), 1, "{from}");
        }
    }

    #[test]
    fn invalid_lock_is_refused_with_a_reason() {
        let text = locked().render().unwrap_or_default();
        let twice = text.replacen("\"$lock\"", "\"remind\": [],\n  \"$lock\"", 1);
        let cases = [
            ("{", "EOF while parsing an object at line 1 column 1"),
            ("[]", "invalid type: sequence, expected an object of tools at line 1 column 0"),
            ("{}", "`$lock` is missing: the file is incomplete at line 1 column 2"),
            ("{\"$lock\": 2}", "`$lock` is 2, but this release can read only 1: update it"),
            (&twice, "the tool 'remind' is defined twice, as after a merge: keep one of the two"),
            (&text.replace("\"minItems\"", "\"leastItems\""), "unknown field `leastItems`"),
            (
                &text.replace("\"enum\"", "\"x-mcp-header\": \"Tag\", \"enum\""),
                "tool 'remind': parameter 'tags': only a parameter can have `x-mcp-header`",
            ),
            (
                &text.replace("\"windowMs\": 3600000", "\"windowMs\": 7"),
                "tool 'remind': 7 calls per 7 ms isn't a supported rate",
            ),
            (
                &text.replace("scope-removed", "scope-lost"),
                "tool 'remind': `weakens` has the unknown rule 'scope-lost'",
            ),
        ];
        for (text, expected) in cases {
            let message = Lock::parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.starts_with(expected), "{message}");
        }
        // An empty file is an empty lock.
        assert!(Lock::parse(" \n").is_ok_and(|lock| lock.tools().is_empty()));
    }

    #[test]
    fn baseline_has_the_same_major_or_is_the_newest_version() {
        let mut lock = Lock::default();
        for (major, minor) in [(1, 4), (3, 2)] {
            lock.put(Contract { version: Version { major, minor }, ..CONTRACT }, "mail");
        }
        let baseline = |major, minor| match lock.baseline("remind", Version { major, minor }) {
            Baseline::None => "none".to_owned(),
            Baseline::Locked(locked) => format!("locked {}", locked.contract.version),
            Baseline::Newer(locked) => format!("newer {}", locked.contract.version),
        };
        assert_eq!(baseline(1, 4), "locked 1.4");
        assert_eq!(baseline(1, 5), "locked 1.4");
        assert_eq!(baseline(1, 3), "newer 1.4");
        assert_eq!(baseline(2, 0), "newer 3.2");
        assert_eq!(baseline(3, 1), "newer 3.2");
        assert_eq!(baseline(4, 0), "locked 3.2");
        assert!(matches!(lock.baseline("send", CONTRACT.version), Baseline::None));
    }
}
