//! What a client says that it can be asked.

use serde_json::{Value, json};

/// One thing that a client can be asked, or do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    Form,
    Url,
    Sampling,
    Roots,
    /// The extension of that name: a call may go on as a task.
    Tasks,
}

/// The extension by which calls go on as tasks (SEP-2663).
pub const TASKS: &str = "io.modelcontextprotocol/tasks";

impl Capability {
    const ALL: [Capability; 5] =
        [Capability::Form, Capability::Url, Capability::Sampling, Capability::Roots, Capability::Tasks];

    /// As errors name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Capability::Form => "elicitation.form",
            Capability::Url => "elicitation.url",
            Capability::Sampling => "sampling",
            Capability::Roots => "roots",
            Capability::Tasks => TASKS,
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Capability::ALL.into_iter().find(|capability| capability.name() == name)
    }

    /// As a client would declare it (`ClientCapabilities`).
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

/// All that a client declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Those that aren't an extension's.
    pub(crate) const fn without_extensions(self) -> Self {
        Capabilities(self.0 & !Capability::Tasks.bit())
    }

    /// Reads `ClientCapabilities` as a client sent them; what isn't an object declares nothing.
    pub(crate) fn parse(json: &str) -> Self {
        // Most clients of servers have nothing to declare, and each call says so.
        if json == "{}" {
            return Capabilities::default();
        }
        serde_json::from_str(json).map(|declared| Capabilities::of(&declared)).unwrap_or_default()
    }

    pub fn of(declared: &Value) -> Self {
        let has = |pointer: &str| declared.pointer(pointer).is_some_and(Value::is_object);
        let elicits = declared.get("elicitation").and_then(Value::as_object);
        let mut found = Capabilities::default();
        // An empty object means forms, as it did before there was another mode.
        found.set(
            Capability::Form,
            elicits.is_some_and(|modes| modes.is_empty() || modes.contains_key("form")),
        );
        found.set(Capability::Url, has("/elicitation/url"));
        found.set(Capability::Sampling, has("/sampling"));
        found.set(Capability::Roots, has("/roots"));
        let tasks = declared.get("extensions").and_then(|extensions| extensions.get(TASKS));
        found.set(Capability::Tasks, tasks.is_some_and(Value::is_object));
        found
    }

    fn set(&mut self, capability: Capability, has: bool) {
        if has {
            self.0 |= capability.bit();
        }
    }

    pub const fn has(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_read() {
        let all =
            [Capability::Form, Capability::Url, Capability::Sampling, Capability::Roots, Capability::Tasks];
        let cases: [(&str, &[Capability]); 9] = [
            ("{}", &[]),
            (r#"{"elicitation":{}}"#, &[Capability::Form]),
            (r#"{"elicitation":{"url":{}}}"#, &[Capability::Url]),
            (r#"{"elicitation":{"form":{},"url":{}}}"#, &[Capability::Form, Capability::Url]),
            (r#"{"elicitation":true,"sampling":null,"roots":[]}"#, &[]),
            (r#"{"sampling":{},"roots":{"listChanged":true}}"#, &[Capability::Sampling, Capability::Roots]),
            (r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#, &[Capability::Tasks]),
            (r#"{"tasks":{}}"#, &[]),
            ("[]", &[]),
        ];
        for (json, declared) in cases {
            let found = Capabilities::parse(json);
            for capability in all {
                assert_eq!(found.has(capability), declared.contains(&capability), "{json} {capability:?}");
            }
        }
        for capability in all {
            assert!(Capabilities::of(&capability.declared()).has(capability), "{capability:?}");
            assert_eq!(Capability::of_name(capability.name()), Some(capability));
        }
    }
}
