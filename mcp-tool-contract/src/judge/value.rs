//! Comparison of two versions of a value's schema. An argument's schema may widen, and a result's schema may narrow,
//! without breaking callers.

use super::{
    finding::{ChangeLocation, ChangedValue, FieldPath, Finding, Findings},
    location::{Direction, ValueLocation, greatest, kind_name, least},
    number::{integer, integer_with_number, is_single_integer, number},
    text::{lengths_fit, pattern, text},
    text_order::{is_same_text_order, position},
};
use crate::{
    bounds::{Field, Items, Kind, Object, Schema, Text},
    json::schema::Prose,
    rules::ChangeRule,
    text::same,
};

/// Compares two schemas. The functions that call this one compare the order of enum values, and optionality, which has
/// different rules for parameters and for fields of a result.
pub(super) const fn schema<const N: usize>(
    at: ValueLocation,
    old: &Schema,
    new: &Schema,
    prose: Prose,
    found: &mut Findings<N>,
) {
    match (old.items, new.items) {
        (None, None) => kind(at, &old.kind, &new.kind, prose, found),
        (Some(old_items), Some(new_items)) => {
            least(at, "min_items", old_items.min, new_items.min, found);
            greatest(at, "max_items", old_items.max, new_items.max, found);
            if !is_always_empty(at, old_items, new_items) {
                kind(at, &old.kind, &new.kind, prose, found);
            }
        }
        (None, Some(_)) => found.note(
            at.finding(ChangeRule::TypeChanged, ChangeRule::ResultTypeChanged)
                .change(kind_name(&old.kind), ChangedValue::Text("an array")),
        ),
        (Some(_), None) => found.note(
            at.finding(ChangeRule::TypeChanged, ChangeRule::ResultTypeChanged)
                .change(ChangedValue::Text("an array"), kind_name(&new.kind)),
        ),
    }
}

/// Returns `true` if every array that old callers send or receive is empty, so that a change of the items' kind doesn't
/// affect them. Old callers send arrays of the old parameter and receive arrays of the new result.
const fn is_always_empty(at: ValueLocation, old_items: Items, new_items: Items) -> bool {
    let sent = match at.direction {
        Direction::In => old_items,
        Direction::Out => new_items,
    };
    matches!(sent.max, Some(0))
}

/// Compares two kinds of single values, or of the items of two arrays.
const fn kind<const N: usize>(
    at: ValueLocation,
    old: &Kind,
    new: &Kind,
    prose: Prose,
    found: &mut Findings<N>,
) {
    match (old, new) {
        (Kind::Boolean, Kind::Boolean) => {}
        (
            Kind::Integer { minimum: old_min, maximum: old_max },
            Kind::Integer { minimum: new_min, maximum: new_max },
        ) => {
            // The fifth argument is `true` if the new bound is tighter.
            integer(at, "min", *old_min, *new_min, *new_min > *old_min, found);
            integer(at, "max", *old_max, *new_max, *new_max < *old_max, found);
        }
        (
            Kind::Number { minimum: old_min, maximum: old_max },
            Kind::Number { minimum: new_min, maximum: new_max },
        ) => {
            number(at, "min", *old_min, *new_min, found);
            number(at, "max", *old_max, *new_max, found);
        }
        (Kind::Integer { minimum, maximum }, Kind::Number { minimum: least, maximum: most }) => {
            // If the number can have only one value, an integer, then the types don't differ, only the bounds.
            if !is_single_integer(*least, *most) {
                found.note(at.widened(old, new));
            }
            let from_integer = true;
            integer_with_number(at, (*minimum, *maximum), (*least, *most), from_integer, found);
        }
        (Kind::Number { minimum: least, maximum: most }, Kind::Integer { minimum, maximum }) => {
            if !is_single_integer(*least, *most) {
                found.note(at.narrowed(old, new));
            }
            let from_integer = false;
            integer_with_number(at, (*minimum, *maximum), (*least, *most), from_integer, found);
        }
        (Kind::Text(old_text), Kind::Text(new_text)) => text(at, (old, old_text), (new, new_text), found),
        (Kind::Enum(old_values), Kind::Enum(new_values)) => values(at, old_values, new_values, found),
        (Kind::Text(text), Kind::Enum(values)) => match at.direction {
            Direction::In => found.note(at.narrowed(old, new)),
            // The old text must allow each value. Patterns can't be matched in const evaluation, so a text with a
            // pattern counts as not allowing them.
            Direction::Out
                if text.pattern.is_none() && text.format.is_none() && lengths_fit(values, text) =>
            {
                found.note(at.narrowed(old, new));
            }
            Direction::Out => found.note(at.changed(old, new)),
        },
        (Kind::Enum(values), Kind::Text(text)) => match at.direction {
            Direction::Out => found.note(at.widened(old, new)),
            Direction::In if text.format.is_none() && lengths_fit(values, text) => {
                found.note(at.widened(old, new));
                // An enum has no pattern: a pattern of the text counts as added.
                pattern(at, &Text { pattern: None, ..*text }, text, found);
            }
            Direction::In => found.note(at.changed(old, new)),
        },
        (Kind::Object(old_object), Kind::Object(new_object)) => {
            // Only results contain objects.
            if let ChangeLocation::Result(path) = at.location {
                object(path, old_object, new_object, prose, found);
            }
        }
        _ => found.note(at.changed(old, new)),
    }
}

