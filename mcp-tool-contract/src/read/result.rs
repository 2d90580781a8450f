//! What a function returned, against what its tool promised.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    value::judge,
    violation::{Path, Report, Rule, Violations, shown},
};
use crate::bounds::{Field, Items, Kind, Member, Object, Schema};

/// Holds the JSON of a result to its shape; what the shape doesn't declare is a violation too.
///
/// # Errors
/// All violations.
pub fn check(json: &str, object: &Object) -> Result<(), Violations> {
    let mut report = Report::default();
    let mut walk = serde_json::Deserializer::from_str(json);
    let members = Node::Object(object);
    let seed = Seed { node: members, optional: false, path: &Path::ROOT, report: &mut report };
    if let Err(error) = seed.deserialize(&mut walk).and_then(|()| walk.end()) {
        report.note(&Path::ROOT, Rule::Syntax, None, format!("the result can't be read: {error}"));
    }
    report.finish()
}

/// Holds the JSON of one value of a result to its schema.
///
/// # Errors
/// All violations.
pub fn check_value(json: &str, schema: &Schema) -> Result<(), Violations> {
    let mut report = Report::default();
    let mut walk = serde_json::Deserializer::from_str(json);
    let seed = Value { schema, path: &Path::ROOT, report: &mut report };
    if let Err(error) = seed.deserialize(&mut walk).and_then(|()| walk.end()) {
        report.note(&Path::ROOT, Rule::Syntax, None, format!("the value can't be read: {error}"));
    }
    report.finish()
}

/// What is wanted at one place.
#[derive(Clone, Copy)]
enum Node<'n> {
    Object(&'n Object),
    Array(&'n Kind, Items),
    Tag(&'n str),
}

struct Seed<'s> {
    node: Node<'s>,
    optional: bool,
    path: &'s Path<'s>,
    report: &'s mut Report,
}

impl Seed<'_> {
    fn mistyped(self, given: &str) {
        let wanted = match self.node {
            Node::Object(_) => "an object",
            Node::Array(..) => "an array",
            Node::Tag(_) => "a string",
        };
        self.report.note(self.path, Rule::Type, None, format!("{given} was returned, {wanted} is promised"));
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        if !self.optional {
            self.mistyped("null");
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.mistyped("a boolean");
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.mistyped("a number");
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.mistyped("a number");
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.mistyped("a number");
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self.node {
            Node::Tag(wanted) if wanted == text => {}
            Node::Tag(wanted) => {
                let message = format!("{} was returned, {wanted} is promised", shown(text));
                self.report.note(self.path, Rule::Enum, Some(wanted.into()), message);
            }
            Node::Object(_) | Node::Array(..) => self.mistyped("a string"),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Node::Array(kind, bounds) = self.node else {
            while items.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            self.mistyped("an array");
            return Ok(());
        };
        let schema = kind.schema();
        let mut count = 0;
        loop {
            let path = self.path.index(count);
            let item = Value { schema: &schema, path: &path, report: self.report };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
            count += 1;
        }
        let count = count as u64;
        if count < bounds.min {
            let message = format!("{count} items, at least {} promised", bounds.min);
            self.report.note(self.path, Rule::MinItems, Some(bounds.min.into()), message);
        }
        if let Some(most) = bounds.max
            && count > most
        {
            let message = format!("{count} items, at most {most} promised");
            self.report.note(self.path, Rule::MaxItems, Some(most.into()), message);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Node::Object(object) = self.node else {
            while members.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
            self.mistyped("an object");
            return Ok(());
        };
        let mut promised = Vec::new();
        promises(object, &mut promised);
        while let Some(name) = members.next_key::<String>()? {
            let path = self.path.key(&name);
            let Some(promise) = promised.iter_mut().find(|promise| promise.name == name) else {
                members.next_value::<serde::de::IgnoredAny>()?;
                self.report.note(
                    &path,
                    Rule::AdditionalProperties,
                    None,
                    "returned, but not promised".into(),
                );
                continue;
            };
            if promise.kept {
                self.report.note(&path, Rule::Duplicate, None, "returned twice".into());
            }
            promise.kept = true;
            match promise.what {
                What::Field(field) => {
                    members.next_value_seed(Value {
                        schema: &field.schema,
                        path: &path,
                        report: self.report,
                    })?;
                }
                What::Tag(value) => {
                    let node = Node::Tag(value);
                    members.next_value_seed(Seed {
                        node,
                        optional: false,
                        path: &path,
                        report: self.report,
                    })?;
                }
            }
        }
        for promise in promised {
            if promise.required && !promise.kept {
                let path = self.path.key(promise.name);
                self.report.note(&path, Rule::Required, None, "promised, but not returned".into());
            }
        }
        Ok(())
    }
}

/// A member that an object promises, and whether it came.
struct Promise<'o> {
    name: &'o str,
    what: What<'o>,
    required: bool,
    kept: bool,
}

#[derive(Clone, Copy)]
enum What<'o> {
    Field(&'o Field),
    Tag(&'o str),
}

fn promises<'o>(object: &'o Object, found: &mut Vec<Promise<'o>>) {
    for member in object.members {
        match member {
            Member::Field(field) => {
                let (name, required) = (field.name, field.required);
                found.push(Promise { name, what: What::Field(field), required, kept: false });
            }
            Member::Tag(name, value) => {
                found.push(Promise { name, what: What::Tag(value), required: true, kept: false });
            }
            Member::Flatten(inner) => promises(inner, found),
        }
    }
}

/// A value of any schema: a scalar by its own text, the rest by walking on.
struct Value<'v> {
    schema: &'v Schema,
    path: &'v Path<'v>,
    report: &'v mut Report,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Value { schema, path, report } = self;
        let node = match (&schema.items, &schema.kind) {
            (Some(items), kind) => Node::Array(kind, *items),
            (None, Kind::Object(object)) => Node::Object(object),
            (None, kind) => {
                let raw = <&RawValue as serde::Deserialize>::deserialize(deserializer)?.get();
                if !(schema.optional && raw == "null") {
                    judge(kind, raw, path, report);
                }
                return Ok(());
            }
        };
        Seed { node, optional: schema.optional, path, report }.deserialize(deserializer)
    }
}
