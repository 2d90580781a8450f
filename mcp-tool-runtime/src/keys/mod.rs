//! Keys of the attributes `#[mcp_tool]`, `#[arg]` and `#[schema]`. Each key has an empty module, whose page describes
//! the key and shows an example.

pub mod arg;
pub mod mcp_tool;
pub mod schema;
