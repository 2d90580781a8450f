//! JSON parser for RFC 8259. Its tree keeps duplicate members and the spelling of numbers.
//!
//! It is simple and slow, and shares no code with the parsers that it is compared with.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number as it is written in the text.
    Number(String),
    Text(String),
    /// A string with an escape of a lone surrogate. The grammar allows it, although the string is not valid Unicode.
    LoneSurrogate,
    List(Vec<Json>),
    /// Members in order. A name may occur twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses a whole text. Returns `None` unless it is JSON, all numbers are in the range of a double, and no string
    /// has a lone surrogate.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Json> {
        let is_lenient = false;
        Json::read(bytes, is_lenient)
    }

    /// Parses a whole text by the grammar of RFC 8259, which allows numbers of any size and lone surrogates.
    pub(crate) fn parse_grammar(bytes: &[u8]) -> Option<Json> {
        let is_lenient = true;
        Json::read(bytes, is_lenient)
    }

    fn read(bytes: &[u8], is_lenient: bool) -> Option<Json> {
        let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
        let mut reader = Reader { text, at: 0, is_lenient };
        let value = reader.value()?;
        (reader.at == reader.text.len()).then_some(value)
    }

    /// Returns the value of the first member of this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    /// Returns `true` for an object with a member of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// Returns the text if the value is a string without lone surrogates.
    pub(crate) fn text(&self) -> Option<&str> {
        let Json::Text(text) = self else { return None };
        Some(text)
    }

    /// Returns `true` if the value contains an object that has two members of the same name.
    pub(crate) fn has_duplicates(&self) -> bool {
        match self {
            Json::Object(members) => members.iter().enumerate().any(|(at, (name, value))| {
                members[..at].iter().any(|(earlier, _)| earlier == name) || value.has_duplicates()
            }),
            Json::List(items) => items.iter().any(Json::has_duplicates),
            _ => false,
        }
    }

    /// Returns the nesting depth of objects and lists: 0 for a scalar, 1 for an object of scalars.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Json::Object(members) => {
                1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or_default()
            }
            Json::List(items) => 1 + items.iter().map(Json::depth).max().unwrap_or_default(),
            _ => 0,
        }
    }
}

struct Reader {
    text: Vec<char>,
    at: usize,
    /// Numbers of any size and lone surrogates are accepted.
    is_lenient: bool,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    /// If the next character is `expected`, skips it and returns `true`; otherwise returns `false`.
    fn take(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        self.at += usize::from(is_next);
        is_next
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.chars().all(|letter| self.take(letter)).then_some(value)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.at += 1;
        }
    }

    /// Reads a value and the white space around it.
    fn value(&mut self) -> Option<Json> {
        self.space();
        let value = match self.peek()? {
            'n' => self.word("null", Json::Null),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            '"' => self.string().map(|text| text.map_or(Json::LoneSurrogate, Json::Text)),
            '[' => self.list(),
            '{' => self.object(),
            _ => self.number(),
        }?;
        self.space();
        Some(value)
    }

    fn list(&mut self) -> Option<Json> {
        self.at += 1;
        self.space();
        let mut items = Vec::new();
        if self.take(']') {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            match self.next()? {
                ',' => {}
                ']' => return Some(Json::List(items)),
                _ => return None,
            }
        }
    }

    fn object(&mut self) -> Option<Json> {
        self.at += 1;
        self.space();
        let mut members = Vec::new();
        if self.take('}') {
            return Some(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some('"') {
                return None;
            }
            // Each name with a lone surrogate becomes U+FFFD. `has_ambiguous_member` in `rmcp/model/mod.rs` looks for
            // this character.
            let name = self.string()?.unwrap_or_else(|| "\u{fffd}".to_owned());
            self.space();
            if !self.take(':') {
                return None;
            }
            members.push((name, self.value()?));
            match self.next()? {
                ',' => {}
                '}' => return Some(Json::Object(members)),
                _ => return None,
            }
        }
    }

    /// Reads a string. A lenient reader returns `Some(None)` for a string with a lone surrogate.
    fn string(&mut self) -> Option<Option<String>> {
        self.at += 1;
        let mut units: Vec<u16> = Vec::new();
        loop {
            match self.next()? {
                '"' => break,
                '\\' => units.push(self.escaped()?),
                control if control < ' ' => return None,
                other => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
            }
        }
        let text = String::from_utf16(&units).ok();
        (text.is_some() || self.is_lenient).then_some(text)
    }

    /// Reads an escape after its backslash, and returns its UTF-16 code unit.
    fn escaped(&mut self) -> Option<u16> {
        Some(match self.next()? {
            same @ ('"' | '\\' | '/') => same as u16,
            'b' => 0x8,
            'f' => 0xc,
            'n' => 0xa,
            'r' => 0xd,
            't' => 0x9,
            'u' => self.unit()?,
            _ => return None,
        })
    }

    /// Reads four hexadecimal digits.
    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + u16::try_from(self.next()?.to_digit(16)?).ok()?;
        }
        Some(unit)
    }

    fn digits(&mut self) -> Option<()> {
        let begun = self.at;
        while self.peek().is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > begun).then_some(())
    }

    fn number(&mut self) -> Option<Json> {
        let begun = self.at;
        self.take('-');
        if !self.take('0') {
            self.digits()?;
        }
        if self.take('.') {
            self.digits()?;
        }
        if self.take('e') || self.take('E') {
            let _ = self.take('+') || self.take('-');
            self.digits()?;
        }
        let written: String = self.text[begun..self.at].iter().collect();
        // The grammar doesn't limit numbers, but RFC 8259 §6 allows a parser to accept only the range of a double.
        let is_in_range = written.parse::<f64>().is_ok_and(f64::is_finite);
        (is_in_range || self.is_lenient).then_some(Json::Number(written))
    }
}
