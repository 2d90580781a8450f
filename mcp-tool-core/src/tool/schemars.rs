//! Results whose schema is known only when the server runs.

use mcp_tool_contract::model::ToolOutput;
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde::Serialize;
use serde_json::Value;

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::result::{Answer, ToolResult, json},
};

/// A result of a type that has [`schemars::JsonSchema`] and doesn't derive [`ToolSchema`](crate::ToolSchema).
///
/// Its schema is inlined and listed; every result is checked against it by the `jsonschema` crate. Its root
/// must be an object. Const evaluation can't look into it.
#[derive(Clone, Copy, Debug)]
pub struct Schemars<T>(pub T);

impl<T: JsonSchema + Serialize> ToolResult for Schemars<T> {
    const OUTPUT: ToolOutput = ToolOutput::Dynamic(schema_of::<T>);
    const IS_PAGED: bool = false;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        json(&self.0, cx).map(Answer::Object)
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        settings.transforms.push(Box::new(RecursiveTransform(without_width)));
    });
    let mut schema = settings.for_serialize().into_generator().into_root_schema_for::<T>();
    // A title is the type's Rust name, which is nobody's business.
    schema.remove("title");
    schema.to_value()
}

/// Drops the widths of Rust's numbers: JSON Schema has no such formats, and validators may refuse them.
fn without_width(schema: &mut Schema) {
    let is_width = |format: &str| {
        matches!(format, "float" | "double") || format.trim_start_matches('u').starts_with("int")
    };
    if schema.get("format").and_then(Value::as_str).is_some_and(is_width) {
        schema.remove("format");
    }
}

/// The check of results by a schema.
///
/// # Errors
/// Where it isn't the schema of an object, or no schema.
pub(crate) fn validator(schema: &Value) -> Result<jsonschema::Validator, String> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("its root must be an object".into());
    }
    jsonschema::draft202012::new(schema).map_err(|error| error.to_string())
}
