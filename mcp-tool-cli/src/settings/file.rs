//! Finds and parses the settings file.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use mcp_tool_contract::{name, utf8};
use mcp_tool_core::{file_mode::mode, regular_file};

/// Name of a settings file that is read without being named.
const NAME: &str = "mcp-tool.toml";
/// Maximum size of a settings file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Settings file to read, and a flag for an ignored one in the current folder.
#[derive(Debug, Default)]
pub(super) struct SettingsFile {
    pub(super) path: Option<String>,
    /// The current folder has a settings file, which isn't read.
    pub(super) ignores_current: bool,
}

impl SettingsFile {
    /// Returns `named`, else the file in the folder of the program, else the one in the user's configuration folder.
    ///
    /// The current folder isn't searched, because clients start servers in the folder that the user works in. A
    /// settings file in a cloned repository must not decide what a server permits and records.
    pub(super) fn find(named: Option<String>) -> Self {
        if named.is_some() {
            return SettingsFile { path: named, ignores_current: false };
        }
        let path = default_paths().into_iter().find(|path| path.exists());
        let identity = |path: &Path| fs::canonicalize(path).ok();
        let current = identity(Path::new(NAME));
        let ignores_current = current.is_some() && current != path.as_deref().and_then(identity);
        SettingsFile { path: path.map(|path| path.display().to_string()), ignores_current }
    }
}

/// Returns the paths of the files that are read without being named, in order.
fn default_paths() -> Vec<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let folder =
        |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let user = match cfg!(windows) {
        true => folder("APPDATA"),
        // A relative path is ignored, as the XDG Base Directory Specification requires.
        false => folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config"))),
    };
    let of_program = program.parent().map(|folder| folder.join(NAME));
    let of_user = user.zip(program.file_stem()).map(|(folder, name)| folder.join(name).join(NAME));
    of_program.into_iter().chain(of_user).collect()
}

/// Reads and parses a settings file.
///
/// # Errors
/// The file can't be read, is larger than 1 MiB, isn't TOML, or is writable by every user without being named. The
/// error shows no text of the file, which may be a secret.
pub(super) fn read(path: &str, is_named: bool) -> Result<toml::Table, String> {
    // A named file may be a pipe, such as `<(decrypt settings)` in a shell.
    let opened = if is_named { File::open(path) } else { regular_file::read(Path::new(path)) };
    if let (false, Ok(file)) = (is_named, &opened)
        && is_writable_by_all(file)
    {
        return Err(format!("{path}: every user of this machine can write it: run `chmod o-w` on it"));
    }
    let mut bytes = Vec::new();
    let read = opened.and_then(|file| file.take(MAX_SIZE + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("{path}: {error}"))?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(format!("{path}: a settings file must have at most {} MiB", MAX_SIZE >> 20));
    }
    let text = utf8::decode(bytes).map_err(|reason| format!("{path}: {reason}"))?;
    text.parse().map_err(|error| format!("{path}: {}", describe(&text, &error)))
}

/// Returns `true` if every user may write the file.
fn is_writable_by_all(file: &File) -> bool {
    let mode = file.metadata().ok().as_ref().and_then(mode);
    mode.is_some_and(|mode| mode & 0o002 != 0)
}

/// Describes a syntax error by its line, its column and the rule. The `Display` text of the parser's error isn't used,
/// because it contains the whole line.
fn describe(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", error.message().replace('\n', ", "))
}

/// Returns a name of the file for an error. A long name isn't shown, because it may be a secret instead of a name.
pub(super) fn shown_name(name: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.len() <= 32 && name.chars().all(is_name) { name } else { "(a long or unusual name, not shown)" }
}

/// Returns a name that is none of the known ones for an error. It is shown only if it is similar to one of them, because
/// it may be a secret instead of a name.
pub(super) fn shown_unknown<'n, 'k>(name: &'n str, known: impl IntoIterator<Item = &'k str>) -> &'n str {
    match name::nearest(name, known) {
        Some(_) => shown_name(name),
        None => "(a name that isn't shown, since it may be a secret)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that errors must not contain, in pieces of this length.
    const SECRET: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU";

    #[test]
    fn syntax_error_shows_no_text_of_the_file() {
        for text in [
            "[seal]\nkeys = [\"SECRET]\n",
            "[seal]\nkeys = \"SECRET\n",
            "[seal]\nkeys = SECRET\n",
            "[seal]\nkeys = [SECRET, \"x\"]\n",
            "[seal]\nkeys = ['SECRET'\n",
            "[seal]\nkeys = \"\"\"\nSECRET\n",
            "[seal]\nkeys = \"SECRET\" SECRET\n",
            "[seal]\nkeys = \"\\SECRET\"\n",
            "[seal]\nSECRET\n",
            "[seal]\nSECRET = 1\nSECRET = 2\n",
            "[seal]\n\"SECRET\" = 1\nSECRET.x = 2\n",
            "[seal.SECRET\n",
            "[seal]\nkeys = { SECRET = 1, SECRET = 2 }\n",
            "[seal]\nkeys = 2026-13-45SECRET\n",
        ] {
            let text = text.replace("SECRET", SECRET);
            let error = describe(&text, &text.parse::<toml::Table>().unwrap_err());
            assert!(error.starts_with("line ") && !error.contains('\n'), "{text}: {error}");
            let pieces = (0..SECRET.len() - 8).map(|start| &SECRET[start..start + 8]);
            for piece in pieces {
                assert!(!error.contains(piece), "{text}: {error}");
            }
        }
    }

    #[test]
    fn syntax_error_has_line_column_and_rule() {
        let text = "[http]\nlisten = \"a\"\nmax_body = [1 2]\n";
        let error = describe(text, &text.parse::<toml::Table>().unwrap_err());
        assert!(error.starts_with("line 3, column "), "{error}");
        assert!(error.len() > "line 3, column 15: ".len(), "{error}");
    }
}
