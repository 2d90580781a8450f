//! Version policy: the version and the reasons (`weakens("rule-id", reason = "…")`) that changes need, and the compile
//! error if they are missing. A lowered guard, such as a removed scope, is a change of the class
//! [`ChangeClass::Weakens`].

use super::{
    compare,
    finding::{Finding, Findings},
};
use crate::{
    json::schema::Prose,
    lock::compact::{self, CompactContract},
    model::{Contract, Version, Weakening},
    rules::{ChangeClass, ChangeRule},
    text::{ConstText, same},
};

/// Decision of the version policy on the changes from a locked contract to a new one.
#[derive(Clone, Copy, Debug)]
pub struct Ruling {
    /// All changes.
    pub findings: Findings,
    /// Lowest version that permits the changes; `None` if the new contract's version permits them.
    pub bump: Option<Version>,
    /// First rule, in the order of [`ChangeRule::ALL`], that classifies a lowered guard and has no new reason (a reason
    /// that isn't in the lock). `None` if every lowered guard has a new reason.
    pub unexplained: Option<ChangeRule>,
    /// Last new reason whose rule classifies no change; `None` if every new reason belongs to a change.
    pub unused_reason: Option<Weakening>,
}

impl Ruling {
    /// Returns `true` if the version and the reasons permit all changes, and every new reason belongs to a change.
    #[must_use]
    pub const fn is_permitted(&self) -> bool {
        self.bump.is_none() && self.unexplained.is_none() && self.unused_reason.is_none()
    }
}

/// Applies the version policy to a contract and its locked version, in const evaluation and at run time.
///
/// - Breaking changes need the next major version.
/// - Additive changes and lowered guards need the next minor version.
/// - Lowered guards also need a reason. A reason that is already in the lock belongs to an earlier change and doesn't
///   count.
#[must_use]
pub const fn apply_policy(old: &Contract, new: &Contract, findings: Findings) -> Ruling {
    let mut ruling = Ruling { findings, bump: None, unexplained: None, unused_reason: None };
    let (locked_version, new_version) = (old.version, new.version);
    let needed = match findings.worst() {
        ChangeClass::Breaking => Version { major: locked_version.major.saturating_add(1), minor: 0 },
        ChangeClass::Additive | ChangeClass::Weakens => {
            Version { major: locked_version.major, minor: locked_version.minor.saturating_add(1) }
        }
        ChangeClass::Patch => locked_version,
    };
    if new_version.major < needed.major
        || (new_version.major == needed.major && new_version.minor < needed.minor)
    {
        ruling.bump = Some(needed);
    }
    let mut i = 0;
    while i < ChangeRule::ALL.len() {
        if lacks_reason(&findings, ChangeRule::ALL[i], old, new) {
            ruling.unexplained = Some(ChangeRule::ALL[i]);
            break;
        }
        i += 1;
    }
    let mut i = 0;
    while i < new.weakens.len() {
        let given = new.weakens[i];
        if !contains(old.weakens, given) && !findings.has(given.rule) {
            ruling.unused_reason = Some(given);
        }
        i += 1;
    }
    ruling
}

/// Returns `true` if the rule classifies a lowered guard, and has no new reason.
const fn lacks_reason<const N: usize>(
    findings: &Findings<N>,
    rule: ChangeRule,
    old: &Contract,
    new: &Contract,
) -> bool {
    rule.class() as u8 == ChangeClass::Weakens as u8
        && findings.has(rule)
        && !has_new_reason(rule, old.weakens, new.weakens)
}

