//! Tests that wider parameters and narrower results don't break callers, and that narrower parameters and wider results
//! do. Readers are callers that read a result. Also tests changes of defaults, scopes and rates.
//!
//! `takes!` makes a contract with these parameters, and `gives!` a contract whose result has these fields. `rules`
//! returns the rules of all changes between two contracts.

use mcp_tool_contract::{
    bounds::{Field, Format, Kind, Literal, LiteralValue, Member, Object, Schema},
    judge,
    model::{Contract, Gate, ToolOutput, Window},
    rules::{
        ChangeClass::{self, Additive, Breaking, Weakens},
        ChangeRule, witness,
    },
};

use crate::specimens::{BASE, COUNT, TEXT, field, like, param, rated, rules, whole};

const ENUM: Schema = Kind::Enum(&["open", "paid"]).schema();
const LARGER_ENUM: Schema = Kind::Enum(&["open", "paid", "late"]).schema();
const NUMBER: Schema = Kind::Number { minimum: None, maximum: None }.schema();
const INTEGER: Schema = Kind::Integer { minimum: -128, maximum: 127 }.schema();
const DATE: Schema = Kind::Text(Format::Date.text()).schema();
const UUID: Schema = Kind::Text(Format::Uuid.text()).schema();

/// Returns the class and the rule id of the only change. Panics if there are several changes, or no witness.
fn judged(old: &Contract, new: &Contract) -> (ChangeClass, &'static str) {
    let found = judge::compare_at_run_time(old, new);
    let [finding] = found.listed() else { panic!("{:?}", found.listed()) };
    assert!(witness::of(finding, old, new).is_some(), "{finding}");
    (found.worst(), finding.rule.id())
}

/// Classifies the same change of a schema twice: for a parameter, and for a field of a result.
macro_rules! judge_both {
    ($old:expr => $new:expr) => {
        (
            judged(&takes!(param("value", $old)), &takes!(param("value", $new))),
            judged(&gives!(field("value", $old)), &gives!(field("value", $new))),
        )
    };
}

#[test]
fn string_to_enum_breaks_callers() {
    let (input, output) = judge_both!(TEXT => ENUM);
    assert_eq!(input, (Breaking, "type-narrowed"));
    assert_eq!(output, (Additive, "result-type-narrowed"));
}

#[test]
fn enum_to_string_breaks_readers() {
    let (input, output) = judge_both!(ENUM => TEXT);
    assert_eq!(input, (Additive, "type-widened"));
    assert_eq!(output, (Breaking, "result-type-widened"));
}

#[test]
fn string_to_integer_breaks_callers_and_readers() {
    let (input, output) = judge_both!(TEXT => INTEGER);
    assert_eq!(input, (Breaking, "type-changed"));
    assert_eq!(output, (Breaking, "result-type-changed"));
}

#[test]
fn integers_and_numbers_are_compared_in_both_directions() {
    let (input, output) = judge_both!(INTEGER => NUMBER);
    assert_eq!(input, (Additive, "type-widened"));
    assert_eq!(output, (Breaking, "result-type-widened"));
    let (input, output) = judge_both!(NUMBER => INTEGER);
    assert_eq!(input, (Breaking, "type-narrowed"));
    assert_eq!(output, (Additive, "result-type-narrowed"));
}

#[test]
fn enum_values_are_compared_in_both_directions() {
    let (input, output) = judge_both!(ENUM => LARGER_ENUM);
    assert_eq!(input, (Additive, "enum-value-added"));
    assert_eq!(output, (Breaking, "result-enum-value-added"));
    let (input, output) = judge_both!(LARGER_ENUM => ENUM);
    assert_eq!(input, (Breaking, "enum-value-removed"));
    assert_eq!(output, (Additive, "result-enum-value-removed"));
}

