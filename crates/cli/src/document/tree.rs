//! A JSON value that knows where each of its parts stands in the file.

use crate::source::Span;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The value.
    pub value: Value,
    /// Its bytes in the file. For a value taken over through a YAML alias these are the bytes of the anchored value.
    pub span: Span,
}

/// A JSON value. Numbers keep their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number in JSON's notation.
    Number(String),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Tree>),
    /// An object; members in the order of the file, also those that are there twice.
    Object(Vec<Member>),
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub key: String,
    /// The bytes of the name in the file.
    pub key_span: Span,
    /// Its value.
    pub value: Tree,
}

impl Tree {
    /// The value of a member; the first when there are two.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members()
            .iter()
            .find(|member| member.key == key)
            .map(|member| &member.value)
    }

    /// The members of an object; none for any other value.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of a list; none for any other value.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match &self.value {
            Value::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The place of a path such as `rules[1].policy` or `policies["a.b"].audiences[0]`. For a path that is not
    /// there, such as that of a missing member, it is the place of what would hold it.
    #[must_use]
    pub fn place(&self, path: &str) -> Span {
        self.places(path).0
    }

    /// The place of the name of the member at such a path.
    #[must_use]
    pub fn place_of_name(&self, path: &str) -> Span {
        self.places(path).1
    }

    /// The places of what a path leads to and of its name.
    fn places(&self, path: &str) -> (Span, Span) {
        let mut rest = path;
        let mut current = self;
        let mut span = self.span.clone();
        let mut name = self.span.clone();
        while !rest.is_empty() {
            if let Some((member, after)) = current.member_of_path(rest) {
                current = &member.value;
                name = member.key_span.clone();
                // An object or list is too much to mark; its name says where it is.
                span = match current.value {
                    Value::Object(_) | Value::Array(_) => member.key_span.clone(),
                    _ => current.span.clone(),
                };
                rest = after;
            } else if let Some((element, after)) = current.element_of_path(rest) {
                current = element;
                span = element.span.clone();
                name = span.clone();
                rest = after;
            } else {
                break;
            }
        }
        (span, name)
    }

    /// The path of the member whose name stands at `span`.
    #[must_use]
    pub fn path_of_key(&self, span: &Span) -> Option<String> {
        self.find_key(span, String::new())
    }

    /// The depth is bounded by the readers.
    fn find_key(&self, span: &Span, path: String) -> Option<String> {
        for member in self.members() {
            let path = member_path(&path, &member.key);
            if member.key_span == *span {
                return Some(path);
            }
            if let Some(found) = member.value.find_key(span, path) {
                return Some(found);
            }
        }
        let mut elements = self.elements().iter().enumerate();
        elements.find_map(|(index, element)| element.find_key(span, format!("{path}[{index}]")))
    }

    fn member_of_path<'a, 'p>(&'a self, path: &'p str) -> Option<(&'a Member, &'p str)> {
        // Last first: of two with one name the later one is the surprise.
        self.members().iter().rev().find_map(|member| {
            let plain = path
                .strip_prefix('.')
                .unwrap_or(path)
                .strip_prefix(&*member.key)
                .filter(|_| !member.key.is_empty());
            let after = plain.or_else(|| path.strip_prefix(&format!("[{:?}]", member.key)))?;
            (after.is_empty() || after.starts_with(['.', '['])).then_some((member, after))
        })
    }

    fn element_of_path<'a, 'p>(&'a self, path: &'p str) -> Option<(&'a Self, &'p str)> {
        let (index, after) = path.strip_prefix('[')?.split_once(']')?;
        Some((self.elements().get(index.parse::<usize>().ok()?)?, after))
    }
}

/// The path of a member, as the core writes it: names that are no plain words are quoted.
#[must_use]
pub fn member_path(path: &str, name: &str) -> String {
    let is_plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    match (is_plain, path) {
        (true, "") => name.to_owned(),
        (true, path) => format!("{path}.{name}"),
        (false, path) => format!("{path}[{name:?}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;

    #[test]
    fn a_path_leads_to_its_place_and_a_missing_one_to_what_holds_it() {
        let text = r#"{"rules": [{"policy": "a"}], "policies": {"a.b": {"x": 1}, "": 2}}"#;
        let tree = json::parse(text, &|at| at, &mut Vec::new()).unwrap();
        let at = |path: &str| text.get(tree.place(path)).unwrap();
        assert_eq!(at("rules[0].policy"), "\"a\"");
        assert_eq!(at("rules[0].x"), "{\"policy\": \"a\"}");
        assert_eq!(at("rules[7]"), "\"rules\"");
        assert_eq!(at("policies[\"a.b\"].x"), "1");
        assert_eq!(at("policies[\"\"]"), "2");
        assert_eq!(at(""), text);
        assert_eq!(at("]["), text);
    }
}
