//! The judgement: what changed between a contract and the one that was locked, what that means, and whether the
//! version says so.
//!
//! The same functions run in const evaluation, where a panic is a compile error on the version, and in
//! `contract check`, which also looks at words.

mod finding;
mod input;
mod output;
mod value;

use finding::Fact;
pub use finding::{Finding, Findings, Place, Trail};

use crate::{
    json::schema::Prose,
    lock::compact::{self, Compact},
    model::{Contract, Deprecation, Hints, Version, Weakening},
    rules::{Class, Rule},
    text::{ConstText, same},
};

/// What changed from `old` to `new`; words and order count where prose is kept.
#[must_use]
pub const fn compare<const MOST: usize>(old: &Contract, new: &Contract, prose: Prose) -> Findings<MOST> {
    // Every field stands here by name: a new one doesn't compile until it is judged.
    let Contract {
        name: _,
        version: _,
        title,
        description,
        input,
        output,
        scopes,
        hints,
        timeout_ms,
        concurrency,
        deprecation,
        // A licence, and no promise.
        weakens: _,
    } = new;
    let mut found = Findings::none();
    if prose as u8 == Prose::Kept as u8 {
        if !same_or_none(old.title, *title) {
            found.note(Finding::new(Rule::TitleChanged, Place::Tool));
        }
        if !same(old.description, description) {
            found.note(Finding::new(Rule::DescriptionChanged, Place::Tool));
        }
        if !in_order(old.scopes, scopes) {
            found.note(Finding::new(Rule::OrderChanged, Place::Tool).of("scopes"));
        }
    }
    scope(old.scopes, scopes, &mut found);
    self::hints(old.hints, *hints, &mut found);
    limit(old.timeout_ms, *timeout_ms, Rule::TimeoutLowered, Rule::TimeoutRaised, &mut found);
    limit(
        widen(old.concurrency),
        widen(*concurrency),
        Rule::ConcurrencyLowered,
        Rule::ConcurrencyRaised,
        &mut found,
    );
    self::deprecation(old.deprecation, *deprecation, &mut found);
    input::parameters(old.input, input, prose, &mut found);
    output::results(&old.output, output, prose, &mut found);
    found
}

/// The same, with what is known only at run time.
#[must_use]
pub fn compare_at_run_time(old: &Contract, new: &Contract) -> Findings {
    let mut found = compare(old, new, Prose::Kept);
    output::results_at_run_time(&old.output, &new.output, &mut found);
    found
}

const fn same_or_none(old: Option<&str>, new: Option<&str>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => same(old, new),
        (None, None) => true,
        _ => false,
    }
}

const fn scope<const N: usize>(old: &[&'static str], new: &[&'static str], found: &mut Findings<N>) {
    let mut i = 0;
    while i < old.len() {
        if value::position(new, old[i], i).is_none() {
            let removed = Finding::new(Rule::ScopeRemoved, Place::Tool);
            found.note(removed.change(Fact::Text(old[i]), Fact::Unsaid));
        }
        i += 1;
    }
    let mut i = 0;
    while i < new.len() {
        if value::position(old, new[i], i).is_none() {
            let added = Finding::new(Rule::ScopeAdded, Place::Tool);
            found.note(added.change(Fact::Unsaid, Fact::Text(new[i])));
        }
        i += 1;
    }
}

/// Whether the texts that both have stand in one order.
const fn in_order(old: &[&str], new: &[&str]) -> bool {
    let (mut i, mut last) = (0, 0);
    while i < old.len() {
        if let Some(j) = value::position(new, old[i], i) {
            if j < last {
                return false;
            }
            last = j;
        }
        i += 1;
    }
    true
}

const fn hints<const N: usize>(old: Hints, new: Hints, found: &mut Findings<N>) {
    let Hints { read_only, destructive, idempotent, open_world } = new;
    let hints = [
        (old.read_only, read_only, Rule::ReadOnlyAdded, Rule::ReadOnlyRemoved),
        (old.destructive, destructive, Rule::DestructiveAdded, Rule::DestructiveRemoved),
        (old.idempotent, idempotent, Rule::IdempotentAdded, Rule::IdempotentRemoved),
        (old.open_world, open_world, Rule::OpenWorldAdded, Rule::OpenWorldRemoved),
    ];
    let mut i = 0;
    while i < hints.len() {
        match hints[i] {
            (false, true, added, _) => found.note(Finding::new(added, Place::Tool)),
            (true, false, _, removed) => found.note(Finding::new(removed, Place::Tool)),
            (true, true, ..) | (false, false, ..) => {}
        }
        i += 1;
    }
}

