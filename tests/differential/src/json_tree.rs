//! JSON parser by RFC 8259, into a tree that keeps every member.
//!
//! Simple and slow; it shares no code with the parsers that it is compared with.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number as written.
    Number(String),
    Text(String),
    /// A string with a lone surrogate, which the grammar allows although it is no Unicode text.
    LoneSurrogate,
    List(Vec<Json>),
    /// Members in order; a name may occur twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses a whole text; `None` unless it is JSON with numbers in the range of a double and without lone surrogates.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Json> {
        Json::read(bytes, false)
    }

    /// Parses by the grammar alone: numbers of any size, and strings with lone surrogates.
    pub(crate) fn parse_grammar(bytes: &[u8]) -> Option<Json> {
        Json::read(bytes, true)
    }

    fn read(bytes: &[u8], is_lenient: bool) -> Option<Json> {
        let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
        let mut reader = Reader { text, at: 0, is_lenient };
        let value = reader.value()?;
        (reader.at == reader.text.len()).then_some(value)
    }

    /// Returns the first member of this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    /// Returns `true` for an object with a member of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// Returns the text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        let Json::Text(text) = self else { return None };
        Some(text)
    }

    /// Returns `true` if any object in it has a member twice.
    pub(crate) fn has_duplicates(&self) -> bool {
        match self {
            Json::Object(members) => members.iter().enumerate().any(|(at, (name, value))| {
                members[..at].iter().any(|(earlier, _)| earlier == name) || value.has_duplicates()
            }),
            Json::List(items) => items.iter().any(Json::has_duplicates),
            _ => false,
        }
    }

    /// Returns the nesting of objects and lists: 1 for an object of scalars.
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
    /// Only the grammar is checked.
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

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        word.chars().all(|wanted| self.take(wanted)).then_some(value)
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
            // A name with a lone surrogate equals no other name.
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

    /// Reads a string; the inner `None` stands for one with a lone surrogate.
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
        // The grammar has no limit; RFC 8259 §6 allows parsers the range of a double.
        let is_in_range = written.parse::<f64>().is_ok_and(f64::is_finite);
        (is_in_range || self.is_lenient).then_some(Json::Number(written))
    }
}
