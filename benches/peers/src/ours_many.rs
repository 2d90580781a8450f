//! Our server with as many tools as the environment variable `TOOLS` says: `search_orders`, and copies of it under
//! other names.
//!
//! The copies share one function, because 10,000 functions would take minutes to compile. The code uses internals of
//! the framework, which applications do not need.

mod orders;

use std::process::ExitCode;

use mcp_tool_runtime::{
    __private::{AdapterTarget, Bound, MissingState, Source, StateMap},
    Contract, Tool, ToolEntry,
    prelude::*,
};
use orders::search_orders;

#[tokio::main]
async fn main() -> ExitCode {
    ToolServer::new("orders", env!("CARGO_PKG_VERSION"))
        .tools(tools![search_orders])
        .tools(copies())
        .run()
        .await
}

/// Copy of `search_orders` with the number ABCD: `Numbered<0, 0, 1, 2>` is listed as `search_orders_n0012`.
enum Numbered<const A: u8, const B: u8, const C: u8, const D: u8> {}

impl<const A: u8, const B: u8, const C: u8, const D: u8> Numbered<A, B, C, D> {
    const NAME: [u8; 19] = {
        let mut name = *b"search_orders_n0000";
        name[15] += A;
        name[16] += B;
        name[17] += C;
        name[18] += D;
        name
    };
}

impl<const A: u8, const B: u8, const C: u8, const D: u8> Tool for Numbered<A, B, C, D> {
    const CONTRACT: Contract = search_orders::CONTRACT.with_name(match str::from_utf8(&Self::NAME) {
        Ok(name) => name,
        Err(_) => "",
    });
    const SOURCE: Source = search_orders::SOURCE;
    const ADAPTS: Option<AdapterTarget> = search_orders::ADAPTS;

    fn bind(state: &StateMap) -> Result<Box<dyn Bound>, MissingState> {
        search_orders::bind(state)
    }
}

/// Returns the copies with the numbers from 1 on: one fewer than `TOOLS`, because `search_orders` itself is a tool too.
fn copies() -> &'static [ToolEntry] {
    let tools: usize = std::env::var("TOOLS").ok().and_then(|count| count.parse().ok()).unwrap_or(1);
    let mut copies = all_copies();
    // The number 0000.
    copies.remove(0);
    copies.truncate(tools.saturating_sub(1));
    copies.leak()
}

/// Array of the ten results of the function `$each`, whose const arguments are the digits `$known` and one more digit.
macro_rules! digits {
    ($each:ident $(, $known:ident)*) => {
        [
            $each::<$($known,)* 0>(), $each::<$($known,)* 1>(), $each::<$($known,)* 2>(), $each::<$($known,)* 3>(),
            $each::<$($known,)* 4>(), $each::<$($known,)* 5>(), $each::<$($known,)* 6>(), $each::<$($known,)* 7>(),
            $each::<$($known,)* 8>(), $each::<$($known,)* 9>(),
        ]
    };
}

/// Copies with the numbers 0000 to 9999.
fn all_copies() -> Vec<ToolEntry> {
    digits!(thousand).concat()
}

/// Copies with the numbers A000 to A999.
fn thousand<const A: u8>() -> Vec<ToolEntry> {
    digits!(hundred, A).concat()
}

fn hundred<const A: u8, const B: u8>() -> Vec<ToolEntry> {
    digits!(ten, A, B).concat()
}

fn ten<const A: u8, const B: u8, const C: u8>() -> Vec<ToolEntry> {
    digits!(one, A, B, C).to_vec()
}

const fn one<const A: u8, const B: u8, const C: u8, const D: u8>() -> ToolEntry {
    ToolEntry::of::<Numbered<A, B, C, D>>()
}