const fn widen(limit: Option<u32>) -> Option<u64> {
    match limit {
        Some(limit) => Some(limit as u64),
        None => None,
    }
}

/// A limit of how a call is run; none is the server's own.
const fn limit<const N: usize>(
    old: Option<u64>,
    new: Option<u64>,
    lowered: Rule,
    raised: Rule,
    found: &mut Findings<N>,
) {
    let rule = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if old == new => return,
        (Some(old), Some(new)) if new < old => lowered,
        (None, Some(_)) => lowered,
        (Some(_), Some(_) | None) => raised,
    };
    found.note(Finding::new(rule, Place::Tool).change(Fact::count(old), Fact::count(new)));
}

const fn deprecation<const N: usize>(
    old: Option<Deprecation>,
    new: Option<Deprecation>,
    found: &mut Findings<N>,
) {
    let (was, is) = match (old, new) {
        (None, None) => return,
        (None, Some(_)) => return found.note(Finding::new(Rule::DeprecationAdded, Place::Tool)),
        (Some(_), None) => return found.note(Finding::new(Rule::DeprecationRemoved, Place::Tool)),
        (Some(was), Some(is)) => (was, is),
    };
    let Deprecation { message, replacement, removal } = is;
    if let (Some(was), Some(is)) = (was.removal, removal)
        && before(is, was)
    {
        let earlier = Finding::new(Rule::RemovalEarlier, Place::Tool);
        found.note(earlier.change(Fact::Text(was), Fact::Text(is)));
    } else if !(same(was.message, message)
        && same_or_none(was.replacement, replacement)
        && same_or_none(was.removal, removal))
    {
        found.note(Finding::new(Rule::DeprecationChanged, Place::Tool));
    }
}

/// Whether one date, as `2027-01-31`, is before another.
const fn before(date: &str, other: &str) -> bool {
    let (date, other) = (date.as_bytes(), other.as_bytes());
    let mut i = 0;
    while i < date.len() && i < other.len() {
        if date[i] != other[i] {
            return date[i] < other[i];
        }
        i += 1;
    }
    false
}

/// What the law says of a change: the version that it needs, and guards that are lowered without a reason.
#[derive(Clone, Copy, Debug)]
pub struct Ruling {
    /// What changed.
    pub findings: Findings,
    /// The least version that licenses it, where the contract's own doesn't.
    pub bump: Option<Version>,
    /// A rule that lowers a guard, for which no reason was given.
    pub unexplained: Option<Rule>,
    /// A reason that was given for nothing.
    pub idle: Option<Weakening>,
}

impl Ruling {
    /// Whether the version, and the reasons, say all that changed.
    #[must_use]
    pub const fn is_licensed(&self) -> bool {
        self.bump.is_none() && self.unexplained.is_none() && self.idle.is_none()
    }
}

/// Judges a contract by the one that was locked, in const evaluation and out of it.
///
/// - What breaks callers needs the next major version.
/// - What doesn't, needs the next minor version.
/// - What lowers a guard needs a reason too. One that the lock keeps already was for an earlier change.
#[must_use]
pub const fn rule(old: &Contract, new: &Contract, findings: Findings) -> Ruling {
    let mut ruling = Ruling { findings, bump: None, unexplained: None, idle: None };
    let (was, is) = (old.version, new.version);
    let needed = match findings.worst() {
        Class::Breaking => Version { major: was.major + 1, minor: 0 },
        Class::Additive | Class::Weakens => Version { major: was.major, minor: was.minor + 1 },
        Class::Patch => was,
    };
    if is.major < needed.major || (is.major == needed.major && is.minor < needed.minor) {
        ruling.bump = Some(needed);
    }
    let listed = findings.listed();
    let mut i = 0;
    while i < listed.len() {
        let rule = listed[i].rule;
        if rule.class() as u8 == Class::Weakens as u8 && !licensed(rule, old.weakens, new.weakens) {
            ruling.unexplained = Some(rule);
            break;
        }
        i += 1;
    }
    let mut i = 0;
    while i < new.weakens.len() {
        let given = new.weakens[i];
        if !keeps(old.weakens, given) && !findings.has(given.rule) && findings.more() == 0 {
            ruling.idle = Some(given);
        }
        i += 1;
    }
    ruling
}

