//! Content blocks of a result: text, images, audio, resources and links to resources.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use mcp_tool_contract::model::ToolOutput;
use rmcp::model::{ContentBlock, Resource, ResourceContents};

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::{
        answer::ToolAnswer,
        encode::{json, too_large},
        result::{ObjectResult, ToolResult, Written},
    },
};

/// Maximum content blocks of one result.
const MAX_BLOCKS: usize = 100;

/// A result made of content blocks (MCP `ContentBlock`): text, images, audio, resources and links to resources.
///
/// The blocks are sent in the order in which they were appended. A tool with this result has no output schema. The
/// maximum is 100 blocks, and `limits.max_result` bytes (1 MiB by default) for the JSON of all blocks, in which binary
/// data is base64.
///
/// # Errors
/// If the JSON is larger, the call fails as [too large](crate::error::ErrorKind::TooLarge). In these cases, the call
/// fails with an [internal](crate::error::ErrorKind::Internal) error:
///
/// - There are more than 100 blocks.
/// - A media type isn't `type/subtype` (RFC 9110 §8.3.1), or isn't `image/…` for an image or `audio/…` for audio.
/// - The URI of a resource or link is invalid (RFC 3986 §3).
/// - The data of a block that was passed to [`block`](Self::block) isn't base64.
///
/// ```
/// use mcp_tool_runtime::{Content, prelude::*};
///
/// /// The floor plan of a building.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn floor_plan(/** Floor number. */ #[arg(min = 0, max = 9)] floor: u8) -> Content {
///     let png = [0x89, b'P', b'N', b'G'];
///     Content::new().text(format!("Floor {floor}:")).image(png, "image/png").link("https://example.com/plans", "all plans")
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    blocks: Vec<ContentBlock>,
}

impl Content {
    /// Returns content without blocks.
    #[must_use]
    pub fn new() -> Self {
        Content::default()
    }

    /// Appends a text block.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.block(ContentBlock::text(text))
    }

    /// Appends an image. `data` are the bytes of the image file; `media_type` starts with `image/`.
    #[must_use]
    pub fn image(self, data: impl AsRef<[u8]>, media_type: impl Into<String>) -> Self {
        self.block(ContentBlock::image(BASE64.encode(data), media_type))
    }

    /// Appends audio. `data` are the bytes of the audio file; `media_type` starts with `audio/`.
    #[must_use]
    pub fn audio(self, data: impl AsRef<[u8]>, media_type: impl Into<String>) -> Self {
        self.block(ContentBlock::audio(BASE64.encode(data), media_type))
    }

    /// Appends an embedded resource: its URI, media type and text.
    #[must_use]
    pub fn resource(
        self,
        uri: impl Into<String>,
        media_type: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        self.block(ContentBlock::resource(ResourceContents::TextResourceContents {
            uri: uri.into(),
            mime_type: Some(media_type.into()),
            text: text.into(),
            meta: None,
        }))
    }

    /// Appends an embedded resource: its URI, media type and bytes.
    #[must_use]
    pub fn resource_bytes(
        self,
        uri: impl Into<String>,
        media_type: impl Into<String>,
        data: impl AsRef<[u8]>,
    ) -> Self {
        self.block(ContentBlock::resource(ResourceContents::BlobResourceContents {
            uri: uri.into(),
            mime_type: Some(media_type.into()),
            blob: BASE64.encode(data),
            meta: None,
        }))
    }

    /// Appends a link to a resource: its URI, and a name that clients can show.
    #[must_use]
    pub fn link(self, uri: impl Into<String>, name: impl Into<String>) -> Self {
        self.block(ContentBlock::resource_link(Resource::new(uri, name)))
    }

    /// Appends any block, such as one with annotations or `_meta`.
    #[must_use]
    pub fn block(mut self, block: ContentBlock) -> Self {
        self.blocks.push(block);
        self
    }

    /// Returns the blocks, in order.
    #[must_use]
    pub fn blocks(&self) -> &[ContentBlock] {
        &self.blocks
    }

    /// Checks the blocks and encodes them as a JSON array, without the array's brackets.
    ///
    /// Errors are marked as unsettled: the function has run, and may have changed something.
    fn written(&self, cx: &CallContext) -> Result<String, ToolError> {
        if self.blocks.len() > MAX_BLOCKS {
            let reason =
                format!("content has {} blocks, at most {MAX_BLOCKS} are allowed", self.blocks.len());
            return Err(ToolError::internal(reason).unsettled());
        }
        for block in &self.blocks {
            check(block).map_err(|reason| ToolError::internal(reason).unsettled())?;
        }
        let mut written = json(&self.blocks, cx)?;
        written.pop();
        written.remove(0);
        Ok(written)
    }
}

