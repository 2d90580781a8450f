//! Constants as the values of attributes, such as `max_len = LIMIT`. The macros see only the constant's name, so const
//! evaluation reads its value.

use super::{Literal, LiteralValue};
use crate::text::ConstText;

/// An author's constant of type `T`: an integer, `bool` or `&'static str`; as a default, also a variant of an enum.
///
/// `mcp_tool_value` and `mcp_tool_default` are inherent methods of each of these types, because const evaluation can't
/// call the methods of traits. The prefix of their names keeps them apart from the methods of traits that authors
/// implement for every type.
#[derive(Clone, Copy, Debug)]
pub struct Constant<T>(pub T);

/// The value of a constant, with its JSON text.
#[derive(Clone, Copy)]
pub struct ConstantValue {
    value: LiteralValue,
    json: JsonText,
}

/// JSON text of a constant.
#[derive(Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "exists only in const evaluation, which has no boxes")]
enum JsonText {
    Built(ConstText),
    Written(&'static str),
}

macro_rules! integers {
    ($($type:ty)+) => {$(
        impl Constant<$type> {
            /// Returns the value.
            #[track_caller]
            #[must_use]
            pub const fn mcp_tool_value(self) -> ConstantValue {
                let value = self.0 as i128;
                // A `u128` may be too large.
                if value as $type != self.0 || (value < 0) != (self.0 < (0 as $type)) {
                    panic!("the constant is too large: at most 2^127 - 1")
                }
                ConstantValue::new(LiteralValue::Integer(value), ConstText::new().integer(value))
            }
        }
    )+};
}

#[allow(unused_comparisons, reason = "unsigned integers are never negative")]
mod of_integers {
    use super::*;
    integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
}

macro_rules! floats {
    ($($type:ty)+) => {$(
        impl Constant<$type> {
            /// Fails to compile, because const evaluation can't write the JSON text of a float.
            #[track_caller]
            #[must_use]
            pub const fn mcp_tool_value(self) -> ConstantValue {
                panic!("a constant of a float isn't supported: write the number here")
            }
        }
    )+};
}

floats!(f32 f64);

impl Constant<bool> {
    /// Returns the value.
    #[must_use]
    pub const fn mcp_tool_value(self) -> ConstantValue {
        let json = ConstText::new().str(if self.0 { "true" } else { "false" });
        ConstantValue::new(LiteralValue::Boolean(self.0), json)
    }
}

impl Constant<&'static str> {
    /// Returns the value. Fails to compile if its JSON text needs escapes or is too long.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn mcp_tool_value(self) -> ConstantValue {
        let bytes = self.0.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            if bytes[i] < b' ' || bytes[i] == b'"' || bytes[i] == b'\\' {
                panic!(
                    "a constant with quotes, backslashes or control characters isn't supported: write the text here"
                )
            }
            i += 1;
        }
        let json: ConstText = ConstText::new().str("\"");
        if json.remaining() < bytes.len() + 1 {
            panic!("a constant of more than 318 bytes isn't supported: write the text here")
        }
        ConstantValue::new(LiteralValue::Text(self.0), json.str(self.0).str("\""))
    }
}

/// Implements `mcp_tool_default` for each type, by its `mcp_tool_value`.
macro_rules! defaults {
    ($($type:ty)+) => {$(
        impl Constant<$type> {
            /// Returns the value as the default of a parameter. The second argument, the constant's name, is unused.
            #[track_caller]
            #[must_use]
            pub const fn mcp_tool_default(self, _: &str) -> ConstantValue {
                self.mcp_tool_value()
            }
        }
    )+};
}

defaults!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool &'static str);

impl ConstantValue {
    const fn new(value: LiteralValue, json: ConstText) -> Self {
        ConstantValue { value, json: JsonText::Built(json) }
    }

    /// Returns the value of an enum's variant: its text, and this text as JSON.
    pub(crate) const fn of_variant(text: &'static str, json: &'static str) -> Self {
        ConstantValue { value: LiteralValue::Text(text), json: JsonText::Written(json) }
    }

    const fn json(&self) -> &str {
        match &self.json {
            JsonText::Built(text) => text.as_str(),
            JsonText::Written(text) => text,
        }
    }

    /// Returns the literal that has this value.
    #[must_use]
    pub const fn literal(&'static self) -> Literal {
        Literal { value: self.value, json: self.json() }
    }

    /// Returns the value of a length or a number of items. Fails to compile if it isn't an integer from 0 to 2^64 - 1.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn count(&self) -> u64 {
        match self.value {
            LiteralValue::Integer(value) if value >= 0 && value <= u64::MAX as i128 => value as u64,
            _ => panic!("the constant must be a whole number from 0 to 2^64 - 1"),
        }
    }
}

impl std::fmt::Debug for ConstantValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ConstantValue").field(&self.json()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_have_the_json_text_of_their_value() {
        const SMALLEST: &ConstantValue = &Constant(i64::MIN).mcp_tool_value();
        const TEXT: &ConstantValue = &Constant("héllo").mcp_tool_value();
        const ON: &ConstantValue = &Constant(true).mcp_tool_value();
        const COUNT: u64 = Constant(64_usize).mcp_tool_value().count();
        assert_eq!(SMALLEST.literal().json(), i64::MIN.to_string());
        assert_eq!(TEXT.literal().json(), "\"héllo\"");
        assert_eq!(TEXT.literal().value(), LiteralValue::Text("héllo"));
        assert_eq!(ON.literal().json(), "true");
        assert_eq!(COUNT, 64);
    }

    #[test]
    #[should_panic = "too large"]
    fn integer_beyond_128_bits_with_sign_is_refused() {
        let _ = Constant(u128::MAX).mcp_tool_value();
    }

    #[test]
    #[should_panic = "from 0 to"]
    fn negative_count_is_refused() {
        let _ = Constant(-1_i8).mcp_tool_value().count();
    }

    #[test]
    #[should_panic = "quotes"]
    fn text_that_needs_escapes_is_refused() {
        let _ = Constant("a\"b").mcp_tool_value();
    }
}
