//! Tools of crates whose code or manifest is unusual: `tests/crates/*`. That these crates compile without a warning is
//! most of the test; the calls show that their tools also run.

use mcp_tool_runtime::{ErrorKind, ToolEntry, prelude::*, testing::TestServer};
use serde_json::{Value, json};

async fn server(tools: &'static [ToolEntry], state: impl FnOnce(ToolServer) -> ToolServer) -> TestServer {
    TestServer::start(state(ToolServer::new("crates", "1.0.0").tools(tools))).await.unwrap()
}

fn names(tools: &[ToolEntry]) -> Vec<&'static str> {
    tools.iter().map(|tool| tool.contract().name()).collect()
}

fn description(tools: &[ToolEntry], name: &str) -> &'static str {
    tools.iter().find(|tool| tool.contract().name() == name).unwrap().contract().description()
}

#[tokio::test]
async fn tools_of_declarative_macros_run() {
    use mcp_tool_tests_fragments::{Counter, EXTRA, LISTS, TOOLS};
    assert_eq!(names(TOOLS), ["count", "greet", "nothing", "old", "measure"]);
    assert_eq!(LISTS.iter().map(|list| list.len()).collect::<Vec<_>>(), [5, 5 + EXTRA]);
    assert_eq!(description(TOOLS, "greet"), "Greet someone.\n\nThe greeting is in English.");
    let [number, _] = TOOLS[2].contract().input() else { panic!("two parameters") };
    assert_eq!(number.description(), "A number below zero.\nIt is optional.");
    let server = server(TOOLS, |server| server.state(Counter(0))).await;
    assert_eq!(server.call("count", json!({})).await.unwrap().text(), "done");
    assert_eq!(server.call("greet", json!({ "name": "Ada" })).await.unwrap().text(), "hello");
    assert_eq!(
        server.call("old", json!({ "speed": "Slow" })).await.unwrap().json(),
        json!({ "speed": "Slow" })
    );
}

#[tokio::test]
async fn tools_without_the_prelude_run() {
    use mcp_tool_tests_no_prelude::{Invoices, TOOLS};
    // The first tool needs an upstream.
    let server = server(&TOOLS[1..], |server| server.state(Invoices)).await;
    let cancelled = server.call("cancel_invoice", json!({ "number": "abc" })).await.unwrap();
    assert_eq!(cancelled.text(), "done");
    let listed = server.call("list_invoices", json!({})).await.unwrap();
    assert_eq!(listed.json(), json!({ "items": [] }));
}

#[tokio::test]
async fn tools_named_like_crates_run_with_macros_of_other_crates() {
    use mcp_tool_tests_neighbours::{TOOLS, store};
    assert_eq!(names(TOOLS), ["tracing", "serde", "tokio", "std", "mcp_tool_runtime"]);
    let server = server(TOOLS, |server| server.state(store())).await;
    assert_eq!(server.call("tracing", json!({ "level": "info" })).await.unwrap().text(), "info");
    assert_eq!(server.call("serde", json!({ "text": "a" })).await.unwrap().json(), json!({ "text": "a" }));
    assert!(server.call("tokio", json!({})).await.is_ok());
}

#[test]
fn tool_of_another_package_that_is_named_like_a_crate_is_listed() {
    for tools in mcp_tool_tests_neighbours::FOREIGN {
        assert_eq!((names(tools), tools[0].source.package), (vec!["tracing"], "mcp-tool-tests-fragments"));
    }
}

#[tokio::test]
async fn types_that_also_derive_the_traits_of_sqlx_are_arguments_and_results() {
    use mcp_tool_tests_database::{TOOLS, books};
    let pool = books().await.unwrap();
    let server = server(TOOLS, |server| server.state(pool)).await;
    let tides =
        json!({ "number": 1, "title": "Tides", "condition": "used", "pageCount": 212, "publisher": "Alder" });
    assert_eq!(server.call("get_book", json!({ "number": 1 })).await.unwrap().json(), tides);
    let listed = server.call("list_books", json!({ "condition": "as_new" })).await.unwrap().json();
    assert_eq!(listed["items"][0]["title"], "Maps");
    let first = server.call("list_books", json!({ "limit": 1 })).await.unwrap().json();
    assert_eq!(first["items"], json!([tides]));
    let next = json!({ "limit": 1, "cursor": first["next_cursor"] });
    assert_eq!(server.call("list_books", next).await.unwrap().json()["items"][0]["number"], 2);
    server.call("add_book", json!({ "number": 3, "title": "Rivers" })).await.unwrap();
    let added = server.call("get_book", json!({ "number": 3 })).await.unwrap().json();
    assert_eq!((&added["title"], &added["condition"]), (&json!("Rivers"), &json!("as_new")));

    let kind = async |tool: &str, arguments: Value| server.call(tool, arguments).await.unwrap_err().kind();
    for arguments in [json!({ "number": 0, "title": "x" }), json!({ "number": 4, "title": "" })] {
        assert_eq!(kind("add_book", arguments).await, Some(ErrorKind::InvalidArguments));
    }
    let again = json!({ "number": 3, "title": "Rivers" });
    assert_eq!(kind("add_book", again).await, Some(ErrorKind::Conflict));
    // The text of an error of sqlx isn't for the caller.
    let unknown = server.call("get_book", json!({ "number": 9 })).await.unwrap_err();
    assert_eq!(unknown.kind(), Some(ErrorKind::Internal));
    assert!(!unknown.to_string().contains("rows returned"), "{unknown}");
}

#[tokio::test]
async fn framework_is_found_through_the_manifest_of_a_crate_that_uses_a_facade() {
    let server = server(mcp_tool_tests_facade::TOOLS, |server| server).await;
    let answer = server.call("get_invoice", json!({ "number": "7" })).await.unwrap();
    assert_eq!(answer.json(), json!({ "number": "7" }));
}

#[tokio::test]
async fn generated_tools_belong_to_the_package_that_is_compiled() {
    use mcp_tool_tests_generated::TOOLS;
    assert_eq!(names(TOOLS), ["count_customers", "count_orders"]);
    assert!(TOOLS.iter().all(|tool| tool.source.package == "mcp-tool-tests-generated"));
    let server = server(TOOLS, |server| server).await;
    assert_eq!(server.call("count_orders", json!({ "from": "k" })).await.unwrap().text(), "k");
}

#[tokio::test]
async fn tools_of_a_crate_with_every_lint_run() {
    use mcp_tool_tests_lints::{Invoices, TOOLS};
    // The first tool needs an upstream.
    let server = server(&TOOLS[1..], |server| server.state(Invoices::default())).await;
    let listed = server.call("list_invoices", json!({})).await.unwrap();
    assert_eq!(listed.json()["items"], Value::Array(Vec::new()));
}
