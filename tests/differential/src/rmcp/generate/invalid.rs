//! Generator of invalid requests, spelled as clients usually spell them. Most have one mistake, some have two, and a
//! few are valid by chance.

use serde_json::{Value, json};

use super::{Generator, schema};
use crate::rmcp::exchange::{Category, Era, Exchange, META_CAPABILITIES, META_REQUIRES, META_VERSION};

impl Generator {
    /// Returns an invalid request.
    pub(crate) fn invalid(&mut self) -> Exchange {
        let era = self.era();
        match self.random.below(14) {
            0..4 => self.wrong_argument(era),
            4 => {
                let mut call = self.call(era);
                let name =
                    self.random.pick(&["nothing", "", "measure_v7", "Measure", "measure ", "relay_v3", "é"]);
                call["params"]["name"] = json!(name);
                Exchange::of(Category::Invalid, "unknown tool", &call, call.to_string())
            }
            5 => self.missing_member(),
            6 | 7 => self.wrong_type(),
            8 => {
                let (_, mut message) = self.message();
                let version = self.random.pick(&["1999-01-01", "2026-07-29", "", "2025-11-25", "latest"]);
                message["params"]["_meta"][META_VERSION] = json!(version);
                Exchange::of(Category::Invalid, "another version", &message, message.to_string())
            }
            9 => self.wrong_header(),
            10 => {
                let mut call = self.call(era);
                let requires = self.random.below(7);
                call["params"]["_meta"][META_REQUIRES] = [
                    json!("newest"),
                    json!(1),
                    json!(null),
                    json!("sha256:12"),
                    json!("^9"),
                    json!("<1"),
                    json!(""),
                ][requires]
                    .clone();
                Exchange::of(Category::Invalid, "unsatisfied requirement", &call, call.to_string())
            }
            11 => {
                let mut call = self.call(era);
                let method = self.random.pick(&[
                    "tools/calls",
                    "tools",
                    "",
                    "rpc.discover",
                    "Tools/Call",
                    "tools/call ",
                ]);
                call["method"] = json!(method);
                Exchange::of(Category::Invalid, "unknown method", &call, call.to_string())
            }
            12 => {
                let mut call = self.call(era);
                let (name, value) = [
                    ("requestState", json!("s")),
                    ("inputResponses", json!({})),
                    ("task", json!({ "ttl": 60_000 })),
                ][self.random.below(3)]
                .clone();
                call["params"][name] = value;
                Exchange::of(Category::Invalid, format!("with {name}"), &call, call.to_string())
            }
            _ => self.broken(),
        }
    }

    fn wrong_argument(&mut self, era: Era) -> Exchange {
        let mut call = self.call(era);
        let random = &mut self.random;
        let arguments = &mut call["params"]["arguments"];
        if !arguments.is_object() {
            *arguments = json!({});
        }
        let arguments = arguments.as_object_mut().unwrap();
        let names: Vec<String> = arguments.keys().cloned().collect();
        let variation = match (names.is_empty(), random.below(4)) {
            (true, _) | (false, 0) => {
                arguments.insert(schema::letters(random, 5), json!(1));
                "unknown argument"
            }
            (false, 1) => {
                arguments.remove(&names[random.below(names.len())]);
                "missing argument"
            }
            (false, 2) => {
                arguments[&names[random.below(names.len())]] = schema::anything(random, 2);
                "wrong type of argument"
            }
            (false, _) => {
                let outside = [
                    json!(-1),
                    json!(11),
                    json!(1_000_000),
                    json!(1e308),
                    json!(0.5),
                    json!(u64::MAX),
                    json!(""),
                    json!("x".repeat(3_000)),
                    json!(["a", "b", "c", "d", "e"]),
                    json!([]),
                    json!("Fast"),
                ];
                arguments[&names[random.below(names.len())]] = outside[random.below(outside.len())].clone();
                "argument out of bounds"
            }
        };
        Exchange::of(Category::Invalid, variation, &call, call.to_string())
    }

    /// Removes a member of the message, of its parameters or of its `_meta`.
    fn missing_member(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut incomplete = message.clone();
        let at = ["", "/params", "/params/_meta"][self.random.below(3)];
        let mut variation = "nothing missing".to_owned();
        if let Some(members) = incomplete.pointer_mut(at).and_then(Value::as_object_mut) {
            let names: Vec<String> = members.keys().cloned().collect();
            if !names.is_empty() {
                let name = &names[self.random.below(names.len())];
                members.remove(name);
                variation = format!("without {name}");
            }
        }
        let headers = if self.random.chance(50) { &message } else { &incomplete };
        Exchange::of(Category::Invalid, variation, headers, incomplete.to_string())
    }

