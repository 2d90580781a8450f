//! The lock, which is the file `mcp-tools.lock` of released contracts, in real cargo projects: creation, enforcement,
//! updates, and invalid locks.
//!
//! Each build takes seconds, so each test takes one project through many states. The path `""` is the project's root
//! folder. Exit codes of `contract check`:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | the locks match the tools |
//! | 1 | the locks can't be compared |
//! | 2 | the command line is invalid |
//! | 3 | a lock is stale or missing |
//! | 4 | a guard is lowered without a reason |
//! | 5 | a version doesn't cover its change |
//! | 6 | a version that a lock promises isn't served, or its removal date has passed |

mod project;
mod revision;
mod workspace;

use std::fs;

use project::{Project, WORKSPACE, main_of, manifest};
use serde_json::{Value, json};

const LOCK: &str = "mcp-tools.lock";
/// Output of `contract check` and `contract write` if there is nothing to do.
const CURRENT: &str = "the locks match the tools\n";
/// Source of the tool `find`, from which tests make other tools by replacement.
const FIND: &str = r#"
/// Find.
#[mcp_tool(version = "1.1", public)]
pub async fn find(
    /** Its name. */
    #[arg(max_len = 40)]
    name: String,
) {
    drop(name);
}
"#;
/// Source of the tool `recount`, which is deprecated.
const RECOUNT: &str = r#"
/// Count again.
#[mcp_tool(
    version = "1.0",
    public,
    deprecated(message = "Find instead.", replacement = "find", removal = "2027-01-31")
)]
pub async fn recount() {}
"#;

/// A package with one server. The package and the server are both named `name`. `tools` are the paths of the served
/// tools, and `sources` are their definitions.
fn package(name: &str, tools: &str, sources: &[&str]) -> Project {
    let project = Project::new(name);
    project.write("Cargo.toml", &manifest(name, WORKSPACE));
    project.write("src/main.rs", &format!("mod things;\n\n{}", main_of(name, tools)));
    project.write("src/things.rs", &things_source(sources));
    project.locked_in("")
}

/// Source of the module `things` with these tools.
fn things_source(sources: &[&str]) -> String {
    format!("use mcp_tool_runtime::prelude::*;\n{}", sources.concat())
}

