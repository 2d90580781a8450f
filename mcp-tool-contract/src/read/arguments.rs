//! The argument object of a call: one walk over its text, each value into its parameter's slot.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    types::{Parameter, each_item},
    value::judge,
    violation::{Path, Report, Rule, Violation, Violations, shown},
};
use crate::{bounds::Schema, model::Param, name};

/// A parameter together with the type that its argument is read into.
///
/// The type is asked for its [`Parameter`] once, here; what reads later needs no trait any more.
#[derive(Debug)]
pub struct Declared<T> {
    /// What the contract says of it.
    pub param: Param,
    read: fn(&str, &Schema, &Path<'_>, &mut Report) -> Option<T>,
    absent: fn() -> Option<T>,
}

/// A parameter of this type, before its own bounds.
#[must_use]
pub const fn declare<T: Parameter>(name: &'static str, description: &'static str) -> Declared<T> {
    Declared { param: Param::new(name, description, T::SCHEMA), read: T::read, absent: T::absent }
}

impl<T> Declared<T> {
    /// The same type with the bounds that were written on the parameter.
    #[must_use]
    pub const fn with(self, param: Param) -> Self {
        Declared { param, ..self }
    }
}

/// Where one parameter's argument is read to.
#[derive(Debug)]
pub struct Slot<'d, T> {
    /// The parameter.
    pub declared: &'d Declared<T>,
    /// What came for it, at first [`State::Empty`].
    pub state: State<T>,
}

/// What came for a parameter.
#[derive(Debug)]
pub enum State<T> {
    /// Nothing yet.
    Empty,
    /// What can't be its argument.
    Refused,
    /// Its argument.
    Filled(T),
}

impl<'d, T> Slot<'d, T> {
    /// The empty slot of a parameter.
    #[must_use]
    pub const fn new(declared: &'d Declared<T>) -> Self {
        Slot { declared, state: State::Empty }
    }
}

/// What is said where [`read`] succeeded and a slot is empty, which it never leaves one.
#[must_use]
pub fn unread() -> Violations {
    let message = "an argument was not read".into();
    Violations::from(Violation { pointer: String::new(), rule: Rule::Required, limit: None, message })
}

/// A [`Slot`] of any type.
pub trait Fill {
    /// What the contract says of its parameter.
    fn param(&self) -> &Param;

    /// Whether nothing came for it yet.
    fn is_empty(&self) -> bool;

    /// Reads the argument that came.
    fn fill(&mut self, raw: &str, path: &Path<'_>, report: &mut Report);

    /// Settles what an absent argument means.
    fn settle(&mut self, path: &Path<'_>, report: &mut Report);
}

impl<T> Fill for Slot<'_, T> {
    fn param(&self) -> &Param {
        &self.declared.param
    }

    fn is_empty(&self) -> bool {
        matches!(self.state, State::Empty)
    }

    fn fill(&mut self, raw: &str, path: &Path<'_>, report: &mut Report) {
        self.state = match (self.declared.read)(raw, &self.declared.param.schema, path, report) {
            Some(value) => State::Filled(value),
            None => State::Refused,
        };
    }

    fn settle(&mut self, path: &Path<'_>, report: &mut Report) {
        match self.declared.param.default {
            Some(default) => self.fill(default.json, path, report),
            None => match (self.declared.absent)() {
                Some(value) => self.state = State::Filled(value),
                None => missing(path, report),
            },
        }
    }
}

/// A slot that only judges: what the contract alone can say of an argument, without the function's type.
#[derive(Debug)]
struct Judged<'p> {
    param: &'p Param,
    came: bool,
}

impl Fill for Judged<'_> {
    fn param(&self) -> &Param {
        self.param
    }

    fn is_empty(&self) -> bool {
        !self.came
    }

    fn fill(&mut self, raw: &str, path: &Path<'_>, report: &mut Report) {
        self.came = true;
        let kind = &self.param.schema.kind;
        match &self.param.schema.items {
            Some(bounds) => {
                each_item(raw, Some(bounds), path, report, &mut |raw, path, report| {
                    judge(kind, raw, path, report).is_some()
                });
            }
            None => {
                judge(kind, raw, path, report);
            }
        }
    }

    fn settle(&mut self, path: &Path<'_>, report: &mut Report) {
        self.came = true;
        if self.param.is_required() {
            missing(path, report);
        }
    }
}

fn missing(path: &Path<'_>, report: &mut Report) {
    report.note(path, Rule::Required, None, "missing, and it is required".into());
}

