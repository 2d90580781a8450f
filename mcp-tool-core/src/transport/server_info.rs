//! Which server a result is of: since 2026-07-28 each says so under `_meta` (§result metadata).

use rmcp::model::{
    CompleteResult, GetPromptResponse, GetPromptResult, GetSkillResult, GetTaskResult, InputRequiredResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, ListToolsResult,
    MetaObject, ReadResourceResponse, ReadResourceResult,
};
use serde_json::json;

use super::protocol::Protocol;

/// A result that rmcp writes.
pub(super) trait HasMeta {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>>;
}

macro_rules! has_meta {
    ($($result:ty),*) => {
        $(impl HasMeta for $result {
            fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
                Some(&mut self.meta)
            }
        })*
    };
}

has_meta!(
    CompleteResult,
    GetPromptResult,
    GetSkillResult,
    GetTaskResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourceTemplatesResult,
    ListResourcesResult,
    ListSkillsResult,
    ListToolsResult,
    ReadResourceResult
);

macro_rules! may_ask_first {
    ($($response:ident),*) => {
        $(impl HasMeta for $response {
            fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
                match self {
                    $response::Complete(result) => result.meta(),
                    $response::InputRequired(result) => result.meta(),
                    #[allow(unreachable_patterns, reason = "rmcp may come to know more")]
                    _ => None,
                }
            }
        })*
    };
}

may_ask_first!(GetPromptResponse, ReadResourceResponse);

/// One that only older clients get.
impl HasMeta for () {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
        None
    }
}

impl Protocol {
    /// Says in a result which server it is of.
    pub(super) fn signed<T: HasMeta>(&self, mut result: T) -> T {
        if let Some(meta) = result.meta() {
            let server = json!({ "name": self.endpoint.name, "version": self.endpoint.version });
            meta.get_or_insert_default().insert("io.modelcontextprotocol/serverInfo".into(), server);
        }
        result
    }
}
