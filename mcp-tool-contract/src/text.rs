//! Text built during const evaluation, where `format!` isn't available.

/// Text of at most `CAPACITY` bytes. An appended piece that no longer fits is omitted entirely.
#[derive(Clone, Copy)]
pub(crate) struct ConstText<const CAPACITY: usize = 320> {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl<const CAPACITY: usize> ConstText<CAPACITY> {
    pub(crate) const fn new() -> Self {
        ConstText { bytes: [0; CAPACITY], len: 0 }
    }

    /// Number of bytes that still fit.
    pub(crate) const fn remaining(&self) -> usize {
        CAPACITY - self.len
    }

    /// Appends a piece, if it fits.
    pub(crate) const fn str(mut self, piece: &str) -> Self {
        let piece = piece.as_bytes();
        if self.len + piece.len() <= CAPACITY {
            let mut i = 0;
            while i < piece.len() {
                self.bytes[self.len] = piece[i];
                self.len += 1;
                i += 1;
            }
        }
        self
    }

    /// Appends an integer in decimal.
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

    /// Appends a number with up to six decimals, or the words `a number` if its magnitude is 1e15 or more.
    pub(crate) const fn number(mut self, value: f64) -> Self {
        const MILLION: i128 = 1_000_000;
        let scaled = value * MILLION as f64;
        if !(-1e21 < scaled && scaled < 1e21) {
            return self.str("a number");
        }
        let scaled = crate::float::round(scaled) as i128;
        if scaled < 0 {
            self = self.str("-");
        }
        let (whole, mut rest) =
            (scaled.unsigned_abs() as i128 / MILLION, scaled.unsigned_abs() as i128 % MILLION);
        self = self.integer(whole);
        if rest > 0 {
            self = self.str(".");
            let mut unit = MILLION / 10;
            while rest > 0 {
                self = self.integer(rest / unit);
                rest %= unit;
                unit /= 10;
            }
        }
        self
    }

    pub(crate) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

/// Returns `true` if two texts are equal. Compares four bytes per step, because a step of const evaluation takes about
/// 1 µs.
pub(crate) const fn same(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    while let ([a, b, c, d, left_rest @ ..], [e, f, g, h, right_rest @ ..]) = (left, right) {
        if *a != *e || *b != *f || *c != *g || *d != *h {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    true
}

/// Returns `true` if two texts are equal, ignoring the case of ASCII letters.
pub(crate) const fn same_but_for_case(left: &str, right: &str) -> bool {
    left.as_bytes().eq_ignore_ascii_case(right.as_bytes())
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
    fn integers_of_every_size_are_written_in_full() {
        for value in [0, 7, -1, 1_000_000, i128::MAX, i128::MIN] {
            assert_eq!(ConstText::<320>::new().integer(value).as_str(), value.to_string());
        }
    }

    #[test]
    fn numbers_are_written_to_the_millionth() {
        let written = |value| ConstText::<320>::new().number(value).as_str().to_owned();
        for (value, text) in
            [(0.5, "0.5"), (-2.25, "-2.25"), (10.0, "10"), (0.000_001, "0.000001"), (100.05, "100.05")]
        {
            assert_eq!(written(value), text);
        }
        assert_eq!(written(1e300), "a number");
    }

    #[test]
    fn piece_that_does_not_fit_is_omitted_entirely() {
        let long = "é".repeat(159);
        let text = ConstText::<320>::new().str(&long).str("abc").str("é");
        assert_eq!(text.as_str(), format!("{long}é"));
    }

    #[test]
    fn same_finds_a_difference_at_every_position_and_in_length() {
        let text = "abcdefghijklmnopqrst";
        for length in 0..=text.len() {
            let prefix = &text[..length];
            assert!(same(prefix, prefix));
            assert!(!same(prefix, &text[..length.saturating_sub(1)]) || length == 0);
            for index in 0..length {
                let mut other = prefix.to_owned();
                other.replace_range(index..=index, "_");
                assert!(!same(prefix, &other), "{other}");
            }
        }
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(code_points("naïve 🦀"), 7);
    }
}
