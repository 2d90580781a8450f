//! Scanner for JSON text (RFC 8259): finds the boundaries of values without interpreting them.
//!
//! Skipped text is checked to be valid JSON. Strings are returned with their escapes, which the caller decodes. The
//! scanner doesn't check that surrogates are paired.

/// Default maximum nesting of objects and arrays.
pub const MAX_NESTING: u32 = 64;

/// Error: the text isn't JSON, or is nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson;

/// Scanner at a position in a JSON text. It only moves forward and reads each byte once.
#[derive(Clone, Debug)]
pub struct JsonScanner<'t> {
    text: &'t str,
    /// Index of the next byte.
    at: usize,
    /// `true` directly after entering an object or array, because no comma precedes its first element.
    entered: bool,
    /// Number of open objects and arrays.
    depth: u32,
    /// Maximum of `depth`.
    max_depth: u32,
}

impl<'t> JsonScanner<'t> {
    /// Starts at the beginning of a text.
    #[must_use]
    pub const fn new(text: &'t str) -> Self {
        JsonScanner::nesting(text, MAX_NESTING)
    }

    /// Starts at the beginning of a text, with the maximum nesting `max_depth` instead of [`MAX_NESTING`]. A skipped
    /// value can nest at most 128 levels, even if `max_depth` is greater, because a `u128` has one bit per level.
    #[must_use]
    pub const fn nesting(text: &'t str, max_depth: u32) -> Self {
        JsonScanner { text, at: 0, entered: false, depth: 0, max_depth }
    }

