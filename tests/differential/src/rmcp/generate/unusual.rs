//! Generator of unusual requests, valid or invalid, in forms that few clients use.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::{
    Generator,
    spelling::{Spelling, raw, write},
};
use crate::rmcp::exchange::{
    Category, Era, Exchange, META_CAPABILITIES, META_CLIENT, META_LOG_LEVEL, META_REQUIRES, META_VERSION,
    encoded,
};

/// JSON texts that replace the value of a member.
const VALUES: &[&str] = &[
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"x\"",
    "7",
    "1.0",
    "1e2",
    "-0",
    "-1",
    "[1]",
    "{\"a\":1}",
    "\"\\u0061\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
];

/// Numbers that some parsers confuse with other numbers, and texts that some parsers accept as numbers.
const NUMBERS: &[&str] = &[
    "1.0",
    "1e0",
    "10e-1",
    "0.1e1",
    "1E+0",
    "-0",
    "-0.0",
    "0e999",
    "1e400",
    "-1e400",
    "1e-400",
    "01",
    "+1",
    ".5",
    "5.",
    "0x1",
    "1_0",
    "NaN",
    "Infinity",
    "-",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1.0000000000000000001",
    "123456789012345678901234567890",
    "1e18446744073709551616",
    "\"1\"",
    "3.0000",
    "2.5",
];

impl Generator {
    /// Returns an unusual request.
    pub(crate) fn unusual(&mut self) -> Exchange {
        match self.random.below(21) {
            0..5 => self.respelled(),
            5 | 6 => self.unusual_number(),
            7 => self.unusual_id(),
            8 | 9 => self.unusual_member(),
            10 | 11 => self.unusual_meta(),
            12 => self.surrounded(),
            13 => self.nested(),
            14 => self.batch(),
            15 => self.unusual_bytes(),
            16 => self.chunked(),
            17 => self.unusual_media_type(),
            18 => self.unusual_headers(),
            19 => self.unusual_cursor(),
            _ => self.unusual_target(),
        }
    }

    /// Returns a request with this message. Values from [`raw`] are written as their text, which may be invalid JSON.
    fn unusual_as(&mut self, variation: impl Into<String>, message: &Value) -> Exchange {
        let body = write(&mut self.random, message, Spelling::default());
        Exchange::of(Category::Unusual, variation, message, body)
    }

    /// Writes a valid message in an unusual spelling, or with duplicate or unknown members.
    fn respelled(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut spelling = Spelling::default();
        let variation = match self.random.below(7) {
            0 => {
                spelling.spaces = true;
                "spaces"
            }
            1 => {
                spelling.escapes = true;
                "escapes"
            }
            2 => {
                spelling.order = true;
                "another order"
            }
            3 => {
                spelling.numbers = true;
                "other spellings of numbers"
            }
            4 => {
                spelling.duplicates = true;
                "duplicate members"
            }
            5 => {
                spelling.unknown = true;
                "unknown members"
            }
            _ => {
                spelling = Spelling { spaces: true, escapes: true, order: true, ..spelling };
                "spaces, escapes and another order"
            }
        };
        let body = write(&mut self.random, &message, spelling);
        Exchange::of(Category::Unusual, variation, &message, body)
    }

    fn unusual_number(&mut self) -> Exchange {
        let era = self.era();
        let (tool, argument) =
            [("measure", "n"), ("numbers", "whole"), ("numbers", "small"), ("numbers", "ratio")]
                [self.random.below(4)];
        let mut call = self.call_to(era, tool);
        let number = self.random.pick(NUMBERS);
        call["params"]["arguments"][argument] = raw(number);
        self.unusual_as(format!("the number {number}"), &call)
    }

    fn unusual_id(&mut self) -> Exchange {
        let (_, mut message) = self.message();
        // With their quotes, they have 512 and 513 bytes. The listener accepts ids of at most 512 bytes.
        let (long, longer) = (format!("\"{}\"", "i".repeat(510)), format!("\"{}\"", "i".repeat(511)));
        let id = match self.random.below(4) {
            0 => self.random.pick(VALUES),
            1 | 2 => self.random.pick(NUMBERS),
            _ => self.random.pick(&[long.as_str(), &longer]),
        };
        message["id"] = raw(id);
        self.unusual_as(format!("the id {}", &id[..id.len().min(24)]), &message)
    }

