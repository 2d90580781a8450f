//! Capabilities that a client declares (`ClientCapabilities`), as far as questions and tasks need them.

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// One capability of a client that the server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// `elicitation.form`
    Form,
    /// `elicitation.url`
    Url,
    /// `sampling`
    Sampling,
    /// `roots`
    Roots,
    /// The extension [`TASKS`].
    Tasks,
}

/// Name of the extension for calls that continue as tasks (SEP-2663).
pub const TASKS: &str = "io.modelcontextprotocol/tasks";

impl Capability {
    const ALL: [Capability; 5] =
        [Capability::Form, Capability::Url, Capability::Sampling, Capability::Roots, Capability::Tasks];

    /// Returns the name of the capability in errors.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Capability::Form => "elicitation.form",
            Capability::Url => "elicitation.url",
            Capability::Sampling => "sampling",
            Capability::Roots => "roots",
            Capability::Tasks => TASKS,
        }
    }

    /// Returns the capability with this [`name`](Self::name).
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Capability::ALL.into_iter().find(|capability| capability.name() == name)
    }

    /// Returns `ClientCapabilities` that declare only this capability, for the error that tells a
    /// client which capability it lacks.
    pub(crate) fn declared(self) -> Value {
        match self {
            Capability::Form => json!({ "elicitation": { "form": {} } }),
            Capability::Url => json!({ "elicitation": { "url": {} } }),
            Capability::Sampling => json!({ "sampling": {} }),
            Capability::Roots => json!({ "roots": {} }),
            Capability::Tasks => json!({ "extensions": { TASKS: {} } }),
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The members of `ClientCapabilities` that are read. Other members cost no memory, regardless of their size.
#[derive(Default, Deserialize)]
struct Declared<'m> {
    #[serde(borrow, default)]
    elicitation: Option<&'m RawValue>,
    #[serde(borrow, default)]
    sampling: Option<&'m RawValue>,
    #[serde(borrow, default)]
    roots: Option<&'m RawValue>,
    #[serde(borrow, default)]
    extensions: Option<&'m RawValue>,
}

/// The members of `elicitation` that are read.
#[derive(Clone, Copy, Deserialize)]
struct Modes<'m> {
    #[serde(borrow, default)]
    form: Option<&'m RawValue>,
    #[serde(borrow, default)]
    url: Option<&'m RawValue>,
}

/// The member of `extensions` that is read.
#[derive(Deserialize)]
struct Extensions<'m> {
    #[serde(borrow, default, rename = "io.modelcontextprotocol/tasks")]
    tasks: Option<&'m RawValue>,
}

/// Parses the members of a JSON object; `None` for another value, because serde would read an array as the members in
/// order.
fn members<'m, T: Deserialize<'m>>(json: &'m str) -> Option<T> {
    json.starts_with('{').then(|| serde_json::from_str(json).ok()).flatten()
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Set of the capabilities that one client declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Returns the set without [`Capability::Tasks`], the only capability that an extension of MCP
    /// defines. Requests of revisions before 2026-07-28 can't use extensions.
    pub(crate) const fn without_extensions(self) -> Self {
        Capabilities(self.0 & !Capability::Tasks.bit())
    }

    /// Parses `ClientCapabilities` from JSON text. Malformed JSON gives an empty set, and malformed members declare
    /// nothing.
    pub fn parse(json: &str) -> Self {
        // Most clients declare nothing, and every call of 2026-07-28 repeats the declaration, so
        // `{}` skips the JSON parser.
        if json == "{}" {
            return Capabilities::default();
        }
        let declared: Declared<'_> = members(json).unwrap_or_default();
        let elicitation = declared.elicitation.map_or("", RawValue::get);
        let modes: Option<Modes<'_>> = members(elicitation);
        // An empty `elicitation` object declares forms, the only mode before 2025-11-25.
        let is_empty = elicitation.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('}'));
        let tasks = declared.extensions.and_then(|raw| members::<Extensions<'_>>(raw.get())?.tasks);
        let mut found = Capabilities::default();
        found.set(Capability::Form, is_empty || modes.is_some_and(|modes| modes.form.is_some()));
        found.set(Capability::Url, modes.and_then(|modes| modes.url).is_some_and(is_object));
        found.set(Capability::Sampling, declared.sampling.is_some_and(is_object));
        found.set(Capability::Roots, declared.roots.is_some_and(is_object));
        found.set(Capability::Tasks, tasks.is_some_and(is_object));
        found
    }

    fn set(&mut self, capability: Capability, has: bool) {
        if has {
            self.0 |= capability.bit();
        }
    }

    /// Returns `true` if the client declared the capability.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_declarations_are_in_the_set() {
        let all =
            [Capability::Form, Capability::Url, Capability::Sampling, Capability::Roots, Capability::Tasks];
        let cases: [(&str, &[Capability]); 11] = [
            ("{}", &[]),
            (r#"{"elicitation":{}}"#, &[Capability::Form]),
            (r#"{"elicitation":{"url":{}}}"#, &[Capability::Url]),
            (r#"{"elicitation":{"form":{},"url":{}}}"#, &[Capability::Form, Capability::Url]),
            (r#"{"elicitation":true,"sampling":null,"roots":[]}"#, &[]),
            (r#"{"sampling":{},"roots":{"listChanged":true}}"#, &[Capability::Sampling, Capability::Roots]),
            (r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#, &[Capability::Tasks]),
            // The capability `tasks` of 2025-11-25 isn't the extension.
            (r#"{"tasks":{}}"#, &[]),
            ("[]", &[]),
            // Members that aren't read have no effect, and `{}` may contain spaces.
            (r#"{"elicitation":{ },"experimental":[[[]]]}"#, &[Capability::Form]),
            (r#"{"elicitation":{"form":null},"sampling":{},"sampling":{}}"#, &[]),
        ];
        for (json, declared) in cases {
            let found = Capabilities::parse(json);
            for capability in all {
                assert_eq!(found.has(capability), declared.contains(&capability), "{json} {capability:?}");
            }
        }
        for capability in all {
            assert!(
                Capabilities::parse(&capability.declared().to_string()).has(capability),
                "{capability:?}"
            );
            assert_eq!(Capability::of_name(capability.name()), Some(capability));
        }
    }
}
