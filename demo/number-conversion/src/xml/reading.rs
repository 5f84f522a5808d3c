//! From bytes to a tree, one `quick-xml` event at a time; never recursive.

use quick_xml::XmlVersion;
use quick_xml::errors::Error;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Element, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, Name, XmlError, is_space};

/// The byte order mark, allowed before an XML document in UTF-8 (XML 1.0, 4.3.3).
const BYTE_ORDER_MARK: char = '\u{feff}';

pub(super) fn read(document: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(document).map_err(|_| XmlError::NotUtf8)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if let Some(position) = text.find(|character| !is_allowed(character)) {
        return Err(XmlError::NotWellFormed(
            u64::try_from(position).unwrap_or(u64::MAX),
        ));
    }
    let mut reader = NsReader::from_str(text);
    let config = reader.config_mut();
    config.check_comments = true;
    config.expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        let start = reader.buffer_position();
        let malformed = XmlError::NotWellFormed(start);
        let event = reader
            .read_event()
            .map_err(|error| classify(&error, start))?;
        match event {
            Event::Start(tag) => {
                tree.open(element(&tag, reader.resolver(), malformed)?, malformed)?
            }
            Event::End(_) => tree.close(malformed)?,
            Event::Text(text) => {
                let text = text.xml10_content();
                if text.contains("]]>") {
                    return Err(malformed);
                }
                tree.text(&text, malformed)?;
            }
            Event::CData(data) => tree.content(&data.xml10_content(), malformed)?,
            Event::GeneralRef(reference) => tree.content(&resolve(&reference)?, malformed)?,
            Event::Comment(_) => {}
            Event::Decl(declaration) if start == 0 => check_declaration(&declaration)?,
            Event::Decl(_) => return Err(malformed),
            Event::PI(_) => return Err(XmlError::ProcessingInstruction),
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Empty(_) => return Err(malformed),
            Event::Eof => return tree.root.filter(|_| tree.open.is_empty()).ok_or(malformed),
        }
    }
}

/// The elements that are open, outermost first, and the document's element once it is closed.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, element: Element, malformed: XmlError) -> Result<(), XmlError> {
        if self.root.is_some() {
            return Err(malformed);
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
        self.elements = self.elements.saturating_add(1);
        if self.elements > MAX_ELEMENTS {
            return Err(XmlError::TooManyElements);
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self, malformed: XmlError) -> Result<(), XmlError> {
        let closed = self.open.pop().ok_or(malformed)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => self.root = Some(closed),
        }
        Ok(())
    }

    /// Literal text, of which white space may also stand outside the document's element.
    fn text(&mut self, text: &str, malformed: XmlError) -> Result<(), XmlError> {
        if self.open.is_empty() && text.chars().all(is_space) {
            return Ok(());
        }
        self.content(text, malformed)
    }

    /// CDATA and references, which may not.
    fn content(&mut self, text: &str, malformed: XmlError) -> Result<(), XmlError> {
        self.open.last_mut().ok_or(malformed)?.text.push_str(text);
        Ok(())
    }
}

fn element(
    tag: &BytesStart<'_>,
    resolver: &NamespaceResolver,
    malformed: XmlError,
) -> Result<Element, XmlError> {
    let (namespace, _) = resolver.resolve_element(tag.name());
    let mut element = Element {
        name: name(tag.name(), namespace, malformed)?,
        attributes: vec![],
        children: vec![],
        text: String::new(),
    };
    for (index, attribute) in tag.attributes().enumerate() {
        if index >= MAX_ATTRIBUTES {
            return Err(XmlError::TooManyAttributes);
        }
        let attribute = attribute.map_err(|_| malformed)?;
        if attribute.value.contains('<') {
            return Err(malformed);
        }
        let value = attribute_value(&attribute)?;
        let (namespace, _) = resolver.resolve_attribute(attribute.key);
        let name = name(attribute.key, namespace, malformed)?;
        let declares_prefix =
            attribute.key.as_namespace_binding().is_some() && attribute.key.prefix().is_some();
        let repeated = element.attributes.iter().any(|(other, _)| *other == name);
        if repeated || (declares_prefix && value.is_empty()) {
            return Err(malformed);
        }
        element.attributes.push((name, value));
    }
    Ok(element)
}

fn name(
    qualified: QName<'_>,
    namespace: ResolveResult<'_>,
    malformed: XmlError,
) -> Result<Name, XmlError> {
    let (local, prefix) = qualified.decompose();
    let local = local.into_inner();
    if !is_nc_name(local) || prefix.is_some_and(|prefix| !is_nc_name(prefix.into_inner())) {
        return Err(malformed);
    }
    let namespace = match namespace {
        ResolveResult::Unbound => None,
        ResolveResult::Bound(namespace) => {
            // The resolver compares and returns declarations as they are written, references unresolved.
            let declared = Attribute {
                key: qualified,
                value: namespace.into_inner().into(),
            };
            Some(attribute_value(&declared)?)
        }
        ResolveResult::Unknown(_) => return Err(XmlError::Prefix),
    };
    Ok(Name {
        namespace,
        local: local.to_owned(),
    })
}

/// The value with references resolved and white space normalised (XML 1.0, 3.3.3).
fn attribute_value(attribute: &Attribute<'_>) -> Result<String, XmlError> {
    let value = attribute
        .normalized_value(XmlVersion::Explicit1_0)
        .map_err(|_| XmlError::Entity)?;
    if value.chars().all(is_allowed) {
        Ok(value.into_owned())
    } else {
        Err(XmlError::Entity)
    }
}

/// `NCName` of Namespaces in XML 1.0, with all of Unicode's letters where the production lists ranges.
fn is_nc_name(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = |character: char| character.is_alphabetic() || character == '_';
    characters.next().is_some_and(starts)
        && characters.all(|character| {
            starts(character) || character.is_numeric() || matches!(character, '-' | '.' | '·')
        })
}

/// `Char` of XML 1.0 (production 2); surrogates cannot be in a `char`.
fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| XmlError::Entity)? {
        return if is_allowed(character) {
            Ok(character.into())
        } else {
            Err(XmlError::Entity)
        };
    }
    resolve_xml_entity(&reference.xml10_content())
        .map(str::to_owned)
        .ok_or(XmlError::Entity)
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
    let version = declaration.version().map_err(|_| XmlError::Declaration)?;
    let encoding = declaration
        .encoding()
        .transpose()
        .map_err(|_| XmlError::Declaration)?;
    if version == "1.0" && encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case("utf-8")) {
        Ok(())
    } else {
        Err(XmlError::Declaration)
    }
}

fn classify(error: &Error, position: u64) -> XmlError {
    match error {
        Error::Escape(_) => XmlError::Entity,
        Error::Namespace(_)
        | Error::Io(_)
        | Error::Syntax(_)
        | Error::IllFormed(_)
        | Error::InvalidAttr(_)
        | Error::Encoding(_) => XmlError::NotWellFormed(position),
    }
}
