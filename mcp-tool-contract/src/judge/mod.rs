//! Comparison of a contract with its locked version: the changes, their classes, and the version policy.
//!
//! The same functions run in const evaluation and in `contract check`. In const evaluation, a panic is a compile error
//! at the tool's version. `contract check` also compares titles, descriptions and order, and schemas that are known
//! only at run time.

mod finding;
mod input;
mod location;
mod number;
mod output;
mod policy;
mod text;
mod text_order;
mod value;

use finding::ChangedValue;
pub use finding::{ChangeLocation, FieldPath, Finding, Findings};
pub use policy::{ACCEPT, Ruling, apply_policy, assert_no_drift};
use text_order::{is_same_text_order, position};

use crate::{
    json::schema::Prose,
    model::{Contract, DEFAULT_TIMEOUT_MS, Deprecation, Gate, Hints, Rate, TaskSupport},
    rules::ChangeRule,
    text::same,
};

/// Returns the changes from `old` to `new`, except those of schemas that are known only at run time. Changes of titles,
/// descriptions and order are included only with [`Prose::Kept`]. At most `MOST` changes are listed, and all are
/// counted.
#[must_use]
pub const fn compare<const MOST: usize>(old: &Contract, new: &Contract, prose: Prose) -> Findings<MOST> {
    // Destructured in full, so that a new field doesn't compile until it is compared.
    let Contract {
        // The compared contracts have the same name. The version policy compares the versions.
        name: _,
        version: _,
        title,
        description,
        input,
        constraints,
        output,
        scopes,
        hints,
        timeout_ms,
        concurrency,
        rate,
        gate,
        upstreams,
        task,
        deprecation,
        // A reason permits a change. Callers don't see reasons, so a different reason is no change of the contract.
        weakens: _,
    } = new;
    let mut found = Findings::none();
    if prose as u8 == Prose::Kept as u8 {
        if !same_option(old.title, *title) {
            found.note(Finding::new(ChangeRule::TitleChanged, ChangeLocation::Tool));
        }
        if !same(old.description, description) {
            found.note(Finding::new(ChangeRule::DescriptionChanged, ChangeLocation::Tool));
        }
        if !is_same_text_order(old.scopes, scopes) {
            found.note(Finding::new(ChangeRule::OrderChanged, ChangeLocation::Tool).with_key("scopes"));
        }
        if !is_same_text_order(old.upstreams, upstreams) {
            found.note(Finding::new(ChangeRule::OrderChanged, ChangeLocation::Tool).with_key("upstreams"));
        }
    }
    scope((old.scopes, old.gate), (scopes, *gate), &mut found);
    approval((old.hints, old.gate), (*hints, *gate), &mut found);
    self::upstreams(old.upstreams, upstreams, &mut found);
    self::hints(old.hints, *hints, &mut found);
    // An operator's own default isn't known here, so an undeclared timeout counts as the framework's default.
    limit(
        old.timeout_ms,
        *timeout_ms,
        DEFAULT_TIMEOUT_MS,
        ChangeRule::TimeoutLowered,
        ChangeRule::TimeoutRaised,
        &mut found,
    );
    limit(
        widen(old.concurrency),
        widen(*concurrency),
        // Without `concurrency`, only the server's limit applies, which counts as no limit.
        u64::MAX,
        ChangeRule::ConcurrencyLowered,
        ChangeRule::ConcurrencyRaised,
        &mut found,
    );
    self::rate(old.rate, *rate, &mut found);
    self::task(old.task, *task, &mut found);
    self::deprecation(old.deprecation, *deprecation, &mut found);
    input::parameters(old.input, input, prose, &mut found);
    self::constraints(old.constraints, *constraints, &mut found);
    output::results(&old.output, output, prose, &mut found);
    found
}

/// Returns all changes, including those of titles, descriptions and order, and of schemas that are known only at run
/// time.
#[must_use]
pub fn compare_at_run_time(old: &Contract, new: &Contract) -> Findings {
    let mut found = compare(old, new, Prose::Kept);
    output::results_at_run_time(&old.output, &new.output, &mut found);
    found
}

const fn constraints<const N: usize>(old: Option<&str>, new: Option<&str>, found: &mut Findings<N>) {
    let rule = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if same(old, new) => return,
        (None, Some(_)) => ChangeRule::ConstraintsAdded,
        (Some(_), None) => ChangeRule::ConstraintsRemoved,
        (Some(_), Some(_)) => ChangeRule::ConstraintsChanged,
    };
    found.note(Finding::new(rule, ChangeLocation::Tool));
}

