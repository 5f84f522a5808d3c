//! What is wrong with a configuration document, and where.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is taken; something in it is probably not meant.
    Warning,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its weight.
    pub severity: Severity,
    /// Where, as a path in the document: `rules[1].policy`; empty for the whole document.
    pub path: String,
    /// What was found.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Whether it is about the member's name at `path`, not about its value.
    pub is_about_name: bool,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// A place in the document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(String);

impl Path {
    /// The member `name` of the object here. Names that are no plain words are quoted.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let plain = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        Self(match (plain, self.0.is_empty()) {
            (true, true) => name.to_string(),
            (true, false) => format!("{}.{name}", self.0),
            (false, _) => format!("{}[{name:?}]", self.0),
        })
    }

    /// The element `index` of the list here.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

/// Collects findings; the same one is kept once (an inherited field is looked at for each policy that inherits it).
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Notes an error.
    pub fn error(&mut self, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        self.push(Severity::Error, path, message.into(), help.into(), false);
    }

    /// Notes that the member at `path` is none of those that are `known` there.
    pub fn unknown<'k>(
        &mut self,
        path: &Path,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let message = format!("there is no field {name:?} here");
        self.push(Severity::Error, path, message, suggest(name, known), true);
    }

    /// Notes that something is missing from the object at `path`, unless something within it is wrong already: a misspelt field
    /// is one mistake, not two.
    pub fn missing(&mut self, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        let within = |found: &Diagnostic| {
            found.severity == Severity::Error
                && found
                    .path
                    .strip_prefix(&path.0)
                    .is_some_and(|rest| path.0.is_empty() || rest.starts_with(['.', '[']))
        };
        if !self.0.iter().any(within) {
            self.error(path, message, help);
        }
    }

    /// Notes a warning.
    pub fn warning(&mut self, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        self.push(Severity::Warning, path, message.into(), help.into(), false);
    }

    fn push(
        &mut self,
        severity: Severity,
        path: &Path,
        message: String,
        help: String,
        is_about_name: bool,
    ) {
        let help = Some(help).filter(|help| !help.is_empty());
        let found = Diagnostic {
            severity,
            path: path.0.clone(),
            message,
            help,
            is_about_name,
        };
        if !self.0.contains(&found) {
            self.0.push(found);
        }
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|found| found.severity == Severity::Error)
    }

    /// All findings, in the order in which they were made.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}

/// "did you mean …?" with the likeliest of `known`, or the list of all where none is near.
pub fn suggest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        // Of words that are equally near the longest, of which the slip has kept the most.
        .map(|candidate| {
            let length = Reverse(candidate.chars().count());
            (distance(found, candidate), length, candidate)
        })
        .min();
    // A third of the letters wrong is no slip any more.
    let tolerance = found.chars().count().div_ceil(3).max(1);
    match near {
        Some((distance, _, candidate)) if distance <= tolerance => {
            format!("did you mean \"{candidate}\"?")
        }
        Some(_) => format!(
            "known: {}",
            known
                .iter()
                .map(|name| format!("\"{name}\""))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        None => String::new(),
    }
}

/// Edits (insert, delete, replace, swap neighbours) that lead from one word to the other; case and `-` for `_` are free.
fn distance(from: &str, to: &str) -> usize {
    let letters = |text: &str| -> Vec<char> {
        text.chars()
            .take(64)
            .map(|letter| {
                if letter == '-' {
                    '_'
                } else {
                    letter.to_ascii_lowercase()
                }
            })
            .collect()
    };
    let (from, to) = (letters(from), letters(to));
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut line = Vec::with_capacity(above.len());
        line.push(row.saturating_add(1));
        for (column, other) in to.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX);
            let replaced = at(&above, column).saturating_add(usize::from(letter != other));
            let next = column.saturating_add(1);
            let inserted = at(&line, column).saturating_add(1);
            let deleted = at(&above, next).saturating_add(1);
            let mut best = replaced.min(inserted).min(deleted);
            let swapped =
                row.checked_sub(1)
                    .zip(column.checked_sub(1))
                    .filter(|(earlier, left)| {
                        from.get(*earlier) == Some(other) && to.get(*left) == Some(letter)
                    });
            if let Some((_, left)) = swapped {
                best = best.min(at(&before, left).saturating_add(1));
            }
            line.push(best);
        }
        before = core::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_one_letter_is_understood() {
        let known = ["audiences", "issuers", "policy"];
        for (slip, meant) in [
            ("audience", "audiences"),
            ("audienecs", "audiences"),
            ("isuers", "issuers"),
            ("Policy", "policy"),
            ("polcy", "policy"),
        ] {
            assert_eq!(
                suggest(slip, known),
                format!("did you mean \"{meant}\"?"),
                "{slip}"
            );
        }
        assert!(suggest("colour", known).starts_with("known: "));
    }
}
