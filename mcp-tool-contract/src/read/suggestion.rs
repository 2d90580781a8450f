//! What an argument could be, for whoever types it: one value, or one item of an array.

use super::{
    arguments::DeclaredParam,
    violation::{ValuePath, ViolationReport},
};
use crate::{
    bounds::{Items, Kind, Schema},
    model::Param,
};

/// A parameter of any type, as far as suggestions for it are concerned.
pub trait AcceptSuggestion {
    /// What the contract says of it.
    fn param(&self) -> &Param;

    /// Whether a call with this value would be taken, as far as this parameter goes.
    fn takes(&self, suggestion: &str) -> bool;
}

impl<T> AcceptSuggestion for DeclaredParam<T> {
    fn param(&self) -> &Param {
        &self.param
    }

    fn takes(&self, suggestion: &str) -> bool {
        let value = serde_json::Value::from(suggestion);
        // Of an array it is one item, however many there have to be.
        let (raw, items) = match self.param.schema.items {
            None => (value.to_string(), None),
            Some(items) => (format!("[{value}]"), Some(Items { min: 0, ..items })),
        };
        let schema = Schema { items, ..self.param.schema };
        (self.read)(&raw, &schema, &ValuePath::ROOT, &mut ViolationReport::default()).is_some()
    }
}

/// All values that an argument of this kind has, as they are typed; `None` where they can't be counted up.
#[must_use]
pub const fn all(kind: &Kind) -> Option<&'static [&'static str]> {
    match kind {
        Kind::Boolean => Some(&["true", "false"]),
        Kind::Enum(values) => Some(values),
        Kind::Integer { .. } | Kind::Number { .. } | Kind::String(_) | Kind::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::arguments::declare;

    #[test]
    fn a_suggestion_is_one_value_within_the_bounds_of_the_parameter() {
        let name = declare::<Option<String>>("name", "Name.");
        let narrow = name.param.max_len(3);
        let name = name.with(narrow);
        assert!(name.takes("ann"));
        assert!(name.takes("\"\\\""));
        assert!(!name.takes("anna"));
    }

    #[test]
    fn a_suggestion_for_an_array_is_one_item_of_it() {
        let tags = declare::<Vec<String>>("tags", "Tags.");
        let narrow = tags.param.max_len(3).min_items(2).max_items(4);
        let tags = tags.with(narrow);
        assert!(tags.takes("new"));
        assert!(!tags.takes("newer"));
    }
}