const fn task<const N: usize>(old: Option<TaskSupport>, new: Option<TaskSupport>, found: &mut Findings<N>) {
    let rule = match (old, new) {
        (Some(TaskSupport::Required), Some(TaskSupport::Required))
        | (Some(TaskSupport::Optional), Some(TaskSupport::Optional))
        | (None, None) => return,
        (_, Some(TaskSupport::Required)) => ChangeRule::TaskRequired,
        (None, Some(TaskSupport::Optional)) => ChangeRule::TaskAdded,
        // The tool no longer runs as a task, or no longer needs to.
        (Some(_), _) => ChangeRule::TaskRemoved,
    };
    found.note(Finding::new(rule, ChangeLocation::Tool));
}

const fn same_option(old: Option<&str>, new: Option<&str>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => same(old, new),
        (None, None) => true,
        _ => false,
    }
}

/// Scopes of a tool, and its gate, which may require one more scope. All scopes are compared as one set, so that moving
/// a scope from `scope` to `gate`, or the reverse, is no change.
type RequiredScopes = (&'static [&'static str], Option<Gate>);

const fn scope<const N: usize>(old: RequiredScopes, new: RequiredScopes, found: &mut Findings<N>) {
    let mut i = 0;
    // A scope usually keeps its index, so `requires` tries `i` first.
    while let Some(scope) = scope_at(old, i) {
        if !requires(new, scope, i) {
            let removed = Finding::new(ChangeRule::ScopeRemoved, ChangeLocation::Tool);
            found.note(removed.change(ChangedValue::Text(scope), ChangedValue::None));
        }
        i += 1;
    }
    let mut i = 0;
    while let Some(scope) = scope_at(new, i) {
        if !requires(old, scope, i) {
            let added = Finding::new(ChangeRule::ScopeAdded, ChangeLocation::Tool);
            found.note(added.change(ChangedValue::None, ChangedValue::Text(scope)));
        }
        i += 1;
    }
}

/// Returns the scope at this index; the gate's scope has the last index. `None` for a greater index.
const fn scope_at((scopes, gate): RequiredScopes, i: usize) -> Option<&'static str> {
    match gate {
        Some(Gate::Scope(scope)) if i == scopes.len() => Some(scope),
        _ if i < scopes.len() => Some(scopes[i]),
        _ => None,
    }
}

/// Returns `true` if the scope is in the set. Compares the gate's scope and the scope at the index `likely` first.
const fn requires((scopes, gate): RequiredScopes, scope: &str, likely: usize) -> bool {
    match gate {
        Some(Gate::Scope(gate_scope)) if same(gate_scope, scope) => true,
        _ => position(scopes, scope, likely).is_some(),
    }
}

