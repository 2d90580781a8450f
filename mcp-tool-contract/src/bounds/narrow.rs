//! Narrowing: a bound on a declaration can only tighten the bounds that the declared type, such as `u32` or a newtype,
//! has already. It must leave at least one value.
//!
//! Everything here runs in const evaluation, because a macro sees only the name of a type alias, not the bounds of the
//! type. A [`BoundError`] becomes a compile error at the attribute's key, such as `max_len`.
#![expect(clippy::result_large_err, reason = "nothing can be boxed in const evaluation")]

use super::{Items, Kind, Literal, LiteralValue, Schema, Text};
use crate::{
    pattern::Pattern,
    text::{self, ConstText},
};

/// Reason why an attribute's key is invalid for a type. The key is a bound, `default`, `header` or `complete`.
#[derive(Clone, Copy)]
pub struct BoundError(ConstText);

impl BoundError {
    /// Begins a message with the key.
    const fn at(key: &str) -> ConstText {
        ConstText::new().str("`").str(key).str("` ")
    }

    /// A minimum that exceeds the maximum.
    const fn crossed(min_key: &str, least: i128, max_key: &str, most: i128) -> BoundError {
        let text = BoundError::at(min_key).integer(least).str(" exceeds `").str(max_key).str("` ");
        BoundError(text.integer(most))
    }

    /// A length that loosens the type's own bound.
    const fn wider(key: &str, given: u64, own: u64) -> BoundError {
        let text = BoundError::at(key).integer(given as i128).str(" loosens the type's own bound ");
        BoundError(text.integer(own as i128).str(": a bound can only narrow its type"))
    }

    /// An integer bound outside of the type's range.
    const fn beyond(key: &str, given: i128, minimum: i128, maximum: i128) -> BoundError {
        let text = BoundError::at(key).integer(given).str(" is outside the type's range ");
        BoundError(text.integer(minimum).str("..=").integer(maximum))
    }

    /// A key that doesn't apply to this kind.
    const fn misplaced(key: &str, kind: Kind) -> BoundError {
        let text = BoundError::at(key).str("doesn't apply to ");
        BoundError(match kind {
            Kind::Boolean => text.str("a boolean: remove it"),
            Kind::Integer { .. } | Kind::Number { .. } => text.str(kind.noun()).str(": use `min` and `max`"),
            Kind::Text(Text { format: Some(format), .. }) => {
                text.str("a ").str(format.name()).str(": remove it")
            }
            Kind::Text(_) => text.str("a string: use `min_len`, `max_len` and `pattern`"),
            Kind::Enum(_) => text.str("an enum: remove it"),
            Kind::Object(_) => text.str("an object: put it on a field of the object"),
        })
    }

    /// A literal whose type differs from the kind, or a key that doesn't apply to the kind.
    const fn mistyped(key: &str, literal: Literal, kind: Kind) -> BoundError {
        match kind {
            Kind::Integer { .. } | Kind::Number { .. } => {
                let text = BoundError::at(key).str("must be ").str(kind.noun()).str(", got ");
                BoundError(text.str(literal.json).str(" (").str(literal.value.noun()).str(")"))
            }
            _ => BoundError::misplaced(key, kind),
        }
    }

    /// A key of arrays on a value that isn't an array.
    const fn no_array(key: &str) -> BoundError {
        BoundError(BoundError::at(key).str("applies only to a `Vec`: remove it"))
    }

    /// Begins a message about a default.
    const fn default(literal: Literal) -> ConstText {
        ConstText::new().str("default ").str(literal.json)
    }

    /// Stops const evaluation with a message such as `parameter 'b': default 20 is outside its bounds 1..=10`.
    #[track_caller]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn raise(self, subject: &str, name: &str) -> ! {
        let text: ConstText =
            ConstText::new().str(subject).str(" '").str(name).str("': ").str(self.0.as_str());
        panic!("{}", text.as_str())
    }
}

/// Greatest magnitude up to which every client represents all integers exactly (RFC 8259 §6).
const SAFE: i128 = (1 << 53) - 1;

