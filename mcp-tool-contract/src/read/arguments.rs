//! The argument object of a call: one walk over its text, each value into its parameter's slot.

use std::{borrow::Cow, cell::RefCell, collections::HashMap};

use serde::de::IgnoredAny;

use super::{
    scan::{JsonScanner, NotJson},
    types::{Parameter, each_item},
    value::parse_value,
    violation::{Rule, ValuePath, Violation, ViolationReport, Violations, shown},
};
use crate::{bounds::Schema, model::Param, name};

/// A parameter together with the type that its argument is read into.
///
/// The type is asked for its [`Parameter`] once, here; what reads later needs no trait any more.
#[derive(Debug)]
pub struct DeclaredParam<T> {
    /// What the contract says of it.
    pub param: Param,
    pub(super) read: fn(&str, &Schema, &ValuePath<'_>, &mut ViolationReport) -> Option<T>,
    absent: fn() -> Option<T>,
}

/// A parameter of this type, before its own bounds.
#[must_use]
pub const fn declare<T: Parameter>(name: &'static str, description: &'static str) -> DeclaredParam<T> {
    DeclaredParam { param: Param::new(name, description, T::SCHEMA), read: T::read, absent: T::absent }
}

impl<T> DeclaredParam<T> {
    /// The same type with the bounds that were written on the parameter.
    #[must_use]
    pub const fn with(self, param: Param) -> Self {
        DeclaredParam { param, ..self }
    }
}

/// Where one parameter's argument is read to.
#[derive(Debug)]
pub struct Slot<'d, T> {
    /// The parameter.
    pub declared: &'d DeclaredParam<T>,
    /// What came for it, at first [`SlotState::Empty`].
    pub state: SlotState<T>,
}

/// What came for a parameter.
#[derive(Debug)]
pub enum SlotState<T> {
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
    pub const fn new(declared: &'d DeclaredParam<T>) -> Self {
        Slot { declared, state: SlotState::Empty }
    }
}

/// What is said where [`read`] succeeded and a slot is empty, which it never leaves one.
#[must_use]
pub fn unread() -> Violations {
    let message = "an argument was not read".into();
    Violations::from(Violation { pointer: String::new(), rule: Rule::Required, limit: None, message })
}

/// A [`Slot`] of any type.
pub trait FillSlot {
    /// What the contract says of its parameter.
    fn param(&self) -> &Param;

    /// Whether nothing came for it yet.
    fn is_empty(&self) -> bool;

    /// Reads the argument that came.
    fn fill(&mut self, raw: &str, path: &ValuePath<'_>, report: &mut ViolationReport);

    /// Settles what an absent argument means.
    fn settle(&mut self, path: &ValuePath<'_>, report: &mut ViolationReport);
}

impl<T> FillSlot for Slot<'_, T> {
    fn param(&self) -> &Param {
        &self.declared.param
    }

    fn is_empty(&self) -> bool {
        matches!(self.state, SlotState::Empty)
    }

    fn fill(&mut self, raw: &str, path: &ValuePath<'_>, report: &mut ViolationReport) {
        self.state = match (self.declared.read)(raw, &self.declared.param.schema, path, report) {
            Some(value) => SlotState::Filled(value),
            None => SlotState::Refused,
        };
    }

    fn settle(&mut self, path: &ValuePath<'_>, report: &mut ViolationReport) {
        match self.declared.param.default {
            Some(default) => self.fill(default.json, path, report),
            None => match (self.declared.absent)() {
                Some(value) => self.state = SlotState::Filled(value),
                None => missing(path, report),
            },
        }
    }
}

/// A slot that only judges: what the contract alone can say of an argument, without the function's type.
#[derive(Debug)]
struct UntypedSlot<'p> {
    param: &'p Param,
    came: bool,
}

impl FillSlot for UntypedSlot<'_> {
    fn param(&self) -> &Param {
        self.param
    }

    fn is_empty(&self) -> bool {
        !self.came
    }

    fn fill(&mut self, raw: &str, path: &ValuePath<'_>, report: &mut ViolationReport) {
        self.came = true;
        let kind = &self.param.schema.kind;
        match &self.param.schema.items {
            Some(bounds) => {
                each_item(raw, Some(bounds), path, report, &mut |raw, path, report| {
                    parse_value(kind, raw, path, report).is_some()
                });
            }
            None => {
                parse_value(kind, raw, path, report);
            }
        }
    }

    fn settle(&mut self, path: &ValuePath<'_>, report: &mut ViolationReport) {
        self.came = true;
        if self.param.is_required() {
            missing(path, report);
        }
    }
}

fn missing(path: &ValuePath<'_>, report: &mut ViolationReport) {
    report.note(path, Rule::Required, None, "missing, and it is required".into());
}

/// The text of a call's arguments, and what was found in it.
#[derive(Debug)]
pub struct ArgumentText<'t> {
    text: &'t str,
    given: RefCell<[&'t str; FEW]>,
}

/// Parameters whose arguments are found again without another walk.
const FEW: usize = 16;

impl<'t> ArgumentText<'t> {
    /// Nothing was found yet.
    #[must_use]
    pub const fn new(text: &'t str) -> Self {
        ArgumentText { text, given: RefCell::new([""; FEW]) }
    }

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// The text of what came for that parameter, by its place among all, once [`read`] succeeded: empty where nothing
    /// did, `None` where there are too many to be noted.
    pub(super) fn given(&self, place: usize) -> Option<&'t str> {
        self.given.try_borrow().ok()?.get(place).copied()
    }

    fn note(&self, place: usize, raw: &'t str) {
        if let Ok(mut given) = self.given.try_borrow_mut()
            && let Some(given) = given.get_mut(place)
        {
            *given = raw;
        }
    }
}

