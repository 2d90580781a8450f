//! Witnesses that are hard to find.

use mcp_tool_contract::{
    bounds::{Field, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text},
    judge,
    lock::Lock,
    model::{Contract, ToolOutput},
    rules::witness,
};

use crate::specimens::{BASE, COUNT, TEXT, field, param, whole};

/// Witness of the only change.
fn shown(old: &Contract, new: &Contract) -> String {
    let found = judge::compare_at_run_time(old, new);
    let [finding] = found.listed() else { panic!("{:?}", found.listed()) };
    witness::of(finding, old, new).unwrap_or_else(|| panic!("{finding}")).to_string()
}

#[test]
fn one_letter_text_has_a_value_outside_the_enum() {
    const LETTERS: Schema = Kind::Enum(&["a", "1", "b"]).schema();
    const LETTER: Schema = Kind::String(Text::ANY.with_min_len(1).with_max_len(Some(1))).schema();
    let (old, new) = (gives!(field("letter", LETTERS)), gives!(field("letter", LETTER)));
    assert_eq!(shown(&old, &new), r#"{"letter":"c"} can now be returned, and couldn't before"#);
    let (old, new) = (
        takes!(param("letters", LETTER.array()).min_items(2)),
        takes!(param("letters", LETTERS.array()).min_items(2)),
    );
    assert_eq!(shown(&old, &new), r#"{"letters":["c","c"]} was accepted, and is now refused"#);
}

#[test]
fn unbounded_value_exceeds_every_bound() {
    const OPEN: Schema = Kind::Number { minimum: None, maximum: None }.schema();
    const GREAT: Schema = Kind::Number { minimum: None, maximum: Some(1e300) }.schema();
    let said = shown(&takes!(param("rate", OPEN)), &takes!(param("rate", GREAT)));
    assert_eq!(said, r#"{"rate":1.7976931348623157e+308} was accepted, and is now refused"#);
    let old = BASE.with_output(ToolOutput::Object(const { &Object::new(&[Member::Field(UNBOUNDED)]) }));
    const UNBOUNDED: Field = Field::new("note", "", TEXT);
    let said = shown(&gives!(field("note", TEXT)), &old);
    assert!(said.ends_with("(5011 bytes) can now be returned, and couldn't before"), "{said}");
}

#[test]
fn witness_may_contain_an_empty_array() {
    const NOTHING: Items = Items::new(0, Some(0));
    const EMPTY: Field = Field::new("none", "", COUNT.with_items(Some(NOTHING)));
    let (old, new) = (gives!(EMPTY, field("total", TEXT)), gives!(EMPTY, field("total", COUNT)));
    assert_eq!(shown(&old, &new), r#"{"none":[],"total":1} can now be returned, and couldn't before"#);
}

#[test]
fn witness_prefers_a_value_to_null() {
    let (old, new) = (takes!(), takes!(param("reason", TEXT.optional())));
    assert_eq!(shown(&old, &new), r#"{"reason":"a"} was refused, and is now accepted"#);
}

#[test]
fn default_is_locked_in_its_spelling() {
    const HALF: Literal = Literal::new(LiteralValue::Number(0.5), "5e-1");
    const RATE: Schema = Kind::Number { minimum: None, maximum: None }.schema();
    let contract = takes!(param("rate", RATE).default(HALF), param("days", COUNT).default(whole(7, "7")));
    let mut lock = Lock::default();
    lock.put(contract, "server");
    let text = lock.render().unwrap();
    let read = Lock::parse(&text).unwrap();
    let [locked] = read.tools() else { panic!("{text}") };
    assert!(locked.is_intact().unwrap());
    assert!(judge::compare_at_run_time(&contract, &locked.contract).is_empty(), "{text}");
    assert_eq!(locked.contract.input()[0].default_value(), Some(HALF));
    assert_eq!(locked.contract.input()[0].description(), "");
}
