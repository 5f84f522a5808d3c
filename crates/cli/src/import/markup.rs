//! Tags, text and elements of policy documents, which look like XML and are often not well-formed.
//!
//! API Management takes expressions with unescaped quotes, `<` and `&` in attributes and text (ARM's `rawxml`), so no
//! XML parser reads every second real policy. This reader knows tags, comments, CDATA, the five entities of XML and
//! numeric ones. There is no DTD here, and nothing outside the text is ever read.

use super::csharp::end_of_expression;
use super::element::{Attribute, Element, Problem, Tag, problem};
use super::entities::decode;
use crate::cursor::Cursor;

/// Elements inside one another beyond this depth are a mistake: `validate-jwt` needs four.
const MAX_DEPTH: usize = 16;

/// More attributes than this on one tag are a mistake: `validate-jwt` knows twelve.
const MAX_ATTRIBUTES: usize = 64;

/// More elements than this in one element, or in a list of it, are not read: a list of values has some dozens.
const MAX_CHILDREN: usize = 1000;

/// How many times the length of the text may be spent on expressions that turn out not to end, so that a file
/// full of `@(` takes linear time. A person's file has none, or one.
const WASTE_PER_BYTE: usize = 4;

/// Reads markup from a text, never going back but for expressions that do not end.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) cursor: Cursor<'a>,
    may_waste: usize,
    comments_end: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            cursor: Cursor::new(text, 0),
            may_waste: text.len().saturating_mul(WASTE_PER_BYTE),
            comments_end: true,
        }
    }

    /// Moves past the expression that begins here and gives its text; no move when it does not end.
    pub(super) fn expression(&mut self) -> Option<&'a str> {
        let at = self.cursor.at();
        if self.may_waste == 0 {
            return None;
        }
        if let Some(end) = end_of_expression(self.text, at) {
            self.cursor.move_to(end);
            return self.text.get(at..end);
        }
        self.may_waste = self
            .may_waste
            .saturating_sub(self.text.len().saturating_sub(at));
        None
    }

    /// Moves past a comment when one begins here and ends.
    pub(super) fn skip_comment(&mut self) -> bool {
        if !self.comments_end || !self.cursor.sees("<!--") {
            return false;
        }
        let mut ahead = self.cursor.clone();
        ahead.eat("<!--");
        self.comments_end = ahead.take_past("-->").is_some();
        if self.comments_end {
            self.cursor = ahead;
        }
        self.comments_end
    }

    /// Reads a start tag whose `<` is here. After a problem the cursor is where the problem was met.
    pub(super) fn tag(&mut self) -> Result<Tag, Problem> {
        let at = self.cursor.at();
        self.cursor.eat("<");
        let name = self.cursor.take_while(is_name).to_owned();
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            self.cursor.skip_space();
            if self.cursor.eat("/>") {
                return Ok(Tag {
                    name,
                    attributes,
                    is_empty: true,
                    at,
                });
            }
            if self.cursor.eat(">") {
                return Ok(Tag {
                    name,
                    attributes,
                    is_empty: false,
                    at,
                });
            }
            let attribute = self.attribute(&name)?;
            if attributes.iter().any(|other| other.name == attribute.name) {
                return Err(problem(
                    attribute.at,
                    format!("attribute \"{}\" is there twice; keep one", attribute.name),
                ));
            }
            if attributes.len() >= MAX_ATTRIBUTES {
                return Err(problem(
                    attribute.at,
                    format!("more than {MAX_ATTRIBUTES} attributes on <{name}>"),
                ));
            }
            attributes.push(attribute);
        }
    }

    fn attribute(&mut self, tag: &str) -> Result<Attribute, Problem> {
        let at = self.cursor.at();
        let name = self.cursor.take_while(is_name).to_owned();
        self.cursor.skip_space();
        if name.is_empty() || !self.cursor.eat("=") {
            return Err(problem(
                at,
                format!(
                    "the tag <{tag}> does not end properly here; expected an attribute or \">\""
                ),
            ));
        }
        self.cursor.skip_space();
        let quote = match self.cursor.peek() {
            Some('"') => "\"",
            Some('\'') => "'",
            Some('\\') => {
                return Err(problem(at, "quotes are escaped with a backslash; take the policy out of the JSON string first".to_owned()));
            }
            _ => {
                return Err(problem(
                    at,
                    format!("the value of attribute \"{name}\" needs quotes"),
                ));
            }
        };
        self.cursor.eat(quote);
        let start = self.cursor.at();
        let mut ahead = self.cursor.clone();
        ahead.skip_space();
        if ahead.sees_expression() {
            self.cursor.skip_space();
            let _ = self.expression();
        }
        if self.cursor.take_past(quote).is_none() {
            self.cursor.move_to(self.text.len());
            return Err(problem(
                at,
                format!("the value of attribute \"{name}\" does not end; expected {quote}"),
            ));
        }
        let value = self
            .text
            .get(start..self.cursor.at())
            .and_then(|value| value.strip_suffix(quote))
            .unwrap_or_default();
        Ok(Attribute {
            name,
            value: value.to_owned(),
            at,
        })
    }

    /// Reads the element whose `<` is here, up to its end tag. It ends, as a problem, where another element
    /// begins whose name `ends_at` holds.
    pub(super) fn element(&mut self, ends_at: &[&str]) -> Result<Element, Problem> {
        let mut open = Vec::new();
        let tag = self.tag()?;
        let is_empty = tag.is_empty;
        let mut current = element_of(tag)?;
        if is_empty {
            return Ok(current);
        }
        loop {
            self.text_into(&mut current)?;
            if self.cursor.is_at_end() {
                return Err(problem(
                    current.at,
                    format!("<{}> has no end tag", current.name),
                ));
            }
            let at = self.cursor.at();
            if self.cursor.eat("</") {
                let name = self.cursor.take_while(is_name);
                self.cursor.skip_space();
                if name != current.name || !self.cursor.eat(">") {
                    return Err(problem(
                        at,
                        format!(
                            "expected </{}> here; <{}> is still open",
                            current.name, current.name
                        ),
                    ));
                }
                match open.pop() {
                    None => return Ok(current),
                    Some(parent) => {
                        let child = std::mem::replace(&mut current, parent);
                        current.children.push(child);
                    }
                }
            } else {
                if ends_at.contains(&self.tag_name()) {
                    return Err(problem(
                        current.at,
                        format!("<{}> has no end tag", current.name),
                    ));
                }
                if current.children.len() >= MAX_CHILDREN {
                    return Err(problem(
                        at,
                        format!("more than {MAX_CHILDREN} elements in <{}>", current.name),
                    ));
                }
                let tag = self.tag()?;
                let is_empty = tag.is_empty;
                let child = element_of(tag)?;
                if is_empty {
                    current.children.push(child);
                } else if open.len() >= MAX_DEPTH {
                    return Err(problem(
                        at,
                        format!("more than {MAX_DEPTH} elements inside one another"),
                    ));
                } else {
                    open.push(std::mem::replace(&mut current, child));
                }
            }
        }
    }

    /// The name of the start tag that begins here; empty when none does.
    pub(super) fn tag_name(&self) -> &'a str {
        let mut ahead = self.cursor.clone();
        if ahead.eat("<") {
            ahead.take_while(is_name)
        } else {
            ""
        }
    }

    /// Adds text, CDATA and expressions to the element up to the next tag.
    fn text_into(&mut self, element: &mut Element) -> Result<(), Problem> {
        loop {
            let at = self.cursor.at();
            element.text.push_str(&decode(
                self.cursor.take_while(|c| c != '<' && c != '@'),
                at,
            )?);
            if self.skip_comment() {
                continue;
            }
            if self.cursor.sees_expression() {
                let at = self.cursor.at();
                match self.expression() {
                    Some(text) => element.text.push_str(&decode(text, at)?),
                    None => {
                        return Err(problem(
                            at,
                            "the expression that begins here does not end".to_owned(),
                        ));
                    }
                }
            } else if self.cursor.eat("<![CDATA[") {
                let Some(text) = self.cursor.take_past("]]>") else {
                    self.cursor.move_to(self.text.len());
                    return Err(problem(
                        at,
                        "the CDATA section that begins here does not end".to_owned(),
                    ));
                };
                element.text.push_str(text);
            } else if self.cursor.eat("@") {
                element.text.push('@');
            } else {
                return Ok(());
            }
        }
    }
}

pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

fn element_of(tag: Tag) -> Result<Element, Problem> {
    let mut attributes = tag.attributes;
    for attribute in &mut attributes {
        attribute.value = decode(&attribute.value, attribute.at)?;
    }
    Ok(Element {
        name: tag.name,
        attributes,
        children: Vec::new(),
        text: String::new(),
        at: tag.at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Element, String> {
        Reader::new(text)
            .element(&["v"])
            .map_err(|problem| problem.message)
    }

    #[test]
    fn quotes_inside_an_expression_do_not_end_the_attribute() {
        let element = read(r#"<v url="@($"https://x/{c.V["t"]}/")" b='"' />"#).unwrap();
        assert_eq!(
            element.attribute("url").unwrap().value,
            r#"@($"https://x/{c.V["t"]}/")"#
        );
        assert_eq!(element.attribute("b").unwrap().value, "\"");
    }

    #[test]
    fn comments_vanish_and_cdata_is_text() {
        let element = read("<v>\t<a>x<!-- <a>no</a> -->&amp;<![CDATA[<&amp;]]></a></v>").unwrap();
        assert_eq!(element.children[0].text, "x&<&amp;");
        assert_eq!(element.children.len(), 1);
    }

    #[test]
    fn a_placeholder_in_an_attribute_is_text() {
        assert_eq!(
            read("<v a='https://<tenant>/x'/>")
                .unwrap()
                .attribute("a")
                .unwrap()
                .value,
            "https://<tenant>/x"
        );
    }

    #[test]
    fn what_is_not_certain_is_a_problem() {
        for text in [
            "<v",
            "<v a",
            "<v a=b>",
            "<v a=\"",
            "<v a='1' a='2'/>",
            "<v><a></b></v>",
            "<v><a>",
            "<v>@(x</v>",
            "<v><![CDATA[</v>",
            "<v><v></v></v>",
            "<v a=\\\"b\\\"/>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&format!("<v>{}", "<a>".repeat(10_000))).is_err());
    }
}
