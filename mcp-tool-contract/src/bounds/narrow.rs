//! Narrowing: a bound can only tighten what a type says of itself, and must leave something over.
//!
//! Everything here runs in const evaluation, so that an alias counts as the type that it names; a
//! [`BoundError`] becomes a compile error at the key.
#![expect(clippy::result_large_err, reason = "a error lives in const evaluation, where nothing can be boxed")]

use super::{Items, Kind, Literal, LiteralValue, Schema, Text};
use crate::{
    pattern::Pattern,
    text::{self, ConstText},
};

/// Why a bound can't be, in the author's words.
#[derive(Clone, Copy)]
pub struct BoundError(ConstText);

impl BoundError {
    const fn at(key: &str) -> ConstText {
        ConstText::new().str("`").str(key).str("` ")
    }

    /// The least is over the most.
    const fn crossed(low: &str, least: i128, high: &str, most: i128) -> BoundError {
        let text = BoundError::at(low).integer(least).str(" is over `").str(high).str("` ");
        BoundError(text.integer(most))
    }

    /// A length that loosens the type's own.
    const fn wider(key: &str, given: u64, own: u64) -> BoundError {
        let text = BoundError::at(key).integer(given as i128).str(" loosens the type's own ");
        BoundError(text.integer(own as i128).str(": a parameter can only narrow its type"))
    }

    /// An integer bound that the type can't hold.
    const fn beyond(key: &str, given: i128, minimum: i128, maximum: i128) -> BoundError {
        let text = BoundError::at(key).integer(given).str(" is beyond what the type holds, ");
        BoundError(text.integer(minimum).str("..=").integer(maximum))
    }

    /// A key that is for another kind.
    const fn misplaced(key: &str, kind: Kind) -> BoundError {
        let text = BoundError::at(key).str("doesn't bound ");
        BoundError(match kind {
            Kind::Boolean => text.str("a boolean: leave it out"),
            Kind::Integer { .. } | Kind::Number { .. } => {
                text.str(kind.noun()).str(", which takes `min` and `max`")
            }
            Kind::String(Text { format: Some(format), .. }) => {
                text.str("a ").str(format.name()).str(": leave it out")
            }
            Kind::String(_) => text.str("a string, which takes `min_len`, `max_len` and `pattern`"),
            Kind::Enum(_) => text.str("an enum: leave it out"),
            Kind::Object(_) => text.str("an object: put it on the object's own field"),
        })
    }

    /// A literal of another type than the kind's.
    const fn mistyped(key: &str, literal: Literal, kind: Kind) -> BoundError {
        match kind {
            Kind::Integer { .. } | Kind::Number { .. } => {
                let text = BoundError::at(key).str(literal.json).str(" is ").str(literal.value.noun());
                BoundError(text.str(", ").str(kind.noun()).str(" is wanted"))
            }
            _ => BoundError::misplaced(key, kind),
        }
    }

    const fn no_array(key: &str) -> BoundError {
        BoundError(BoundError::at(key).str("bounds a `Vec`, and this is none"))
    }

    const fn default(literal: Literal) -> ConstText {
        ConstText::new().str("default ").str(literal.json)
    }

    /// Stops const evaluation: `parameter 'b': default 20 is outside its bounds 1..=10`.
    #[track_caller]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn raise(self, subject: &str, name: &str) -> ! {
        let text: ConstText =
            ConstText::new().str(subject).str(" '").str(name).str("': ").str(self.0.as_str());
        panic!("{}", text.as_str())
    }
}

/// The greatest integer that every client holds exactly (RFC 8259 §6).
const SAFE: i128 = (1 << 53) - 1;

