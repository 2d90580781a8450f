//! JSON as RFC 8259 writes it, read into a tree that keeps every member.
//!
//! Slow and plain: it shares nothing with the reader that it is compared with.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    Text(String),
    /// A string with half of a surrogate pair: the grammar has it, and it is no text.
    Halves,
    List(Vec<Json>),
    /// Members in order; a name may come twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A whole text; nothing when it isn't JSON that a program can hold.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Json> {
        Json::read(bytes, false)
    }

    /// The same by the grammar alone: numbers of any size, and strings that are no text.
    pub(crate) fn by_grammar(bytes: &[u8]) -> Option<Json> {
        Json::read(bytes, true)
    }

    fn read(bytes: &[u8], is_lenient: bool) -> Option<Json> {
        let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
        let mut reader = Reader { text, at: 0, is_lenient };
        let value = reader.value()?;
        (reader.at == reader.text.len()).then_some(value)
    }

    /// The member of that name in an object that has it once.
    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    pub(crate) fn text(&self) -> Option<&str> {
        let Json::Text(text) = self else { return None };
        Some(text)
    }

    /// Whether an object anywhere in it has a member twice.
    pub(crate) fn has_duplicates(&self) -> bool {
        match self {
            Json::Object(members) => members.iter().enumerate().any(|(at, (name, value))| {
                members[..at].iter().any(|(earlier, _)| earlier == name) || value.has_duplicates()
            }),
            Json::List(items) => items.iter().any(Json::has_duplicates),
            _ => false,
        }
    }

    /// How many objects and lists stand in one another; one that stands alone counts 1.
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
    /// Whether the grammar is all that is asked for.
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

    /// A value with the space around it.
    fn value(&mut self) -> Option<Json> {
        self.space();
        let value = match self.peek()? {
            'n' => self.word("null", Json::Null),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            '"' => self.string().map(|text| text.map_or(Json::Halves, Json::Text)),
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
            // Such a name is like no other.
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

    /// A string; no text in it where it has half of a pair.
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

    /// Four hexadecimal digits.
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
        // The grammar has no bound; RFC 8259 §6 lets readers have one, and a double's is usual.
        let is_held = written.parse::<f64>().is_ok_and(f64::is_finite);
        (is_held || self.is_lenient).then_some(Json::Number(written))
    }
}
