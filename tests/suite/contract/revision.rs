//! `contract check --against` and `contract diff`: the changes since a git revision, as text, JSON and annotations of
//! GitHub workflows.

use std::fs;

use super::{
    CURRENT, FIND, LOCK, package,
    project::{Project, output_of},
    things_source,
};

/// A package with one commit. After the commit, the lock was deleted and created again, which hides a tightened bound
/// from `contract check`.
fn with_a_hidden_change() -> Project {
    let project = package("hidden", "things::find", &[FIND]);
    project.assert_builds("");
    project.contract("", "hidden", &["write"]).assert_exit(0, &[]);
    project.git(&["init", "--quiet"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "Find"]);
    fs::remove_file(project.path(LOCK)).unwrap();
    let changed = FIND.replace("/// Find.", "/// Find one.").replace("max_len = 40", "max_len = 20");
    project.write("src/things.rs", &things_source(&[&changed]));
    project.assert_builds("");
    project.contract("", "hidden", &["write"]).assert_exit(0, &[]);
    project
}

#[test]
fn change_hidden_by_a_new_lock_is_found_in_git_history() {
    let project = with_a_hidden_change();
    let contract = |arguments: &[&str]| project.contract("", "hidden", arguments);

    assert_eq!(contract(&["check"]).assert_exit(0, &[]).out, CURRENT);
    let check = contract(&["check", "--against", "HEAD"]);
    let tightened = "breaking  parameter 'name': max_len changed from 40 to 20 [bound-tightened]";
    check.assert_exit(5, &["find 1.1  src/things.rs:4", tightened, "needs-bump: bump to 2.0"]);
    check.assert_lacks("description");

    // `check` accepts a changed description, but `diff` shows it. Without a revision, `diff` compares with the lock.
    let diff = contract(&["diff", "HEAD"]);
    diff.assert_exit(5, &[tightened, "patch     the tool has a different description [description-changed]"]);
    assert_eq!(contract(&["diff"]).assert_exit(0, &[]).out, CURRENT);

    for revision in ["nowhere", "HEAD~7", "--output=written"] {
        let against = format!("--against={revision}");
        let message = format!("the revision '{revision}' can't be read");
        contract(&["check", &against]).assert_exit(1, &[&message]);
    }
    assert!(!project.path("written").exists(), "a revision must not reach git as an option");

    check_machine_formats(&project);
    check_colours(&project);
}

/// Checks JSON and annotations.
fn check_machine_formats(project: &Project) {
    let contract = |arguments: &[&str]| project.contract("", "hidden", arguments);
    let document = contract(&["diff", "HEAD", "--format", "json"]).assert_exit(5, &[]).json();
    let tool = &document["tools"][0];
    assert_eq!(document["failure"], "needs-bump");
    assert_eq!(
        [&tool["tool"], &tool["from"], &tool["to"], &tool["file"], &tool["failure"]],
        ["find", "1.1", "1.1", "src/things.rs", "needs-bump"]
    );
    assert_eq!(tool["line"], 4);
    let change = &tool["changes"][0];
    assert_eq!([&change["class"], &change["rule"]], ["breaking", "bound-tightened"]);
    assert_eq!(change["message"], "parameter 'name': max_len changed from 40 to 20");
    // The witness is an example of arguments that the change affects: here, a name of 21 to 40 characters.
    let witness = change["witness"].as_str().unwrap();
    let arguments = witness.strip_suffix(" was accepted, and is now refused").unwrap();
    let arguments: serde_json::Value = serde_json::from_str(arguments).unwrap();
    let length = arguments["name"].as_str().unwrap().chars().count();
    assert!((21..=40).contains(&length), "{witness}");
    let patch = &tool["changes"][1];
    assert_eq!([&patch["class"], &patch["rule"]], ["patch", "description-changed"]);
    assert!(patch["witness"].is_null());

    let annotated = contract(&["check", "--against", "HEAD", "--format", "github"]);
    let begin = "::error file=src/things.rs,line=4,title=find%3A needs-bump::breaking: parameter 'name'";
    assert!(annotated.assert_exit(5, &[]).out.starts_with(begin), "{annotated:?}");
    assert_eq!(annotated.out.lines().count(), 1, "an annotation must be one line: {annotated:?}");
}

/// Checks that output to a pipe has colours (escape sequences) only if they are forced, and that JSON never has any.
fn check_colours(project: &Project) {
    let arguments = ["contract", "check", "--against", "HEAD"];
    let run = || project.server("", "hidden", &arguments);
    assert!(!output_of(&mut run()).out.contains('\x1b'));
    assert!(output_of(run().env("CLICOLOR_FORCE", "1")).out.contains('\x1b'));
    assert!(!output_of(run().env("CLICOLOR_FORCE", "1").arg("--format=json")).out.contains('\x1b'));
}
