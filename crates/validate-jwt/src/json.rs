//! JSON as tokens may have it: read in one pass, strictly, without recursion.
//!
//! A general parser does not fit here for three reasons. Members that occur twice must be refused (RFC 7519 §4 leaves the
//! choice; two readers that choose differently are an attack). Claims are compared by their JSON text, so numbers must keep
//! it. And this is read for every token that was not seen before: text without escapes is borrowed and the tree is one flat
//! list, so that a claim set costs one allocation.

mod reader;

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// How deep objects and lists may nest. Claim sets of known providers need four levels; the limit keeps a hostile token from
/// costing memory.
pub const MAX_DEPTH: usize = 32;

/// Why a text is not acceptable JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON by RFC 8259, at this byte.
    Syntax(usize),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// An object has two members of the same name.
    DuplicateMember,
}

impl core::fmt::Display for JsonError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Syntax(at) => write!(f, "not JSON at byte {at}"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Self::DuplicateMember => f.write_str("two members of one object have the same name"),
        }
    }
}

/// A JSON text that was read.
#[derive(Debug)]
pub struct Json<'a> {
    nodes: Vec<Node<'a>>,
}

#[derive(Debug)]
struct Node<'a> {
    name: Option<Cow<'a, str>>,
    content: Content<'a>,
    /// Index of the first node behind this one and all within it.
    end: usize,
}

#[derive(Debug)]
enum Content<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(Cow<'a, str>),
    Array,
    Object,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'v> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as its text.
    Number(&'v str),
    /// A string, escapes resolved.
    String(&'v str),
    /// A list; see [`Value::children`].
    Array,
    /// An object; see [`Value::get`].
    Object,
}

/// A value within a [`Json`] text.
#[derive(Debug, Clone, Copy)]
pub struct Value<'v> {
    json: &'v Json<'v>,
    index: usize,
}

impl<'a> Json<'a> {
    /// Reads `text`, which must hold one JSON value and nothing else but white space.
    ///
    /// # Errors
    /// See [`JsonError`].
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        reader::read(text)
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        // Shortening the lifetime of the text to that of the tree lets `Value` be a plain copy.
        Value {
            json: self,
            index: 0,
        }
    }
}

impl<'v> Value<'v> {
    /// What it is.
    pub fn kind(self) -> Kind<'v> {
        match self.json.nodes.get(self.index).map(|node| &node.content) {
            None | Some(Content::Null) => Kind::Null,
            Some(Content::Bool(value)) => Kind::Bool(*value),
            Some(Content::Number(text)) => Kind::Number(text),
            Some(Content::String(text)) => Kind::String(text),
            Some(Content::Array) => Kind::Array,
            Some(Content::Object) => Kind::Object,
        }
    }

    /// The string, if it is one.
    pub fn as_str(self) -> Option<&'v str> {
        if let Kind::String(text) = self.kind() {
            Some(text)
        } else {
            None
        }
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// The member `name` of an object.
    pub fn get(self, name: &str) -> Option<Value<'v>> {
        self.children()
            .find(|(member, _)| *member == Some(name))
            .map(|(_, value)| value)
    }

    /// The elements of a list (without names) or the members of an object (with names); nothing for other values.
    pub fn children(self) -> impl Iterator<Item = (Option<&'v str>, Value<'v>)> {
        children(&self.json.nodes, self.index).map(move |(index, node)| {
            (
                node.name.as_deref(),
                Value {
                    json: self.json,
                    index,
                },
            )
        })
    }
}

fn children<'n, 'a>(
    nodes: &'n [Node<'a>],
    container: usize,
) -> impl Iterator<Item = (usize, &'n Node<'a>)> {
    let end = match nodes.get(container) {
        Some(Node {
            content: Content::Array | Content::Object,
            end,
            ..
        }) => *end,
        Some(_) | None => 0,
    };
    let mut next = container.saturating_add(1);
    core::iter::from_fn(move || {
        let index = next;
        let node = if index < end { nodes.get(index) } else { None }?;
        next = node.end;
        Some((index, node))
    })
}
