//! Deviations: intended differences between our responses and those of rmcp, each with its reason. Any other difference
//! fails the test.

use serde_json::Value;

mod differences;
mod refusals;

use super::{
    exchange::Exchange,
    model::{Classified, Rule},
    response::{Body, Response},
};
use differences::DIFFERENCES;
use refusals::REFUSALS;

/// A request, its classification by the model, and the responses of both servers.
pub(crate) struct Case<'c> {
    pub(crate) exchange: &'c Exchange,
    pub(crate) request: &'c Classified,
    pub(crate) ours: Response,
    pub(crate) theirs: Response,
}

/// A kind of response from rmcp, to a message that we answer differently.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RmcpResponse {
    /// Plain text with this status.
    Text(u16),
    /// A JSON-RPC error with this status and code.
    Error(u16, i64),
    /// A result, or 202 for a notification.
    Accepted,
}

/// A deviation that exists because we refuse a message: the conditions for the message, and the possible responses of
/// rmcp.
pub(crate) struct Refusal {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
    /// Rules by which we refuse the message.
    pub(crate) rules: &'static [Rule],
    /// Condition that the message must also meet.
    pub(crate) when: fn(&Classified) -> bool,
    /// Possible responses of rmcp to the message.
    pub(crate) theirs: &'static [RmcpResponse],
}

/// A deviation in one part of the responses.
pub(crate) struct Difference {
    pub(crate) name: &'static str,
    pub(crate) reason: &'static str,
    /// If the deviation applies, removes the difference from the responses and returns `true`.
    pub(crate) equalize: fn(&mut Case<'_>) -> bool,
}

/// Returns the names and reasons of all deviations.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let refusals = REFUSALS.iter().map(|refusal| (refusal.name, refusal.reason));
    refusals.chain(DIFFERENCES.iter().map(|difference| (difference.name, difference.reason)))
}

/// Returns the names of the deviations that explain why the responses differ; `None` if they don't explain it.
pub(crate) fn explain(case: &mut Case<'_>) -> Option<Vec<&'static str>> {
    let mut names = Vec::new();
    for difference in DIFFERENCES {
        if case.ours != case.theirs && (difference.equalize)(case) {
            names.push(difference.name);
        }
    }
    if case.ours == case.theirs {
        return Some(names);
    }
    // The model has no rule for some refusals of `tools/list` and of requests that aren't about tools, so these are
    // recognized by status and code.
    let is_refused = match case.request.rule {
        Rule::List => (case.ours.status, case.ours.code()) == (400, Some(-32602)),
        rule => rule.refusal().is_some() || (case.ours.status, case.ours.code()) == (400, Some(-32600)),
    };
    let refusal = REFUSALS.iter().find(|refusal| {
        is_refused
            && refusal.rules.contains(&case.request.rule)
            && (refusal.when)(case.request)
            && refusal.theirs.iter().any(|response| response.matches(case))
    })?;
    names.push(refusal.name);
    Some(names)
}

impl RmcpResponse {
    /// Returns `true` if rmcp's response is of this kind. If our response has an id, an error of rmcp must have the
    /// same id.
    pub(crate) fn matches(self, case: &Case<'_>) -> bool {
        let Response { status, body, .. } = &case.theirs;
        match self {
            RmcpResponse::Text(expected) => *status == expected && matches!(body, Body::Text(_)),
            RmcpResponse::Error(expected, code) => {
                let (our, their) = (case.ours.message(), case.theirs.message());
                let id = |message: Option<&Value>| message.and_then(|message| message.get("id").cloned());
                let is_same_id = id(our).is_none() || id(our) == id(their);
                *status == expected && case.theirs.code() == Some(code) && is_same_id
            }
            RmcpResponse::Accepted => {
                let is_response =
                    case.theirs.message().is_some_and(|message| message.get("result").is_some());
                (*status == 200 && is_response) || (*status == 202 && *body == Body::Empty)
            }
        }
    }
}