/// Compares the values of two enums, without their order.
const fn values<const N: usize>(
    at: ValueLocation,
    old: &[&'static str],
    new: &[&'static str],
    found: &mut Findings<N>,
) {
    let (mut i, mut paired) = (0, 0);
    while i < old.len() {
        if position(new, old[i], i).is_some() {
            paired += 1;
        } else {
            let finding = at.finding(ChangeRule::EnumValueRemoved, ChangeRule::ResultEnumValueRemoved);
            found.note(finding.change(ChangedValue::Text(old[i]), ChangedValue::None));
        }
        i += 1;
    }
    let mut i = 0;
    // Values are unique. If all new values were paired above, none was added.
    while paired < new.len() && i < new.len() {
        if position(old, new[i], i).is_none() {
            let finding = at.finding(ChangeRule::EnumValueAdded, ChangeRule::ResultEnumValueAdded);
            found.note(finding.change(ChangedValue::None, ChangedValue::Text(new[i])));
        }
        i += 1;
    }
}

/// Compares two objects in results. Compares the order of fields only with [`Prose::Kept`].
pub(super) const fn object<const N: usize>(
    path: FieldPath,
    old: &'static Object,
    new: &'static Object,
    prose: Prose,
    found: &mut Findings<N>,
) {
    let (old_count, new_count) = (old.count(), new.count());
    let (mut i, mut last, mut ordered) = (0, 0, true);
    while i < old_count {
        if let Some(old_field) = old.field(i) {
            match find(new, old_field.name, i, new_count) {
                Some((index, new_field)) => {
                    ordered &= index >= last;
                    last = index;
                    field(path.field(old_field.name), &old_field, &new_field, prose, found);
                }
                None => {
                    let rule = if old_field.required {
                        ChangeRule::ResultFieldRemoved
                    } else {
                        ChangeRule::ResultFieldDropped
                    };
                    found.note(Finding::new(rule, ChangeLocation::Result(path.field(old_field.name))));
                }
            }
        }
        i += 1;
    }
    let mut i = 0;
    while i < new_count {
        if let Some(new_field) = new.field(i)
            && find(old, new_field.name, i, old_count).is_none()
        {
            found.note(Finding::new(
                ChangeRule::ResultFieldAdded,
                ChangeLocation::Result(path.field(new_field.name)),
            ));
        }
        i += 1;
    }
    if prose as u8 == Prose::Kept as u8 && !ordered {
        found.note(Finding::new(ChangeRule::OrderChanged, ChangeLocation::Result(path)).with_key("fields"));
    }
}

/// Compares a field that both versions have.
const fn field<const N: usize>(
    path: FieldPath,
    old: &Field,
    new: &Field,
    prose: Prose,
    found: &mut Findings<N>,
) {
    // Destructured in full, so that a new field doesn't compile until it is compared.
    let Field { name: _, description, schema: new_schema, required } = *new;
    let location = ChangeLocation::Result(path);
    match (old.required, required) {
        (true, false) => found.note(Finding::new(ChangeRule::ResultFieldOptional, location)),
        (false, true) => found.note(Finding::new(ChangeRule::ResultFieldRequired, location)),
        (true, true) | (false, false) => {}
    }
    // In a result, `optional` means that the value may be `null`, and `required` that the field is always present.
    match (old.schema.optional, new_schema.optional) {
        (false, true) => found.note(Finding::new(ChangeRule::ResultFieldNullable, location)),
        (true, false) => found.note(Finding::new(ChangeRule::ResultFieldNotNull, location)),
        (true, true) | (false, false) => {}
    }
    schema(ValueLocation::result(path), &old.schema, &new_schema, prose, found);
    if prose as u8 == Prose::Kept as u8 {
        if !same(old.description, description) {
            found.note(Finding::new(ChangeRule::DescriptionChanged, location));
        }
        if let (Kind::Enum(old), Kind::Enum(new)) = (old.schema.kind, new_schema.kind)
            && !is_same_text_order(old, new)
        {
            found.note(Finding::new(ChangeRule::OrderChanged, location).with_key("values"));
        }
    }
}

/// Returns the index of the field with this name, and the field. Compares the field at the index `likely` first, because
/// fields usually keep their index. `count` is the number of fields in the object.
const fn find(among: &'static Object, name: &str, likely: usize, count: usize) -> Option<(usize, Field)> {
    if let Some(field) = among.field(likely)
        && same(field.name, name)
    {
        return Some((likely, field));
    }
    let mut i = 0;
    while i < count {
        if let Some(field) = among.field(i)
            && same(field.name, name)
        {
            return Some((i, field));
        }
        i += 1;
    }
    None
}