impl Schema {
    /// Raises the least value.
    ///
    /// # Errors
    /// The kind has no such bound, `bound` has another type, or `bound` loosens or crosses an existing bound.
    pub const fn min(mut self, bound: Literal) -> Result<Schema, BoundError> {
        match (self.kind, bound.value) {
            (Kind::Integer { minimum, maximum }, LiteralValue::Integer(value)) => {
                if value < minimum {
                    return Err(BoundError::beyond("min", value, minimum, maximum));
                }
                if value > maximum {
                    return Err(BoundError::crossed("min", value, "max", maximum));
                }
                self.kind = Kind::Integer { minimum: value, maximum };
            }
            (Kind::Number { minimum, maximum }, LiteralValue::Integer(_) | LiteralValue::Number(_)) => {
                let value = float(bound.value);
                if under(value, minimum) {
                    return Err(BoundError(
                        BoundError::at("min").str(bound.json).str(" is less than the type's own `min`"),
                    ));
                }
                if over(value, maximum) {
                    return Err(BoundError(BoundError::at("min").str(bound.json).str(" exceeds `max`")));
                }
                self.kind = Kind::Number { minimum: Some(value), maximum };
            }
            (kind, _) => return Err(BoundError::mistyped("min", bound, kind)),
        }
        Ok(self)
    }

    /// Lowers the greatest value.
    ///
    /// # Errors
    /// The kind has no such bound, `bound` has another type, or `bound` loosens or crosses an existing bound.
    pub const fn max(mut self, bound: Literal) -> Result<Schema, BoundError> {
        match (self.kind, bound.value) {
            (Kind::Integer { minimum, maximum }, LiteralValue::Integer(value)) => {
                if value > maximum {
                    return Err(BoundError::beyond("max", value, minimum, maximum));
                }
                if value < minimum {
                    return Err(BoundError::crossed("min", minimum, "max", value));
                }
                self.kind = Kind::Integer { minimum, maximum: value };
            }
            (Kind::Number { minimum, maximum }, LiteralValue::Integer(_) | LiteralValue::Number(_)) => {
                let value = float(bound.value);
                if over(value, maximum) {
                    return Err(BoundError(
                        BoundError::at("max").str(bound.json).str(" exceeds the type's own `max`"),
                    ));
                }
                if under(value, minimum) {
                    return Err(BoundError(BoundError::at("max").str(bound.json).str(" is less than `min`")));
                }
                self.kind = Kind::Number { minimum, maximum: Some(value) };
            }
            (kind, _) => return Err(BoundError::mistyped("max", bound, kind)),
        }
        Ok(self)
    }

    /// Raises the least length.
    ///
    /// # Errors
    /// The kind has no such bound, or the new bound loosens or crosses an existing bound.
    pub const fn min_len(mut self, least: u64) -> Result<Schema, BoundError> {
        match self.kind {
            Kind::Text(own @ Text { format: None, .. }) => {
                if least < own.min_len {
                    return Err(BoundError::wider("min_len", least, own.min_len));
                }
                if let Some(most) = own.max_len
                    && least > most
                {
                    return Err(BoundError::crossed("min_len", least as i128, "max_len", most as i128));
                }
                self.kind = Kind::Text(Text { min_len: least, ..own });
            }
            kind => return Err(BoundError::misplaced("min_len", kind)),
        }
        Ok(self)
    }

