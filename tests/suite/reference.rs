//! The pages of docs/reference compared with the code: no row without its item, and no item without its row.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use mcp_tool_contract::grammar::{ArgKey, ToolKey};

use crate::harness::root;

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs/reference").join(name)).unwrap()
}

/// Names in backticks in the first cell of the rows below a heading that starts with `heading`.
fn rows(page: &str, heading: &str) -> BTreeSet<String> {
    let mut is_below = heading.is_empty();
    let mut names = BTreeSet::new();
    for line in page.lines() {
        if line.starts_with('#') && !heading.is_empty() {
            is_below = line.trim_start_matches('#').trim_start().starts_with(heading);
        } else if let (true, Some(row)) = (is_below, line.strip_prefix("| `")) {
            names.insert(row.split('`').next().unwrap().to_owned());
        }
    }
    assert!(!names.is_empty(), "no rows below {heading:?}");
    names
}

fn set<'t>(names: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn source(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Returns each text between an occurrence of `before` and the next `after`.
fn between<'t>(text: &'t str, before: &str, after: char) -> BTreeSet<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

/// Adds the texts of the Rust files below a folder to `texts`.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true => sources(&path, texts),
            false if path.extension().is_some_and(|extension| extension == "rs") => {
                texts.push(fs::read_to_string(path).unwrap());
            }
            false => {}
        }
    }
}

#[test]
fn documented_keys_are_those_of_the_grammar() {
    let page = page("keys.md");
    assert_eq!(rows(&page, "`#[mcp_tool"), set(ToolKey::NAMES.iter().copied()));
    assert_eq!(rows(&page, "`#[arg"), set(ArgKey::NAMES.iter().copied()));
    let bounds = ArgKey::ALL.iter().filter(|key| key.is_bound()).map(|key| key.name());
    assert_eq!(rows(&page, "`#[schema"), set(bounds.chain(["crate", "from_str", "secret"])));
}

#[test]
fn each_key_has_a_page_in_the_documentation() {
    for (module, names) in [
        ("mcp_tool", set(ToolKey::NAMES.iter().copied())),
        ("arg", set(ArgKey::NAMES.iter().copied())),
        ("schema", rows(&page("keys.md"), "`#[schema")),
    ] {
        let text = source(&format!("mcp-tool-runtime/src/keys/{module}.rs"));
        // `crate` can't be the name of a module.
        let pages = between(&text, "\npub mod ", ' ').into_iter();
        let pages = pages.map(|name| name.trim_start_matches("r#").trim_end_matches('_'));
        assert_eq!(set(pages), names, "{module}");
    }
}

#[test]
fn documented_settings_have_the_names_and_defaults_of_the_server() {
    let server = |arguments: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_specimen"))
            .args(arguments)
            .current_dir(folder.path())
            .env_remove("MCP_TOOL_CONFIG")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let printed = server(&["serve", "--print-config"]);
    let keys: BTreeSet<String> =
        printed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let page = page("settings.md");
    let listed: BTreeSet<String> =
        rows(&page, "").into_iter().filter(|key| keys.contains(key) || key.contains('.')).collect();
    assert_eq!(listed, keys);
    let help = server(&["serve", "--help"]);
    for row in page.lines().filter(|line| keys.iter().any(|key| line.starts_with(&format!("| `{key}`")))) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (key, flag, variable) = (cells[1], cells[2], cells[3]);
        assert_eq!(variable, format!("MCP_TOOL_{}", key.replace('.', "_").to_uppercase()));
        assert!(!flag.starts_with("--") || help.contains(&format!("{flag} <")), "{flag} isn't in the help");
        let value = printed.lines().find_map(|line| line.strip_prefix(&format!("{key} = "))).unwrap();
        let value = value.split("  # ").next().unwrap().trim_matches('"');
        let default = cells[5].split(',').next().unwrap().trim_matches('`');
        let has_default = !matches!(value, "" | "[]") && !value.ends_with("not shown");
        assert!(
            !has_default || default == value || default.contains(value) || value.contains(default),
            "{key}: settings.md names the default {default}, the server prints {value}"
        );
    }
}

#[test]
fn documented_record_has_the_fields_that_are_written() {
    let text = source("mcp-tool-core/src/audit/record.rs");
    let text = text.split("#[cfg(test)]").next().unwrap();
    let mut fields = BTreeSet::new();
    for before in ["text(\"", "#\"\"", "number(\"", "digest(\"", "name(\"", "\",\"", "{\"", "#\",\""] {
        for name in between(text, before, '"') {
            let is_name =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if is_name {
                fields.insert(name.to_owned());
            }
        }
    }
    let page = page("record.md");
    let documented: BTreeSet<String> = page
        .split("| outcome |")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| row.split('`').next().unwrap().to_owned())
        .collect();
    assert_eq!(documented, fields);
}

#[test]
fn documented_error_kinds_and_rules_are_those_of_the_code() {
    let page = page("errors.md");
    let names = |path: &str, kind: &str| -> BTreeSet<String> {
        let text = source(path);
        let arms = text.lines().filter_map(|line| line.trim().strip_prefix(kind)?.split_once(" => \""));
        arms.filter(|(_, name)| name.ends_with("\","))
            .map(|(_, name)| name.trim_end_matches("\",").to_owned())
            .collect()
    };
    assert_eq!(rows(&page, "Error kinds"), names("mcp-tool-core/src/error.rs", "ErrorKind::"));
    assert_eq!(
        rows(&page, "Rules of violations"),
        names("mcp-tool-contract/src/read/violation.rs", "Rule::")
    );
}

#[test]
fn documented_meta_keys_are_those_of_the_code() {
    let mut texts = Vec::new();
    for crate_name in ["mcp-tool-contract", "mcp-tool-core"] {
        sources(&root().join(crate_name).join("src"), &mut texts);
    }
    let mut keys = BTreeSet::new();
    for text in &texts {
        let text = text.split("#[cfg(test)]").next().unwrap();
        for prefix in ["dev.mcp-tool/", "io.modelcontextprotocol/"] {
            for rest in text.split(prefix).skip(1) {
                let name: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
                keys.insert(format!("{prefix}{name}"));
            }
        }
    }
    let documented: BTreeSet<String> =
        rows(&page("meta.md"), "").into_iter().filter(|key| key.contains('/') && key != "ref/tool").collect();
    assert_eq!(documented, keys);
}
