//! Good bytes, a few of them changed: any of them, or letters and digits alone, which mostly leaves JSON.

use super::{
    exchange::{Exchange, Kind},
    make::Maker,
};

/// Bytes that mean something in JSON.
const TELLING: &[u8] = b"{}[]\",:\\ 0123456789-+.eEtfnu\n\t/";

impl Maker {
    pub(super) fn mutated(&mut self) -> Exchange {
        let mut made = self.good();
        let changes = 1 + self.random.below(3);
        let is_fine = self.random.chance(60);
        for _ in 0..changes {
            if is_fine { self.change_a_word(&mut made.body) } else { self.change(&mut made.body) }
        }
        Exchange { kind: Kind::Mutated, form: format!("changed: {}", made.form), ..made }
    }

    /// Another letter or digit in the place of one.
    fn change_a_word(&mut self, body: &mut Vec<u8>) {
        let random = &mut self.random;
        let places: Vec<usize> = (0..body.len()).filter(|at| body[*at].is_ascii_alphanumeric()).collect();
        let at = places[random.below(places.len())];
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

    fn change(&mut self, body: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.below(body.len());
        match random.below(7) {
            0 => body[at] = TELLING[random.below(TELLING.len())],
            1 => body[at] ^= 1 << random.below(8),
            2 => body.insert(at, TELLING[random.below(TELLING.len())]),
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
