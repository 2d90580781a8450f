//! `tools/list` of random servers for random callers, compared with a model of which caller sees which tool.

mod generate;
mod model;

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use mcp_tool_contract::model::Contract;
use mcp_tool_runtime::{Caller, Scopes};
use serde_json::Value;

use crate::{
    ours::{Application, ClientPin, Endpoint, Settings},
    random::Random,
};
use generate::{Server, any_caller, any_tools, entry, plain};
use model::{Listed, Model};

async fn start(application: Application, settings: &Settings) -> Endpoint {
    settings.start(application, Box::new(std::io::sink())).await.unwrap()
}

/// Returns the tools of all pages of a caller's list. Asserts that each page but the last is full.
async fn list(endpoint: &Endpoint, caller: &Caller, page_size: usize) -> Vec<Value> {
    let (mut tools, mut cursor): (Vec<Value>, _) = (Vec::new(), None);
    loop {
        let page = endpoint.page(caller, cursor.as_deref()).await.unwrap();
        let entries: Vec<Value> = serde_json::from_str(&format!("[{}]", page.entries.as_str())).unwrap();
        assert!(entries.len() <= page_size && (page.next.is_none() || entries.len() == page_size));
        tools.extend(entries);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return tools,
        }
    }
}

/// Cache of the entries that lists must have. They are derived from the contracts.
#[derive(Default)]
struct Expected(HashMap<Listed, Value>);

impl Expected {
    /// Returns the entry of a tool after rmcp has parsed and written it. In legacy sessions (2025-11-25), rmcp writes
    /// the list, and must not lose a member. Only `securitySchemes` is added afterwards, because rmcp's type `Tool` has
    /// no such member.
    fn entry(&mut self, contract: &Contract, listed: Listed) -> &Value {
        self.0.entry(listed).or_insert_with_key(|listed| {
            let digest = contract.digest().unwrap();
            let listing = serde_json::to_value(contract.listing_as(&listed.name, &digest)).unwrap();
            let tool: ::rmcp::model::Tool = serde_json::from_value(listing).unwrap();
            let mut entry = serde_json::to_value(tool).unwrap();
            crate::ours::with_security(&mut entry);
            entry
        })
    }

    /// Asserts that `tools` is the list that the model allows to this caller.
    fn check(&mut self, model: &Model, caller: &Caller, tools: &[Value]) {
        let expected = model.list(caller);
        let names = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
        let expected_names: Vec<&str> = expected.iter().map(|(_, listed)| &*listed.name).collect();
        assert_eq!(tools.iter().map(names).collect::<Vec<_>>(), expected_names, "{caller:?}");
        for (tool, (contract, listed)) in tools.iter().zip(expected) {
            assert_eq!(tool, self.entry(contract, listed), "{caller:?}");
        }
    }
}

/// Two tasks list the tools of one server at the same time, each as 20 random callers. The environment variable `LISTS`
/// sets the number of servers, `LISTS_SEED` the first seed. Each caller gets exactly the
/// tools that the model allows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listed_tools_are_those_that_the_model_allows() {
    let folder = tempfile::tempdir().unwrap();
    let (mut lists, mut partial) = (0, 0);
    let setting =
        |name: &str, default: u64| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (servers, first) = (setting("LISTS", 59), setting("LISTS_SEED", 1));
    eprintln!("tool lists: LISTS={servers} LISTS_SEED={first}");
    for seed in first..first + servers {
        let random = &mut Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let server = Server::random(random, &folder.path().join(format!("{seed}.jsonl")));
        let endpoint = Arc::new(start(server.application, &server.settings).await);
        let model = Arc::new(server.model);
        let tasks: Vec<_> = (0..2)
            .map(|task| {
                let (endpoint, model) = (Arc::clone(&endpoint), Arc::clone(&model));
                let random = Random::new(seed.wrapping_mul(31) + task + 1);
                tokio::spawn(check_lists(endpoint, model, random, server.page_size))
            })
            .collect();
        for task in tasks {
            let (count, partial_count) = task.await.unwrap();
            lists += count;
            partial += partial_count;
        }
    }
    println!("{lists} lists, of which {partial} lack a tool");
    assert!(partial * 3 > lists, "too few lists lack a tool: {partial} of {lists}");
}

/// Requests 20 lists as random callers. Returns the number of lists, and the number of lists that lacked a tool.
async fn check_lists(
    endpoint: Arc<Endpoint>,
    model: Arc<Model>,
    mut random: Random,
    page_size: usize,
) -> (usize, usize) {
    let (mut lists, mut partial) = (0, 0);
    let mut expected = Expected::default();
    for _ in 0..20 {
        let caller = any_caller(&mut random);
        let tools = list(&endpoint, &caller, page_size).await;
        expected.check(&model, &caller, &tools);
        lists += 1;
        partial += usize::from(tools.len() < model.tools.len());
    }
    (lists, partial)
}

/// A client pin is the range of versions that the operator permits to a client. If it permits only an older major
/// version, that version is listed under the tool's own name.
#[tokio::test]
async fn pinned_version_is_listed_as_the_newest() {
    for seed in 1..10 {
        for major in 1..=3 {
            let pin = ClientPin::parse(&format!("agent * ^{major}")).unwrap();
            let tools = any_tools(&mut Random::new(seed));
            let mut model = Model::new(tools.clone());
            model.pins.push((major, major));
            let application = Application { tools, ..Application::new("lists", "1") };
            let endpoint = start(application, &Settings { pins: vec![pin], ..Settings::default() }).await;
            // The caller without an agent isn't pinned.
            for caller in [Caller::local(Scopes::All), Caller::local(Scopes::All).with_agent("agent 1")] {
                let tools = list(&endpoint, &caller, usize::MAX).await;
                Expected::default().check(&model, &caller, &tools);
            }
        }
    }
}

#[test]
fn concurrent_callers_get_only_their_own_tools() {
    const SCOPES: usize = 8;
    let tools = (0..SCOPES).map(|scope| {
        let scope: &'static str = String::leak(format!("s{scope}"));
        entry(plain(&format!("tool_{scope}"), 1, &[scope]), None)
    });
    let application = Application { tools: tools.collect(), ..Application::new("lists", "1") };
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let started = runtime();
    let endpoint = &started.block_on(start(application, &Settings::default()));
    let lists = &AtomicUsize::new(0);
    // Callers with each subset of the scopes, given by the bits of `number`. Several threads list the same subsets.
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                let runtime = runtime();
                for number in (0..1_usize << SCOPES).skip(thread).step_by(3) {
                    let scopes = || (0..SCOPES).filter(|scope| number >> scope & 1 == 1);
                    let caller = Caller::new("ann").with_scopes(scopes().map(|scope| format!("s{scope}")));
                    let tools = runtime.block_on(list(endpoint, &caller, SCOPES));
                    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
                    assert_eq!(names, scopes().map(|scope| format!("tool_s{scope}")).collect::<Vec<_>>());
                    lists.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} lists", lists.load(Ordering::Relaxed));
}

fn page_size(size: usize) -> NonZeroU32 {
    NonZeroU32::new(u32::try_from(size).unwrap()).unwrap()
}
