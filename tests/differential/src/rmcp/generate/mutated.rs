//! Generator of mutated requests: valid requests in which a few bytes of the body are changed. In 60 % of them, only
//! letters and digits are changed, so that the body often stays JSON.

use super::Generator;
use crate::rmcp::exchange::{Category, Exchange};

/// Bytes with a meaning in JSON.
const SIGNIFICANT: &[u8] = b"{}[]\",:\\ 0123456789-+.eEtfnu\n\t/";

impl Generator {
    /// Returns a valid request with one to three changes of its body.
    pub(crate) fn mutated(&mut self) -> Exchange {
        let mut made = self.valid();
        let changes = 1 + self.random.below(3);
        let keeps_syntax = self.random.chance(60);
        for _ in 0..changes {
            if keeps_syntax { self.change_word(&mut made.body) } else { self.change(&mut made.body) }
        }
        Exchange { category: Category::Mutated, variation: format!("changed: {}", made.variation), ..made }
    }

    /// Changes, adds or removes one letter or digit.
    fn change_word(&mut self, body: &mut Vec<u8>) {
        let random = &mut self.random;
        let offsets: Vec<usize> = (0..body.len()).filter(|at| body[*at].is_ascii_alphanumeric()).collect();
        let at = offsets[random.below(offsets.len())];
        let other = if body[at].is_ascii_digit() {
            b"0123456789"[random.below(10)]
        } else {
            random.pick(&["a", "e", "n", "T", "_"]).as_bytes()[0]
        };
        match random.below(4) {
            0 => body.insert(at, other),
            1 if body.len() > 2 => drop(body.remove(at)),
            _ => body[at] = other,
        }
    }

    /// Changes, adds, copies, swaps or removes any bytes.
    fn change(&mut self, body: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.below(body.len());
        match random.below(7) {
            0 => body[at] = SIGNIFICANT[random.below(SIGNIFICANT.len())],
            1 => body[at] ^= 1 << random.below(8),
            2 => body.insert(at, SIGNIFICANT[random.below(SIGNIFICANT.len())]),
            3 => {
                body.remove(at);
            }
            4 => {
                let length = 1 + random.below(body.len() - at);
                let piece: Vec<u8> = body[at..at + length.min(24)].to_vec();
                let to = random.below(body.len());
                body.splice(to..to, piece);
            }
            5 => {
                let other = random.below(body.len());
                body.swap(at, other);
            }
            _ => {
                let length = (1 + random.below(8)).min(body.len() - at);
                body.drain(at..at + length);
            }
        }
        if body.is_empty() {
            body.push(b' ');
        }
    }
}
