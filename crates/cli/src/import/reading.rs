//! Reading one element: its texts, and the remarks made on the way.

use super::clusters::{Address, Clusters};
use super::csharp;
use super::element::{Attribute, Element};
use super::report::Note;
use super::values::NamedValues;
use crate::diagnostics::Severity;
use crate::source::Source;

/// How much of an expression a remark quotes, in characters.
const QUOTED_CHARACTERS: usize = 80;

/// What is at hand while one element is read.
///
/// An error that drops one of several alternatives leaves a stricter policy, which is still written. One that would
/// drop a requirement sets `refused`: the element then becomes no policy.
pub(super) struct Reading<'a> {
    pub(super) source: &'a Source,
    pub(super) values: &'a NamedValues,
    pub(super) allowed_tenants: &'a [String],
    pub(super) clusters: &'a mut Clusters,
    pub(super) notes: &'a mut Vec<Note>,
    pub(super) refused: bool,
}

impl Reading<'_> {
    pub(super) fn warning(&mut self, at: usize, item: &str, message: &str) {
        self.note(Severity::Warning, at, item, message);
    }

    /// Something is left out, and what is left is no less strict.
    pub(super) fn error(&mut self, at: usize, item: &str, message: &str) {
        self.note(Severity::Error, at, item, message);
    }

    /// Something cannot be said and the policy would be less strict without it.
    pub(super) fn refuse(&mut self, at: usize, item: &str, message: &str) {
        self.refused = true;
        self.note(Severity::Error, at, item, message);
    }

    fn note(&mut self, severity: Severity, at: usize, item: &str, message: &str) {
        self.notes.push(Note {
            severity,
            file: self.source.name.clone(),
            line: Some(self.source.line(at)),
            item: item.to_owned(),
            message: message.to_owned(),
        });
    }

    /// A text with its named values put in, without white space around it; `None`, with an error, when it is not
    /// the same on every request or a value is missing.
    pub(super) fn text(&mut self, item: &str, raw: &str, at: usize) -> Option<String> {
        let text = match self.values.resolve(raw) {
            Ok(text) => text,
            Err(missing) => {
                for mark in missing {
                    let name = mark.trim_matches(['{', '}', '$', '#', '_', ' ']);
                    self.error(at, item, &format!("no value for {mark}; give one with --set '{name}=VALUE' or --named-values"));
                }
                return None;
            }
        };
        let text = text.trim();
        if !text.contains("@(") && !text.contains("@{") {
            return Some(text.to_owned());
        }
        if let Some(constant) = csharp::constant(text) {
            return Some(constant.trim().to_owned());
        }
        let message = format!(
            "expression {} is evaluated per request by API Management; write the values that it can take",
            if item == "key" {
                "@(…)".to_owned()
            } else {
                quoted(text)
            }
        );
        self.error(at, item, &message);
        None
    }

    /// The text of an attribute. `None` is both an attribute that is not there and one that was reported.
    pub(super) fn attribute(&mut self, element: &Element, name: &str) -> Option<String> {
        let attribute = element.attribute(name)?;
        self.text(name, &attribute.value, attribute.at)
    }

    /// The text of an attribute without which the element is less strict.
    pub(super) fn required_attribute(&mut self, element: &Element, name: &str) -> Option<String> {
        let Some(Attribute { value, at, .. }) = element.attribute(name) else {
            self.refuse(
                element.at,
                &element.name,
                &format!("attribute \"{name}\" is missing"),
            );
            return None;
        };
        let text = self.text(name, value, *at);
        self.refused |= text.is_none();
        if text.as_deref() == Some("") {
            self.refuse(*at, name, "the value is empty");
        }
        text
    }

    /// Refuses attributes that API Management does not have; what they were to say is not known.
    pub(super) fn only_attributes(&mut self, element: &Element, known: &[&str]) {
        for attribute in &element.attributes {
            if !known.contains(&attribute.name.as_str()) {
                let message = format!(
                    "<{}> has no such attribute in API Management; remove it",
                    element.name
                );
                self.refuse(attribute.at, &attribute.name, &message);
            }
        }
    }

    /// Refuses text where only elements belong, such as the loops of a template.
    pub(super) fn only_elements(&mut self, element: &Element) {
        if !element.text.trim().is_empty() {
            let message = format!(
                "text {} stands where only elements belong; render the template first",
                quoted(element.text.trim())
            );
            self.refuse(element.at, &element.name, &message);
        }
    }

    /// Refuses an element that is not known in its parent.
    pub(super) fn unknown_element(&mut self, parent: &Element, child: &Element) {
        let message = format!(
            "<{}> is not known in <{}>; a placeholder must be written as {{{{name}}}}",
            child.name, parent.name
        );
        self.refuse(child.at, &child.name, &message);
    }

    /// The texts of a list of which any one will do. An entry that cannot be read is reported and left out.
    pub(super) fn alternatives(&mut self, list: &Element, entry: &str) -> Vec<String> {
        self.only_attributes(list, &[]);
        self.only_elements(list);
        let mut texts: Vec<String> = Vec::new();
        for child in &list.children {
            if child.name != entry {
                self.unknown_element(list, child);
                continue;
            }
            self.only_attributes(child, &[]);
            if let Some(placeholder) = child.children.first() {
                self.unknown_element(child, placeholder);
                continue;
            }
            match self.text(entry, &child.text, child.at) {
                Some(text) if text.is_empty() => self.error(
                    child.at,
                    entry,
                    "the entry is empty; write a value or remove it",
                ),
                Some(text) if texts.contains(&text) => {}
                Some(text) => {
                    if looks_like_placeholder(&text) {
                        self.warning(
                            child.at,
                            entry,
                            &format!(
                                "\"{text}\" is taken as it stands and looks like a placeholder"
                            ),
                        );
                    }
                    texts.push(text);
                }
                None => {}
            }
        }
        texts
    }

    /// As [`Self::alternatives`], where none at all would mean that anything will do.
    pub(super) fn required_alternatives(&mut self, list: &Element, entry: &str) -> Vec<String> {
        let texts = self.alternatives(list, entry);
        if texts.is_empty() {
            let message =
                format!("no usable <{entry}> is left; without one the policy would take any");
            self.refuse(list.at, &list.name, &message);
        }
        texts
    }

    /// `true` or `false`; anything else is reported, and `strict` taken.
    pub(super) fn truth(&mut self, element: &Element, name: &str, strict: bool) -> bool {
        let Some(attribute) = element.attribute(name) else {
            return strict;
        };
        match self
            .text(name, &attribute.value, attribute.at)
            .as_deref()
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("true") => true,
            Some("false") => false,
            Some(other) => {
                self.error(
                    attribute.at,
                    name,
                    &format!("\"{other}\" is neither \"true\" nor \"false\""),
                );
                strict
            }
            None => strict,
        }
    }

    /// The cluster for an address, with an error when it cannot be named.
    pub(super) fn cluster(&mut self, address: &Address, at: usize, item: &str) -> Option<String> {
        self.clusters
            .name(address)
            .map_err(|message| self.error(at, item, &message))
            .ok()
    }
}

/// A short form of a text for a message, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(QUOTED_CHARACTERS) {
        words.truncate(end);
        words.push('…');
    }
    words
}

fn looks_like_placeholder(text: &str) -> bool {
    text.contains("%{")
        || [('{', '}'), ('<', '>')].into_iter().any(|(open, close)| {
            text.split_once(open)
                .is_some_and(|(_, rest)| rest.contains(close))
        })
}
