//! The specimen: the server that `tests/suite` starts and tests. Its tools panic, hang, and return invalid results on
//! purpose. Environment variables `SPECIMEN_…` change its behaviour.
//!
//! The doc comment of a tool or a parameter is the description that clients read.

mod completions;
mod fallback;
mod interaction;
mod middleware;

use std::{
    ffi::OsString,
    process::ExitCode,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, UNIX_EPOCH},
};

use mcp_tool_runtime::{
    Adapted, Authorizer, Contract, Decision, DecisionFuture, Schemars, ScopeAuthorizer, Scopes, ToolEntry,
    prelude::*,
};
use serde::Serialize;

/// Counters of calls, the application state. The tool `counts` returns all of them except `released`. Calls of some
/// tools, such as `echo`, aren't counted.
#[derive(Default)]
struct Counters {
    running: AtomicU32,
    dropped: AtomicU32,
    finished: AtomicU32,
    /// Calls of `blocks` that noticed their cancellation.
    told: AtomicU32,
    /// 1 after a call of the tool `releases`, which ends the calls of `spins`.
    released: AtomicU32,
}

impl Counters {
    /// Returns the counters when the server starts. Takes an hour if `SPECIMEN_OPENS_SLOWLY` is set, and fails if
    /// `SPECIMEN_CANNOT_OPEN` is set.
    async fn open() -> Result<Self, &'static str> {
        if std::env::var_os("SPECIMEN_OPENS_SLOWLY").is_some() {
            eprintln!("opening slowly");
            tokio::time::sleep(Duration::from_secs(3_600)).await;
        }
        match std::env::var_os("SPECIMEN_CANNOT_OPEN") {
            // An invented reason, which the server must report.
            Some(_) => Err("the database is locked"),
            None => Ok(Counters::default()),
        }
    }
}

/// Counts a call as running while the guard exists. Dropping the guard counts the call as finished if `finished` is
/// set, and as dropped if not.
struct CallGuard<'s> {
    counters: &'s Counters,
    finished: bool,
}

impl<'s> CallGuard<'s> {
    fn of(counters: &'s Counters) -> Self {
        counters.running.fetch_add(1, Ordering::Relaxed);
        CallGuard { counters, finished: false }
    }
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        self.counters.running.fetch_sub(1, Ordering::Relaxed);
        let counter = if self.finished { &self.counters.finished } else { &self.counters.dropped };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Serialize, ToolSchema)]
struct Counts {
    /// Running calls.
    running: u32,
    /// Calls dropped before they finished.
    dropped: u32,
    /// Finished calls.
    finished: u32,
    /// Calls of `blocks` that noticed their cancellation.
    told: u32,
}

/// Count the calls so far.
#[mcp_tool(version = "1.0", public, read_only)]
async fn counts(counters: &Counters) -> Counts {
    Counts {
        running: counters.running.load(Ordering::Relaxed),
        dropped: counters.dropped.load(Ordering::Relaxed),
        finished: counters.finished.load(Ordering::Relaxed),
        told: counters.told.load(Ordering::Relaxed),
    }
}

#[derive(Serialize, ToolSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Safe,
}

#[derive(Serialize, ToolSchema)]
struct Measured {
    /// The given number, at most 10.
    #[schema(max = 10)]
    v: u32,
    /// The given mode.
    mode: Mode,
}

/// Return the number and the mode.
#[mcp_tool(version = "2.1", scope = "specimen:read", read_only)]
async fn measure(
    /// Lower-case letters.
    #[arg(max_len = 5, pattern = "^[a-z]+$")]
    name: String,
    /// From one to ten.
    #[arg(min = 1, max = 10)]
    n: u32,
    /// The mode.
    mode: Mode,
    /// Tags.
    #[arg(max_items = 3)]
    tags: Option<Vec<String>>,
) -> Measured {
    let _ = (name, tags);
    Measured { v: n, mode }
}

/// Return a value above its maximum.
#[mcp_tool(version = "1.0", public, read_only)]
async fn overstate() -> Measured {
    Measured { v: 11, mode: Mode::Fast }
}

// Serializes a member that the derived schema doesn't declare.
#[derive(ToolSchema)]
struct Handwritten {
    /// The declared member.
    promised: u32,
}

impl Serialize for Handwritten {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("promised", self.promised), ("password_hash", 7)])
    }
}

/// Return an undeclared member.
#[mcp_tool(version = "1.0", public, read_only)]
async fn overshare() -> Handwritten {
    Handwritten { promised: 1 }
}

#[derive(Serialize, ToolSchema)]
struct Ratio {
    /// A number.
    ratio: f64,
}

