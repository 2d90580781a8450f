use std::rc::Rc;

use mcp_tool_runtime::{CallContext, mcp_tool};

struct People;

struct Animals;

fn at_once(_typed: &str) -> Vec<String> {
    Vec::new()
}

async fn one(_typed: &str) -> String {
    String::new()
}

async fn animals(_animals: &Animals, _typed: &str) -> Vec<String> {
    Vec::new()
}

async fn alone() -> Vec<String> {
    Vec::new()
}

async fn bound_to_its_thread(_typed: &str) -> Vec<String> {
    let held = Rc::new(());
    std::future::ready(()).await;
    drop(held);
    Vec::new()
}

/// Greet.
#[mcp_tool(version = "1.0", public)]
async fn greet(
    cx: &CallContext,
    people: &People,
    /// The recipient.
    #[arg(complete = at_once)]
    first: String,
    /// The recipient.
    #[arg(complete = one)]
    second: String,
    /// The recipient.
    #[arg(complete = animals(people))]
    third: String,
    /// The recipient.
    #[arg(complete = alone)]
    fourth: String,
    /// The recipient.
    #[arg(complete = bound_to_its_thread)]
    fifth: String,
    /// The recipient.
    #[arg(complete = nobody(cx))]
    sixth: String,
) {
    let _ = (cx, people, first, second, third, fourth, fifth, sixth);
}

fn main() {}
