//! Parser of a call's arguments. One pass over the JSON text parses each value into the [`Slot`] of its parameter.

use std::{borrow::Cow, cell::RefCell, collections::HashMap};

use serde::de::IgnoredAny;

use super::{
    scan::{JsonScanner, NotJson},
    types::{Parameter, each_item},
    value::parse_value,
    violation::{Rule, ValuePath, Violation, ViolationReport, Violations, escaped_excerpt},
};
use crate::{bounds::Schema, model::Param, name};

/// A parameter together with the parser of its argument's type.
///
/// Contains the functions of the [`Parameter`] trait, so that code that uses this struct needs no bound `T: Parameter`.
#[derive(Debug)]
pub struct DeclaredParam<T> {
    /// The parameter's contract.
    pub param: Param,
    /// Parses the JSON text of the argument against the schema.
    pub(super) read: fn(&str, &Schema, &ValuePath<'_>, &mut ViolationReport) -> Option<T>,
    /// Returns the value of an absent argument; `None` if the argument is required.
    absent: fn() -> Option<T>,
}

/// Declares a parameter of type `T` whose only bounds are those of `T`.
#[must_use]
pub const fn declare<T: Parameter>(name: &'static str, description: &'static str) -> DeclaredParam<T> {
    DeclaredParam { param: Param::new(name, description, T::SCHEMA), read: T::read, absent: T::absent }
}

impl<T> DeclaredParam<T> {
    /// Replaces the parameter's contract, for example by a contract with bounds.
    #[must_use]
    pub const fn with(self, param: Param) -> Self {
        DeclaredParam { param, ..self }
    }
}

/// Parsed argument of one parameter.
#[derive(Debug)]
pub struct Slot<'d, T> {
    /// Parameter that the argument belongs to.
    pub declared: &'d DeclaredParam<T>,
    /// State of the argument, initially [`SlotState::Empty`].
    pub state: SlotState<T>,
}

/// State of a parameter's argument.
#[derive(Debug)]
pub enum SlotState<T> {
    /// Not parsed yet, or required but missing.
    Empty,
    /// An invalid argument.
    Refused,
    /// A valid argument; the default or `None` if the argument is absent.
    Filled(T),
}

impl<'d, T> Slot<'d, T> {
    /// Creates the empty slot of a parameter.
    #[must_use]
    pub const fn new(declared: &'d DeclaredParam<T>) -> Self {
        Slot { declared, state: SlotState::Empty }
    }
}

/// Returns the violation for a slot that is empty although [`read`] succeeded. This never happens, but the code that
/// `#[mcp_tool]` generates must handle it.
#[must_use]
pub fn unfilled_slot() -> Violations {
    let message = "an argument was not read".into();
    Violations::from(Violation { pointer: String::new(), rule: Rule::Required, limit: None, message })
}

/// A slot for an argument of any type, so that one call of [`read`] fills slots of different types.
pub trait FillSlot {
    /// Contract of the parameter.
    fn param(&self) -> &Param;

    /// Returns `true` until [`fill`](FillSlot::fill) or [`handle_absent`](FillSlot::handle_absent) sets a value or
    /// refuses the argument.
    fn is_empty(&self) -> bool;

    /// Parses the JSON text `raw` of the argument. Adds violations to the report.
    fn fill(&mut self, raw: &str, path: &ValuePath<'_>, report: &mut ViolationReport);

    /// Handles an absent argument: uses the default or, for an optional parameter, `None`; otherwise adds a violation
    /// to the report.
    fn handle_absent(&mut self, path: &ValuePath<'_>, report: &mut ViolationReport);
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

    fn handle_absent(&mut self, path: &ValuePath<'_>, report: &mut ViolationReport) {
        match self.declared.param.default {
            Some(default) => self.fill(default.json, path, report),
            None => match (self.declared.absent)() {
                Some(value) => self.state = SlotState::Filled(value),
                None => missing(path, report),
            },
        }
    }
}

/// The slot that [`check`] uses: it validates an argument only against the contract, not against the Rust type of the
/// parameter.
#[derive(Debug)]
struct UntypedSlot<'p> {
    param: &'p Param,
    /// `true` after an argument, valid or not, or its absence was handled.
    is_handled: bool,
}

impl FillSlot for UntypedSlot<'_> {
    fn param(&self) -> &Param {
        self.param
    }