impl Schema {
    /// Raises the least value.
    ///
    /// # Errors
    /// [`BoundError`] where the kind has no such bound, or the new one is beyond the old.
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
                        BoundError::at("min").str(bound.json).str(" is under the type's own `min`"),
                    ));
                }
                if over(value, maximum) {
                    return Err(BoundError(BoundError::at("min").str(bound.json).str(" is over `max`")));
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
    /// [`BoundError`] where the kind has no such bound, or the new one is beyond the old.
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
                        BoundError::at("max").str(bound.json).str(" is over the type's own `max`"),
                    ));
                }
                if under(value, minimum) {
                    return Err(BoundError(BoundError::at("max").str(bound.json).str(" is under `min`")));
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
    /// [`BoundError`] where the kind has no such bound, or the new one is beyond the old.
    pub const fn min_len(mut self, least: u64) -> Result<Schema, BoundError> {
        match self.kind {
            Kind::String(own @ Text { format: None, .. }) => {
                if least < own.min_len {
                    return Err(BoundError::wider("min_len", least, own.min_len));
                }
                if let Some(most) = own.max_len
                    && least > most
                {
                    return Err(BoundError::crossed("min_len", least as i128, "max_len", most as i128));
                }
                self.kind = Kind::String(Text { min_len: least, ..own });
            }
            kind => return Err(BoundError::misplaced("min_len", kind)),
        }
        Ok(self)
    }

    /// Lowers the greatest length.
    ///
    /// # Errors
    /// [`BoundError`] where the kind has no such bound, or the new one is beyond the old.
    pub const fn max_len(mut self, most: u64) -> Result<Schema, BoundError> {
        match self.kind {
            Kind::String(own @ Text { format: None, .. }) => {
                if let Some(old) = own.max_len
                    && most > old
                {
                    return Err(BoundError::wider("max_len", most, old));
                }
                if most < own.min_len {
                    return Err(BoundError::crossed("min_len", own.min_len as i128, "max_len", most as i128));
                }
                self.kind = Kind::String(Text { max_len: Some(most), ..own });
            }
            kind => return Err(BoundError::misplaced("max_len", kind)),
        }
        Ok(self)
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// [`BoundError`] where the kind isn't free text, or has a pattern already.
    pub const fn pattern(mut self, pattern: Pattern) -> Result<Schema, BoundError> {
        match self.kind {
            Kind::String(Text { pattern: Some(own), .. }) => {
                let text = ConstText::new().str("the type has the pattern ").str(own.source());
                return Err(BoundError(text.str(" already, and a schema has one")));
            }
            Kind::String(own @ Text { format: None, .. }) => {
                self.kind = Kind::String(Text { pattern: Some(pattern), ..own });
            }
            kind => return Err(BoundError::misplaced("pattern", kind)),
        }
        Ok(self)
    }

    /// Raises the least number of items.
    ///
    /// # Errors
    /// [`BoundError`] where it is no array, or the new bound is beyond the old.
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

    /// Lowers the greatest number of items.
    ///
    /// # Errors
    /// [`BoundError`] where it is no array, or the new bound is beyond the old.
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

    /// Bounds what is still unbounded: a string by `max_len`, an array by `max_items` where there is one.
    ///
    /// # Errors
    /// [`BoundError`] where a bound falls below a least length, or an array is left without a bound.
    pub const fn bounded(mut self, max_len: u64, max_items: Option<u64>) -> Result<Schema, BoundError> {
        if let Kind::String(Text { max_len: None, .. }) = self.kind {
            self = match self.max_len(max_len) {
                Ok(schema) => schema,
                Err(error) => return Err(error),
            };
        }
        match (self.items, max_items) {
            (Some(Items { max: None, .. }), Some(most)) => self.max_items(most),
            (Some(Items { max: None, .. }), None) => Err(BoundError(
                ConstText::new()
                    .str("an array without a bound: add `#[schema(max_items = …)]`, or return a `Page`"),
            )),
            _ => Ok(self),
        }
    }

    /// Whether a default is within the bounds; a pattern is looked at when the server starts.
    ///
    /// # Errors
    /// [`BoundError`] saying which bound the default breaks.
    pub const fn admits(&self, default: Literal) -> Result<(), BoundError> {
        if self.items.is_some() {
            return Err(BoundError(ConstText::new().str("an array takes no default: use `Option<Vec<…>>`")));
        }
        if self.optional {
            let text =
                ConstText::new().str("with a default it is never absent: drop the `Option`, or the default");
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
            (Kind::String(own), LiteralValue::String(value)) => {
                let length = text::code_points(value);
                match own.max_len {
                    Some(most) if length > most => Some("max_len"),
                    _ if length < own.min_len => Some("min_len"),
                    _ => None,
                }
            }
            (Kind::Enum(values), LiteralValue::String(value)) => {
                let mut i = 0;
                while i < values.len() {
                    if text::same(values[i], value) {
                        return Ok(());
                    }
                    i += 1;
                }
                return Err(BoundError(text.str(" is none of the enum's values")));
            }
            (kind, value) => {
                let text = text.str(" is ").str(value.noun()).str(", ").str(kind.noun());
                return Err(BoundError(text.str(" is wanted")));
            }
        };
        match outside {
            Some(key) => Err(BoundError(text.str(" is outside its `").str(key).str("`"))),
            None => Ok(()),
        }
    }
}

impl Schema {
    /// Whether a header can mirror the value (2026-07-28, Streamable HTTP §schema extension).
    ///
    /// # Errors
    /// [`BoundError`] where clients would write it in different ways, or refuse the whole tool for it.
    pub const fn mirrors(&self) -> Result<(), BoundError> {
        const KINDS: &str = "mirrors a string, an integer or a boolean, and this is ";
        let text = BoundError::at("header");
        if self.items.is_some() {
            return Err(BoundError(text.str(KINDS).str("an array: leave it out")));
        }
        match self.kind {
            Kind::Boolean | Kind::String(_) | Kind::Enum(_) => Ok(()),
            Kind::Integer { minimum, maximum } => {
                let (low, high) = (minimum < -SAFE, maximum > SAFE);
                if !low && !high {
                    return Ok(());
                }
                let mut text = text.str("mirrors integers that every client holds exactly: write ");
                if low {
                    text = text.str("`min = ").integer(-SAFE).str(if high { "` and " } else { "`" });
                }
                if high {
                    text = text.str("`max = ").integer(SAFE).str("`");
                }
                Err(BoundError(text.str(", or narrower")))
            }
            Kind::Number { .. } | Kind::Object(_) => {
                Err(BoundError(text.str(KINDS).str(self.kind.noun()).str(": leave it out")))
            }
        }
    }
}

impl Schema {
    /// Whether a function can complete the value, or each item of the array.
    ///
    /// # Errors
    /// [`BoundError`] where it isn't text, or completes by itself.
    pub const fn takes_suggestions(&self) -> Result<(), BoundError> {
        let text = BoundError::at("complete");
        match self.kind {
            Kind::String(_) => Ok(()),
            Kind::Enum(_) => {
                Err(BoundError(text.str("isn't for an enum, which completes by itself: leave it out")))
            }
            Kind::Boolean => {
                Err(BoundError(text.str("isn't for a boolean, which completes by itself: leave it out")))
            }
            Kind::Integer { .. } | Kind::Number { .. } | Kind::Object(_) => Err(BoundError(
                text.str("suggests text, and this is ").str(self.kind.noun()).str(": leave it out"),
            )),
        }
    }
}

const fn float(value: LiteralValue) -> f64 {
    match value {
        LiteralValue::Integer(value) => value as f64,
        LiteralValue::Number(value) => value,
        LiteralValue::Boolean(_) | LiteralValue::String(_) => f64::NAN,
    }
}

const fn under(value: f64, minimum: Option<f64>) -> bool {
    matches!(minimum, Some(own) if value < own)
}

const fn over(value: f64, maximum: Option<f64>) -> bool {
    matches!(maximum, Some(own) if value > own)
}