    /// Skips white space and returns the next byte, without consuming that byte. The first byte of a value determines
    /// the value's type. `None` at the end of the text.
    #[must_use]
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.byte()
    }

    /// Enters an object; call [`next_key`](JsonScanner::next_key) next.
    ///
    /// # Errors
    /// No object begins here.
    #[inline]
    pub fn enter_object(&mut self) -> Result<(), NotJson> {
        self.enter(b'{')
    }

    /// Enters an array; call [`next_item`](JsonScanner::next_item) next.
    ///
    /// # Errors
    /// No array begins here.
    #[inline]
    pub fn enter_array(&mut self) -> Result<(), NotJson> {
        self.enter(b'[')
    }

    /// Returns the next name in the object, and stops before the value of this name. The name has no quotes, but still
    /// has its escapes. `None` at the end of the object.
    ///
    /// # Errors
    /// Neither a name nor the end of the object follows.
    #[inline]
    pub fn next_key(&mut self) -> Result<Option<&'t str>, NotJson> {
        if !self.next(b'}')? {
            return Ok(None);
        }
        self.key().map(Some)
    }

    /// Returns `true` if an item must follow, `false` at the end of the array. After the comma of `[1,]`, an item must
    /// follow, so [`value`](JsonScanner::value) fails.
    ///
    /// # Errors
    /// Neither a comma nor the end of the array follows an item, or the text ends.
    #[inline]
    pub fn next_item(&mut self) -> Result<bool, NotJson> {
        self.next(b']')
    }

    /// Skips the next value and returns its text.
    ///
    /// # Errors
    /// The value isn't JSON, or is nested too deeply.
    #[inline]
    pub fn value(&mut self) -> Result<&'t str, NotJson> {
        self.skip_space();
        let from = self.at;
        match self.byte() {
            Some(b'{' | b'[') => self.skip_nested()?,
            _ => self.scalar()?,
        }
        self.text.get(from..self.at).ok_or(NotJson)
    }

    /// Checks that the text ends here.
    ///
    /// # Errors
    /// Something other than white space follows.
    #[inline]
    pub fn end(mut self) -> Result<(), NotJson> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { Err(NotJson) }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    /// Skips white space and then the byte `expected`. Fails if another byte follows.
    #[inline]
    fn expect(&mut self, expected: u8) -> Result<(), NotJson> {
        self.skip_space();
        if self.byte() != Some(expected) {
            return Err(NotJson);
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn enter(&mut self, opening: u8) -> Result<(), NotJson> {
        self.expect(opening)?;
        self.entered = true;
        self.depth += 1;
        if self.depth > self.max_depth { Err(NotJson) } else { Ok(()) }
    }

    /// Skips the comma, if any, before the next member or item, and returns `true`; or skips the byte `closing`, and
    /// returns `false`.
    #[inline]
    fn next(&mut self, closing: u8) -> Result<bool, NotJson> {
        let is_first = std::mem::take(&mut self.entered);
        self.skip_space();
        match self.byte() {
            Some(byte) if byte == closing => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !is_first => {
                self.at += 1;
                Ok(true)
            }
            Some(_) if is_first => Ok(true),
            _ => Err(NotJson),
        }
    }

    /// Skips a member's name and the colon, and returns the name without its quotes.
    #[inline]
    fn key(&mut self) -> Result<&'t str, NotJson> {
        self.skip_space();
        let from = self.at + 1;
        self.string()?;
        let key = self.text.get(from..self.at - 1).ok_or(NotJson)?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Skips an object or an array.
    fn skip_nested(&mut self) -> Result<(), NotJson> {
        // `objects` has one bit per level, which is set for an object. The lowest bit is the innermost level.
        let (mut depth, mut objects) = (0u32, 0u128);
        let most = self.max_depth.saturating_sub(self.depth).min(u128::BITS);
        loop {
            self.skip_space();
            match self.byte() {
                Some(opening @ (b'{' | b'[')) => {
                    if depth == most {
                        return Err(NotJson);
                    }
                    depth += 1;
                    objects = objects << 1 | u128::from(opening == b'{');
                    self.at += 1;
                    self.skip_space();
                    match (opening, self.byte()) {
                        (b'{', Some(b'}')) | (b'[', Some(b']')) => {}
                        (b'{', _) => {
                            self.key()?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                _ => self.scalar()?,
            }
            // After a value: closes the arrays and objects that end here, and stops before the next value.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let in_object = objects & 1 == 1;
                self.skip_space();
                match self.byte() {
                    Some(b',') => {
                        self.at += 1;
                        if in_object {
                            self.key()?;
                        }
                        break;
                    }
                    Some(b'}') if in_object => {}
                    Some(b']') if !in_object => {}
                    _ => return Err(NotJson),
                }
                self.at += 1;
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    #[inline]
    fn scalar(&mut self) -> Result<(), NotJson> {
        match self.byte() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => Err(NotJson),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(NotJson);
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<(), NotJson> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    #[inline]
    fn digits(&mut self) -> Result<(), NotJson> {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == from { Err(NotJson) } else { Ok(()) }
    }

    #[inline]
    fn string(&mut self) -> Result<(), NotJson> {
        if self.byte() != Some(b'"') {
            return Err(NotJson);
        }
        self.at += 1;
        loop {
            self.at = plain(self.text.as_bytes(), self.at);
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                // A control character, or the end of the text.
                _ => return Err(NotJson),
            }
        }
    }

    fn escape(&mut self) -> Result<(), NotJson> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let length = match rest.first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 1,
            Some(b'u') if rest.get(1..5).is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit)) => 5,
            _ => return Err(NotJson),
        };
        self.at += 1 + length;
        Ok(())
    }
}

/// Returns the index of the first quote, backslash or control character from `from` on, or the length of `bytes` if
/// there is none.
#[must_use]
#[inline]
pub fn plain(bytes: &[u8], from: usize) -> usize {
    let (eights, rest) = bytes.get(from..).unwrap_or_default().as_chunks::<8>();
    let mut at = from;
    for eight in eights {
        let special = special_bits(eight);
        if special != 0 {
            return at + (special.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len())
}

/// Returns `true` if none of these bytes is a quote, a backslash or a control character.
#[must_use]
#[inline]
pub const fn is_plain(eight: &[u8; 8]) -> bool {
    special_bits(eight) == 0
}

/// Sets the top bit of each byte that is a quote, a backslash or a control character. If there is such a byte, only the
/// lowest set bit is reliable, because the subtractions below may borrow from the bytes above it.
#[inline]
const fn special_bits(eight: &[u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let word = u64::from_le_bytes(*eight);
    // The exclusive or turns each byte that is searched for into 0. `wrapping_sub` then sets the top bit of each byte
    // that is 0 (`quote`, `backslash`) or below a space (`control`). `& !` excludes bytes whose top bit was set before.
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES) & !(word ^ (ONES * b'"' as u64));
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES) & !(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & TOPS
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn is_json(text: &str) -> bool {
        let mut scan = JsonScanner::new(text);
        scan.value().is_ok() && scan.end().is_ok()
    }

    /// Asserts that the scanner and serde_json accept the same text and find the same value in it.
    fn assert_agreement(text: &str) {
        let theirs = serde_json::from_str::<&RawValue>(text).map(RawValue::get).ok();
        let mut scan = JsonScanner::new(text);
        let ours = scan.value().ok().filter(|_| scan.end().is_ok());
        assert_eq!(ours, theirs, "{text:?}");
    }

    #[test]
    fn scanner_agrees_with_serde_json() {
        let texts = [
            r#"{}"#,
            "[]",
            " [ ] ",
            "{ }",
            r#"{"a":1,"b":[true,false,null]}"#,
            r#"{"a":}"#,
            r#"{"a"}"#,
            r#"{a:1}"#,
            "[1,]",
            "[,1]",
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            "[1 2]",
            r#"{"a":1 "b":2}"#,
            "[1}",
            "{]",
            "[[[]",
            "]",
            "}",
            "",
            " ",
            "nul",
            "nulll",
            "truefalse",
            "tru",
            "True",
            "-",
            "-0",
            "01",
            "1.",
            ".5",
            "1.5",
            "1e",
            "1e+",
            "1e+5",
            "1E-05",
            "-1.0e0",
            "+1",
            "0x1",
            "1_0",
            "1 ",
            "NaN",
            "Infinity",
            "\"",
            "\"a",
            "\"a\"",
            "\"\\\"",
            r#""\u12""#,
            r#""\u123g""#,
            r#""\ud800""#,
            r#""\x""#,
            r#""\/\b\f\n\r\t\\\"""#,
            "\"\u{1}\"",
            "\"\u{7f}\u{80}é😀\"",
            "\"a\nb\"",
            "\u{feff}1",
            "1\u{a0}",
            "[1]x",
            r#""12345678""#,
            r#""1234567\"8""#,
            "\"1234567\n\"",
            "\"é2345678901234567\"",
            "{\"a\":{\"b\":[{}]},\"c\":\"d\"}",
        ];
        texts.into_iter().for_each(assert_agreement);
    }

    #[test]
    fn scanner_agrees_with_serde_json_on_mutated_json() {
        let seeds = [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":[1.5e3,-0,"\u00e9\"q"],"b":null}}}"#,
            r#"  [ { "k" : [ true , false ] , "long text without end" : "0123456789abcdef\\" } , "é😀" , 10.0 ] "#,
        ];
        let bytes = b"\"\\{}[],:0-.eE+tfnu 9\n\x01a";
        for seed in seeds {
            let chars: Vec<char> = seed.chars().collect();
            for index in 0..chars.len() {
                // Replaces `skip` characters at `index`.
                let replaced = |middle: &[char], skip: usize| -> String {
                    chars[..index].iter().chain(middle).chain(&chars[index + skip..]).collect()
                };
                assert_agreement(&replaced(&[], 1));
                assert_agreement(&chars[..index].iter().collect::<String>());
                for byte in bytes {
                    assert_agreement(&replaced(&[char::from(*byte)], 1));
                    assert_agreement(&replaced(&[char::from(*byte)], 0));
                }
            }
        }
    }

    #[test]
    fn entered_arrays_count_as_nesting() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, entered) in [(64, 1), (64, 64), (65, 1), (65, 64), (65, 65)] {
            let text = nested(depth);
            let mut scan = JsonScanner::new(&text);
            let walked =
                (0..entered).try_for_each(|_| scan.enter_array().and_then(|()| scan.next_item().map(drop)));
            let walked = walked.and_then(|()| if entered < depth { scan.value().map(drop) } else { Ok(()) });
            assert_eq!(walked.is_ok(), depth <= 64, "depth {depth}, the first {entered} entered one by one");
        }
        let mut scan = JsonScanner::nesting("[[[]]]", 3);
        assert_eq!(scan.value(), Ok("[[[]]]"));
        assert_eq!(JsonScanner::nesting("[[[]]]", 2).value(), Err(NotJson));
    }

    #[test]
    fn skipped_values_are_limited_in_nesting() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_json(&nested(64)) && !is_json(&nested(65)));
        let mixed = |depth: usize| format!("{}1{}", r#"{"a":["#.repeat(depth), "]}".repeat(depth));
        assert!(is_json(&mixed(32)) && !is_json(&mixed(33)));
    }

    #[test]
    fn members_and_items_are_returned_in_order() {
        let mut scan = JsonScanner::new(r#" { "a" : [ 1 , "b" ] , "c\n" : { } } "#);
        assert_eq!(scan.enter_object(), Ok(()));
        assert_eq!(scan.next_key(), Ok(Some("a")));
        assert_eq!(scan.enter_array(), Ok(()));
        assert_eq!((scan.next_item(), scan.value()), (Ok(true), Ok("1")));
        assert_eq!((scan.next_item(), scan.value()), (Ok(true), Ok("\"b\"")));
        assert_eq!(scan.next_item(), Ok(false));
        assert_eq!((scan.next_key(), scan.value()), (Ok(Some("c\\n")), Ok("{ }")));
        assert_eq!(scan.next_key(), Ok(None));
        assert_eq!(scan.end(), Ok(()));
        for (text, first) in
            [("{,", Err(NotJson)), ("{", Err(NotJson)), ("{}", Ok(None)), ("{1", Err(NotJson))]
        {
            let mut scan = JsonScanner::new(text);
            assert_eq!(scan.enter_object().and_then(|()| scan.next_key()), first, "{text}");
        }
        let mut scan = JsonScanner::new("[1,]");
        assert_eq!((scan.enter_array(), scan.next_item(), scan.value()), (Ok(()), Ok(true), Ok("1")));
        assert_eq!((scan.next_item(), scan.value()), (Ok(true), Err(NotJson)));
    }
}