/// Returns `true` if there is a reason for the rule that isn't in the lock yet.
const fn has_new_reason(rule: ChangeRule, old: &[Weakening], new: &[Weakening]) -> bool {
    let mut i = 0;
    while i < new.len() {
        if new[i].rule.same(rule) && !contains(old, new[i]) {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns `true` if one of the reasons is for this rule.
const fn has_reason(given: &[Weakening], rule: ChangeRule) -> bool {
    let mut i = 0;
    while i < given.len() {
        if given[i].rule.same(rule) {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns `true` if the lock's reasons contain this reason.
const fn contains(locked: &[Weakening], given: Weakening) -> bool {
    let mut i = 0;
    while i < locked.len() {
        if locked[i].rule.same(given.rule) && same(locked[i].reason, given.reason) {
            return true;
        }
        i += 1;
    }
    false
}

/// Command that writes a server's contracts into the lock.
pub const ACCEPT: &str = "cargo run -- contract write";

/// Fails compilation if a contract differs from the locked contract `L` by more than its version and its reasons
/// permit. Schemas that are known only at run time are ignored.
///
/// `same_names` states that both contracts have parameters of the same names in the same order: the fast comparison
/// relies on it and doesn't read the names. `#[mcp_tool]` computes it.
#[track_caller]
pub const fn assert_no_drift<L: CompactContract>(new: &Contract, same_names: bool) {
    if !compact::is_unchanged(new, L::BYTES, same_names) {
        report_drift::<L>(new);
    }
}

/// Panics if the version policy doesn't permit the changes.
#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
const fn report_drift<L: CompactContract>(new: &Contract) {
    let locked = &L::CONTRACT;
    let ruling = apply_policy(locked, new, compare(locked, new, Prose::Dropped));
    if !ruling.is_permitted() {
        panic!("{}", ruling.text(new, locked).as_str())
    }
}

impl Ruling {
    /// Returns the message of the compile error, such as `tool 'x' 2.1 drifted from mcp-tools.lock: breaking: …
    /// [parameter-required] — bump to 3.0, …`.
    #[must_use]
    pub fn message(&self, new: &Contract, locked: &Contract) -> String {
        self.text(new, locked).as_str().to_owned()
    }

    /// Writes [`message`](Self::message) in const evaluation.
    const fn text(&self, new: &Contract, locked: &Contract) -> ConstText<16_384> {
        let mut text = ConstText::new().str("tool '").str(new.name).str("' ");
        text = version(text, new.version);
        if let Some(Weakening { rule, reason }) = self.unused_reason
            && self.bump.is_none()
            && self.unexplained.is_none()
        {
            text = text.str(" gives a reason for `").str(rule.id());
            return text
                .str("`, but has no such change — remove `weakens(\"")
                .str(rule.id())
                .str("\", reason = \"")
                .str(reason)
                .str("\")`");
        }
        text = text.str(" drifted from mcp-tools.lock");
        if !(new.version.major == locked.version.major && new.version.minor == locked.version.minor) {
            text = version(text.str(", which has "), locked.version);
        }
        text = text.str(":");
        let listed = self.findings.listed();
        let reported = reported_count(listed);
        let (mut i, mut omitted) = (0, self.findings.more());
        while i < listed.len() {
            if !matches!(listed[i].rule.class(), ChangeClass::Patch) {
                // Keeps 2 KiB free for the instructions at the end of the message.
                if text.remaining() > 2_048 {
                    text = listed[i].text(text.str(if reported > 1 { "\n  " } else { " " }));
                } else {
                    omitted += 1;
                }
            }
            i += 1;
        }
        if omitted > 0 {
            text = text.str("\n  and ").integer(omitted as i128).str(" more");
        }
        text = text.str(if reported > 1 { "\n— " } else { " — " });
        let is_major = matches!(self.bump, Some(bump) if bump.major > locked.version.major);
        if let Some(bump) = self.bump {
            text = version(text.str("bump to "), bump);
        }
        if is_major {
            text = version(text.str(" and keep serving "), locked.version);
            text = text.str(" to its callers (an adapter is enough)");
        }
        if self.unexplained.is_some() {
            text = text.str(if is_major { ", " } else { "" });
            text = text.str(if self.bump.is_some() && !is_major {
                " and give the reason in the attribute: "
            } else {
                "give the reason in the attribute: "
            });
            text = self.missing_reasons(text, new, locked);
        }
        text = text.str(", then run `").str(ACCEPT).str("`");
        if is_major || self.unexplained.is_some() { text.str("; or revert the change") } else { text }
    }

    /// Writes the missing `weakens(…)` key for each rule that lowers a guard without a reason.
    const fn missing_reasons<const N: usize>(
        &self,
        mut text: ConstText<N>,
        new: &Contract,
        locked: &Contract,
    ) -> ConstText<N> {
        let (mut i, mut has_earlier_reason, mut is_first) = (0, false, true);
        while i < ChangeRule::ALL.len() {
            let rule = ChangeRule::ALL[i];
            if lacks_reason(&self.findings, rule, locked, new) {
                text = text.str(if is_first { "`weakens(\"" } else { ", `weakens(\"" });
                text = text.str(rule.id()).str("\", reason = \"…\")`");
                // The rule has no new reason, so any reason for it is an earlier one.
                has_earlier_reason |= has_reason(new.weakens, rule);
                is_first = false;
            }
            i += 1;
        }
        if has_earlier_reason {
            text = text.str(" (the existing reason belongs to an earlier change that the lock keeps)");
        }
        text
    }
}

/// Returns the number of listed changes that the message mentions: all except those of class patch.
const fn reported_count(listed: &[Finding]) -> usize {
    let (mut i, mut count) = (0, 0);
    while i < listed.len() {
        count += !matches!(listed[i].rule.class(), ChangeClass::Patch) as usize;
        i += 1;
    }
    count
}

const fn version<const N: usize>(text: ConstText<N>, version: Version) -> ConstText<N> {
    text.integer(version.major as i128).str(".").integer(version.minor as i128)
}
