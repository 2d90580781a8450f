//! Metadata of the library crates for a registry.

use std::path::Path;

use repository::{libraries, metadata, text};

#[test]
fn libraries_have_what_a_registry_shows() {
    let metadata = metadata();
    let mut violations = Vec::new();
    for package in libraries(&metadata) {
        let name = text(package, "name");
        let mut missing = |what: &str| violations.push(format!("{name}: {what}"));
        for field in ["description", "license", "documentation", "readme"] {
            if !package[field].is_string() {
                missing(field);
            }
        }
        if !package["publish"].is_null() {
            missing("`publish = false` must go");
        }
        for (field, most) in [("keywords", 5), ("categories", 5)] {
            if !package[field].as_array().is_some_and(|list| (1..=most).contains(&list.len())) {
                missing(field);
            }
        }
        let folder = Path::new(text(package, "manifest_path")).parent().unwrap();
        if package["readme"].as_str().is_some_and(|readme| !folder.join(readme).is_file()) {
            missing("the file of `readme`");
        }
        if package["metadata"]["docs"]["rs"]["all-features"] != true {
            missing("`all-features` in `package.metadata.docs.rs`");
        }
        for dependency in package["dependencies"].as_array().unwrap() {
            let has_version = dependency["req"] != "*";
            if dependency["path"].is_string() && dependency["kind"] != "dev" && !has_version {
                missing(&format!("the version of {}", text(dependency, "name")));
            }
        }
    }
    crate::report("metadata", &violations);
}
