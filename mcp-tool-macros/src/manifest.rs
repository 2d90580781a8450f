//! The manifest, `Cargo.toml`, of the package that cargo compiles.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// Package name of the runtime.
pub(crate) const PACKAGE: &str = "mcp-tool-runtime";

/// Tables of dependencies in a manifest. `target.….` may precede their names, as in `target.'cfg(unix)'.dependencies`.
const TABLES: [&str; 2] = ["dependencies", "dev-dependencies"];

/// The facts in a manifest that the macros need.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    /// Name of the package; `None` in the manifest of a workspace without a package.
    pub(crate) package: Option<String>,
    /// `true` for the manifest of a workspace that is no package.
    pub(crate) is_virtual: bool,
    /// Value of `crate` in the table `package.metadata.mcp-tool`, or else in `workspace.metadata.mcp-tool` of the
    /// workspace.
    pub(crate) reexport: Option<String>,
    /// Name that the manifest renames the runtime to; `None` if the runtime keeps its name or isn't a dependency.
    pub(crate) runtime: Option<String>,
    /// Names of the dependencies, as in Rust code.
    dependencies: HashSet<String>,
}

/// Manifests read so far, by their paths, with their modification times: the files may change while an editor's process
/// runs.
static CACHE: Mutex<Option<HashMap<PathBuf, CachedManifest>>> = Mutex::new(None);

struct CachedManifest {
    modified: SystemTime,
    manifest: Arc<Manifest>,
}

impl Manifest {
    /// Returns the manifest of the package that cargo compiles; empty without cargo.
    pub(crate) fn current() -> Arc<Self> {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        folder.and_then(|folder| Manifest::of(&folder)).unwrap_or_default()
    }

    /// Returns the manifest in `folder`; `None` if it can't be read.
    pub(crate) fn of(folder: &Path) -> Option<Arc<Self>> {
        let path = folder.join("Cargo.toml");
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok()?;
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = cache.get_or_insert_default();
        if let Some(cached) = cache.get(&path).filter(|cached| cached.modified == modified) {
            return Some(Arc::clone(&cached.manifest));
        }
        let manifest = Arc::new(Manifest::parse(&fs::read_to_string(&path).ok()?, || workspace(folder)));
        cache.insert(path, CachedManifest { modified, manifest: Arc::clone(&manifest) });
        Some(manifest)
    }

    /// Parses the text of a manifest. `workspace` returns the text of the manifest of the workspace.
    fn parse(text: &str, workspace: impl Fn() -> Option<String>) -> Self {
        let inherited =
            |name: &str| workspace().is_some_and(|root| is_renamed(&root, "workspace.dependencies", name));
        let package_reexport = value(text, "package.metadata.mcp-tool.crate");
        let reexport = || workspace().and_then(|root| value(&root, "workspace.metadata.mcp-tool.crate"));
        let dependencies = lines(text).filter_map(|line| entry(&line.table, &line.key, &TABLES));
        let package = value(text, "package.name");
        Manifest {
            is_virtual: package.is_none() && is_workspace(text),
            package,
            reexport: package_reexport.or_else(reexport),
            runtime: dependency(text, inherited),
            dependencies: dependencies.map(|(name, _)| name.replace('-', "_")).collect(),
        }
    }

    /// Returns `true` if a path in the package's code can begin with this name of a crate.
    pub(crate) fn has_crate(&self, name: &str) -> bool {
        ["alloc", "core", "std"].contains(&name) || self.dependencies.contains(name)
    }
}

/// Returns the text of the manifest of the workspace to which the package in `folder` belongs: the nearest that has a
/// table `workspace`.
fn workspace(folder: &Path) -> Option<String> {
    folder.ancestors().find_map(|folder| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        is_workspace(&text).then_some(text)
    })
}

/// Returns `true` if the manifest has a table `workspace`.
fn is_workspace(manifest: &str) -> bool {
    manifest.lines().any(|line| table(line).is_some_and(|table| table.starts_with("workspace")))
}

