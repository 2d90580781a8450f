//! What a tool shows the model: pieces of text, images, audio, resources and links to them.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use mcp_tool_contract::model::ToolOutput;
use rmcp::model::{ContentBlock, Resource, ResourceContents};

use crate::{
    call::context::CallContext,
    error::ToolError,
    tool::result::{Answer, ObjectResult, ToolResult, Written, json},
};

/// Pieces of one result.
const MAX_PIECES: usize = 100;

/// Pieces for the model, in order: text, images, audio, resources and links to them (`ContentBlock` of the protocol).
///
/// A result of this type has no output schema. All pieces together are as large as a result may be, base64 and all,
/// and there are 100 at most. What isn't of the kind that it says, such as an image of `text/plain`, or a link that
/// isn't a URI, is an internal error rather than sent.
///
/// ```
/// use mcp_tool_runtime::{Content, prelude::*};
///
/// /// The floor plan of a building.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn floor_plan(/** Which floor. */ #[arg(min = 0, max = 9)] floor: u8) -> Content {
///     let png = [0x89, b'P', b'N', b'G'];
///     Content::new().text(format!("Floor {floor}:")).image(png, "image/png").link("https://example.com/plans", "all plans")
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    pieces: Vec<ContentBlock>,
}

impl Content {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Content::default()
    }

    /// And this text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.piece(ContentBlock::text(text))
    }

    /// And this image, of a media type such as `image/png`.
    #[must_use]
    pub fn image(self, data: impl AsRef<[u8]>, media_type: impl Into<String>) -> Self {
        self.piece(ContentBlock::image(BASE64.encode(data), media_type))
    }

    /// And this sound, of a media type such as `audio/wav`.
    #[must_use]
    pub fn audio(self, data: impl AsRef<[u8]>, media_type: impl Into<String>) -> Self {
        self.piece(ContentBlock::audio(BASE64.encode(data), media_type))
    }

    /// And the text of a resource, with its URI.
    #[must_use]
    pub fn resource(
        self,
        uri: impl Into<String>,
        media_type: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        self.piece(ContentBlock::resource(ResourceContents::TextResourceContents {
            uri: uri.into(),
            mime_type: Some(media_type.into()),
            text: text.into(),
            meta: None,
        }))
    }

    /// And the bytes of a resource, with its URI.
    #[must_use]
    pub fn resource_bytes(
        self,
        uri: impl Into<String>,
        media_type: impl Into<String>,
        data: impl AsRef<[u8]>,
    ) -> Self {
        self.piece(ContentBlock::resource(ResourceContents::BlobResourceContents {
            uri: uri.into(),
            mime_type: Some(media_type.into()),
            blob: BASE64.encode(data),
            meta: None,
        }))
    }

    /// And a link to a resource, by its URI and a name for it.
    #[must_use]
    pub fn link(self, uri: impl Into<String>, name: impl Into<String>) -> Self {
        self.piece(ContentBlock::resource_link(Resource::new(uri, name)))
    }

    /// And any piece, with annotations or `_meta` of its own.
    #[must_use]
    pub fn piece(mut self, piece: ContentBlock) -> Self {
        self.pieces.push(piece);
        self
    }

    /// The pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[ContentBlock] {
        &self.pieces
    }

    /// As the members of a JSON array, once all of them are what they say.
    fn written(&self, cx: &CallContext) -> Result<String, ToolError> {
        if self.pieces.len() > MAX_PIECES {
            let reason = format!("{} pieces of content, at most {MAX_PIECES} allowed", self.pieces.len());
            return Err(ToolError::internal(reason).unsettled());
        }
        for piece in &self.pieces {
            check(piece).map_err(|reason| ToolError::internal(reason).unsettled())?;
        }
        let mut written = json(&self.pieces, cx)?;
        written.pop();
        written.remove(0);
        Ok(written)
    }
}

impl From<ContentBlock> for Content {
    fn from(piece: ContentBlock) -> Self {
        Content::new().piece(piece)
    }
}