    fn is_empty(&self) -> bool {
        !self.is_handled
    }

    fn fill(&mut self, raw: &str, path: &ValuePath<'_>, report: &mut ViolationReport) {
        self.is_handled = true;
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

    fn handle_absent(&mut self, path: &ValuePath<'_>, report: &mut ViolationReport) {
        self.is_handled = true;
        if self.param.is_required() {
            missing(path, report);
        }
    }
}

fn missing(path: &ValuePath<'_>, report: &mut ViolationReport) {
    report.note(path, Rule::Required, None, "required, but missing".into());
}

/// JSON text of a call's arguments. Remembers the texts of the values that [`read`] found in it, so that the
/// [canonical form](super::canonical) needn't parse the arguments again.
#[derive(Debug)]
pub struct ArgumentText<'t> {
    text: &'t str,
    /// Text of each parameter's value, also of `null`, by the index of the parameter; empty if the caller didn't send it.
    given: RefCell<[&'t str; MAX_REMEMBERED]>,
}

/// Number of parameters, from the first, whose values an [`ArgumentText`] remembers.
const MAX_REMEMBERED: usize = 16;

impl<'t> ArgumentText<'t> {
    /// Wraps a text that [`read`] hasn't parsed yet.
    #[must_use]
    pub const fn new(text: &'t str) -> Self {
        ArgumentText { text, given: RefCell::new([""; MAX_REMEMBERED]) }
    }

    /// The JSON text.
    #[must_use]
    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// Returns the JSON text that [`read`] found for the parameter at this index; empty if the caller didn't send it.
    /// `None` for an index from [`MAX_REMEMBERED`] on.
    pub(super) fn given(&self, index: usize) -> Option<&'t str> {
        self.given.try_borrow().ok()?.get(index).copied()
    }

    fn remember(&self, index: usize, raw: &'t str) {
        if let Ok(mut given) = self.given.try_borrow_mut()
            && let Some(given) = given.get_mut(index)
        {
            *given = raw;
        }
    }
}

/// Parses an argument object into the slots, one per parameter, in one pass.
///
/// `null` counts as absent for a parameter that isn't required. Unknown and duplicate names are violations.
///
/// # Errors
/// All violations of the call.
pub fn read(sent: &ArgumentText<'_>, slots: &mut [&mut dyn FillSlot]) -> Result<(), Violations> {
    let mut report = ViolationReport::default();
    if fill_slots(sent, slots, &mut report).is_err() {
        let message = format!("the arguments must be a JSON object: {}", syntax_error(sent.text));
        report.note(&ValuePath::ROOT, Rule::Syntax, None, message);
        return report.finish();
    }
    for slot in slots {
        if slot.is_empty() {
            let Param { name, secret, .. } = *slot.param();
            slot.handle_absent(&ValuePath::ROOT.key(name).secret(secret), &mut report);
        }
    }
    report.finish()
}

/// Parses the members of the object into the slots.
fn fill_slots(
    sent: &ArgumentText<'_>,
    slots: &mut [&mut dyn FillSlot],
    report: &mut ViolationReport,
) -> Result<(), NotJson> {
    let mut scan = JsonScanner::new(sent.text);
    scan.enter_object()?;
    // Most callers send arguments in the order of the signature.
    let mut next = 0;
    while let Some(key) = scan.next_key()? {
        let key = unescaped(key)?;
        let raw = scan.value()?;
        let Some(index) = slot_index(&key, slots, next) else {
            // A full report only counts further violations. They need no message, which saves time if a caller sends
            // many unknown names.
            let given = escaped_excerpt(&key);
            let message = if report.is_full() { String::new() } else { unknown_message(&given, slots) };
            report.note(&ValuePath::ROOT.key(&given), Rule::AdditionalProperties, None, message);
            continue;
        };
        next = index + 1;
        sent.remember(index, raw);
        let Some(slot) = slots.get_mut(index) else { continue };
        let Param { name, secret, .. } = *slot.param();
        let path = ValuePath::ROOT.key(name).secret(secret);
        if !slot.is_empty() {
            report.note(&path, Rule::Duplicate, None, "given twice".into());
        } else if raw == "null" && !slot.param().is_required() {
            slot.handle_absent(&path, report);
        } else {
            slot.fill(raw, &path, report);
        }
    }
    scan.end()
}