#[test]
fn bounds_are_compared_in_both_directions() {
    // Each pair adds one bound to the schema at the same position of `free`.
    let tighter: [(Contract, Contract); 4] = [
        (takes!(param("value", COUNT).min(whole(1, "1"))), gives!(field("value", COUNT).min(whole(1, "1")))),
        (takes!(param("value", COUNT).max(whole(9, "9"))), gives!(field("value", COUNT).max(whole(9, "9")))),
        (takes!(param("value", TEXT).min_len(1)), gives!(field("value", TEXT).min_len(1))),
        (takes!(param("value", TEXT).max_len(9)), gives!(field("value", TEXT).max_len(9))),
    ];
    let free = [COUNT, COUNT, TEXT, TEXT];
    for ((input, output), is_text) in tighter.iter().zip(free.map(|schema| schema == TEXT)) {
        let (takes, gives) = if is_text {
            (takes!(param("value", TEXT)), gives!(field("value", TEXT)))
        } else {
            (takes!(param("value", COUNT)), gives!(field("value", COUNT)))
        };
        assert_eq!(judged(&takes, input), (Breaking, "bound-tightened"));
        assert_eq!(judged(input, &takes), (Weakens, "bound-loosened"));
        assert_eq!(judged(&gives, output), (Additive, "result-bound-tightened"));
        assert_eq!(judged(output, &gives), (Breaking, "result-bound-loosened"));
    }
}

#[test]
fn formats_are_compared_in_both_directions() {
    let (input, output) = judge_both!(TEXT => DATE);
    assert_eq!(input, (Breaking, "type-narrowed"));
    assert_eq!(output, (Additive, "result-type-narrowed"));
    let (input, output) = judge_both!(DATE => TEXT);
    assert_eq!(input, (Additive, "type-widened"));
    assert_eq!(output, (Breaking, "result-type-widened"));
    let (input, output) = judge_both!(DATE => UUID);
    assert_eq!(input, (Breaking, "type-changed"));
    assert_eq!(output, (Breaking, "result-type-changed"));
}

#[test]
fn changed_pattern_is_breaking_and_may_have_no_witness() {
    let old = takes!(param("value", TEXT).pattern(like("^[a-c]+$")));
    let new = takes!(param("value", TEXT).pattern(like("^[abc]+$")));
    let found = judge::compare_at_run_time(&old, &new);
    let [finding] = found.listed() else { panic!("{:?}", found.listed()) };
    assert_eq!(found.worst(), Breaking);
    assert_eq!(
        finding.message(),
        "parameter 'value': pattern changed from ^[a-c]+$ to ^[abc]+$ (it can't be decided whether the new one \
         accepts everything that the old one accepts)"
    );
    // The patterns are equivalent, so there is no witness.
    assert_eq!(witness::of(finding, &old, &new), None);
    let old = gives!(field("value", TEXT).pattern(like("^[a-c]+$")));
    let new = gives!(field("value", TEXT).pattern(like("^[abc]+$")));
    assert_eq!(rules(&old, &new), [ChangeRule::ResultPatternChanged]);
}

#[test]
fn added_and_removed_patterns_are_compared() {
    let free = takes!(param("value", TEXT));
    let matched = takes!(param("value", TEXT).pattern(like("^a")));
    assert_eq!(judged(&free, &matched), (Breaking, "pattern-added"));
    assert_eq!(judged(&matched, &free), (Weakens, "pattern-removed"));
    let free = gives!(field("value", TEXT));
    let matched = gives!(field("value", TEXT).pattern(like("^a")));
    assert_eq!(judged(&free, &matched), (Additive, "result-pattern-added"));
    assert_eq!(judged(&matched, &free), (Breaking, "result-pattern-removed"));
}

#[test]
fn default_is_compared_by_value() {
    let one = takes!(param("days", COUNT).default(whole(1, "1")));
    let two = takes!(param("days", COUNT).default(whole(2, "2")));
    assert_eq!(judged(&one, &two), (Breaking, "default-changed"));
    const HALF: Literal = Literal::new(LiteralValue::Number(0.5), "0.5");
    let half = takes!(param("rate", NUMBER).default(HALF));
    let spelled = takes!(param("rate", NUMBER).default(Literal::new(HALF.value(), "5e-1")));
    assert_eq!(rules(&half, &spelled), []);
}

#[test]
fn scopes_are_compared_in_both_directions() {
    let none = BASE.with_scopes(&[]);
    assert_eq!(judged(&none, &BASE), (Breaking, "scope-added"));
    assert_eq!(judged(&BASE, &none), (Weakens, "scope-removed"));
}

