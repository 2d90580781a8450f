//! Servers and callers of all kinds, held to the rules as they are without anything prebuilt or kept.

use std::{collections::HashSet, fs, num::NonZeroU32, sync::Arc, thread};

use mcp_tool_contract::{
    model::{Contract, Deprecation, Gate, Version},
    read::{
        arguments::ArgumentText,
        violation::{Rule, Violation, Violations},
    },
};
use serde_json::Value;

use super::{
    super::Endpoint,
    sets::{MAX_LISTS, Sets},
};
use crate::{
    application::{Application, OperatorSettings},
    audit::LineSink,
    call::{
        caller::{Caller, Scopes},
        context::CallContext,
    },
    pipeline::{
        Dispatcher,
        policy::{Authorizer, Decision, DecisionFuture, Policy},
        registry::older_name,
        versions::ClientPin,
    },
    tool::{
        Bound, Running, Source, ToolEntry,
        answer::AdapterTarget,
        completion::CompletionFuture,
        state::{MissingState, StateMap},
    },
};

/// Xorshift64*: the same seed gives the same servers.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as usize % bound.max(1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Some of these.
    fn some<T: Copy>(&mut self, from: &[T], percent: usize) -> Vec<T> {
        from.iter().copied().filter(|_| self.chance(percent)).collect()
    }
}

/// A tool that is listed, and never called.
struct Inert;

impl Bound for Inert {
    fn call<'a>(&'a self, _: &'a CallContext, _: &ArgumentText<'_>) -> Result<Running<'a>, Violations> {
        let message = "it is never called".to_owned();
        Err(Violation { pointer: String::new(), rule: Rule::Cursor, limit: None, message }.into())
    }

    fn check_defaults(&self) -> Result<(), Violations> {
        Ok(())
    }

    fn complete<'a>(&'a self, _: &'a CallContext, _: &str, _: &'a str) -> Option<CompletionFuture<'a>> {
        None
    }

    fn has_completers(&self) -> bool {
        false
    }
}

fn entry(contract: Contract, adapts: Option<AdapterTarget>) -> ToolEntry {
    let bind = |_: &StateMap| -> Result<Box<dyn Bound>, MissingState> { Ok(Box::new(Inert)) };
    let contract: &'static Contract = Box::leak(Box::new(contract));
    ToolEntry { key: 0, contract, source: Source { file: "", line: 0 }, adapts, late: None, bind }
}

