//! `serverInfo` in the `_meta` of every result to a client of revision 2026-07-28 or later (§result metadata).

use rmcp::model::{
    CompleteResult, GetPromptResponse, GetPromptResult, GetSkillResult, GetTaskResult, InputRequiredResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListSkillsResult, ListToolsResult,
    MetaObject, ReadResourceResponse, ReadResourceResult,
};
use serde_json::json;

use super::Protocol;

/// A result type of rmcp. Most of these types have `_meta`.
pub(super) trait HasMeta {
    /// Returns the result's `_meta`; `None` if the type or variant has no `_meta`.
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

macro_rules! has_meta_in_each_variant {
    ($($response:ident),*) => {
        $(impl HasMeta for $response {
            fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
                match self {
                    $response::Complete(result) => result.meta(),
                    $response::InputRequired(result) => result.meta(),
                    #[allow(unreachable_patterns, reason = "rmcp may add variants")]
                    _ => None,
                }
            }
        })*
    };
}

has_meta_in_each_variant!(GetPromptResponse, ReadResourceResponse);

/// The empty result of some requests of revisions up to 2025-11-25, such as `resources/subscribe`. It has no `_meta`.
impl HasMeta for () {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
        None
    }
}

impl Protocol {
    /// Adds `serverInfo` to the `_meta` of a result.
    pub(super) fn with_server_info<T: HasMeta>(&self, mut result: T) -> T {
        if let Some(meta) = result.meta() {
            let server = json!({ "name": self.endpoint.name, "version": self.endpoint.version });
            meta.get_or_insert_default().insert("io.modelcontextprotocol/serverInfo".into(), server);
        }
        result
    }
}
