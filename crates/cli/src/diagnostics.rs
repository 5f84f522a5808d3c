//! Errors and warnings with their places, for people and as JSON.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;
use serde_json::{Value, json};

use crate::source::{Source, Span};

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is wrong, or something could not be done.
    Error,
    /// Something deserves a look.
    Warning,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The path in our document, such as `rules[1].policy`.
    pub path: Option<String>,
    /// The place in the file, in bytes.
    pub span: Option<Span>,
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(message: impl Into<String>, span: Option<Span>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            help: None,
            path: None,
            span,
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// One entry of `diagnostics` in the contract of the command line.
    #[must_use]
    pub fn to_json(&self, source: &Source) -> Value {
        let position = self.span.as_ref().map(|span| source.position(span.start));
        json!({
            "severity": self.severity,
            "path": self.path,
            "line": position.map(|position| position.line),
            "column": position.map(|position| position.column),
            "message": self.message,
            "help": self.help,
        })
    }
}

/// One entry of `files` in the contract of the command line.
#[must_use]
pub fn file_to_json(source: &Source, diagnostics: &[Diagnostic]) -> Value {
    let diagnostics: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.to_json(source))
        .collect();
    json!({"file": source.name, "diagnostics": diagnostics})
}

/// A diagnostic as rustc would print it, with the line of the file when it has a place.
#[must_use]
pub fn render(source: &Source, diagnostic: &Diagnostic, coloured: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = match &diagnostic.path {
        Some(path) if !path.is_empty() => printable(&format!("{path}: {}", diagnostic.message)),
        _ => printable(&diagnostic.message),
    };
    let span = diagnostic
        .span
        .clone()
        .map(|span| first_line(source, &span));
    // The lines around the place are enough; the renderer walks all the text that it is given.
    let excerpt = span.as_ref().map(|span| Excerpt::around(source, span));
    let mut group = match &excerpt {
        Some(excerpt) => level.primary_title(&*title).element(
            Snippet::source(excerpt.text)
                .path(&*source.name)
                .line_start(excerpt.line)
                .annotation(AnnotationKind::Primary.span(excerpt.span.clone())),
        ),
        None => level
            .primary_title(&*title)
            .element(annotate_snippets::Origin::path(&*source.name)),
    };
    let help = diagnostic.help.as_deref().map(printable);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(&**help));
    }
    let renderer = if coloured {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.render(&[group]).clone();
    text.push('\n');
    text
}

struct Excerpt<'a> {
    text: &'a str,
    line: usize,
    span: Span,
}

impl<'a> Excerpt<'a> {
    fn around(source: &'a Source, span: &Span) -> Self {
        let before = source.text.get(..span.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let after = source.text.get(span.end..).unwrap_or_default();
        let end = after
            .find('\n')
            .unwrap_or(after.len())
            .saturating_add(span.end);
        Self {
            text: source.slice(&(start..end)),
            line: source.position(span.start).line,
            span: span.start.saturating_sub(start)..span.end.saturating_sub(start),
        }
    }
}

/// A span cut to its first line: a marked object of a hundred lines says no more than its first.
fn first_line(source: &Source, span: &Span) -> Span {
    let start = span.start.min(source.text.len());
    let text = source.slice(&(start..span.end.max(start)));
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    start..start.saturating_add(length)
}

/// Messages quote what files hold; a terminal must not obey what is quoted.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(span: Option<Span>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: "no policy \"admn\"".to_owned(),
            help: Some("did you mean \"admin\"?".to_owned()),
            path: Some("rules[1].policy".to_owned()),
            span,
        }
    }

    #[test]
    fn the_line_of_the_file_is_shown_with_the_place_marked() {
        let source = Source::new("a.yaml", "rules:\n- policy: ü\n- policy: admn\n".to_owned());
        insta::assert_snapshot!(render(&source, &diagnostic(Some(30..34)), false));
    }

    #[test]
    fn without_a_place_the_file_is_named() {
        let source = Source::new("a.yaml", String::new());
        insta::assert_snapshot!(render(&source, &diagnostic(None), false));
    }

    #[test]
    fn json_counts_lines_and_columns_from_one() {
        let source = Source::new("a.yaml", "rules:\n- policy: ü\n- policy: admn\n".to_owned());
        insta::assert_json_snapshot!(file_to_json(
            &source,
            &[diagnostic(Some(30..34)), diagnostic(None)]
        ));
    }

    #[test]
    fn control_characters_in_a_message_do_not_reach_the_terminal() {
        let source = Source::new("a", String::new());
        let text = render(&source, &Diagnostic::error("\u{1b}[2Jx", None), false);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_span_past_the_end_is_rendered() {
        let source = Source::new("a", "x".to_owned());
        assert!(render(&source, &diagnostic(Some(100..200)), true).contains("admn"));
    }
}
