//! Generator of JWT headers and claims as JSON text, valid and invalid.

use super::{
    model::Expectations,
    values::{OFFSETS, USERS, VALUES, WHOLES},
};
use crate::random::Random;

/// Members of an object as JSON text: the name in quotes, and the value.
type Members = Vec<(String, String)>;

/// Generator of headers and claims.
pub(crate) struct Generator {
    pub(crate) random: Random,
    /// Issuer, audience and limits of valid tokens.
    pub(crate) expected: Expectations,
    /// Time at which the tokens are validated, in seconds since 1970.
    pub(crate) now: i64,
}

impl Generator {
    /// Returns a header with this algorithm and `kid`. About three of four headers are valid.
    pub(crate) fn header(&mut self, alg: &str, kid: Option<&str>) -> Vec<u8> {
        let typ = self.random.pick(&[
            "at+jwt",
            "at+jwt",
            "AT+JWT",
            "application/at+jwt",
            "Application/At+Jwt",
            "at+jw\\u0074",
            "at\\u002bjwt",
        ]);
        let mut members = vec![member("alg", &quoted(alg)), member("typ", &quoted(typ))];
        members.extend(kid.map(|kid| member("kid", &quoted(kid))));
        for name in ["jku", "x5u", "jwk", "x5c", "x5t", "cty", "nonce", "x"] {
            if self.random.chance(4) {
                let value = self.random.pick(&["\"https://evil.example\"", "{}", "[\"x\"]", "null", "7"]);
                members.push(member(name, value));
            }
        }
        if self.random.chance(27) {
            self.corrupt_header(&mut members, alg);
        }
        self.write(members)
    }

    /// Makes one change that usually invalidates a header. `alg` is the header's algorithm.
    fn corrupt_header(&mut self, members: &mut Members, alg: &str) {
        match self.random.below(10) {
            0 => {
                let other = self.random.pick(&[
                    "none",
                    "None",
                    "nOnE",
                    "NONE",
                    "",
                    "HS256",
                    "HS512",
                    "RS1",
                    "ES512",
                    "ES256K",
                    "Ed25519",
                    "dir",
                    "RSA-OAEP",
                    "rs256",
                    "RS256 ",
                    "RS\\u0032\\u0035\\u0036",
                    "ES256",
                    "RS256",
                    "PS512",
                ]);
                set(members, "alg", &quoted(other));
            }
            1 => {
                let typ = self.random.pick(&[
                    "JWT",
                    "jwt",
                    "",
                    "at+jwt ",
                    " at+jwt",
                    "id_token",
                    "oauth-id-jag+jwt",
                    "dpop+jwt",
                    "logout+jwt",
                    "application/jwt",
                    "application/application/at+jwt",
                    "text/at+jwt",
                    "at jwt",
                    "at+jwt;v=1",
                    "application/AT+jwt",
                    "secevent+jwt",
                    "at%2Bjwt",
                ]);
                set(members, "typ", &quoted(typ));
            }
            2 => {
                let name = self.random.pick(&["crit", "b64", "zip", "enc", "\\u0063rit", "Crit", "b64 "]);
                let value =
                    self.random.pick(&["[]", "[\"b64\"]", "false", "true", "\"DEF\"", "null", "[\"exp\"]"]);
                members.push(member(name, value));
            }
            3 => {
                let kid = self.random.pick(&[
                    "\"../../dev/null\"",
                    "\"' or 1=1 --\"",
                    "\"\"",
                    "7",
                    "null",
                    "[\"x\"]",
                    "{}",
                    "\"nobody\"",
                    "\"\\u0000\"",
                ]);
                set(members, "kid", kid);
            }
            4 => set(members, "alg", &quoted(&alg.to_ascii_lowercase())),
            _ => self.corrupt(members),
        }
    }

