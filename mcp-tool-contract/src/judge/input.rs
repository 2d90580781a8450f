//! Comparison of the parameters of two versions.

use super::{
    finding::{ChangeLocation, ChangedValue, Finding, Findings},
    location::ValueLocation,
    text_order::is_same_text_order,
    value,
};
use crate::{
    bounds::{Kind, Literal, LiteralValue},
    json::schema::Prose,
    model::Param,
    rules::ChangeRule,
    text::{same, same_but_for_case},
};

/// Compares the parameters of two versions. Compares their descriptions and order only with [`Prose::Kept`].
pub(super) const fn parameters<const N: usize>(
    old: &[Param],
    new: &[Param],
    prose: Prose,
    found: &mut Findings<N>,
) {
    let (mut i, mut paired) = (0, 0);
    while i < old.len() {
        let old_param = &old[i];
        // A parameter usually keeps its index, so `position` tries `i` first.
        match position(new, old_param.name, i) {
            Some(j) => {
                paired += 1;
                parameter(old_param, &new[j], prose, found);
            }
            None => match find_renamed(old, new, i) {
                Some(j) => {
                    let finding =
                        Finding::new(ChangeRule::ParameterRenamed, ChangeLocation::Parameter(old_param.name));
                    found.note(finding.change(ChangedValue::None, ChangedValue::Text(new[j].name)));
                }
                None => found.note(Finding::new(
                    ChangeRule::ParameterRemoved,
                    ChangeLocation::Parameter(old_param.name),
                )),
            },
        }
        i += 1;
    }
    let mut j = 0;
    // Names are unique. If all new parameters were paired above, none was added.
    while paired < new.len() && j < new.len() {
        let new_param = &new[j];
        if position(old, new_param.name, j).is_none() && !is_renamed(old, new, j) {
            let rule = if new_param.is_required() {
                ChangeRule::RequiredParameterAdded
            } else {
                ChangeRule::ParameterAdded
            };
            found.note(Finding::new(rule, ChangeLocation::Parameter(new_param.name)));
        }
        j += 1;
    }
    if prose as u8 == Prose::Kept as u8 && !is_same_order(old, new) {
        found.note(Finding::new(ChangeRule::OrderChanged, ChangeLocation::Tool).with_key("parameters"));
    }
}

/// Compares a parameter that both versions have.
const fn parameter<const N: usize>(old: &Param, new: &Param, prose: Prose, found: &mut Findings<N>) {
    // Destructured in full, so that a new field doesn't compile until it is compared.
    let Param { name, description, schema, default, secret, header } = *new;
    let at = ValueLocation::parameter(name);
    match (old.is_required(), new.is_required()) {
        (true, true) => {}
        (false, true) => found.note(Finding::new(ChangeRule::ParameterRequired, at.location)),
        (true, false) => found.note(Finding::new(ChangeRule::ParameterOptional, at.location)),
        (false, false) if !same_default(old.default, default) => {
            let change = Finding::new(ChangeRule::DefaultChanged, at.location);
            found.note(change.change(default_text(old.default), default_text(default)));
        }
        (false, false) => {}
    }
    match (old.secret, secret) {
        (false, true) => found.note(Finding::new(ChangeRule::SecretAdded, at.location)),
        (true, false) => found.note(Finding::new(ChangeRule::SecretRemoved, at.location)),
        (true, true) | (false, false) => {}
    }
    self::header(at, old.header, header, found);
    value::schema(at, &old.schema, &schema, prose, found);
    if prose as u8 == Prose::Kept as u8 {
        if !same(old.description, description) {
            found.note(Finding::new(ChangeRule::DescriptionChanged, at.location));
        }
        if let (Kind::Enum(old), Kind::Enum(new)) = (old.schema.kind, schema.kind)
            && !is_same_text_order(old, new)
        {
            found.note(Finding::new(ChangeRule::OrderChanged, at.location).with_key("values"));
        }
    }
}

