//! The start of a server: application state, defaults of arguments, and the errors that stop the start.

use std::sync::Arc;

use mcp_tool_runtime::{Schemars, StartError, prelude::*, testing::TestServer};
use serde::Serialize;
use serde_json::json;

struct Ledger(u32);

/// Read the balance of the ledger.
#[mcp_tool(version = "1.0", public, read_only)]
async fn balance(ledger: &Ledger) -> String {
    ledger.0.to_string()
}

trait Clock: Send + Sync {
    fn hour(&self) -> u32;
}

struct Noon;

impl Clock for Noon {
    fn hour(&self) -> u32 {
        12
    }
}

/// Return the hour.
#[mcp_tool(version = "1.0", public, read_only)]
async fn hour(clock: &dyn Clock) -> String {
    clock.hour().to_string()
}

mod other {
    use super::*;

    /// Another tool named `balance`.
    #[mcp_tool(version = "1.7", public, read_only)]
    pub(super) async fn balance() -> String {
        String::new()
    }
}

#[derive(Debug, ToolSchema)]
#[schema(min_len = 3, max_len = 3, pattern = "^[A-Z]{3}$")]
struct Currency(#[expect(dead_code, reason = "only `Debug` reads it")] String);

/// List prices. The default of `currency` violates its pattern.
#[mcp_tool(version = "1.0", public, read_only)]
async fn prices(
    /// ISO 4217 code.
    #[arg(default = "eur")]
    currency: Currency,
) -> String {
    format!("{currency:?}")
}

/// Undo everything.
#[mcp_tool(version = "1.0", scope = "ledger:undo", destructive)]
async fn undo() -> String {
    "undone".to_owned()
}

#[derive(Serialize, schemars::JsonSchema)]
#[schemars(extend("type" = "no such type"))]
struct Odd {
    value: u32,
}

/// Return a value with an invalid schema.
#[mcp_tool(version = "1.0", public, read_only)]
async fn odd() -> Schemars<Odd> {
    Schemars(Odd { value: 1 })
}

fn server() -> ToolServer {
    ToolServer::new("start", "1.0.0")
}

/// Starts a server, which must fail, and returns the error.
async fn start_error(server: ToolServer) -> StartError {
    TestServer::start(server).await.err().unwrap()
}

#[tokio::test]
async fn missing_state_is_reported_with_the_tool_that_needs_it() {
    let error = start_error(server().tools(tools![balance])).await;
    assert!(matches!(error, StartError::MissingState { tool: "balance", .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("'balance'") && message.contains("startup::Ledger`") && message.contains(".state"),
        "{message}"
    );
    // `hour` takes `&dyn Clock`, which a state of the type `Noon` doesn't provide.
    let error = start_error(server().tools(tools![hour]).state(Noon)).await;
    assert!(error.to_string().contains("dyn suite::startup::Clock"), "{error}");
}

#[tokio::test]
async fn registered_state_reaches_every_tool_that_needs_it() {
    let server =
        server().tools(tools![balance, hour]).state(Ledger(7)).state(Arc::new(Noon) as Arc<dyn Clock>);
    let server = TestServer::start(server).await.unwrap();
    assert_eq!(server.call("balance", json!({})).await.unwrap().text(), "7");
    assert_eq!(server.call("hour", json!({})).await.unwrap().text(), "12");
}

#[tokio::test]
async fn state_type_is_registered_at_most_once() {
    let error =
        start_error(server().state(Ledger(1)).state_with(async || Ok::<_, StartError>(Ledger(2)))).await;
    assert!(matches!(error, StartError::DuplicateState(name) if name.ends_with("Ledger")), "{error}");
}

#[tokio::test]
async fn failing_state_initializer_stops_the_start() {
    let error = start_error(server().state_with(async || Err::<Ledger, _>("no such file"))).await;
    assert!(
        matches!(&error, StartError::OpenState(source) if source.to_string() == "no such file"),
        "{error}"
    );
}

#[tokio::test]
async fn duplicate_tool_name_stops_the_start() {
    let error =
        start_error(server().state(Ledger(1)).tools(tools![balance]).tools(tools![other::balance])).await;
    assert!(matches!(error, StartError::Duplicate("balance")), "{error}");
}

#[tokio::test]
async fn invalid_default_stops_the_start() {
    let error = start_error(server().tools(tools![prices])).await;
    assert!(matches!(error, StartError::Default { tool: "prices", .. }), "{error}");
    assert!(error.to_string().ends_with("/currency: must match ^[A-Z]{3}$, got \"eur\""), "{error}");
}

// An IPv6 address in hexadecimal has at most 39 characters.
#[derive(ToolSchema)]
#[schema(from_str, max_len = 39)]
struct Address(std::net::IpAddr);

/// Name the family of an address.
#[mcp_tool(version = "1.0", public, read_only)]
async fn family(
    /// An address.
    #[arg(default = "::1")]
    address: Address,
) -> &'static str {
    if address.0.is_ipv4() { "IPv4" } else { "IPv6" }
}

/// Name the family of an address, with an invalid default.
#[mcp_tool(version = "1.0", public, read_only)]
async fn family_of_invalid_default(
    /// An address.
    #[arg(default = "nonsense")]
    address: Address,
) -> &'static str {
    family(address).await
}

#[tokio::test]
async fn from_str_type_parses_values_and_defaults() {
    let server = TestServer::start(server().tools(tools![family])).await.unwrap();
    assert_eq!(server.call("family", json!({ "address": "127.0.0.1" })).await.unwrap().text(), "IPv4");
    assert_eq!(server.call("family", json!({})).await.unwrap().text(), "IPv6");
    let refused = server.call("family", json!({ "address": "localhost" })).await.unwrap_err();
    assert_eq!(refused.violations().unwrap().to_string(), "/address: must be a valid Address");
    let error = start_error(self::server().tools(tools![family_of_invalid_default])).await;
    assert!(matches!(error, StartError::Default { tool: "family_of_invalid_default", .. }), "{error}");
}

#[tokio::test]
async fn only_existing_destructive_tools_can_be_allowed() {
    let start = async |allowed: &str| {
        let server = server().state(Ledger(1)).tools(tools![balance, undo]);
        TestServer::start_allowing(server, [allowed]).await
    };
    // The operator may allow destructive tools by name. `balance` isn't destructive, and no tool has the other names.
    for name in ["balance", "UNDO", "*", ""] {
        let error = start(name).await.err().unwrap();
        assert!(matches!(&error, StartError::Allow { given, .. } if given == name), "{error}");
    }
    assert_eq!(start("undo").await.unwrap().call("undo", json!({})).await.unwrap().text(), "undone");
}

#[tokio::test]
async fn invalid_output_schema_stops_the_start() {
    let error = start_error(server().tools(tools![odd])).await;
    assert!(matches!(error, StartError::OutputSchema { tool: "odd", .. }), "{error}");
}
