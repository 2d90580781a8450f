//! Construction of contracts in generated code. Changes without notice.

use super::{
    Contract, Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Version, Weakening, Window,
};
use crate::rules::ChangeRule;

macro_rules! setters {
    ($($setter:ident $field:ident: $of:ty = $value:ident => $set:expr,)+) => {
        #[doc(hidden)]
        impl Contract {$(
            #[must_use]
            pub const fn $setter(mut self, $value: $of) -> Self {
                self.$field = $set;
                self
            }
        )+}
    };
}

setters! {
    with_title title: &'static str = title => Some(title),
    with_input input: &'static [Param] = input => input,
    with_constraints constraints: &'static str = schema => Some(schema),
    with_output output: ToolOutput = output => output,
    with_scopes scopes: &'static [&'static str] = scopes => scopes,
    with_hints hints: Hints = hints => hints,
    with_timeout_ms timeout_ms: u64 = timeout => Some(timeout),
    with_concurrency concurrency: u32 = calls => Some(calls),
    with_rate rate: Rate = rate => Some(rate),
    with_gate gate: Gate = gate => Some(gate),
    with_upstreams upstreams: &'static [&'static str] = names => names,
    with_task task: TaskSupport = task => Some(task),
    with_deprecation deprecation: Deprecation = notice => Some(notice),
    with_weakens weakens: &'static [Weakening] = reasons => reasons,
}

#[doc(hidden)]
impl Contract {
    #[must_use]
    pub const fn new(name: &'static str, version: Version, description: &'static str) -> Self {
        Contract { name, version, description, ..Contract::EMPTY }
    }
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
        .with_title("Remind")
        .with_constraints(r#"{"not":{}}"#)
        .with_output(ToolOutput::Text)
        .with_scopes(&["mail:send"])
        .with_hints(HINTS)
        .with_timeout_ms(5_000)
        .with_concurrency(3)
        .with_rate(Rate::new(10, Window::Minute))
        .with_gate(Gate::Scope("mail:purge"))
        .with_upstreams(&["mail"])
        .with_task(TaskSupport::Required)
        .with_deprecation(Deprecation::new("Old.", Some("send"), Some("2027-01-31")))
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
