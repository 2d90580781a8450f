//! JSON written onto the end of a text, without another text on the way.

use std::net::IpAddr;

use mcp_tool_contract::read::scan;
use serde::Serialize;

/// Writes a value. What can't be JSON is `null`.
pub(crate) fn value(text: &mut String, value: &impl Serialize) {
    struct Appended<'t>(&'t mut String);

    impl std::io::Write for Appended<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // serde_json writes whole characters.
            self.0.push_str(str::from_utf8(bytes).map_err(std::io::Error::other)?);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let length = text.len();
    if serde_json::to_writer(Appended(text), value).is_err() {
        text.truncate(length);
        text.push_str("null");
    }
}

/// Writes a string (RFC 8259 §7).
pub(crate) fn string(text: &mut String, value: &str) {
    text.reserve(value.len() + value.len() / 4 + 2);
    text.push('"');
    let (mut from, bytes) = (0, value.as_bytes());
    loop {
        let at = scan::plain(bytes, from);
        text.push_str(&value[from..at]);
        let Some(byte) = bytes.get(at) else { break };
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            0x08 => text.push_str("\\b"),
            0x0c => text.push_str("\\f"),
            other => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                text.push_str("\\u00");
                text.push(char::from(DIGITS[usize::from(other >> 4)]));
                text.push(char::from(DIGITS[usize::from(other & 15)]));
            }
        }
        from = at + 1;
    }
    text.push('"');
}

/// Writes a number.
pub(crate) fn number(text: &mut String, number: u64) {
    let (mut digits, mut from, mut left) = ([b'0'; 20], 20, number);
    loop {
        from -= 1;
        digits[from] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    text.push_str(str::from_utf8(&digits[from..]).unwrap_or_default());
}

/// Writes an address, which needs no escapes.
pub(crate) fn address(text: &mut String, address: IpAddr) {
    match address {
        IpAddr::V4(four) => {
            for (place, octet) in four.octets().into_iter().enumerate() {
                if place > 0 {
                    text.push('.');
                }
                number(text, octet.into());
            }
        }
        IpAddr::V6(six) => text.push_str(&six.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut text = String::from("x");
        write(&mut text);
        text.split_off(1)
    }

    #[test]
    fn strings_are_written_as_serde_json_writes_them() {
        let mut texts: Vec<String> =
            ["", "a", "\"", "\\", "{\"a\":\"b\\n\"}", "é\u{7f}\u{80}😀\"é", "12345678\"12345678"]
                .map(String::from)
                .into();
        texts.extend((0..0x30u8).map(|byte| format!("{}x{0}", char::from(byte))));
        for value in texts {
            assert_eq!(
                written(|text| string(text, &value)),
                serde_json::to_string(&value).unwrap_or_default()
            );
        }
    }

    #[test]
    fn numbers_and_addresses_are_written_as_they_display() {
        for value in [0, 9, 10, 1_234_567_890, u64::MAX] {
            assert_eq!(written(|text| number(text, value)), value.to_string());
        }
        let addresses: [IpAddr; 3] =
            [Ipv4Addr::LOCALHOST.into(), Ipv4Addr::BROADCAST.into(), Ipv6Addr::LOCALHOST.into()];
        for value in addresses {
            assert_eq!(written(|text| address(text, value)), value.to_string());
        }
    }

    #[test]
    fn what_can_not_be_json_is_null() {
        let odd = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(written(|text| value(text, &odd)), "null");
        assert_eq!(written(|text| value(text, &[1.5])), "[1.5]");
    }
}
