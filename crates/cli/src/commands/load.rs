//! The one configuration that a command works with.

use validate_jwt::config::{Config, Node};

use super::{Failure, read};
use crate::check::Findings;
use crate::config;
use crate::diagnostics::Severity;
use crate::document::{self, Tree};
use crate::source::Source;

/// A configuration without errors, or what is wrong with its file.
pub(super) enum Loaded {
    /// The configuration, and the document that it was made of.
    Good(Box<(Config, Node, Tree)>),
    /// The findings, errors among them.
    Bad(Source, Findings),
}

/// Reads the file and takes the document of this number, counted from 1. Without one, all documents of the file must be the same.
pub(super) fn load(name: &str, number: Option<usize>) -> Result<Loaded, Failure> {
    let source = read(name)?;
    let findings = crate::check::check_documents(&source);
    let is_error = |one: &crate::diagnostics::Diagnostic| one.severity == Severity::Error;
    if findings.diagnostics.iter().any(is_error) {
        return Ok(Loaded::Bad(source, findings));
    }
    let carried = document::read(&source).carried;
    let checked: Vec<_> = carried
        .iter()
        .map(|one| (config::check(&source, one), one))
        .collect();
    let count = checked.len();
    let first = checked.first().map(|(one, _)| one.node.clone());
    let are_same = checked
        .iter()
        .all(|(one, _)| Some(&one.node) == first.as_ref());
    let index = match number {
        Some(number) => number.checked_sub(1).filter(|index| *index < count),
        None if are_same => Some(0),
        None => None,
    };
    let chosen = index.and_then(|index| checked.into_iter().nth(index));
    match chosen {
        Some((
            config::Checked {
                config: Some(config),
                node,
                ..
            },
            carried,
        )) => Ok(Loaded::Good(Box::new((config, node, carried.tree.clone())))),
        _ => Err(Failure::of_file(
            name,
            format!(
                "carries {count} configurations; choose one with --document 1 to --document {count}"
            ),
        )),
    }
}
