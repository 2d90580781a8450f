//! Validation of results against the output schema.

use super::{
    arguments::{syntax_error, unescaped},
    scan::{JsonScanner, NotJson},
    value::{noun, parse_value},
    violation::{Rule, ValuePath, ViolationReport, Violations, escaped_excerpt},
};
use crate::bounds::{Field, Items, Kind, Member, Object, Schema};

/// Maximum nesting of objects and arrays in a result.
const MAX_NESTING: u32 = 128;

/// Validates the JSON of a result against the declared object. Undeclared fields are violations too.
///
/// # Errors
/// All violations.
pub fn check(json: &str, object: &Object) -> Result<(), Violations> {
    checked(json, |checker, path| checker.object(object, false, path))
}

/// Validates the JSON of one value, such as a result or the answer to a form, against its schema.
///
/// # Errors
/// All violations.
pub fn check_value(json: &str, schema: &Schema) -> Result<(), Violations> {
    checked(json, |checker, path| checker.value(schema, path))
}

/// Runs `check` on the whole text, and adds a violation if the text isn't valid JSON or nests too deeply.
fn checked(
    json: &str,
    check: impl FnOnce(&mut ResultChecker<'_>, &ValuePath<'_>) -> Result<(), NotJson>,
) -> Result<(), Violations> {
    let mut checker =
        ResultChecker { scan: JsonScanner::nesting(json, MAX_NESTING), report: ViolationReport::default() };
    let outcome = check(&mut checker, &ValuePath::ROOT).and_then(|()| checker.scan.end());
    if outcome.is_err() {
        let message = format!("the result must be valid JSON: {}", syntax_error(json));
        checker.report.note(&ValuePath::ROOT, Rule::Syntax, None, message);
    }
    checker.report.finish()
}

/// Scanner of a result's JSON, with the violations so far. Each method consumes the next value.
struct ResultChecker<'t> {
    scan: JsonScanner<'t>,
    report: ViolationReport,
}

impl ResultChecker<'_> {
    /// Checks the next value against `schema`.
    fn value(&mut self, schema: &Schema, path: &ValuePath<'_>) -> Result<(), NotJson> {
        match (&schema.items, &schema.kind) {
            (Some(items), kind) => self.array(kind, *items, schema.optional, path),
            (None, Kind::Object(object)) => self.object(object, schema.optional, path),
            (None, kind) => {
                let raw = self.scan.value()?;
                if !(schema.optional && raw == "null") {
                    parse_value(kind, raw, path, &mut self.report);
                }
                Ok(())
            }
        }
    }

    /// Reports that the next value has the wrong type. `null` isn't reported if `optional` is `true`.
    fn wrong_type(&mut self, expected: &str, optional: bool, path: &ValuePath<'_>) -> Result<(), NotJson> {
        let raw = self.scan.value()?;
        if !(optional && raw == "null") {
            let message = format!("must be {expected}, got {}", noun(raw));
            self.report.note(path, Rule::Type, None, message);
        }
        Ok(())
    }

    fn array(
        &mut self,
        kind: &Kind,
        bounds: Items,
        optional: bool,
        path: &ValuePath<'_>,
    ) -> Result<(), NotJson> {
        if self.scan.peek() != Some(b'[') {
            return self.wrong_type("an array", optional, path);
        }
        self.scan.enter_array()?;
        let (schema, mut count) = (kind.schema(), 0);
        while self.scan.next_item()? {
            self.value(&schema, &path.index(count))?;
            count += 1;
        }
        let count = count as u64;
        if count < bounds.min {
            let message = format!("must have at least {} items, got {count}", bounds.min);
            self.report.note(path, Rule::MinItems, Some(bounds.min.into()), message);
        }
        if let Some(most) = bounds.max
            && count > most
        {
            let message = format!("must have at most {most} items, got {count}");
            self.report.note(path, Rule::MaxItems, Some(most.into()), message);
        }
        Ok(())
    }

    fn object(&mut self, object: &Object, optional: bool, path: &ValuePath<'_>) -> Result<(), NotJson> {
        if self.scan.peek() != Some(b'{') {
            return self.wrong_type("an object", optional, path);
        }
        self.scan.enter_object()?;
        let (mut seen, mut next) = (SeenMembers::default(), 0);
        while let Some(key) = self.scan.next_key()? {
            let name = unescaped(key)?;
            let path = path.key(&name);
            let Some((index, member)) = find_member(object, &name, next) else {
                self.scan.value()?;
                let message = "not in the output schema, but returned".into();
                self.report.note(&path, Rule::AdditionalProperties, None, message);
                continue;
            };
            if seen.contains(index) {
                self.report.note(&path, Rule::Duplicate, None, "returned twice".into());
            }
            seen.add(index);
            next = index + 1;
            match member {
                DeclaredMember::Field(field) => self.value(&field.schema, &path)?,
                DeclaredMember::Tag(_, expected) => self.tag(expected, &path)?,
            }
        }
        let report = &mut self.report;
        // `first_member` searches until the closure returns `true`. This closure never does, so it sees every member.
        first_member(object, 0, &mut |index, member| {
            if member.is_required() && !seen.contains(index) {
                let path = path.key(member.name());
                report.note(&path, Rule::Required, None, "required, but not returned".into());
            }
            false
        });
        Ok(())
    }

    /// Checks that the next value is the string `expected`, the fixed value of a member that serde's `tag` adds.
    fn tag(&mut self, expected: &str, path: &ValuePath<'_>) -> Result<(), NotJson> {
        if self.scan.peek() != Some(b'"') {
            return self.wrong_type("a string", false, path);
        }
        let raw = self.scan.value()?;
        let text = unescaped(raw.get(1..raw.len() - 1).ok_or(NotJson)?)?;
        if text != expected {
            let message = format!("must be \"{expected}\", got \"{}\"", escaped_excerpt(&text));
            self.report.note(path, Rule::Enum, Some(expected.into()), message);
        }
        Ok(())
    }
}

