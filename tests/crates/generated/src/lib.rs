//! Tools in a file that the build script generates.

use mcp_tool_runtime::{ToolEntry, prelude::*};

include!(concat!(env!("OUT_DIR"), "/tools.rs"));
