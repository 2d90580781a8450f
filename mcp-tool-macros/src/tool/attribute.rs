//! Parser of the keys of `#[mcp_tool(…)]`.

use mcp_tool_contract::{
    bounds::Format,
    exhaustive,
    grammar::ToolKey,
    model::TaskSupport,
    name,
    read::format,
    rules::{ChangeClass, ChangeRule},
};
use proc_macro2::{Span, TokenStream};
use syn::{Ident, LitStr, Meta, Token, parse::Parser as _};

use super::{
    guards,
    model::{DeclaredDeprecation, DeclaredWeakening, Keys},
};
use crate::{
    errors::Errors,
    keys::{self, Key},
    literal,
    runtime_crate::RuntimeCrate,
};

/// Keys that a later release will enforce. This release refuses them, because an author would rely on a key that
/// compiles although nothing enforces it.
const UNENFORCED: [&str; 3] = ["ceiling", "retry", "cache"];

/// Positions of the keys that [`validate`] compares with each other; `None` for an absent key.
#[derive(Default)]
struct Positions {
    version: Option<Span>,
    scope: Option<Span>,
    public: Option<Span>,
    read_only: Option<Span>,
    destructive: Option<Span>,
    gate: Option<Span>,
}

/// Parses the keys, and checks the rules between them. After an error in one key, the other keys are still parsed.
/// After a syntax error, returns no keys.
pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Keys {
    let (mut found, mut at) = (Keys::default(), Positions::default());
    let repeatable = [ToolKey::Weakens.name()];
    let Some(keys) = keys::parse(tokens.clone(), &repeatable, errors) else { return found };
    for key in keys {
        let name = key.name.to_string();
        match ToolKey::of_name(&name) {
            Some(known) => parse_key(known, &key, &mut found, &mut at, errors),
            None if UNENFORCED.contains(&name.as_str()) => {
                errors.at(&key.name, format!("this release can't enforce `{name}`: remove it"));
            }
            None => keys::unknown(&key, ToolKey::NAMES, errors),
        }
    }
    validate(&tokens, &found, &at, errors);
    found
}

/// Parses the value of one key into `found`, and stores the key's position in `at`.
fn parse_key(known: ToolKey, key: &Key, found: &mut Keys, at: &mut Positions, errors: &mut Errors) {
    match known {
        ToolKey::Version => {
            at.version = Some(key.full_span());
            if let Some(text) = key.text("\"1.0\"", errors) {
                found.version_at = Some(text.span());
                found.version = self::version(&text, errors).unwrap_or_default();
            }
        }
        ToolKey::Scope => {
            at.scope = Some(key.full_span());
            found.scopes = guards::scopes(key, errors);
        }
        ToolKey::Public => at.public = key.flag(errors).then(|| key.span()),
        ToolKey::Name => {
            let text = key.text("\"list_invoices\"", errors);
            found.name = text.and_then(|text| tool_name(&text, errors));
        }
        ToolKey::Title => found.title = key.text("\"List invoices\"", errors).map(|text| text.value()),
        ToolKey::ReadOnly => {
            at.read_only = key.flag(errors).then(|| key.span());
            found.read_only = at.read_only.is_some();
        }
        ToolKey::Destructive => {
            at.destructive = key.flag(errors).then(|| key.span());
            found.destructive = at.destructive.is_some();
        }
        ToolKey::Idempotent => found.idempotent = key.flag(errors),
        ToolKey::OpenWorld => found.open_world = key.flag(errors),
        ToolKey::MaxLen => found.max_len = key.count(errors),
        ToolKey::MaxItems => found.max_items = key.count(errors),
        ToolKey::Timeout => {
            let text = key.text("\"5s\"", errors);
            found.timeout_ms = text.and_then(|text| literal::milliseconds(&text, errors));
        }
        ToolKey::Concurrency => found.concurrency = concurrency(key, errors),
        ToolKey::Rate => {
            let text = key.text("\"10/min\"", errors);
            found.rate = text.and_then(|text| literal::rate(&text, errors));
        }
        ToolKey::Gate => {
            at.gate = Some(key.full_span());
            found.gate = guards::gate(key, errors);
        }
        ToolKey::Constraints => found.constraints = key.text("r#\"{…}\"#", errors),
        ToolKey::Task => found.task = task(key, errors),
        ToolKey::Upstream => found.upstreams = guards::upstreams(key, errors),
        ToolKey::Deprecated => found.deprecation = deprecation(key, errors),
        ToolKey::Crate => {
            let value = key.value("\"::my_crate::mcp\"", errors);
            found.runtime = value.map(|value| RuntimeCrate::from_value(value, errors));
        }
        ToolKey::Weakens => found.weakens.extend(weakening(key, errors)),
    }
}

