//! What licenses a change: a version, and for a lowered guard a reason.

use mcp_tool_contract::{
    bounds::Kind,
    judge::{self, Ruling},
    model::{Contract, Param, Version, Weakening},
    rules::ChangeRule,
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
const NOBODY: Weakening = Weakening { rule: ChangeRule::ScopeRemoved, reason: "nobody used it" };
const ANOTHER: Weakening = Weakening { rule: ChangeRule::ScopeRemoved, reason: "it is public now" };

fn ruled(old: &Contract, new: &Contract) -> Ruling {
    judge::apply_policy(old, new, judge::compare_at_run_time(old, new))
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
    assert_eq!(ruling.unexplained, Some(ChangeRule::ScopeRemoved));
    assert_eq!(ruled(&OLD, &at(WEAKER, 2, 4)).unexplained, Some(ChangeRule::ScopeRemoved));
    assert_eq!(
        ruled(&OLD, &at(WEAKER, 3, 0)).unexplained,
        Some(ChangeRule::ScopeRemoved),
        "a major is no reason"
    );
    assert_eq!(ruled(&OLD, &told).bump, Some(Version { major: 2, minor: 4 }), "a reason is no version");
    assert!(ruled(&OLD, &at(told, 2, 4)).is_licensed());
}

#[test]
fn a_reason_that_the_lock_keeps_was_for_an_earlier_change() {
    let locked = Contract { weakens: &[NOBODY], ..OLD };
    let again = Contract { weakens: &[NOBODY], ..at(WEAKER, 2, 4) };
    let ruling = ruled(&locked, &again);
    assert_eq!((ruling.unexplained, ruling.unused_reason), (Some(ChangeRule::ScopeRemoved), None));
    let told_anew = Contract { weakens: &[NOBODY, ANOTHER], ..again };
    assert!(ruled(&locked, &told_anew).is_licensed());
    assert!(ruled(&locked, &locked).is_licensed(), "what is kept may stay");
}

#[test]
fn a_reason_for_nothing_is_refused() {
    let idle = Contract { weakens: &[NOBODY], ..at(ADDITIVE, 2, 4) };
    let ruling = ruled(&OLD, &idle);
    assert_eq!((ruling.unused_reason, ruling.is_licensed()), (Some(NOBODY), false));
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
    assert_eq!(ruled(&secret, &new).unexplained, Some(ChangeRule::SecretRemoved));
}

#[test]
fn the_message_lists_what_binds_and_says_what_to_do() {
    let new = Contract { scopes: &[], description: SAID.description, ..BREAKING };
    assert_eq!(
        ruled(&OLD, &new).message(&new, &OLD),
        "tool 'remind' 2.3 drifted from mcp-tools.lock:\n  \
         weakens: scope 'mail:send' isn't needed any more [scope-removed]\n  \
         breaking: parameter 'days': max went from 90 to 60 [bound-tightened]\n\
         — bump to 3.0 and go on serving 2.3 to those who call it (an adapter will do), \
         say why: `weakens(\"scope-removed\", reason = \"…\")`, \
         then run `cargo run -- contract write`; or take the change back"
    );
    let new = at(ADDITIVE, 2, 2);
    assert_eq!(
        ruled(&OLD, &new).message(&new, &OLD),
        "tool 'remind' 2.2 drifted from mcp-tools.lock, which has 2.3: \
         additive: parameter 'reason' was added, optional [parameter-added] — bump to 2.4, \
         then run `cargo run -- contract write`"
    );
}

/// A tool of one enum with so many values more, whose other parameter is secret or isn't.
fn crowded(values: usize, length: usize, secret: bool) -> Contract {
    let values: Vec<&'static str> = (0..values).map(|value| &*format!("{value:0length$}").leak()).collect();
    let kind = Kind::Enum(values.leak());
    let word = Param { secret, ..Param::new("word", "A word.", Kind::TEXT.schema()) };
    let input = vec![Param::new("mode", "A mode.", kind.schema()), word];
    Contract { name: "crowded", version: OLD.version, input: input.leak(), ..Contract::EMPTY }
}

#[test]
fn a_guard_is_not_lowered_behind_a_crowd() {
    let (old, new) = (crowded(1, 4, true), crowded(200, 4, false));
    let new = Contract { version: Version { minor: old.version.minor + 1, ..old.version }, ..new };
    let ruling = ruled(&old, &new);
    assert!(ruling.findings.more() > 0, "the guard's change isn't listed");
    assert_eq!(ruling.unexplained, Some(ChangeRule::SecretRemoved));
    let explained = Contract {
        weakens: &[Weakening { rule: ChangeRule::SecretRemoved, reason: "It is on every box." }],
        ..new
    };
    assert!(ruled(&old, &explained).is_licensed());
}

#[test]
fn the_remedy_stands_behind_however_many_changes() {
    let (old, new) = (crowded(200, 300, true), crowded(1, 4, true));
    let message = ruled(&old, &new).message(&new, &old);
    let (changes, remedy) = message.rsplit_once("\n— ").unwrap();
    assert!(remedy.starts_with("bump to 3.0") && remedy.ends_with("; or take the change back"), "{remedy}");
    let (_, unsaid) = changes.rsplit_once("\n  and ").unwrap();
    let unsaid: usize = unsaid.strip_suffix(" more").unwrap().parse().unwrap();
    assert_eq!(changes.lines().count() - 2 + unsaid, 201);
    assert!(!changes.contains("\"\""), "no value is left out of a line");
}

#[test]
fn a_time_out_beyond_the_usual_one_is_a_guard_lowered() {
    for (old, new, rule) in [
        (None, Some(60_000), ChangeRule::TimeoutRaised),
        (None, Some(5_000), ChangeRule::TimeoutLowered),
        (Some(5_000), None, ChangeRule::TimeoutRaised),
        (Some(60_000), None, ChangeRule::TimeoutLowered),
    ] {
        let (old, new) = (Contract { timeout_ms: old, ..OLD }, Contract { timeout_ms: new, ..OLD });
        let found = judge::compare_at_run_time(&old, &new);
        assert_eq!(found.listed().iter().map(|found| found.rule).collect::<Vec<_>>(), [rule]);
    }
}