/// Return a number that JSON lacks.
#[mcp_tool(version = "1.0", public, read_only)]
async fn not_a_number() -> Ratio {
    Ratio { ratio: f64::NAN }
}

/// Return the text.
#[mcp_tool(version = "1.0", public, read_only)]
async fn echo(
    /** Text. */
    text: String,
) -> String {
    text
}

/// Panic in an async function.
#[mcp_tool(version = "1.0", public)]
#[expect(clippy::panic, reason = "tests a panicking tool")]
async fn panics() -> String {
    panic!("this text must appear only in the log")
}

/// Panic in a blocking function.
#[mcp_tool(version = "1.0", public)]
#[expect(clippy::panic, reason = "tests a panicking tool")]
fn panics_blocking() -> String {
    panic!("this text must appear only in the log")
}

/// Read until the timeout.
#[mcp_tool(version = "1.0", public, read_only, timeout = "200ms")]
async fn reads_for_ever(counters: &Counters) -> String {
    let _guard = CallGuard::of(counters);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    String::new()
}

// Not `read_only`: after a timeout, it is unknown if the call took effect.
/// Write until the timeout.
#[mcp_tool(version = "1.0", public, timeout = "200ms")]
async fn writes_for_ever(counters: &Counters) -> String {
    let _guard = CallGuard::of(counters);
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    String::new()
}

/// Wait, one call at a time.
#[mcp_tool(version = "1.0", public, read_only, concurrency = 1)]
async fn waits(
    counters: &Counters,
    /// Duration.
    #[arg(max = 60_000)]
    milliseconds: u32,
) -> String {
    let mut guard = CallGuard::of(counters);
    tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
    guard.finished = true;
    "waited".to_owned()
}

// Not async: the timeout can't stop its thread.
/// Block a thread beyond the timeout, one call at a time.
#[mcp_tool(version = "1.0", public, concurrency = 1, timeout = "200ms")]
fn blocks(
    cx: &CallContext,
    counters: &Counters,
    /// Duration.
    #[arg(max = 60_000)]
    milliseconds: u32,
) -> String {
    let mut guard = CallGuard::of(counters);
    std::thread::sleep(Duration::from_millis(milliseconds.into()));
    if cx.is_cancelled() {
        counters.told.fetch_add(1, Ordering::Relaxed);
    }
    guard.finished = true;
    "blocked".to_owned()
}

/// Take a large text and keep running.
#[mcp_tool(version = "1.0", public, read_only)]
async fn holds(
    counters: &Counters,
    /// A large text.
    #[arg(max_len = 4_000_000)]
    text: String,
    /// Duration.
    #[arg(max = 60_000)]
    milliseconds: u32,
) -> String {
    // From here on, only the server could still keep memory of the large request.
    drop(text);
    let mut guard = CallGuard::of(counters);
    tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
    guard.finished = true;
    "held".to_owned()
}

/// Report progress and then fail, each with a message of 100,000 bytes.
#[mcp_tool(version = "1.0", public, read_only)]
async fn rambles(cx: &CallContext) -> Result<String, ToolError> {
    cx.progress(1.0, None, "é".repeat(50_000));
    Err(ToolError::not_found("é".repeat(50_000)))
}

// A result may have 1 MiB by default. The tool isn't `read_only`, so the refused result may belong to a write.
/// Write, and return more than may be sent.
#[mcp_tool(version = "1.0", public)]
async fn writes_at_length() -> String {
    "x".repeat(2_000_000)
}

/// Write, and return a value above its maximum.
#[mcp_tool(version = "1.0", public)]
async fn writes_and_overstates() -> Measured {
    Measured { v: 11, mode: Mode::Fast }
}

// Never awaits, so it blocks the thread that polls it.
/// Occupy a thread until `releases` is called.
#[mcp_tool(version = "1.0", public, read_only)]
async fn spins(counters: &Counters) -> String {
    let mut guard = CallGuard::of(counters);
    while counters.released.load(Ordering::Relaxed) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    guard.finished = true;
    "released".to_owned()
}

/// Release `spins`.
#[mcp_tool(version = "1.0", public, idempotent)]
async fn releases(counters: &Counters) -> String {
    counters.released.store(1, Ordering::Relaxed);
    "released".to_owned()
}

