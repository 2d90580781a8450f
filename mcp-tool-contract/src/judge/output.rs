//! Comparison of the results of two versions.

use super::{
    finding::{ChangeLocation, ChangedValue, FieldPath, Finding, Findings},
    value::object,
};
use crate::{
    json::schema::Prose,
    model::{Contract, ToolOutput},
    rules::ChangeRule,
};

/// Name of a result's type in messages.
const fn output_name(output: &ToolOutput) -> ChangedValue {
    ChangedValue::Text(match output {
        ToolOutput::Nothing => "nothing",
        ToolOutput::Text => "text",
        ToolOutput::Content => "content of any kind",
        ToolOutput::Object(_) | ToolOutput::Paged(_) | ToolOutput::Dynamic(_) | ToolOutput::FromLock(_) => {
            "an object"
        }
    })
}

/// Compares results, except schemas that are known only at run time: [`results_at_run_time`] compares these schemas
/// when the server starts and in `contract check`.
pub(super) const fn results<const N: usize>(
    old: &ToolOutput,
    new: &ToolOutput,
    prose: Prose,
    found: &mut Findings<N>,
) {
    let whole = ChangeLocation::Result(FieldPath::ROOT);
    match (old, new) {
        (ToolOutput::Nothing, ToolOutput::Nothing)
        | (ToolOutput::Text, ToolOutput::Text)
        | (ToolOutput::Content, ToolOutput::Content) => {}
        (
            ToolOutput::Object(old_object) | ToolOutput::Paged(old_object),
            ToolOutput::Object(new_object) | ToolOutput::Paged(new_object),
        ) => {
            // A page is an object too: its cursor is a field.
            object(FieldPath::ROOT, old_object, new_object, prose, found);
        }
        (ToolOutput::Nothing, other) => {
            found.note(
                Finding::new(ChangeRule::ResultAdded, whole).change(ChangedValue::None, output_name(other)),
            );
        }
        (other, ToolOutput::Nothing) => {
            found.note(
                Finding::new(ChangeRule::ResultRemoved, whole).change(output_name(other), ChangedValue::None),
            );
        }
        (ToolOutput::Text | ToolOutput::Content, _) | (_, ToolOutput::Text | ToolOutput::Content) => {
            found.note(
                Finding::new(ChangeRule::ResultChanged, whole).change(output_name(old), output_name(new)),
            );
        }
        // At least one schema is known only at run time; `FromLock` is such a schema from a lock.
        (ToolOutput::Dynamic(_) | ToolOutput::FromLock(_), _)
        | (_, ToolOutput::Dynamic(_) | ToolOutput::FromLock(_)) => {}
    }
}

/// Compares two results that are objects, if at least one schema is known only at run time. Any difference, except of
/// titles and descriptions, is reported as a changed result.
pub(super) fn results_at_run_time<const N: usize>(
    old: &ToolOutput,
    new: &ToolOutput,
    found: &mut Findings<N>,
) {
    let is_dynamic = |output: &ToolOutput| matches!(output, ToolOutput::Dynamic(_) | ToolOutput::FromLock(_));
    let is_object =
        |output: &ToolOutput| !matches!(output, ToolOutput::Nothing | ToolOutput::Text | ToolOutput::Content);
    if (is_dynamic(old) || is_dynamic(new)) && is_object(old) && is_object(new) && schema(old) != schema(new)
    {
        let change = Finding::new(ChangeRule::ResultChanged, ChangeLocation::Result(FieldPath::ROOT));
        found.note(change.change(
            ChangedValue::Text("an object of the old schema"),
            ChangedValue::Text(
                "an object of a different schema (it can't be decided whether it is narrower)",
            ),
        ));
    }
}

/// Returns the output schema without titles and descriptions; `None` if the output has no schema.
fn schema(output: &ToolOutput) -> Option<serde_json::Value> {
    let contract = Contract { output: *output, ..Contract::EMPTY };
    serde_json::to_value(contract.output_schema(Prose::Dropped)?).ok()
}