    /// Replaces or adds a member of the message or of its parameters, or sends a notification with unusual `params`.
    fn unusual_member(&mut self) -> Exchange {
        let era = self.era();
        let mut message = if self.random.chance(70) { self.call(era) } else { self.message().1 };
        let name = self.random.pick(&[
            "jsonrpc",
            "method",
            "params",
            "params",
            "name",
            "arguments",
            "arguments",
            "_meta",
            "cursor",
            "result",
            "error",
        ]);
        // The headers are those of the original message.
        let original = message.clone();
        let value = self.random.pick(VALUES);
        match name {
            "params" if self.random.chance(20) => {
                let notification =
                    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": raw(value) });
                return self.unusual_as(format!("a notification's params are {value}"), &notification);
            }
            "jsonrpc" | "method" | "params" | "result" | "error" => message[name] = raw(value),
            name if message["params"].is_object() => message["params"][name] = raw(value),
            _ => message["params"] = raw(value),
        }
        let body = write(&mut self.random, &message, Spelling::default());
        Exchange::of(Category::Unusual, format!("{name} is {value}"), &original, body)
    }

    /// Lists tools with a cursor that the server never issued.
    fn unusual_cursor(&mut self) -> Exchange {
        let era = self.era();
        let (_, mut list) = self.request(era, "ListToolsRequest");
        let value = self.random.pick(VALUES);
        list["params"]["cursor"] = raw(value);
        self.unusual_as(format!("the cursor {value}"), &list)
    }

    /// Replaces or adds a member of `_meta`.
    fn unusual_meta(&mut self) -> Exchange {
        let era = self.era();
        let mut message = if self.random.chance(70) { self.call(era) } else { self.message().1 };
        // The headers are those of the original message.
        let original = message.clone();
        let name = self.random.pick(&[
            "progressToken",
            "progressToken",
            META_VERSION,
            META_CAPABILITIES,
            META_REQUIRES,
            META_CLIENT,
            META_LOG_LEVEL,
            "traceparent",
        ]);
        let value = self.random.pick(VALUES);
        if !message["params"]["_meta"].is_object() {
            message["params"]["_meta"] = json!({});
        }
        message["params"]["_meta"][name] = raw(value);
        let body = write(&mut self.random, &message, Spelling::default());
        Exchange::of(Category::Unusual, format!("_meta: {name} is {value}"), &original, body)
    }

