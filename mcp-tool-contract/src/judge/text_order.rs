//! Positions and order of texts in compared lists, such as scopes and enum values.

use crate::text::same;

/// Returns the index of a text. Compares the text at the index `likely` first, because most texts keep their position
/// and const evaluation is slow.
pub(super) const fn position(among: &[&str], text: &str, likely: usize) -> Option<usize> {
    if likely < among.len() && same(among[likely], text) {
        return Some(likely);
    }
    let mut i = 0;
    while i < among.len() {
        if same(among[i], text) {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// Returns `true` if the texts that both lists contain are in the same order.
pub(super) const fn is_same_text_order(old: &[&str], new: &[&str]) -> bool {
    let (mut i, mut last) = (0, 0);
    while i < old.len() {
        if let Some(j) = position(new, old[i], i) {
            if j < last {
                return false;
            }
            last = j;
        }
        i += 1;
    }
    true
}