    /// Lowers the greatest length.
    ///
    /// # Errors
    /// The kind has no such bound, or the new bound loosens or crosses an existing bound.
    pub const fn max_len(mut self, most: u64) -> Result<Schema, BoundError> {
        match self.kind {
            Kind::Text(own @ Text { format: None, .. }) => {
                if let Some(old) = own.max_len
                    && most > old
                {
                    return Err(BoundError::wider("max_len", most, old));
                }
                if most < own.min_len {
                    return Err(BoundError::crossed("min_len", own.min_len as i128, "max_len", most as i128));
                }
                self.kind = Kind::Text(Text { max_len: Some(most), ..own });
            }
            kind => return Err(BoundError::misplaced("max_len", kind)),
        }
        Ok(self)
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// The kind isn't a string, or it has a format or a pattern already.
    pub const fn pattern(mut self, pattern: Pattern) -> Result<Schema, BoundError> {
        match self.kind {
            Kind::Text(Text { pattern: Some(own), .. }) => {
                let text = ConstText::new().str("the type already has the pattern ").str(own.source());
                return Err(BoundError(text.str(": a schema can have only one")));
            }
            Kind::Text(own @ Text { format: None, .. }) => {
                self.kind = Kind::Text(Text { pattern: Some(pattern), ..own });
            }
            kind => return Err(BoundError::misplaced("pattern", kind)),
        }
        Ok(self)
    }

    /// Sets the least number of items. It can't loosen a bound of the type, because types don't bound arrays.
    ///
    /// # Errors
    /// The value isn't an array, or `least` exceeds the maximum.
    pub const fn min_items(mut self, least: u64) -> Result<Schema, BoundError> {
        match self.items {
            Some(Items { max: Some(most), .. }) if least > most => {
                Err(BoundError::crossed("min_items", least as i128, "max_items", most as i128))
            }
            Some(own) => {
                self.items = Some(Items { min: least, ..own });
                Ok(self)
            }
            None => Err(BoundError::no_array("min_items")),
        }
    }

    /// Sets the greatest number of items. It can't loosen a bound of the type, because types don't bound arrays.
    ///
    /// # Errors
    /// The value isn't an array, or `most` is less than the minimum.
    pub const fn max_items(mut self, most: u64) -> Result<Schema, BoundError> {
        match self.items {
            Some(own) if most < own.min => {
                Err(BoundError::crossed("min_items", own.min as i128, "max_items", most as i128))
            }
            Some(own) => {
                self.items = Some(Items { max: Some(most), ..own });
                Ok(self)
            }
            None => Err(BoundError::no_array("max_items")),
        }
    }

    /// Sets `max_len` of a string and `max_items` of an array if the schema lacks them.
    ///
    /// # Errors
    /// A bound is less than the schema's minimum, or an array has no maximum and `max_items` is `None`. Fields of results
    /// pass `None`, because their `max_items` has no default.
    pub const fn bounded(mut self, max_len: u64, max_items: Option<u64>) -> Result<Schema, BoundError> {
        if let Kind::Text(Text { max_len: None, .. }) = self.kind {
            self = match self.max_len(max_len) {
                Ok(schema) => schema,
                Err(error) => return Err(error),
            };
        }
        match (self.items, max_items) {
            (Some(Items { max: None, .. }), Some(most)) => self.max_items(most),
            (Some(Items { max: None, .. }), None) => Err(BoundError(
                ConstText::new()
                    .str("an array needs a bound: add `#[schema(max_items = …)]`, or return a `Page`"),
            )),
            _ => Ok(self),
        }
    }

    /// Checks that a value can have a default, and that the default is within the bounds. Const evaluation can't match
    /// a pattern, so the pattern is checked when the server starts.
    ///
    /// # Errors
    /// The bound that the default violates, or the reason why the value can't have a default.
    pub const fn admits(&self, default: Literal) -> Result<(), BoundError> {
        if self.items.is_some() {
            return Err(BoundError(
                ConstText::new().str("an array can't have a default: use `Option<Vec<…>>`"),
            ));
        }
        if self.optional {
            let text =
                ConstText::new().str("an `Option` can't have a default: remove the `Option`, or the default");
            return Err(BoundError(text));
        }
        let text = BoundError::default(default);
        let outside = match (self.kind, default.value) {
            (Kind::Boolean, LiteralValue::Boolean(_)) => None,
            (Kind::Integer { minimum, maximum }, LiteralValue::Integer(value)) => {
                if value < minimum || value > maximum {
                    let text = text.str(" is outside its bounds ").integer(minimum).str("..=");
                    return Err(BoundError(text.integer(maximum)));
                }
                None
            }
            (Kind::Number { minimum, maximum }, LiteralValue::Integer(_) | LiteralValue::Number(_)) => {
                let value = float(default.value);
                if under(value, minimum) {
                    Some("min")
                } else if over(value, maximum) {
                    Some("max")
                } else {
                    None
                }
            }
            (Kind::Text(own), LiteralValue::Text(value)) => {
                let length = text::code_points(value);
                match own.max_len {
                    Some(most) if length > most => Some("max_len"),
                    _ if length < own.min_len => Some("min_len"),
                    _ => None,
                }
            }
            (Kind::Enum(values), LiteralValue::Text(value)) => {
                let mut i = 0;
                while i < values.len() {
                    if text::same(values[i], value) {
                        return Ok(());
                    }
                    i += 1;
                }
                return Err(BoundError(text.str(" isn't a value of the enum")));
            }
            (kind, value) => {
                let text = text.str(" is ").str(value.noun()).str(", but must be ");
                return Err(BoundError(text.str(kind.noun())));
            }
        };
        match outside {
            Some(key) => Err(BoundError(text.str(" is outside its `").str(key).str("`"))),
            None => Ok(()),
        }
    }
}

impl Schema {
    /// Checks that an HTTP header can mirror, that is repeat, the value (revision 2026-07-28, Streamable HTTP §schema
    /// extension).
    ///
    /// # Errors
    /// The value is an array, an object, a number, or an integer that may exceed ±(2^53 - 1). Clients would write such
    /// a value in different ways, or refuse the whole tool.
    pub const fn mirrors(&self) -> Result<(), BoundError> {
        const KINDS: &str = "mirrors only a string, an integer or a boolean, not ";
        let text = BoundError::at("header");
        if self.items.is_some() {
            return Err(BoundError(text.str(KINDS).str("an array: remove it")));
        }
        match self.kind {
            Kind::Boolean | Kind::Text(_) | Kind::Enum(_) => Ok(()),
            Kind::Integer { minimum, maximum } => {
                let (low, high) = (minimum < -SAFE, maximum > SAFE);
                if !low && !high {
                    return Ok(());
                }
                let mut text = text.str("mirrors only integers that every client represents exactly: write ");
                if low {
                    text = text.str("`min = ").integer(-SAFE).str(if high { "` and " } else { "`" });
                }
                if high {
                    text = text.str("`max = ").integer(SAFE).str("`");
                }
                Err(BoundError(text.str(", or narrower")))
            }
            Kind::Number { .. } | Kind::Object(_) => {
                Err(BoundError(text.str(KINDS).str(self.kind.noun()).str(": remove it")))
            }
        }
    }
}

impl Schema {
    /// Checks that a completion function can suggest the value or, for an array, its items.
    ///
    /// # Errors
    /// The kind isn't [`Kind::Text`]. Booleans and enums need no function, because the framework completes them.
    pub const fn takes_suggestions(&self) -> Result<(), BoundError> {
        let text = BoundError::at("complete");
        match self.kind {
            Kind::Text(_) => Ok(()),
            Kind::Enum(_) => Err(BoundError(
                text.str("doesn't apply to an enum, which is completed automatically: remove it"),
            )),
            Kind::Boolean => Err(BoundError(
                text.str("doesn't apply to a boolean, which is completed automatically: remove it"),
            )),
            Kind::Integer { .. } | Kind::Number { .. } | Kind::Object(_) => Err(BoundError(
                text.str("applies only to text, not ").str(self.kind.noun()).str(": remove it"),
            )),
        }
    }
}

/// Returns the value of a numeric literal. Callers pass no other literals.
const fn float(value: LiteralValue) -> f64 {
    match value {
        LiteralValue::Integer(value) => value as f64,
        LiteralValue::Number(value) => value,
        LiteralValue::Boolean(_) | LiteralValue::Text(_) => f64::NAN,
    }
}

/// Returns `true` if there is a minimum and `value` is less.
const fn under(value: f64, minimum: Option<f64>) -> bool {
    matches!(minimum, Some(least) if value < least)
}

/// Returns `true` if there is a maximum and `value` is greater.
const fn over(value: f64, maximum: Option<f64>) -> bool {
    matches!(maximum, Some(most) if value > most)
}
