//! Fields of objects in results: checks, count and iteration. They include the fields of structs that serde's `flatten`
//! puts into the object, and tags, the fixed members that serde's `tag` adds.

use super::{Field, Kind, Member, Object};
use crate::text::{self, ConstText};

impl Object {
    /// An object without members.
    pub const EMPTY: Object = Object { members: &[] };

    /// Checks that every name of a field or tag is unique, including names in flattened structs.
    #[track_caller]
    pub const fn check(&self) {
        self.check_members(self);
    }

    /// Returns the number of fields and tags with this name.
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
    const fn check_unique(&self, name: &str) {
        if self.occurrences(name) > 1 {
            let text: ConstText =
                ConstText::new().str("two fields have the JSON name '").str(name).str("': rename one");
            panic!("{}", text.as_str())
        }
    }

    /// Checks the names in `inner` against all names of this object. `inner` is this object or a flattened struct in
    /// it.
    #[track_caller]
    const fn check_members(&self, inner: &Object) {
        let mut i = 0;
        while i < inner.members.len() {
            match inner.members[i] {
                Member::Field(field) => self.check_unique(field.name),
                Member::Tag(name, _) => self.check_unique(name),
                Member::Flatten(deeper) => self.check_members(deeper),
            }
            i += 1;
        }
    }
}

impl Object {
    /// Number of serialized fields, including tags and the fields of flattened structs.
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

    /// Returns the serialized field at this index; `None` if `index` is [`count`](Self::count) or more. A tag is
    /// returned as a field whose kind is an enum of one value.
    pub(crate) const fn field(&'static self, index: usize) -> Option<Field> {
        let (mut i, mut before) = (0, 0);
        while i < self.members.len() {
            match &self.members[i] {
                Member::Field(field) if before == index => return Some(*field),
                Member::Tag(name, value) if before == index => {
                    let only = Kind::Enum(core::slice::from_ref(value)).schema();
                    return Some(Field { name, description: "", schema: only, required: true });
                }
                Member::Field(_) | Member::Tag(..) => before += 1,
                Member::Flatten(inner) => {
                    let count = inner.count();
                    if index < before + count {
                        return inner.field(index - before);
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
    /// Iterates over the serialized fields, including tags and the fields of flattened structs.
    pub fn fields(&'static self) -> impl Iterator<Item = Field> {
        (0..self.count()).filter_map(|index| self.field(index))
    }

    /// Checks that a person can fill in the object as a form (MCP elicitation). Each field must be a single value, or
    /// an array of enum values.
    #[track_caller]
    #[expect(clippy::panic, reason = "a panic in const evaluation is a compile error")]
    pub const fn check_form(&'static self) {
        let mut index = 0;
        while index < self.count() {
            if let Some(Field { name, schema, .. }) = self.field(index) {
                // An array has `items`; `kind` is then the kind of its items.
                let reason = match (&schema.items, &schema.kind) {
                    (_, Kind::Object(_)) => {
                        "' is an object, but a form must be flat: put its fields into the form"
                    }
                    (Some(_), kind) if !matches!(kind, Kind::Enum(_)) => {
                        "' is a list, but a form allows only lists of choices: use an enum for its items"
                    }
                    _ => "",
                };
                if !reason.is_empty() {
                    let text: ConstText = ConstText::new().str("field '").str(name).str(reason);
                    panic!("{}", text.as_str())
                }
            }
            index += 1;
        }
    }
}
