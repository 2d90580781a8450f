//! Each type of the library crates has its own name, so that a name means the same in the whole workspace.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use repository::{libraries, metadata, text};

use crate::files::files;

/// Names that several types share, each with the reason.
const SHARED: [(&str, &str); 1] =
    [("Validator", "the stub replaces the validator if the feature `schemars` is off")];

/// Adds the names of the structs, enums, unions and traits in these tokens, except those in test modules.
fn types(tokens: TokenStream, found: &mut Vec<String>) {
    let mut is_test = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                if let Some(TokenTree::Group(attribute)) = tokens.peek() {
                    is_test |= attribute.stream().to_string().replace(' ', "") == "cfg(test)";
                    tokens.next();
                }
            }
            TokenTree::Ident(word)
                if ["struct", "enum", "union", "trait"].iter().any(|kind| word == kind) =>
            {
                if let (Some(TokenTree::Ident(name)), false) = (tokens.peek(), is_test) {
                    found.push(name.to_string());
                }
            }
            TokenTree::Punct(end) if end.as_char() == ';' => is_test = false,
            TokenTree::Group(group) => {
                if !is_test {
                    types(group.stream(), found);
                }
                is_test = false;
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[test]
fn each_type_has_its_own_name() {
    let metadata = metadata();
    let folders: Vec<String> =
        libraries(&metadata).iter().map(|package| format!("{}/src/", text(package, "name"))).collect();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in files(&["rs"]) {
        if !folders.iter().any(|folder| path.starts_with(folder)) || path.ends_with("/tests.rs") {
            continue;
        }
        let mut found = Vec::new();
        types(text.parse().unwrap_or_else(|error| panic!("{path}: {error}")), &mut found);
        for name in found {
            places.entry(name).or_default().push(path.clone());
        }
    }
    let shared = places.iter().filter(|(_, paths)| paths.len() > 1);
    let mut allowed: BTreeSet<&str> = SHARED.iter().map(|(name, _)| *name).collect();
    let mut violations = Vec::new();
    for (name, paths) in shared {
        if !allowed.remove(name.as_str()) {
            violations.push(format!("{name}: {}", paths.join(", ")));
        }
    }
    violations
        .extend(allowed.iter().map(|name| format!("{name}: is in `SHARED`, but at most one type has it")));
    crate::report("names of several types", &violations);
}

#[test]
fn types_of_tests_are_skipped() {
    let mut found = Vec::new();
    let code =
        "struct A; #[cfg(test)] mod tests { struct B; } fn f() { enum C {} } #[cfg(test)] mod x; trait D {}";
    types(code.parse().unwrap(), &mut found);
    assert_eq!(found, ["A", "C", "D"]);
}
