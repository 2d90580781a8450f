//! Where we answer otherwise than rmcp on purpose, each with its reason. What isn't here has to be the same.

use serde_json::Value;

use super::{
    compare::{Answer, Body},
    differences::DIFFERENCES,
    exchange::Exchange,
    reference::{Read, Rule},
    refusals::REFUSALS,
};

/// One exchange, and both answers to it.
pub(super) struct Case<'c> {
    pub(super) exchange: &'c Exchange,
    pub(super) read: &'c Read,
    pub(super) ours: Answer,
    pub(super) theirs: Answer,
}

/// What rmcp says where a rule of ours refuses.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    /// Plain text.
    Text(u16),
    /// An error of JSON-RPC.
    Error(u16, i64),
    /// What a tool, or another request, answers: it took the message.
    Taken,
}

/// A message that we refuse, by these rules, and how rmcp answers it.
pub(super) struct Refusal {
    pub(super) name: &'static str,
    pub(super) why: &'static str,
    pub(super) rules: &'static [Rule],
    /// What has to be so besides.
    pub(super) when: fn(&Read) -> bool,
    pub(super) theirs: &'static [Said],
}

/// A difference in an answer, which `even` takes out of both where it is there.
pub(super) struct Difference {
    pub(super) name: &'static str,
    pub(super) why: &'static str,
    pub(super) even: fn(&mut Case<'_>) -> bool,
}

/// Names and reasons of all that is allowed.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let refusals = REFUSALS.iter().map(|refusal| (refusal.name, refusal.why));
    refusals.chain(DIFFERENCES.iter().map(|difference| (difference.name, difference.why)))
}

/// What explains that both answers differ; nothing where something of it isn't allowed.
pub(super) fn explained(case: &mut Case<'_>) -> Option<Vec<&'static str>> {
    let mut names = Vec::new();
    for difference in DIFFERENCES {
        if case.ours != case.theirs && (difference.even)(case) {
            names.push(difference.name);
        }
    }
    if case.ours == case.theirs {
        return Some(names);
    }
    // A request may be refused all the same for what the rules don't read.
    let is_refused = match case.read.rule {
        Rule::List => (case.ours.status, case.ours.code()) == (400, Some(-32602)),
        rule => rule.answer().is_some() || (case.ours.status, case.ours.code()) == (400, Some(-32600)),
    };
    let refusal = REFUSALS.iter().find(|refusal| {
        is_refused
            && refusal.rules.contains(&case.read.rule)
            && (refusal.when)(case.read)
            && refusal.theirs.iter().any(|said| said.is(case))
    })?;
    names.push(refusal.name);
    Some(names)
}

impl Said {
    pub(super) fn is(self, case: &Case<'_>) -> bool {
        let Answer { status, body, .. } = &case.theirs;
        match self {
            Said::Text(wanted) => *status == wanted && matches!(body, Body::Text(_)),
            Said::Error(wanted, code) => {
                let (our, their) = (case.ours.message(), case.theirs.message());
                let id = |message: Option<&Value>| message.and_then(|message| message.get("id").cloned());
                let is_same_id = id(our).is_none() || id(our) == id(their);
                *status == wanted && case.theirs.code() == Some(code) && is_same_id
            }
            Said::Taken => {
                let is_answer = case.theirs.message().is_some_and(|message| message.get("result").is_some());
                (*status == 200 && is_answer) || (*status == 202 && *body == Body::Empty)
            }
        }
    }
}