    /// Replaces the value of a member by any JSON value.
    fn wrong_type(&mut self) -> Exchange {
        let (_, message) = self.message();
        let mut changed = message.clone();
        let at = ["", "/params", "/params/_meta", "/params/_meta", "/params/arguments"][self.random.below(5)];
        let mut variation = "nothing changed".to_owned();
        if let Some(members) = changed.pointer_mut(at).and_then(Value::as_object_mut) {
            let names: Vec<String> = members.keys().cloned().collect();
            if !names.is_empty() {
                let name = &names[self.random.below(names.len())];
                members[name] = schema::anything(&mut self.random, 2);
                variation = format!("another {name}");
            }
        }
        Exchange::of(Category::Invalid, variation, &message, changed.to_string())
    }

    /// Changes a header that mirrors the body, or removes the client capabilities.
    fn wrong_header(&mut self) -> Exchange {
        let era = self.era();
        let mut message = if self.random.chance(70) { self.call(era) } else { self.message().1 };
        let mut made = Exchange::of(Category::Invalid, "", &message, message.to_string());
        let variation = match self.random.below(10) {
            8 | 9 => return self.wrong_parameter_header(),
            0 => {
                made.set("MCP-Protocol-Version", "2025-06-18");
                "another version in the header"
            }
            1 => {
                made.set("MCP-Protocol-Version", "2026-07-28");
                "the newer version in the header"
            }
            2 if self.random.chance(50) => {
                let meta = message["params"]["_meta"].as_object_mut();
                meta.map(|meta| meta.remove(META_CAPABILITIES));
                made.body = message.to_string().into_bytes();
                made.set("Mcp-Name", "other");
                "another name in the header, and no capabilities"
            }
            2 => {
                made.set("MCP-Protocol-Version", "1999-01-01");
                "an unknown version in the header"
            }
            3 => {
                made.unset("MCP-Protocol-Version");
                "no version in the header"
            }
            4 => {
                made.set("Mcp-Method", "tools/list");
                "another method in the header"
            }
            5 => {
                made.unset("Mcp-Method");
                made.unset("Mcp-Name");
                "no method and no name in the headers"
            }
            6 => {
                // The valid Base64 is `measure`, the name of a tool.
                let name =
                    self.random.pick(&["other", "", "=?base64?!!?=", "=?base64?bWVhc3VyZQ==?=", "MEASURE"]);
                made.set("Mcp-Name", name);
                "another name in the header"
            }
            _ => {
                let meta = message["params"]["_meta"].as_object_mut();
                meta.map(|meta| meta.remove(META_CAPABILITIES));
                made.body = message.to_string().into_bytes();
                "no capabilities"
            }
        };
        Exchange { variation: variation.to_owned(), ..made }
    }

    /// Changes a header that mirrors an argument.
    fn wrong_parameter_header(&mut self) -> Exchange {
        let call = self.call_to(Era::Modern, "mirrored");
        let mut made = Exchange::of(Category::Invalid, "", &call, call.to_string());
        // No argument declares `Mcp-Param-None`.
        let name =
            self.random.pick(&["Mcp-Param-Region", "mcp-param-row", "Mcp-Param-Dry-Run", "Mcp-Param-None"]);
        let values =
            ["", "0", "1.0", "1e0", "-1", "+1", "true", "True", "a", "=?base64?!?=", "=?base64?YQ==?=", "é"];
        let variation = match self.random.below(5) {
            0 => {
                made.unset(name);
                "a missing header"
            }
            1 => {
                let value = made.header(name).unwrap_or("1").to_owned();
                made.headers.push((name.to_owned(), value));
                "a duplicate header"
            }
            _ => {
                made.set(name, self.random.pick(&values));
                "another value in a header"
            }
        };
        Exchange { variation: variation.to_owned(), ..made }
    }

    /// Makes the body invalid JSON.
    fn broken(&mut self) -> Exchange {
        let (_, message) = self.message();
        let text = message.to_string();
        let at = 1 + self.random.below(text.len() - 1);
        let body = match self.random.below(4) {
            0 => text.as_bytes()[..at].to_vec(),
            1 => text.replace('"', "'").into_bytes(),
            2 => text.replacen('}', ",}", 1).into_bytes(),
            _ => text.replacen(':', "=", 1).into_bytes(),
        };
        Exchange::of(Category::Invalid, "broken JSON", &message, body)
    }
}