/// Whether a piece is what it says; bytes that came from elsewhere are base64.
fn check(piece: &ContentBlock) -> Result<(), String> {
    match piece {
        ContentBlock::Text(_) => Ok(()),
        ContentBlock::Image(image) => {
            media_type(&image.mime_type, "image/").and_then(|()| base64(&image.data))
        }
        ContentBlock::Audio(audio) => {
            media_type(&audio.mime_type, "audio/").and_then(|()| base64(&audio.data))
        }
        ContentBlock::ResourceLink(link) => {
            uri(&link.uri)?;
            link.mime_type.iter().try_for_each(|kind| media_type(kind, ""))
        }
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { uri: named, mime_type, .. } => {
                uri(named)?;
                mime_type.iter().try_for_each(|kind| media_type(kind, ""))
            }
            ResourceContents::BlobResourceContents { uri: named, mime_type, blob, .. } => {
                uri(named)?;
                mime_type.iter().try_for_each(|kind| media_type(kind, ""))?;
                base64(blob)
            }
            _ => Err("a resource of a kind that isn't known here".into()),
        },
        _ => Err("a piece of content of a kind that isn't known here".into()),
    }
}

/// `type/subtype`, with parameters or without (RFC 9110 §8.3.1).
fn media_type(given: &str, kind: &str) -> Result<(), String> {
    let token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let essence = given.split(';').next().unwrap_or_default().trim_end();
    let is_one = essence.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
    let is_printable = given.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match is_one && is_printable && essence.to_ascii_lowercase().starts_with(kind) {
        true => Ok(()),
        false => Err(format!("{given:?} is no media type such as `{kind}…` of a piece of content")),
    }
}

/// A scheme and something behind it (RFC 3986 §3), without what could break a line or hide.
fn uri(given: &str) -> Result<(), String> {
    let scheme = |text: &str| {
        text.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let is_one = given.split_once(':').is_some_and(|(before, after)| scheme(before) && !after.is_empty());
    match is_one && !given.chars().any(|sign| sign.is_control() || sign.is_whitespace()) {
        true => Ok(()),
        false => Err(format!("{given:?} is no URI of a resource")),
    }
}

fn base64(given: &str) -> Result<(), String> {
    BASE64
        .decode(given)
        .map(drop)
        .map_err(|error| format!("data of a piece of content isn't base64: {error}"))
}

impl ToolResult for Content {
    const OUTPUT: ToolOutput = ToolOutput::Content;
    const IS_PAGED: bool = false;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        self.written(cx).map(Answer::Content)
    }
}

/// A structured result, and content that the model is shown behind it.
///
/// The contract is that of the structured result alone. Its JSON comes first as text, as older clients read it.
///
/// ```
/// use mcp_tool_runtime::{Content, Shown, prelude::*};
///
/// /// What a chart shows.
/// #[derive(serde::Serialize, ToolSchema)]
/// struct Chart {
///     /// How many bars it has.
///     #[schema(max = 100)]
///     bars: u8,
/// }
///
/// /// Sales of a month.
/// #[mcp_tool(version = "1.0", public, read_only)]
/// async fn sales() -> Shown<Chart> {
///     Shown::new(Chart { bars: 3 }, Content::new().text("Three weeks, each better than the one before."))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Structured<T> {
    value: T,
    content: Content,
}

impl<T> Structured<T> {
    /// Both of them.
    #[must_use]
    pub fn new(value: T, content: Content) -> Self {
        Structured { value, content }
    }

    /// The structured result.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// What the model is shown behind it.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }
}

impl<T: ObjectResult + Written> ToolResult for Structured<T> {
    const OUTPUT: ToolOutput = T::OUTPUT;
    const IS_PAGED: bool = false;

    fn answer(self, cx: &CallContext) -> Result<Answer, ToolError> {
        let object = self.value.written(cx)?;
        let content = self.content.written(cx)?;
        match object.len() + content.len() <= cx.max_result() {
            true => Ok(Answer::Structured { object, content }),
            false => Err(crate::tool::result::too_large(cx)),
        }
    }
}
