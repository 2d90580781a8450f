//! Validation of results against the output schema.

use super::{
    arguments::{syntax_error, unescaped},
    scan::{JsonScanner, NotJson},
    value::{noun, parse_value},
    violation::{Rule, ValuePath, ViolationReport, Violations, shown},
};
use crate::bounds::{Field, Items, Kind, Member, Object, Schema};

/// Maximum nesting of a result.
const MAX_NESTING: u32 = 128;

/// Validates the JSON of a result against its object; undeclared fields are violations too.
///
/// # Errors
/// All violations.
pub fn check(json: &str, object: &Object) -> Result<(), Violations> {
    checked(json, |walk, path| walk.object(object, false, path))
}

/// Validates the JSON of one value of a result against its schema.
///
/// # Errors
/// All violations.
pub fn check_value(json: &str, schema: &Schema) -> Result<(), Violations> {
    checked(json, |walk, path| walk.value(schema, path))
}

fn checked(
    json: &str,
    check: impl FnOnce(&mut ResultChecker<'_>, &ValuePath<'_>) -> Result<(), NotJson>,
) -> Result<(), Violations> {
    let mut walk =
        ResultChecker { scan: JsonScanner::nesting(json, MAX_NESTING), report: ViolationReport::default() };
    let ended = check(&mut walk, &ValuePath::ROOT).and_then(|()| walk.scan.end());
    if ended.is_err() {
        let message = format!("the result must be valid JSON: {}", syntax_error(json));
        walk.report.note(&ValuePath::ROOT, Rule::Syntax, None, message);
    }
    walk.report.finish()
}

struct ResultChecker<'t> {
    scan: JsonScanner<'t>,
    report: ViolationReport,
}

impl ResultChecker<'_> {
    /// Checks a value of any schema.
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

    /// Reports a value of the wrong type.
    fn wrong_type(&mut self, wanted: &str, optional: bool, path: &ValuePath<'_>) -> Result<(), NotJson> {
        let raw = self.scan.value()?;
        if !(optional && raw == "null") {
            let message = format!("must be {wanted}, got {}", noun(raw));
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
            let Some((place, member)) = find_member(object, &name, next) else {
                self.scan.value()?;
                let message = "not in the output schema, but returned".into();
                self.report.note(&path, Rule::AdditionalProperties, None, message);
                continue;
            };
            if seen.contains(place) {
                self.report.note(&path, Rule::Duplicate, None, "returned twice".into());
            }
            seen.add(place);
            next = place + 1;
            match member {
                PromisedMember::Field(field) => self.value(&field.schema, &path)?,
                PromisedMember::Tag(_, wanted) => self.tag(wanted, &path)?,
            }
        }
        let report = &mut self.report;
        first_member(object, 0, &mut |place, member| {
            if member.is_required() && !seen.contains(place) {
                let path = path.key(member.name());
                report.note(&path, Rule::Required, None, "required, but not returned".into());
            }
            false
        });
        Ok(())
    }

    fn tag(&mut self, wanted: &str, path: &ValuePath<'_>) -> Result<(), NotJson> {
        if self.scan.peek() != Some(b'"') {
            return self.wrong_type("a string", false, path);
        }
        let raw = self.scan.value()?;
        let text = unescaped(raw.get(1..raw.len() - 1).ok_or(NotJson)?)?;
        if text != wanted {
            let message = format!("must be \"{wanted}\", got \"{}\"", shown(&text));
            self.report.note(path, Rule::Enum, Some(wanted.into()), message);
        }
        Ok(())
    }
}

/// A declared member of an object, except flattened ones.
#[derive(Clone, Copy)]
enum PromisedMember<'o> {
    Field(&'o Field),
    Tag(&'o str, &'o str),
}

impl PromisedMember<'_> {
    fn name(&self) -> &str {
        match self {
            PromisedMember::Field(field) => field.name,
            PromisedMember::Tag(name, _) => name,
        }
    }

    fn is_required(&self) -> bool {
        match self {
            PromisedMember::Field(field) => field.required,
            PromisedMember::Tag(..) => true,
        }
    }
}

/// Returns the member with this name. Most members arrive in declared order, so `next` is tried first.
fn find_member<'o>(object: &'o Object, name: &str, next: usize) -> Option<(usize, PromisedMember<'o>)> {
    match object.members.get(next) {
        // Before the first flattened struct, indices are those of the object's own members.
        Some(Member::Field(field)) if field.name == name && is_flat(&object.members[..next]) => {
            Some((next, PromisedMember::Field(field)))
        }
        _ => first_member(object, 0, &mut |_, member| member.name() == name),
    }
}

fn is_flat(members: &[Member]) -> bool {
    !members.iter().any(|member| matches!(member, Member::Flatten(_)))
}

/// Returns the first member that `is_wanted` selects, with its index. Members of flattened structs count as the object's
/// own.
fn first_member<'o>(
    object: &'o Object,
    first: usize,
    is_wanted: &mut dyn FnMut(usize, PromisedMember<'o>) -> bool,
) -> Option<(usize, PromisedMember<'o>)> {
    let mut place = first;
    for member in object.members {
        let declared = match member {
            Member::Field(field) => PromisedMember::Field(field),
            Member::Tag(name, value) => PromisedMember::Tag(name, value),
            Member::Flatten(inner) => {
                let found = first_member(inner, place, is_wanted);
                if found.is_some() {
                    return found;
                }
                place += count(inner);
                continue;
            }
        };
        if is_wanted(place, declared) {
            return Some((place, declared));
        }
        place += 1;
    }
    None
}

fn count(object: &Object) -> usize {
    let members = object.members.iter();
    members.map(|member| if let Member::Flatten(inner) = member { count(inner) } else { 1 }).sum()
}

/// Indices of the members seen so far. Few objects have more than 128.
#[derive(Default)]
struct SeenMembers {
    first: u128,
    rest: Vec<usize>,
}

impl SeenMembers {
    fn contains(&self, place: usize) -> bool {
        match place {
            0..128 => self.first >> place & 1 == 1,
            _ => self.rest.contains(&place),
        }
    }

    fn add(&mut self, place: usize) {
        match place {
            0..128 => self.first |= 1 << place,
            _ => self.rest.push(place),
        }
    }
}
