//! Parser of the content of an attribute such as `#[arg(…)]`. The content is a list of keys: `key`, `key = value` or
//! `key(…)`.

use mcp_tool_contract::name;
use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token, parse::Parser, punctuated::Punctuated,
    spanned::Spanned,
};

use crate::{
    errors::Errors,
    fragments,
    literal::{self, DeclaredCount},
};

/// One key of an attribute.
pub(crate) struct Key {
    pub(crate) name: Ident,
    /// The whole key: its name with its value or parentheses.
    pub(crate) meta: Meta,
}

/// Parses the keys of an attribute. A repeated key is an error unless `repeatable` contains it. Returns `None` if the
/// attribute is malformed, so that the caller reports no key as missing.
pub(crate) fn parse(tokens: TokenStream, repeatable: &[&str], errors: &mut Errors) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    append(&mut keys, tokens, repeatable, errors).then_some(keys)
}

/// Parses the keys of all attributes `#[name(…)]` among `attributes`. A repeated key is an error, also if each attribute
/// has it once.
pub(crate) fn of_attributes(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Key> {
    let mut keys = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        match &attribute.meta {
            Meta::List(list) => {
                append(&mut keys, list.tokens.clone(), &[], errors);
            }
            Meta::Path(_) | Meta::NameValue(_) => {
                errors.at(attribute, format!("write the keys in parentheses: `#[{name}(max_len = 64)]`"));
            }
        }
    }
    keys
}

/// Appends the keys of one attribute to `keys`. Returns `false` if the attribute is malformed.
fn append(keys: &mut Vec<Key>, tokens: TokenStream, repeatable: &[&str], errors: &mut Errors) -> bool {
    let metas = match Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(metas) => metas,
        Err(error) => {
            errors.push(error);
            return false;
        }
    };
    for meta in metas {
        let Some(name) = meta.path().get_ident().cloned() else {
            errors.at(meta.path(), "a key must be one word");
            continue;
        };
        if keys.iter().any(|key| key.name == name) && !repeatable.iter().any(|known| name == known) {
            errors.at(&meta, format!("`{name}` is given twice: remove one"));
            continue;
        }
        keys.push(Key { name, meta });
    }
    true
}

/// Reports an unknown key. Suggests the most similar known key, or lists all known keys.
pub(crate) fn unknown(key: &Key, known: &[&str], errors: &mut Errors) {
    let given = key.name.to_string();
    let message = match name::nearest(&given, known.iter().copied()) {
        Some(meant) => format!("unknown key `{given}`; did you mean `{meant}`?"),
        None => format!("unknown key `{given}`; use one of `{}`", known.join("`, `")),
    };
    errors.at(&key.name, message);
}

impl Key {
    /// Reads a key without value. Reports an error if it has a value, but always returns `true`, because the author
    /// meant to set the flag.
    pub(crate) fn flag(&self, errors: &mut Errors) -> bool {
        if !matches!(self.meta, Meta::Path(_)) {
            errors.at(&self.meta, format!("`{0}` takes no value: write `{0}`", self.name));
        }
        true
    }

    /// Returns the value of `key = value`, or reports an error that shows the example value `shape`.
    pub(crate) fn value(&self, shape: &str, errors: &mut Errors) -> Option<&Expr> {
        match &self.meta {
            Meta::NameValue(pair) => Some(fragments::ungrouped(&pair.value)),
            Meta::Path(_) | Meta::List(_) => {
                errors.at(&self.meta, format!("`{0}` takes a value: write `{0} = {shape}`", self.name));
                None
            }
        }
    }

    /// Returns the text of `key = "text"`, or reports an error that shows the example value `shape`.
    pub(crate) fn text(&self, shape: &str, errors: &mut Errors) -> Option<LitStr> {
        match self.value(shape, errors)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
            other => {
                errors.at(other, format!("`{0}` takes text: write `{0} = {shape}`", self.name));
                None
            }
        }
    }

    /// Returns the value of a key such as `concurrency = 64`, or reports an error if it isn't a whole number from 0 to
    /// 2^64 - 1.
    pub(crate) fn number(&self, errors: &mut Errors) -> Option<u64> {
        let value = self.value("64", errors)?;
        let number = literal::whole_number(value);
        if number.is_none() {
            errors.at(value, format!("`{0}` takes a whole number: write `{0} = 64`", self.name));
        }
        number
    }

    /// Returns the value of a key such as `max_len = 64` or `max_len = LIMIT`. Reports an error for other values than a
    /// whole number from 0 to 2^64 - 1 and a constant.
    pub(crate) fn count(&self, errors: &mut Errors) -> Option<DeclaredCount> {
        let value = self.value("64", errors)?;
        let count = DeclaredCount::of(value);
        if count.is_none() {
            let message = format!(
                "`{0}` takes a whole number or a constant: write `{0} = 64` or `{0} = LIMIT`",
                self.name
            );
            errors.at(value, message);
        }
        count
    }

    /// Returns the content of `key(…)`, or reports an error that shows the example content `shape`.
    pub(crate) fn inside(&self, shape: &str, errors: &mut Errors) -> Option<TokenStream> {
        match &self.meta {
            Meta::List(list) => Some(list.tokens.clone()),
            Meta::Path(_) | Meta::NameValue(_) => {
                errors.at(&self.meta, format!("`{0}` takes parentheses: write `{0}({shape})`", self.name));
                None
            }
        }
    }

    /// Span of the key's name.
    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }

    /// Span of the key with its value.
    pub(crate) fn full_span(&self) -> Span {
        self.meta.span()
    }
}
