//! Keys of the attributes, each with an example and the schema that it gives. The modules are empty: they are pages.

pub mod arg;
pub mod mcp_tool;
pub mod schema;
