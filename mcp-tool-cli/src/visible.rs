//! Text of other people's, as a terminal may show it.

/// The text with what would move the cursor, turn the direction of reading or not be seen at all written out.
pub(super) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => visible.push(c),
            _ => visible.extend(c.escape_debug()),
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn nothing_hides_and_nothing_moves() {
        assert_eq!(visible("Ünïcode \"quoted\" 漢字"), "Ünïcode \"quoted\" 漢字");
        let hostile = "\u{1b}[2J\r\n\u{202e}\u{2066}\u{200b}\u{200f}\u{feff}\u{9b}\u{2028}\u{61c}";
        let shown = visible(hostile);
        assert!(shown.is_ascii() && !shown.contains(char::is_control), "{shown}");
    }
}
