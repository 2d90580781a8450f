//! The stages of a call whose instructions are counted.

use std::hint::black_box;

use mcp_tool_runtime::ToolServer;

use crate::{
    measured::Measured,
    stream::{Requests, Responses},
    tools,
};

/// A stage of a call. A run passes through one stage many times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reads arguments in their usual form.
    Arguments,
    /// Reads arguments in an unusual form.
    OddArguments,
    /// Reads invalid arguments.
    RefusedArguments,
    /// Reads a `tools/call` message and its arguments.
    Message(Era),
    /// Reads a `tools/call` message and its arguments in an unusual form. The fast path, which is the parser for
    /// messages in usual spelling, leaves it to the full parser.
    OddMessage,
    /// Handles a `tools/call` message: from the bytes of the message to the bytes of the response.
    Dispatch(Era),
    /// Handles a `tools/call` request over HTTP.
    Http(Era),
    /// Handles a `tools/list` request over HTTP, for 100 tools.
    List(Era),
}

/// Protocol era of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2025-11-25 and earlier.
    Legacy,
    /// 2026-07-28.
    Modern,
}

const ARGUMENTS: &str = r#"{"query":"blue kettle 2","limit":25,"status":"paid","tags":["kitchen","gift"]}"#;
/// The same arguments in an unusual form: escapes, spaces, another order, and an integer written as `25.0`.
const ODD: &str = r#"{ "tags" : [ "kit\u0063hen", "gift" ], "limit": 25.0, "st\u0061tus": "paid", "query": "blue kettle\u00202" }"#;
/// Text that the response to a call contains: the query, which the tool returns.
const EXPECTED: &str = "blue kettle 2";
/// Arguments with three violations: in `query`, `limit` and `status`.
const REFUSED: &str = r#"{"query":"Blue Kettle","limit":250,"status":"lost","tags":["kitchen","gift"]}"#;

/// `_meta` of a 2026-07-28 request.
const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"agent","version":"1.0"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

impl Stage {
    pub const ALL: [Stage; 12] = [
        Stage::Arguments,
        Stage::OddArguments,
        Stage::RefusedArguments,
        Stage::Message(Era::Legacy),
        Stage::Message(Era::Modern),
        Stage::OddMessage,
        Stage::Dispatch(Era::Legacy),
        Stage::Dispatch(Era::Modern),
        Stage::Http(Era::Legacy),
        Stage::Http(Era::Modern),
        Stage::List(Era::Legacy),
        Stage::List(Era::Modern),
    ];

    /// Name in `figures.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Arguments => "arguments",
            Stage::OddArguments => "arguments-odd",
            Stage::RefusedArguments => "arguments-refused",
            Stage::Message(Era::Legacy) => "message-legacy",
            Stage::Message(Era::Modern) => "message-modern",
            Stage::OddMessage => "message-odd",
            Stage::Dispatch(Era::Legacy) => "dispatch-legacy",
            Stage::Dispatch(Era::Modern) => "dispatch-modern",
            Stage::Http(Era::Legacy) => "http-legacy",
            Stage::Http(Era::Modern) => "http-modern",
            Stage::List(Era::Legacy) => "list-100-legacy",
            Stage::List(Era::Modern) => "list-100-modern",
        }
    }

    /// Numbers of passes of the shorter and of the longer run. Their difference is large enough that occasional work
    /// averages out.
    pub const fn passes(self) -> (usize, usize) {
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

    /// Runs `passes` passes of the stage.
    ///
    /// # Errors
    /// Returns an error if a result is wrong, because its figure would be meaningless.
    pub async fn run(self, passes: usize) -> Result<(), String> {
        let server = match self {
            Stage::List(_) => ToolServer::new("orders", "1.0.0").tools(tools::HUNDRED),
            _ => ToolServer::new("orders", "1.0.0").tools(tools::ONE),
        };
        let measured = Measured::start(server).await.map_err(|error| error.to_string())?;
        match self {
            Stage::Arguments => {
                repeat(passes, || measured.accepts_arguments("search_orders", black_box(ARGUMENTS)))
            }
            Stage::OddArguments => {
                repeat(passes, || measured.accepts_arguments("search_orders", black_box(ODD)))
            }
            Stage::RefusedArguments => {
                repeat(passes, || !measured.accepts_arguments("search_orders", black_box(REFUSED)))
            }
            Stage::Message(era) => {
                let body = call_message(era);
                repeat(passes, || measured.accepts_message(black_box(body.as_bytes())))
            }
            Stage::OddMessage => {
                let body =
                    call_message(Era::Modern).replace("tools/call", "tools\\/call").replace(ARGUMENTS, ODD);
                repeat(passes, || measured.accepts_message(black_box(body.as_bytes())))
            }
            Stage::Dispatch(era) => {
                let body = call_message(era);
                for _ in 0..passes {
                    let response = measured.dispatch(black_box(body.as_bytes())).await.unwrap_or_default();
                    let response = str::from_utf8(&response).unwrap_or_default();
                    if !response.contains(EXPECTED) {
                        return Err(format!("the call was answered {response}"));
                    }
                }
                Ok(())
            }
            Stage::Http(era) => {
                serve(
                    &measured,
                    http_request(era, "tools/call", Some("search_orders"), &call_message(era)),
                    passes,
                    EXPECTED,
                )
                .await
            }
            // `j9` is the last of the 100 tools.
            Stage::List(era) => {
                serve(&measured, http_request(era, "tools/list", None, &list_message(era)), passes, "\"j9\"")
                    .await
            }
        }
    }
}

/// Runs a pass `passes` times. Returns an error if a pass returns `false`, which means a wrong result.
fn repeat(passes: usize, pass: impl Fn() -> bool) -> Result<(), String> {
    match (0..passes).all(|_| pass()) {
        true => Ok(()),
        false => Err("valid arguments were refused, or invalid ones accepted".into()),
    }
}

/// Serves a request `passes` times on one connection, and checks the responses.
async fn serve(measured: &Measured, request: String, passes: usize, expected: &str) -> Result<(), String> {
    let responses = Responses::default();
    measured.serve(Requests::new(request, passes, responses.clone())).await;
    let (first, size) = responses.first_and_size();
    // All responses must have the same size.
    let is_valid =
        first.starts_with("HTTP/1.1 200") && first.contains(expected) && size == first.len() * passes;
    if is_valid {
        Ok(())
    } else {
        Err(format!("{passes} requests were answered in {size} bytes; the first response was {first}"))
    }
}

fn call_message(era: Era) -> String {
    let meta = match era {
        Era::Legacy => String::new(),
        Era::Modern => format!(r#","_meta":{META}"#),
    };
    format!(
        r#"{{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{{"name":"search_orders","arguments":{ARGUMENTS}{meta}}}}}"#
    )
}

fn list_message(era: Era) -> String {
    let params = match era {
        Era::Legacy => "{}".to_owned(),
        Era::Modern => format!(r#"{{"_meta":{META}}}"#),
    };
    format!(r#"{{"jsonrpc":"2.0","id":17,"method":"tools/list","params":{params}}}"#)
}

fn http_request(era: Era, method: &str, name: Option<&str>, body: &str) -> String {
    let era_headers = match era {
        Era::Legacy => "MCP-Protocol-Version: 2025-11-25\r\n".to_owned(),
        Era::Modern => {
            let name = name.map_or(String::new(), |name| format!("Mcp-Name: {name}\r\n"));
            format!("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {method}\r\n{name}")
        }
    };
    format!(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: agent/1.0\r\n\
         Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n{era_headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