/// Report progress in steps.
#[mcp_tool(version = "1.0", public, read_only)]
async fn steps(
    cx: &CallContext,
    counters: &Counters,
    /// Number of steps.
    #[arg(min = 1, max = 1_000)]
    count: u32,
    /// Time between two steps.
    #[arg(max = 10_000, default = 0)]
    milliseconds: u32,
) -> String {
    let mut guard = CallGuard::of(counters);
    for step in 1..=count {
        cx.progress(f64::from(step), Some(f64::from(count)), format!("step {step}"));
        // The framework must not report a value that is lower than the value before, or NaN.
        cx.progress(0.5, None, "never seen");
        cx.progress(f64::NAN, None, "never seen");
        if milliseconds > 0 {
            tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
        }
    }
    guard.finished = true;
    format!("{count} steps")
}

/// Return a text of any size.
#[mcp_tool(version = "1.0", public, read_only)]
async fn large(
    /** Bytes. */
    #[arg(max = 100_000_000)]
    bytes: u32,
) -> String {
    "x".repeat(bytes as usize)
}

#[derive(Serialize, ToolSchema)]
struct Row {
    /// Text.
    #[schema(max_len = 1_000_000)]
    text: String,
}

/// Return a structure of any size.
#[mcp_tool(version = "1.0", public, read_only)]
async fn large_structure(
    /** Bytes. */
    #[arg(max = 100_000_000)]
    bytes: u32,
) -> Row {
    Row { text: "x".repeat(bytes as usize) }
}

/// Print to stdout.
#[mcp_tool(version = "1.0", public, read_only)]
#[expect(clippy::print_stdout, reason = "tests a tool that prints")]
async fn prints(
    /** Text. */
    text: String,
) -> String {
    println!("{text}");
    "printed".to_owned()
}

#[derive(ToolSchema)]
#[serde(rename_all = "snake_case")]
enum Failure {
    Refused,
    NotFound,
    Conflict,
    Unavailable,
    Internal,
    InvalidArgument,
}

/// Fail with the given kind.
#[mcp_tool(version = "1.0", public, read_only)]
async fn fails(
    /** Kind of the error. */
    failure: Failure,
) -> Result<String, ToolError> {
    Err(match failure {
        Failure::Refused => ToolError::refused("not while the books are closed"),
        Failure::NotFound => ToolError::not_found("there is none"),
        Failure::Conflict => ToolError::conflict("it was changed meanwhile"),
        Failure::Unavailable => {
            ToolError::unavailable("the printer is out of paper", Duration::from_millis(1_500))
        }
        Failure::Internal => ToolError::internal("password=hunter2 was in the connection string"),
        Failure::InvalidArgument => ToolError::invalid_argument("failure", "this one is out of fashion"),
    })
}

// Its text must appear only in the log.
#[derive(Debug, thiserror::Error)]
#[error("secret detail of the author's")]
struct CustomError;

/// Fail with a custom error type.
#[mcp_tool(version = "1.0", public, read_only)]
async fn fails_otherwise() -> Result<String, CustomError> {
    Err(CustomError)
}

/// Fail with a boxed error.
#[mcp_tool(version = "1.0", public, read_only)]
async fn fails_boxed() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Err("secret detail in a box".into())
}

// Destructive without a gate: it runs only if the operator allows it by name.
/// Destroy something.
#[mcp_tool(version = "1.0", scope = "specimen:destroy", destructive)]
async fn destroys(
    counters: &Counters,
    /** Target. */
    what: String,
) {
    let _ = what;
    counters.finished.fetch_add(1, Ordering::Relaxed);
}

// The gate is a second scope, which replaces the operator's permission.
/// Destroy something, with a gate.
#[mcp_tool(version = "1.0", scope = "specimen:read", destructive, gate(scope = "specimen:purge"))]
async fn purges(counters: &Counters) {
    counters.finished.fetch_add(1, Ordering::Relaxed);
}

/// Run with a rate limit.
#[mcp_tool(version = "1.0", public, read_only, rate = "3/h")]
async fn limited() -> String {
    "counted".to_owned()
}

/// Wait with a rate limit, one call at a time.
#[mcp_tool(version = "1.0", public, read_only, rate = "2/h", concurrency = 1)]
async fn limited_waits(
    counters: &Counters,
    /// Duration.
    #[arg(max = 60_000)]
    milliseconds: u32,
) -> String {
    waits(counters, milliseconds).await
}

/// Take a secret.
#[mcp_tool(version = "1.0", public)]
async fn unlock(
    /// Four digits.
    #[arg(secret, min_len = 4, max_len = 4, pattern = "^[0-9]+$")]
    pin: String,
    /// For how long.
    #[arg(max = 60)]
    minutes: u32,
) {
    let _ = (pin, minutes);
}

#[derive(Serialize, ToolSchema)]
struct WhoAmI {
    user: String,
    agent: Option<String>,
    client: Option<String>,
    tenant: Option<String>,
    issuer: Option<String>,
    kind: String,
    /// Granted scopes; empty if all are granted.
    #[schema(max_items = 256)]
    scopes: Vec<String>,
    /// Time of the sign-in, in seconds since 1970.
    authenticated_at: Option<u64>,
    correlation_id: uuid::Uuid,
}

