//! The library crates have the metadata that crates.io and docs.rs show.

use std::path::Path;

use repository::{libraries, metadata, text};

#[test]
fn libraries_have_metadata_for_the_registry() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let name = text(package, "name");
        let mut violation = |problem: &str| violations.push(format!("{name}: {problem}"));
        for field in ["description", "license", "documentation", "readme"] {
            if !package[field].is_string() {
                violation(&format!("`{field}` is missing"));
            }
        }
        if !package["publish"].is_null() {
            violation("remove `publish = false`");
        }
        // crates.io accepts at most five of each.
        for (field, maximum) in [("keywords", 5), ("categories", 5)] {
            if !package[field].as_array().is_some_and(|list| (1..=maximum).contains(&list.len())) {
                violation(&format!("`{field}` must have 1 to {maximum} items"));
            }
        }
        let folder = Path::new(text(package, "manifest_path")).parent().unwrap();
        if package["readme"].as_str().is_some_and(|readme| !folder.join(readme).is_file()) {
            violation("the file of `readme` is missing");
        }
        if package["metadata"]["docs"]["rs"]["all-features"] != true {
            violation("`all-features` in `package.metadata.docs.rs` must be true");
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            let has_version = dependency["req"] != "*";
            if dependency["path"].is_string() && dependency["kind"] != "dev" && !has_version {
                violation(&format!("the dependency {} has no version", text(dependency, "name")));
            }
        }
    }
    crate::report("metadata", &violations);
}
