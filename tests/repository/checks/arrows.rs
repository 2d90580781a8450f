//! Dependencies between the library crates point one way.

use repository::{libraries, metadata, text};

/// The library crates. A crate may depend on those of the layers before its own, and on no other crate of the workspace.
const LAYERS: [&[&str]; 5] = [
    &["mcp-tool-contract"],
    &["mcp-tool-macros", "mcp-tool-core"],
    &["mcp-tool-auth", "mcp-tool-store"],
    &["mcp-tool-cli", "mcp-tool-console", "mcp-tool-gateway"],
    &["mcp-tool-runtime"],
];

fn layer(package: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&package))
}

#[test]
fn crates_depend_on_lower_layers_alone() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let name = text(package, "name");
        let Some(own) = layer(name) else {
            violations.push(format!("{name} has no layer; add it to `LAYERS`"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        // Cargo leaves the dev-dependencies out of what it publishes.
        for dependency in dependencies.filter(|found| found["kind"] != "dev" && found["path"].is_string()) {
            let other = text(dependency, "name");
            if layer(other).is_none_or(|other| other >= own) {
                violations.push(format!("{name} must not depend on {other}"));
            }
        }
    }
    crate::report("arrows", &violations);
}
