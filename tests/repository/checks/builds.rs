//! A build of a user's server compiles no library twice.

use std::collections::BTreeMap;

use repository::{cargo, text};
use serde_json::Value;

/// Cargo resolves features separately for the macros, because they run in the compiler, and for the server. A library
/// that both depend on is compiled once only if it has the same features in both.
#[test]
fn macros_share_their_dependencies_with_the_server() {
    let mut violations = Vec::new();
    for features in ["", "http", "oauth"] {
        // `cargo tree` shows one feature set for both. `--unit-graph` lists each compilation, but is unstable, so
        // stable Cargo accepts it only with this variable.
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
        assert!(compiled.len() > 50, "expected more than 50 packages, Cargo lists {}", compiled.len());
        for (package, features) in compiled {
            if features.len() > 1 {
                violations.push(format!("{package} is compiled {} times, with {features:?}", features.len()));
            }
        }
    }
    crate::report("builds", &violations);
}
