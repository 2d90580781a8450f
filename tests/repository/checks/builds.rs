//! Crates that a user's server compiles twice.

use std::collections::BTreeMap;

use repository::{cargo, text};
use serde_json::Value;

/// The macros run in the compiler, and Cargo resolves their features apart from the server's. A dependency that has the
/// same features in both is compiled once.
#[test]
fn macros_share_their_dependencies_with_the_server() {
    let mut violations = Vec::new();
    for features in ["", "http", "oauth"] {
        // `cargo tree` shows one set of features for both. The graph of what is compiled is unstable, so stable Cargo
        // prints it only with this variable.
        let graph = cargo()
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["build", "--package", "mcp-tool-runtime", "--features", features])
            .args(["-Zunstable-options", "--unit-graph"])
            .output()
            .unwrap();
        assert!(graph.status.success(), "{}", String::from_utf8_lossy(&graph.stderr));
        let graph: Value = serde_json::from_slice(&graph.stdout).unwrap();
        let mut compiled = BTreeMap::<&str, Vec<&Value>>::new();
        for unit in graph["units"].as_array().unwrap() {
            let is_library = unit["mode"] == "build" && unit["target"]["kind"][0] != "custom-build";
            if is_library {
                compiled.entry(text(unit, "pkg_id")).or_default().push(&unit["features"]);
            }
        }
        assert!(compiled.len() > 50, "Cargo lists {} packages", compiled.len());
        for (package, features) in compiled {
            if features.len() > 1 {
                violations.push(format!("{package} is compiled {} times, with {features:?}", features.len()));
            }
        }
    }
    crate::report("builds", &violations);
}
