//! Counted stages of a call, each repeated.

use std::hint::black_box;

use mcp_tool_runtime::ToolServer;

use crate::{
    measured::Measured,
    stream::{Requests, Responses},
    tools,
};

/// A stage whose instructions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Arguments,
    OddArguments,
    RefusedArguments,
    Message(Era),
    OddMessage,
    Dispatch(Era),
    Http(Era),
    List(Era),
}

/// Protocol revision of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Older,
    Newer,
}

const ARGUMENTS: &str = r#"{"query":"blue kettle 2","limit":25,"status":"paid","tags":["kitchen","gift"]}"#;
/// The same arguments in an unusual form: escapes, spaces, and another order.
const ODD: &str = r#"{ "tags" : [ "kit\u0063hen", "gift" ], "limit": 25.0, "st\u0061tus": "paid", "query": "blue kettle\u00202" }"#;
/// Text that the response contains.
const EXPECTED: &str = "blue kettle 2";
/// Arguments with three violations.
const REFUSED: &str = r#"{"query":"Blue Kettle","limit":250,"status":"lost","tags":["kitchen","gift"]}"#;

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"agent","version":"1.0"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

impl Stage {
    pub const ALL: [Stage; 12] = [
        Stage::Arguments,
        Stage::OddArguments,
        Stage::RefusedArguments,
        Stage::Message(Era::Older),
        Stage::Message(Era::Newer),
        Stage::OddMessage,
        Stage::Dispatch(Era::Older),
        Stage::Dispatch(Era::Newer),
        Stage::Http(Era::Older),
        Stage::Http(Era::Newer),
        Stage::List(Era::Older),
        Stage::List(Era::Newer),
    ];

    /// Name in the figures.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Arguments => "arguments",
            Stage::OddArguments => "arguments-odd",
            Stage::RefusedArguments => "arguments-refused",
            Stage::Message(Era::Older) => "message-older",
            Stage::Message(Era::Newer) => "message-newer",
            Stage::OddMessage => "message-odd",
            Stage::Dispatch(Era::Older) => "dispatch-older",
            Stage::Dispatch(Era::Newer) => "dispatch-newer",
            Stage::Http(Era::Older) => "http-older",
            Stage::Http(Era::Newer) => "http-newer",
            Stage::List(Era::Older) => "list-100-older",
            Stage::List(Era::Newer) => "list-100-newer",
        }
    }

    /// Passes of the shorter and of the longer run, enough to average occasional work.
    pub const fn rounds(self) -> (usize, usize) {
        match self {
            Stage::Arguments
            | Stage::OddArguments
            | Stage::RefusedArguments
            | Stage::Message(_)
            | Stage::OddMessage => (200, 2_200),
            Stage::Dispatch(_) | Stage::Http(_) => (200, 1_200),
            Stage::List(_) => (2, 12),
        }
    }

    /// Runs the stage `rounds` times.
    ///
    /// # Errors
    /// Returns an error if a result is wrong, because its figure would be meaningless.
    pub async fn pass(self, rounds: usize) -> Result<(), String> {
        let server = match self {
            Stage::List(_) => ToolServer::new("orders", "1.0.0").tools(tools::HUNDRED),
            _ => ToolServer::new("orders", "1.0.0").tools(tools::ONE),
        };
        let measured = Measured::start(server).await.map_err(|error| error.to_string())?;
        match self {
            Stage::Arguments => repeated(rounds, || measured.reads("search_orders", black_box(ARGUMENTS))),
            Stage::OddArguments => repeated(rounds, || measured.reads("search_orders", black_box(ODD))),
            Stage::RefusedArguments => {
                repeated(rounds, || !measured.reads("search_orders", black_box(REFUSED)))
            }
            Stage::Message(era) => {
                let body = call(era);
                repeated(rounds, || measured.reads_message(black_box(body.as_bytes())))
            }
            Stage::OddMessage => {
                // Unusual forms are left to the full parser.
                let body = call(Era::Newer).replace("tools/call", "tools\\/call").replace(ARGUMENTS, ODD);
                repeated(rounds, || measured.reads_message(black_box(body.as_bytes())))
            }
            Stage::Dispatch(era) => {
                let body = call(era);
                for _ in 0..rounds {
                    let answer = measured.dispatches(black_box(body.as_bytes())).await.unwrap_or_default();
                    let answer = str::from_utf8(&answer).unwrap_or_default();
                    if !answer.contains(EXPECTED) {
                        return Err(format!("the call was answered {answer}"));
                    }
                }
                Ok(())
            }
            Stage::Http(era) => {
                served(
                    &measured,
                    request(era, "tools/call", Some("search_orders"), &call(era)),
                    rounds,
                    EXPECTED,
                )
                .await
            }
            Stage::List(era) => {
                served(&measured, request(era, "tools/list", None, &list(era)), rounds, "\"j9\"").await
            }
        }
    }
}

fn repeated(rounds: usize, succeeds: impl Fn() -> bool) -> Result<(), String> {
    match (0..rounds).all(|_| succeeds()) {
        true => Ok(()),
        false => Err("arguments were parsed with the wrong result".into()),
    }
}

/// Serves a request `rounds` times on one connection.
async fn served(measured: &Measured, request: String, rounds: usize, wanted: &str) -> Result<(), String> {
    let responses = Responses::default();
    measured.serves(Requests::new(request, rounds, responses.clone())).await;
    let (first, bytes) = responses.taken();
    let is_valid =
        first.starts_with("HTTP/1.1 200") && first.contains(wanted) && bytes == first.len() * rounds;
    if is_valid {
        Ok(())
    } else {
        Err(format!("{rounds} requests were answered in {bytes} bytes, the first {first}"))
    }
}

fn call(era: Era) -> String {
    let meta = match era {
        Era::Older => String::new(),
        Era::Newer => format!(r#","_meta":{META}"#),
    };
    format!(
        r#"{{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{{"name":"search_orders","arguments":{ARGUMENTS}{meta}}}}}"#
    )
}

fn list(era: Era) -> String {
    let params = match era {
        Era::Older => "{}".to_owned(),
        Era::Newer => format!(r#"{{"_meta":{META}}}"#),
    };
    format!(r#"{{"jsonrpc":"2.0","id":17,"method":"tools/list","params":{params}}}"#)
}

fn request(era: Era, method: &str, name: Option<&str>, body: &str) -> String {
    let own = match era {
        Era::Older => "MCP-Protocol-Version: 2025-11-25\r\n".to_owned(),
        Era::Newer => {
            let name = name.map_or(String::new(), |name| format!("Mcp-Name: {name}\r\n"));
            format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}")
        }
    };
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: agent/1.0\r\n\
         Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n{own}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
