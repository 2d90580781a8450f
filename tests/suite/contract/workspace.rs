//! Workspaces: each package is checked against its own lock, and a server writes only the locks of its workspace.

use mcp_tool_contract::lock::Lock;
use mcp_tool_runtime::{ToolEntry, mcp_tool, tools};
use serde_json::Value;

use super::{
    CURRENT, FIND, LOCK,
    project::{Project, WORKSPACE, main_of, manifest},
    things_source, versions,
};

/// Look up.
// The contract in the lock of the package `outside`. In the package's source, `max_len` is 40 at first.
#[mcp_tool(version = "1.0", public)]
async fn remote(
    /** The name. */
    #[arg(max_len = 80)]
    name: String,
) {
    drop(name);
}

/// A workspace of three packages, and a fourth package `outside`, which is only a dependency. The package `sibling` is
/// a member of the workspace, but not in its folder. The package `server` has two binaries, `reader` and `writer`.
fn workspace() -> Project {
    let project = Project::new("many");
    let inside = WORKSPACE.replace(
        "[workspace]\n",
        "[workspace]\nmembers = [\"server\", \"shared\", \"../sibling\"]\nresolver = \"3\"\n",
    );
    project.write("inside/Cargo.toml", &inside);
    let dependencies = "shared = { path = \"../shared\" }\nsibling = { path = \"../../sibling\" }\noutside = { path = \"../../outside\" }\n";
    project.write("inside/server/Cargo.toml", &manifest("server", dependencies));
    let put = FIND.replace("fn find", "fn put");
    project.write("inside/server/src/lib.rs", &things_source(&[FIND, &put]));
    let reader = main_of("reader", "server::find, shared::listed, sibling::near, outside::remote");
    project.write("inside/server/src/bin/reader.rs", &reader);
    project.write("inside/server/src/bin/writer.rs", &main_of("writer", "server::find, server::put"));
    project.write("inside/shared/Cargo.toml", &manifest("shared", ""));
    project.write("inside/shared/src/lib.rs", &things_source(&[&FIND.replace("fn find", "fn listed")]));
    let member =
        manifest("sibling", "").replace("[dependencies]", "workspace = \"../inside\"\n[dependencies]");
    project.write("sibling/Cargo.toml", &member);
    project.write("sibling/src/lib.rs", &things_source(&[&FIND.replace("fn find", "fn near")]));
    project.write("outside/Cargo.toml", &manifest("outside", "[workspace]\n"));
    let remote = FIND.replace("fn find", "fn remote").replace("\"1.1\"", "\"1.0\"");
    project.write("outside/src/lib.rs", &things_source(&[&remote]));
    let entries: &[ToolEntry] = tools![remote];
    let mut lock = Lock::default();
    entries.iter().for_each(|tool| lock.put(*tool.contract(), "elsewhere"));
    project.write("outside/mcp-tools.lock", &lock.render().unwrap());
    project.locked_in("inside")
}