impl From<ContentBlock> for Content {
    fn from(block: ContentBlock) -> Self {
        Content::new().block(block)
    }
}

/// Checks the media type, URI and base64 of a block, since [`Content::block`] takes any block. Refuses blocks of other
/// types than text, image, audio, resource and resource link.
fn check(block: &ContentBlock) -> Result<(), String> {
    match block {
        ContentBlock::Text(_) => Ok(()),
        ContentBlock::Image(image) => {
            check_media_type(&image.mime_type, "image/").and_then(|()| check_base64(&image.data))
        }
        ContentBlock::Audio(audio) => {
            check_media_type(&audio.mime_type, "audio/").and_then(|()| check_base64(&audio.data))
        }
        ContentBlock::ResourceLink(link) => {
            check_uri(&link.uri)?;
            link.mime_type.iter().try_for_each(|given| check_media_type(given, ""))
        }
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri, mime_type, .. } => {
                check_uri(uri)?;
                mime_type.iter().try_for_each(|given| check_media_type(given, ""))
            }
            ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
                check_uri(uri)?;
                mime_type.iter().try_for_each(|given| check_media_type(given, ""))?;
                check_base64(blob)
            }
            _ => Err("content has a resource that is neither text nor blob".into()),
        },
        _ => Err("content has a block of an unsupported type".into()),
    }
}

/// Checks that `given` is `type/subtype`, with or without parameters (RFC 9110 §8.3.1), and starts with `prefix`, such
/// as `image/`. Any type is accepted if `prefix` is empty.
fn check_media_type(given: &str, prefix: &str) -> Result<(), String> {
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let essence = given.split(';').next().unwrap_or_default().trim_end();
    let is_media_type = essence.split_once('/').is_some_and(|(main, sub)| is_token(main) && is_token(sub));
    let is_printable = given.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match is_media_type && is_printable && essence.to_ascii_lowercase().starts_with(prefix) {
        true => Ok(()),
        false => {
            let example = if prefix.is_empty() { "text/plain".to_owned() } else { format!("{prefix}…") };
            Err(format!("content has the media type {given:?}: write one such as `{example}`"))
        }
    }
}

/// Checks that `given` is a scheme, a colon and at least one more character (RFC 3986 §3), without white space and
/// control characters.
fn check_uri(given: &str) -> Result<(), String> {
    let is_scheme = |text: &str| {
        text.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let is_uri = given.split_once(':').is_some_and(|(before, after)| is_scheme(before) && !after.is_empty());
    match is_uri && !given.chars().any(|sign| sign.is_control() || sign.is_whitespace()) {
        true => Ok(()),
        false => Err(format!(
            "content has a resource whose URI is {given:?}: write one with a scheme, such as `https://…`"
        )),
    }
}

fn check_base64(given: &str) -> Result<(), String> {
    BASE64.decode(given).map(drop).map_err(|error| format!("content has data that isn't base64: {error}"))
}

impl ToolResult for Content {
    const OUTPUT: ToolOutput = ToolOutput::Content;
    const IS_PAGED: bool = false;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        self.written(cx).map(ToolAnswer::Content)
    }
}

/// A structured result with additional content blocks for the model.
///
/// The tool's output schema is the schema of `T` and doesn't include the blocks. The value is sent as
/// `structuredContent`. It is also sent as JSON in the first text block, for clients that don't read
/// `structuredContent`. The blocks of `content` follow this text block. The JSON of the value and of the blocks has at
/// most `limits.max_result` bytes (1 MiB by default) in all.
///
/// ```
/// use mcp_tool_runtime::{Content, Structured, prelude::*};
///
/// /// Data of a chart.
/// #[derive(serde::Serialize, ToolSchema)]
/// struct Chart {
///     /// Number of bars.
///     #[schema(max = 100)]
///     bars: u8,
/// }
///
/// /// Sales of a month.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn sales() -> Structured<Chart> {
///     Structured::new(Chart { bars: 3 }, Content::new().text("Three weeks, each better than the one before."))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Structured<T> {
    value: T,
    content: Content,
}

impl<T> Structured<T> {
    /// Combines a value and content blocks.
    #[must_use]
    pub fn new(value: T, content: Content) -> Self {
        Structured { value, content }
    }

    /// Returns the structured result.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the content blocks.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }
}

impl<T: ObjectResult + Written> ToolResult for Structured<T> {
    const OUTPUT: ToolOutput = T::OUTPUT;
    const IS_PAGED: bool = false;

    fn into_answer(self, cx: &CallContext) -> Result<ToolAnswer, ToolError> {
        let object = self.value.written(cx)?;
        let content = self.content.written(cx)?;
        match object.len() + content.len() <= cx.max_result() {
            true => Ok(ToolAnswer::Structured { object, content }),
            false => Err(too_large(cx)),
        }
    }
}
