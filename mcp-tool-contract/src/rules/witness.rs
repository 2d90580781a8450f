//! Witnesses: for a change, the arguments or the result that one version takes and the other doesn't, found by
//! the interpreter that the typed readers' rules also come from.

use std::fmt;

use super::{
    ChangeClass, ChangeRule,
    sample::{self, quoted},
};
use crate::{
    bounds::{Kind, Object, Schema},
    judge::{ChangeLocation, Finding},
    model::{Contract, Param, ToolOutput},
    read::{
        arguments, result,
        violation::{self, Violations},
    },
};

/// What shows a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Arguments that were taken, and are refused now.
    NowRefused(String),
    /// Arguments that were refused, and are taken now.
    NowAccepted(String),
    /// Arguments that both take, and that mean something else now.
    NewMeaning(String),
    /// A result that can come now, and couldn't before.
    NewResult(String),
    /// A result that could come before, and can't now.
    LostResult(String),
    /// What isn't in arguments or results.
    Sentence(&'static str),
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 200;
        let (json, what) = match self {
            Witness::NowRefused(json) => (json, "was taken, and is refused now"),
            Witness::NowAccepted(json) => (json, "was refused, and is taken now"),
            Witness::NewMeaning(json) => (json, "is taken as before, and means something else"),
            Witness::NewResult(json) => (json, "can come back now, and couldn't before"),
            Witness::LostResult(json) => (json, "could come back before, and can't now"),
            Witness::Sentence(words) => return f.write_str(words),
        };
        match json.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}… ({} bytes) {what}", &json[..end], json.len()),
            None => write!(f, "{json} {what}"),
        }
    }
}

/// What shows a change from `old` to `new`; none where nothing differs but words, or where whether one pattern
/// takes all that another does isn't decided.
#[must_use]
pub fn of(finding: &Finding, old: &Contract, new: &Contract) -> Option<Witness> {
    if finding.rule.class() == ChangeClass::Patch {
        return None;
    }
    match finding.place {
        ChangeLocation::Tool => Some(Witness::Sentence(words(finding.rule)?)),
        ChangeLocation::Parameter(name) => match finding.rule {
            ChangeRule::DefaultChanged => absent(name, old, new).map(Witness::NewMeaning),
            ChangeRule::SecretRemoved => {
                Some(Witness::Sentence("its values may be echoed, logged and digested now"))
            }
            ChangeRule::HeaderAdded => Some(Witness::Sentence(
                "a client that sends the argument without the header was served over HTTP, and is refused now",
            )),
            ChangeRule::HeaderChanged => Some(Witness::Sentence(
                "a client that sends the header it knows was served over HTTP, and is refused now",
            )),
            ChangeRule::HeaderRemoved => {
                Some(Witness::Sentence("what a client still sends in the header is passed over"))
            }
            rule if rule.class() == ChangeClass::Breaking => {
                arguments(name, old, new).map(Witness::NowRefused)
            }
            _ => arguments(name, new, old).map(Witness::NowAccepted),
        },
        ChangeLocation::Result(trail) => match finding.rule {
            ChangeRule::ResultAdded => Some(Witness::Sentence("there is a result to read now")),
            ChangeRule::ResultRemoved => Some(Witness::Sentence("a reader finds no result any more")),
            ChangeRule::ResultChanged => {
                Some(Witness::Sentence("a reader of the old result can't read the new one"))
            }
            // A result may always have more in it than a reader knows.
            ChangeRule::ResultFieldAdded => {
                Some(Witness::Sentence("a reader that doesn't know the field passes it over"))
            }
            ChangeRule::ResultFieldDropped => {
                Some(Witness::Sentence("a reader has to do without it already"))
            }
            rule if rule.class() == ChangeClass::Breaking => {
                result_of(trail.names(), &new.output, &old.output).map(Witness::NewResult)
            }
            _ => result_of(trail.names(), &old.output, &new.output).map(Witness::LostResult),
        },
    }
}

