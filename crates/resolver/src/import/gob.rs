//! The encoding of Go's package encoding/gob, as far as the cache of postfix-tlspol uses it: one
//! value of any type but interfaces. Types come before the value, each with a number.

use std::collections::HashMap;

/// A value. Fields that have their zero value are left out by the encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A boolean or an unsigned integer.
    Unsigned(u64),
    /// A signed integer.
    Signed(i64),
    /// A text, octets, or what a type makes of itself.
    Octets(&'a [u8]),
    /// Fields by name.
    Struct(Vec<(&'a [u8], Value<'a>)>),
    /// Keys and values.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// A slice or an array.
    List(Vec<Value<'a>>),
}

/// What is no such encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum GobError {
    #[error("it ends too early")]
    Short,
    #[error("a number is out of its range")]
    Number,
    #[error("a type is unknown, or not one that is read here")]
    Type,
    #[error("values lie within each other too deeply")]
    Depth,
}

/// Reads the first value of `stream`.
pub(super) fn decode(stream: &[u8]) -> Result<Value<'_>, GobError> {
    let mut stream = Octets(stream);
    let mut types = Types::default();
    loop {
        let length = stream.length()?;
        let mut message = Octets(stream.take(length)?);
        let id = message.signed()?;
        if id < 0 {
            let description = types.value(WIRE_TYPE, &mut message, 0)?;
            types.learn(id.checked_neg().ok_or(GobError::Number)?, &description)?;
        } else {
            // What is no struct comes as the only field of one.
            if !matches!(types.of(id)?, Type::Struct(_)) && message.unsigned()? != 0 {
                return Err(GobError::Type);
            }
            return types.value(id, &mut message, 0);
        }
    }
}

impl<'a> Value<'a> {
    /// A field of a struct.
    pub(super) fn field(&self, name: &str) -> Option<&Value<'a>> {
        let Self::Struct(fields) = self else { return None };
        fields.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| value)
    }

    /// The octets of a text.
    pub(super) fn octets(&self) -> Option<&'a [u8]> {
        match self {
            Self::Octets(octets) => Some(octets),
            Self::Unsigned(_)
            | Self::Signed(_)
            | Self::Struct(_)
            | Self::Map(_)
            | Self::List(_) => None,
        }
    }

    /// An unsigned integer.
    pub(super) fn unsigned(&self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(*number),
            Self::Signed(_) | Self::Octets(_) | Self::Struct(_) | Self::Map(_) | Self::List(_) => {
                None
            }
        }
    }

    fn signed(&self) -> Option<i64> {
        match self {
            Self::Signed(number) => Some(*number),
            Self::Unsigned(_)
            | Self::Octets(_)
            | Self::Struct(_)
            | Self::Map(_)
            | Self::List(_) => None,
        }
    }
}

/// How a value is written.
#[derive(Debug, Clone)]
enum Type<'a> {
    Unsigned,
    Signed,
    Octets,
    Struct(Vec<(&'a [u8], i64)>),
    Map { key: i64, value: i64 },
    List(i64),
}

/// Types by number, beyond those that every stream has.
#[derive(Debug, Default)]
struct Types<'a>(HashMap<i64, Type<'a>>);

impl<'a> Types<'a> {
    fn of(&self, id: i64) -> Result<Type<'a>, GobError> {
        // The numbers that every stream has; the types of types are among them.
        let fields = |fields: &[(&'static str, i64)]| {
            Type::Struct(fields.iter().map(|(name, id)| (name.as_bytes(), *id)).collect())
        };
        Ok(match id {
            1 | 3 => Type::Unsigned,
            TYPE_ID => Type::Signed,
            5 | TEXT => Type::Octets,
            WIRE_TYPE => fields(&[
                ("array", 17),
                ("slice", 19),
                ("struct", 20),
                ("map", 23),
                ("gob", 24),
                ("binary", 24),
                ("text", 24),
            ]),
            17 => fields(&[("common", 18), ("elem", TYPE_ID), ("length", TYPE_ID)]),
            18 | 21 => fields(&[("name", TEXT), ("id", TYPE_ID)]),
            19 => fields(&[("common", 18), ("elem", TYPE_ID)]),
            20 => fields(&[("common", 18), ("fields", 22)]),
            22 => Type::List(21),
            23 => fields(&[("common", 18), ("key", TYPE_ID), ("elem", TYPE_ID)]),
            24 => fields(&[("common", 18)]),
            _ => self.0.get(&id).ok_or(GobError::Type)?.clone(),
        })
    }

    /// Takes a type up as it describes itself.
    fn learn(&mut self, id: i64, description: &Value<'a>) -> Result<(), GobError> {
        let number = |of: &Value<'a>, name: &str| of.field(name).and_then(Value::signed);
        let learnt = if let Some(map) = description.field("map") {
            number(map, "key").zip(number(map, "elem")).map(|(key, value)| Type::Map { key, value })
        } else if let Some(list) = description.field("slice").or(description.field("array")) {
            number(list, "elem").map(Type::List)
        } else if let Some(of) = description.field("struct") {
            let fields = match of.field("fields") {
                Some(Value::List(fields)) => fields.as_slice(),
                Some(_) | None => &[],
            };
            let field =
                |field: &Value<'a>| Some((field.field("name")?.octets()?, number(field, "id")?));
            fields.iter().map(field).collect::<Option<_>>().map(Type::Struct)
        } else {
            // Types that make octets of themselves.
            Some(Type::Octets)
        };
        self.0.insert(id, learnt.ok_or(GobError::Type)?);
        Ok(())
    }

