//! What licenses a change: a version, and for a lowered guard a reason.

use mcp_tool_contract::{
    judge::{self, Ruling},
    model::{Contract, Version, Weakening},
    rules::Rule,
};

use crate::specimens::{COUNT, TEXT, param, whole};

const OLD: Contract = Contract { version: Version { major: 2, minor: 3 }, ..takes!(param("days", COUNT)) };
/// Words alone.
const SAID: Contract = Contract { description: "Sends one reminder.", ..OLD };
const ADDITIVE: Contract =
    Contract { version: OLD.version, ..takes!(param("days", COUNT), param("reason", TEXT.optional())) };
const BREAKING: Contract =
    Contract { version: OLD.version, ..takes!(param("days", COUNT).max(whole(60, "60"))) };
const WEAKER: Contract = Contract { scopes: &[], ..OLD };
const NOBODY: Weakening = Weakening { rule: Rule::ScopeRemoved, reason: "nobody used it" };
const ANOTHER: Weakening = Weakening { rule: Rule::ScopeRemoved, reason: "it is public now" };

fn ruled(old: &Contract, new: &Contract) -> Ruling {
    judge::rule(old, new, judge::compare_at_run_time(old, new))
}

const fn at(contract: Contract, major: u32, minor: u32) -> Contract {
    Contract { version: Version { major, minor }, ..contract }
}

#[test]
fn each_class_needs_its_bump_and_no_more() {
    let cases = [
        (OLD, None, [(2, 3), (2, 4), (3, 0)].as_slice()),
        (SAID, None, &[(2, 3), (2, 4), (3, 0)]),
        (ADDITIVE, Some((2, 4)), &[(2, 4), (2, 9), (3, 0)]),
        (BREAKING, Some((3, 0)), &[(3, 0), (3, 1), (4, 0)]),
    ];
    for (new, needed, enough) in cases {
        let needed = needed.map(|(major, minor)| Version { major, minor });
        assert_eq!(ruled(&OLD, &new).bump, needed, "{new:?}");
        assert_eq!(ruled(&OLD, &new).is_licensed(), needed.is_none(), "{new:?}");
        for (major, minor) in enough {
            let ruling = ruled(&OLD, &at(new, *major, *minor));
            assert!(ruling.is_licensed(), "{major}.{minor}: {ruling:?}");
        }
    }
    assert_eq!(ruled(&OLD, &at(BREAKING, 2, 99)).bump, Some(Version { major: 3, minor: 0 }));
}

#[test]
fn a_version_never_goes_back() {
    for (major, minor) in [(2, 2), (1, 9)] {
        assert_eq!(ruled(&OLD, &at(OLD, major, minor)).bump, Some(OLD.version));
    }
}

#[test]
fn a_lowered_guard_needs_a_minor_version_and_a_reason() {
    let told = Contract { weakens: &[NOBODY], ..WEAKER };
    let ruling = ruled(&OLD, &WEAKER);
    assert_eq!(ruling.bump, Some(Version { major: 2, minor: 4 }));
    assert_eq!(ruling.unexplained, Some(Rule::ScopeRemoved));
    assert_eq!(ruled(&OLD, &at(WEAKER, 2, 4)).unexplained, Some(Rule::ScopeRemoved));
    assert_eq!(ruled(&OLD, &at(WEAKER, 3, 0)).unexplained, Some(Rule::ScopeRemoved), "a major is no reason");
    assert_eq!(ruled(&OLD, &told).bump, Some(Version { major: 2, minor: 4 }), "a reason is no version");
    assert!(ruled(&OLD, &at(told, 2, 4)).is_licensed());
}

#[test]
fn a_reason_that_the_lock_keeps_was_for_an_earlier_change() {
    let locked = Contract { weakens: &[NOBODY], ..OLD };
    let again = Contract { weakens: &[NOBODY], ..at(WEAKER, 2, 4) };
    let ruling = ruled(&locked, &again);
    assert_eq!((ruling.unexplained, ruling.idle), (Some(Rule::ScopeRemoved), None));
    let told_anew = Contract { weakens: &[NOBODY, ANOTHER], ..again };
    assert!(ruled(&locked, &told_anew).is_licensed());
    assert!(ruled(&locked, &locked).is_licensed(), "what is kept may stay");
}

#[test]
fn a_reason_for_nothing_is_refused() {
    let idle = Contract { weakens: &[NOBODY], ..at(ADDITIVE, 2, 4) };
    let ruling = ruled(&OLD, &idle);
    assert_eq!((ruling.idle, ruling.is_licensed()), (Some(NOBODY), false));
    assert_eq!(
        ruling.message(&idle, &OLD),
        "tool 'remind' 2.4 gives a reason for nothing: no change of its own is `scope-removed` — leave out \
         `weakens(\"scope-removed\", reason = \"nobody used it\")`"
    );
}

#[test]
fn a_reason_for_one_guard_is_none_for_another() {
    let secret = Contract { version: OLD.version, ..takes!(param("days", COUNT).secret()) };
    let new = Contract { weakens: &[NOBODY], ..at(WEAKER, 2, 4) };
    assert_eq!(ruled(&OLD, &new).unexplained, None);
    assert_eq!(ruled(&secret, &new).unexplained, Some(Rule::SecretRemoved));
}

#[test]
fn the_message_lists_what_binds_and_says_what_to_do() {
    let new = Contract { scopes: &[], description: SAID.description, ..BREAKING };
    assert_eq!(
        ruled(&OLD, &new).message(&new, &OLD),
        "tool 'remind' 2.3 drifted from mcp-tools.lock:\n  \
         weakens: scope 'mail:send' isn't needed any more [scope-removed]\n  \
         breaking: parameter 'days': max went from 90 to 60 [bound-tightened]\n\
         — bump to 3.0 and say why: `weakens(\"scope-removed\", reason = \"…\")`, \
         then run `cargo run -- contract write`"
    );
    let new = at(ADDITIVE, 2, 2);
    assert_eq!(
        ruled(&OLD, &new).message(&new, &OLD),
        "tool 'remind' 2.2 drifted from mcp-tools.lock, which has 2.3: \
         additive: parameter 'reason' was added, optional [parameter-added] — bump to 2.4, \
         then run `cargo run -- contract write`"
    );
}
