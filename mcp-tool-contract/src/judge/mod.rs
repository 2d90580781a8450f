//! The judgement: what changed between a contract and the one that was locked, what that means, and whether the
//! version says so.
//!
//! The same functions run in const evaluation, where a panic is a compile error on the version, and in
//! `contract check`, which also looks at words.

mod at;
mod finding;
mod input;
mod law;
mod number;
mod output;
mod text;
mod value;

use finding::Fact;
pub use finding::{Finding, Findings, Place, Trail};
pub use law::{ACCEPT, Ruling, hold, rule};

use crate::{
    json::schema::Prose,
    model::{Contract, DEFAULT_TIMEOUT_MS, Deprecation, Hints},
    rules::Rule,
    text::same,
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
    limit(
        old.timeout_ms,
        *timeout_ms,
        DEFAULT_TIMEOUT_MS,
        Rule::TimeoutLowered,
        Rule::TimeoutRaised,
        &mut found,
    );
    limit(
        widen(old.concurrency),
        widen(*concurrency),
        u64::MAX,
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
        if position(new, old[i], i).is_none() {
            let removed = Finding::new(Rule::ScopeRemoved, Place::Tool);
            found.note(removed.change(Fact::Text(old[i]), Fact::Unsaid));
        }
        i += 1;
    }
    let mut i = 0;
    while i < new.len() {
        if position(old, new[i], i).is_none() {
            let added = Finding::new(Rule::ScopeAdded, Place::Tool);
            found.note(added.change(Fact::Unsaid, Fact::Text(new[i])));
        }
        i += 1;
    }
}

/// Where a text is among others. It is looked for first where it was: most things stay where they are, and
/// const evaluation is slow.
const fn position(among: &[&str], text: &str, likely: usize) -> Option<usize> {
    if likely < among.len() && same(among[likely], text) {
        return Some(likely);
    }
    let mut i = 0;
    while i < among.len() {
        if same(among[i], text) {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Whether the texts that both have stand in one order.
const fn in_order(old: &[&str], new: &[&str]) -> bool {
    let (mut i, mut last) = (0, 0);
    while i < old.len() {
        if let Some(j) = position(new, old[i], i) {
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

/// A limit of how a call is run; where none is set, the server's own holds.
const fn limit<const N: usize>(
    old: Option<u64>,
    new: Option<u64>,
    own: u64,
    lowered: Rule,
    raised: Rule,
    found: &mut Findings<N>,
) {
    let (was, is) = match (old, new) {
        (None, None) => return,
        (Some(was), Some(is)) if was == is => return,
        (Some(was), Some(is)) => (was, is),
        (Some(was), None) => (was, own),
        (None, Some(is)) => (own, is),
    };
    let rule = if is > was { raised } else { lowered };
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
