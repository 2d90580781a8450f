//! Names the parameter because of which rmcp could not parse a request.

use mcp_tool_contract::read::violation::escaped_excerpt;
use rmcp::model::{
    CancelTaskParams, CompleteRequestParams, DiscoverRequestParams, GetPromptRequestParams,
    GetSkillRequestParams, GetTaskParams, InitializeRequestParams, PaginatedRequestParams,
    ReadResourceDirectoryRequestParams, ReadResourceRequestParams, ServerCapabilities,
    SubscribeRequestParams, SubscriptionsListenRequestParams, UnsubscribeRequestParams, UpdateTaskParams,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

use super::delegate::{declares_prompts, declares_resource_subscriptions, declares_resources};

#[allow(deprecated, reason = "legacy clients still send `logging/setLevel`")]
use rmcp::model::SetLevelRequestParams;

/// A method of rmcp with typed parameters.
struct Method {
    name: &'static str,
    /// Returns the reason why the parameters are invalid.
    explain: fn(&Value) -> Option<String>,
    /// `None` if this crate answers the method. Otherwise the fallback handler does, if it declares this capability.
    declared: Option<fn(&ServerCapabilities) -> bool>,
}

const fn method(name: &'static str, explain: fn(&Value) -> Option<String>) -> Method {
    Method { name, explain, declared: None }
}

const fn of_fallback(
    name: &'static str,
    explain: fn(&Value) -> Option<String>,
    declared: fn(&ServerCapabilities) -> bool,
) -> Method {
    Method { name, explain, declared: Some(declared) }
}

fn declares_completions(declared: &ServerCapabilities) -> bool {
    declared.completions.is_some()
}

/// All methods of rmcp with parameters.
#[allow(deprecated, reason = "legacy clients still send `logging/setLevel` and `resources/subscribe`")]
const METHODS: [Method; 20] = [
    method("initialize", explain::<InitializeRequestParams>),
    method("logging/setLevel", explain::<SetLevelRequestParams>),
    method("server/discover", explain::<DiscoverRequestParams>),
    method("subscriptions/listen", explain::<SubscriptionsListenRequestParams>),
    method("tasks/cancel", explain::<CancelTaskParams>),
    method("tasks/get", explain::<GetTaskParams>),
    method("tasks/update", explain::<UpdateTaskParams>),
    method("tools/call", explain::<rmcp::model::CallToolRequestParams>),
    method("tools/list", explain::<PaginatedRequestParams>),
    of_fallback("completion/complete", explain::<CompleteRequestParams>, declares_completions),
    of_fallback("prompts/get", explain::<GetPromptRequestParams>, declares_prompts),
    of_fallback("prompts/list", explain::<PaginatedRequestParams>, declares_prompts),
    of_fallback(
        "resources/directory/read",
        explain::<ReadResourceDirectoryRequestParams>,
        declares_resources,
    ),
    of_fallback("resources/list", explain::<PaginatedRequestParams>, declares_resources),
    of_fallback("resources/read", explain::<ReadResourceRequestParams>, declares_resources),
    of_fallback("resources/subscribe", explain::<SubscribeRequestParams>, declares_resource_subscriptions),
    of_fallback("resources/templates/list", explain::<PaginatedRequestParams>, declares_resources),
    of_fallback(
        "resources/unsubscribe",
        explain::<UnsubscribeRequestParams>,
        declares_resource_subscriptions,
    ),
    of_fallback("skills/get", explain::<GetSkillRequestParams>, declares_resources),
    of_fallback("skills/list", explain::<PaginatedRequestParams>, declares_resources),
];

/// Returns the message for a request that rmcp could not parse as a request of its method. `None` if the method isn't
/// served, or isn't a method of rmcp. `fallback` has the capabilities of the fallback handler.
pub(super) fn message(
    method: &str,
    params: Option<&Value>,
    fallback: Option<&ServerCapabilities>,
) -> Option<String> {
    let method = METHODS.iter().find(|known| known.name == method)?;
    if method.declared.is_some_and(|declared| !fallback.is_some_and(declared)) {
        return None;
    }
    let reason = match params {
        None => Some("`params` is missing".to_owned()),
        Some(params) => (method.explain)(params),
    };
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    Some(format!("invalid parameters of {}{reason}", method.name))
}

/// Returns the reason why the parameters aren't of type `T`, with the JSON pointer of the parameter. `None` if they
/// are.
fn explain<T: DeserializeOwned>(params: &Value) -> Option<String> {
    let error = serde_path_to_error::deserialize::<_, T>(params).err()?;
    let pointer: String = error
        .path()
        .iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect();
    let message = error.inner().to_string();
    Some(match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(missing) => format!("`{}/{missing}` is missing", escaped_excerpt(&pointer)),
        None if pointer.is_empty() => escaped_excerpt(&message),
        None => format!("`{}`: {}", escaped_excerpt(&pointer), escaped_excerpt(&message)),
    })
}

#[cfg(test)]
mod tests {
    use rmcp::model::ServerCapabilities;
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_or_mistyped_parameter_is_named_by_its_pointer() {
        let client = json!({ "name": "c", "version": "1" });
        for (method, params, named) in [
            (
                "initialize",
                json!({ "protocolVersion": "2025-11-25", "clientInfo": client }),
                "`/capabilities` is missing",
            ),
            (
                "initialize",
                json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "c" } }),
                "`/clientInfo/version` is missing",
            ),
            (
                "initialize",
                json!({ "protocolVersion": 7, "capabilities": {}, "clientInfo": client }),
                "`/protocolVersion`: ",
            ),
            (
                "initialize",
                json!({ "protocolVersion": "1", "capabilities": { "roots": { "listChanged": "yes" } }, "clientInfo": client }),
                "`/capabilities/roots/listChanged`: ",
            ),
            ("logging/setLevel", json!({}), "`/level` is missing"),
            ("logging/setLevel", json!({ "level": "loud" }), "`/level`: "),
            ("tasks/get", json!({ "taskId": 1 }), "`/taskId`: "),
            ("subscriptions/listen", json!({}), "`/notifications` is missing"),
        ] {
            let message = message(method, Some(&params), None).unwrap();
            assert!(message.contains(named), "{method} {params}: {message}");
        }
        let long = json!({ "level": "x".repeat(500) });
        assert!(message("logging/setLevel", Some(&long), None).unwrap().len() < 200);
        assert_eq!(
            message("tasks/get", None, None).as_deref(),
            Some("invalid parameters of tasks/get: `params` is missing")
        );
    }

    #[test]
    fn method_of_the_fallback_handler_is_explained_only_if_the_handler_serves_it() {
        let prompts = ServerCapabilities::builder().enable_prompts().build();
        let params = json!({ "arguments": {} });
        let explained = message("prompts/get", Some(&params), Some(&prompts));
        assert_eq!(explained.as_deref(), Some("invalid parameters of prompts/get: `/name` is missing"));
        assert_eq!(message("prompts/get", Some(&params), None), None);
        assert_eq!(message("resources/read", Some(&params), Some(&prompts)), None);
        assert_eq!(message("application/own", Some(&params), Some(&prompts)), None);
    }
}