    /// Returns claims. About three of five are valid at `now`.
    pub(crate) fn claims(&mut self) -> Vec<u8> {
        let (issuer, audience) = (quoted(&self.expected.issuer), quoted(&self.expected.audience));
        let aud = match self.random.below(6) {
            0 => format!("[{audience}]"),
            1 => format!("[\"https://other.example\", {audience}]"),
            2 => format!("[{audience},{audience},\"\"]"),
            _ => audience,
        };
        // Together less than the maximum lifetime, which is a day.
        let (ahead, back) = (60 + self.random.below(3_000) as i64, self.random.below(3_000) as i64);
        let mut members = vec![
            member("iss", &issuer.replace('/', self.random.pick(&["/", "/", "/", "\\/"]))),
            member("aud", &aud),
            member("exp", &self.time(ahead)),
        ];
        if self.random.chance(85) {
            members.push(member("iat", &self.time(-back)));
        }
        if self.random.chance(30) {
            members.push(member("nbf", &self.time(-back)));
        }
        let user = quoted(self.random.pick(USERS));
        match self.random.below(5) {
            0 => members.push(member("client_id", &user)),
            1 => members.extend([member("sub", &user), member("client_id", "\"agent-7\"")]),
            _ => members.push(member("sub", &user)),
        }
        for (name, values) in [
            ("scope", &["\"\"", "\"a b\"", "\"specimen:read\""][..]),
            ("scp", &["\"a\"", "[]", "[\"a\",\"b\"]"]),
            ("jti", &["\"1\"", "\"x y\""]),
            ("azp", &["\"agent-7\""]),
            ("auth_time", &["1", "1700000000.5"]),
            ("act", &["{\"sub\":\"x\",\"act\":{\"sub\":\"y\"}}", "null"]),
            ("tenant", &["\"t\"", "7", "[[[[[[[[[[[[[[1]]]]]]]]]]]]]]"]),
            ("Aud", &["7"]),
        ] {
            if self.random.chance(15) {
                members.push(member(name, self.random.pick(values)));
            }
        }
        if self.random.chance(45) {
            self.corrupt_claims(&mut members);
        }
        self.write(members)
    }

    /// Makes one change that usually invalidates claims.
    fn corrupt_claims(&mut self, members: &mut Members) {
        match self.random.below(13) {
            // Claims that mark other tokens than access tokens. They are ignored if the type is `at+jwt`.
            12 => {
                let name = self.random.pick(&["nonce", "at_hash", "c_hash", "typ", "token_use"]);
                let value = self.random.pick(&["\"Bearer\"", "\"access\"", "\"id\"", "\"ID\"", "7", "null"]);
                members.push(member(name, value));
            }
            0..=3 => {
                let name = self.random.pick(&["exp", "exp", "nbf", "iat"]);
                let offset: f64 = self.random.pick(OFFSETS).parse().unwrap_or_default();
                // All offsets are multiples of a quarter of a second, which a double represents exactly.
                let mut time = format!("{}", self.now as f64 + offset);
                if self.random.chance(20) {
                    time = format!("{time}{}", if time.contains('.') { "0" } else { ".0" });
                }
                set(members, name, &time);
            }
            4 => {
                let audience = self.expected.audience.clone();
                let other = audience.replace("https", "http");
                let values = [
                    quoted(&format!("{audience}/")),
                    quoted(&audience[..audience.len() - 1]),
                    quoted(&audience.to_uppercase()),
                    quoted(&other),
                    quoted(&format!(" {audience}")),
                    quoted(&format!("{audience} https://b.example")),
                    format!("[{},7]", quoted(&audience)),
                    format!("[[{}]]", quoted(&audience)),
                    format!("{{{}:1}}", quoted(&audience)),
                    format!("[null,{}]", quoted(&audience)),
                ];
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                set(members, "aud", self.random.pick(&values));
            }
            5 => {
                let issuer = self.expected.issuer.clone();
                let values = [
                    quoted(&format!("{issuer}/")),
                    quoted(&issuer[..issuer.len() - 1]),
                    quoted(&issuer.to_uppercase()),
                    quoted(&format!("{issuer}.evil.example")),
                    format!("[{}]", quoted(&issuer)),
                    quoted("https://evil.example"),
                ];
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                set(members, "iss", self.random.pick(&values));
            }
            // Names on both sides of the maximum of 256 bytes.
            6 => {
                let (length, filling) = (255 + self.random.below(3), self.random.pick(&["x", "é"]));
                let name = self.random.pick(&["sub", "client_id"]);
                let text = filling.repeat(length / filling.len());
                set(members, name, &quoted(&text));
            }
            7 => {
                let name = self.random.pick(&[
                    "sub",
                    "client_id",
                    "jti",
                    "azp",
                    "scope",
                    "scp",
                    "iat",
                    "nbf",
                    "auth_time",
                ]);
                let value = self.random.pick(VALUES);
                set(members, name, value);
            }
            _ => self.corrupt(members),
        }
    }