/// Reads the text of an argument object into the slots, one a parameter, in one walk.
///
/// `null` counts as absent where the parameter isn't required. A name that no parameter has, and one that
/// comes twice, are violations.
///
/// # Errors
/// All violations of the call.
pub fn read(json: &str, slots: &mut [&mut dyn Fill]) -> Result<(), Violations> {
    let mut report = Report::default();
    let mut walk = serde_json::Deserializer::from_str(json);
    let visitor = Walk { slots: &mut *slots, report: &mut report };
    if let Err(error) = walk.deserialize_map(visitor).and_then(|()| walk.end()) {
        report.note(&Path::ROOT, Rule::Syntax, None, format!("the arguments can't be read: {error}"));
        return report.finish();
    }
    for slot in slots {
        if slot.is_empty() {
            let Param { name, secret, .. } = *slot.param();
            slot.settle(&Path::ROOT.key(name).secret(secret), &mut report);
        }
    }
    report.finish()
}

/// Holds an argument object to the contract alone.
///
/// # Errors
/// All violations of the call.
pub fn check(json: &str, params: &[Param]) -> Result<(), Violations> {
    let mut judged: Vec<Judged<'_>> = params.iter().map(|param| Judged { param, came: false }).collect();
    let mut slots: Vec<&mut dyn Fill> = judged.iter_mut().map(|slot| slot as &mut dyn Fill).collect();
    read(json, &mut slots)
}

/// A parameter of any type, as far as its default is concerned.
pub trait Defaulted {
    /// Reads the default, if there is one.
    fn read_default(&self, report: &mut Report);
}

impl<T> Defaulted for Declared<T> {
    fn read_default(&self, report: &mut Report) {
        if let Some(default) = self.param.default {
            let path = Path::ROOT.key(self.param.name);
            // Only whether it can be read counts here.
            drop((self.read)(default.json, &self.param.schema, &path, report));
        }
    }
}

/// Reads the defaults of these parameters, each as its own type would.
///
/// # Errors
/// The defaults that can't be read.
pub fn check_defaults(params: &[&(dyn Defaulted + Sync)]) -> Result<(), Violations> {
    let mut report = Report::default();
    for param in params {
        param.read_default(&mut report);
    }
    report.finish()
}

struct Walk<'w, 's> {
    slots: &'w mut [&'s mut dyn Fill],
    report: &'w mut Report,
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Walk { slots, report } = self;
        while let Some(member) = members.next_key_seed(Key(slots))? {
            let index = match member {
                Named::Slot(index) => index,
                Named::Unknown(given) => {
                    members.next_value::<IgnoredAny>()?;
                    // There may be many: those that aren't listed are counted, and cost no more.
                    let message = if report.is_full() { String::new() } else { unknown(&given, slots) };
                    report.note(&Path::ROOT.key(&given), Rule::AdditionalProperties, None, message);
                    continue;
                }
            };
            let raw = members.next_value::<&RawValue>()?.get();
            let Some(slot) = slots.get_mut(index) else { continue };
            let Param { name, secret, .. } = *slot.param();
            let path = Path::ROOT.key(name).secret(secret);
            if !slot.is_empty() {
                report.note(&path, Rule::Duplicate, None, "given twice".into());
            } else if raw == "null" && !slot.param().is_required() {
                slot.settle(&path, report);
            } else {
                slot.fill(raw, &path, report);
            }
        }
        Ok(())
    }
}

fn unknown(given: &str, slots: &[&mut dyn Fill]) -> String {
    let names: Vec<&str> = slots.iter().map(|slot| slot.param().name).collect();
    match name::nearest(given, names.iter().copied()) {
        Some(meant) => format!("unknown argument; did you mean '{meant}'?"),
        None if names.is_empty() => "unknown argument; this tool takes none".into(),
        None => format!("unknown argument; known are '{}'", names.join("', '")),
    }
}

enum Named {
    Slot(usize),
    Unknown(String),
}

struct Key<'k, 's>(&'k [&'s mut dyn Fill]);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Named;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Named, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, given: &str) -> Result<Named, E> {
        Ok(match self.0.iter().position(|slot| slot.param().name == given) {
            Some(index) => Named::Slot(index),
            None => Named::Unknown(shown(given)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Kind;

    #[test]
    fn a_name_counts_as_given_whatever_was_given() {
        let days = Param::new("days", "Days.", Kind::Integer { minimum: 0, maximum: 9 }.schema().optional());
        for twice in [r#"{"days":null,"days":1}"#, r#"{"days":1,"days":null}"#, r#"{"days":99,"days":1}"#] {
            let violations = check(twice, &[days]).err();
            let found = violations.as_ref().map(Violations::listed).unwrap_or_default();
            assert!(found.iter().any(|found| found.rule == Rule::Duplicate), "{twice}");
        }
        assert_eq!(check(r#"{"days":null}"#, &[days]), Ok(()));
    }
}
