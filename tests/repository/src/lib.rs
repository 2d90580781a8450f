//! The workspace and its library crates, as `cargo metadata` describes them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the checks panic on anything unexpected"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A cargo command that runs in the root of the repository.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Returns the output of `cargo metadata` with all features enabled, including all dependencies.
pub fn metadata() -> Value {
    let mut command = cargo();
    let output =
        command.args(["metadata", "--format-version=1", "--all-features", "--locked"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the library crates: packages of the workspace that are named `mcp-tool-…` and are in a folder of the same
/// name in the root.
pub fn libraries(metadata: &Value) -> Vec<&Value> {
    let members = metadata["workspace_members"].as_array().unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let libraries = packages.filter(|package| {
        let name = text(package, "name");
        let folder = Path::new(text(package, "manifest_path")).parent().unwrap();
        members.contains(&package["id"]) && name.starts_with("mcp-tool-") && folder == root().join(name)
    });
    let libraries: Vec<&Value> = libraries.collect();
    assert!(libraries.len() > 1, "fewer than two library crates are named `mcp-tool-…`");
    libraries
}

/// Returns the string member `name` of `object`. Panics if the member is missing or not a string.
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("`{name}` is not a string in {object}"))
}
