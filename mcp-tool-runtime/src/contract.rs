//! Types of the values in a [`Contract`](crate::Contract), which holds a tool's schemas, scopes and limits. Code that
//! reads contracts uses these types, for example an [`Authorizer`](crate::Authorizer) or a
//! [`Middleware`](crate::Middleware).
//!
//! ```
//! use mcp_tool_runtime::{contract::Kind, prelude::*};
//!
//! /// Find invoices.
//! #[mcp_tool(scope = "invoices:read", version = "1.0", read_only, rate = "60/min")]
//! async fn find_invoices(
//!     /// Text in the subject.
//!     #[arg(max_len = 40)]
//!     text: String,
//! ) -> String {
//!     text
//! }
//!
//! let tools = tools![find_invoices];
//! let contract = tools[0].contract();
//! assert_eq!(contract.rates()[0].calls(), 60);
//! let Kind::Text(text) = contract.input()[0].schema().kind() else { panic!("a string") };
//! assert_eq!(text.max_len(), Some(40));
//! ```

// In error messages, rustc prints the full path of a type unless its name is unique among all types and enum variants.
// A variant `String` would turn `String` into `std::string::String` in the errors that users read. So no variant of the
// enums here has the name of a type of Rust's prelude: the kind of a string is `Kind::Text`.
pub use mcp_tool_contract::{
    bounds::{Field, Format, Items, Kind, Literal, LiteralValue, Member, Object, Schema, Text},
    model::{Deprecation, Gate, Hints, Param, Rate, TaskSupport, ToolOutput, Weakening, Window},
    pattern::Pattern,
    rules::ChangeRule,
};
