//! Writes a call's `CallToolResult`: its text, its structured content, and its `_meta`.

use rmcp::model::JsonObject;
use serde::Serialize;
use uuid::Uuid;

use super::message::Era;
use crate::{
    call::{cut::cut, stamp::ContractStamp},
    error::{ErrorKind, ToolError},
    json::JsonWriter,
    pipeline::CallOutcome,
    tool::answer::ToolAnswer,
};

/// The `_meta` key of a tool error's [`ErrorDetails`].
pub(super) const META_ERROR: &str = "dev.mcp-tool/error";

/// Members of a result's `_meta` or of an error's `data`: the tool's version, contract digest and deprecation, and the
/// call's correlation id.
pub(super) struct ResultStamp<'s> {
    pub(super) stamp: &'s ContractStamp,
    pub(super) correlation: Uuid,
}

impl<'s> ResultStamp<'s> {
    pub(super) fn of(outcome: &'s CallOutcome) -> Self {
        ResultStamp { stamp: &outcome.stamp, correlation: outcome.correlation }
    }

    /// Appends the stamp as members of a JSON object.
    pub(super) fn write(&self, text: &mut JsonWriter) {
        // The text before and after the correlation id is the same for all calls of a tool, and encoded in advance.
        text.raw(&self.stamp.before_id);
        text.raw(self.correlation.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        text.raw(&self.stamp.after_id);
    }

    /// Returns the stamp as a JSON object.
    pub(super) fn object(&self) -> Result<JsonObject, serde_json::Error> {
        let mut text = JsonWriter::default();
        text.raw("{");
        self.write(&mut text);
        text.raw("}");
        serde_json::from_slice(text.as_bytes())
    }
}

/// The values from which a call's `CallToolResult` is written: the tool's answer, or an error that the model reads.
pub(super) struct ToolResultParts<'r> {
    pub(super) stamp: ResultStamp<'r>,
    pub(super) answer: Result<&'r ToolAnswer, &'r ToolError>,
    /// The tool's current list entry. Set only if the call was refused because the tool's contract has changed.
    pub(super) changed_tool: Option<&'r serde_json::Value>,
}

impl<'r> ToolResultParts<'r> {
    pub(super) fn of(outcome: &'r CallOutcome) -> Self {
        ToolResultParts {
            stamp: ResultStamp::of(outcome),
            answer: outcome.answer.as_ref(),
            changed_tool: None,
        }
    }

    /// Estimates the number of bytes that [`write`](Self::write) appends for the answer, without the stamp. 0 for
    /// errors.
    pub(super) fn content_bytes(&self) -> usize {
        match self.answer {
            // The object is written twice: as structured content, and as text, in which each quote is escaped. A
            // quarter of the object's size is reserved for these escapes.
            Ok(ToolAnswer::Object(json)) => json.len() * 2 + json.len() / 4,
            Ok(ToolAnswer::Structured { object, content }) => {
                object.len() * 2 + object.len() / 4 + content.len()
            }
            Ok(ToolAnswer::Text(text) | ToolAnswer::Content(text)) => text.len(),
            Ok(ToolAnswer::Asks(members)) => members.len(),
            Ok(ToolAnswer::Nothing) | Err(_) => 0,
        }
    }

    /// Appends the result as a JSON object. `server_info` is a JSON member for `_meta`, and only modern results
    /// (2026-07-28) get it.
    pub fn write(&self, text: &mut JsonWriter, era: Era, server_info: &str) {
        if let Ok(ToolAnswer::Asks(members)) = self.answer {
            return self.write_input_required(text, members, server_info);
        }
        text.raw("{");
        if era == Era::Modern {
            text.raw(r#""resultType":"complete","#);
        }
        if let Ok(ToolAnswer::Content(pieces)) = self.answer {
            text.raw(r#""content":["#);
            text.raw(pieces);
            text.raw("],");
        } else {
            text.raw(r#""content":[{"type":"text","text":"#);
            match self.answer {
                // `Content` and `Asks` were handled above.
                Ok(ToolAnswer::Nothing | ToolAnswer::Content(_) | ToolAnswer::Asks(_)) => {
                    text.raw("\"Done.\"");
                }
                Ok(ToolAnswer::Text(plain)) => text.string(plain),
                Ok(ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. }) => {
                    text.string(json);
                }
                Err(error) => text.string(&error_text(error, self.stamp.correlation)),
            }
            text.raw("}");
            if let Ok(ToolAnswer::Structured { content, .. }) = self.answer
                && !content.is_empty()
            {
                text.raw(",");
                text.raw(content);
            }
            text.raw("],");
        }
        if let Ok(ToolAnswer::Object(json) | ToolAnswer::Structured { object: json, .. }) = self.answer {
            text.raw(r#""structuredContent":"#);
            text.raw(json);
            text.raw(",");
        }
        if self.answer.is_err() {
            text.raw(r#""isError":true,"#);
        }
        text.raw(r#""_meta":{"#);
        self.stamp.write(text);
        if let Err(error) = self.answer {
            text.raw(&format!(r#","{META_ERROR}":"#));
            text.value(&self.error_details(error));
        }
        if era == Era::Modern {
            text.raw(",");
            text.raw(server_info);
        }
        text.raw("}}");
    }

    /// Appends a result that asks the client for input before the call can finish (2026-07-28, multi round-trip
    /// requests).
    fn write_input_required(&self, text: &mut JsonWriter, members: &str, server_info: &str) {
        text.raw(r#"{"resultType":"input_required","#);
        text.raw(members);
        text.raw(r#","_meta":{"#);
        self.stamp.write(text);
        text.raw(",");
        text.raw(server_info);
        text.raw("}}");
    }

    /// Returns the value of [`META_ERROR`] for `error`.
    pub(super) fn error_details(&self, error: &'r ToolError) -> ErrorDetails<'r> {
        ErrorDetails { tool: self.changed_tool, ..ErrorDetails::of(error) }
    }
}

/// Returns the error's text for the model: the message, cut at the maximum size of messages. Appends the time until a
/// retry if the error has one, and the correlation id if the server failed or the call timed out.
pub(super) fn error_text(error: &ToolError, correlation: Uuid) -> String {
    let mut text = cut(error.to_string().into()).into_owned();
    if let Some(after) = error.retry_after() {
        text.push_str(&format!(" (retry after {} ms)", after.as_millis()));
    }
    if matches!(error.kind(), ErrorKind::Internal | ErrorKind::Timeout) {
        text.push_str(&format!(" (correlation id {correlation})"));
    }
    text
}

/// Machine-readable details of a tool error: the value of [`META_ERROR`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorDetails<'e> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// Maximum number of calls that one caller may make within `window_ms`, for the error `rate_limited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<&'e [mcp_tool_contract::read::violation::Violation]>,
    /// Number of violations that `violations` doesn't list.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_violations: Option<usize>,
    /// The tool's current list entry, for the error `contract_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'e serde_json::Value>,
}

impl<'e> ErrorDetails<'e> {
    fn of(error: &'e ToolError) -> Self {
        let violations = error.violations();
        ErrorDetails {
            kind: error.kind().name(),
            retry_after_ms: error
                .retry_after()
                .map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
            limit: error.rate().map(|rate| rate.calls()),
            window_ms: error.rate().map(|rate| rate.window().milliseconds()),
            violations: violations.map(|violations| violations.listed()),
            more_violations: violations.map(|violations| violations.more()).filter(|more| *more > 0),
            tool: None,
        }
    }
}
