//! Tests of the version policy: a change, except a patch, needs a new version. A lowered guard (a change of class
//! `weakens`, such as a removed scope) also needs a reason.

use mcp_tool_contract::{
    bounds::Kind,
    judge::{self, Ruling},
    model::{Contract, Param, Version, Weakening},
    rules::ChangeRule,
};

use crate::specimens::{COUNT, TEXT, param, whole};

/// Version 2.3 of a tool that needs the scope `mail:send`, and whose parameter is an integer from 0 to 90.
const OLD: Contract = takes!(param("days", COUNT)).with_version(Version::new(2, 3));
/// Differs from [`OLD`] only in its description.
const REWORDED: Contract = OLD.with_description("Sends one reminder.");
const ADDITIVE: Contract =
    takes!(param("days", COUNT), param("reason", TEXT.optional())).with_version(OLD.version());
const BREAKING: Contract = takes!(param("days", COUNT).max(whole(60, "60"))).with_version(OLD.version());
/// A copy of [`OLD`] with a lowered guard: a call needs no scope.
const WEAKER: Contract = OLD.with_scopes(&[]);
/// The author's reason for a lowered guard: `weakens("scope-removed", reason = "nobody used it")` in the attribute.
const REASON: Weakening = Weakening::new(ChangeRule::ScopeRemoved, "nobody used it");
const OTHER_REASON: Weakening = Weakening::new(ChangeRule::ScopeRemoved, "it is public now");

fn ruled(old: &Contract, new: &Contract) -> Ruling {
    judge::apply_policy(old, new, judge::compare_at_run_time(old, new))
}

const fn at(contract: Contract, major: u32, minor: u32) -> Contract {
    contract.with_version(Version::new(major, minor))
}

#[test]
fn needed_version_depends_on_the_class_of_the_change() {
    // The new contract, the version that it needs, and versions that are enough.
    let cases = [
        (OLD, None, [(2, 3), (2, 4), (3, 0)].as_slice()),
        (REWORDED, None, &[(2, 3), (2, 4), (3, 0)]),
        (ADDITIVE, Some((2, 4)), &[(2, 4), (2, 9), (3, 0)]),
        (BREAKING, Some((3, 0)), &[(3, 0), (3, 1), (4, 0)]),
    ];
    for (new, needed, enough) in cases {
        let needed = needed.map(|(major, minor)| Version::new(major, minor));
        assert_eq!(ruled(&OLD, &new).bump, needed, "{new:?}");
        assert_eq!(ruled(&OLD, &new).is_permitted(), needed.is_none(), "{new:?}");
        for (major, minor) in enough {
            let ruling = ruled(&OLD, &at(new, *major, *minor));
            assert!(ruling.is_permitted(), "{major}.{minor}: {ruling:?}");
        }
    }
    assert_eq!(ruled(&OLD, &at(BREAKING, 2, 99)).bump, Some(Version::new(3, 0)));
}

#[test]
fn lower_version_is_refused() {
    for (major, minor) in [(2, 2), (1, 9)] {
        assert_eq!(ruled(&OLD, &at(OLD, major, minor)).bump, Some(OLD.version()));
    }
}

#[test]
fn lowered_guard_needs_a_minor_version_and_a_reason() {
    let explained = WEAKER.with_weakens(&[REASON]);
    let ruling = ruled(&OLD, &WEAKER);
    assert_eq!(ruling.bump, Some(Version::new(2, 4)));
    assert_eq!(ruling.unexplained, Some(ChangeRule::ScopeRemoved));
    assert_eq!(ruled(&OLD, &at(WEAKER, 2, 4)).unexplained, Some(ChangeRule::ScopeRemoved));
    assert_eq!(
        ruled(&OLD, &at(WEAKER, 3, 0)).unexplained,
        Some(ChangeRule::ScopeRemoved),
        "a major version doesn't replace the reason"
    );
    assert_eq!(
        ruled(&OLD, &explained).bump,
        Some(Version::new(2, 4)),
        "a reason doesn't replace the version"
    );
    assert!(ruled(&OLD, &at(explained, 2, 4)).is_permitted());
}

#[test]
fn reason_in_the_lock_does_not_cover_another_change() {
    // `REASON` was given for an earlier change, and the scope is removed only now.
    let locked = OLD.with_weakens(&[REASON]);
    let again = at(WEAKER, 2, 4).with_weakens(&[REASON]);
    let ruling = ruled(&locked, &again);
    assert_eq!((ruling.unexplained, ruling.unused_reason), (Some(ChangeRule::ScopeRemoved), None));
    let with_new_reason = again.with_weakens(&[REASON, OTHER_REASON]);
    assert!(ruled(&locked, &with_new_reason).is_permitted());
    assert!(ruled(&locked, &locked).is_permitted(), "a reason in the lock may stay in the attribute");
}

