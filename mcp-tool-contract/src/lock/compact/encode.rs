//! Encoder of a locked contract's binary form.

use super::{BOOLEAN, ENUM, INTEGER, NUMBER, OBJECT, annotation_bits, first_byte, string_bits, value_bits};
use crate::{
    bounds::{Field, Items, Kind, Literal, LiteralValue, Object, Schema, Text},
    model::{Contract, Deprecation, Gate, Param, Rate, ToolOutput, Weakening},
};

/// Encodes a contract without its title, its descriptions, and schemas that are known only at run time. `is_unchanged`
/// reads the bytes in this order; the parts that it doesn't read are at the end.
#[must_use]
pub fn encode(contract: &Contract) -> Vec<u8> {
    let mut bytes = CompactWriter(Vec::new());
    bytes.contract(contract);
    bytes.0
}

struct CompactWriter(Vec<u8>);

impl CompactWriter {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Writes a number: 0 and 2 bytes if it fits into `u16`, otherwise 1 and 16 bytes.
    fn number(&mut self, number: i128) {
        match u16::try_from(number) {
            Ok(short) => {
                self.byte(0);
                self.0.extend(short.to_le_bytes());
            }
            Err(_) => {
                self.byte(1);
                self.0.extend(number.to_le_bytes());
            }
        }
    }

    fn count(&mut self, count: usize) {
        self.number(count as i128);
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend(text.as_bytes());
    }

    /// Writes 0 for `None`, or 1 and the value.
    fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(value.is_some().into());
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn contract(&mut self, contract: &Contract) {
        let Contract {
            name,
            version,
            title: _,
            description: _,
            input,
            constraints,
            output,
            scopes,
            hints,
            timeout_ms,
            concurrency,
            rate,
            gate,
            upstreams,
            task,
            deprecation,
            weakens,
        } = contract;
        self.byte(first_byte(*hints, rate.is_some(), gate.is_some(), !upstreams.is_empty(), task.is_some()));
        self.maybe(*timeout_ms, |to, limit| to.number(limit.into()));
        self.maybe(*concurrency, |to, limit| to.number(limit.into()));
        self.count(scopes.len());
        scopes.iter().for_each(|scope| self.text(scope));
        if let Some(Rate { calls, window }) = rate {
            self.number((*calls).into());
            self.byte(*window as u8);
        }
        if let Some(Gate::Scope(scope)) = gate {
            self.text(scope);
        }
        if let Some(task) = task {
            self.byte(*task as u8);
        }
        if !upstreams.is_empty() {
            self.count(upstreams.len());
            upstreams.iter().for_each(|upstream| self.text(upstream));
        }
        self.count(input.len());
        input.iter().for_each(|param| self.param(param));
        self.output(output);
        // `is_unchanged` doesn't compare the next three parts, because they are rare. If the contract has one of them,
        // this flag makes `is_unchanged` return `false`, so that the full comparison runs.
        let is_plain = constraints.is_none() && deprecation.is_none() && weakens.is_empty();
        self.byte(u8::from(!is_plain));
        self.maybe(*constraints, CompactWriter::text);
        self.maybe(*deprecation, |to, Deprecation { message, replacement, removal }| {
            to.text(message);
            to.maybe(replacement, CompactWriter::text);
            to.maybe(removal, CompactWriter::text);
        });
        self.count(weakens.len());
        for Weakening { rule, reason } in *weakens {
            self.number(*rule as i128);
            self.text(reason);
        }
        self.text(name);
        self.number(version.major.into());
        self.number(version.minor.into());
        input.iter().for_each(|param| self.text(param.name));
    }

    fn param(&mut self, param: &Param) {
        let Param { name: _, description: _, schema, default, secret, header } = param;
        self.schema(schema, annotation_bits(*secret, default, header.is_some()));
        if let Some(Literal { value, json }) = default {
            if let LiteralValue::Number(value) = value {
                self.number(value.to_bits().into());
            }
            self.text(json);
        }
        if let Some(header) = header {
            self.text(header);
        }
    }

    /// Writes a schema. `mark` has the annotation bits of a parameter, or `required` of a field. An absent bound is
    /// written as -1.
    fn schema(&mut self, schema: &Schema, mark: u8) {
        let Schema { kind, items, optional } = schema;
        self.byte(value_bits(*optional, items.is_some(), mark));
        if let Some(Items { min, max }) = items {
            self.number((*min).into());
            self.number(max.map_or(-1, Into::into));
        }
        match kind {
            Kind::Boolean => self.byte(BOOLEAN),
            Kind::Integer { minimum, maximum } => {
                self.byte(INTEGER);
                self.number(*minimum);
                self.number(*maximum);
            }
            Kind::Number { minimum, maximum } => {
                self.byte(NUMBER);
                for bound in [minimum, maximum] {
                    self.number(bound.map_or(-1, |bound| bound.to_bits().into()));
                }
            }
            Kind::Text(Text { min_len, max_len, pattern, format }) => {
                self.byte(string_bits(pattern.is_some(), *format));
                self.number((*min_len).into());
                self.number(max_len.map_or(-1, Into::into));
                if let Some(pattern) = pattern {
                    self.text(pattern.source());
                }
            }
            Kind::Enum(values) => {
                self.byte(ENUM);
                self.count(values.len());
                values.iter().for_each(|value| self.text(value));
            }
            Kind::Object(object) => {
                self.byte(OBJECT);
                self.object(object);
            }
        }
    }

    /// Writes a result: the number of its kind, and the object if there is one.
    fn output(&mut self, output: &ToolOutput) {
        match output {
            ToolOutput::Nothing => self.byte(0),
            ToolOutput::Text => self.byte(1),
            ToolOutput::Object(object) | ToolOutput::Paged(object) => {
                self.byte(2);
                self.object(object);
            }
            // Schemas that are known only at run time.
            ToolOutput::FromLock(_) | ToolOutput::Dynamic(_) => self.byte(3),
            ToolOutput::Content => self.byte(4),
        }
    }

    /// Writes the fields of an object. Tags and the fields of flattened structs are written as fields.
    fn object(&mut self, object: &'static Object) {
        self.count(object.count());
        for field in (0..object.count()).filter_map(|index| object.field(index)) {
            self.field(&field);
        }
    }

    fn field(&mut self, field: &Field) {
        let Field { name, description: _, schema, required } = field;
        self.text(name);
        self.schema(schema, *required as u8);
    }
}