/// Returns the index of the slot with this name, trying `next` first.
fn slot_index(key: &str, slots: &[&mut dyn FillSlot], next: usize) -> Option<usize> {
    let has_name = |index: &usize| slots.get(*index).is_some_and(|slot| slot.param().name == key);
    Some(next).filter(has_name).or_else(|| (0..slots.len()).find(has_name))
}

/// Resolves the escapes of a JSON string, which is given without its quotes.
pub(super) fn unescaped(key: &str) -> Result<Cow<'_, str>, NotJson> {
    if !key.as_bytes().contains(&b'\\') {
        return Ok(Cow::Borrowed(key));
    }
    serde_json::from_str(&format!("\"{key}\"")).map(Cow::Owned).map_err(|_| NotJson)
}

/// Describes why the scanner refused a JSON object: the error of `serde_json` with its position, or too deep nesting.
pub(super) fn syntax_error(json: &str) -> String {
    match serde_json::from_str::<HashMap<String, IgnoredAny>>(json) {
        Ok(_) => "nested too deeply".into(),
        Err(error) => error.to_string(),
    }
}

/// Validates an argument object only against the contract, not against the Rust types of the parameters.
///
/// # Errors
/// All violations of the call.
pub fn check(json: &str, params: &[Param]) -> Result<(), Violations> {
    check_sent(&ArgumentText::new(json), params)
}

/// Like [`check`]. `sent` remembers the values for the canonical form.
pub(super) fn check_sent(sent: &ArgumentText<'_>, params: &[Param]) -> Result<(), Violations> {
    let mut untyped: Vec<UntypedSlot<'_>> =
        params.iter().map(|param| UntypedSlot { param, is_handled: false }).collect();
    let mut slots: Vec<&mut dyn FillSlot> =
        untyped.iter_mut().map(|slot| slot as &mut dyn FillSlot).collect();
    read(sent, &mut slots)
}

/// A parameter of any type whose default can be checked.
pub trait CheckDefault {
    /// Parses the default, if there is one.
    fn read_default(&self, report: &mut ViolationReport);
}

impl<T> CheckDefault for DeclaredParam<T> {
    fn read_default(&self, report: &mut ViolationReport) {
        if let Some(default) = self.param.default {
            let path = ValuePath::ROOT.key(self.param.name);
            // Only the violations are needed, not the value.
            drop((self.read)(default.json, &self.param.schema, &path, report));
        }
    }
}

/// Checks that each default can be parsed into its parameter's type.
///
/// # Errors
/// The violations of all invalid defaults.
pub fn check_defaults(params: &[&(dyn CheckDefault + Sync)]) -> Result<(), Violations> {
    let mut report = ViolationReport::default();
    for param in params {
        param.read_default(&mut report);
    }
    report.finish()
}

/// Returns the message for an argument with an unknown name.
fn unknown_message(given: &str, slots: &[&mut dyn FillSlot]) -> String {
    let names: Vec<&str> = slots.iter().map(|slot| slot.param().name).collect();
    match name::nearest(given, names.iter().copied()) {
        Some(meant) => format!("unknown argument; did you mean '{meant}'?"),
        None if names.is_empty() => "unknown argument; this tool has no parameters".into(),
        None => format!("unknown argument; use one of '{}'", names.join("', '")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::Kind;

    #[test]
    fn duplicate_argument_is_reported_for_null_valid_and_invalid_values() {
        let days = Param::new("days", "Days.", Kind::Integer { minimum: 0, maximum: 9 }.schema().optional());
        for twice in [r#"{"days":null,"days":1}"#, r#"{"days":1,"days":null}"#, r#"{"days":99,"days":1}"#] {
            let violations = check(twice, &[days]).err();
            let found = violations.as_ref().map(Violations::listed).unwrap_or_default();
            assert!(
                found.iter().any(|found| found.rule == Rule::Duplicate),
                "no duplicate was reported: {twice}"
            );
        }
        assert_eq!(check(r#"{"days":null}"#, &[days]), Ok(()));
    }
}