fn plain(name: &str, major: u32, scopes: &[&'static str]) -> Contract {
    Contract {
        name: String::leak(name.to_owned()),
        version: Version { major, minor: 0 },
        description: "Words \"quoted\", and \u{202e}others.",
        scopes: Vec::leak(scopes.to_vec()),
        ..Contract::EMPTY
    }
}

fn tools(number: usize) -> Vec<ToolEntry> {
    (0..number).map(|tool| entry(plain(&format!("tool_{tool}"), 1, &[]), None)).collect()
}

const SCOPES: [&str; 5] = ["a", "b", "c", "d:e", "f"];

/// Tools of all kinds: several majors in any order, adapters among them, scopes, gates, deprecations.
fn any_tools(random: &mut Random) -> Vec<ToolEntry> {
    let mut entries = Vec::new();
    for tool in 0..random.below(40) {
        let (name, scopes) = (format!("tool_{tool}"), random.some(&SCOPES, 25));
        let gate = random.chance(10).then_some(Gate::Scope("gate"));
        let of = |major: u32| Contract { gate, ..plain(&name, major, &scopes) };
        let newest = of(3);
        let target = AdapterTarget { name: newest.name, version: newest.version };
        let mut family = vec![entry(newest, None)];
        if random.chance(30) {
            let deprecation = Deprecation { message: "It goes", replacement: None, removal: None };
            let more = random.some(&SCOPES, 20);
            let all: Vec<&'static str> = scopes.iter().copied().chain(more).collect();
            let scopes = Vec::leak(all);
            let old = Contract { scopes, deprecation: Some(deprecation), ..of(2) };
            family.push(entry(old, random.chance(50).then_some(target)));
        }
        if random.chance(20) {
            let scopes = Vec::leak(random.some(&SCOPES, 30));
            family.insert(random.below(2), entry(Contract { scopes, ..of(1) }, None));
        }
        let at = random.below(entries.len() + 1);
        entries.splice(at..at, family);
    }
    entries
}

async fn start(tools: Vec<ToolEntry>, settings: &OperatorSettings) -> Endpoint {
    Application { tools, ..Application::new("lists", "1") }
        .start(settings, LineSink(std::io::sink()))
        .await
        .unwrap()
}

fn paged(page: u32) -> OperatorSettings {
    OperatorSettings { list_page: NonZeroU32::new(page).unwrap(), ..OperatorSettings::default() }
}

/// A tool as it stands in a list: its name, and its version.
type Entry = (String, String);

/// All pages that a caller gets.
async fn walked(endpoint: &Endpoint, caller: &Caller, page: usize) -> Vec<Entry> {
    #[derive(serde::Deserialize)]
    struct Tool {
        name: String,
        #[serde(rename = "_meta")]
        meta: Meta,
    }
    #[derive(serde::Deserialize)]
    struct Meta {
        #[serde(rename = "dev.mcp-tool/version")]
        version: String,
    }
    let (mut tools, mut cursor): (Vec<Entry>, _) = (Vec::new(), None);
    loop {
        let got = endpoint.page(caller, cursor.as_deref()).await.unwrap();
        let entries: Vec<Tool> = serde_json::from_str(&format!("[{}]", got.entries.as_str())).unwrap();
        assert!(entries.len() <= page && (got.next.is_none() || entries.len() == page));
        tools.extend(entries.into_iter().map(|tool| (tool.name, tool.meta.version)));
        match got.next {
            Some(next) => cursor = Some(next),
            None => return tools,
        }
    }
}

/// What the rules say that a caller sees, tool by tool.
async fn oracle(endpoint: &Endpoint, caller: &Caller, grantable: bool) -> Vec<Entry> {
    let Dispatcher { registry, versions, policy, controls, .. } = &endpoint.dispatcher;
    if controls.disabled_part(caller).is_some() {
        return Vec::new();
    }
    let mut may = HashSet::new();
    for (place, tool) in registry.tools().iter().enumerate() {
        let is_shown = match policy.decide(caller, tool).await {
            Decision::Permit => true,
            Decision::NeedsScopes { .. } => grantable,
            Decision::Deny { .. } => false,
        };
        if is_shown && !tool.chain().any(|tool| controls.is_tool_disabled(tool.contract.name)) {
            may.insert(place);
        }
    }
    let entry = |listed: crate::pipeline::versions::ListedTool| {
        let contract = registry.tools()[listed.place].contract;
        let name = if listed.is_newest { contract.name.to_owned() } else { older_name(contract) };
        (name, contract.version.to_string())
    };
    versions.listed(registry, caller, |place| may.contains(&place)).into_iter().map(entry).collect()
}

/// Each entry says what the contract does, and rmcp loses nothing of it, which answers in a session.
#[tokio::test]
async fn an_entry_is_the_contracts() {
    let settings = OperatorSettings {
        pins: vec![ClientPin::parse("agent * ^1").unwrap()],
        ..OperatorSettings::default()
    };
    for seed in 1..10 {
        let endpoint = start(any_tools(&mut Random(seed)), &settings).await;
        for (place, tool) in endpoint.dispatcher.registry.tools().iter().enumerate() {
            for is_newest in [true, false] {
                let older = older_name(tool.contract);
                let name = if is_newest { tool.contract.name } else { &older };
                let wanted = serde_json::to_value(tool.contract.listing_as(name, &tool.digest)).unwrap();
                let taken: rmcp::model::Tool = serde_json::from_value(wanted.clone()).unwrap();
                let mut wanted = serde_json::to_value(taken).unwrap();
                super::with_security(&mut wanted);
                let entry = endpoint.listing.entries.named(place, is_newest);
                assert_eq!(serde_json::from_str::<Value>(entry).unwrap(), wanted);
            }
        }
    }
}

/// A policy that looks at more than scopes.
struct Odd;

impl Authorizer for Odd {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        let bits = tool.name.bytes().chain(caller.user().bytes()).map(usize::from).sum::<usize>() % 3;
        Box::pin(async move {
            match bits {
                0 => Decision::Permit,
                1 => Decision::NeedsScopes { missing: vec!["a".to_owned()] },
                _ => Decision::Deny { reason: "odd".into() },
            }
        })
    }
}

