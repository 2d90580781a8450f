//! Unit tests of pages, cursors and cached lists. In addition, `tests/differential` compares the lists of random
//! servers with a second implementation.

use std::{num::NonZeroU32, sync::Arc};

use mcp_tool_contract::model::{Contract, Version};
use mcp_tool_macros::mcp_tool;

use super::{
    super::Endpoint,
    list_cache::{ListCache, MAX_LISTS},
};
use crate::{
    application::{Application, OperatorSettings},
    call::caller::{Caller, Scopes},
    tool::ToolEntry,
};

/// A tool that is listed and never called. The function `entry` replaces its contract.
#[mcp_tool(version = "1.0", public)]
fn inert() {}

fn entry(contract: Contract) -> ToolEntry {
    ToolEntry::of::<inert>().with_contract(Box::leak(Box::new(contract)), None)
}

fn contract(name: &str, scopes: &[&'static str]) -> Contract {
    Contract::EMPTY
        .with_name(String::leak(name.to_owned()))
        .with_version(Version::new(1, 0))
        .with_scopes(Vec::leak(scopes.to_vec()))
}

/// Returns the tools `tool_s0`, `tool_s1`, …, each of which needs the scope in its name.
fn scoped(scopes: usize, description: &'static str) -> Vec<ToolEntry> {
    (0..scopes)
        .map(|scope| {
            let scope: &'static str = String::leak(format!("s{scope}"));
            entry(contract(&format!("tool_{scope}"), &[scope]).with_description(description))
        })
        .collect()
}

/// Returns one caller for each subset of the scopes `s0`, `s1`, …, so that no two callers see the same list.
fn callers(scopes: usize) -> impl Iterator<Item = Caller> {
    (0..1_usize << scopes).map(move |bits| {
        let subset = (0..scopes).filter(move |scope| bits >> scope & 1 == 1);
        Caller::new("ann").with_scopes(subset.map(|scope| format!("s{scope}")))
    })
}

async fn start(tools: Vec<ToolEntry>, settings: &OperatorSettings) -> Endpoint {
    let application = Application { tools, ..Application::new("lists", "1") };
    settings.start(application, Box::new(std::io::sink())).await.unwrap()
}

fn paged(page_size: u32) -> OperatorSettings {
    OperatorSettings { list_page: NonZeroU32::new(page_size).unwrap(), ..OperatorSettings::default() }
}

/// Returns the names of the tools on the first page that the caller sees.
async fn names(endpoint: &Endpoint, caller: &Caller) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Tool {
        name: String,
    }
    let page = endpoint.page(caller, None).await.unwrap();
    let entries: Vec<Tool> = serde_json::from_str(&format!("[{}]", page.entries.as_str())).unwrap();
    entries.into_iter().map(|tool| tool.name).collect()
}

#[tokio::test]
async fn cached_lists_are_limited_in_number_and_bytes() {
    let endpoint = start(scoped(7, "Words."), &OperatorSettings::default()).await;
    let mut cached_list = None;
    for (number, caller) in callers(7).enumerate() {
        let subset = (0..7).filter(|scope| number >> scope & 1 == 1);
        assert_eq!(
            names(&endpoint, &caller).await,
            subset.map(|scope| format!("tool_s{scope}")).collect::<Vec<_>>()
        );
        // The list of the second caller is requested in each round, so it must stay cached.
        let second_caller = callers(7).nth(1).unwrap();
        let list = endpoint.visible_to(&second_caller).await;
        assert!(Arc::ptr_eq(cached_list.get_or_insert_with(|| Arc::clone(&list)), &list));
    }
    assert_eq!(endpoint.listing.cache.usage().0, MAX_LISTS);

    // Returns a server with four tools, whose cache has room for this number of entries, and the limit in bytes.
    let with_limit = async |entries: usize| {
        let mut endpoint = start(scoped(4, "Words."), &OperatorSettings::default()).await;
        let max_bytes = entries * (endpoint.listing.entries.at(0).len() + 1);
        endpoint.listing.cache = ListCache::with_max_bytes(max_bytes);
        (endpoint, max_bytes)
    };
    let (endpoint, limit) = with_limit(5).await;
    for caller in callers(4) {
        endpoint.page(&caller, None).await.unwrap();
        let (lists, bytes) = endpoint.listing.cache.usage();
        // At most five lists of one entry, and the empty list.
        assert!((1..=6).contains(&lists) && bytes <= limit, "the cache has {lists} lists of {bytes} bytes");
    }
    // A list above the limit is not cached, and evicts nothing.
    let (endpoint, _) = with_limit(2).await;
    let caller_with = |scopes: &[&str]| Caller::new("ann").with_scopes(scopes.iter().copied());
    endpoint.page(&caller_with(&["s0"]), None).await.unwrap();
    assert_eq!(names(&endpoint, &caller_with(&["s0", "s2", "s3"])).await.len(), 3);
    assert_eq!(endpoint.listing.cache.usage().0, 1);
}

