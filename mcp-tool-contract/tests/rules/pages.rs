//! Tests that `RULES.md` has one page (a section `###`) per rule of contract changes, with the message that the code
//! writes.

use mcp_tool_contract::rules::{ChangeClass, ChangeRule, page};

use crate::specimens;

#[test]
fn every_rule_has_a_page_with_its_class_message_and_witness() {
    // A specimen is a change that only its rule classifies, with the expected message (`says`) and witness (`shown`): a
    // value or sentence that shows the effect of the change.
    for specimen in specimens::ALL {
        let rule = specimen.rule;
        let text = page::page(rule).unwrap_or_else(|| panic!("{rule} has no page"));
        let mut lines = text.lines();
        let class = format!("Class: {}.", rule.class());
        assert!(lines.any(|line| line == class), "{rule}: its page doesn't contain `{class}`");
        let witness = specimen.shown.map(|witness| format!("\n  {witness}")).unwrap_or_default();
        let example = format!("```text\n{}{witness}\n```", specimen.says);
        assert!(text.contains(&example), "{rule}: its page doesn't show\n{example}");
        assert_eq!(page::explain(rule.id()), Ok((rule, text)), "{rule}");
    }
}

#[test]
fn page_ends_at_the_next_heading() {
    for rule in ChangeRule::ALL {
        let text = page::page(*rule).unwrap_or_else(|| panic!("{rule} has no page"));
        assert!(!text.lines().any(|line| line.starts_with('#')), "{rule}: {text}");
        assert!((3..40).contains(&text.lines().count()), "{rule}: {text}");
    }
}

#[test]
fn pages_have_the_order_of_the_rules_and_the_introduction_names_every_class() {
    let text = include_str!("../../RULES.md");
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let ids: Vec<&str> = ChangeRule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(headings, ids, "one page per rule, in the order of the rules");
    for class in [ChangeClass::Patch, ChangeClass::Additive, ChangeClass::Weakens, ChangeClass::Breaking] {
        assert!(text.contains(&format!("**{class}**")), "the introduction doesn't explain {class}");
    }
}

#[test]
fn misspelled_id_gets_a_suggestion() {
    assert_eq!(
        page::explain("parameter-require").unwrap_err(),
        "unknown rule 'parameter-require'; did you mean 'parameter-required'?"
    );
}