/// Checks the rules between keys. `tokens` is the content of `#[mcp_tool(…)]`, where missing keys are reported.
fn validate(tokens: &TokenStream, found: &Keys, at: &Positions, errors: &mut Errors) {
    let Positions { version, scope, public, read_only, destructive, gate } = *at;
    let mut missing = |message: &str| {
        // Without content, only the attribute itself has a position.
        if tokens.is_empty() { errors.on(Span::call_site(), message) } else { errors.at(tokens, message) }
    };
    if version.is_none() {
        missing("`version` is missing: write `version = \"1.0\"`");
    }
    match (scope, public) {
        (None, None) => {
            missing("`scope` is missing: write `scope = \"…\"`, or `public` for a tool without scopes");
        }
        (None, Some(public)) if found.gate.is_some() => {
            let message = "a `public` tool can't have a gate with a scope: write `scope` instead of `public`";
            errors.on(public, message);
        }
        (Some(_), Some(public)) => errors.on(public, "`public` excludes `scope`: remove one of the two"),
        _ => {}
    }
    if let (Some(_), Some(destructive)) = (read_only, destructive) {
        errors.on(destructive, "`read_only` excludes `destructive`: remove one of the two");
    }
    if let (Some(gate), None) = (gate, destructive) {
        errors.on(
            gate,
            "only a `destructive` tool can have a gate: add `destructive`, or put the scope into `scope`",
        );
    }
    if let (Some(gate), Some(gate_scope)) = (gate, found.gate.as_ref())
        && found.scopes.contains(gate_scope)
    {
        let message = format!(
            "every caller already has `{gate_scope}` from `scope`: use a different scope for the gate"
        );
        errors.on(gate, message);
    }
}

/// Parses `major.minor`, without leading zeros. `0.0` isn't a version.
fn version(text: &LitStr, errors: &mut Errors) -> Option<(u32, u32)> {
    let number = |digits: &str| {
        let no_leading_zero = digits == "0" || !digits.starts_with('0');
        (no_leading_zero && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())
            .flatten()
    };
    let value = text.value();
    let version = value.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    match version {
        Some((0, 0)) | None => {
            errors
                .on(text.span(), format!("`{value}` isn't a version: write `major.minor`, such as \"1.0\""));
            None
        }
        version => version,
    }
}

fn tool_name(text: &LitStr, errors: &mut Errors) -> Option<String> {
    match name::check_tool(&text.value()) {
        Ok(()) => Some(text.value()),
        Err(reason) => {
            errors.on(text.span(), reason);
            None
        }
    }
}

fn concurrency(key: &Key, errors: &mut Errors) -> Option<u32> {
    let count = key.number(errors)?;
    match u32::try_from(count) {
        Ok(count) if count > 0 => Some(count),
        _ => {
            errors.at(&key.meta, "`concurrency` must be from 1 to 4294967295");
            None
        }
    }
}

/// Parses `task`, or `task(required)`.
fn task(key: &Key, errors: &mut Errors) -> Option<TaskSupport> {
    if matches!(key.meta, Meta::Path(_)) {
        return Some(TaskSupport::Optional);
    }
    let inside = key.inside("required", errors)?.to_string();
    if inside != "required" {
        errors.at(&key.meta, "write `task`, or `task(required)` to refuse clients without task support");
        return None;
    }
    Some(TaskSupport::Required)
}