    /// Makes one change that is possible in every object.
    fn corrupt(&mut self, members: &mut Members) {
        let at = self.random.below(members.len());
        match self.random.below(5) {
            0 => drop(members.remove(at)),
            1 => {
                let (name, value) = members[at].clone();
                let name = if self.random.chance(50) { name } else { escaped(&name) };
                let value = if self.random.chance(50) { value } else { "7".to_owned() };
                let index = self.random.below(members.len() + 1);
                members.insert(index, (name, value));
            }
            2 => members[at].1 = self.random.pick(VALUES).to_owned(),
            3 => members.push(member("deep", self.random.pick(VALUES))),
            // Depths on both sides of the maximum of 16 levels.
            _ => {
                let depth = 12 + self.random.below(8);
                let (open, close) = *self.random.pick(&[&("[", "]"), &("{\"a\":", "}")]);
                let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                members.push(member("deep", &value));
            }
        }
    }

    /// Returns the time `offset` seconds from now, in one of several spellings of a number.
    fn time(&mut self, offset: i64) -> String {
        let time = self.now + offset;
        match self.random.below(12) {
            0 => format!("{time}.5"),
            1 => format!("{time}.0"),
            2 => format!("{time}e0"),
            3 => format!("{}.{:03}E+3", time / 1_000, time % 1_000),
            _ => time.to_string(),
        }
    }

    /// Writes an object with its members in random order, sometimes with white space. Damages 6 of 100 texts.
    fn write(&mut self, mut members: Members) -> Vec<u8> {
        for at in (1..members.len()).rev() {
            members.swap(at, self.random.below(at + 1));
        }
        let has_spaces = self.random.chance(20);
        let mut text = String::from("{");
        for (at, (name, value)) in members.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let name = if self.random.chance(3) { escaped(name) } else { name.clone() };
            let space = if has_spaces { self.random.pick(&["", " ", "\n", "\t", "\r\n"]) } else { "" };
            text.push_str(&format!("{space}{comma}{space}{name}{space}:{value}{space}"));
        }
        text.push('}');
        let text = if has_spaces { format!(" {text}\n") } else { text };
        if self.random.chance(94) { text.into_bytes() } else { self.damage(text.into_bytes()) }
    }

    /// Changes some bytes of a text, or replaces the whole text.
    fn damage(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        let at = self.random.below(text.len());
        let byte = self.random.below(256) as u8;
        match self.random.below(9) {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            2 => drop(text.remove(at)),
            3 => text.truncate(at),
            4 => text.extend_from_slice(self.random.pick(&[
                &b"{}"[..],
                b"x",
                b"\0",
                b" ",
                b",",
                b"}",
                b"\xc2\xa0",
            ])),
            // A byte order mark.
            5 => drop(text.splice(0..0, *b"\xef\xbb\xbf")),
            // Invalid UTF-8.
            6 => drop(text.splice(at..at, *b"\xff\xfe")),
            7 => {
                text = self.random.pick(WHOLES).as_bytes().to_vec();
            }
            _ => text[at] ^= 1 << self.random.below(8),
        }
        text
    }
}

/// Returns a JSON string. `text` is already escaped.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// Returns a member. `name` has no quotes yet, and `value` is JSON text.
fn member(name: &str, value: &str) -> (String, String) {
    (quoted(name), value.to_owned())
}

/// Sets the value of a member, or adds the member.
fn set(members: &mut Members, name: &str, value: &str) {
    let name = quoted(name);
    match members.iter_mut().find(|(given, _)| *given == name) {
        Some((_, old)) => value.clone_into(old),
        None => members.push((name, value.to_owned())),
    }
}

/// Escapes the first letter or digit of a name that is already quoted.
fn escaped(name: &str) -> String {
    match name.as_bytes() {
        [b'"', first, ..] if first.is_ascii_alphanumeric() => format!("\"\\u{first:04x}{}", &name[2..]),
        _ => name.to_owned(),
    }
}