/// Versions of a tool in the text of a lock.
fn versions(lock: &str, tool: &str) -> Vec<String> {
    let lock: Value = serde_json::from_str(lock).unwrap();
    let entries = lock[tool].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["_meta"]["dev.mcp-tool/version"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn lock_is_created_enforced_updated_and_rejected_when_invalid() {
    let project = package("life", "things::find, things::recount", &[FIND, RECOUNT]);
    let contract = |arguments: &[&str]| project.contract("", "life", arguments);

    // Without a lock the project compiles and `check` fails.
    project.assert_builds("");
    contract(&["check"]).assert_exit(
        3,
        &[
            "find 1.1, new",
            "recount 1.0, new",
            "mcp-tools.lock doesn't exist yet: create it by `cargo run -- contract write`",
        ],
    );
    assert!(!project.path(LOCK).exists(), "`check` must not write");

    // `write` creates the lock. The new lock makes cargo rebuild, although no source changed.
    let before = project.names("");
    contract(&["write"]).assert_exit(0, &["wrote mcp-tools.lock\n"]);
    let mut after = before;
    after.push(LOCK.to_owned());
    after.sort();
    assert_eq!(project.names(""), after, "`write` must create no other file");
    let lock = project.read(LOCK);
    assert_eq!(
        (versions(&lock, "find"), versions(&lock, "recount")),
        (vec!["1.1".into()], vec!["1.0".into()])
    );
    project.edit(LOCK, "\"maxLength\": 40", "\"maxLength\": 80");
    let drift = "tool 'find' 1.1 drifted from mcp-tools.lock: breaking: parameter 'name': max_len changed from 80 \
                 to 40 [bound-tightened] — bump to 2.0 and keep serving 1.1 to its callers (an adapter is enough), \
                 then run `cargo run -- contract write`; or revert the change";
    assert!(project.errors("").contains(drift), "{}", project.errors(""));
    project.write(LOCK, &lock);
    project.assert_builds("");

    // Cargo also rebuilds if an existing lock changes.
    project.edit(LOCK, "\"maxLength\": 40", "\"maxLength\": 80");
    assert!(project.errors("").contains(drift));
    project.write(LOCK, &lock);
    project.assert_builds("");

    // A current lock is not rewritten.
    let written = fs::metadata(project.path(LOCK)).unwrap().modified().unwrap();
    assert_eq!(contract(&["write"]).assert_exit(0, &[]).out, CURRENT);
    assert_eq!(contract(&["check"]).assert_exit(0, &[]).out, CURRENT);
    assert_eq!(fs::metadata(project.path(LOCK)).unwrap().modified().unwrap(), written);
    assert_eq!(project.read(LOCK), lock);

    // A removal date in the past is refused.
    let expired = "version = \"1.2\", deprecated(message = \"Old.\", removal = \"2026-01-31\")";
    project.write("src/things.rs", &things_source(&[&FIND.replace("version = \"1.1\"", expired), RECOUNT]));
    project.assert_builds("");
    let day_passed = "find 1.2 has the removal day 2026-01-31, which has passed: announce a later day";
    contract(&["check", "--today", "2026-02-01"]).assert_exit(6, &[day_passed]);
    contract(&["write", "--today", "2026-02-01"]).assert_exit(1, &[day_passed]);
    contract(&["check", "--today", "2026-01-31"]).assert_exit(3, &["find 1.2 differs from the locked 1.1"]);

    // A breaking rename is a compile error, which points at `version`, until the major version is raised.
    let renamed = FIND.replace("    name: String", "    title: String").replace("drop(name)", "drop(title)");
    project.write("src/things.rs", &things_source(&[&renamed, RECOUNT]));
    let errors = project.errors("");
    let rename = "error[E0080]: evaluation panicked: tool 'find' 1.1 drifted from mcp-tools.lock: breaking: \
                  parameter 'name' was renamed to 'title' [parameter-renamed] — bump to 2.0 and keep serving 1.1 \
                  to its callers (an adapter is enough), then run `cargo run -- contract write`; or revert the \
                  change\n --> src/things.rs:4:22\n";
    assert!(errors.contains(rename), "{errors}");
    assert!(errors.contains("due to 1 previous error"), "{errors}");
    project.write("src/things.rs", &things_source(&[&renamed.replace("\"1.1\"", "\"2.0\""), RECOUNT]));
    project.assert_builds("");

    // The old version stays in the lock until it is dropped explicitly. The lock promises each of its versions to
    // callers, so the server should still serve them.
    let promised = "dropped: find 1.1 is promised by mcp-tools.lock, but 'life' doesn't serve it: serve it";
    contract(&["check"])
        .assert_exit(6, &["find 1.1 → 2.0", "stale: find 2.0 isn't locked yet", "find 1.1, removed"]);
    contract(&["write"]).assert_exit(
        0,
        &[
            "find 1.1 isn't served but stays promised: run `contract check` to see how to end it",
            "wrote mcp-tools.lock",
        ],
    );
    assert_eq!(versions(&project.read(LOCK), "find"), ["1.1", "2.0"]);
    let check = contract(&["check"]);
    check.assert_exit(6, &["find 1.1, removed", promised, "`contract write --drop find@1`"]);
    check.assert_lacks("stale");
    for (given, message) in [
        ("find", "--drop find: must be `name@major`, such as list_invoices@1"),
        ("find@2", "--drop find@2: must name a version in a lock"),
        ("fnid@1", "--drop fnid@1: must name a version in a lock"),
    ] {
        contract(&["write", "--drop", given]).assert_exit(1, &[message]);
    }
    contract(&["write", "--drop", "find@1"]).assert_exit(0, &["find 1.1 is no longer promised by 'life'"]);
    assert_eq!(versions(&project.read(LOCK), "find"), ["2.0"]);
    assert_eq!(contract(&["check"]).assert_exit(0, &[]).out, CURRENT);

    // An entry with a removal date leaves the lock after that date.
    project.write("src/things.rs", &things_source(&[&renamed.replace("\"1.1\"", "\"2.1\"")]));
    project.write("src/main.rs", &format!("mod things;\n\n{}", main_of("life", "things::find")));
    project.assert_builds("");
    let until = "recount 1.0 is promised by mcp-tools.lock until 2027-01-31, but 'life' doesn't serve it";
    contract(&["check", "--today", "2027-01-30"]).assert_exit(6, &[until]);
    contract(&["write", "--today", "2027-01-31"])
        .assert_exit(0, &["recount 1.0 isn't served but stays promised"]);
    contract(&["check", "--today", "2027-01-31"]).assert_exit(6, &[until]);
    assert_eq!(versions(&project.read(LOCK), "recount"), ["1.0"]);
    let lock = project.read(LOCK);
    project.edit(LOCK, "\"removalDate\": \"2027-01-31\"", "\"removalDate\": \"2026-01-31\"");
    let edited =
        "the entry of recount 1.0 in mcp-tools.lock was edited by hand: restore it from version control";
    contract(&["check", "--today", "2027-01-31"]).assert_exit(3, &[edited]);
    contract(&["write"]).assert_exit(1, &[edited]);
    project.write(LOCK, &lock);
    let removed = "recount 1.0 was removed after 2027-01-31, as announced";
    contract(&["check", "--today", "2027-02-01"]).assert_exit(0, &[removed]);
    contract(&["write", "--today", "2027-02-01"])
        .assert_exit(0, &["recount 1.0 is no longer promised by 'life'"]);
    assert!(!project.read(LOCK).contains("recount\": ["));
    contract(&["check", "--today", "31.1.2027"]).assert_exit(2, &["must be a day such as 2027-01-31"]);

    check_edits_after_the_build(&project);
}

/// Edits the lock after the build, when the compiler no longer checks it, and asserts that `contract check` and
/// `contract write` detect the edits. At the start, the lock and the server have only `find` 2.1.
fn check_edits_after_the_build(project: &Project) {
    let contract = |arguments: &[&str]| project.contract("", "life", arguments);
    let lock = project.read(LOCK);
    // Each edit begins from the correct lock.
    let edit_lock = |edits: &[(&str, &str)]| {
        project.write(LOCK, &lock);
        edits.iter().for_each(|(from, to)| project.edit(LOCK, from, to));
    };

    edit_lock(&[("Its name.", "Its former name.")]);
    let by_hand =
        "the entry of find 2.1 in mcp-tools.lock was edited by hand: restore it from version control";
    contract(&["check"]).assert_exit(3, &[by_hand]);
    contract(&["write"]).assert_exit(1, &[by_hand]);

    edit_lock(&[("\"title\": {", "\"title\" {")]);
    let unreadable = "mcp-tools.lock can't be read: expected `:` at line 9 column 19 — correct it";
    contract(&["check"]).assert_exit(1, &[unreadable]);
    contract(&["write"]).assert_exit(1, &[unreadable]);

    let tightened = "max_len changed from 80 to 40";
    edit_lock(&[("\"maxLength\": 40", "\"maxLength\": 80")]);
    contract(&["check"])
        .assert_exit(5, &[tightened, "was accepted, and is now refused", "needs-bump: bump to 3.0"]);
    let before = project.read(LOCK);
    contract(&["write"]).assert_exit(1, &[by_hand]);
    assert_eq!(project.read(LOCK), before, "`write` must not change a lock that was edited by hand");

    edit_lock(&[("\"maxLength\": 40", "\"maxLength\": 20"), ("version\": \"2.1\"", "version\": \"2.0\"")]);
    let reason_missing =
        "weakens: give the reason in the attribute: `weakens(\"bound-loosened\", reason = \"…\")`";
    contract(&["check"]).assert_exit(
        4,
        &["max_len changed from 20 to 40", "was refused, and is now accepted", reason_missing],
    );

    edit_lock(&[("version\": \"2.1\"", "version\": \"2.2\"")]);
    contract(&["check"]).assert_exit(5, &["find 2.1 is below the locked 2.2: a version must not decrease"]);

    edit_lock(&[("\n  \"$lock\": 1\n", "\n  \"$lock\": 2\n")]);
    contract(&["check"]).assert_exit(1, &["`$lock` is 2, but this release can read only 1"]);
    project.write(LOCK, &lock);
    assert_eq!(contract(&["check"]).assert_exit(0, &[]).out, CURRENT);
    let document = contract(&["check", "--format", "json"]).assert_exit(0, &[]).json();
    assert_eq!(document, json!({ "failure": null, "tools": [], "notes": [] }));
    let document = contract(&["write", "--format", "json"]).assert_exit(0, &[]).json();
    assert_eq!(document, json!({ "written": [], "notes": [] }));
    fs::remove_file(project.path(LOCK)).unwrap();
    let document = contract(&["write", "--format", "json"]).assert_exit(0, &[]).json();
    assert_eq!(document, json!({ "written": [LOCK], "notes": [] }));
}