/// Reports if a gate's scope replaced approval, or the reverse. A destructive tool without a gate needs approval: its
/// calls are refused unless the operator permits the tool. If only one of the versions is destructive, [`hints`]
/// reports that instead.
const fn approval<const N: usize>(
    old: (Hints, Option<Gate>),
    new: (Hints, Option<Gate>),
    found: &mut Findings<N>,
) {
    if !(old.0.destructive && new.0.destructive) {
        return;
    }
    match (old.1, new.1) {
        (None, Some(Gate::Scope(scope))) => {
            let removed = Finding::new(ChangeRule::ApprovalRemoved, ChangeLocation::Tool);
            found.note(removed.change(ChangedValue::None, ChangedValue::Text(scope)));
        }
        (Some(Gate::Scope(scope)), None) => {
            let added = Finding::new(ChangeRule::ApprovalAdded, ChangeLocation::Tool);
            found.note(added.change(ChangedValue::Text(scope), ChangedValue::None));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}

const fn upstreams<const N: usize>(old: &[&'static str], new: &[&'static str], found: &mut Findings<N>) {
    let mut i = 0;
    while i < old.len() {
        if position(new, old[i], i).is_none() {
            let removed = Finding::new(ChangeRule::UpstreamRemoved, ChangeLocation::Tool);
            found.note(removed.change(ChangedValue::Text(old[i]), ChangedValue::None));
        }
        i += 1;
    }
    let mut i = 0;
    while i < new.len() {
        if position(old, new[i], i).is_none() {
            let added = Finding::new(ChangeRule::UpstreamAdded, ChangeLocation::Tool);
            found.note(added.change(ChangedValue::None, ChangedValue::Text(new[i])));
        }
        i += 1;
    }
}

const fn hints<const N: usize>(old: Hints, new: Hints, found: &mut Findings<N>) {
    let Hints { read_only, destructive, idempotent, open_world } = new;
    let hints = [
        (old.read_only, read_only, ChangeRule::ReadOnlyAdded, ChangeRule::ReadOnlyRemoved),
        (old.destructive, destructive, ChangeRule::DestructiveAdded, ChangeRule::DestructiveRemoved),
        (old.idempotent, idempotent, ChangeRule::IdempotentAdded, ChangeRule::IdempotentRemoved),
        (old.open_world, open_world, ChangeRule::OpenWorldAdded, ChangeRule::OpenWorldRemoved),
    ];
    let mut i = 0;
    while i < hints.len() {
        match hints[i] {
            (false, true, added, _) => found.note(Finding::new(added, ChangeLocation::Tool)),
            (true, false, _, removed) => found.note(Finding::new(removed, ChangeLocation::Tool)),
            (true, true, ..) | (false, false, ..) => {}
        }
        i += 1;
    }
}

/// Converts a limit to the type that [`limit`] compares.
const fn widen(limit: Option<u32>) -> Option<u64> {
    match limit {
        Some(limit) => Some(limit as u64),
        None => None,
    }
}

/// Compares an execution limit. A version that doesn't declare the limit has the limit `default`.
const fn limit<const N: usize>(
    old: Option<u64>,
    new: Option<u64>,
    default: u64,
    lowered: ChangeRule,
    raised: ChangeRule,
    found: &mut Findings<N>,
) {
    let (old_limit, new_limit) = match (old, new) {
        (None, None) => return,
        (Some(old_limit), Some(new_limit)) if old_limit == new_limit => return,
        (Some(old_limit), Some(new_limit)) => (old_limit, new_limit),
        (Some(old_limit), None) => (old_limit, default),
        (None, Some(new_limit)) => (default, new_limit),
    };
    let rule = if new_limit > old_limit { raised } else { lowered };
    found.note(
        Finding::new(rule, ChangeLocation::Tool)
            .change(ChangedValue::optional_count(old), ChangedValue::optional_count(new)),
    );
}

/// Compares rates. A rate is raised if the new rate admits more calls within one window of the old rate than the old
/// rate did. For example, `100/h` instead of `10/min` is a raised rate, because it admits 100 calls within one minute.
const fn rate<const N: usize>(old: Option<Rate>, new: Option<Rate>, found: &mut Findings<N>) {
    let (rule, from, to) = match (old, new) {
        (None, None) => return,
        (None, Some(new)) => (ChangeRule::RateLowered, ChangedValue::None, ChangedValue::Rate(new)),
        (Some(old), None) => (ChangeRule::RateRaised, ChangedValue::Rate(old), ChangedValue::None),
        (Some(old), Some(new)) => {
            if old.calls == new.calls && old.window as u8 == new.window as u8 {
                return;
            }
            let is_raised = new.most_in(old.window) > old.calls as u64;
            let rule = if is_raised { ChangeRule::RateRaised } else { ChangeRule::RateLowered };
            (rule, ChangedValue::Rate(old), ChangedValue::Rate(new))
        }
    };
    found.note(Finding::new(rule, ChangeLocation::Tool).change(from, to));
}

const fn deprecation<const N: usize>(
    old: Option<Deprecation>,
    new: Option<Deprecation>,
    found: &mut Findings<N>,
) {
    let (old, new) = match (old, new) {
        (None, None) => return,
        (None, Some(_)) => {
            return found.note(Finding::new(ChangeRule::DeprecationAdded, ChangeLocation::Tool));
        }
        (Some(_), None) => {
            return found.note(Finding::new(ChangeRule::DeprecationRemoved, ChangeLocation::Tool));
        }
        (Some(old), Some(new)) => (old, new),
    };
    let Deprecation { message, replacement, removal } = new;
    // An earlier removal is reported alone, because it is the more severe change.
    if let (Some(old_removal), Some(new_removal)) = (old.removal, removal)
        && before(new_removal, old_removal)
    {
        let earlier = Finding::new(ChangeRule::RemovalEarlier, ChangeLocation::Tool);
        found.note(earlier.change(ChangedValue::Text(old_removal), ChangedValue::Text(new_removal)));
    } else if !(same(old.message, message)
        && same_option(old.replacement, replacement)
        && same_option(old.removal, removal))
    {
        found.note(Finding::new(ChangeRule::DeprecationChanged, ChangeLocation::Tool));
    }
}

/// Returns `true` if `date` is before `other`. Both have the form `2027-01-31`.
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
