//! JSON with places.
//!
//! `serde_json` decides what is JSON, as it does in the filter; the walk after it only finds out where things stand.

use super::tree::{Member, Tree, Value};
use crate::cursor::Cursor;
use crate::diagnostics::Diagnostic;
use crate::source::{Position, Source, Span};

/// Reads JSON. `place` gives the offset in the file for an offset in the text. Members that are there twice are
/// reported and kept.
///
/// # Errors
/// The first syntax error.
pub(super) fn parse(
    text: &str,
    place: &dyn Fn(usize) -> usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Tree, Diagnostic> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let at = offset(text, error.line(), error.column());
        let full = error.to_string();
        let message = full.split(" at line ").next().unwrap_or_default();
        return Err(Diagnostic::error(
            format!("not JSON: {message}"),
            Some(span(place, at, at.saturating_add(1))),
        ));
    }
    let mut walk = Walk {
        text,
        cursor: Cursor::new(text, 0),
        place,
        diagnostics,
    };
    let end = text.len();
    walk.value()
        .ok_or_else(|| Diagnostic::error("not JSON", Some(span(place, 0, end))))
}

/// `serde_json` counts columns in bytes from 1, with 0 for the line's end before.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = Source::new("", text.to_owned()).offset(Position { line, column: 1 });
    let mut at = start
        .saturating_add(column.saturating_sub(1))
        .min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

fn span(place: &dyn Fn(usize) -> usize, start: usize, end: usize) -> Span {
    let first = place(start);
    first..place(end).max(first)
}

struct Walk<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
    place: &'a dyn Fn(usize) -> usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// The depth is what `serde_json` lets through: 128.
impl Walk<'_> {
    fn value(&mut self) -> Option<Tree> {
        self.cursor.skip_space();
        let start = self.cursor.at();
        let value = match self.cursor.peek()? {
            '{' => Value::Object(self.object()?),
            '[' => Value::Array(self.array()?),
            '"' => Value::String(self.string()?.0),
            _ => {
                let word = self
                    .cursor
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
                match word {
                    "null" => Value::Null,
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "" => return None,
                    number => Value::Number(number.to_owned()),
                }
            }
        };
        Some(Tree {
            value,
            span: span(self.place, start, self.cursor.at()),
        })
    }

    fn object(&mut self) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        let mut names = std::collections::HashSet::new();
        self.cursor.eat("{");
        self.cursor.skip_space();
        while !self.cursor.eat("}") {
            self.cursor.skip_space();
            let (key, key_span) = self.string()?;
            if !names.insert(key.clone()) {
                self.diagnostics.push(twice(&key, key_span.clone()));
            }
            self.cursor.skip_space();
            self.cursor.eat(":");
            members.push(Member {
                key,
                key_span,
                value: self.value()?,
            });
            self.cursor.skip_space();
            self.cursor.eat(",");
        }
        Some(members)
    }

    fn array(&mut self) -> Option<Vec<Tree>> {
        let mut elements = Vec::new();
        self.cursor.eat("[");
        self.cursor.skip_space();
        while !self.cursor.eat("]") {
            elements.push(self.value()?);
            self.cursor.skip_space();
            self.cursor.eat(",");
            self.cursor.skip_space();
        }
        Some(elements)
    }

    fn string(&mut self) -> Option<(String, Span)> {
        let start = self.cursor.at();
        if !self.cursor.eat("\"") {
            return None;
        }
        loop {
            match self.cursor.bump()? {
                '"' => break,
                '\\' => drop(self.cursor.bump()?),
                _ => {}
            }
        }
        let end = self.cursor.at();
        Some((
            serde_json::from_str(self.text.get(start..end)?).ok()?,
            span(self.place, start, end),
        ))
    }
}

/// What to say about a member that an object has twice.
pub(super) fn twice(key: &str, key_span: Span) -> Diagnostic {
    Diagnostic::error(format!("\"{key}\" is there twice"), Some(key_span))
        .with_help("keep one of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text_and_strings_are_decoded() {
        let tree = parse(
            r#" {"a": [1.50, -2e3, "x\u00e9\ud83d\ude00", null, true]} "#,
            &|at| at,
            &mut Vec::new(),
        )
        .unwrap();
        let list = tree.get("a").unwrap().elements();
        assert_eq!(list[0].value, Value::Number("1.50".to_owned()));
        assert_eq!(list[1].value, Value::Number("-2e3".to_owned()));
        assert_eq!(list[2].as_str(), Some("xé😀"));
    }

    #[test]
    fn members_that_are_there_twice_are_reported_at_the_second() {
        let mut diagnostics = Vec::new();
        parse(r#"{"a": 1, "\u0061": 2}"#, &|at| at, &mut diagnostics).unwrap();
        assert_eq!(diagnostics[0].span, Some(9..17));
    }

    #[test]
    fn errors_have_a_place_and_never_panic() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "{\"a\" 1}",
            "{\"é\": é}",
            "[1,]",
            "{} {}",
            "\"\\ud800\"",
            "1e999",
            "\u{a0}1",
            &deep,
        ] {
            let Err(error) = parse(text, &|at| at, &mut Vec::new()) else {
                panic!("{text} was read")
            };
            assert!(
                error
                    .span
                    .is_some_and(|span| text.is_char_boundary(span.start)),
                "{text}"
            );
        }
    }
}