    /// Adds bytes before or after the message, or replaces or re-encodes it.
    fn surrounded(&mut self) -> Exchange {
        let (_, message) = self.message();
        let text = message.to_string();
        let (variation, body): (&str, Vec<u8>) = match self.random.below(10) {
            0 => ("a BOM", [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat()),
            1 => ("a line break after", format!("{text}\r\n").into_bytes()),
            2 => ("a NUL after", format!("{text}\0").into_bytes()),
            3 => ("a brace after", format!("{text}}}").into_bytes()),
            4 => ("the message twice", format!("{text}{text}").into_bytes()),
            5 => ("a comment", format!("/* */{text}").into_bytes()),
            6 => ("an empty body", Vec::new()),
            7 => ("only spaces", b" \r\n\t ".to_vec()),
            8 => ("a form feed before", format!("\u{c}{text}").into_bytes()),
            _ => ("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        };
        Exchange::of(Category::Unusual, variation, &message, body)
    }

    /// Nests values up to the nesting limit of either server, or deeper.
    fn nested(&mut self) -> Exchange {
        let era = self.era();
        let mut call = self.call(era);
        let depth = [1, 20, 60, 61, 62, 63, 64, 65, 66, 100, 120, 124, 126, 127, 128, 129, 200]
            [self.random.below(17)];
        let is_list = self.random.chance(50);
        let (open, close) = if is_list { ("[", "]") } else { ("{\"a\":", "}") };
        let deep = raw(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
        match self.random.below(3) {
            0 => call["extra"] = deep,
            1 => call["params"]["_meta"]["example.com/deep"] = deep,
            _ => call["params"]["arguments"]["deep"] = deep,
        }
        self.unusual_as("deep nesting", &call)
    }

    fn batch(&mut self) -> Exchange {
        let (_, message) = self.message();
        let (variation, batch) = match self.random.below(4) {
            0 => ("an empty batch", json!([])),
            1 => ("a batch of one", json!([message])),
            2 => ("a batch of two", json!([message, self.message().1])),
            _ => {
                let scalar = self.random.pick(VALUES);
                ("a value that is no object", raw(scalar))
            }
        };
        let body = write(&mut self.random, &batch, Spelling::default());
        Exchange::of(Category::Unusual, variation, &message, body)
    }

    /// Puts bytes into a string: bytes that JSON or UTF-8 forbids there, or that few clients send.
    fn unusual_bytes(&mut self) -> Exchange {
        let era = self.era();
        let mut call = self.call_to(era, "echo");
        call["params"]["arguments"]["text"] = json!("MARK");
        let inside: &[u8] = match self.random.below(14) {
            0 => b"\xff",
            1 => b"\xc3",
            2 => b"\xc0\x80",
            3 => b"\xed\xa0\x80",
            4 => b"\xf4\x90\x80\x80",
            5 => b"\n",
            6 => b"\0",
            7 => b"\\x41",
            8 => b"\\u12",
            9 => b"\\ud83d",
            10 => b"\\ude00\\ud83d",
            11 => b"\\ud83d\\u0041",
            12 => b"\x7f\\u007F\xef\xbf\xbf",
            _ => b"\\ud83d\\ude00\\b\\f\\/\\\"",
        };
        let text = call.to_string();
        let (before, after) = text.split_once("MARK").unwrap();
        let body = [before.as_bytes(), inside, after.as_bytes()].concat();
        Exchange::of(Category::Unusual, "unusual bytes in a string", &call, body)
    }

    /// Sends the body chunked.
    fn chunked(&mut self) -> Exchange {
        let (variation, message) = self.message();
        let mut made = self.unusual_as(format!("chunked: {variation}"), &message);
        made.chunk = Some([1, 2, 3, 7, 64, 1_000, 100_000][self.random.below(7)]);
        made
    }

    /// Replaces `Content-Type` or `Accept`.
    fn unusual_media_type(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut made = self.unusual_as("", &message);
        let (name, value) = if self.random.chance(50) {
            let types = [
                "application/json; charset=utf-8",
                "application/json;charset=UTF-8",
                "APPLICATION/JSON",
                "application/json ; a=b",
                "application/json;",
                "application/json; charset=iso-8859-1",
                "text/json",
                "application/jsonx",
                "application/json, text/plain",
                "application/vnd.api+json",
                "*/*",
                "",
                "json",
                "text/plain",
            ];
            ("Content-Type", types[self.random.below(types.len())])
        } else {
            let types = [
                "*/*",
                "application/*, text/*",
                "application/json",
                "text/event-stream",
                "",
                "text/html",
                "application/json;q=0.5, text/event-stream;q=0",
                "APPLICATION/JSON, TEXT/EVENT-STREAM",
                "text/event-stream,application/json",
                "application/json; charset=utf-8, text/event-stream, */*;q=0.1",
            ];
            ("Accept", types[self.random.below(types.len())])
        };
        made.set(name, value);
        made.variation = format!("{name}: {value}");
        made
    }

    /// Duplicates headers, respells them, or adds some.
    fn unusual_headers(&mut self) -> Exchange {
        let era = if self.random.chance(70) { Era::Modern } else { Era::Legacy };
        let message = if self.random.chance(70) { self.call(era) } else { self.message().1 };
        let mut made = self.unusual_as("", &message);
        let variation = match self.random.below(9) {
            0 => {
                made.headers.iter_mut().for_each(|(name, _)| *name = name.to_ascii_uppercase());
                "headers in capitals"
            }
            1 => {
                made.headers.iter_mut().for_each(|(_, value)| *value = format!(" \t{value}\t "));
                "spaces around the values"
            }
            2 | 3 => {
                let name = self.random.pick(&[
                    "MCP-Protocol-Version",
                    "Mcp-Method",
                    "Mcp-Name",
                    "Accept",
                    "Content-Type",
                ]);
                match made.header(name).map(str::to_owned) {
                    Some(value) => made.headers.push((name.to_owned(), value)),
                    None => made.headers.push((name.to_owned(), "2025-11-25".to_owned())),
                }
                &format!("{name} twice")
            }
            4 => {
                if let Some(name) = message["params"]["name"].as_str() {
                    made.set("Mcp-Name", &format!("=?base64?{}?=", BASE64.encode(name)));
                }
                "the name in Base64"
            }
            5 => {
                made.set("Mcp-Session-Id", "0123");
                "an unknown session"
            }
            6 => {
                made.set("Last-Event-ID", "1/0");
                "a last event"
            }
            7 => {
                made.set("Mcp-Param-Name", &encoded("other"));
                "a parameter header that no tool declares"
            }
            _ => {
                made.set("Connection", "close");
                "connection: close"
            }
        };
        Exchange { variation: variation.to_owned(), ..made }
    }

    /// Changes the method or the path.
    fn unusual_target(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut made = self.unusual_as("", &message);
        if self.random.chance(60) {
            made.method = self
                .random
                .pick(&["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "post", "PURGE"]);
        } else {
            made.path =
                self.random.pick(&["/", "/mcp/", "/mcp?x=1", "/MCP", "/mcp%20", "/mcp/x", "//mcp", "/mc%70"]);
        }
        made.variation = format!("{} {}", made.method, made.path);
        made
    }
}
