//! Validation of the values that a server suggests for an argument (MCP `completion/complete`). A suggestion is a
//! string: the value of the argument or, for an array, one item.

use super::{
    arguments::DeclaredParam,
    violation::{ValuePath, ViolationReport},
};
use crate::{
    bounds::{Items, Kind, Schema},
    model::Param,
};

/// A parameter of any type that suggestions can be checked against.
pub trait AcceptSuggestion {
    /// Contract of the parameter.
    fn param(&self) -> &Param;

    /// Returns `true` if the string `suggestion` is a valid argument or, for an array, a valid item. Always `false` for
    /// parameters of numbers and booleans.
    fn accepts(&self, suggestion: &str) -> bool;
}

impl<T> AcceptSuggestion for DeclaredParam<T> {
    fn param(&self) -> &Param {
        &self.param
    }

    fn accepts(&self, suggestion: &str) -> bool {
        let value = serde_json::Value::from(suggestion);
        // For an array the suggestion is one item, so the minimum number of items doesn't apply.
        let (raw, items) = match self.param.schema.items {
            None => (value.to_string(), None),
            Some(items) => (format!("[{value}]"), Some(Items { min: 0, ..items })),
        };
        let schema = Schema { items, ..self.param.schema };
        (self.read)(&raw, &schema, &ValuePath::ROOT, &mut ViolationReport::default()).is_some()
    }
}

/// Returns all values of a boolean or an enum, as text without quotes; `None` for all other kinds.
#[must_use]
pub const fn all(kind: &Kind) -> Option<&'static [&'static str]> {
    match kind {
        Kind::Boolean => Some(&["true", "false"]),
        Kind::Enum(values) => Some(values),
        Kind::Integer { .. } | Kind::Number { .. } | Kind::Text(_) | Kind::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::arguments::declare;

    #[test]
    fn suggestion_is_one_value_within_the_bounds_of_the_parameter() {
        let name = declare::<Option<String>>("name", "Name.");
        let bounded = name.param.max_len(3);
        let name = name.with(bounded);
        assert!(name.accepts("ann"));
        // These are three characters, although JSON needs eight bytes for them.
        assert!(name.accepts("\"\\\""));
        assert!(!name.accepts("anna"));
    }

    #[test]
    fn suggestion_for_an_array_is_one_of_its_items() {
        let tags = declare::<Vec<String>>("tags", "Tags.");
        let bounded = tags.param.max_len(3).min_items(2).max_items(4);
        let tags = tags.with(bounded);
        assert!(tags.accepts("new"));
        assert!(!tags.accepts("newer"));
    }
}
