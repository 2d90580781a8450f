//! Results whose schema is generated at run time from `schemars::JsonSchema`.

use mcp_tool_contract::model::ToolOutput;
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde::Serialize;
use serde_json::Value;

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::{answer::ToolAnswer, encode::json, result::ToolResult},
};

/// A result whose type implements [`schemars::JsonSchema`] instead of deriving `ToolSchema`.
///
/// The server generates the schema (JSON Schema 2020-12) when it starts, with all subschemas inlined. Lists show the
/// schema as the tool's output schema. If it isn't the schema of an object, the server doesn't start. Every result is
/// validated against the schema by the `jsonschema` crate. A difference from the schema in the lock (`mcp-tools.lock`,
/// the file of released contracts) is found when the server starts or by `contract check`, not at compile time.
///
/// ```
/// use mcp_tool_runtime::{Schemars, prelude::*};
///
/// #[derive(serde::Serialize, schemars::JsonSchema)]
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// /// Origin of the map.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// fn origin() -> Schemars<Point> {
///     Schemars(Point { x: 0.0, y: 0.0 })
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Schemars<T>(pub T);

impl<T: JsonSchema + Serialize> ToolResult for Schemars<T> {
    const OUTPUT: ToolOutput = ToolOutput::Dynamic(schema_of::<T>);
    const IS_PAGED: bool = false;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        json(&self.0, cx).map(ToolAnswer::Object)
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        settings.transforms.push(Box::new(RecursiveTransform(remove_number_format)));
    });
    let mut schema = settings.for_serialize().into_generator().into_root_schema_for::<T>();
    // The title is the name of the Rust type, which isn't part of the contract.
    schema.remove("title");
    schema.to_value()
}

/// Removes number formats such as `uint32`, which JSON Schema doesn't define and validators may refuse.
fn remove_number_format(schema: &mut Schema) {
    let is_number_format = |format: &str| {
        matches!(format, "float" | "double") || format.trim_start_matches('u').starts_with("int")
    };
    if schema.get("format").and_then(Value::as_str).is_some_and(is_number_format) {
        schema.remove("format");
    }
}