/// Return the caller.
#[mcp_tool(version = "1.0", scope = ["specimen:read", "specimen:admin"], read_only)]
async fn whoami(cx: &CallContext) -> WhoAmI {
    let caller = cx.caller();
    let signed_in = caller.authenticated_at().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    WhoAmI {
        user: caller.user().to_owned(),
        agent: caller.agent().map(str::to_owned),
        client: caller.client().map(str::to_owned),
        tenant: caller.tenant().map(str::to_owned),
        issuer: caller.issuer().map(str::to_owned),
        kind: format!("{:?}", caller.kind()).to_lowercase(),
        scopes: match caller.scopes() {
            Scopes::Only(granted) => granted.iter().cloned().collect(),
            Scopes::All => Vec::new(),
            other => vec![format!("{other:?}")],
        },
        authenticated_at: signed_in.map(|time| time.as_secs()),
        correlation_id: cx.correlation_id(),
    }
}

#[derive(Serialize, ToolSchema)]
struct Number {
    n: u32,
}

/// List numbers by page.
#[mcp_tool(version = "1.0", public, read_only)]
async fn numbers(
    /** Upper limit, which is not included. */
    #[arg(max = 1_000)]
    below: u32,
    page: PageRequest,
) -> Result<Page<Number>, ToolError> {
    let first = page.after::<u32>()?.map_or(0, |last| last + 1);
    let rows = (first..below).take(page.limit() as usize + 1).map(|n| Number { n }).collect();
    Page::keyset(rows, &page, |last| last.n)
}

// A cursor is valid only for the tool that returned it, so a cursor of `numbers` must be refused here.
/// List the same numbers as `numbers`, as another tool.
#[mcp_tool(version = "1.0", public, read_only)]
async fn others(
    /** Upper limit, which is not included. */
    #[arg(max = 1_000)]
    below: u32,
    page: PageRequest,
) -> Result<Page<Number>, ToolError> {
    numbers(below, page).await
}

// Has a schema of the crate `schemars` instead of `ToolSchema`.
#[derive(Serialize, schemars::JsonSchema)]
struct Foreign {
    #[schemars(range(max = 10))]
    v: u32,
    more: Vec<ForeignRow>,
}

#[derive(Serialize, schemars::JsonSchema)]
struct ForeignRow {
    name: String,
    share: f64,
}

/// Return a result whose schema is computed at run time.
#[mcp_tool(version = "1.0", public, read_only)]
async fn foreign(
    /** The returned value. */
    v: u32,
) -> Schemars<Foreign> {
    Schemars(Foreign { v, more: vec![ForeignRow { name: "a".into(), share: 0.5 }] })
}

/// Hand a message on.
#[mcp_tool(version = "2.1", public, read_only)]
async fn relay(
    /// The message.
    #[arg(max_len = 20)]
    message: String,
    /// Recipient.
    to: String,
) -> String {
    format!("{message} to {to}")
}

#[derive(serde::Deserialize, ToolSchema)]
#[serde(rename_all = "lowercase")]
enum Tier {
    Gold,
    Iron,
}

/// A shelf number.
#[derive(ToolSchema)]
#[schema(max = 9)]
struct Shelf(u32);

// Each `header` is an HTTP header `Mcp-Param-…` that repeats the argument (2026-07-28).
/// Return the arguments that headers mirror.
#[mcp_tool(version = "2.0", scope = "specimen:read", read_only)]
async fn routed(
    counters: &Counters,
    /// The region.
    #[arg(header = "Region", max_len = 40)]
    region: String,
    /// The priority.
    #[arg(header = "Priority", min = -9_007_199_254_740_991, max = 9_007_199_254_740_991, default = 0)]
    priority: i64,
    /// Only as a trial.
    #[arg(header = "Dry-Run")]
    trial: Option<bool>,
    /// The tier.
    // `!` is allowed in header names.
    #[arg(header = "X!Tier")]
    tier: Option<Tier>,
    /// The shelf.
    #[arg(header = "Shelf")]
    shelf: Option<Shelf>,
    /// An argument without a header.
    note: Option<String>,
) -> String {
    counters.finished.fetch_add(1, Ordering::Relaxed);
    let tier = tier.map_or("none", |tier| match tier {
        Tier::Gold => "gold",
        Tier::Iron => "iron",
    });
    let shelf = shelf.map_or(0, |Shelf(shelf)| shelf);
    let note = note.unwrap_or_default();
    format!("{region} {priority} {} {tier} {shelf} {note}", trial.unwrap_or_default())
}

