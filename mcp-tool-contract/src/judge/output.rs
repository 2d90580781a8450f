//! The result against what it was.

use super::{
    finding::{Fact, Finding, Findings, Place, Trail},
    value::object,
};
use crate::{
    json::schema::Prose,
    model::{Contract, Output},
    rules::Rule,
};

/// What a result is, in a word.
const fn spelled(output: &Output) -> Fact {
    Fact::Text(match output {
        Output::Nothing => "nothing",
        Output::Text => "text",
        Output::Content => "content of any kind",
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
        (Output::Nothing, Output::Nothing)
        | (Output::Text, Output::Text)
        | (Output::Content, Output::Content) => {}
        (Output::Object(was) | Output::Page(was), Output::Object(is) | Output::Page(is)) => {
            object(Trail::ROOT, was, is, prose, found);
        }
        (Output::Nothing, other) => {
            found.note(Finding::new(Rule::ResultAdded, whole).change(Fact::Unsaid, spelled(other)));
        }
        (other, Output::Nothing) => {
            found.note(Finding::new(Rule::ResultRemoved, whole).change(spelled(other), Fact::Unsaid));
        }
        (Output::Text | Output::Content, _) | (_, Output::Text | Output::Content) => {
            found.note(Finding::new(Rule::ResultChanged, whole).change(spelled(old), spelled(new)));
        }
        (Output::Dynamic(_) | Output::Remembered(_), _) | (_, Output::Dynamic(_) | Output::Remembered(_)) => {
        }
    }
}

/// A schema that const evaluation couldn't look at: the same, or not.
pub(super) fn results_at_run_time<const N: usize>(old: &Output, new: &Output, found: &mut Findings<N>) {
    let is_late = |output: &Output| matches!(output, Output::Dynamic(_) | Output::Remembered(_));
    let is_object = |output: &Output| !matches!(output, Output::Nothing | Output::Text | Output::Content);
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
