//! The keys of `#[mcp_tool(…)]`.

use mcp_tool_contract::name;
use proc_macro2::{Span, TokenStream};
use syn::{Expr, ExprArray, ExprLit, Lit, LitStr};

use super::model::Keys;
use crate::{
    errors::Errors,
    keys::{self, Key},
    literal,
};

const KNOWN: [&str; 13] = [
    "version",
    "scope",
    "public",
    "name",
    "title",
    "read_only",
    "destructive",
    "idempotent",
    "open_world",
    "max_len",
    "max_items",
    "timeout",
    "concurrency",
];

/// Keys whose enforcement doesn't exist yet. A guard that isn't enforced isn't accepted.
const LATER: [&str; 9] =
    ["rate", "ceiling", "retry", "cache", "upstream", "gate", "deprecated", "weakens", "task"];

/// Reads the keys; what is wrong with one leaves the others standing.
pub(super) fn parse(tokens: TokenStream, errors: &mut Errors) -> Keys {
    let mut found = Keys::default();
    let (mut version, mut scope, mut public) = (false, None, None);
    let (mut read_only, mut destructive) = (None, None);
    let whole = tokens.clone();
    let Some(keys) = keys::parse(tokens, errors) else { return found };
    for key in keys {
        match key.name.to_string().as_str() {
            "version" => {
                version = true;
                found.version = key.text("\"1.0\"", errors).and_then(|text| self::version(&text, errors)).unwrap_or_default();
            }
            "scope" => {
                scope = Some(key.whole());
                found.scopes = scopes(&key, errors);
            }
            "public" => public = key.flag(errors).then(|| key.span()),
            "name" => found.name = key.text("\"list_invoices\"", errors).and_then(|text| tool_name(&text, errors)),
            "title" => found.title = key.text("\"List invoices\"", errors).map(|text| text.value()),
            "read_only" => read_only = key.flag(errors).then(|| key.span()),
            "destructive" => destructive = key.flag(errors).then(|| key.span()),
            "idempotent" => found.idempotent = key.flag(errors),
            "open_world" => found.open_world = key.flag(errors),
            "max_len" => found.max_len = key.count(errors),
            "max_items" => found.max_items = key.count(errors),
            "timeout" => {
                let text = key.text("\"5s\"", errors);
                found.timeout_ms = text.and_then(|text| literal::milliseconds(&text, errors));
            }
            "concurrency" => found.concurrency = concurrency(&key, errors),
            later if LATER.contains(&later) => errors.at(
                &key.name,
                format!("`{later}` isn't enforced by this release, and a guard that isn't enforced is refused: leave it out"),
            ),
            _ => keys::unknown(&key, &KNOWN, errors),
        }
    }
    let mut missing = |message: &str| {
        if whole.is_empty() { errors.on(Span::call_site(), message) } else { errors.at(&whole, message) }
    };
    if !version {
        missing("`version` is missing: write `version = \"1.0\"`");
    }
    match (scope, public) {
        (None, None) => {
            missing("`scope` is missing: write `scope = \"…\"`, or `public` for a tool that needs none");
        }
        (Some(_), Some(public)) => errors.on(public, "`public` needs no scope: drop it, or the `scope`"),
        _ => {}
    }
    if let (Some(_), Some(destructive)) = (read_only, destructive) {
        errors.on(destructive, "what is `read_only` destroys nothing: drop one of the two");
    }
    found.read_only = read_only.is_some();
    found.destructive = destructive.is_some();
    found
}

/// `major.minor`, without leading zeros.
fn version(text: &LitStr, errors: &mut Errors) -> Option<(u32, u32)> {
    let number = |digits: &str| {
        let plain = digits == "0" || !digits.starts_with('0');
        (plain && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u32>().ok())
            .flatten()
    };
    let value = text.value();
    let version = value.split_once('.').and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    match version {
        Some((0, 0)) | None => {
            errors.on(text.span(), format!("`{value}` is no version: write `major.minor`, such as \"1.0\""));
            None
        }
        version => version,
    }
}

/// `"…"`, or `["…", …]`.
fn scopes(key: &Key, errors: &mut Errors) -> Vec<String> {
    let Some(value) = key.value("\"invoices:read\"", errors) else { return Vec::new() };
    let listed: Vec<&Expr> = match value {
        Expr::Array(ExprArray { elems, .. }) => elems.iter().collect(),
        single => vec![single],
    };
    if listed.is_empty() {
        errors.at(value, "no scope is listed: write `public` for a tool that needs none");
    }
    let mut scopes: Vec<String> = Vec::new();
    for scope in listed {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = scope else {
            errors.at(scope, "a scope is text: write `scope = \"invoices:read\"`");
            continue;
        };
        match name::check_scope(&text.value()) {
            Err(reason) => errors.on(text.span(), reason),
            Ok(()) if scopes.contains(&text.value()) => errors.on(text.span(), "this scope stands twice"),
            Ok(()) => scopes.push(text.value()),
        }
    }
    scopes
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
    let count = key.count(errors)?;
    match u32::try_from(count) {
        Ok(count) if count > 0 => Some(count),
        _ => {
            errors.at(&key.meta, "at least one call must be able to run: `concurrency` is 1 or more");
            None
        }
    }
}
