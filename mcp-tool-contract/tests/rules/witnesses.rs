//! Tests of witnesses (values that show the effect of a change) in unusual cases, and of defaults in a lock.

use mcp_tool_contract::{
    bounds::{Field, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text},
    judge,
    lock::Lock,
    model::{Contract, ToolOutput},
    rules::witness,
};

// `takes!` makes a contract with these parameters, and `gives!` one whose result has these fields. `COUNT` is an
// integer from 0 to 90, and `TEXT` a string.
use crate::specimens::{BASE, COUNT, TEXT, field, param, whole};

/// Returns the witness of the only change, as text.
fn witness_text(old: &Contract, new: &Contract) -> String {
    let found = judge::compare_at_run_time(old, new);
    let [finding] = found.listed() else { panic!("{:?}", found.listed()) };
    witness::of(finding, old, new).unwrap_or_else(|| panic!("{finding}")).to_string()
}

#[test]
fn witness_of_one_letter_text_is_outside_the_enum() {
    const LETTERS: Schema = Kind::Enum(&["a", "1", "b"]).schema();
    const LETTER: Schema = Kind::Text(Text::ANY.with_min_len(1).with_max_len(Some(1))).schema();
    let (old, new) = (gives!(field("letter", LETTERS)), gives!(field("letter", LETTER)));
    assert_eq!(witness_text(&old, &new), r#"{"letter":"c"} can now be returned, and couldn't before"#);
    let (old, new) = (
        takes!(param("letters", LETTER.array()).min_items(2)),
        takes!(param("letters", LETTERS.array()).min_items(2)),
    );
    assert_eq!(witness_text(&old, &new), r#"{"letters":["c","c"]} was accepted, and is now refused"#);
}

#[test]
fn witness_of_an_unbounded_value_is_outside_the_bounds_of_the_other_version() {
    const ANY: Schema = Kind::Number { minimum: None, maximum: None }.schema();
    const AT_MOST_1E300: Schema = Kind::Number { minimum: None, maximum: Some(1e300) }.schema();
    let text = witness_text(&takes!(param("rate", ANY)), &takes!(param("rate", AT_MOST_1E300)));
    assert_eq!(text, r#"{"rate":1.7976931348623157e+308} was accepted, and is now refused"#);
    // The helper `field` sets a default maximum length, which this field lacks.
    const UNBOUNDED: Field = Field::new("note", "", TEXT);
    let new = BASE.with_output(ToolOutput::Object(const { &Object::new(&[Member::Field(UNBOUNDED)]) }));
    let text = witness_text(&gives!(field("note", TEXT)), &new);
    assert!(text.ends_with("(5011 bytes) can now be returned, and couldn't before"), "{text}");
}

#[test]
fn witness_may_contain_an_empty_array() {
    const NO_ITEMS: Items = Items::new(0, Some(0));
    const EMPTY: Field = Field::new("none", "", COUNT.with_items(Some(NO_ITEMS)));
    let (old, new) = (gives!(EMPTY, field("total", TEXT)), gives!(EMPTY, field("total", COUNT)));
    assert_eq!(witness_text(&old, &new), r#"{"none":[],"total":1} can now be returned, and couldn't before"#);
}

#[test]
fn witness_prefers_a_value_to_null() {
    let (old, new) = (takes!(), takes!(param("reason", TEXT.optional())));
    assert_eq!(witness_text(&old, &new), r#"{"reason":"a"} was refused, and is now accepted"#);
}

#[test]
fn default_keeps_its_json_text_in_a_lock() {
    const HALF: Literal = Literal::new(LiteralValue::Number(0.5), "5e-1");
    const RATE: Schema = Kind::Number { minimum: None, maximum: None }.schema();
    let contract = takes!(param("rate", RATE).default(HALF), param("days", COUNT).default(whole(7, "7")));
    let mut lock = Lock::default();
    lock.put(contract, "server");
    let text = lock.render().unwrap();
    let read = Lock::parse(&text).unwrap();
    let [locked] = read.tools() else { panic!("{text}") };
    assert!(locked.is_intact().unwrap());
    assert!(judge::compare_at_run_time(&contract, locked.contract()).is_empty(), "{text}");
    assert_eq!(locked.contract().input()[0].default_value(), Some(HALF));
    assert_eq!(locked.contract().input()[0].description(), "");
}
