//! The modules of a crate with their items and imports, read from tokens without expanding macros.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, iter,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// Path of a module or of an item, as segments. Paths of modules begin at the crate's root.
type Name = Vec<String>;

#[derive(Default)]
struct Module {
    file: PathBuf,
    /// Names of the items that the module defines, except modules.
    items: BTreeSet<String>,
    imports: Vec<Import>,
    /// Paths in the code, of two segments or more.
    paths: Vec<Name>,
    /// First segments of the paths in the code, and identifiers outside of paths.
    names: BTreeSet<String>,
}

/// An item that `use` imports.
struct Import {
    /// Name that the item has in the module; `None` for a glob.
    name: Option<String>,
    /// Path of the item, or for a glob the path of the module before `*`.
    path: Name,
    /// The import is a `pub use` or `pub(…) use`.
    is_reexport: bool,
}

type Modules = BTreeMap<Name, Module>;

/// Returns the imports of the crate whose root file is `root`, as pairs of files. The first file of a pair imports the
/// second. A re-export counts only if its own module also uses the name.
pub fn imports(root: &Path) -> BTreeSet<(PathBuf, PathBuf)> {
    let mut modules = Modules::new();
    read_file(&mut modules, vec![], root);
    let mut edges = BTreeSet::new();
    for (name, module) in &modules {
        let used = module.imports.iter().filter(|import| match (&import.name, import.is_reexport) {
            (Some(name), true) => module.names.contains(name),
            (Some(_), false) => true,
            (None, _) => false,
        });
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        let paths = used.map(|import| import.path.clone()).chain(module.paths.iter().cloned());
        let through_globs = globs.flat_map(|glob| {
            module.names.iter().map(|used| glob.path.iter().chain(iter::once(used)).cloned().collect())
        });
        for path in paths.chain(through_globs) {
            if let Some(file) = find(&modules, name, &path, 0)
                && file != module.file
            {
                edges.insert((module.file.clone(), file));
            }
        }
    }
    edges
}

/// Returns the file that defines the item with this path in the module `at`; `None` if another crate defines the item.
/// `depth` is the number of imports followed so far.
fn find(modules: &Modules, at: &Name, path: &[String], depth: usize) -> Option<PathBuf> {
    // Without a limit, two modules with a glob import of each other would cause infinite recursion.
    if depth > 16 {
        return None;
    }
    let (mut at, mut rest) = (at.clone(), path);
    let mut is_inside = false;
    while let [first, after @ ..] = rest {
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => drop(at.pop()),
            _ => break,
        }
        is_inside = true;
        rest = after;
    }
    loop {
        let module = modules.get(&at)?;
        let [first, after @ ..] = rest else { return Some(module.file.clone()) };
        let inner: Name = at.iter().cloned().chain([first.clone()]).collect();
        if modules.contains_key(&inner) {
            (at, rest) = (inner, after);
            is_inside = true;
            continue;
        }
        if module.items.contains(first) {
            return Some(module.file.clone());
        }
        let named = module.imports.iter().find(|import| import.name.as_ref() == Some(first));
        if let Some(import) = named {
            let path: Name = import.path.iter().chain(after).cloned().collect();
            return find(modules, &at, &path, depth + 1);
        }
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        let mut globs = globs.map(|glob| glob.path.iter().chain(rest).cloned().collect::<Name>());
        let found = globs.find_map(|path| find(modules, &at, &path, depth + 1));
        // The path leads into this crate, but no token shows the item, so a macro of the module defines it. This guess is
        // made only at depth 0: after a glob import, the item may as well be in another module.
        return found.or_else(|| (is_inside && depth == 0).then(|| module.file.clone()));
    }
}

/// Reads the module in a file, and the modules below it.
fn read_file(modules: &mut Modules, name: Name, file: &Path) {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let folder = file.parent().unwrap();
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let folder = if ["lib", "main", "mod"].contains(&stem) { folder.to_owned() } else { folder.join(stem) };
    read_module(modules, name, file, &folder, tokens);
}

