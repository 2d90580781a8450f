//! Our server with `TOOLS` tools. They are copies of one tool under other names, because 10,000 functions would take
//! minutes to compile. Applications do not need this.

mod orders;

use std::process::ExitCode;

use mcp_tool_runtime::{
    __private::{Bound, StateMap, MissingState, Source, AdapterTarget},
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

/// The copy with these four digits.
enum Copy<const A: u8, const B: u8, const C: u8, const D: u8> {}

impl<const A: u8, const B: u8, const C: u8, const D: u8> Copy<A, B, C, D> {
    const NAME: [u8; 19] = {
        let mut name = *b"search_orders_n0000";
        name[15] += A;
        name[16] += B;
        name[17] += C;
        name[18] += D;
        name
    };
}

impl<const A: u8, const B: u8, const C: u8, const D: u8> Tool for Copy<A, B, C, D> {
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

/// The copies, without the original.
fn copies() -> &'static [ToolEntry] {
    let tools: usize = std::env::var("TOOLS").ok().and_then(|count| count.parse().ok()).unwrap_or(1);
    let mut copies = thousands();
    copies.remove(0);
    copies.truncate(tools.saturating_sub(1));
    copies.leak()
}

/// One item per digit.
macro_rules! digits {
    ($each:ident $(, $known:ident)*) => {
        [
            $each::<$($known,)* 0>(), $each::<$($known,)* 1>(), $each::<$($known,)* 2>(), $each::<$($known,)* 3>(),
            $each::<$($known,)* 4>(), $each::<$($known,)* 5>(), $each::<$($known,)* 6>(), $each::<$($known,)* 7>(),
            $each::<$($known,)* 8>(), $each::<$($known,)* 9>(),
        ]
    };
}

fn thousands() -> Vec<ToolEntry> {
    digits!(hundreds).concat()
}

fn hundreds<const A: u8>() -> Vec<ToolEntry> {
    digits!(tens, A).concat()
}

fn tens<const A: u8, const B: u8>() -> Vec<ToolEntry> {
    digits!(ones, A, B).concat()
}

fn ones<const A: u8, const B: u8, const C: u8>() -> Vec<ToolEntry> {
    digits!(one, A, B, C).to_vec()
}

const fn one<const A: u8, const B: u8, const C: u8, const D: u8>() -> ToolEntry {
    ToolEntry::of::<Copy<A, B, C, D>>()
}
