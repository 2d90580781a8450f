//! Text of files in UTF-8, with errors that say where a file isn't UTF-8.

/// Decodes the bytes of a file.
///
/// # Errors
/// The bytes aren't UTF-8. The error has the line and the byte, and what to do, but no text of the file.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes.iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
        let found = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "must be UTF-8, and is UTF-16".to_owned(),
            _ => format!("must be UTF-8, and isn't in line {line} at byte {} of the file", valid + 1),
        };
        format!("{found}: save the file as UTF-8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_says_where_the_text_is_not_utf_8() {
        assert_eq!(decode(b"a\n\xc3\xa9".to_vec()).as_deref(), Ok("a\n\u{e9}"));
        let error = decode(b"a = 1\nb = '\xe9'\n".to_vec()).unwrap_err();
        assert_eq!(
            error,
            "must be UTF-8, and isn't in line 2 at byte 12 of the file: save the file as UTF-8"
        );
        assert!(decode(b"\xff\xfea\0".to_vec()).unwrap_err().contains("is UTF-16"));
    }
}