/// Reads the items of a module, and the modules below it. `folder` contains the files of the modules below.
fn read_module(modules: &mut Modules, name: Name, file: &Path, folder: &Path, tokens: TokenStream) {
    let mut module = Module { file: file.to_owned(), ..Module::default() };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut start, mut is_public) = (0, false);
    let mut is_test = false;
    // Files that `path` attributes of the next item name.
    let mut named_files = Vec::new();
    while let Some(token) = tokens.get(start) {
        let next = tokens.get(start + 1);
        match (token, next) {
            // The first arm is an inner attribute `#![…]`, the second arm an attribute of the next item.
            (TokenTree::Punct(hash), Some(TokenTree::Punct(_))) if hash.as_char() == '#' => start += 2,
            (TokenTree::Punct(hash), Some(TokenTree::Group(attribute))) if hash.as_char() == '#' => {
                let attribute: Vec<TokenTree> = attribute.stream().into_iter().collect();
                is_test |= is_cfg_test(&attribute);
                named_files.extend(path_attributes(&attribute));
                start += 1;
            }
            (TokenTree::Ident(word), Some(_)) if *word == "pub" => is_public = true,
            (TokenTree::Ident(word), Some(TokenTree::Ident(inner))) if *word == "mod" => {
                let inner = inner.to_string();
                let child: Name = name.iter().cloned().chain([inner.clone()]).collect();
                match tokens.get(start + 2) {
                    _ if is_test => {}
                    Some(TokenTree::Group(body)) => {
                        read_module(modules, child, file, &folder.join(&inner), body.stream());
                    }
                    _ => {
                        // A module whose path depends on a condition may be in any of these files.
                        let usual = [folder.join(format!("{inner}.rs")), folder.join(&inner).join("mod.rs")];
                        let named = named_files.iter().map(|path| file.parent().unwrap().join(path));
                        let files = usual.into_iter().filter(|usual| usual.is_file()).chain(named);
                        let mut files: Vec<PathBuf> = files.collect();
                        assert!(!files.is_empty(), "no file of {child:?}");
                        read_file(modules, child.clone(), &files.remove(0));
                        for (index, other) in files.iter().enumerate() {
                            let child = sibling(&child, index);
                            read_file(modules, child, other);
                        }
                    }
                }
                start += 2;
                (is_public, is_test) = (false, false);
                named_files.clear();
            }
            (TokenTree::Ident(word), Some(_)) if *word == "use" => {
                let end = end_of_item(&tokens, start);
                if !is_test {
                    read_use(&tokens[start + 1..end], &[], is_public, &mut module.imports);
                }
                start = end;
                (is_public, is_test) = (false, false);
            }
            // The visibility in `pub(…)`.
            (TokenTree::Group(visibility), _) if visibility.delimiter() == Delimiter::Parenthesis => {}
            _ => {
                let end = end_of_item(&tokens, start);
                let item = &tokens[start..=end.min(tokens.len() - 1)];
                if !is_test {
                    module.items.extend(defined(item));
                    read_code(item, &mut module);
                }
                start = end;
                (is_public, is_test) = (false, false);
            }
        }
        start += 1;
    }
    modules.insert(name, module);
}

/// Returns the name under which a further file of the module `name` is stored. It contains a space, so no path in the
/// code can name it.
fn sibling(name: &Name, index: usize) -> Name {
    let mut name = name.clone();
    let last = name.pop().unwrap();
    name.push(format!("{last} {}", index + 2));
    name
}

/// Returns `true` for `cfg(test)`, and for any other `cfg(…)` with `test` outside of `not(…)`.
fn is_cfg_test(attribute: &[TokenTree]) -> bool {
    fn has_test(tokens: TokenStream) -> bool {
        let mut is_negated = false;
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => {
                is_negated = word == "not";
                word == "test"
            }
            TokenTree::Group(inner) => !is_negated && has_test(inner.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    match attribute {
        [TokenTree::Ident(word), TokenTree::Group(condition)] => {
            *word == "cfg" && has_test(condition.stream())
        }
        _ => false,
    }
}

/// The files that `path = "…"` and `cfg_attr(…, path = "…")` name.
fn path_attributes(attribute: &[TokenTree]) -> Vec<String> {
    let mut found = Vec::new();
    for (index, token) in attribute.iter().enumerate() {
        match (token, attribute.get(index + 1), attribute.get(index + 2)) {
            (TokenTree::Ident(word), Some(TokenTree::Punct(_)), Some(TokenTree::Literal(path)))
                if *word == "path" =>
            {
                found.push(path.to_string().trim_matches('"').to_owned());
            }
            (TokenTree::Group(inner), ..) if matches!(&attribute[0], TokenTree::Ident(word) if *word == "cfg_attr") =>
            {
                found.extend(path_attributes(&inner.stream().into_iter().collect::<Vec<_>>()));
            }
            _ => {}
        }
    }
    found
}

/// Position of the last token of the item that begins at `start`.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    // These items may contain braces, and end at `;`. A `const fn` isn't one of them: it ends with its body.
    let is_value = matches!(&tokens[start], TokenTree::Ident(word) if ["const", "static", "type", "use"].iter().any(|one| word == one))
        && !matches!(tokens.get(start + 1), Some(TokenTree::Ident(word)) if *word == "fn" || *word == "unsafe" || *word == "extern");
    let ends = tokens[start..].iter().position(|token| match token {
        TokenTree::Punct(end) => end.as_char() == ';',
        TokenTree::Group(body) => body.delimiter() == Delimiter::Brace && !is_value,
        _ => false,
    });
    ends.map_or(tokens.len() - 1, |length| start + length)
}

/// Returns the name that an item defines; `None` for an `impl` block and for a macro call.
fn defined(item: &[TokenTree]) -> Option<String> {
    const KINDS: [&str; 9] =
        ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "macro_rules"];
    let mut tokens = item.iter();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = token else { continue };
        if word == "impl" {
            return None;
        }
        if KINDS.iter().any(|kind| word == kind) {
            let mut names = tokens.clone().filter_map(|token| match token {
                TokenTree::Ident(name) => Some(name.to_string()),
                _ => None,
            });
            let name =
                names.find(|name| !["mut", "unsafe", "async", "extern", "fn"].contains(&name.as_str()));
            return name;
        }
    }
    None
}

