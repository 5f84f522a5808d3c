//! Reads typed structures out of a [`Node`] tree without stopping at the first mistake.
//!
//! serde's derived code returns at the first error. Here every field is a [`Field`], whose reading cannot fail: what is wrong
//! with it has already been noted, with its path, by the [`NodeReader`] it was read from, and the field is then
//! [`Field::Invalid`]. Unknown and duplicate members are noted before the derived code sees the object.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::marker::PhantomData;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Expected, IntoDeserializer as _, MapAccess,
    SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::diagnostics::{Diagnostics, Path, suggest};
use super::node::Node;

/// A member of the document.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Field<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is there, and wrong; that has been noted.
    Invalid,
    /// Its value.
    Valid(T),
}

impl<T> Field<T> {
    pub(crate) fn valid(&self) -> Option<&T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Absent | Self::Invalid => None,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(T::deserialize(deserializer).map_or(Self::Invalid, Self::Valid))
    }
}

/// A list whose elements are read one by one, the wrong ones noted and kept as [`Field::Invalid`], so that indexes stay true.
pub(crate) type List<T> = Vec<Field<T>>;

/// Reads `T` from `node`, which stands at `path`, noting all that is wrong.
pub(crate) fn read<'n, T: Deserialize<'n>>(
    node: &'n Node,
    path: Path,
    found: &mut Diagnostics,
) -> Field<T> {
    let sink = Rc::new(RefCell::new(core::mem::take(found)));
    let field = Field::deserialize(NodeReader {
        node,
        path,
        sink: Rc::clone(&sink),
    });
    *found = sink.take();
    field.unwrap_or(Field::Invalid)
}

struct NodeReader<'n> {
    node: &'n Node,
    path: Path,
    sink: Rc<RefCell<Diagnostics>>,
}

/// Says that something was wrong, and whether it has been noted.
#[derive(Debug)]
struct Wrong {
    message: String,
    help: String,
    noted: bool,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            help: String::new(),
            noted: false,
        }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let words = match expected.as_str() {
            "u64" => "a whole number, not below 0",
            "a boolean" => "true or false",
            "a sequence" => "a list",
            other => other,
        };
        Self {
            message: String::new(),
            help: format!("write {words}"),
            noted: false,
        }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self {
            message: format!("{variant:?} is not known here"),
            help: suggest(variant, expected.iter().copied()),
            noted: false,
        }
    }
}

impl<'de> NodeReader<'de> {
    /// Notes what went wrong here, if nobody further in has.
    fn note<T>(&self, result: Result<T, Wrong>) -> Result<T, Wrong> {
        result.map_err(|mut wrong| {
            if !wrong.noted {
                let found = if wrong.message.is_empty() {
                    format!("found {}", self.node.describe())
                } else {
                    wrong.message.clone()
                };
                self.sink
                    .borrow_mut()
                    .error(&self.path, found, wrong.help.clone());
                wrong.noted = true;
            }
            wrong
        })
    }

    fn is<V: Visitor<'de>>(visitor: &V) -> Wrong {
        de::Error::invalid_type(Unexpected::Unit, visitor)
    }

    /// The members that the reader knows; the others, and all but the first of a name, are noted.
    fn known_members(
        &self,
        members: &'de [(String, Node)],
        known: Option<&[&str]>,
    ) -> Vec<&'de (String, Node)> {
        let mut kept: Vec<&(String, Node)> = Vec::with_capacity(members.len());
        for member in members {
            let name = member.0.as_str();
            let place = self.path.member(name);
            if let Some(known) = known.filter(|known| !known.contains(&name)) {
                let known = known.iter().copied();
                self.sink.borrow_mut().unknown(&place, name, known);
            } else if kept.iter().any(|(earlier, _)| earlier == name) {
                self.sink.borrow_mut().error(
                    &place,
                    format!("{name:?} occurs twice"),
                    "write it once",
                );
            } else {
                kept.push(member);
            }
        }
        kept
    }

    fn visit_members<V: Visitor<'de>>(
        &self,
        members: &'de [(String, Node)],
        known: Option<&[&str]>,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_map(Members {
            reader: self,
            rest: self.known_members(members, known).into_iter(),
            value: None,
        })
    }
}

impl<'de> Deserializer<'de> for NodeReader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let result = match self.node {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => Err(Self::is(&visitor)),
            },
            Node::String(text) => visitor.visit_borrowed_str(text),
            Node::Array(elements) => visitor.visit_seq(Elements {
                reader: &self,
                rest: elements.iter().enumerate(),
            }),
            Node::Object(members) => self.visit_members(members, None, visitor),
        };
        self.note(result)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let result = match self.node {
            Node::Object(members) => self.visit_members(members, Some(fields), visitor),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Array(_) => {
                Err(Wrong {
                    message: String::new(),
                    help: "write an object".into(),
                    noted: false,
                })
            }
        };
        self.note(result)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let result = match self.node {
            Node::String(text) => {
                let name: StrDeserializer<'_, Wrong> = text.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Array(_) | Node::Object(_) => {
                let words = variants
                    .iter()
                    .map(|word| format!("\"{word}\""))
                    .collect::<Vec<_>>()
                    .join(", ");
                Err(Wrong {
                    message: String::new(),
                    help: format!("write one of {words}"),
                    noted: false,
                })
            }
        };
        self.note(result)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Members<'r, 'n> {
    reader: &'r NodeReader<'n>,
    rest: alloc::vec::IntoIter<&'n (String, Node)>,
    value: Option<&'n (String, Node)>,
}

impl<'n> MapAccess<'n> for Members<'_, 'n> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'n>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        self.value = self.rest.next();
        self.value
            .map(|(name, _)| seed.deserialize(de::value::BorrowedStrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'n>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((name, node)) = self.value.take() else {
            return Err(de::Error::custom("a value without a name"));
        };
        seed.deserialize(NodeReader {
            node,
            path: self.reader.path.member(name),
            sink: Rc::clone(&self.reader.sink),
        })
    }
}

struct Elements<'r, 'n, I: Iterator<Item = (usize, &'n Node)>> {
    reader: &'r NodeReader<'n>,
    rest: I,
}

impl<'n, I: Iterator<Item = (usize, &'n Node)>> SeqAccess<'n> for Elements<'_, 'n, I> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'n>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        self.rest
            .next()
            .map(|(index, node)| {
                seed.deserialize(NodeReader {
                    node,
                    path: self.reader.path.element(index),
                    sink: Rc::clone(&self.reader.sink),
                })
            })
            .transpose()
    }
}

/// Members of an object whose names are free, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Named<T>(pub(crate) Vec<(String, Field<T>)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamedVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Named(members))
            }
        }
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}
