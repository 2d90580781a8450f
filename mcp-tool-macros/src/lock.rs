//! Locked contracts, which tools are compared with. They are read from the file `mcp-tools.lock` next to the
//! `Cargo.toml` of the package that defines the tools.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use mcp_tool_contract::{
    exhaustive::ToolOutput,
    lock::{Baseline, FILE, Lock, compact},
    model::Version,
    utf8,
};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::{errors::Errors, manifest::Manifest, runtime_crate::RuntimeCrate};

/// Locks that were read in this process, by the path of their file. All macros of a crate run in one process.
static CACHE: Mutex<Option<HashMap<PathBuf, CachedLock>>> = Mutex::new(None);

/// A parsed lock, with the modification time of its file.
#[derive(Clone)]
struct CachedLock {
    modified: Option<SystemTime>,
    lock: Arc<Result<Lock, String>>,
}

/// The lock of the package that is being compiled.
pub(crate) struct PackageLock {
    path: PathBuf,
    /// `None` if the file doesn't exist or its metadata can't be read; the reason if the file can't be read or parsed.
    lock: Option<Arc<Result<Lock, String>>>,
    /// `true` if `lock` was read from the file and not from the cache: for the first tool of a crate, and for the first
    /// tool after each change of the file.
    is_first: bool,
}

