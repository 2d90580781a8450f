//! Escapes text from callers, so that it can't control the operator's terminal.

/// Escapes characters that move the cursor, change the reading direction or are invisible.
pub(crate) fn sanitize(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => escaped.push(c),
            _ => escaped.extend(c.escape_debug()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::sanitize;

    #[test]
    fn control_and_invisible_characters_are_escaped() {
        assert_eq!(sanitize("Ünïcode \"quoted\" 漢字"), "Ünïcode \"quoted\" 漢字");
        let hostile = "\u{1b}[2J\r\n\u{202e}\u{2066}\u{200b}\u{200f}\u{feff}\u{9b}\u{2028}\u{61c}";
        let shown = sanitize(hostile);
        assert!(shown.is_ascii() && !shown.contains(char::is_control), "not fully escaped: {shown:?}");
    }
}
