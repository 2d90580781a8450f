//! The rmcp fallback handler, which serves prompts, resources, skills and completions. The conformance suite prescribes
//! the names, URIs and texts of prompts and resources.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CompleteRequestParams, CompleteResult, CompletionInfo, ContentBlock,
        GetPromptRequestParams, GetPromptResponse, GetPromptResult, GetSkillRequestParams, GetSkillResult,
        InputRequiredResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListSkillsResult, PaginatedRequestParams, Prompt, PromptArgument, PromptMessage,
        ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, Role,
        ServerCapabilities, ServerConfig, SubscribeRequestParams, SubscriptionFilter,
        UnsubscribeRequestParams,
    },
    service::RequestContext,
};
use serde_json::json;

use crate::{content::PNG, skills};

/// Time for which clients may cache lists and resources, in milliseconds.
pub(crate) const TTL_MS: u64 = 60_000;

/// Fallback handler for prompts, resources, skills and completions.
pub(crate) struct PromptsAndResources;

type Context = RequestContext<RoleServer>;

#[allow(deprecated, reason = "clients of 2025-11-25 subscribe by the deprecated `resources/subscribe`")]
impl ServerHandler for PromptsAndResources {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_resources_subscribe()
            .enable_resources_list_changed()
            .enable_skills_with_directory_read();
        ServerConfig::new(capabilities.build())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let argument = |name: &str| PromptArgument::new(name).with_description("A word").with_required(true);
        let prompts = vec![
            Prompt::new("test_simple_prompt", Some("A prompt without arguments"), None),
            Prompt::new(
                "test_prompt_with_arguments",
                Some("A prompt with two arguments"),
                Some(vec![argument("arg1"), argument("arg2")]),
            ),
            Prompt::new(
                "test_prompt_with_embedded_resource",
                Some("A prompt with a resource"),
                Some(vec![argument("resourceUri")]),
            ),
            Prompt::new("test_prompt_with_image", Some("A prompt with an image"), None),
            Prompt::new("test_input_required_result_prompt", Some("A prompt that asks first"), None),
        ];
        Ok(ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let argument = |name: &str| arguments.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let user_message = |text: String| vec![PromptMessage::new_text(Role::User, text)];
        let messages = match request.name.as_str() {
            "test_simple_prompt" => user_message("This is a simple prompt for testing.".to_owned()),
            "test_prompt_with_arguments" => user_message(format!(
                "Prompt with arguments: arg1='{}', arg2='{}'",
                argument("arg1"),
                argument("arg2")
            )),
            "test_prompt_with_embedded_resource" => {
                let resource = ResourceContents::TextResourceContents {
                    uri: argument("resourceUri").to_owned(),
                    mime_type: Some("text/plain".to_owned()),
                    text: "Embedded resource content for testing.".to_owned(),
                    meta: None,
                };
                let mut messages = vec![PromptMessage::new(Role::User, ContentBlock::resource(resource))];
                messages.extend(user_message("Please process the embedded resource above.".to_owned()));
                messages
            }
            "test_prompt_with_image" => {
                let image = ContentBlock::image(BASE64.encode(PNG), "image/png");
                let mut messages = vec![PromptMessage::new(Role::User, image)];
                messages.extend(user_message("Please analyze the image above.".to_owned()));
                messages
            }
            "test_input_required_result_prompt" => {
                let answers = request.input_responses.unwrap_or_default();
                let answer = answers.get("user_context").map(|answer| &answer["content"]["context"]);
                match answer.and_then(|context| context.as_str()) {
                    Some(context) => user_message(format!("In the context of {context}")),
                    None => return Ok(GetPromptResponse::InputRequired(request_context()?)),
                }
            }
            other => return Err(ErrorData::invalid_params(format!("no prompt is called {other:?}"), None)),
        };
        Ok(GetPromptResult::new(messages).into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = vec![
            Resource::new("test://static-text", "A text").with_mime_type("text/plain"),
            Resource::new("test://static-binary", "An image").with_mime_type("image/png"),
            Resource::new("test://watched-resource", "A text to subscribe to").with_mime_type("text/plain"),
            skills::resource(),
        ];
        let list = ListResourcesResult::with_all_items(resources);
        Ok(list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("test://template/{id}/data", "Data of an id")
            .with_mime_type("application/json");
        let list = ListResourceTemplatesResult::with_all_items(vec![template]);
        Ok(list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = request.uri;
        let text = |mime_type: &str, text: String| ResourceContents::TextResourceContents {
            uri: uri.clone(),
            mime_type: Some(mime_type.to_owned()),
            text,
            meta: None,
        };
        if let Some(file) = skills::file(&uri) {
            return Ok(cacheable(ReadResourceResult::new(vec![file])).into());
        }
        let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
        let contents = match (uri.as_str(), id) {
            ("test://static-text", _) => {
                text("text/plain", "This is the content of the static text resource.".into())
            }
            ("test://watched-resource", _) => text("text/plain", "Watched resource content".into()),
            ("test://static-binary", _) => ResourceContents::BlobResourceContents {
                uri: uri.clone(),
                mime_type: Some("image/png".to_owned()),
                blob: BASE64.encode(PNG),
                meta: None,
            },
            (_, Some(id)) => {
                let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
                text("application/json", data.to_string())
            }
            (other, None) => {
                let message = format!("no resource has the URI {other}");
                return Err(ErrorData::resource_not_found(message, Some(json!({ "uri": other }))));
            }
        };
        Ok(cacheable(ReadResourceResult::new(vec![contents])).into())
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        _: Context,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        skills::folder(&request.uri)
    }

    async fn list_skills(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListSkillsResult, ErrorData> {
        Ok(skills::list())
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        _: Context,
    ) -> Result<GetSkillResult, ErrorData> {
        skills::get(&request.uri)
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        // The framework uses only the resources of this filter, and itself announces changed lists.
        let mut accepted = requested.clone();
        let is_watched = |uri: &String| uri == "test://watched-resource";
        accepted.resource_subscriptions.iter_mut().for_each(|uris| uris.retain(is_watched));
        Some(accepted)
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        // Permits all resources. The framework keeps the subscriptions of a session.
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        _: Context,
    ) -> Result<CompleteResult, ErrorData> {
        // The same words for every argument.
        let words = ["paris", "park", "party", "testing"];
        let matching = words.iter().filter(|word| word.starts_with(&request.argument.value));
        let values = matching.map(|word| (*word).to_owned()).collect();
        let info = CompletionInfo::new(values).map_err(|error| ErrorData::internal_error(error, None))?;
        Ok(CompleteResult::new(info))
    }
}

/// Permits the client to cache the result, and to share it between users.
fn cacheable(result: ReadResourceResult) -> ReadResourceResult {
    result.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public)
}

/// Returns a result that asks the user for a context. The client repeats `prompts/get` with the answer, and then gets
/// the prompt.
fn request_context() -> Result<InputRequiredResult, ErrorData> {
    let result = json!({
        "resultType": "input_required",
        "inputRequests": {
            "user_context": {
                "method": "elicitation/create",
                "params": {
                    "mode": "form",
                    "message": "What context should the prompt use?",
                    "requestedSchema": {
                        "type": "object",
                        "properties": { "context": { "type": "string" } },
                        "required": ["context"],
                    },
                },
            },
        },
    });
    serde_json::from_value(result).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}
