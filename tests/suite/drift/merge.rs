//! Locks, which are files of released contracts, can be merged by git, because a change of one tool changes only the
//! lines of that tool.

use std::{fs, process::Command};

use mcp_tool_contract::{
    lock::Lock,
    model::{Contract, Version},
};

/// Text of a lock with these tools: name, minor version and description.
fn lock(tools: &[(&'static str, u32, &'static str)]) -> String {
    let mut lock = Lock::default();
    for (name, minor, description) in tools {
        let version = Version::new(1, *minor);
        lock.put(
            Contract::EMPTY.with_name(name).with_version(version).with_description(description),
            "server",
        );
    }
    lock.render().unwrap()
}

#[test]
fn branches_that_change_different_tools_merge_without_a_conflict() {
    let (a, b, c) = (("a", 0, "Do."), ("b", 0, "Do."), ("c", 0, "Do."));
    let base = lock(&[a, b, c]);
    // One branch changes the last tool, the other changes the first and appends a tool.
    let ours = lock(&[a, b, ("c", 1, "Do more.")]);
    let theirs = lock(&[("a", 1, "Do it."), b, c, ("d", 0, "Do.")]);
    let both = lock(&[("a", 1, "Do it."), b, ("c", 1, "Do more."), ("d", 0, "Do.")]);

    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("base", &base), ("ours", &ours), ("theirs", &theirs)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut git = Command::new("git");
    let merged =
        git.args(["merge-file", "-p", "ours", "base", "theirs"]).current_dir(folder.path()).output().unwrap();
    assert!(merged.status.success(), "{}", String::from_utf8_lossy(&merged.stdout));
    let merged = String::from_utf8(merged.stdout).unwrap();
    assert_eq!(merged, both);
    // An entry is intact if its digest still matches its contract.
    assert!(Lock::parse(&merged).unwrap().tools().iter().all(|tool| tool.is_intact().unwrap()));
}
