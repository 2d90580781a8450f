//! Text built during const evaluation, where `format!` can't go.

/// A bounded line of text; what no longer fits is left out whole.
#[derive(Clone, Copy)]
pub(crate) struct ConstText {
    bytes: [u8; ConstText::CAPACITY],
    len: usize,
}

impl ConstText {
    const CAPACITY: usize = 320;

    pub(crate) const fn new() -> Self {
        ConstText { bytes: [0; ConstText::CAPACITY], len: 0 }
    }

    pub(crate) const fn str(mut self, piece: &str) -> Self {
        let piece = piece.as_bytes();
        if self.len + piece.len() <= ConstText::CAPACITY {
            let mut i = 0;
            while i < piece.len() {
                self.bytes[self.len] = piece[i];
                self.len += 1;
                i += 1;
            }
        }
        self
    }

    pub(crate) const fn integer(mut self, value: i128) -> Self {
        if value < 0 {
            self = self.str("-");
        }
        let mut rest = value.unsigned_abs();
        let mut digits = [0u8; 39];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        match core::str::from_utf8(digits.split_at(start).1) {
            Ok(text) => self.str(text),
            Err(_) => self,
        }
    }

    pub(crate) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

/// Whether two texts are the same, in const evaluation.
pub(crate) const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut i = 0;
    while i < left.len() {
        if left[i] != right[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Length in Unicode code points, as JSON Schema counts it.
pub(crate) const fn code_points(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let (mut i, mut count) = (0, 0);
    while i < bytes.len() {
        if bytes[i] & 0xC0 != 0x80 {
            count += 1;
        }
        i += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_size_are_written_whole() {
        for value in [0, 7, -1, 1_000_000, i128::MAX, i128::MIN] {
            assert_eq!(ConstText::new().integer(value).as_str(), value.to_string());
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_whole() {
        let long = "é".repeat(159);
        let text = ConstText::new().str(&long).str("abc").str("é");
        assert_eq!(text.as_str(), format!("{long}é"));
    }

    #[test]
    fn lengths_are_code_points() {
        assert_eq!(code_points("naïve 🦀"), 7);
    }
}