/// The locked contract that a tool is compared with.
pub(crate) struct LockedTool {
    /// Binary form of the contract, as a byte-string literal.
    bytes: Literal,
    /// Names of the locked parameters.
    names: Vec<&'static str>,
    /// Locked schema of a result type whose schema is generated at run time (`Schemars<T>`), and the version that has
    /// it. Only a running server can compare such schemas.
    late_schema: Option<(&'static str, Version)>,
}

impl LockedTool {
    /// Returns code that checks the tool's contract. The code causes a compile error at `at`, the tool's version, if
    /// the contract changed by more than the version permits. `names` are the names of the tool's parameters, in
    /// order. They are compared with the locked names here, because comparing text is slow in const evaluation.
    pub(crate) fn judgement<'n>(
        &self,
        tool: &syn::Ident,
        names: impl Iterator<Item = &'n str>,
        at: Span,
        runtime: &RuntimeCrate,
    ) -> TokenStream {
        let bytes = &self.bytes;
        let runtime_here = runtime.at(at);
        let same_names = names.eq(self.names.iter().copied());
        let assertion = quote_spanned! {at=>
            const _: () = #runtime_here::__private::assert_no_drift::<Locked>(
                &<#tool as #runtime_here::Tool>::CONTRACT,
                #same_names,
            );
        };
        quote! {
            enum Locked {}
            impl #runtime::__private::CompactContract for Locked {
                const BYTES: &'static [::core::primitive::u8] = #bytes;
            }
            #assertion
        }
    }

    /// Returns the constant `LOCKED_SCHEMA` for the runtime's trait `Tool`: the locked result schema that only a
    /// running server can compare. `None` without such a schema.
    pub(crate) fn late_schema(&self, runtime: &RuntimeCrate) -> Option<TokenStream> {
        let (schema, version) = self.late_schema?;
        let (major, minor) = (version.major(), version.minor());
        Some(quote! {
            const LOCKED_SCHEMA: ::core::option::Option<(&'static ::core::primitive::str, #runtime::Version)> =
                ::core::option::Option::Some((#schema, #runtime::Version::new(#major, #minor)));
        })
    }
}

impl PackageLock {
    /// Returns the lock of the package that contains the source file, or of the package that cargo compiles if the
    /// source file is unknown.
    pub(crate) fn here() -> Self {
        // In an editor, a macro call may have no source file.
        let file = proc_macro::Span::call_site().local_file();
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let package = file.and_then(|file| package_of(&file)).or(folder).unwrap_or_default();
        PackageLock::of(package.join(FILE))
    }

    /// Returns the name of the package; empty if its manifest can't be read.
    pub(crate) fn package(&self) -> String {
        let manifest = self.path.parent().and_then(Manifest::of);
        manifest.and_then(|manifest| manifest.package.clone()).unwrap_or_default()
    }

    fn of(path: PathBuf) -> Self {
        let Ok(modified) = fs::metadata(&path).map(|metadata| metadata.modified().ok()) else {
            return PackageLock { path, lock: None, is_first: false };
        };
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = cache.get_or_insert_default();
        match cache.get(&path) {
            // The file may have changed since it was read, because an editor's process runs for a long time.
            Some(cached) if cached.modified == modified && modified.is_some() => {
                PackageLock { path, lock: Some(Arc::clone(&cached.lock)), is_first: false }
            }
            _ => {
                let lock = fs::read(&path).map_err(|error| error.to_string()).and_then(utf8::decode);
                let lock =
                    Arc::new(lock.and_then(|text| Lock::parse(&text).map_err(|error| error.to_string())));
                cache.insert(path.clone(), CachedLock { modified, lock: Arc::clone(&lock) });
                PackageLock { path, lock: Some(lock), is_first: true }
            }
        }
    }

    /// Returns an item that makes cargo rebuild the crate if only the lock changes; `None` without a lock. Only the
    /// first tool of a crate gets this item ([`is_first`](PackageLock::is_first)), because rustc keeps each included
    /// file in memory.
    pub(crate) fn tracked(&self) -> Option<TokenStream> {
        let path = self.path.to_str().filter(|_| self.is_first && self.lock.is_some())?;
        Some(quote!(
            const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
        ))
    }

    /// Returns the locked contract that a tool of this name and version is compared with. Reports an error at `at` if
    /// the lock can't be parsed, or if the locked contract has a newer version. Returns `None` after an error, and for
    /// a tool that isn't locked.
    pub(crate) fn baseline(
        &self,
        name: &str,
        (major, minor): (u32, u32),
        at: Span,
        errors: &mut Errors,
    ) -> Option<LockedTool> {
        let lock = match self.lock.as_deref()? {
            Ok(lock) => lock,
            Err(reason) => {
                // Once for a crate, and not at each of its tools.
                if self.is_first {
                    let message = format!(
                        "{FILE} can't be parsed: {reason} — fix {}, or restore it from version control",
                        self.path.display()
                    );
                    errors.on(at, message);
                }
                return None;
            }
        };
        let version = Version::new(major, minor);
        match lock.baseline(name, version) {
            Baseline::None => None,
            Baseline::Locked(locked) => {
                let late_schema = match locked.contract().output().exhaustive() {
                    ToolOutput::FromLock(schema) => Some((schema, locked.contract().version())),
                    ToolOutput::Nothing
                    | ToolOutput::Text
                    | ToolOutput::Content
                    | ToolOutput::Object(_)
                    | ToolOutput::Paged(_)
                    | ToolOutput::Dynamic(_) => None,
                };
                let bytes = Literal::byte_string(&compact::encode(locked.contract()));
                let names = locked.contract().input().iter().map(|param| param.name()).collect();
                Some(LockedTool { bytes, names, late_schema })
            }
            Baseline::Newer(locked) => {
                let locked = locked.contract().version();
                let message = format!(
                    "tool '{name}' {version} is older than in {FILE}, which has {locked}: a version never decreases — write \"{locked}\", or a newer one for a change"
                );
                errors.on(at, message);
                None
            }
        }
    }
}

/// Returns the nearest parent folder of a source file that contains a `Cargo.toml`. `None` for a file that a build script
/// generated, because the target folder may be in the folder of another package, and for a workspace without a package.
fn package_of(file: &Path) -> Option<PathBuf> {
    let file = fs::canonicalize(file).ok()?;
    let generated = std::env::var_os("OUT_DIR").and_then(|folder| fs::canonicalize(folder).ok());
    if generated.is_some_and(|folder| file.starts_with(folder)) {
        return None;
    }
    let folder = file.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file())?;
    (!Manifest::of(folder)?.is_virtual).then(|| folder.to_owned())
}
