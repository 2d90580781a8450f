//! Permissions of the files that a server depends on, on Unix.

use std::path::{Path, PathBuf};

use mcp_tool_core::{
    file_mode::mode,
    redaction::{Secrecy, secret_path, shown_path},
};

use crate::settings::Loaded;

/// File that a setting names, or the settings file.
#[derive(Debug)]
pub(crate) struct DependedFile {
    /// Key of the setting; empty for the settings file.
    pub(crate) key: String,
    pub(crate) path: PathBuf,
    /// Secrecy of the setting: the path may be a secret that was written instead of a path.
    pub(crate) secrecy: Secrecy,
    /// The file contains secrets or records, so other users must not read it.
    pub(crate) is_private: bool,
}

/// Problem with the permissions of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ModeProblem {
    /// All users of the machine have the permission, and not only the file's group.
    pub(crate) is_for_all: bool,
    pub(crate) text: String,
}

impl DependedFile {
    /// Returns the settings file and the files that the settings name.
    pub(crate) fn of(loaded: &Loaded) -> Vec<Self> {
        let settings = loaded.file.as_ref().map(|path| DependedFile {
            key: String::new(),
            path: path.into(),
            secrecy: Secrecy::Plain,
            is_private: loaded.has_secret_in_file(),
        });
        let named = loaded.texts().flat_map(|(key, secrecy, values)| {
            let is_private = match (key, secrecy) {
                ("http.tls_cert", _) => Some(false),
                ("audit.file" | "control.file" | "contract.last_listed_file", _)
                | (_, Secrecy::SecretFile { .. }) => Some(true),
                (_, Secrecy::Plain | Secrecy::Secret) => None,
            };
            let depended = move |is_private: bool, value: &str| {
                let path = match secrecy {
                    Secrecy::SecretFile { words_before } => secret_path(value, words_before)?,
                    Secrecy::Plain | Secrecy::Secret => value,
                };
                // The settings print `stderr` for an audit file that isn't set.
                let is_unset = path.is_empty() || key == "audit.file" && path == "stderr";
                (!is_unset).then(|| DependedFile {
                    key: key.to_owned(),
                    path: path.into(),
                    secrecy,
                    is_private,
                })
            };
            let values = is_private.into_iter().flat_map(move |is_private| {
                values.clone().into_iter().filter_map(move |value| depended(is_private, value))
            });
            values.collect::<Vec<_>>()
        });
        settings.into_iter().chain(named).collect()
    }

    /// Returns the problems with the permissions of the file and of its folder. A missing file has none, because
    /// the server creates it with the right permissions.
    pub(crate) fn problems(&self) -> Vec<ModeProblem> {
        let mut problems = Vec::new();
        let path = match self.secrecy {
            Secrecy::SecretFile { .. } => shown_path(&self.path),
            Secrecy::Plain | Secrecy::Secret => self.path.display().to_string(),
        };
        let mut add = |is_for_all: bool, text: String| problems.push(ModeProblem { is_for_all, text });
        if let Some(mode) = mode_of(&self.path) {
            if mode & 0o002 != 0 {
                add(true, format!("{path}: every user of this machine can write it: run `chmod o-w {path}`"));
            } else if mode & 0o020 != 0 {
                add(
                    false,
                    format!("{path}: its group can write it: if that isn't intended, run `chmod g-w {path}`"),
                );
            }
            if self.is_private && mode & 0o004 != 0 {
                add(true, format!("{path}: every user of this machine can read it: run `chmod o-r {path}`"));
            }
        }
        let folder =
            self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // With the sticky bit, as in /tmp, only the owner of a file may replace it.
        if mode_of(folder).is_some_and(|mode| mode & 0o002 != 0 && mode & 0o1000 == 0) {
            let folder = folder.display();
            add(true, format!("{path}: every user of this machine can replace it: run `chmod o-w {folder}`"));
        }
        problems
    }
}

/// Logs problems that concern all users, except for files that other parts of the server check.
pub(crate) fn log(loaded: &Loaded) {
    for file in DependedFile::of(loaded) {
        let is_logged_elsewhere = file.key == "control.file" || file.key.starts_with("upstream.");
        if is_logged_elsewhere || file.key == "oauth.introspection" {
            continue;
        }
        for ModeProblem { text, .. } in file.problems().into_iter().filter(|problem| problem.is_for_all) {
            tracing::warn!("{text}");
        }
    }
}

/// Returns the permission bits of a file or folder; `None` if it doesn't exist or can't be examined, and on systems
/// other than Unix.
fn mode_of(path: &Path) -> Option<u32> {
    mode(&std::fs::metadata(path).ok()?)
}