/// Returns the text at a dotted key, such as `package.name`.
fn value(manifest: &str, dotted: &str) -> Option<String> {
    let line = lines(manifest).find(|Line { table, key, .. }| match table.as_str() {
        "" => key == dotted,
        table => dotted.strip_prefix(table).and_then(|rest| rest.strip_prefix('.')) == Some(key.as_str()),
    })?;
    let text = line.value.strip_prefix(['"', '\''])?;
    Some(text.split(['"', '\'']).next()?.to_owned())
}

/// Returns the name that a manifest renames the runtime to; `None` if the runtime keeps its name or isn't a dependency.
/// `inherited` returns `true` for a name that the workspace gives to the runtime.
///
/// Reads single lines instead of TOML, because a TOML parser would delay each build. Finds `name = { package = "…" }`,
/// `name.package = "…"`, `package = "…"` in the table of the dependency, and a name inherited from the workspace. If a
/// manifest renames the runtime in another way, the macros need the key `crate = "…"`.
fn dependency(manifest: &str, inherited: impl Fn(&str) -> bool) -> Option<String> {
    let mut renamed = None;
    for Line { table, key, value } in lines(manifest) {
        let Some((name, rest)) = entry(&table, &key, &TABLES) else { continue };
        if name == PACKAGE {
            // The crate can be used under its own name.
            return None;
        }
        let is_inherited = || setting(&rest, &value, "workspace") == Some("true") && inherited(&name);
        if renamed.is_none() && (is_package(&rest, &value) || is_inherited()) {
            renamed = Some(name);
        }
    }
    renamed
}

/// Returns `true` if the table named `dependencies` renames the runtime to `name`.
fn is_renamed(manifest: &str, dependencies: &str, name: &str) -> bool {
    lines(manifest).any(|Line { table, key, value }| {
        entry(&table, &key, &[dependencies])
            .is_some_and(|(entry, rest)| entry == name && is_package(&rest, &value))
    })
}

/// Returns `true` if a line sets the dependency's `package` to the runtime. For `rest` and `value`, see [`setting`].
fn is_package(rest: &str, value: &str) -> bool {
    setting(rest, value, "package").is_some_and(|package| package.trim_matches(['"', '\'']) == PACKAGE)
}

/// A line `key = value` of a manifest, with the name of the table that it is in.
struct Line {
    table: String,
    key: String,
    value: String,
}

/// Returns the lines `key = value` of a manifest. Other lines only set the table, or are ignored.
fn lines(manifest: &str) -> impl Iterator<Item = Line> {
    let mut current = String::new();
    manifest.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(table) = table(line) {
            current = table;
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some(Line { table: current.clone(), key: unquoted(key), value: value.trim().to_owned() })
    })
}

/// Returns the name of a table from its header `[name]`; `None` for other lines.
fn table(line: &str) -> Option<String> {
    let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
    Some(unquoted(name))
}

/// Removes quotes and blanks from a dotted key.
fn unquoted(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '"' | '\'' | ' ' | '\t')).collect()
}

/// Returns the name of the dependency that a line describes, and the rest of its dotted key: in the table
/// `dependencies`, the key `mcp.package` gives `mcp` and `package`. `None` if the line isn't in one of `tables`.
fn entry(table: &str, key: &str, tables: &[&str]) -> Option<(String, String)> {
    let full = format!("{table}.{key}");
    let dependency = tables.iter().find_map(|known| {
        let in_root = full.strip_prefix(&format!("{known}."));
        let in_target = || Some(full.strip_prefix("target.")?.split_once(&format!(".{known}."))?.1);
        in_root.or_else(in_target)
    })?;
    let (name, rest) = dependency.split_once('.').unwrap_or((dependency, ""));
    Some((name.to_owned(), rest.to_owned()))
}

