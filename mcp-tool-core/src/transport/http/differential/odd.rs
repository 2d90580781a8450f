//! Messages and requests in forms that few clients use.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::{
    exchange::{Era, Exchange, Kind, META_CAPABILITIES, META_VERSION, encoded},
    make::{META_REQUIRES, Maker},
    spelling::{Spelling, raw, write},
};

/// Values in the place of others.
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

/// Numbers that some take for others, and what some take for numbers.
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

impl Maker {
    pub(super) fn odd(&mut self) -> Exchange {
        match self.random.below(21) {
            0..5 => self.respelt(),
            5 | 6 => self.odd_numbers(),
            7 => self.odd_id(),
            8 | 9 => self.odd_member(),
            10 | 11 => self.odd_meta(),
            12 => self.around(),
            13 => self.nested(),
            14 => self.batch(),
            15 => self.bytes_in_strings(),
            16 => self.framed(),
            17 => self.odd_types(),
            18 => self.odd_headers(),
            19 => self.odd_cursor(),
            _ => self.odd_target(),
        }
    }

    fn odd_as(&mut self, form: impl Into<String>, message: &Value) -> Exchange {
        let body = write(&mut self.random, message, Spelling::default());
        Exchange::of(Kind::Odd, form, message, body)
    }

    fn respelt(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut spelling = Spelling::default();
        let form = match self.random.below(7) {
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
                "numbers otherwise"
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
        Exchange::of(Kind::Odd, form, &message, body)
    }

    fn odd_numbers(&mut self) -> Exchange {
        let era = self.era();
        let (tool, arguments) =
            [("measure", "n"), ("numbers", "whole"), ("numbers", "small"), ("numbers", "ratio")]
                [self.random.below(4)];
        let mut call = self.call_to(era, tool);
        let number = self.random.pick(NUMBERS);
        call["params"]["arguments"][arguments] = raw(number);
        self.odd_as(format!("the number {number}"), &call)
    }

    fn odd_id(&mut self) -> Exchange {
        let (_, mut message) = self.message();
        let (long, longer) = (format!("\"{}\"", "i".repeat(510)), format!("\"{}\"", "i".repeat(511)));
        let id = match self.random.below(4) {
            0 => self.random.pick(VALUES),
            1 | 2 => self.random.pick(NUMBERS),
            _ => self.random.pick(&[long.as_str(), &longer]),
        };
        message["id"] = raw(id);
        self.odd_as(format!("the id {}", &id[..id.len().min(24)]), &message)
    }

    /// Another value for one member of the message or its parameters.
    fn odd_member(&mut self) -> Exchange {
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
        let whole = message.clone();
        let value = self.random.pick(VALUES);
        match name {
            "params" if self.random.chance(20) => {
                let note =
                    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": raw(value) });
                return self.odd_as(format!("a notification's params are {value}"), &note);
            }
            "jsonrpc" | "method" | "params" | "result" | "error" => message[name] = raw(value),
            name if message["params"].is_object() => message["params"][name] = raw(value),
            _ => message["params"] = raw(value),
        }
        let body = write(&mut self.random, &message, Spelling::default());
        Exchange::of(Kind::Odd, format!("{name} is {value}"), &whole, body)
    }

    /// A list from a place that nobody gave, or from none.
    fn odd_cursor(&mut self) -> Exchange {
        let era = self.era();
        let (_, mut list) = self.request(era, "ListToolsRequest");
        let value = self.random.pick(VALUES);
        list["params"]["cursor"] = raw(value);
        self.odd_as(format!("the cursor {value}"), &list)
    }

    /// Another value for one member of `_meta`.
    fn odd_meta(&mut self) -> Exchange {
        let era = self.era();
        let mut message = if self.random.chance(70) { self.call(era) } else { self.message().1 };
        let whole = message.clone();
        let name = self.random.pick(&[
            "progressToken",
            "progressToken",
            META_VERSION,
            META_CAPABILITIES,
            META_REQUIRES,
            "io.modelcontextprotocol/clientInfo",
            "io.modelcontextprotocol/logLevel",
            "traceparent",
        ]);
        let value = self.random.pick(VALUES);
        if !message["params"]["_meta"].is_object() {
            message["params"]["_meta"] = json!({});
        }
        message["params"]["_meta"][name] = raw(value);
        let body = write(&mut self.random, &message, Spelling::default());
        Exchange::of(Kind::Odd, format!("_meta: {name} is {value}"), &whole, body)
    }

    /// With something before or after.
    fn around(&mut self) -> Exchange {
        let (_, message) = self.message();
        let text = message.to_string();
        let (form, body): (&str, Vec<u8>) = match self.random.below(10) {
            0 => ("a BOM", [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat()),
            1 => ("a line's end after", format!("{text}\r\n").into_bytes()),
            2 => ("a NUL after", format!("{text}\0").into_bytes()),
            3 => ("a brace after", format!("{text}}}").into_bytes()),
            4 => ("twice", format!("{text}{text}").into_bytes()),
            5 => ("a comment", format!("/* */{text}").into_bytes()),
            6 => ("nothing", Vec::new()),
            7 => ("only spaces", b" \r\n\t ".to_vec()),
            8 => ("a form feed before", format!("\u{c}{text}").into_bytes()),
            _ => ("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        };
        Exchange::of(Kind::Odd, form, &message, body)
    }

    /// Deep, at the limits of either side and beyond.
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
        self.odd_as("deep", &call)
    }

    fn batch(&mut self) -> Exchange {
        let (_, message) = self.message();
        let (form, batch) = match self.random.below(4) {
            0 => ("a batch of none", json!([])),
            1 => ("a batch of one", json!([message])),
            2 => ("a batch of two", json!([message, self.message().1])),
            _ => {
                let scalar = self.random.pick(VALUES);
                ("another value", raw(scalar))
            }
        };
        let body = write(&mut self.random, &batch, Spelling::default());
        Exchange::of(Kind::Odd, form, &message, body)
    }

    /// Bytes in a text that JSON or UTF-8 forbids, or that few send.
    fn bytes_in_strings(&mut self) -> Exchange {
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
        Exchange::of(Kind::Odd, "bytes in a text", &call, body)
    }

    /// In chunks, or larger than is taken.
    fn framed(&mut self) -> Exchange {
        let (form, message) = self.message();
        let mut made = self.odd_as(format!("in chunks: {form}"), &message);
        made.chunk = Some([1, 2, 3, 7, 64, 1_000, 100_000][self.random.below(7)]);
        made
    }

    /// Other spellings of what is sent and taken.
    fn odd_types(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut made = self.odd_as("", &message);
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
        made.form = format!("{name}: {value}");
        made
    }

    /// Headers twice, in other letters, in other values.
    fn odd_headers(&mut self) -> Exchange {
        let era = if self.random.chance(70) { Era::Modern } else { Era::Legacy };
        let message = if self.random.chance(70) { self.call(era) } else { self.message().1 };
        let mut made = self.odd_as("", &message);
        let form = match self.random.below(9) {
            0 => {
                made.headers.iter_mut().for_each(|(name, _)| *name = name.to_ascii_uppercase());
                "headers in capitals"
            }
            1 => {
                made.headers.iter_mut().for_each(|(_, value)| *value = format!(" \t{value}\t "));
                "spaces about the values"
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
                &format!("{name} again")
            }
            4 => {
                if let Some(name) = message["params"]["name"].as_str() {
                    made.set("Mcp-Name", &format!("=?base64?{}?=", BASE64.encode(name)));
                }
                "the name in Base64"
            }
            5 => {
                made.set("Mcp-Session-Id", "0123");
                "a session that isn't there"
            }
            6 => {
                made.set("Last-Event-ID", "1/0");
                "a last event"
            }
            7 => {
                made.set("Mcp-Param-Name", &encoded("other"));
                "a parameter's header that no tool declares"
            }
            _ => {
                made.set("Connection", "close");
                "the last of its connection"
            }
        };
        Exchange { form: form.to_owned(), ..made }
    }

    /// Other methods and paths.
    fn odd_target(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut made = self.odd_as("", &message);
        if self.random.chance(60) {
            made.method = self
                .random
                .pick(&["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "post", "PURGE"]);
        } else {
            made.path =
                self.random.pick(&["/", "/mcp/", "/mcp?x=1", "/MCP", "/mcp%20", "/mcp/x", "//mcp", "/mc%70"]);
        }
        made.form = format!("{} {}", made.method, made.path);
        made
    }
}
