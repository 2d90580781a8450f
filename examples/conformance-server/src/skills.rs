//! The skill `greeting` (SEP-2640). Its two files can be listed by folder and read as resources.

use rmcp::{
    ErrorData,
    model::{
        CacheScope, GetSkillResult, ListSkillsResult, ReadResourceDirectoryResult, Resource,
        ResourceContents, Skill, SkillFrontmatter, SkillResource, SkillResources,
    },
};

use crate::prompts_and_resources::TTL_MS;

const NAME: &str = "greeting";
const DESCRIPTION: &str = "Greets a person in the way that suits the time of day.";
/// URI of the skill's folder.
const ROOT: &str = "skill://greeting";
/// URI of the skill's manifest, which also identifies the skill.
const MANIFEST: &str = "skill://greeting/SKILL.md";
const MARKDOWN_TYPE: &str = "text/markdown";
const FOLDER_TYPE: &str = "inode/directory";

/// URI and text of each file of the skill. The front matter of the manifest repeats [`NAME`] and [`DESCRIPTION`].
const FILES: [(&str, &str); 2] = [
    (
        MANIFEST,
        "---\nname: greeting\ndescription: Greets a person in the way that suits the time of day.\n---\n\n\
         # Greeting\n\nLook up the hour in [the hours](references/HOURS.md), and greet by it.\n",
    ),
    (
        "skill://greeting/references/HOURS.md",
        "# Hours\n\nBefore noon: good morning. Before six: good afternoon. Then: good evening.\n",
    ),
];

fn skill() -> Skill {
    let files = FILES.iter().map(|(uri, text)| SkillResource::from_bytes(*uri, text.as_bytes()));
    let frontmatter = SkillFrontmatter::new(NAME, DESCRIPTION);
    Skill::new(MANIFEST, frontmatter, SkillResources::Files(files.collect()))
}

/// Returns the result of `skills/list`.
pub(crate) fn list() -> ListSkillsResult {
    let list = ListSkillsResult::with_all_items(vec![skill()]);
    list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public)
}

/// Returns the result of `skills/get`: the skill, or an error if `uri` isn't the URI of its manifest.
pub(crate) fn get(uri: &str) -> Result<GetSkillResult, ErrorData> {
    match uri {
        MANIFEST => Ok(GetSkillResult::new(skill()).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public)),
        other => Err(ErrorData::invalid_params(format!("no skill has the URI {other}"), None)),
    }
}

/// Returns the entry of the skill's manifest in lists of resources.
pub(crate) fn resource() -> Resource {
    Resource::new(MANIFEST, NAME).with_description(DESCRIPTION).with_mime_type(MARKDOWN_TYPE)
}

/// Returns the files and folders that a folder of the skill contains directly, or an error if the skill has no folder
/// with this URI.
pub(crate) fn folder(uri: &str) -> Result<ReadResourceDirectoryResult, ErrorData> {
    let markdown = |uri: &str, name: &str| Resource::new(uri, name).with_mime_type(MARKDOWN_TYPE);
    let children = match uri.trim_end_matches('/') {
        ROOT => vec![
            resource(),
            Resource::new("skill://greeting/references", "references").with_mime_type(FOLDER_TYPE),
        ],
        "skill://greeting/references" => vec![markdown("skill://greeting/references/HOURS.md", "HOURS.md")],
        other => return Err(ErrorData::invalid_params(format!("no folder has the URI {other}"), None)),
    };
    let list = ReadResourceDirectoryResult::with_all_items(children);
    Ok(list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public))
}

/// Returns the content of the skill's file with this URI, or `None` if the skill has no such file.
pub(crate) fn file(uri: &str) -> Option<ResourceContents> {
    let (uri, text) = FILES.iter().find(|(file, _)| *file == uri)?;
    Some(ResourceContents::TextResourceContents {
        uri: (*uri).to_owned(),
        mime_type: Some(MARKDOWN_TYPE.to_owned()),
        text: (*text).to_owned(),
        meta: None,
    })
}
