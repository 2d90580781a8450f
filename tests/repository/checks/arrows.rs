//! A library crate depends only on library crates in lower layers. ARCHITECTURE.md draws these layers with arrows.

use repository::{libraries, metadata, text};

/// The library crates, lowest layer first. Crates of this workspace that a library crate depends on must be in lower
/// layers.
const LAYERS: [&[&str]; 5] = [
    &["mcp-tool-contract"],
    &["mcp-tool-macros", "mcp-tool-core"],
    &["mcp-tool-auth"],
    &["mcp-tool-cli"],
    &["mcp-tool-runtime"],
];

/// Returns the index of a crate's layer; `None` if the crate is in no layer.
fn layer(package: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&package))
}

#[test]
fn crates_depend_only_on_lower_layers() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let name = text(package, "name");
        let Some(own_layer) = layer(name) else {
            violations.push(format!("{name} has no layer; add it to `LAYERS`"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        // Dev-dependencies aren't part of a published crate.
        for dependency in dependencies.filter(|each| each["kind"] != "dev" && each["path"].is_string()) {
            let other = text(dependency, "name");
            if layer(other).is_none_or(|other_layer| other_layer >= own_layer) {
                violations.push(format!("{name} must not depend on {other}"));
            }
        }
    }
    crate::report("arrows", &violations);
}