#[test]
fn scopes_of_the_tool_and_of_the_gate_are_compared_as_one_set() {
    let destructive = BASE.hints().with_destructive(true);
    // Without a gate, the operator must permit a destructive tool. The rules call this approval.
    let ungated = BASE.with_hints(destructive);
    let gated = |scope| ungated.with_gate(Some(Gate::Scope(scope)));
    assert_eq!(rules(&ungated, &gated("purge")), [ChangeRule::ScopeAdded, ChangeRule::ApprovalRemoved]);
    assert_eq!(rules(&gated("purge"), &ungated), [ChangeRule::ScopeRemoved, ChangeRule::ApprovalAdded]);
    assert_eq!(rules(&gated("purge"), &gated("drop")), [ChangeRule::ScopeRemoved, ChangeRule::ScopeAdded]);
    // `BASE` has the scope `mail:send`. Here the scopes of the tool and the gate are exchanged.
    let moved = gated("mail:send").with_scopes(&["purge"]);
    assert_eq!(rules(&gated("purge"), &moved), []);
    // If only one version is destructive, the finding about `destructive` also covers approval.
    assert_eq!(rules(&BASE, &gated("purge")), [ChangeRule::ScopeAdded, ChangeRule::DestructiveAdded]);
    assert_eq!(rules(&gated("purge"), &BASE), [ChangeRule::ScopeRemoved, ChangeRule::DestructiveRemoved]);
}

#[test]
fn rate_is_raised_if_more_calls_fit_into_the_old_window() {
    use Window::{Day, Hour, Minute, Second};
    for (old, new, rule) in [
        ((10, Minute), (11, Minute), "rate-raised"),
        ((10, Minute), (9, Minute), "rate-lowered"),
        // Fewer calls per hour, but all eleven may be made in one minute.
        ((10, Minute), (11, Hour), "rate-raised"),
        ((10, Minute), (10, Hour), "rate-lowered"),
        // Ten calls per minute are 600 calls per hour.
        ((599, Hour), (10, Minute), "rate-raised"),
        ((600, Hour), (10, Minute), "rate-lowered"),
        ((86_399, Day), (1, Second), "rate-raised"),
        ((86_400, Day), (1, Second), "rate-lowered"),
    ] {
        let (old, new) = (rated(old.0, old.1), rated(new.0, new.1));
        assert_eq!(judged(&old, &new).1, rule, "{old:?} {new:?}");
    }
    // `BASE` has no rate limit.
    assert_eq!(judged(&rated(1, Day), &BASE), (Weakens, "rate-raised"));
    assert_eq!(judged(&BASE, &rated(1_000_000, Second)), (Additive, "rate-lowered"));
}

#[test]
fn integer_and_number_with_the_same_single_value_are_equal() {
    const ONE: Schema = Kind::Integer { minimum: 1, maximum: 1 }.schema();
    const POINT: Schema = Kind::Number { minimum: Some(1.0), maximum: Some(1.0) }.schema();
    assert_eq!(rules(&takes!(param("value", ONE)), &takes!(param("value", POINT))), []);
    assert_eq!(rules(&takes!(param("value", POINT)), &takes!(param("value", ONE))), []);
    assert_eq!(rules(&gives!(field("value", ONE)), &gives!(field("value", POINT))), []);
    assert_eq!(rules(&gives!(field("value", POINT)), &gives!(field("value", ONE))), []);
}

#[test]
fn single_value_outside_the_integer_range_is_breaking() {
    const BYTE: Schema = Kind::Integer { minimum: 0, maximum: 255 }.schema();
    const BELOW: Schema = Kind::Number { minimum: Some(-1.0), maximum: Some(-1.0) }.schema();
    let worst = |old: &Contract, new: &Contract| judge::compare_at_run_time(old, new).worst();
    assert_eq!(worst(&takes!(param("value", BELOW)), &takes!(param("value", BYTE))), Breaking);
    assert_eq!(worst(&takes!(param("value", BYTE)), &takes!(param("value", BELOW))), Breaking);
    assert_eq!(worst(&gives!(field("value", BELOW)), &gives!(field("value", BYTE))), Breaking);
    assert_eq!(worst(&gives!(field("value", BYTE)), &gives!(field("value", BELOW))), Breaking);
}

#[test]
fn nested_change_is_reported_at_its_path() {
    const OLD: Object = Object::new(&[Member::Field(field("state", ENUM))]);
    const NEW: Object = Object::new(&[Member::Field(field("state", LARGER_ENUM))]);
    const fn list(inner: &'static Object) -> Field {
        Field::new("items", "", Kind::Object(inner).schema().array()).max_items(9)
    }
    let (old, new) = (gives!(list(&OLD)), gives!(list(&NEW)));
    assert_eq!(judged(&old, &new), (Breaking, "result-enum-value-added"));
    let found = judge::compare_at_run_time(&old, &new);
    assert_eq!(found.listed()[0].message(), "result field 'items.state' may now be \"late\"");
}
