//! Compile errors, compared word for word with the `.stderr` file of each case. `UI=write` writes those files.
//!
//! A case is compiled against the libraries that this binary is linked with, so that no dependency is built twice.

mod messages;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Mutex,
    thread,
};

/// Arguments of the rustc process that compiled this binary, one per line. The macro is in `tests/arguments`.
const ARGUMENTS: &str = arguments::arguments!();

/// Returns those [`ARGUMENTS`] that name the edition and the libraries: `--edition`, `--extern` and `-L`.
fn libraries() -> Vec<&'static str> {
    let mut kept = Vec::new();
    let mut arguments = ARGUMENTS.lines();
    while let Some(argument) = arguments.next() {
        if argument.starts_with("--edition=") {
            kept.push(argument);
        } else if ["--extern", "-L"].contains(&argument) {
            kept.extend([argument, arguments.next().unwrap()]);
        }
    }
    kept
}

/// Adds the Rust files in a folder and its subfolders to `found`, sorted by name.
fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            cases(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// Compiles a case into a folder. A case that must fail isn't linked (`links` is `false`), but its code is generated,
/// because some errors occur only during code generation.
fn compile(case: &Path, links: bool, folder: &Path) -> Output {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--crate-name", messages::CRATE, "--crate-type", "bin", "--error-format=json"]);
    command.args(["--diagnostic-width=140", "-Adead_code", "--out-dir"]).arg(folder);
    command.args(["--emit", if links { "link" } else { "obj" }]).args(libraries());
    // Cargo passes paths relative to the workspace to rustc. The path of the case is relative, too, because rustc
    // abbreviates types that contain a long path.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    command.arg(case.strip_prefix(workspace).unwrap()).current_dir(workspace);
    command.output().unwrap()
}

/// Compiles a case. In a folder `pass`, it must compile and run; elsewhere, it must fail with the messages of its
/// `.stderr` file. The error describes the difference.
fn check_case(case: &Path) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let passes = case.parent().is_some_and(|folder| folder.ends_with("pass"));
    let compiled = compile(case, passes, folder.path());
    let messages = messages::normalized(&String::from_utf8(compiled.stderr).unwrap(), case);
    if passes {
        if !compiled.status.success() {
            return Err(format!("must compile:\n{messages}"));
        }
        let ran = Command::new(folder.path().join(messages::CRATE)).output().unwrap();
        return if ran.status.success() { Ok(()) } else { Err(format!("must run to its end: {ran:?}")) };
    }
    if compiled.status.success() {
        return Err(format!("must not compile:\n{messages}"));
    }
    let expected = case.with_extension("stderr");
    if env::var("UI").is_ok_and(|what| what == "write") {
        fs::write(&expected, &messages).unwrap();
    }
    match fs::read_to_string(&expected) {
        Ok(text) if text == messages => Ok(()),
        Ok(text) => Err(format!("expected:\n{text}\ngot:\n{messages}")),
        Err(error) => Err(format!("{}: {error}; got:\n{messages}", expected.display())),
    }
}

/// `UI_CASE=TEXT` selects the cases whose path contains TEXT.
#[test]
fn compile_errors_match() {
    // The cases in `ui/drift` are compared with this lock.
    crate::drift::check_lock();
    let part = env::var("UI_CASE").unwrap_or_default();
    let mut found = Vec::new();
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"), &mut found);
    found.retain(|case| case.to_str().unwrap().contains(&part));
    assert!(!found.is_empty(), "no case has {part:?} in its path");
    let total = found.len();
    let (queue, failures) = (Mutex::new(found.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().next() else { break };
                    if let Err(difference) = check_case(&case) {
                        failures.lock().unwrap().push(format!("{}: {difference}", case.display()));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {total} cases differ:\n\n{}", failures.len(), failures.join("\n\n"));
}
