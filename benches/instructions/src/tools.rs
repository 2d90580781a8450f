//! The measured tools: `search_orders`, which is called, and a hundred copies of it, which are listed.

use mcp_tool_runtime::{
    __private::{AdapterTarget, Bound, MissingState, Source, StateMap},
    Contract, Tool, ToolEntry,
    prelude::*,
};
use serde::Serialize;

/// Status of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not paid yet.
    Open,
    /// Paid, and not delivered.
    Paid,
    /// Finished.
    Closed,
}

/// Orders that were found.
#[derive(Serialize, ToolSchema)]
pub struct Found {
    /// Query of the search.
    #[schema(max_len = 64)]
    pub query: String,
    /// Limit of results.
    pub limit: u32,
    /// Status of orders.
    pub status: Status,
    /// Number of the requested labels.
    pub tags: u32,
}

/// Orders that match.
#[mcp_tool(version = "1.0", scope = "orders:read", read_only)]
async fn search_orders(
    /// Words of the order.
    #[arg(min_len = 1, max_len = 64, pattern = "^[a-z0-9 -]+$")]
    query: String,
    /// Limit of results.
    #[arg(min = 1, max = 100)]
    limit: u32,
    /// Status of orders.
    status: Status,
    /// Labels that all of them have.
    #[arg(max_items = 8, max_len = 16)]
    tags: Vec<String>,
) -> Found {
    Found { query, limit, status, tags: tags.len() as u32 }
}

/// The called tool.
pub const ONE: &[ToolEntry] = tools![search_orders];

/// Copy of `search_orders` under the name `NAMES[INDEX]`. The copies share the function of `search_orders`, and so add
/// little compile time.
struct Listed<const INDEX: usize>;

impl<const INDEX: usize> Tool for Listed<INDEX> {
    const CONTRACT: Contract = <search_orders as Tool>::CONTRACT.with_name(NAMES[INDEX]);
    const SOURCE: Source = <search_orders as Tool>::SOURCE;
    const ADAPTS: Option<AdapterTarget> = None;

    fn bind(state: &StateMap) -> Result<Box<dyn Bound>, MissingState> {
        <search_orders as Tool>::bind(state)
    }
}

/// Defines the names of the hundred copies, and the list of the copies.
macro_rules! listed {
    ($($name:ident $index:literal)*) => {
        const NAMES: [&str; 100] = [$(stringify!($name)),*];
        /// The listed tools.
        pub const HUNDRED: &[ToolEntry] = &[$(ToolEntry::of::<Listed<$index>>()),*];
    };
}

listed! {
    a0 0 a1 1 a2 2 a3 3 a4 4 a5 5 a6 6 a7 7 a8 8 a9 9
    b0 10 b1 11 b2 12 b3 13 b4 14 b5 15 b6 16 b7 17 b8 18 b9 19
    c0 20 c1 21 c2 22 c3 23 c4 24 c5 25 c6 26 c7 27 c8 28 c9 29
    d0 30 d1 31 d2 32 d3 33 d4 34 d5 35 d6 36 d7 37 d8 38 d9 39
    e0 40 e1 41 e2 42 e3 43 e4 44 e5 45 e6 46 e7 47 e8 48 e9 49
    f0 50 f1 51 f2 52 f3 53 f4 54 f5 55 f6 56 f7 57 f8 58 f9 59
    g0 60 g1 61 g2 62 g3 63 g4 64 g5 65 g6 66 g7 67 g8 68 g9 69
    h0 70 h1 71 h2 72 h3 73 h4 74 h5 75 h6 76 h7 77 h8 78 h9 79
    i0 80 i1 81 i2 82 i3 83 i4 84 i5 85 i6 86 i7 87 i8 88 i9 89
    j0 90 j1 91 j2 92 j3 93 j4 94 j5 95 j6 96 j7 97 j8 98 j9 99
}
