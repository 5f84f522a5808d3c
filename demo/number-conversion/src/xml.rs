//! A small XML document as a tree, read with limits.
//!
//! `quick-xml` does the reading and the namespaces. What SOAP forbids (document type declarations and
//! processing instructions: SOAP 1.1, 3; SOAP 1.2 Part 1, 5) and what it does not check itself is refused
//! here, so that a tree only comes from a document every parser reads alike.

mod reading;

use std::fmt;

/// Elements within elements. A SOAP call needs 4; security headers stay under 16.
pub(crate) const MAX_DEPTH: usize = 32;
/// Elements in the document, so that a tree of one small body stays small.
pub(crate) const MAX_ELEMENTS: usize = 1024;
/// Attributes of one element, namespace declarations included.
pub(crate) const MAX_ATTRIBUTES: usize = 64;

/// A name with its namespace resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) namespace: Option<String>,
    pub(crate) local: String,
}

impl Name {
    pub(crate) fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace.as_deref() == Some(namespace) && self.local == local
    }
}

/// An element; comments are gone, CDATA and character references are text.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: Name,
    attributes: Vec<(Name, String)>,
    pub(crate) children: Vec<Element>,
    /// All character data directly in this element, joined.
    pub(crate) text: String,
}

impl Element {
    /// Reads the one element of `document`, which must be UTF-8.
    pub(crate) fn read(document: &[u8]) -> Result<Self, XmlError> {
        reading::read(document)
    }

    pub(crate) fn attribute(&self, namespace: &str, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| name.is(namespace, local))
            .map(|(_, value)| value.as_str())
    }

    /// The text with the `whiteSpace="collapse"` of XML Schema applied at both ends.
    pub(crate) fn value(&self) -> &str {
        self.text.trim_matches(is_space)
    }
}

/// White space of XML 1.0 (production 3), narrower than Unicode's.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Why a document was refused. Nothing of the document is repeated in the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XmlError {
    /// The bytes are no UTF-8.
    NotUtf8,
    /// The XML declaration names another version or encoding than 1.0 and UTF-8.
    Declaration,
    /// There is a `<!DOCTYPE`.
    DocumentType,
    /// There is a processing instruction.
    ProcessingInstruction,
    /// An entity other than the five of XML itself, or a reference to a character XML does not allow.
    Entity,
    /// A prefix without a declaration.
    Prefix,
    /// More than [`MAX_DEPTH`] levels.
    TooDeep,
    /// More than [`MAX_ELEMENTS`] elements.
    TooManyElements,
    /// An element with more than [`MAX_ATTRIBUTES`] attributes.
    TooManyAttributes,
    /// Anything else, at about this byte.
    NotWellFormed(u64),
}

impl fmt::Display for XmlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => out.write_str("The message is not UTF-8; send it in UTF-8."),
            Self::Declaration => out
                .write_str("The XML declaration must say version 1.0 and, if any, encoding UTF-8."),
            Self::DocumentType => {
                out.write_str("A SOAP message must not contain a document type declaration.")
            }
            Self::ProcessingInstruction => {
                out.write_str("A SOAP message must not contain processing instructions.")
            }
            Self::Entity => out.write_str(
                "Only the entities of XML itself and references to allowed characters are known.",
            ),
            Self::Prefix => {
                out.write_str("The message uses a namespace prefix that it does not declare.")
            }
            Self::TooDeep => write!(
                out,
                "The message nests elements deeper than {MAX_DEPTH} levels."
            ),
            Self::TooManyElements => {
                write!(out, "The message has more than {MAX_ELEMENTS} elements.")
            }
            Self::TooManyAttributes => {
                write!(out, "An element has more than {MAX_ATTRIBUTES} attributes.")
            }
            Self::NotWellFormed(byte) => {
                write!(out, "The message is not well-formed XML near byte {byte}.")
            }
        }
    }
}
