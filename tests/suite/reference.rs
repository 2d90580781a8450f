//! The pages of docs/reference compared with the code: each row has its item in the code, and each item has its row.

mod compile_errors;
mod limits;
mod types;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use mcp_tool_contract::grammar::{ArgKey, ToolKey};
use rmcp::model::ErrorCode;

use crate::harness::root;

/// Text of a page of docs/reference.
fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs/reference").join(name)).unwrap()
}

/// Names in backticks in the first cell of the rows below a heading that starts with `heading`. An empty heading means
/// all rows of the page.
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

/// Text of a file of the repository.
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
        // `crate` can't be the name of a module, so its page is the module `crate_`.
        let pages: Vec<(&str, &str)> = text
            .split_inclusive(" {}\n")
            .filter_map(|page| page.trim_end_matches(" {}\n").rsplit_once("\npub mod "))
            .map(|(text, name)| (name.trim_start_matches("r#").trim_end_matches('_'), text))
            .collect();
        assert_eq!(set(pages.iter().map(|(name, _)| *name)), names, "{module}");
        for (name, text) in pages {
            let is_asserted = text.lines().any(|line| line.starts_with("/// assert"));
            assert!(is_asserted, "{module}::{name}: the page shows no assertion on the schema");
        }
    }
}

#[test]
fn documented_settings_have_the_names_and_defaults_of_the_server() {
    let output_of = |arguments: &[&str]| {
        let (code, printed) = specimen(arguments);
        assert_eq!(code, 0, "{printed}");
        printed
    };
    let printed = output_of(&["serve", "--print-config"]);
    let keys: BTreeSet<String> =
        printed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let page = page("settings.md");
    let listed: BTreeSet<String> =
        rows(&page, "").into_iter().filter(|key| keys.contains(key) || key.contains('.')).collect();
    assert_eq!(listed, keys);
    let help = output_of(&["serve", "--help"]);
    for row in page.lines().filter(|line| keys.iter().any(|key| line.starts_with(&format!("| `{key}`")))) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        // The columns are key, flag, environment, value, default and meaning; `cells[0]` is empty.
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
    // The code that precedes the name of a field where the record is written.
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
fn outcomes_of_records_are_those_of_the_code() {
    let text = source("mcp-tool-core/src/audit/record.rs");
    let (_, names) = text.split_once("fn name(self)").unwrap();
    let (names, _) = names.split_once("\n    }\n").unwrap();
    let names: BTreeSet<String> = between(names, "=> \"", '"').into_iter().map(str::to_owned).collect();
    let page = page("record.md");
    let (_, table) = page.split_once("| outcome |").unwrap();
    assert_eq!(rows(table, ""), names);
    let output = Command::new(env!("CARGO_BIN_EXE_specimen")).args(["audit", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, outcome) = help.split_once("--outcome <OUTCOME>").unwrap();
    let (_, accepted) = outcome.split_once("[possible values: ").unwrap();
    assert_eq!(
        set(accepted.split(']').next().unwrap().split(',').map(str::trim)),
        names,
        "values of `--outcome`"
    );
}

/// Runs the command `revocations` on a control file with this text. Returns its output, or for an invalid file its
/// error.
fn revocations(text: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("control");
    fs::write(&file, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_specimen"))
        .args(["revocations", "--format", "json", "--control-file"])
        .arg(&file)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    if output.status.success() { Ok(printed) } else { Err(String::from_utf8(output.stderr).unwrap()) }
}

#[test]
fn control_file_has_the_members_and_targets_of_the_code() {
    let text = source("mcp-tool-core/src/control/entry.rs");
    let (_, line) = text.split_once("struct EntryLine {").unwrap();
    let (line, _) = line.split_once("\n}").unwrap();
    let members: BTreeSet<String> = line
        .lines()
        .filter_map(|line| line.trim().split_once(": ").map(|(name, _)| name.to_owned()))
        .collect();
    let page = page("control-file.md");
    let (members_part, actions_part) = page.split_once("| action | targets |").unwrap();
    assert_eq!(rows(members_part, ""), members);

    let example = members_part.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(revocations(example).as_deref(), Ok(example));

    let targets = members.iter().filter(|name| !["time", "by", "action", "reason"].contains(&name.as_str()));
    let targets: Vec<&String> = targets.collect();
    // Each action accepts exactly the targets of its row.
    let actions = actions_part.lines().filter(|line| line.starts_with("| `"));
    let mut documented = BTreeSet::new();
    for action in actions {
        let cells: Vec<&str> = action.split('|').map(str::trim).collect();
        let (action, permitted) = (
            cells[1].trim_matches('`'),
            between(&format!(" {}", cells[2]), " `", '`')
                .into_iter()
                .map(str::to_owned)
                .collect::<BTreeSet<_>>(),
        );
        documented.insert(action.to_owned());
        for target in &targets {
            let line = format!(
                r#"{{"time":"2026-11-14T09:30:00Z","by":"ann","action":"{action}","{target}":"2026-01-01T00:00:00Z"}}"#
            );
            let result = revocations(&format!("{line}\n"));
            assert_eq!(result.is_ok(), permitted.contains(*target), "{line}: {result:?}");
        }
    }
    assert_eq!(documented, set(between(&text, "=> \"", '"')), "actions");
}

/// Adds each command whose help lists `--format` to `found`: the command `path`, and the commands below it.
fn commands_with_format(path: &[&str], found: &mut BTreeSet<String>) {
    let output = Command::new(env!("CARGO_BIN_EXE_specimen")).args(path).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    if help.contains("--format <FORMAT>") {
        found.insert(path.join(" "));
    }
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return };
    for line in listed.lines().take_while(|line| !line.is_empty()) {
        let name = line.trim().split(' ').next().unwrap();
        if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
            commands_with_format(&[path, &[name]].concat(), found);
        }
    }
}

#[test]
fn documented_json_output_has_the_commands_with_a_format() {
    let page = page("json-output.md");
    let (commands, members) = page.split_once("| member |").unwrap();
    let mut found = BTreeSet::new();
    commands_with_format(&[], &mut found);
    assert_eq!(rows(commands, ""), found);

    // The function `document` renders a change, then a tool, then the whole document.
    let text = source("mcp-tool-cli/src/contract/output.rs");
    let (_, document) = text.split_once("fn document(").unwrap();
    let (document, _) = document.split_once("\n}\n").unwrap();
    let (changes, rest) = document.split_once("let tool =").unwrap();
    let names = |text: &str| set(text.split('"').skip(1).step_by(2));
    let (tools, whole) = rest.split_once("\n    };").unwrap();
    let tools = names(tools).into_iter().map(|name| format!("tools[].{name}"));
    let documented = rows(members, "");
    assert_eq!(documented, tools.chain(names(whole)).collect());
    for name in names(changes) {
        assert!(members.contains(&format!("\"{name}\"")), "{name} of a change");
    }
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

/// Runs the specimen (the test server in `tests/src`) in an empty folder, so that it finds no settings file. Returns
/// its exit code and standard output.
fn specimen(arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_specimen"))
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("MCP_TOOL_CONFIG")
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn exit_codes_are_those_of_the_commands() {
    let page = page("exit-codes.md");
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let table: Vec<Vec<String>> = page.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    // The codes of `contract check` and `contract diff`, and their descriptions, are those in the help of the commands.
    for command in ["check", "diff"] {
        let (_, help) = specimen(&["contract", command, "--help"]);
        let (_, codes) = help.split_once("Exit codes:\n").unwrap();
        let codes: BTreeSet<&str> = codes.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let command = format!("`contract {command}`");
        let documented = table.iter().filter(|row| row[1].contains(&command));
        let documented: BTreeSet<String> =
            documented.map(|row| format!("{}  {}", row[0].trim_matches('`'), row[2])).collect();
        // Codes 0 and 1 are those of all commands.
        let (general, special): (BTreeSet<&str>, BTreeSet<&str>) =
            codes.into_iter().partition(|line| line.starts_with(['0', '1']));
        assert_eq!(set(special), documented);
        assert_eq!(general.len(), 2, "{general:?}");
    }
    let text = source("mcp-tool-cli/src/contract/command.rs");
    let (_, arms) = text.split_once("const fn exit_code").unwrap();
    let findings = between(arms.split("\n}\n").next().unwrap(), " => ", ',');
    let listed: BTreeSet<String> = table.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(listed, set(findings.into_iter().chain(["0", "1", "2"])));
    // The commands that the table names.
    let commands: BTreeSet<&str> = table.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(
        commands,
        ["all", "`audit`", "`contract check`, `contract diff`", "`doctor`", "`serve`"].into()
    );
    for (arguments, code) in [
        (&["tools"] as &[&str], 0),
        (&["serve"], 1),
        (&["audit"], 1),
        (&["doctor"], 1),
        (&["unknown"], 2),
        (&["tools", "--unknown"], 2),
    ] {
        assert_eq!(specimen(arguments).0, code, "{arguments:?}");
    }
}

#[test]
fn json_rpc_codes_are_those_of_the_code() {
    let text = source("mcp-tool-core/src/transport/protocol_error.rs");
    let declared = between(&text, ": i32 = ", ';');
    assert!(declared.len() > 5, "{declared:?}");
    // The code for unknown methods is a constant of rmcp, which answers them.
    let unknown_method = ErrorCode::METHOD_NOT_FOUND.0.to_string();
    let codes: Vec<&str> = declared.into_iter().chain([unknown_method.as_str()]).collect();
    let page = page("errors.md");
    assert_eq!(rows(&page, "JSON-RPC codes"), set(codes.iter().copied()));
    // Codes of this project's own, outside of the range that JSON-RPC reserves.
    let ours: BTreeSet<i32> = codes
        .iter()
        .map(|code| code.parse().unwrap())
        .filter(|code| !(-32_768..=-32_000).contains(code))
        .collect();
    let (first, last) = (ours.last().unwrap(), ours.first().unwrap());
    assert!(page.contains(&format!("\nThe codes from {first} to {last} are this project's own.\n")));
}

#[test]
fn upstream_keys_are_those_of_the_settings() {
    let text = source("mcp-tool-auth/src/outbound/settings.rs");
    let keys = between(&text, " key: \"", '"');
    let page = page("settings.md");
    assert_eq!(rows(&page, "`[upstream.NAME]`"), set(keys));
    let (_, section) = page.split_once("\n## `[upstream.NAME]`\n").unwrap();
    let credential = section.lines().find(|line| line.starts_with("| `credential` |")).unwrap();
    let (_, kinds) = text.split_once("const fn name(self)").unwrap();
    for kind in between(kinds.split("\n    }\n").next().unwrap(), " => \"", '"') {
        assert!(credential.contains(&format!("`{kind}`")), "{kind}");
    }
}