/// Reads the tree of a `use` into `imports`. `prefix` is the path before the tree.
fn read_use(tokens: &[TokenTree], prefix: &[String], is_reexport: bool, imports: &mut Vec<Import>) {
    for branch in tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')) {
        let mut path = prefix.to_vec();
        let mut name = None;
        let mut is_done = branch.is_empty();
        let mut tokens = branch.iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if *word == "as" => name = tokens.next().map(ToString::to_string),
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    imports.push(Import { name: None, path: path.clone(), is_reexport });
                    is_done = true;
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    read_use(&inner, &path, is_reexport, imports);
                    is_done = true;
                }
                _ => {}
            }
        }
        if is_done {
            continue;
        }
        if path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = name.or_else(|| path.last().cloned());
        imports.push(Import { name, path, is_reexport });
    }
}

/// Reads the paths and names in code, including each `use` in a function.
fn read_code(tokens: &[TokenTree], module: &mut Module) {
    let mut start = 0;
    while let Some(token) = tokens.get(start) {
        match token {
            TokenTree::Ident(word) if *word == "use" => {
                let end = end_of_item(tokens, start);
                let mut local = Vec::new();
                read_use(&tokens[start + 1..end], &[], false, &mut local);
                module.paths.extend(local.into_iter().map(|import| import.path));
                start = end;
            }
            // The path in `pub(in …)` is not an import.
            TokenTree::Ident(word)
                if *word == "pub" && matches!(tokens.get(start + 1), Some(TokenTree::Group(_))) =>
            {
                start += 1;
            }
            TokenTree::Ident(word) => {
                let mut path = vec![word.to_string()];
                while let [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(next)] =
                    &tokens[(start + 1).min(tokens.len())..(start + 4).min(tokens.len())]
                    && (one.as_char(), two.as_char()) == (':', ':')
                {
                    path.push(next.to_string());
                    start += 3;
                }
                module.names.insert(path[0].clone());
                if path.len() > 1 {
                    module.paths.push(path);
                }
            }
            TokenTree::Group(group) => read_group(group, module),
            _ => {}
        }
        start += 1;
    }
}

fn read_group(group: &Group, module: &mut Module) {
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    read_code(&inner, module);
}

/// Writes a crate with these files, given as paths and texts, into a temporary folder, and returns its imports.
#[cfg(test)]
fn imports_of(files: &[(&str, &str)]) -> Vec<(String, String)> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("imports-{}-{number}", std::process::id()));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let edges = imports(&folder.join("lib.rs"));
    let display = |file: &Path| file.strip_prefix(&folder).unwrap().display().to_string();
    let edges = edges.iter().map(|(from, to)| (display(from), display(to))).collect();
    fs::remove_dir_all(&folder).unwrap();
    edges
}

#[test]
fn reexports_are_followed_to_the_definition() {
    let edges = imports_of(&[
        ("lib.rs", "//! Docs.\nmod a; mod b; mod c; pub use b::deep::Thing; pub(crate) use c::*;"),
        ("a.rs", "use crate::{Thing, Other as O}; fn a(_: Thing) { crate::b::run(); let _ = O; }"),
        ("b/mod.rs", "pub mod deep; pub fn run() {} #[cfg(test)] mod tests { use crate::a; }"),
        ("b/deep.rs", "use super::run; pub struct Thing { x: [u8; 3] } #[cfg(test)] use crate::c;"),
        ("c.rs", "pub const Other: u8 = { 1 }; impl crate::a::Trait for () {}"),
    ]);
    let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(
        edges,
        [
            edge("a.rs", "b/deep.rs"),
            edge("a.rs", "b/mod.rs"),
            edge("a.rs", "c.rs"),
            edge("b/deep.rs", "b/mod.rs"),
            edge("c.rs", "a.rs"),
        ]
    );
}

#[test]
fn only_conditions_with_the_token_test_are_tests() {
    let is_test = |attribute: &str| {
        let tokens: TokenStream = attribute.parse().unwrap();
        is_cfg_test(&tokens.into_iter().collect::<Vec<_>>())
    };
    for attribute in ["cfg(test)", "cfg(all(test, feature = \"http\"))", "cfg(any(unix, test))"] {
        assert!(is_test(attribute), "{attribute}");
    }
    for attribute in
        ["cfg(feature = \"testing\")", "cfg(not(test))", "cfg(all(unix, not(test)))", "test", "doc(test)"]
    {
        assert!(!is_test(attribute), "{attribute}");
    }
}

#[test]
fn files_named_by_path_are_read() {
    let edges = imports_of(&[
        (
            "lib.rs",
            "mod a; #[cfg_attr(not(feature = \"x\"), path = \"b_stub.rs\")] mod b; #[path = \"odd.rs\"] mod c;",
        ),
        ("a.rs", "pub struct Thing;"),
        ("b.rs", ""),
        ("b_stub.rs", "use crate::a::Thing;"),
        ("odd.rs", "use crate::a::Thing;"),
    ]);
    let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(edges, [edge("b_stub.rs", "a.rs"), edge("odd.rs", "a.rs")]);
}