const fn words(rule: ChangeRule) -> Option<&'static str> {
    Some(match rule {
        ChangeRule::ScopeAdded => "a caller without it was let in, and is refused now",
        ChangeRule::ScopeRemoved => "a caller without it was refused, and is let in now",
        ChangeRule::ApprovalAdded => "a caller with the scope was let through, and waits for approval now",
        ChangeRule::ApprovalRemoved => "a call waited for approval, and runs by its scope alone now",
        ChangeRule::UpstreamAdded => {
            "what is sent stayed here and at the other upstreams, and may go there now"
        }
        ChangeRule::UpstreamRemoved => "nothing of what is sent goes there now",
        ChangeRule::ReadOnlyAdded => "a host that asks before each write needn't ask any more",
        ChangeRule::ReadOnlyRemoved => "a host that lets readers run unasked let it run, and it writes now",
        ChangeRule::DestructiveAdded => "a call ran at once, and must pass a gate now",
        ChangeRule::DestructiveRemoved => "a call had to pass a gate, and runs at once now",
        ChangeRule::IdempotentAdded => "a call may be repeated now",
        ChangeRule::IdempotentRemoved => {
            "a client that repeats a lost call did nothing twice, and may do so now"
        }
        ChangeRule::OpenWorldAdded => "what is sent stayed within the server's domain, and may leave it now",
        ChangeRule::OpenWorldRemoved => "what is sent stays within the server's domain now",
        ChangeRule::TimeoutLowered => "a call that runs longer is ended now",
        ChangeRule::TimeoutRaised => "a call that runs longer was ended, and goes on now",
        ChangeRule::ConcurrencyLowered => "one call more at the same time is asked to come back now",
        ChangeRule::ConcurrencyRaised => {
            "one call more at the same time was asked to come back, and runs now"
        }
        ChangeRule::RateLowered => "one call more in some span of time is asked to come back now",
        ChangeRule::RateRaised => "one call more in some span of time was asked to come back, and runs now",
        ChangeRule::ConstraintsAdded => "arguments that break the conditions were taken, and are refused now",
        ChangeRule::ConstraintsRemoved => {
            "arguments that broke the conditions were refused, and are taken now"
        }
        ChangeRule::ConstraintsChanged => {
            "arguments that break the new conditions alone were taken, and are refused now"
        }
        ChangeRule::TaskAdded => "a client that declares the extension may get a task for its result",
        ChangeRule::TaskRequired => {
            "a client that doesn't declare the extension was served, and is refused now"
        }
        ChangeRule::TaskRemoved => "a client that doesn't declare the extension gets a result, as any other",
        ChangeRule::DeprecationAdded => "a caller is told to move on",
        ChangeRule::RemovalEarlier => "a caller that counted on the old day finds nothing",
        ChangeRule::ToolAdded => "a caller finds it in the list",
        ChangeRule::ToolRemoved => "a caller that knows it is told that it is unknown",
        _ => return None,
    })
}

/// Arguments that one contract takes, and that the other refuses for this parameter.
fn arguments(name: &str, taker: &Contract, refuser: &Contract) -> Option<String> {
    let find = |contract: &Contract| contract.input.iter().find(|param| param.name == name);
    let schemas = [find(taker), find(refuser)].map(|param| param.map(|param| param.schema));
    let mut candidates = vec![None];
    candidates.extend(sample::of_both(schemas[0].as_ref(), schemas[1].as_ref()).into_iter().map(Some));
    candidates.push(Some("null".to_owned()));
    let others = others(name, taker, refuser);
    candidates.into_iter().map(|value| object(&others, name, value.as_deref())).find(|json| {
        arguments::check(json, taker.input).is_ok()
            && arguments::check(json, refuser.input).is_err_and(|found| is_at(&found, &format!("/{name}")))
    })
}

/// Arguments that both take, without this one.
fn absent(name: &str, old: &Contract, new: &Contract) -> Option<String> {
    let json = object(&others(name, old, new), name, None);
    arguments::check(&json, old.input).is_ok().then_some(json)
}

/// Values for what is required beside a parameter, such that both contracts take them where they can.
fn others(name: &str, taker: &Contract, refuser: &Contract) -> Vec<(&'static str, String)> {
    let mut others = Vec::new();
    for param in taker.input.iter().filter(|param| param.name != name && param.is_required()) {
        let counterpart = refuser.input.iter().find(|other| other.name == param.name);
        let mut values = sample::values(&param.schema);
        values.extend(counterpart.into_iter().flat_map(|other| sample::values(&other.schema)));
        let takes = |param: &Param, value: &str| {
            arguments::check(&format!("{{{}:{value}}}", quoted(param.name)), &[*param]).is_ok()
        };
        let by_both = values
            .iter()
            .find(|value| takes(param, value) && counterpart.is_none_or(|other| takes(other, value)));
        let value = by_both.or_else(|| values.iter().find(|value| takes(param, value)));
        others.extend(value.map(|value| (param.name, value.clone())));
    }
    others
}

