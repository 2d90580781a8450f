//! SHA-256 digests of bytes, and of JSON values in RFC 8785 form (canonical JSON). The text of a digest is `sha256:`
//! and 64 hexadecimal digits.

use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests these bytes unchanged.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }

    /// Digests a value's RFC 8785 form. The order of keys and the notation of numbers don't affect the digest.
    ///
    /// # Errors
    /// The value can't be serialized as JSON.
    pub fn of_canonical(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json_canonicalizer::to_vec(value).map(|bytes| Digest::of_bytes(&bytes))
    }

    /// Parses `sha256:` and 64 hexadecimal digits; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64)?;
        // `from_str_radix` would accept a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }

    /// The 32 bytes of the digest.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the text as 71 ASCII bytes, which is faster than [`Display`](fmt::Display).
    #[must_use]
    pub fn ascii(&self) -> [u8; 71] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        const PAIRS: [[u8; 2]; 256] = {
            let (mut pairs, mut byte) = ([[0; 2]; 256], 0);
            while byte < 256 {
                pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
                byte += 1;
            }
            pairs
        };
        let mut ascii = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
        for (pair, byte) in ascii[7..].as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = PAIRS[usize::from(byte)];
        }
        ascii
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never fails: the bytes are ASCII.
        f.write_str(std::str::from_utf8(&self.ascii()).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_ignores_key_order_and_number_spelling() {
        let digest_of_json = |text: &str| {
            serde_json::from_str::<serde_json::Value>(text).map(|v| Digest::of_canonical(&v).ok())
        };
        let left = digest_of_json(r#"{"b": 1.0, "a": "x"}"#).ok();
        assert_eq!(left, digest_of_json(r#"{"a":"x","b":1}"#).ok());
        assert_ne!(left, digest_of_json(r#"{"a":"x","b":2}"#).ok());
    }

    #[test]
    fn digest_text_names_the_algorithm_and_parses_back() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of_bytes(b"").to_string(), empty);
        assert_eq!(Digest::parse(empty), Some(Digest::of_bytes(b"")));
        for invalid in ["", "sha256:12", &empty[1..], &empty.replace('e', "x"), &empty.replace("e3", "+3")] {
            assert_eq!(Digest::parse(invalid), None, "{invalid}");
        }
    }
}
