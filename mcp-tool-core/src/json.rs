//! Writer of JSON text, without a detour through `serde_json::Value`s; reading of members that may be `null`.

use std::net::IpAddr;

use mcp_tool_contract::read::scan;
use serde::{Deserialize as _, Deserializer, Serialize};
use serde_json::value::RawValue;

/// Deserializes a present member as `Some`, even if it is `null`.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Buffer of JSON text. It doesn't check that the appended parts together are valid JSON.
#[derive(Debug, Default)]
pub(crate) struct JsonWriter(Vec<u8>);

impl JsonWriter {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        JsonWriter(Vec::with_capacity(bytes))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Appends JSON text unchanged.
    pub(crate) fn raw(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    /// Appends JSON text, given as UTF-8 bytes, unchanged.
    pub(crate) fn bytes(&mut self, json: &[u8]) {
        self.0.extend_from_slice(json);
    }

    /// Appends a value as JSON, or `null` if the value can't be serialized.
    pub(crate) fn value(&mut self, value: &impl Serialize) {
        let length = self.0.len();
        if serde_json::to_writer(&mut self.0, value).is_err() {
            self.0.truncate(length);
            self.raw("null");
        }
    }

    /// Appends a string, quoted and escaped (RFC 8259 §7).
    pub(crate) fn string(&mut self, value: &str) {
        // An estimate: two quotes, and a backslash for every fourth byte.
        self.0.reserve(value.len() + value.len() / 4 + 2);
        self.0.push(b'"');
        let (eights, rest) = value.as_bytes().as_chunks::<8>();
        for eight in eights {
            // Plain bytes need no escape.
            if scan::is_plain(eight) {
                self.0.extend_from_slice(eight);
            } else {
                eight.iter().for_each(|byte| self.escaped(*byte));
            }
        }
        rest.iter().for_each(|byte| self.escaped(*byte));
        self.0.push(b'"');
    }

    /// Appends one byte of a string, escaped if JSON requires it.
    #[inline]
    fn escaped(&mut self, byte: u8) {
        match ESCAPES[usize::from(byte)] {
            0 => self.0.push(byte),
            b'u' => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let [high, low] = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
                self.0.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            short => self.0.extend_from_slice(&[b'\\', short]),
        }
    }

    /// Appends an unsigned integer.
    pub(crate) fn number(&mut self, number: u64) {
        let (mut digits, mut count, mut left) = ([b'0'; 20], 0, number);
        loop {
            digits[count] += (left % 10) as u8;
            left /= 10;
            count += 1;
            if left == 0 {
                break;
            }
        }
        // For a few digits, pushing each is faster than copying them as a slice.
        for digit in digits[..count].iter().rev() {
            self.0.push(*digit);
        }
    }

    /// Appends a signed integer.
    pub(crate) fn integer(&mut self, integer: i64) {
        if integer < 0 {
            self.0.push(b'-');
        }
        self.number(integer.unsigned_abs());
    }

    /// Appends an IP address without quotes. No character of an address needs an escape.
    pub(crate) fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(four) => {
                for (index, octet) in four.octets().into_iter().enumerate() {
                    if index > 0 {
                        self.0.push(b'.');
                    }
                    self.number(octet.into());
                }
            }
            IpAddr::V6(six) => self.raw(&six.to_string()),
        }
    }
}

/// For each byte of a string, the character that follows the backslash in the byte's escape; 0 if the byte needs no
/// escape. For `u`, the escape is `\u00` and the byte in hexadecimal.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    let short = [
        (0x08, b'b'),
        (b'\t', b't'),
        (b'\n', b'n'),
        (0x0c, b'f'),
        (b'\r', b'r'),
        (b'"', b'"'),
        (b'\\', b'\\'),
    ];
    let mut index = 0;
    while index < short.len() {
        escapes[short[index].0 as usize] = short[index].1;
        index += 1;
    }
    escapes
};

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    /// Returns the text that `write` appends. The `x` before it must stay if a failed write removes its own text.
    fn written(write: impl FnOnce(&mut JsonWriter)) -> String {
        let mut text = JsonWriter::default();
        text.raw("x");
        write(&mut text);
        String::from_utf8_lossy(&text.as_bytes()[1..]).into_owned()
    }

    #[test]
    fn strings_are_escaped_exactly_as_serde_json_escapes_them() {
        // In the last text, the first 8 bytes need no escape, and the next 8 do: strings are written in chunks of 8.
        let mut texts: Vec<String> =
            ["", "a", "\"", "\\", "{\"a\":\"b\\n\"}", "é\u{7f}\u{80}😀\"é", "12345678\"12345678"]
                .map(String::from)
                .into();
        texts.extend((0..0x30u8).map(|byte| format!("{}x{0}", char::from(byte))));
        for value in texts {
            assert_eq!(
                written(|text| text.string(&value)),
                serde_json::to_string(&value).unwrap_or_default()
            );
        }
    }

    #[test]
    fn numbers_and_addresses_are_written_as_their_display_text() {
        for value in [0, 9, 10, 1_234_567_890, u64::MAX] {
            assert_eq!(written(|text| text.number(value)), value.to_string());
        }
        for value in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(written(|text| text.integer(value)), value.to_string());
        }
        let addresses: [IpAddr; 3] =
            [Ipv4Addr::LOCALHOST.into(), Ipv4Addr::BROADCAST.into(), Ipv6Addr::LOCALHOST.into()];
        for value in addresses {
            assert_eq!(written(|text| text.address(value)), value.to_string());
        }
    }

    #[test]
    fn value_that_serde_json_refuses_is_written_as_null() {
        let with_tuple_keys = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(written(|text| text.value(&with_tuple_keys)), "null");
        assert_eq!(written(|text| text.value(&[1.5])), "[1.5]");
    }
}
