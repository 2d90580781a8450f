//! Tools that return each kind of content or an error, and a tool whose input schema has many keywords of JSON Schema.
//! The conformance suite prescribes the names of the tools and most of the results.

use mcp_tool_runtime::{Content, ToolEntry, prelude::*};

/// PNG image of one red pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00,
    0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x08, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01,
    0x01, 0x00, 0x18, 0xdd, 0x8d, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60,
    0x82,
];

/// WAV sound of two silent samples, in one channel at 8 kHz and 16 bits.
const WAV: &[u8] =
    b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x04\0\0\0\0\0\0\0";

pub(crate) const TOOLS: &[ToolEntry] = tools![
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    json_schema_2020_12_tool,
];

/// Return a text.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Return an image.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_image_content() -> Content {
    Content::new().image(PNG, "image/png")
}

/// Return a sound.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_audio_content() -> Content {
    Content::new().audio(WAV, "audio/wav")
}

/// Return an embedded resource.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_embedded_resource() -> Content {
    Content::new().resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")
}

/// Return a text, an image and an embedded resource.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_multiple_content_types() -> Content {
    Content::new().text("Multiple content types test:").image(PNG, "image/png").resource(
        "test://mixed-content-resource",
        "application/json",
        r#"{"test":"data","value":123}"#,
    )
}

/// Return an error.
#[mcp_tool(version = "1.0", public, read_only)]
async fn test_error_handling() -> Result<(), ToolError> {
    Err(ToolError::refused("This tool intentionally returns an error for testing"))
}

/// Way to contact a person.
#[derive(serde::Deserialize, serde::Serialize, ToolSchema)]
#[serde(rename_all = "snake_case")]
enum ContactMethod {
    Phone,
    Email,
}

/// Contact a person by telephone or mail.
#[mcp_tool(
    version = "1.0",
    public,
    read_only,
    constraints = r##"{
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": { "address": { "$anchor": "addressDef", "required": ["email"] } },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "$ref": "#addressDef" }] }],
        "if": { "properties": { "contact_method": { "const": "phone" } }, "required": ["contact_method"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] }
    }"##
)]
async fn json_schema_2020_12_tool(
    /** Name of the person. */
    name: Option<String>,
    /** Way to contact the person. */
    contact_method: Option<ContactMethod>,
    /** Telephone number. */
    phone: Option<String>,
    /** Mail address. */
    email: Option<String>,
) -> String {
    let address = match contact_method {
        Some(ContactMethod::Phone) => phone,
        Some(ContactMethod::Email) | None => email,
    };
    format!("{} at {}", name.as_deref().unwrap_or("Somebody"), address.unwrap_or_default())
}