/// Version 1 of `routed` and of `relay`: adapters, which translate the arguments for version 2.
mod v1 {
    use super::*;

    /// Return the argument that a header mirrors.
    #[mcp_tool(version = "1.0", scope = "specimen:read", read_only)]
    pub(super) fn routed(
        /// The zone.
        #[arg(header = "Zone", max_len = 40)]
        zone: String,
    ) -> Adapted<super::routed> {
        Adapted::to(serde_json::json!({ "region": zone }))
    }

    /// Hand a message on.
    #[mcp_tool(
        version = "1.4",
        public,
        read_only,
        deprecated(message = "It names nobody", replacement = "relay", removal = "2027-01-31")
    )]
    pub(super) fn relay(
        /// The message.
        text: String,
    ) -> Adapted<super::relay> {
        Adapted::to(serde_json::json!({ "message": text, "to": "all" }))
    }
}

// An adapter whose target is another tool, not a newer version of the same tool.
/// Hand a message on to all, through the tool `relay`.
#[mcp_tool(version = "1.0", public, read_only)]
fn announce(
    /// The message.
    text: String,
) -> Adapted<relay> {
    Adapted::to(serde_json::json!({ "message": text, "to": "all" }))
}

/// Measure through an adapter with a further scope.
#[mcp_tool(version = "1.0", scope = ["specimen:admin", "specimen:read"], read_only)]
fn weigh(
    /// The number.
    #[arg(min = 1, max = 10)]
    n: u32,
) -> Adapted<measure> {
    Adapted::to(serde_json::json!({ "name": "heavy", "n": n, "mode": "safe" }))
}

/// Read invoices from billing.
#[mcp_tool(version = "1.0", public, read_only, upstream = "billing")]
async fn bills(cx: &CallContext) -> Result<String, ToolError> {
    let answer = cx.upstream("billing")?.get("invoices").send().await?;
    answer.require_success()?.json().await
}

/// Policy that denies everyone the tool `tool`, and decides on other tools by their scopes.
struct Denying {
    scopes: ScopeAuthorizer,
    tool: OsString,
}

impl Authorizer for Denying {
    fn decide<'a>(&'a self, caller: &'a Caller, tool: &'a Contract) -> DecisionFuture<'a> {
        if self.tool == tool.name() {
            let reason = "the reason is in the record".to_owned();
            return Box::pin(std::future::ready(Decision::Deny { reason }));
        }
        self.scopes.decide(caller, tool)
    }
}

/// Adds the policy [`Denying`] for the tool that `SPECIMEN_DENIES` names, if the variable is set.
fn with_policy(server: ToolServer) -> ToolServer {
    match std::env::var_os("SPECIMEN_DENIES") {
        Some(tool) => server.authorize_with(|scopes| Denying { scopes, tool }),
        None => server,
    }
}

/// If `SPECIMEN_REACHES` is set, returns the tool that needs the upstream `billing`, otherwise no tool. A server with
/// this tool starts only if the upstream is configured.
fn upstream_tools() -> &'static [ToolEntry] {
    if std::env::var_os("SPECIMEN_REACHES").is_some() { tools![bills] } else { &[] }
}

fn main() -> ExitCode {
    let server = fallback::with_fallback(with_policy(ToolServer::new("specimen", "1.2.3")));
    // A server without completions and without application state.
    if std::env::var_os("SPECIMEN_ONLY_ECHOES").is_some() {
        return server.tools(tools![echo]).run_blocking();
    }
    // `echo` and `steps` get the tenant check, and `unlock` gets the middleware that panics.
    middleware::with_middleware(server, tools![echo, steps], tools![unlock])
        .tools(tools![
            counts,
            measure,
            overstate,
            overshare,
            not_a_number,
            echo,
            panics,
            panics_blocking,
            reads_for_ever,
            writes_for_ever,
            waits,
            blocks,
            holds,
            rambles,
            writes_at_length,
            writes_and_overstates,
            steps,
            large,
            large_structure,
            prints,
            fails,
            fails_otherwise,
            fails_boxed,
            destroys,
            purges,
            limited,
            limited_waits,
            unlock,
            whoami,
            numbers,
            others,
            foreign,
            relay,
            v1::relay,
            routed,
            v1::routed,
            announce,
            weigh,
            spins,
            releases,
            completions::assign,
            completions::v1::assign,
            completions::erase
        ])
        .tools(interaction::TOOLS)
        .tools(upstream_tools())
        .state_with(Counters::open)
        .run_blocking()
}