fn any_caller(random: &mut Random) -> Caller {
    let scopes = random.some(&[&SCOPES[..], &["gate"]].concat(), 50);
    let user = format!("user {}", random.below(5));
    let agent = format!("agent {}", random.below(4));
    match random.below(5) {
        0 => Caller::local(Scopes::All),
        1 => Caller::local(Scopes::All).with_agent(agent),
        _ => Caller::new(user).with_agent(agent).with_scopes(scopes),
    }
}

/// Any server, any callers: each gets what the rules say it sees, however many others asked before and beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_what_is_another_callers() {
    let folder = std::env::temp_dir().join(format!("mcp-tool-lists-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (mut lists, mut partial) = (0, 0);
    for seed in 1..60_u64 {
        let random = &mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let tools = any_tools(random);
        let page = 1 + random.below(30);
        let grantable = random.chance(20);
        let mut settings = OperatorSettings { shows_grantable: grantable, ..paged(page as u32) };
        if random.chance(30) {
            let pin = |pin: &str| ClientPin::parse(pin).unwrap();
            settings.pins = vec![pin("agent * >=1, <3"), pin("agent * <=2")];
            settings.pins.truncate(1 + random.below(2));
        }
        if random.chance(30) {
            let order = |target: &str| {
                format!(
                    "{{\"time\":\"2026-11-14T09:30:00Z\",\"by\":\"ann\",\"order\":\"disable\",{target}}}\n"
                )
            };
            let mut orders = order(r#""user":"user 1""#);
            for tool in 0..random.below(4) {
                orders.push_str(&order(&format!(r#""tool":"tool_{}""#, 3 * tool)));
            }
            let file = folder.join(format!("{seed}.jsonl"));
            fs::write(&file, orders).unwrap();
            settings.control_file = Some(file);
        }
        let mut server = Application { tools, ..Application::new("lists", "1") };
        if random.chance(20) {
            server.policy = Some(Box::new(|_| Policy::Own(Box::new(Odd))));
        }
        let endpoint = Arc::new(server.start(&settings, LineSink(std::io::sink())).await.unwrap());
        let fallback: Vec<_> = (0..2)
            .map(|thread| {
                let (endpoint, random) = (Arc::clone(&endpoint), Random(seed * 31 + thread + 1));
                tokio::spawn(asked(endpoint, random, page, grantable))
            })
            .collect();
        for task in fallback {
            let (asked, kept_from) = task.await.unwrap();
            lists += asked;
            partial += kept_from;
        }
    }
    fs::remove_dir_all(&folder).unwrap();
    assert!(partial * 3 > lists, "{partial} of {lists} lists lacked a tool");
}

async fn asked(endpoint: Arc<Endpoint>, mut random: Random, page: usize, grantable: bool) -> (usize, usize) {
    let (mut lists, mut partial) = (0, 0);
    for _ in 0..20 {
        let caller = any_caller(&mut random);
        let (got, wanted) =
            (walked(&endpoint, &caller, page).await, oracle(&endpoint, &caller, grantable).await);
        assert_eq!(got, wanted, "{caller:?}");
        lists += 1;
        partial += usize::from(got.len() < endpoint.dispatcher.registry.tools().len());
    }
    (lists, partial)
}

/// Callers that hold each another set of scopes, which is another list each.
fn callers(scopes: usize) -> impl Iterator<Item = Caller> {
    (0..1_usize << scopes).map(move |held| {
        let held = (0..scopes).filter(move |scope| held >> scope & 1 == 1);
        Caller::new("ann").with_scopes(held.map(|scope| format!("s{scope}")))
    })
}

fn scoped(scopes: usize, description: &'static str) -> Vec<ToolEntry> {
    (0..scopes)
        .map(|scope| {
            let scope: &'static str = String::leak(format!("s{scope}"));
            entry(Contract { description, ..plain(&format!("tool_{scope}"), 1, &[scope]) }, None)
        })
        .collect()
}

#[tokio::test]
async fn no_more_lists_are_kept_than_there_is_room_for() {
    let endpoint = start(scoped(7, "Words."), &OperatorSettings::default()).await;
    let mut kept = None;
    for caller in callers(7) {
        assert_eq!(walked(&endpoint, &caller, 7).await, oracle(&endpoint, &caller, false).await);
        // One that comes again and again is kept.
        let first = callers(7).nth(1).unwrap();
        let mine = endpoint.visible_to(&first).await;
        assert!(Arc::ptr_eq(kept.get_or_insert_with(|| Arc::clone(&mine)), &mine));
    }
    assert_eq!(endpoint.listing.sets.cached().0, MAX_LISTS);

    let with_room = async |room: usize| {
        let mut endpoint = start(scoped(4, "Words."), &OperatorSettings::default()).await;
        let one = endpoint.listing.entries.at(0).len() + 1;
        endpoint.listing.sets = Sets::with_max_bytes(room * one);
        (endpoint, room * one)
    };
    let (endpoint, room) = with_room(5).await;
    for caller in callers(4) {
        endpoint.page(&caller, None).await.unwrap();
        let (lists, bytes) = endpoint.listing.sets.cached();
        assert!((1..=6).contains(&lists) && bytes <= room, "{lists} lists of {bytes} bytes");
    }
    // One that alone has none is made each time, and nothing is given up for it.
    let (endpoint, _) = with_room(2).await;
    let holder = |scopes: &[&str]| Caller::new("ann").with_scopes(scopes.iter().copied());
    endpoint.page(&holder(&["s0"]), None).await.unwrap();
    assert_eq!(walked(&endpoint, &holder(&["s0", "s2", "s3"]), 4).await.len(), 3);
    assert_eq!(endpoint.listing.sets.cached().0, 1);
}

#[tokio::test]
async fn what_is_seen_by_all_is_one_text_for_all() {
    let endpoint = start(tools(50), &paged(20)).await;
    let at = async |caller: &Caller| endpoint.page(caller, None).await.unwrap().entries.as_str().as_ptr();
    let (ann, bob) = (Caller::new("ann").with_scopes(["a"]), Caller::local(Scopes::All));
    assert_eq!(at(&ann).await, at(&bob).await);
    assert_eq!(endpoint.listing.sets.cached().0, 0);
}

#[tokio::test]
async fn a_cursor_holds_for_the_tools_that_it_was_given_for() {
    let keyed = |page| OperatorSettings { seal_keys: vec!["A".repeat(43)], ..paged(page) };
    let endpoint = start(scoped(6, "Words."), &keyed(2)).await;
    let all = Caller::new("ann").with_scopes((0..6).map(|scope| format!("s{scope}")));
    let first = endpoint.page(&all, None).await.unwrap();
    let cursor = first.next.unwrap();
    assert_eq!(endpoint.page(&all, None).await.unwrap().next.as_ref(), Some(&cursor), "it stays the same");
    let goes_on = async |endpoint: &Endpoint, caller: &Caller, cursor: &str| {
        endpoint.page(caller, Some(cursor)).await.map_err(|fault| (fault.code, fault.message))
    };
    assert!(goes_on(&endpoint, &all, &cursor).await.is_ok());
    let other_user = Caller::new("bob").with_scopes((0..6).map(|scope| format!("s{scope}")));
    assert!(goes_on(&endpoint, &other_user, &cursor).await.is_ok(), "whoever sees the same");

    let refused = async |endpoint: &Endpoint, caller: &Caller, cursor: &str| {
        let (code, message) = goes_on(endpoint, caller, cursor).await.unwrap_err();
        assert!(code == -32_602 && message.contains("leave it out"), "{code}: {message}");
    };
    let fewer = Caller::new("ann").with_scopes((0..5).map(|scope| format!("s{scope}")));
    refused(&endpoint, &fewer, &cursor).await;
    assert!(endpoint.page(&fewer, None).await.unwrap().next.is_some());
    refused(&endpoint, &fewer, &cursor).await;
    for odd in ["", "x", "\"", "2", &cursor[1..], &cursor.replace(&cursor[40..41], "_"), &"A".repeat(10_000)]
    {
        refused(&endpoint, &all, odd).await;
    }
    // A page that isn't there, sealed as if it were.
    let visible = endpoint.visible_to(&all).await;
    let registry = &endpoint.dispatcher.registry;
    let beyond = visible.cursor(3, registry, &endpoint.dispatcher.services.sealer).unwrap();
    refused(&endpoint, &all, &beyond).await;

    // The same server again, and others.
    assert!(goes_on(&start(scoped(6, "Other words."), &keyed(2)).await, &all, &cursor).await.is_ok());
    refused(&start(scoped(6, "Words."), &keyed(3)).await, &all, &cursor).await;
    refused(&start(scoped(7, "Words."), &keyed(2)).await, &other_user.with_scopes(["s1"]), &cursor).await;
    refused(&start(scoped(6, "Words."), &paged(2)).await, &all, &cursor).await;
    let mut changed = scoped(6, "Words.");
    changed[5] = entry(Contract { timeout_ms: Some(7), ..*changed[5].contract }, None);
    refused(&start(changed, &keyed(2)).await, &all, &cursor).await;
    // A tool's own cursor is no list's.
    let own = endpoint.dispatcher.services.sealer.seal(&1_u64.to_le_bytes(), b"cursor").unwrap();
    refused(&endpoint, &all, &own).await;
}

#[tokio::test]
async fn a_caller_is_held_to_what_it_saw() {
    let endpoint = start(scoped(3, "Words."), &paged(1)).await;
    let known = &endpoint.dispatcher.versions.last_listed;
    let caller = Caller::new("ann").with_agent("bot").with_scopes(["s0", "s2"]);
    assert!(endpoint.page(&caller, Some("x")).await.is_err());
    assert!(known.of(&caller, "tool_s0").is_none(), "it saw nothing");
    endpoint.page(&caller, None).await.unwrap();
    let digest = endpoint.dispatcher.registry.tools()[2].digest;
    assert_eq!(known.of(&caller, "tool_s2"), Some((Version { major: 1, minor: 0 }, digest)));
    assert!(known.of(&caller, "tool_s1").is_none());
    assert!(known.of(&Caller::new("bob").with_agent("bot"), "tool_s0").is_none());
}

/// Many at one time, on one server, each its own.
#[test]
fn many_ask_at_one_time() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let endpoint = runtime.block_on(start(scoped(8, "Words."), &OperatorSettings::default()));
    let endpoint = &endpoint;
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                for (number, caller) in callers(8).enumerate().skip(thread).step_by(3) {
                    let got = runtime.block_on(walked(endpoint, &caller, 8));
                    let names: Vec<String> = got.into_iter().map(|(name, _)| name).collect();
                    let held = (0..8).filter(|scope| number >> scope & 1 == 1);
                    let wanted: Vec<String> = held.map(|scope| format!("tool_s{scope}")).collect();
                    assert_eq!(names, wanted);
                }
            });
        }
    });
}