#[test]
fn reason_without_a_change_is_refused() {
    let new = at(ADDITIVE, 2, 4).with_weakens(&[REASON]);
    let ruling = ruled(&OLD, &new);
    assert_eq!((ruling.unused_reason, ruling.is_permitted()), (Some(REASON), false));
    assert_eq!(
        ruling.message(&new, &OLD),
        "tool 'remind' 2.4 gives a reason for `scope-removed`, but has no such change — remove \
         `weakens(\"scope-removed\", reason = \"nobody used it\")`"
    );
}

#[test]
fn reason_for_one_guard_does_not_cover_another() {
    let secret = takes!(param("days", COUNT).secret()).with_version(OLD.version());
    let new = at(WEAKER, 2, 4).with_weakens(&[REASON]);
    assert_eq!(ruled(&OLD, &new).unexplained, None);
    assert_eq!(ruled(&secret, &new).unexplained, Some(ChangeRule::SecretRemoved));
}

#[test]
fn message_lists_all_changes_except_patches_and_says_what_to_do() {
    let new = BREAKING.with_scopes(&[]).with_description(REWORDED.description());
    assert_eq!(
        ruled(&OLD, &new).message(&new, &OLD),
        "tool 'remind' 2.3 drifted from mcp-tools.lock:\n  \
         weakens: scope 'mail:send' is no longer required [scope-removed]\n  \
         breaking: parameter 'days': max changed from 90 to 60 [bound-tightened]\n\
         — bump to 3.0 and keep serving 2.3 to its callers (an adapter is enough), \
         give the reason in the attribute: `weakens(\"scope-removed\", reason = \"…\")`, \
         then run `cargo run -- contract write`; or revert the change"
    );
    let new = at(ADDITIVE, 2, 2);
    assert_eq!(
        ruled(&OLD, &new).message(&new, &OLD),
        "tool 'remind' 2.2 drifted from mcp-tools.lock, which has 2.3: \
         additive: parameter 'reason' was added as optional [parameter-added] — bump to 2.4, \
         then run `cargo run -- contract write`"
    );
}

/// Returns a contract with two parameters: an enum of `values` values with `length` characters each, and a string that
/// may be secret.
fn crowded(values: usize, length: usize, secret: bool) -> Contract {
    let values: Vec<&'static str> = (0..values).map(|value| &*format!("{value:0length$}").leak()).collect();
    let kind = Kind::Enum(values.leak());
    let word = Param::new("word", "A word.", Kind::TEXT.schema()).with_secret(secret);
    let input = vec![Param::new("mode", "A mode.", kind.schema()), word];
    Contract::EMPTY.with_name("crowded").with_version(OLD.version()).with_input(input.leak())
}

#[test]
fn lowered_guard_is_found_among_many_changes() {
    let (old, new) = (crowded(1, 4, true), crowded(200, 4, false));
    let new = new.with_version(Version::new(old.version().major(), old.version().minor() + 1));
    let ruling = ruled(&old, &new);
    assert!(ruling.findings.more() > 0, "the test needs changes that aren't listed");
    assert_eq!(ruling.unexplained, Some(ChangeRule::SecretRemoved));
    let explained =
        new.with_weakens(const { &[Weakening::new(ChangeRule::SecretRemoved, "It isn't sensitive.")] });
    assert!(ruled(&old, &explained).is_permitted());
}

#[test]
fn message_that_omits_changes_still_says_what_to_do() {
    let (old, new) = (crowded(200, 300, true), crowded(1, 4, true));
    let message = ruled(&old, &new).message(&new, &old);
    let (changes, instructions) = message.rsplit_once("\n— ").unwrap();
    assert!(
        instructions.starts_with("bump to 3.0") && instructions.ends_with("; or revert the change"),
        "{instructions}"
    );
    let (_, omitted) = changes.rsplit_once("\n  and ").unwrap();
    let omitted: usize = omitted.strip_suffix(" more").unwrap().parse().unwrap();
    // 200 removed enum values and an added one. Two lines, the first and the last, are no changes.
    assert_eq!(changes.lines().count() - 2 + omitted, 201);
    assert!(!changes.contains("\"\""), "a line of the message lacks its value: {changes}");
}

#[test]
fn absent_timeout_is_compared_as_the_default() {
    // The default is 30,000 ms.
    for (old, new, rule) in [
        (None, Some(60_000), ChangeRule::TimeoutRaised),
        (None, Some(5_000), ChangeRule::TimeoutLowered),
        (Some(5_000), None, ChangeRule::TimeoutRaised),
        (Some(60_000), None, ChangeRule::TimeoutLowered),
    ] {
        let (old, new) = (OLD.with_timeout_ms(old), OLD.with_timeout_ms(new));
        let found = judge::compare_at_run_time(&old, &new);
        assert_eq!(found.listed().iter().map(|found| found.rule).collect::<Vec<_>>(), [rule]);
    }
}
