//! An object as it goes out: each name once, those of flattened structs among them.

use super::{Field, Kind, Member, Object};
use crate::text::{self, ConstText};

impl Object {
    /// An object without members.
    pub const EMPTY: Object = Object { members: &[] };

    /// Each name once, those of flattened structs among them.
    #[track_caller]
    pub const fn check(&self) {
        self.once_each(self);
    }

    const fn occurrences(&self, name: &str) -> usize {
        let (mut i, mut count) = (0, 0);
        while i < self.members.len() {
            count += match self.members[i] {
                Member::Field(field) => text::same(field.name, name) as usize,
                Member::Tag(tag, _) => text::same(tag, name) as usize,
                Member::Flatten(inner) => inner.occurrences(name),
            };
            i += 1;
        }
        count
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    const fn once(&self, name: &str) {
        if self.occurrences(name) > 1 {
            let text: ConstText =
                ConstText::new().str("two fields are named '").str(name).str("' in the JSON");
            panic!("{}", text.as_str())
        }
    }

    #[track_caller]
    const fn once_each(&self, inner: &Object) {
        let mut i = 0;
        while i < inner.members.len() {
            match inner.members[i] {
                Member::Field(field) => self.once(field.name),
                Member::Tag(name, _) => self.once(name),
                Member::Flatten(deeper) => self.once_each(deeper),
            }
            i += 1;
        }
    }
}

impl Object {
    /// Fields as they go out, those of flattened structs and the tag among them.
    pub(crate) const fn count(&self) -> usize {
        let (mut i, mut count) = (0, 0);
        while i < self.members.len() {
            count += match self.members[i] {
                Member::Field(_) | Member::Tag(..) => 1,
                Member::Flatten(inner) => inner.count(),
            };
            i += 1;
        }
        count
    }

    /// The field at that place among them.
    pub(crate) const fn field(&'static self, place: usize) -> Option<Field> {
        let (mut i, mut before) = (0, 0);
        while i < self.members.len() {
            match &self.members[i] {
                Member::Field(field) if before == place => return Some(*field),
                Member::Tag(name, value) if before == place => {
                    let only = Kind::Enum(core::slice::from_ref(value)).schema();
                    return Some(Field { name, description: "", schema: only, required: true });
                }
                Member::Field(_) | Member::Tag(..) => before += 1,
                Member::Flatten(inner) => {
                    let count = inner.count();
                    if place < before + count {
                        return inner.field(place - before);
                    }
                    before += count;
                }
            }
            i += 1;
        }
        None
    }
}

impl Object {
    /// Its fields as they go out, those of flattened structs and the tag among them.
    pub fn fields(&'static self) -> impl Iterator<Item = Field> {
        (0..self.count()).filter_map(|place| self.field(place))
    }

    /// Holds it to what a person can fill in: each field one value, or a choice of several.
    #[track_caller]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn check_form(&'static self) {
        let mut place = 0;
        while place < self.count() {
            if let Some(Field { name, schema, .. }) = self.field(place) {
                let reason = match (&schema.items, &schema.kind) {
                    (_, Kind::Object(_)) => {
                        "' is an object, and a form is flat: put its fields into the form"
                    }
                    (Some(_), kind) if !matches!(kind, Kind::Enum(_)) => {
                        "' is a list, and a form has lists of choices alone: take an enum for its items"
                    }
                    _ => "",
                };
                if !reason.is_empty() {
                    let text: ConstText = ConstText::new().str("the field '").str(name).str(reason);
                    panic!("{}", text.as_str())
                }
            }
            place += 1;
        }
    }
}
