//! What `tools/list` says of a tool and rmcp's own type of one has no place for.

use mcp_tool_contract::json::META_SECURITY;
use serde_json::Value;

/// Lays the schemes by which a tool is opened beside its name (SEP-1488), where hosts look for them.
pub(crate) fn with_security(tool: &mut Value) {
    let schemes = tool.pointer(&format!("/_meta/{META_SECURITY}")).cloned();
    if let (Some(schemes), Value::Object(members)) = (schemes, tool) {
        members.insert(META_SECURITY.to_owned(), schemes);
    }
}

/// The same for each tool of an answer to `tools/list`.
pub(crate) fn all_with_security(answer: &mut Value) {
    let tools = answer.pointer_mut("/result/tools").and_then(Value::as_array_mut);
    tools.into_iter().flatten().for_each(with_security);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_schemes_stand_beside_the_name() {
        let schemes = json!([{ "type": "oauth2", "scopes": ["mail:send"] }]);
        let mut answer = json!({ "result": { "tools": [
            { "name": "send", "_meta": { "securitySchemes": schemes } }, { "name": "open" }
        ] } });
        all_with_security(&mut answer);
        assert_eq!(answer["result"]["tools"][0]["securitySchemes"], schemes);
        assert_eq!(answer["result"]["tools"][1], json!({ "name": "open" }));
        all_with_security(&mut json!({ "error": {} }));
    }
}
