//! Keys of the attributes. Each key has an empty module, whose page shows an example and the resulting schema.

pub mod arg;
pub mod mcp_tool;
pub mod schema;
