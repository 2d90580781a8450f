//! What is counted: stations of a call's way, each a number of times.

use std::hint::black_box;

use mcp_tool_runtime::{ToolServer, measure::Measured};

use crate::{
    stream::{Requests, Seen},
    tools,
};

/// A part of the way whose instructions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    Arguments,
    OddArguments,
    RefusedArguments,
    Message(Era),
    OddMessage,
    Dispatch(Era),
    Http(Era),
    List(Era),
}

/// The revision of the protocol that a message is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Older,
    Newer,
}

const ARGUMENTS: &str = r#"{"query":"blue kettle 2","limit":25,"status":"paid","tags":["kitchen","gift"]}"#;
/// The same, as few clients write it: escapes, spaces, and another order.
const ODD: &str = r#"{ "tags" : [ "kit\u0063hen", "gift" ], "limit": 25.0, "st\u0061tus": "paid", "query": "blue kettle\u00202" }"#;
/// What the answer holds.
const HELD: &str = "blue kettle 2";
/// Three mistakes.
const REFUSED: &str = r#"{"query":"Blue Kettle","limit":250,"status":"lost","tags":["kitchen","gift"]}"#;

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"agent","version":"1.0"},"io.modelcontextprotocol/clientCapabilities":{}}"#;

impl Station {
    pub const ALL: [Station; 12] = [
        Station::Arguments,
        Station::OddArguments,
        Station::RefusedArguments,
        Station::Message(Era::Older),
        Station::Message(Era::Newer),
        Station::OddMessage,
        Station::Dispatch(Era::Older),
        Station::Dispatch(Era::Newer),
        Station::Http(Era::Older),
        Station::Http(Era::Newer),
        Station::List(Era::Older),
        Station::List(Era::Newer),
    ];

    /// By this name it stands among the figures.
    pub const fn name(self) -> &'static str {
        match self {
            Station::Arguments => "arguments",
            Station::OddArguments => "arguments-odd",
            Station::RefusedArguments => "arguments-refused",
            Station::Message(Era::Older) => "message-older",
            Station::Message(Era::Newer) => "message-newer",
            Station::OddMessage => "message-odd",
            Station::Dispatch(Era::Older) => "dispatch-older",
            Station::Dispatch(Era::Newer) => "dispatch-newer",
            Station::Http(Era::Older) => "http-older",
            Station::Http(Era::Newer) => "http-newer",
            Station::List(Era::Older) => "list-100-older",
            Station::List(Era::Newer) => "list-100-newer",
        }
    }

    /// How often it is passed in the shorter of two runs, and in the longer: enough that what happens now and then
    /// counts as what it costs on average.
    pub const fn rounds(self) -> (usize, usize) {
        match self {
            Station::Arguments
            | Station::OddArguments
            | Station::RefusedArguments
            | Station::Message(_)
            | Station::OddMessage => (200, 2_200),
            Station::Dispatch(_) | Station::Http(_) => (200, 1_200),
            Station::List(_) => (2, 12),
        }
    }

    /// Passes it so many times.
    ///
    /// # Errors
    /// What didn't go as it should: a figure of something else would say nothing.
    pub async fn pass(self, rounds: usize) -> Result<(), String> {
        let server = match self {
            Station::List(_) => ToolServer::new("orders", "1.0.0").tools(tools::HUNDRED),
            _ => ToolServer::new("orders", "1.0.0").tools(tools::ONE),
        };
        let measured = Measured::start(server).await.map_err(|error| error.to_string())?;
        match self {
            Station::Arguments => repeated(rounds, || measured.reads("search_orders", black_box(ARGUMENTS))),
            Station::OddArguments => repeated(rounds, || measured.reads("search_orders", black_box(ODD))),
            Station::RefusedArguments => {
                repeated(rounds, || !measured.reads("search_orders", black_box(REFUSED)))
            }
            Station::Message(era) => {
                let body = call(era);
                repeated(rounds, || measured.reads_message(black_box(body.as_bytes())))
            }
            Station::OddMessage => {
                // What few clients write is left to the careful reader.
                let body = call(Era::Newer).replace("tools/call", "tools\\/call").replace(ARGUMENTS, ODD);
                repeated(rounds, || measured.reads_message(black_box(body.as_bytes())))
            }
            Station::Dispatch(era) => {
                let body = call(era);
                for _ in 0..rounds {
                    let answer = measured.dispatches(black_box(body.as_bytes())).await.unwrap_or_default();
                    let answer = str::from_utf8(&answer).unwrap_or_default();
                    if !answer.contains(HELD) {
                        return Err(format!("the call was answered {answer}"));
                    }
                }
                Ok(())
            }
            Station::Http(era) => {
                served(&measured, request(era, "tools/call", Some("search_orders"), &call(era)), rounds, HELD)
                    .await
            }
            Station::List(era) => {
                served(&measured, request(era, "tools/list", None, &list(era)), rounds, "\"j9\"").await
            }
        }
    }
}

fn repeated(rounds: usize, goes_well: impl Fn() -> bool) -> Result<(), String> {
    match (0..rounds).all(|_| goes_well()) {
        true => Ok(()),
        false => Err("arguments were judged otherwise than they should be".into()),
    }
}

/// Serves that request so many times on one connection.
async fn served(measured: &Measured, request: String, rounds: usize, wanted: &str) -> Result<(), String> {
    let seen = Seen::default();
    measured.serves(Requests::new(request, rounds, seen.clone())).await;
    let (first, bytes) = seen.taken();
    let fine = first.starts_with("HTTP/1.1 200") && first.contains(wanted) && bytes == first.len() * rounds;
    if fine {
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
