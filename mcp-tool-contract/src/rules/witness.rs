//! Witnesses of changes: arguments or a result that one version of a contract accepts and the other refuses. The code
//! that validates calls verifies each of them. The witness of a changed default is arguments with a different meaning.
//! If neither arguments nor results show a change, its witness is a sentence.

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

/// Evidence of a change, for messages. Arguments and results are JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Witness {
    /// Arguments that were accepted, and are now refused.
    NowRefused(String),
    /// Arguments that were refused, and are now accepted.
    NowAccepted(String),
    /// Arguments that both versions accept, with a different meaning.
    NewMeaning(String),
    /// A result that can now be returned, and couldn't before.
    NewResult(String),
    /// A result that could be returned before, and no longer can.
    LostResult(String),
    /// A sentence about a change that arguments and results don't show.
    Sentence(&'static str),
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Maximum length of the written JSON, in characters.
        const SHOWN: usize = 200;
        let (json, what) = match self {
            Witness::NowRefused(json) => (json, "was accepted, and is now refused"),
            Witness::NowAccepted(json) => (json, "was refused, and is now accepted"),
            Witness::NewMeaning(json) => (json, "is still accepted, with a different meaning"),
            Witness::NewResult(json) => (json, "can now be returned, and couldn't before"),
            Witness::LostResult(json) => (json, "could be returned before, and no longer can"),
            Witness::Sentence(sentence) => return f.write_str(sentence),
        };
        match json.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}… ({} bytes) {what}", &json[..end], json.len()),
            None => write!(f, "{json} {what}"),
        }
    }
}

/// Returns the evidence of a change from `old` to `new`. `None` for a change of class patch, or if no sample value
/// shows the difference, for example between two patterns.
#[must_use]
pub fn of(finding: &Finding, old: &Contract, new: &Contract) -> Option<Witness> {
    if finding.rule.class() == ChangeClass::Patch {
        return None;
    }
    match finding.location {
        ChangeLocation::Tool => Some(Witness::Sentence(sentence(finding.rule)?)),
        ChangeLocation::Parameter(name) => match finding.rule {
            ChangeRule::DefaultChanged => absent(name, old, new).map(Witness::NewMeaning),
            ChangeRule::SecretRemoved => Some(Witness::Sentence(
                "its values may now be echoed, logged and included in the audit digest",
            )),
            ChangeRule::HeaderAdded => Some(Witness::Sentence(
                "over HTTP, a client that sends the argument without the header was served, and is now refused",
            )),
            ChangeRule::HeaderChanged => Some(Witness::Sentence(
                "over HTTP, a client that sends the old header was served, and is now refused",
            )),
            ChangeRule::HeaderRemoved => {
                Some(Witness::Sentence("a header that a client still sends is ignored"))
            }
            rule if rule.class() == ChangeClass::Breaking => {
                arguments(name, old, new).map(Witness::NowRefused)
            }
            _ => arguments(name, new, old).map(Witness::NowAccepted),
        },
        ChangeLocation::Result(path) => match finding.rule {
            ChangeRule::ResultAdded => Some(Witness::Sentence("readers now get a result")),
            ChangeRule::ResultRemoved => Some(Witness::Sentence("readers no longer get a result")),
            ChangeRule::ResultChanged => {
                Some(Witness::Sentence("readers of the old result can't read the new one"))
            }
            // The output schemas of tool lists allow undeclared fields, although the server never sends them.
            ChangeRule::ResultFieldAdded => {
                Some(Witness::Sentence("readers that don't know the field ignore it"))
            }
            ChangeRule::ResultFieldDropped => {
                Some(Witness::Sentence("readers already had to handle its absence"))
            }
            rule if rule.class() == ChangeClass::Breaking => {
                result_of(path.names(), &new.output, &old.output).map(Witness::NewResult)
            }
            _ => result_of(path.names(), &old.output, &new.output).map(Witness::LostResult),
        },
    }
}