/// Returns the value of a dependency's setting `name`, such as `package`. `rest` is the key after the dependency's
/// name, as [`entry`] returns it: either `rest` is `name`, or `rest` is empty and `value` is an inline table with
/// `name`.
fn setting<'v>(rest: &str, value: &'v str, name: &str) -> Option<&'v str> {
    if rest == name {
        return Some(value.split('#').next().unwrap_or_default().trim());
    }
    // Ends at the end of the line if there is no `}`: arrays in an inline table may have several lines.
    let members = value.strip_prefix('{').filter(|_| rest.is_empty())?.split('}').next()?;
    members.split(',').find_map(|member| {
        let (key, value) = member.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the runtime's new name in a package whose workspace names the runtime `inherited`.
    fn renamed_to(manifest: &str) -> Option<String> {
        dependency(manifest, |name| name == "inherited")
    }

    #[test]
    fn renamed_dependency_is_found_in_every_supported_form() {
        for manifest in [
            "[dependencies]\nmcp = { version = \"1\", package = \"mcp-tool-runtime\" }",
            "[dependencies]\n\"mcp\" = {package='mcp-tool-runtime',path=\"../x\"} # renamed",
            "[dependencies]\nmcp.path = \"..\"\nmcp.package = \"mcp-tool-runtime\" # renamed",
            "[dependencies.mcp]\nversion = \"1\"\npackage = \"mcp-tool-runtime\"",
            "[ dev-dependencies ]\nmcp = { package = \"mcp-tool-runtime\" }",
            "[target.'cfg(unix)'.dependencies]\nmcp = { package = \"mcp-tool-runtime\" }",
            "[target.\"x86_64-unknown-linux-gnu\".dependencies.mcp]\npackage = \"mcp-tool-runtime\"",
        ] {
            assert_eq!(renamed_to(manifest).as_deref(), Some("mcp"), "{manifest}");
        }
        for manifest in [
            "[dependencies]\ninherited = { workspace = true, features = [\"http\"] }",
            "[dependencies]\ninherited.workspace = true",
            "[dependencies.inherited]\nworkspace = true",
        ] {
            assert_eq!(renamed_to(manifest).as_deref(), Some("inherited"), "{manifest}");
        }
    }

    #[test]
    fn runtime_under_its_own_name_or_absent_is_not_renamed() {
        for manifest in [
            "",
            "[package]\nname = \"mcp\"\n[dependencies]\nserde = \"1\"",
            "[dependencies]\nmcp-tool-runtime = \"1\"",
            "[dependencies]\nmcp-tool-runtime.workspace = true",
            "[dependencies.mcp-tool-runtime]\nversion = \"1\"",
            "[dependencies]\nother = { workspace = true }",
            "[dependencies]\nmcp = { package = \"mcp-tool-runtime\" }\nmcp-tool-runtime = \"1\"",
            "[build-dependencies]\nmcp = { package = \"mcp-tool-runtime\" }",
            "[package.metadata.dependencies]\nmcp = { package = \"mcp-tool-runtime\" }",
            "[dependencies]\nmcp = { package = \"mcp-tool-runtime-extras\" }",
        ] {
            assert_eq!(renamed_to(manifest), None, "{manifest}");
        }
    }

    #[test]
    fn rename_in_workspace_dependencies_is_found() {
        let root = "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\nmcp = { package = \"mcp-tool-runtime\" }";
        assert!(is_renamed(root, "workspace.dependencies", "mcp"));
        assert!(!is_renamed(root, "workspace.dependencies", "other"));
    }

    #[test]
    fn package_reexport_and_crate_names_are_read() {
        let text = "[package]\nname = \"my-server\" # a comment\n[package.metadata.mcp-tool]\ncrate = \"::platform::mcp\"\n\
                    [dependencies]\nasync-trait = \"1\"\ntracing.workspace = true\n[dev-dependencies.tokio]\nversion = \"1\"\n\
                    [build-dependencies]\ncc = \"1\"";
        let manifest = Manifest::parse(text, || None);
        assert_eq!(manifest.package.as_deref(), Some("my-server"));
        assert_eq!(manifest.reexport.as_deref(), Some("::platform::mcp"));
        for name in ["async_trait", "tracing", "tokio", "std", "core"] {
            assert!(manifest.has_crate(name), "{name}");
        }
        for name in ["cc", "my_server", "name", "version", "list_invoices"] {
            assert!(!manifest.has_crate(name), "{name}");
        }
    }

    #[test]
    fn reexport_of_the_workspace_holds_for_its_packages() {
        let root = || Some("[workspace.metadata]\nmcp-tool.crate = '::platform::mcp'".to_owned());
        let manifest = Manifest::parse("[package]\nname = \"tools\"", root);
        assert_eq!(manifest.reexport.as_deref(), Some("::platform::mcp"));
    }
}
