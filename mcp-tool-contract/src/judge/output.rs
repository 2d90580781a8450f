//! The result against what it was.

use super::{
    finding::{Fact, Finding, Findings, Place, Trail},
    in_order,
    value::{self, At},
};
use crate::{
    bounds::{Field, Kind, Member, Object},
    json::schema::Prose,
    model::{Contract, Output},
    rules::Rule,
    text::same,
};

/// What a result is, in a word.
const fn spelled(output: &Output) -> Fact {
    Fact::Text(match output {
        Output::Nothing => "nothing",
        Output::Text => "text",
        Output::Object(_) | Output::Page(_) | Output::Dynamic(_) | Output::Remembered(_) => "an object",
    })
}

/// Compares what const evaluation can look at. A schema that is known only at run time is judged when the
/// server starts, and by `contract check`.
pub(super) const fn results<const N: usize>(
    old: &Output,
    new: &Output,
    prose: Prose,
    found: &mut Findings<N>,
) {
    let whole = Place::Result(Trail::ROOT);
    match (old, new) {
        (Output::Nothing, Output::Nothing) | (Output::Text, Output::Text) => {}
        (Output::Object(was) | Output::Page(was), Output::Object(is) | Output::Page(is)) => {
            object(Trail::ROOT, was, is, prose, found);
        }
        (Output::Nothing, other) => {
            found.note(Finding::new(Rule::ResultAdded, whole).change(Fact::Unsaid, spelled(other)));
        }
        (other, Output::Nothing) => {
            found.note(Finding::new(Rule::ResultRemoved, whole).change(spelled(other), Fact::Unsaid));
        }
        (Output::Text, _) | (_, Output::Text) => {
            found.note(Finding::new(Rule::ResultChanged, whole).change(spelled(old), spelled(new)));
        }
        (Output::Dynamic(_) | Output::Remembered(_), _) | (_, Output::Dynamic(_) | Output::Remembered(_)) => {
        }
    }
}

/// A schema that const evaluation couldn't look at: the same, or not.
pub(super) fn results_at_run_time<const N: usize>(old: &Output, new: &Output, found: &mut Findings<N>) {
    let is_late = |output: &Output| matches!(output, Output::Dynamic(_) | Output::Remembered(_));
    let is_object = |output: &Output| !matches!(output, Output::Nothing | Output::Text);
    if (is_late(old) || is_late(new)) && is_object(old) && is_object(new) && schema(old) != schema(new) {
        let change = Finding::new(Rule::ResultChanged, Place::Result(Trail::ROOT));
        found.note(change.change(
            Fact::Text("an object of the locked schema"),
            Fact::Text("one of another schema (whether it is narrower isn't decided)"),
        ));
    }
}

/// The schema without its words.
fn schema(output: &Output) -> Option<serde_json::Value> {
    let contract = Contract { output: *output, ..Contract::EMPTY };
    serde_json::to_value(contract.output_schema(Prose::Dropped)?).ok()
}

pub(super) const fn object<const N: usize>(
    trail: Trail,
    old: &'static Object,
    new: &'static Object,
    prose: Prose,
    found: &mut Findings<N>,
) {
    let (was, is) = (old.count(), new.count());
    let (mut i, mut last, mut ordered) = (0, 0, true);
    while i < was {
        if let Some(locked) = old.field(i) {
            match find(new, locked.name, i, is) {
                Some((at, now)) => {
                    ordered &= at >= last;
                    last = at;
                    field(trail.field(locked.name), &locked, &now, prose, found);
                }
                None => {
                    let rule =
                        if locked.required { Rule::ResultFieldRemoved } else { Rule::ResultFieldDropped };
                    found.note(Finding::new(rule, Place::Result(trail.field(locked.name))));
                }
            }
        }
        i += 1;
    }
    let mut i = 0;
    while i < is {
        if let Some(now) = new.field(i)
            && find(old, now.name, i, was).is_none()
        {
            found.note(Finding::new(Rule::ResultFieldAdded, Place::Result(trail.field(now.name))));
        }
        i += 1;
    }
    if prose as u8 == Prose::Kept as u8 && !ordered {
        found.note(Finding::new(Rule::OrderChanged, Place::Result(trail)).of("fields"));
    }
}

const fn field<const N: usize>(
    trail: Trail,
    old: &Field,
    new: &Field,
    prose: Prose,
    found: &mut Findings<N>,
) {
    // Every field stands here by name: a new one doesn't compile until it is judged.
    let Field { name: _, description, schema, required } = *new;
    let place = Place::Result(trail);
    match (old.required, required) {
        (true, false) => found.note(Finding::new(Rule::ResultFieldOptional, place)),
        (false, true) => found.note(Finding::new(Rule::ResultFieldRequired, place)),
        (true, true) | (false, false) => {}
    }
    match (old.schema.optional, schema.optional) {
        (false, true) => found.note(Finding::new(Rule::ResultFieldNullable, place)),
        (true, false) => found.note(Finding::new(Rule::ResultFieldNotNull, place)),
        (true, true) | (false, false) => {}
    }
    value::schema(At::result(trail), &old.schema, &schema, prose, found);
    if prose as u8 == Prose::Kept as u8 {
        if !same(old.description, description) {
            found.note(Finding::new(Rule::DescriptionChanged, place));
        }
        if let (Kind::Enum(old), Kind::Enum(new)) = (old.schema.kind, schema.kind)
            && !in_order(old, new)
        {
            found.note(Finding::new(Rule::OrderChanged, place).of("values"));
        }
    }
}

/// The field of that name; most are where they were.
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

impl Object {
    /// Fields as they go out, those of flattened structs and the tag among them.
    pub(crate) const fn count(&self) -> usize {
        let (mut i, mut count) = (0, 0);
        while i < self.members.len() {
            count += match self.members[i] {
                Member::Field(_) | Member::Tag(..) => 1,
                Member::Flatten(inner) => inner.count(),
            };
            i += 1;
        }
        count
    }

    /// The field at that place among them.
    pub(crate) const fn field(&'static self, place: usize) -> Option<Field> {
        let (mut i, mut before) = (0, 0);
        while i < self.members.len() {
            match &self.members[i] {
                Member::Field(field) if before == place => return Some(*field),
                Member::Tag(name, value) if before == place => {
                    let only = Kind::Enum(core::slice::from_ref(value)).schema();
                    return Some(Field { name, description: "", schema: only, required: true });
                }
                Member::Field(_) | Member::Tag(..) => before += 1,
                Member::Flatten(inner) => {
                    let count = inner.count();
                    if place < before + count {
                        return inner.field(place - before);
                    }
                    before += count;
                }
            }
            i += 1;
        }
        None
    }
}
