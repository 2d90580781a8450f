//! Tools that declarative macros define. Types, literals and attributes reach `#[mcp_tool]` as fragments.

#![deny(warnings)]
// Fragments reach the macros in groups, of which parentheses are the visible form.
#![allow(unused_parens)]

use mcp_tool_runtime::prelude::*;
use mcp_tool_runtime::ToolEntry;

/// State of the tools.
#[derive(Debug)]
pub struct Counter(pub u32);

/// Default of a parameter of another package.
pub const ATTEMPTS: u16 = 5;

/// A tool that is named like a crate on which this package doesn't depend.
pub mod levels {
    use super::*;

    /// Set the level of traces.
    #[mcp_tool(version = "1.0", public)]
    pub fn tracing() {}
}

/// Defines a tool from fragments of each kind.
macro_rules! tool {
    (
        $(#[$attribute:meta])*
        $visibility:vis $name:ident($state:ty, $argument:ident: $type:ty) -> $returned:ty $body:block
        version $version:literal, scope $scope:expr, longest $longest:literal, default $default:expr
    ) => {
        $(#[$attribute])*
        #[mcp_tool(version = $version, scope = $scope, max_len = $longest, read_only)]
        $visibility async fn $name(
            state: $state,
            /// An argument.
            #[arg(default = $default)]
            $argument: $type,
        ) -> $returned {
            let _ = (state, $argument);
            $body
        }
    };
}

tool! {
    /// Count to a number.
    #[allow(clippy::unused_async)]
    pub count(&Counter, upto: u32) -> Result<String, ToolError> { Ok("done".to_owned()) }
    version "1.0", scope "counter:read", longest 64, default 7
}

tool! {
    #[doc = include_str!("description.md")]
    greet((&Counter), name: (String)) -> (String) { "hello".to_owned() }
    version "1.0", scope ["greet:all"], longest 20, default "you"
}

/// Passes a whole function as one fragment.
macro_rules! whole {
    ($tool:item) => {
        #[mcp_tool(version = "1.0", public)]
        $tool
    };
}

whole! {
    /// Do nothing, with a negative number.
    fn nothing(
        #[doc = concat!("A number", " below zero.")]
        /// It is optional.
        #[arg(default = (-3))]
        number: (i8),
        /// A word.
        word: Option<String>,
    ) {
        let _ = (number, word);
    }
}

/// Defines a list from paths.
macro_rules! list {
    ($($tool:path),* $(,)?) => {
        &[tools![$($tool),*], tools![#[cfg(feature = "extra")] extra, $($tool),*]]
    };
}

/// An old tool.
#[deprecated]
#[mcp_tool(version = "1.0", public, name = "old")]
#[allow(deprecated)]
pub async fn old_tool(
    /// The speed.
    speed: Speed,
) -> Speedy {
    Speedy { speed }
}

/// A speed with an old value.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
pub enum Speed {
    /// Fast.
    Fast,
    /// Slow.
    #[deprecated]
    Slow,
}

/// An old type.
#[deprecated = "old"]
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
#[allow(deprecated)]
pub enum Size {
    /// Large.
    Large,
}

/// A result with an old field.
#[derive(Clone, Copy, Debug, serde::Serialize, ToolSchema)]
pub struct Speedy {
    /// The speed.
    #[deprecated]
    pub speed: Speed,
}

/// A tool with an old type.
#[mcp_tool(version = "1.0", public)]
#[allow(deprecated)]
pub fn measure(
    /// Its size.
    size: Size,
    /// Sizes.
    sizes: (Option<Vec<Size>>),
    page: (PageRequest),
) -> Result<Page<Speedy>, ToolError> {
    let _ = (size, sizes);
    Page::keyset(Vec::new(), &page, |_| 1)
}

/// Only in some builds.
#[cfg(feature = "extra")]
#[mcp_tool(version = "1.0", public)]
pub fn extra() {}

/// Counts the tools that the feature adds.
pub const EXTRA: usize = if cfg!(feature = "extra") { 1 } else { 0 };

/// Lists of tools, of which the second has one more if the feature `extra` is on.
pub const LISTS: &[&[ToolEntry]] = list![count, greet, nothing, crate::old_tool, self::measure];

/// All tools, with conditions that hold and that don't.
pub const TOOLS: &[ToolEntry] = tools![
    #[cfg(any(feature = "extra", not(feature = "extra")))]
    #[cfg(debug_assertions)]
    count,
    #[cfg(any())]
    removed_from_this_build,
    greet,
    #[cfg(all())]
    nothing,
    old_tool,
    measure,
];