/// Parses `deprecated(message = "…", replacement = "…", removal = "2027-01-31")`.
fn deprecation(key: &Key, errors: &mut Errors) -> Option<DeclaredDeprecation> {
    const PARTS: [&str; 3] = ["message", "replacement", "removal"];
    let inside = key.inside("message = \"…\"", errors)?;
    let (mut message, mut replacement, mut removal) = (None, None, None);
    for part in keys::parse(inside, &[], errors)? {
        match part.name.to_string().as_str() {
            "message" => message = part.text("\"…\"", errors),
            "replacement" => {
                let text = part.text("\"list_invoices\"", errors);
                replacement = text.and_then(|text| tool_name(&text, errors));
            }
            "removal" => {
                removal = part.text("\"2027-01-31\"", errors);
                if let Some(day) = &removal
                    && !format::has_format(Format::Date, &day.value())
                {
                    let message = format!(
                        "{:?} isn't a date: write \"2027-01-31\" (RFC 3339 `full-date`)",
                        day.value()
                    );
                    errors.on(day.span(), message);
                }
            }
            _ => keys::unknown(&part, &PARTS, errors),
        }
    }
    let Some(message) = message else {
        errors.at(&key.meta, "`message` is missing: write `deprecated(message = \"…\")`");
        return None;
    };
    Some(DeclaredDeprecation {
        message: message.value(),
        replacement,
        removal: removal.map(|day| day.value()),
    })
}

/// Parses `weakens("rule-id", reason = "…")`. The rule must be one that lowers a guard, such as `scope-removed`.
fn weakening(key: &Key, errors: &mut Errors) -> Option<DeclaredWeakening> {
    const SHAPE: &str = "\"rule-id\", reason = \"…\"";
    let parts = |input: syn::parse::ParseStream<'_>| {
        let id: LitStr = input.parse()?;
        input.parse::<Token![,]>()?;
        let word: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let reason: LitStr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((id, word, reason))
    };
    let (id, word, reason) = match parts.parse2(key.inside(SHAPE, errors)?) {
        Ok(parts) => parts,
        Err(_) => {
            errors.at(&key.meta, format!("`weakens` needs a rule and a reason: write `weakens({SHAPE})`"));
            return None;
        }
    };
    if word != "reason" || reason.value().trim().is_empty() {
        errors.at(&key.meta, format!("the reason is missing: write `weakens({SHAPE})`"));
        return None;
    }
    let weakening_rules =
        || ChangeRule::ALL.iter().filter(|rule| rule.class() == ChangeClass::Weakens).map(|rule| rule.id());
    match ChangeRule::of_id(&id.value()) {
        Some(rule) if rule.class() == ChangeClass::Weakens => {
            Some(DeclaredWeakening { rule, reason: reason.value() })
        }
        Some(rule) => {
            let message = match rule.class().exhaustive() {
                exhaustive::ChangeClass::Breaking => {
                    format!("`{rule}` is breaking: bump to the next major version instead of giving a reason")
                }
                // The arm above has already matched `Weakens`.
                exhaustive::ChangeClass::Additive | exhaustive::ChangeClass::Weakens => {
                    format!("`{rule}` is additive: bump to the next minor version instead of giving a reason")
                }
                exhaustive::ChangeClass::Patch => {
                    format!("`{rule}` needs neither a version nor a reason: remove this")
                }
            };
            errors.on(id.span(), message);
            None
        }
        None => {
            let message = match name::nearest(&id.value(), weakening_rules()) {
                Some(meant) => format!("unknown rule {:?}; did you mean {meant:?}?", id.value()),
                None => format!(
                    "unknown rule {:?}; rules that lower a guard are {}",
                    id.value(),
                    weakening_rules().collect::<Vec<_>>().join(", ")
                ),
            };
            errors.on(id.span(), message);
            None
        }
    }
}