#[tokio::test]
async fn callers_who_see_every_tool_share_one_list_outside_of_the_cache() {
    let tools = (0..50).map(|tool| entry(contract(&format!("tool_{tool}"), &[]))).collect();
    let endpoint = start(tools, &paged(20)).await;
    // Equal addresses prove that the callers share one text.
    let address =
        async |caller: &Caller| endpoint.page(caller, None).await.unwrap().entries.as_str().as_ptr();
    let (ann, local) = (Caller::new("ann").with_scopes(["a"]), Caller::local(Scopes::All));
    assert_eq!(address(&ann).await, address(&local).await);
    assert_eq!(endpoint.listing.cache.usage().0, 0);
}

#[tokio::test]
async fn cursor_is_valid_only_for_the_tools_page_size_and_keys_for_which_it_was_issued() {
    // With a configured key, a restarted server can open the cursors that it sealed (encrypted) before. A key has 32
    // bytes, which are 43 characters in base64url.
    let keyed = |page_size| OperatorSettings { seal_keys: vec!["A".repeat(43)], ..paged(page_size) };
    let endpoint = start(scoped(6, "Words."), &keyed(2)).await;
    let all = Caller::new("ann").with_scopes((0..6).map(|scope| format!("s{scope}")));
    let first = endpoint.page(&all, None).await.unwrap();
    let cursor = first.next.unwrap();
    assert_eq!(
        endpoint.page(&all, None).await.unwrap().next.as_ref(),
        Some(&cursor),
        "a second request for the same page got another cursor"
    );
    let continues = async |endpoint: &Endpoint, caller: &Caller, cursor: &str| {
        endpoint.page(caller, Some(cursor)).await.map_err(|error| (error.code, error.message))
    };
    assert!(continues(&endpoint, &all, &cursor).await.is_ok());
    let other_user = Caller::new("bob").with_scopes((0..6).map(|scope| format!("s{scope}")));
    assert!(
        continues(&endpoint, &other_user, &cursor).await.is_ok(),
        "the cursor was refused for another caller who sees the same tools"
    );

    let refused = async |endpoint: &Endpoint, caller: &Caller, cursor: &str| {
        let (code, message) = continues(endpoint, caller, cursor).await.unwrap_err();
        assert!(code == -32_602 && message.contains("leave it out"), "{code}: {message}");
    };
    let fewer = Caller::new("ann").with_scopes((0..5).map(|scope| format!("s{scope}")));
    // Before and after the list of this caller is cached.
    refused(&endpoint, &fewer, &cursor).await;
    assert!(endpoint.page(&fewer, None).await.unwrap().next.is_some());
    refused(&endpoint, &fewer, &cursor).await;
    let other = if cursor.as_bytes()[40] == b'A' { "B" } else { "A" };
    let changed_byte = format!("{}{other}{}", &cursor[..40], &cursor[41..]);
    for invalid in ["", "x", "\"", "2", &cursor[1..], &changed_byte, &"A".repeat(10_000)] {
        refused(&endpoint, &all, invalid).await;
    }
    // A cursor that this server sealed, for a page after the last.
    let visible = endpoint.visible_to(&all).await;
    let registry = &endpoint.pipeline.registry;
    let beyond = visible.cursor(3, registry, &endpoint.pipeline.services.sealer).unwrap();
    refused(&endpoint, &all, &beyond).await;

    // The same server after a restart accepts the cursor, even with other descriptions. A server with another page
    // size, other keys or a changed contract refuses it, and so does any server if the caller sees other tools.
    assert!(continues(&start(scoped(6, "Other words."), &keyed(2)).await, &all, &cursor).await.is_ok());
    refused(&start(scoped(6, "Words."), &keyed(3)).await, &all, &cursor).await;
    refused(&start(scoped(7, "Words."), &keyed(2)).await, &other_user.with_scopes(["s1"]), &cursor).await;
    refused(&start(scoped(6, "Words."), &paged(2)).await, &all, &cursor).await;
    let mut changed = scoped(6, "Words.");
    changed[5] = entry(changed[5].contract().with_timeout_ms(Some(7)));
    refused(&start(changed, &keyed(2)).await, &all, &cursor).await;
    // A cursor that was sealed with other associated data, as by a tool for the pages of its results.
    let of_tool = endpoint.pipeline.services.sealer.seal(&1_u64.to_le_bytes(), b"cursor").unwrap();
    refused(&endpoint, &all, &of_tool).await;
}

#[tokio::test]
async fn last_listed_contracts_are_kept_only_for_the_caller_and_the_tools_visible_to_it() {
    let endpoint = start(scoped(3, "Words."), &paged(1)).await;
    let last_listed = &endpoint.pipeline.versions.last_listed;
    // Contracts are kept only for callers that have an agent.
    let caller = Caller::new("ann").with_agent("bot").with_scopes(["s0", "s2"]);
    assert!(endpoint.page(&caller, Some("x")).await.is_err());
    assert!(
        last_listed.of(&caller, "tool_s0").is_none(),
        "contracts were kept as listed although the request was refused"
    );
    // The first page has only `tool_s0`, but the contracts of all pages are kept.
    endpoint.page(&caller, None).await.unwrap();
    let digest = endpoint.pipeline.registry.tools()[2].digest;
    assert_eq!(last_listed.of(&caller, "tool_s2"), Some((Version::new(1, 0), digest)));
    assert!(last_listed.of(&caller, "tool_s1").is_none());
    assert!(last_listed.of(&Caller::new("bob").with_agent("bot"), "tool_s0").is_none());
}
