//! A skill with two files (SEP-2640): manifest, folders and resources.

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
const ROOT: &str = "skill://greeting";
const SKILL: &str = "skill://greeting/SKILL.md";
const MARKDOWN: &str = "text/markdown";
const FOLDER: &str = "inode/directory";

/// URI and text of each file.
const FILES: [(&str, &str); 2] = [
    (
        SKILL,
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
    Skill::new(SKILL, frontmatter, SkillResources::Files(files.collect()))
}

pub(crate) fn list() -> ListSkillsResult {
    let list = ListSkillsResult::with_all_items(vec![skill()]);
    list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public)
}

pub(crate) fn get(uri: &str) -> Result<GetSkillResult, ErrorData> {
    match uri {
        SKILL => Ok(GetSkillResult::new(skill()).with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public)),
        other => Err(ErrorData::invalid_params(format!("no skill has the URI {other}"), None)),
    }
}

/// The skill as a resource.
pub(crate) fn resource() -> Resource {
    Resource::new(SKILL, NAME).with_description(DESCRIPTION).with_mime_type(MARKDOWN)
}

/// Direct children of a folder.
pub(crate) fn folder(uri: &str) -> Result<ReadResourceDirectoryResult, ErrorData> {
    let file = |uri: &str, name: &str| Resource::new(uri, name).with_mime_type(MARKDOWN);
    let children = match uri.trim_end_matches('/') {
        ROOT => vec![
            resource(),
            Resource::new("skill://greeting/references", "references").with_mime_type(FOLDER),
        ],
        "skill://greeting/references" => vec![file("skill://greeting/references/HOURS.md", "HOURS.md")],
        other => return Err(ErrorData::invalid_params(format!("no folder has the URI {other}"), None)),
    };
    let list = ReadResourceDirectoryResult::with_all_items(children);
    Ok(list.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public))
}

/// The file with this URI.
pub(crate) fn file(uri: &str) -> Option<ResourceContents> {
    let (uri, text) = FILES.iter().find(|(file, _)| *file == uri)?;
    Some(ResourceContents::TextResourceContents {
        uri: (*uri).to_owned(),
        mime_type: Some(MARKDOWN.to_owned()),
        text: (*text).to_owned(),
        meta: None,
    })
}
