//! Hidden methods with which generated code and tests construct contracts. They may change in any release. Each row of
//! `setters!` has a method, the field that it sets, and the type.

use super::{
    Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening, Window,
};
use crate::{
    accessors::setters,
    bounds::{Literal, Schema},
    rules::ChangeRule,
};

setters! { Contract:
    with_name name: &'static str,
    with_version version: Version,
    with_title title: Option<&'static str>,
    with_description description: &'static str,
    with_input input: &'static [Param],
    with_constraints constraints: Option<&'static str>,
    with_output output: ToolOutput,
    with_scopes scopes: &'static [&'static str],
    with_hints hints: Hints,
    with_timeout_ms timeout_ms: Option<u64>,
    with_concurrency concurrency: Option<u32>,
    with_rate rate: Option<Rate>,
    with_gate gate: Option<Gate>,
    with_upstreams upstreams: &'static [&'static str],
    with_task task: Option<TaskSupport>,
    with_deprecation deprecation: Option<Deprecation>,
    with_weakens weakens: &'static [Weakening],
}

setters! { Hints:
    with_read_only read_only: bool,
    with_destructive destructive: bool,
    with_idempotent idempotent: bool,
    with_open_world open_world: bool,
}

// These setters skip the checks of `Param::default` (the default is within the bounds) and `Param::header` (a header
// can mirror the parameter's type).
setters! { Param:
    with_name name: &'static str,
    with_description description: &'static str,
    with_schema schema: Schema,
    with_default default: Option<Literal>,
    with_secret secret: bool,
    with_header header: Option<&'static str>,
}

#[doc(hidden)]
impl Contract {
    #[must_use]
    pub const fn new(name: &'static str, version: Version, description: &'static str) -> Self {
        Contract { name, version, description, ..Contract::EMPTY }
    }
}

#[doc(hidden)]
impl Hints {
    pub const NONE: Hints =
        Hints { read_only: false, destructive: false, idempotent: false, open_world: false };
}

#[doc(hidden)]
impl Rate {
    #[must_use]
    pub const fn new(calls: u32, window: Window) -> Self {
        Rate { calls, window }
    }
}

#[doc(hidden)]
impl Deprecation {
    #[must_use]
    pub const fn new(
        message: &'static str,
        replacement: Option<&'static str>,
        removal: Option<&'static str>,
    ) -> Self {
        Deprecation { message, replacement, removal }
    }
}

#[doc(hidden)]
impl Weakening {
    #[must_use]
    pub const fn new(rule: ChangeRule, reason: &'static str) -> Self {
        Weakening { rule, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json::schema::Prose, judge};

    const VERSION: Version = Version { major: 1, minor: 2 };
    const HINTS: Hints = Hints { read_only: false, destructive: true, idempotent: true, open_world: false };
    const BUILT: Contract = Contract::new("remind", VERSION, "Sends a reminder.")
        .with_title(Some("Remind"))
        .with_constraints(Some(r#"{"not":{}}"#))
        .with_output(ToolOutput::Text)
        .with_scopes(&["mail:send"])
        .with_hints(HINTS)
        .with_timeout_ms(Some(5_000))
        .with_concurrency(Some(3))
        .with_rate(Some(Rate::new(10, Window::Minute)))
        .with_gate(Some(Gate::Scope("mail:purge")))
        .with_upstreams(&["mail"])
        .with_task(Some(TaskSupport::Required))
        .with_deprecation(Some(Deprecation::new("Old.", Some("send"), Some("2027-01-31"))))
        .with_weakens(&[Weakening::new(ChangeRule::ScopeRemoved, "nobody used it")]);

    #[test]
    fn built_contract_equals_the_literal() {
        let literal = Contract {
            name: "remind",
            version: VERSION,
            title: Some("Remind"),
            description: "Sends a reminder.",
            input: &[],
            constraints: Some(r#"{"not":{}}"#),
            output: ToolOutput::Text,
            scopes: &["mail:send"],
            hints: HINTS,
            timeout_ms: Some(5_000),
            concurrency: Some(3),
            rate: Some(Rate { calls: 10, window: Window::Minute }),
            gate: Some(Gate::Scope("mail:purge")),
            upstreams: &["mail"],
            task: Some(TaskSupport::Required),
            deprecation: BUILT.deprecation(),
            weakens: BUILT.weakens(),
        };
        assert!(judge::compare::<8>(&literal, &BUILT, Prose::Kept).is_empty());
        assert_eq!(literal.digest().ok(), BUILT.digest().ok());
        assert_eq!((BUILT.name(), BUILT.version()), ("remind", VERSION));
        assert_eq!(BUILT.rates(), [Rate { calls: 10, window: Window::Minute }]);
    }
}