/// Returns the sentence for a change of the tool itself. `None` for rules of class patch, and for rules about
/// parameters and results.
const fn sentence(rule: ChangeRule) -> Option<&'static str> {
    Some(match rule {
        ChangeRule::ScopeAdded => "a caller without it was admitted, and is now refused",
        ChangeRule::ScopeRemoved => "a caller without it was refused, and is now admitted",
        ChangeRule::ApprovalAdded => {
            "a caller with the scope was admitted, and is now refused until the operator allows the tool"
        }
        ChangeRule::ApprovalRemoved => {
            "a call was refused until the operator allowed the tool, and now needs only the scope"
        }
        ChangeRule::UpstreamAdded => "arguments could not reach this upstream, and now may",
        ChangeRule::UpstreamRemoved => "arguments no longer reach this upstream",
        ChangeRule::ReadOnlyAdded => "a host that confirms each write no longer has to ask",
        ChangeRule::ReadOnlyRemoved => {
            "a host ran it without asking, because it was read-only, and it may now write"
        }
        ChangeRule::DestructiveAdded => "a call ran immediately, and must now pass a gate",
        ChangeRule::DestructiveRemoved => "a call had to pass a gate, and now runs immediately",
        ChangeRule::IdempotentAdded => "a call may now be repeated",
        ChangeRule::IdempotentRemoved => {
            "a client that repeats a lost call caused no second effect, and now may cause one"
        }
        ChangeRule::OpenWorldAdded => "arguments stayed within the server's domain, and may now leave it",
        ChangeRule::OpenWorldRemoved => "arguments now stay within the server's domain",
        ChangeRule::TimeoutLowered => "a call that runs longer is now ended",
        ChangeRule::TimeoutRaised => "a call that runs longer was ended, and now continues",
        ChangeRule::ConcurrencyLowered => {
            "a concurrent call beyond the new limit is now asked to retry later"
        }
        ChangeRule::ConcurrencyRaised => {
            "a concurrent call beyond the old limit was asked to retry later, and now runs"
        }
        ChangeRule::RateLowered => "a call beyond the new limit is now asked to retry later",
        ChangeRule::RateRaised => "a call beyond the old limit was asked to retry later, and now runs",
        ChangeRule::ConstraintsAdded => {
            "arguments that violate the constraints were accepted, and are now refused"
        }
        ChangeRule::ConstraintsRemoved => {
            "arguments that violate the constraints were refused, and are now accepted"
        }
        ChangeRule::ConstraintsChanged => {
            "arguments that violate only the new constraints were accepted, and are now refused"
        }
        ChangeRule::TaskAdded => {
            "a client that declares the tasks extension may get a task instead of a result"
        }
        ChangeRule::TaskRequired => {
            "a client that doesn't declare the tasks extension was served, and is now refused"
        }
        ChangeRule::TaskRemoved => "a call that ran as a task may now return its result directly",
        ChangeRule::DeprecationAdded => "callers are told that the tool will be removed",
        ChangeRule::RemovalEarlier => "a caller that relies on the old date may find that the tool is gone",
        ChangeRule::ToolAdded => "callers find it in `tools/list`",
        ChangeRule::ToolRemoved => "a call of it now fails, because the tool is unknown",
        _ => return None,
    })
}

/// Finds arguments that `accepting` accepts and `refusing` refuses because of the parameter `name`.
fn arguments(name: &str, accepting: &Contract, refusing: &Contract) -> Option<String> {
    let find = |contract: &Contract| contract.input.iter().find(|param| param.name == name);
    let schemas = [find(accepting), find(refusing)].map(|param| param.map(|param| param.schema));
    // `None`: without this argument.
    let mut candidates = vec![None];
    candidates.extend(sample::of_both(schemas[0].as_ref(), schemas[1].as_ref()).into_iter().map(Some));
    candidates.push(Some("null".to_owned()));
    let others = others(name, accepting, refusing);
    candidates.into_iter().map(|value| object(&others, name, value.as_deref())).find(|json| {
        arguments::check(json, accepting.input).is_ok()
            && arguments::check(json, refusing.input)
                .is_err_and(|found| concerns(&found, &format!("/{name}")))
    })
}

/// Finds arguments without the parameter `name`, whose default changed. `old` accepts the arguments; `new` does too, if
/// possible.
fn absent(name: &str, old: &Contract, new: &Contract) -> Option<String> {
    let json = object(&others(name, old, new), name, None);
    arguments::check(&json, old.input).is_ok().then_some(json)
}

