//! Runs clippy on each library crate without features. For `mcp-tool-runtime`, also runs it with each feature alone.

use std::{io::Write as _, process::ExitCode};

use repository::{cargo, libraries, metadata, text};

/// The crate that users depend on. Its features turn on those of the other crates.
const FACADE: &str = "mcp-tool-runtime";

fn main() -> ExitCode {
    let metadata = metadata();
    let mut runs: Vec<(&str, &str)> = Vec::new();
    for package in libraries(&metadata) {
        let name = text(package, "name");
        runs.push((name, ""));
        if let (FACADE, Some(features)) = (name, package["features"].as_object()) {
            runs.extend(
                features.keys().map(|feature| (name, feature.as_str())).filter(|run| run.1 != "default"),
            );
        }
    }
    for (package, features) in runs {
        let feature = if features.is_empty() { "no feature" } else { features };
        let _ = writeln!(std::io::stderr(), "{package}: {feature}");
        let mut clippy = cargo();
        clippy.args([
            "clippy",
            "--quiet",
            "--package",
            package,
            "--no-default-features",
            "--features",
            features,
        ]);
        match clippy.args(["--", "-D", "warnings"]).status() {
            Ok(status) if status.success() => {}
            _ => return ExitCode::FAILURE,
        }
    }
    ExitCode::SUCCESS
}
