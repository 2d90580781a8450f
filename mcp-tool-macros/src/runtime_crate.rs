//! Path of the crate `mcp_tool_runtime` in generated code. The server's package may depend on the crate under another
//! name.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, ExprPath, Lit};

use crate::errors::Errors;

/// Package name of the runtime.
const PACKAGE: &str = "mcp-tool-runtime";

/// Tables of dependencies in a manifest. `target.….` may precede their names, as in `target.'cfg(unix)'.dependencies`.
const TABLES: [&str; 2] = ["dependencies", "dev-dependencies"];

/// Path of the crate `mcp_tool_runtime` or of a re-export of it, such as `::mcp_tool_runtime` or `::my_crate::mcp`.
#[derive(Clone)]
pub(crate) struct RuntimeCrate(TokenStream);

impl RuntimeCrate {
    /// Returns the path of the runtime crate under the name that `Cargo.toml` gives to the dependency. If the name
    /// isn't found, returns `::mcp_tool_runtime`.
    pub(crate) fn from_manifest() -> Self {
        let name = manifest_folder().and_then(|folder| cached_name(&folder));
        let name = name.unwrap_or_else(|| PACKAGE.to_owned()).replace('-', "_");
        // The name comes from a file, so it might not be an identifier.
        match syn::parse_str::<Ident>(&name) {
            Ok(name) => RuntimeCrate(quote!(::#name)),
            Err(_) => RuntimeCrate(quote!(::mcp_tool_runtime)),
        }
    }

    /// Returns the path that the key `crate` has as its value: either text, as in serde's attributes, or a path, which
    /// can be `$crate` in a declarative macro. Reports an error for another value, and returns the path from the
    /// manifest.
    pub(crate) fn from_value(value: &Expr, errors: &mut Errors) -> Self {
        match value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                match text.parse_with(syn::Path::parse_mod_style) {
                    Ok(path) => return RuntimeCrate(path.to_token_stream()),
                    Err(_) => errors.on(text.span(), NOT_A_PATH),
                }
            }
            Expr::Path(ExprPath { path, qself: None, .. }) => return RuntimeCrate(path.to_token_stream()),
            // A `$path` fragment of a declarative macro.
            Expr::Group(group) => return RuntimeCrate::from_value(&group.expr, errors),
            other => errors.at(other, NOT_A_PATH),
        }
        RuntimeCrate::from_manifest()
    }

    /// Returns the path with the span of the code that it is a part of, so that errors point at that code.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let located = |mut token: TokenTree| {
            // `$crate` must keep its hygiene, because its hygiene determines the crate. Other tokens also take the
            // hygiene of `span`, so that errors don't show the macro's expansion.
            let is_dollar_crate = matches!(&token, TokenTree::Ident(ident) if ident == "$crate");
            token.set_span(if is_dollar_crate { token.span().located_at(span) } else { span });
            token
        };
        self.0.clone().into_iter().map(located).collect()
    }
}

const NOT_A_PATH: &str = "`crate` must be a path: write `crate = \"::my_crate::mcp\"`";

impl ToTokens for RuntimeCrate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// Returns the folder of the package that cargo compiles.
fn manifest_folder() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}

/// Names that the runtime has in the manifests read so far, by the path of the manifest.
static NAMES: Mutex<Option<HashMap<PathBuf, CachedName>>> = Mutex::new(None);

/// Name that a manifest gives to the runtime, or `None` if the manifest doesn't rename it. The modification time shows
/// whether the name is outdated, because the file may change while an editor's process runs.
struct CachedName {
    modified: SystemTime,
    name: Option<String>,
}

/// Returns the name that the manifest in `folder` renames the runtime to; `None` if it doesn't rename the runtime.
fn cached_name(folder: &Path) -> Option<String> {
    let path = folder.join("Cargo.toml");
    let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok()?;
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if let Some(cached) = names.get(&path).filter(|cached| cached.modified == modified) {
        return cached.name.clone();
    }
    let name = read_name(&path, folder);
    names.insert(path, CachedName { modified, name: name.clone() });
    name
}

/// Returns the same as [`cached_name`], read from the manifest at `path` in `folder`.
fn read_name(path: &Path, folder: &Path) -> Option<String> {
    let manifest = fs::read_to_string(path).ok()?;
    let inherited = |name: &str| {
        // The root of the workspace is the nearest folder whose manifest has a table `workspace`.
        let root = folder.ancestors().find_map(|folder| {
            let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
            text.lines()
                .any(|line| table(line).is_some_and(|table| table.starts_with("workspace")))
                .then_some(text)
        });
        root.is_some_and(|root| is_renamed(&root, "workspace.dependencies", name))
    };
    dependency(&manifest, inherited)
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
}