/// Chooses values for the parameters other than `name` that `accepting` requires. If possible, `refusing` accepts the
/// values too.
fn others(name: &str, accepting: &Contract, refusing: &Contract) -> Vec<(&'static str, String)> {
    let mut others = Vec::new();
    for param in accepting.input.iter().filter(|param| param.name != name && param.is_required()) {
        let counterpart = refusing.input.iter().find(|other| other.name == param.name);
        let mut values = sample::values(&param.schema);
        values.extend(counterpart.into_iter().flat_map(|other| sample::values(&other.schema)));
        let accepts = |param: &Param, value: &str| {
            arguments::check(&format!("{{{}:{value}}}", quoted(param.name)), &[*param]).is_ok()
        };
        let by_both = values
            .iter()
            .find(|value| accepts(param, value) && counterpart.is_none_or(|other| accepts(other, value)));
        let value = by_both.or_else(|| values.iter().find(|value| accepts(param, value)));
        others.extend(value.map(|value| (param.name, value.clone())));
    }
    others
}

/// Builds an argument object: the values of `others`, and the argument `name` if it has a value.
fn object(others: &[(&str, String)], name: &str, value: Option<&str>) -> String {
    let named = value.map(|value| (name, value));
    let members = others.iter().map(|(name, value)| (*name, value.as_str())).chain(named);
    let members: Vec<String> = members.map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// Returns `true` if a violation is at this JSON pointer or below.
fn concerns(found: &Violations, pointer: &str) -> bool {
    let mut found = found.listed().iter();
    found.any(|violation| {
        violation.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Finds a result that `allowing` allows and `refusing` doesn't. Tries different values of the field at `path`.
fn result_of(path: &[&str], allowing: &ToolOutput, refusing: &ToolOutput) -> Option<String> {
    let (allowing, refusing) = (declared_object(allowing)?, declared_object(refusing)?);
    // `None`: without this field.
    let mut candidates = vec![None, Some("null".to_owned())];
    let schemas = [allowing, refusing].map(|object| schema_at(object, path));
    candidates.extend(sample::of_both(schemas[0].as_ref(), schemas[1].as_ref()).into_iter().map(Some));
    candidates
        .into_iter()
        .map(|value| result_with(allowing, Some(refusing), path, value.as_deref()))
        .find(|json| permits(allowing, json) && !permits(refusing, json))
}

/// Returns the object that the contract declares; `None` for other results, and for schemas known only at run time.
const fn declared_object(output: &ToolOutput) -> Option<&'static Object> {
    match output {
        ToolOutput::Object(object) | ToolOutput::Paged(object) => Some(object),
        ToolOutput::Nothing
        | ToolOutput::Text
        | ToolOutput::Content
        | ToolOutput::Dynamic(_)
        | ToolOutput::FromLock(_) => None,
    }
}

/// Returns the schema of the field at `path`. Looks also into the objects in arrays.
fn schema_at(object: &'static Object, path: &[&str]) -> Option<Schema> {
    let (name, rest) = path.split_first()?;
    let field =
        (0..object.count()).filter_map(|index| object.field(index)).find(|field| field.name == *name)?;
    match (rest, field.schema.kind) {
        ([], _) => Some(field.schema),
        (rest, Kind::Object(inner)) => schema_at(inner, rest),
        _ => None,
    }
}

/// Builds an object in which the field at `path` has this value, or is absent. The remaining required fields have
/// values that `other` allows too, if possible.
fn result_with(
    object: &'static Object,
    other: Option<&'static Object>,
    path: &[&str],
    value: Option<&str>,
) -> String {
    let mut members = Vec::new();
    for field in (0..object.count()).filter_map(|index| object.field(index)) {
        let counterpart = other.and_then(|other| schema_at(other, &[field.name]));
        let chosen = match (path.split_first(), field.schema.kind) {
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
        members.extend(chosen.map(|value| format!("{}:{value}", quoted(field.name))));
    }
    format!("{{{}}}", members.join(","))
}

/// Returns `true` if a reader that expects this object accepts the result. Readers ignore unknown fields.
#[must_use]
pub fn permits(object: &Object, json: &str) -> bool {
    match result::check(json, object) {
        Ok(()) => true,
        Err(found) => {
            // Violations that are only counted may be of other rules.
            found.more() == 0
                && found.listed().iter().all(|found| found.rule == violation::Rule::AdditionalProperties)
        }
    }
}