/// A field or tag that an object, or a struct flattened into the object, declares.
#[derive(Clone, Copy)]
enum DeclaredMember<'o> {
    Field(&'o Field),
    /// Name of the tag, and the string that it must have.
    Tag(&'o str, &'o str),
}

impl DeclaredMember<'_> {
    fn name(&self) -> &str {
        match self {
            DeclaredMember::Field(field) => field.name,
            DeclaredMember::Tag(name, _) => name,
        }
    }

    fn is_required(&self) -> bool {
        match self {
            DeclaredMember::Field(field) => field.required,
            DeclaredMember::Tag(..) => true,
        }
    }
}

/// Returns the member with this name, and its index among all members, those of flattened structs included. Tries `next`
/// first, because most members arrive in declared order.
fn find_member<'o>(object: &'o Object, name: &str, next: usize) -> Option<(usize, DeclaredMember<'o>)> {
    match object.members.get(next) {
        // The position in `members` is the index only if no flattened struct precedes the member.
        Some(Member::Field(field)) if field.name == name && has_no_flattened(&object.members[..next]) => {
            Some((next, DeclaredMember::Field(field)))
        }
        _ => first_member(object, 0, &mut |_, member| member.name() == name),
    }
}

/// Returns `true` if none of the members is a flattened struct.
fn has_no_flattened(members: &[Member]) -> bool {
    !members.iter().any(|member| matches!(member, Member::Flatten(_)))
}

/// Returns the first member for which `is_match` returns `true`, with its index. The first member of `object` has the index
/// `first`. Each member of a flattened struct has an index of its own; the flattened struct itself has none.
fn first_member<'o>(
    object: &'o Object,
    first: usize,
    is_match: &mut dyn FnMut(usize, DeclaredMember<'o>) -> bool,
) -> Option<(usize, DeclaredMember<'o>)> {
    let mut index = first;
    for member in object.members {
        let declared = match member {
            Member::Field(field) => DeclaredMember::Field(field),
            Member::Tag(name, value) => DeclaredMember::Tag(name, value),
            Member::Flatten(inner) => {
                let found = first_member(inner, index, is_match);
                if found.is_some() {
                    return found;
                }
                index += member_count(inner);
                continue;
            }
        };
        if is_match(index, declared) {
            return Some((index, declared));
        }
        index += 1;
    }
    None
}

/// Number of fields and tags, including those of flattened structs.
fn member_count(object: &Object) -> usize {
    let members = object.members.iter();
    members.map(|member| if let Member::Flatten(inner) = member { member_count(inner) } else { 1 }).sum()
}

/// Indices of the members seen so far.
#[derive(Default)]
struct SeenMembers {
    /// One bit per index below 128; few objects have more members.
    first: u128,
    /// Indices from 128 on.
    rest: Vec<usize>,
}

impl SeenMembers {
    fn contains(&self, index: usize) -> bool {
        match index {
            0..128 => self.first >> index & 1 == 1,
            _ => self.rest.contains(&index),
        }
    }

    fn add(&mut self, index: usize) {
        match index {
            0..128 => self.first |= 1 << index,
            _ => self.rest.push(index),
        }
    }
}
