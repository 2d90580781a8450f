//! What a function returned, against what its tool promised.

use super::{
    arguments::{unescaped, what_is_wrong},
    scan::{JsonScanner, NotJson},
    value::{noun, parse_value},
    violation::{Rule, ValuePath, ViolationReport, Violations, shown},
};
use crate::bounds::{Field, Items, Kind, Member, Object, Schema};

/// Nesting of what a function returns.
const MAX_NESTING: u32 = 128;

/// Holds the JSON of a result to its shape; what the shape doesn't declare is a violation too.
///
/// # Errors
/// All violations.
pub fn check(json: &str, object: &Object) -> Result<(), Violations> {
    checked(json, |walk, path| walk.object(object, false, path))
}

/// Holds the JSON of one value of a result to its schema.
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
        let message = format!("the result can't be read: {}", what_is_wrong(json));
        walk.report.note(&ValuePath::ROOT, Rule::Syntax, None, message);
    }
    walk.report.finish()
}

struct ResultChecker<'t> {
    scan: JsonScanner<'t>,
    report: ViolationReport,
}

impl ResultChecker<'_> {
    /// A value of any schema: a scalar by its own text, the rest by walking on.
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

    /// What is of another type than promised.
    fn other(&mut self, wanted: &str, optional: bool, path: &ValuePath<'_>) -> Result<(), NotJson> {
        let raw = self.scan.value()?;
        if !(optional && raw == "null") {
            let message = format!("{} was returned, {wanted} is promised", noun(raw));
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
            return self.other("an array", optional, path);
        }
        self.scan.enter_array()?;
        let (schema, mut count) = (kind.schema(), 0);
        while self.scan.next_item()? {
            self.value(&schema, &path.index(count))?;
            count += 1;
        }
        let count = count as u64;
        if count < bounds.min {
            let message = format!("{count} items, at least {} promised", bounds.min);
            self.report.note(path, Rule::MinItems, Some(bounds.min.into()), message);
        }
        if let Some(most) = bounds.max
            && count > most
        {
            let message = format!("{count} items, at most {most} promised");
            self.report.note(path, Rule::MaxItems, Some(most.into()), message);
        }
        Ok(())
    }

    fn object(&mut self, object: &Object, optional: bool, path: &ValuePath<'_>) -> Result<(), NotJson> {
        if self.scan.peek() != Some(b'{') {
            return self.other("an object", optional, path);
        }
        self.scan.enter_object()?;
        let (mut kept, mut next) = (SeenMembers::default(), 0);
        while let Some(key) = self.scan.next_key()? {
            let name = unescaped(key)?;
            let path = path.key(&name);
            let Some((place, promise)) = promised(object, &name, next) else {
                self.scan.value()?;
                let message = "returned, but not promised".into();
                self.report.note(&path, Rule::AdditionalProperties, None, message);
                continue;
            };
            if kept.holds(place) {
                self.report.note(&path, Rule::Duplicate, None, "returned twice".into());
            }
            kept.add(place);
            next = place + 1;
            match promise {
                PromisedMember::Field(field) => self.value(&field.schema, &path)?,
                PromisedMember::Tag(_, wanted) => self.tag(wanted, &path)?,
            }
        }
        let report = &mut self.report;
        promises(object, 0, &mut |place, promise| {
            if promise.is_required() && !kept.holds(place) {
                let path = path.key(promise.name());
                report.note(&path, Rule::Required, None, "promised, but not returned".into());
            }
            false
        });
        Ok(())
    }

    fn tag(&mut self, wanted: &str, path: &ValuePath<'_>) -> Result<(), NotJson> {
        if self.scan.peek() != Some(b'"') {
            return self.other("a string", false, path);
        }
        let raw = self.scan.value()?;
        let text = unescaped(raw.get(1..raw.len() - 1).ok_or(NotJson)?)?;
        if text != wanted {
            let message = format!("{} was returned, {wanted} is promised", shown(&text));
            self.report.note(path, Rule::Enum, Some(wanted.into()), message);
        }
        Ok(())
    }
}

/// A member that an object promises.
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

/// The member of that name. Most come in the order in which they were promised, so it is looked for at `next` first.
fn promised<'o>(object: &'o Object, name: &str, next: usize) -> Option<(usize, PromisedMember<'o>)> {
    match object.members.get(next) {
        // Before one that is flattened, places are those of the object's own.
        Some(Member::Field(field)) if field.name == name && is_flat(&object.members[..next]) => {
            Some((next, PromisedMember::Field(field)))
        }
        _ => promises(object, 0, &mut |_, promise| promise.name() == name),
    }
}

fn is_flat(members: &[Member]) -> bool {
    !members.iter().any(|member| matches!(member, Member::Flatten(_)))
}

/// The first member that is wanted, with its place among all; what is flattened counts as the object's own.
fn promises<'o>(
    object: &'o Object,
    first: usize,
    is_wanted: &mut dyn FnMut(usize, PromisedMember<'o>) -> bool,
) -> Option<(usize, PromisedMember<'o>)> {
    let mut place = first;
    for member in object.members {
        let promise = match member {
            Member::Field(field) => PromisedMember::Field(field),
            Member::Tag(name, value) => PromisedMember::Tag(name, value),
            Member::Flatten(inner) => {
                let found = promises(inner, place, is_wanted);
                if found.is_some() {
                    return found;
                }
                place += count(inner);
                continue;
            }
        };
        if is_wanted(place, promise) {
            return Some((place, promise));
        }
        place += 1;
    }
    None
}

fn count(object: &Object) -> usize {
    let members = object.members.iter();
    members.map(|member| if let Member::Flatten(inner) = member { count(inner) } else { 1 }).sum()
}

/// Which members came. Few objects have more than 128.
#[derive(Default)]
struct SeenMembers {
    first: u128,
    rest: Vec<usize>,
}

impl SeenMembers {
    fn holds(&self, place: usize) -> bool {
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