/// Compares the header that mirrors a parameter. Header names are case-insensitive (RFC 9110 §5.1).
const fn header<const N: usize>(
    at: ValueLocation,
    old: Option<&'static str>,
    new: Option<&'static str>,
    found: &mut Findings<N>,
) {
    let rule = match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if same_but_for_case(old, new) => return,
        (Some(_), Some(_)) => ChangeRule::HeaderChanged,
        (None, Some(_)) => ChangeRule::HeaderAdded,
        (Some(_), None) => ChangeRule::HeaderRemoved,
    };
    found.note(
        Finding::new(rule, at.location)
            .change(ChangedValue::optional_text(old), ChangedValue::optional_text(new)),
    );
}

/// Text of a default in messages.
const fn default_text(default: Option<Literal>) -> ChangedValue {
    match default {
        Some(default) => ChangedValue::Text(default.json),
        None => ChangedValue::None,
    }
}

/// Returns `true` if two defaults have the same value, even if their JSON text differs.
const fn same_default(old: Option<Literal>, new: Option<Literal>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) if same(old.json, new.json) => true,
        (Some(old), Some(new)) => match (old.value, new.value) {
            (LiteralValue::Boolean(old), LiteralValue::Boolean(new)) => old == new,
            (LiteralValue::Integer(old), LiteralValue::Integer(new)) => old == new,
            (LiteralValue::Number(old), LiteralValue::Number(new)) => old == new,
            (LiteralValue::Integer(whole), LiteralValue::Number(number))
            | (LiteralValue::Number(number), LiteralValue::Integer(whole)) => whole as f64 == number,
            // Strings are the same only if their JSON texts are, which was checked above.
            _ => false,
        },
        _ => false,
    }
}

/// Returns the index of the parameter with this name. Compares the parameter at the index `likely` first.
const fn position(among: &[Param], name: &str, likely: usize) -> Option<usize> {
    if likely < among.len() && same(among[likely].name, name) {
        return Some(likely);
    }
    let mut i = 0;
    while i < among.len() {
        if same(among[i].name, name) {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Returns the index of the new parameter that `old[removed]` was probably renamed to. Candidates are the parameter at
/// the same index and, if exactly one parameter was removed and one was added, the added parameter. The candidate must
/// equal `old[removed]` except for name and description.
const fn find_renamed(old: &[Param], new: &[Param], removed: usize) -> Option<usize> {
    if removed < new.len() && is_same_except_name(old, new, removed, removed) {
        return Some(removed);
    }
    let (mut removals, mut additions, mut added) = (0, 0, 0);
    let mut i = 0;
    while i < old.len() {
        removals += position(new, old[i].name, i).is_none() as usize;
        i += 1;
    }
    let mut j = 0;
    while j < new.len() {
        if position(old, new[j].name, j).is_none() {
            additions += 1;
            added = j;
        }
        j += 1;
    }
    if removals == 1 && additions == 1 && is_same_except_name(old, new, removed, added) {
        Some(added)
    } else {
        None
    }
}

/// Returns `true` if an old parameter was probably renamed to the new parameter `new[added]`.
const fn is_renamed(old: &[Param], new: &[Param], added: usize) -> bool {
    let mut i = 0;
    while i < old.len() {
        if position(new, old[i].name, i).is_none()
            && let Some(j) = find_renamed(old, new, i)
            && j == added
        {
            return true;
        }
        i += 1;
    }
    false
}

/// Returns `true` if no old parameter has the name of `new[j]`, and `new[j]` equals `old[i]` except for name and
/// description.
const fn is_same_except_name(old: &[Param], new: &[Param], i: usize, j: usize) -> bool {
    if position(old, new[j].name, j).is_some() {
        return false;
    }
    // Lists no change, only counts changes, because const evaluation is slow.
    let mut found = Findings::<0>::none();
    parameter(&Param { name: new[j].name, ..old[i] }, &new[j], Prose::Dropped, &mut found);
    found.is_empty()
}

/// Returns `true` if the parameters that both versions have are in the same order.
const fn is_same_order(old: &[Param], new: &[Param]) -> bool {
    let (mut i, mut last) = (0, 0);
    while i < old.len() {
        if let Some(j) = position(new, old[i].name, i) {
            if j < last {
                return false;
            }
            last = j;
        }
        i += 1;
    }
    true
}