fn object(others: &[(&str, String)], name: &str, value: Option<&str>) -> String {
    let own = value.map(|value| (name, value));
    let members = others.iter().map(|(name, value)| (*name, value.as_str())).chain(own);
    let members: Vec<String> = members.map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn is_at(found: &Violations, pointer: &str) -> bool {
    let mut found = found.listed().iter();
    found.any(|violation| {
        violation.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// A result that one output may give, and the other not for what is at the end of this way.
fn result_of(trail: &[&str], giver: &ToolOutput, other: &ToolOutput) -> Option<String> {
    let (giver, other) = (shape(giver)?, shape(other)?);
    let mut candidates = vec![None, Some("null".to_owned())];
    let schemas = [giver, other].map(|object| schema_at(object, trail));
    candidates.extend(sample::of_both(schemas[0].as_ref(), schemas[1].as_ref()).into_iter().map(Some));
    candidates
        .into_iter()
        .map(|value| result_with(giver, Some(other), trail, value.as_deref()))
        .find(|json| permits(giver, json) && !permits(other, json))
}

const fn shape(output: &ToolOutput) -> Option<&'static Object> {
    match output {
        ToolOutput::Object(object) | ToolOutput::Page(object) => Some(object),
        ToolOutput::Nothing
        | ToolOutput::Text
        | ToolOutput::Content
        | ToolOutput::Dynamic(_)
        | ToolOutput::FromLock(_) => None,
    }
}

fn schema_at(object: &'static Object, trail: &[&str]) -> Option<Schema> {
    let (name, rest) = trail.split_first()?;
    let field =
        (0..object.count()).filter_map(|place| object.field(place)).find(|field| field.name == *name)?;
    match (rest, field.schema.kind) {
        ([], _) => Some(field.schema),
        (rest, Kind::Object(inner)) => schema_at(inner, rest),
        _ => None,
    }
}

/// An object of these fields in which one has that value, or is absent. The others have values that the other
/// shape permits too, where there are such.
fn result_with(
    object: &'static Object,
    other: Option<&'static Object>,
    trail: &[&str],
    value: Option<&str>,
) -> String {
    let mut members = Vec::new();
    for field in (0..object.count()).filter_map(|place| object.field(place)) {
        let counterpart = other.and_then(|other| schema_at(other, &[field.name]));
        let own = match (trail.split_first(), field.schema.kind) {
            (Some((name, [])), _) if *name == field.name => value.map(str::to_owned),
            (Some((name, rest)), Kind::Object(inner)) if *name == field.name => {
                let other = match counterpart.map(|schema| schema.kind) {
                    Some(Kind::Object(other)) => Some(other),
                    _ => None,
                };
                let inner = result_with(inner, other, rest, value);
                Some(match field.schema.items {
                    None => inner,
                    Some(items) => {
                        let count = usize::try_from(items.min.max(1)).unwrap_or(1);
                        format!("[{}]", vec![inner.as_str(); count].join(","))
                    }
                })
            }
            _ if field.required => {
                let mut values = sample::values(&field.schema);
                values.extend(counterpart.iter().flat_map(sample::values));
                let fits = |schema: &Schema, value: &str| result::check_value(value, schema).is_ok();
                let by_both = values.iter().find(|value| {
                    fits(&field.schema, value) && counterpart.is_none_or(|other| fits(&other, value))
                });
                by_both.or_else(|| values.iter().find(|value| fits(&field.schema, value))).cloned()
            }
            _ => None,
        };
        members.extend(own.map(|value| format!("{}:{value}", quoted(field.name))));
    }
    format!("{{{}}}", members.join(","))
}

/// Whether a reader of that shape takes the result: what it doesn't know it passes over.
#[must_use]
pub fn permits(object: &Object, json: &str) -> bool {
    match result::check(json, object) {
        Ok(()) => true,
        Err(found) => {
            found.more() == 0
                && found.listed().iter().all(|found| found.rule == violation::Rule::AdditionalProperties)
        }
    }
}