/// Whether a reason is given that the lock doesn't keep yet.
const fn licensed(rule: Rule, old: &[Weakening], new: &[Weakening]) -> bool {
    let mut i = 0;
    while i < new.len() {
        if new[i].rule.same(rule) && !keeps(old, new[i]) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether a reason is given for that rule, kept or not.
const fn gives(given: &[Weakening], rule: Rule) -> bool {
    let mut i = 0;
    while i < given.len() {
        if given[i].rule.same(rule) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether a change of that rule is among the first of these.
const fn is_among(rule: Rule, listed: &[Finding], first: usize) -> bool {
    let mut i = 0;
    while i < first {
        if listed[i].rule.same(rule) {
            return true;
        }
        i += 1;
    }
    false
}

const fn keeps(kept: &[Weakening], given: Weakening) -> bool {
    let mut i = 0;
    while i < kept.len() {
        if kept[i].rule.same(given.rule) && same(kept[i].reason, given.reason) {
            return true;
        }
        i += 1;
    }
    false
}

/// The command that puts the contracts of a server into the lock.
pub const ACCEPT: &str = "cargo run -- contract write";

/// A compile error where a contract drifted from the locked one further than its version says. What is known only
/// at run time isn't looked at.
#[track_caller]
pub const fn hold<L: Compact>(new: &Contract, same_names: bool) {
    if !compact::is_unchanged(new, L::BYTES, same_names) {
        drifted::<L>(new);
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
const fn drifted<L: Compact>(new: &Contract) {
    let locked = &L::CONTRACT;
    let ruling = rule(locked, new, compare(locked, new, Prose::Dropped));
    if !ruling.is_licensed() {
        panic!("{}", ruling.text(new, locked).as_str())
    }
}

impl Ruling {
    /// `tool 'x' 2.1 drifted from mcp-tools.lock: breaking: … [parameter-required] — bump to 3.0, …`.
    #[must_use]
    pub fn message(&self, new: &Contract, locked: &Contract) -> String {
        self.text(new, locked).as_str().to_owned()
    }

    const fn text(&self, new: &Contract, locked: &Contract) -> ConstText<16_384> {
        let mut text = ConstText::new().str("tool '").str(new.name).str("' ");
        text = version(text, new.version);
        if let Some(Weakening { rule, reason }) = self.idle
            && self.bump.is_none()
            && self.unexplained.is_none()
        {
            text = text.str(" gives a reason for nothing: no change of its own is `").str(rule.id());
            return text
                .str("` — leave out `weakens(\"")
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
        let counted = counted(listed);
        let mut i = 0;
        while i < listed.len() {
            if !matches!(listed[i].rule.class(), Class::Patch) {
                text = listed[i].text(text.str(if counted > 1 { "\n  " } else { " " }));
            }
            i += 1;
        }
        text = text.str(if counted > 1 { "\n— " } else { " — " });
        if let Some(bump) = self.bump {
            text = version(text.str("bump to "), bump);
        }
        if self.unexplained.is_some() {
            text = text.str(if self.bump.is_some() { " and say why: " } else { "say why: " });
            text = self.reasons_wanted(text, new, locked);
        }
        text.str(", then run `").str(ACCEPT).str("`")
    }

    /// A key for each rule that lowers a guard without a reason.
    const fn reasons_wanted<const N: usize>(
        &self,
        mut text: ConstText<N>,
        new: &Contract,
        locked: &Contract,
    ) -> ConstText<N> {
        let listed = self.findings.listed();
        let (mut i, mut used_up, mut is_first) = (0, false, true);
        while i < listed.len() {
            let rule = listed[i].rule;
            let weakens = matches!(rule.class(), Class::Weakens);
            if weakens && !is_among(rule, listed, i) && !licensed(rule, locked.weakens, new.weakens) {
                text = text.str(if is_first { "`weakens(\"" } else { ", `weakens(\"" });
                text = text.str(rule.id()).str("\", reason = \"…\")`");
                used_up |= gives(new.weakens, rule);
                is_first = false;
            }
            i += 1;
        }
        if used_up {
            text =
                text.str(" (the reason that stands there was for an earlier change, and the lock keeps it)");
        }
        text
    }
}

/// How many changes are listed.
const fn counted(listed: &[Finding]) -> usize {
    let (mut i, mut count) = (0, 0);
    while i < listed.len() {
        count += !matches!(listed[i].rule.class(), Class::Patch) as usize;
        i += 1;
    }
    count
}

const fn version<const N: usize>(text: ConstText<N>, version: Version) -> ConstText<N> {
    text.integer(version.major as i128).str(".").integer(version.minor as i128)
}