    fn value(&self, id: i64, from: &mut Octets<'a>, depth: usize) -> Result<Value<'a>, GobError> {
        if depth > MAX_DEPTH {
            return Err(GobError::Depth);
        }
        Ok(match self.of(id)? {
            Type::Unsigned => Value::Unsigned(from.unsigned()?),
            Type::Signed => Value::Signed(from.signed()?),
            Type::Octets => {
                let length = from.length()?;
                Value::Octets(from.take(length)?)
            }
            Type::Struct(fields) => Value::Struct(self.fields(&fields, from, depth)?),
            // Every element takes an octet at least, so a count that lies ends with the stream.
            Type::Map { key, value } => {
                let mut entries = Vec::new();
                for _ in 0..from.unsigned()? {
                    let key = self.value(key, from, depth + 1)?;
                    entries.push((key, self.value(value, from, depth + 1)?));
                }
                Value::Map(entries)
            }
            Type::List(element) => {
                let mut elements = Vec::new();
                for _ in 0..from.unsigned()? {
                    elements.push(self.value(element, from, depth + 1)?);
                }
                Value::List(elements)
            }
        })
    }

    /// Each field as its distance from the one before, then its value; a zero ends them.
    fn fields(
        &self,
        fields: &[(&'a [u8], i64)],
        from: &mut Octets<'a>,
        depth: usize,
    ) -> Result<Vec<(&'a [u8], Value<'a>)>, GobError> {
        let mut values = Vec::new();
        let mut next = 0_usize;
        loop {
            let distance = from.length()?;
            if distance == 0 {
                return Ok(values);
            }
            next = next.checked_add(distance).ok_or(GobError::Number)?;
            let (name, id) = fields.get(next - 1).ok_or(GobError::Type)?;
            values.push((*name, self.value(*id, from, depth + 1)?));
        }
    }
}

/// What is left of a stream.
#[derive(Debug, Clone, Copy)]
struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], GobError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(GobError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Below 128 the octet itself, else how many octets follow, negated, and these.
    fn unsigned(&mut self) -> Result<u64, GobError> {
        let first = self.take(1)?.first().copied().unwrap_or_default();
        if first < 0x80 {
            return Ok(first.into());
        }
        let length = usize::from(first.wrapping_neg());
        if length > size_of::<u64>() {
            return Err(GobError::Number);
        }
        let octets = self.take(length)?;
        Ok(octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
    }

    /// The sign is the lowest bit.
    fn signed(&mut self) -> Result<i64, GobError> {
        let number = self.unsigned()?;
        let magnitude = (number >> 1).cast_signed();
        Ok(if number & 1 == 1 { !magnitude } else { magnitude })
    }

    fn length(&mut self) -> Result<usize, GobError> {
        usize::try_from(self.unsigned()?).map_err(|_| GobError::Number)
    }
}

const TYPE_ID: i64 = 2;
const TEXT: i64 = 6;
const WIRE_TYPE: i64 = 16;
/// A real one has four.
const MAX_DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// `map[string]int{"a": -2}` as Go writes it.
    const MAP: &[u8] = &[
        0x0e, 0xff, 0x81, 0x04, 0x01, 0x02, 0xff, 0x82, 0x00, 0x01, 0x0c, 0x01, 0x04, 0x00, 0x00,
        0x07, 0xff, 0x82, 0x00, 0x01, 0x01, b'a', 0x03,
    ];

    #[test]
    fn a_map_is_read() {
        let expected = Value::Map(vec![(Value::Octets(b"a"), Value::Signed(-2))]);
        assert_eq!(decode(MAP), Ok(expected));
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_refused_or_read() {
        for end in 0..MAP.len() {
            assert_eq!(decode(&MAP[..end]), Err(GobError::Short), "{end}");
        }
        for place in 0..MAP.len() {
            for octet in 0..=u8::MAX {
                let mut changed = MAP.to_vec();
                changed[place] = octet;
                // Neither panics nor goes on for ever.
                drop(decode(&changed));
            }
        }
    }

    #[test]
    fn types_of_themselves_end() {
        // A list of itself, and a value of it that goes on and on.
        let mut endless = vec![
            0x0b, 0xff, 0x81, 0x02, 0x01, 0x02, 0xff, 0x82, 0x00, 0x01, 0xff, 0x82, 0x00, 0x00,
        ];
        endless[0] = u8::try_from(endless.len() - 1).unwrap();
        endless.extend([0x44, 0xff, 0x82, 0x00]);
        endless.extend([0x01; 65]);
        assert_eq!(decode(&endless), Err(GobError::Depth));
    }
}