/// Reads the text of an argument object into the slots, one a parameter, in one walk.
///
/// `null` counts as absent where the parameter isn't required. A name that no parameter has, and one that
/// comes twice, are violations.
///
/// # Errors
/// All violations of the call.
pub fn read(sent: &ArgumentText<'_>, slots: &mut [&mut dyn FillSlot]) -> Result<(), Violations> {
    let mut report = ViolationReport::default();
    if walk(sent, slots, &mut report).is_err() {
        let message = format!("the arguments can't be read: {}", what_is_wrong(sent.text));
        report.note(&ValuePath::ROOT, Rule::Syntax, None, message);
        return report.finish();
    }
    for slot in slots {
        if slot.is_empty() {
            let Param { name, secret, .. } = *slot.param();
            slot.settle(&ValuePath::ROOT.key(name).secret(secret), &mut report);
        }
    }
    report.finish()
}

/// Fills the slots with what comes for them.
fn walk(
    sent: &ArgumentText<'_>,
    slots: &mut [&mut dyn FillSlot],
    report: &mut ViolationReport,
) -> Result<(), NotJson> {
    let mut scan = JsonScanner::new(sent.text);
    scan.enter_object()?;
    // Most callers send what comes in the order of the signature.
    let mut next = 0;
    while let Some(key) = scan.next_key()? {
        let key = unescaped(key)?;
        let raw = scan.value()?;
        let Some(index) = place(&key, slots, next) else {
            // There may be many: those that aren't listed are counted, and cost no more.
            let given = shown(&key);
            let message = if report.is_full() { String::new() } else { unknown(&given, slots) };
            report.note(&ValuePath::ROOT.key(&given), Rule::AdditionalProperties, None, message);
            continue;
        };
        next = index + 1;
        sent.note(index, raw);
        let Some(slot) = slots.get_mut(index) else { continue };
        let Param { name, secret, .. } = *slot.param();
        let path = ValuePath::ROOT.key(name).secret(secret);
        if !slot.is_empty() {
            report.note(&path, Rule::Duplicate, None, "given twice".into());
        } else if raw == "null" && !slot.param().is_required() {
            slot.settle(&path, report);
        } else {
            slot.fill(raw, &path, report);
        }
    }
    scan.end()
}

/// The slot of that name; it is looked for at `next` first.
fn place(key: &str, slots: &[&mut dyn FillSlot], next: usize) -> Option<usize> {
    let is_there = |index: &usize| slots.get(*index).is_some_and(|slot| slot.param().name == key);
    Some(next).filter(is_there).or_else(|| (0..slots.len()).find(is_there))
}

/// A name as it was meant, which may be spelled with escapes.
pub(super) fn unescaped(key: &str) -> Result<Cow<'_, str>, NotJson> {
    if !key.as_bytes().contains(&b'\\') {
        return Ok(Cow::Borrowed(key));
    }
    serde_json::from_str(&format!("\"{key}\"")).map(Cow::Owned).map_err(|_| NotJson)
}

/// Why a text isn't the JSON of an object, with the place.
pub(super) fn what_is_wrong(json: &str) -> String {
    match serde_json::from_str::<HashMap<String, IgnoredAny>>(json) {
        Ok(_) => "it nests too deeply".into(),
        Err(error) => error.to_string(),
    }
}

/// Holds an argument object to the contract alone.
///
/// # Errors
/// All violations of the call.
pub fn check(json: &str, params: &[Param]) -> Result<(), Violations> {
    check_sent(&ArgumentText::new(json), params)
}

pub(super) fn check_sent(sent: &ArgumentText<'_>, params: &[Param]) -> Result<(), Violations> {
    let mut judged: Vec<UntypedSlot<'_>> =
        params.iter().map(|param| UntypedSlot { param, came: false }).collect();
    let mut slots: Vec<&mut dyn FillSlot> = judged.iter_mut().map(|slot| slot as &mut dyn FillSlot).collect();
    read(sent, &mut slots)
}

/// A parameter of any type, as far as its default is concerned.
pub trait CheckDefault {
    /// Reads the default, if there is one.
    fn read_default(&self, report: &mut ViolationReport);
}

impl<T> CheckDefault for DeclaredParam<T> {
    fn read_default(&self, report: &mut ViolationReport) {
        if let Some(default) = self.param.default {
            let path = ValuePath::ROOT.key(self.param.name);
            // Only whether it can be read counts here.
            drop((self.read)(default.json, &self.param.schema, &path, report));
        }
    }
}

/// Reads the defaults of these parameters, each as its own type would.
///
/// # Errors
/// The defaults that can't be read.
pub fn check_defaults(params: &[&(dyn CheckDefault + Sync)]) -> Result<(), Violations> {
    let mut report = ViolationReport::default();
    for param in params {
        param.read_default(&mut report);
    }
    report.finish()
}

fn unknown(given: &str, slots: &[&mut dyn FillSlot]) -> String {
    let names: Vec<&str> = slots.iter().map(|slot| slot.param().name).collect();
    match name::nearest(given, names.iter().copied()) {
        Some(meant) => format!("unknown argument; did you mean '{meant}'?"),
        None if names.is_empty() => "unknown argument; this tool takes none".into(),
        None => format!("unknown argument; known are '{}'", names.join("', '")),
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
