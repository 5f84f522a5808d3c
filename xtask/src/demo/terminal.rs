//! Plain output with a little colour where there is a terminal for it.

use std::io::{IsTerminal as _, Write as _};

/// Standard output.
pub(crate) struct Terminal {
    colour: bool,
}

/// How a word is shown.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Heading,
    Faint,
    Good,
    Bad,
}

impl Terminal {
    /// Colour is off when output goes elsewhere, and when `NO_COLOR` is set and not empty (no-color.org).
    pub(crate) fn new() -> Self {
        let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colour: !forbidden && std::io::stdout().is_terminal(),
        }
    }

    /// Writes a line.
    pub(crate) fn line(&self, text: &str) {
        let _reader_gone = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Writes lines, each after two blanks.
    pub(crate) fn indented(&self, style: Option<Style>, text: &str) {
        for line in text.lines() {
            let line = match style {
                Some(style) => self.styled(style, line),
                None => line.to_owned(),
            };
            self.line(&format!("  {line}"));
        }
    }

    /// The text in a style.
    pub(crate) fn styled(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Heading => "1",
            Style::Faint => "2",
            Style::Good => "32",
            Style::Bad => "31",
        };
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