/// Servers that a lock lists for a tool.
fn servers(lock: &str, tool: &str) -> Vec<String> {
    let lock: Value = serde_json::from_str(lock).unwrap();
    let servers = &lock[tool][0]["_meta"]["dev.mcp-tool/lock"]["servers"];
    servers.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_package_has_its_own_lock_and_each_server_its_own_entries() {
    let project = workspace();
    let (server_lock, shared_lock) = ("inside/server/mcp-tools.lock", "inside/shared/mcp-tools.lock");
    let sibling_lock = "sibling/mcp-tools.lock";
    let reader = |arguments: &[&str]| project.contract("inside", "reader", arguments);
    // In the folder of a package, the commands find the same workspace.
    let writer = |arguments: &[&str]| project.contract("inside/server", "writer", arguments);

    // A package outside the workspace is checked against its own lock at compile time.
    let errors = project.errors("inside");
    let drift = "tool 'remote' 1.0 drifted from mcp-tools.lock: breaking: parameter 'name': max_len changed from 80 to 40";
    assert!(errors.contains(drift), "{errors}");
    project.edit("outside/src/lib.rs", "max_len = 40", "max_len = 80");
    project.assert_builds("inside");

    // `contract write` does not write the lock of the package outside the workspace.
    let outside_lock = project.read("outside/mcp-tools.lock");
    let outside = "tools defined outside this workspace, checked only by the locks there: remote";
    let check = reader(&["check"]);
    check.assert_exit(
        3,
        &["find 1.1, new  server/src/lib.rs:4", "listed 1.1, new  shared/src/lib.rs:4", outside],
    );
    reader(&["write"])
        .assert_exit(0, &["wrote server/mcp-tools.lock", "wrote shared/mcp-tools.lock", outside]);
    assert_eq!(project.read("outside/mcp-tools.lock"), outside_lock);
    assert_eq!(project.names("inside"), ["Cargo.lock", "Cargo.toml", "server", "shared"]);
    assert_eq!(versions(&project.read(shared_lock), "listed"), ["1.1"]);
    assert_eq!(versions(&project.read(sibling_lock), "near"), ["1.1"]);
    assert_eq!(servers(&project.read(server_lock), "find"), ["reader"]);

    // Each server is checked only against its own entries. `find` is locked for the other server, but not for this one.
    writer(&["check"])
        .assert_exit(3, &["find 1.1 differs from the locked 1.1", "put 1.1 isn't locked yet"])
        .assert_lacks("listed");
    writer(&["write"]).assert_exit(0, &["wrote server/mcp-tools.lock"]).assert_lacks("shared");
    let both = project.read(server_lock);
    assert_eq!(servers(&both, "find"), ["reader", "writer"]);
    assert_eq!(servers(&both, "put"), ["writer"]);
    reader(&["check"]).assert_exit(0, &[outside]).assert_lacks("put");
    assert_eq!(reader(&["write"]).assert_exit(0, &[]).out, format!("{outside}\n"));
    assert_eq!(writer(&["check"]).assert_exit(0, &[]).out, CURRENT);
    assert_eq!(project.read(server_lock), both, "`write` of one server must keep the entries of the other");

    // `contract write` writes all locks, or none. Here, one lock needs an entry, but the other was edited by hand.
    let shared_before = project.read(shared_lock);
    project.edit(server_lock, "\"reader\",\n", "");
    project.edit(shared_lock, "\"maxLength\": 40", "\"maxLength\": 80");
    let edited = project.read(server_lock);
    reader(&["write"]).assert_exit(1, &["mcp-tools.lock was edited by hand"]);
    assert_eq!(project.read(server_lock), edited);
    project.write(shared_lock, &shared_before);
    // A manual edit blocks every server that reads the lock.
    project.write(server_lock, &both.replacen("Find.", "Seek.", 2));
    reader(&["check"]).assert_exit(3, &["the entry of put 1.1 in server/mcp-tools.lock was edited by hand"]);
    reader(&["write"]).assert_exit(1, &["in server/mcp-tools.lock was edited by hand"]);
    writer(&["write"]).assert_exit(1, &["in server/mcp-tools.lock was edited by hand"]);
    project.write(server_lock, &both);

    // If a server drops a tool, the entry of another server that serves the tool is kept.
    project.write("inside/server/src/bin/writer.rs", &main_of("writer", "server::put"));
    project.assert_builds("inside");
    writer(&["check"])
        .assert_exit(6, &["find 1.1 is promised by server/mcp-tools.lock, but 'writer' doesn't serve it"]);
    reader(&["check"]).assert_exit(0, &[outside]);
    writer(&["write", "--drop", "find@1"]).assert_exit(0, &["find 1.1 is no longer promised by 'writer'"]);
    assert_eq!(servers(&project.read(server_lock), "find"), ["reader"]);
    writer(&["check"]).assert_exit(0, &[CURRENT]);
    reader(&["check"]).assert_exit(0, &[outside]);
    assert!(
        !project.path("inside").join(LOCK).exists(),
        "the workspace root must have no lock, because it is not a package"
    );
}

/// Two workspaces, `first` with the package `things` and `second` with the server `clerk`, which depends on `things`. Both
/// packages have a file `src/lib.rs` at the root of their workspace.
fn neighbours() -> Project {
    let project = Project::new("neighbours");
    project.write("first/Cargo.toml", &manifest("things", WORKSPACE));
    project.write("first/src/lib.rs", &things_source(&[FIND]));
    let dependencies = format!("things = {{ path = \"../first\" }}\n{WORKSPACE}");
    project.write("second/Cargo.toml", &manifest("clerk", &dependencies));
    project.write("second/src/lib.rs", &things_source(&[&FIND.replace("fn find", "fn put")]));
    project.write("second/src/main.rs", &main_of("clerk", "clerk::put, things::find"));
    project.locked_in("first").locked_in("second")
}

#[test]
fn tool_belongs_to_its_package_if_workspaces_share_a_target_folder() {
    let project = neighbours();
    // Cargo compiles `things` here, with paths relative to `first`, and uses the result in `second`.
    project.assert_builds("first");
    project.assert_builds("second");
    let outside = "tools defined outside this workspace, checked only by the locks there: find";
    let clerk = |arguments: &[&str]| project.contract("second", "clerk", arguments);
    clerk(&["check"]).assert_exit(3, &["put 1.1, new", outside]).assert_lacks("find 1.1, new");
    clerk(&["write"]).assert_exit(0, &["wrote mcp-tools.lock", outside]);
    assert_eq!(versions(&project.read("second/mcp-tools.lock"), "put"), ["1.1"]);
    assert!(versions(&project.read("second/mcp-tools.lock"), "find").is_empty());
    assert!(!project.path("first").join(LOCK).exists(), "a server writes only the locks of its workspace");
    clerk(&["check"]).assert_exit(0, &[outside]);

    // A command in a workspace that has nothing to do with the server fails.
    project.write("third/Cargo.toml", "[package]\nname = \"third\"\nversion = \"1.0.0\"\n[workspace]\n");
    project.write("third/src/lib.rs", "");
    let elsewhere = project.contract("third", "clerk", &["check"]);
    elsewhere.assert_exit(1, &["defines neither the server 'clerk' nor any of its tools"]);
}

#[test]
fn tool_belongs_to_its_package_if_its_path_is_remapped() {
    let project = Project::new("remapped");
    project.write(
        "Cargo.toml",
        &WORKSPACE.replace("[workspace]\n", "[workspace]\nmembers = [\"server\"]\nresolver = \"3\"\n"),
    );
    project.write("server/Cargo.toml", &manifest("remapped", ""));
    let source = things_source(&[FIND]) + &main_of("remapped", "find");
    project.write("server/src/main.rs", &source);
    project.write(
        ".cargo/config.toml",
        "[build]\nrustflags = [\"--remap-path-prefix=server=/build/elsewhere\"]\n",
    );
    let project = project.locked_in("");
    project.assert_builds("");
    let server = |arguments: &[&str]| project.contract("", "remapped", arguments);
    server(&["check"]).assert_exit(3, &["find 1.1, new", "/build/elsewhere/src/main.rs"]);
    server(&["write"]).assert_exit(0, &["wrote server/mcp-tools.lock"]);
    server(&["check"]).assert_exit(0, &[CURRENT]);
    // The new lock makes cargo compile the package again, although the remapped path doesn't exist.
    project.edit("server/mcp-tools.lock", "\"maxLength\": 40", "\"maxLength\": 80");
    assert!(project.errors("").contains("max_len changed from 80 to 40"));
}
