//! Everything that is wrong with a file: with the file itself, the documents in it, and how they fit the bootstrap around them.

mod clusters;
mod routes;
mod secrets;

use std::cmp::Ordering;

pub use secrets::Secrets;

use crate::config;
use crate::diagnostics::Diagnostic;
use crate::document::{self, Carried, Contents};
use crate::source::{Source, Span};

/// What was found in a file.
#[derive(Debug)]
pub struct Findings {
    /// Errors and warnings in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Texts of the file that must not be shown.
    pub secrets: Secrets,
}

/// Checks all documents of a file, and how they fit the bootstrap that carries them.
#[must_use]
pub fn check(source: &Source) -> Findings {
    find(source, true)
}

/// Checks all documents of a file by themselves: what is asked has nothing to do with Envoy's clusters and routes.
#[must_use]
pub fn check_documents(source: &Source) -> Findings {
    find(source, false)
}

fn find(source: &Source, with_bootstrap: bool) -> Findings {
    let Contents {
        carried,
        mut diagnostics,
    } = document::read(source);
    for diagnostic in &mut diagnostics {
        name_path(diagnostic, &carried);
    }
    let mut secrets = Secrets::default();
    secrets.add_tokens(source);
    for one in &carried {
        let checked = config::check(source, one);
        diagnostics.extend(checked.diagnostics);
        if let Some(bootstrap) = one.bootstrap.as_ref().filter(|_| with_bootstrap) {
            diagnostics.extend(clusters::check(&one.tree, bootstrap));
            diagnostics.extend(
                checked
                    .config
                    .iter()
                    .flat_map(|config| routes::check(config, bootstrap)),
            );
        }
        secrets.add(&one.tree);
    }
    diagnostics.sort_by(in_order_of_file);
    Findings {
        diagnostics,
        secrets,
    }
}

fn in_order_of_file(one: &Diagnostic, other: &Diagnostic) -> Ordering {
    let start = |diagnostic: &Diagnostic| diagnostic.span.as_ref().map(|span| span.start);
    start(one).cmp(&start(other))
}

/// The reader of files knows places only; a member of a document of ours also has a path.
fn name_path(diagnostic: &mut Diagnostic, carried: &[Carried]) {
    let Some(span) = &diagnostic.span else { return };
    if diagnostic.path.is_none() {
        diagnostic.path = carried.iter().find_map(|one| one.tree.path_of_key(span));
    }
}

/// Whether two spans share a byte.
fn overlap(one: &Span, other: &Span) -> bool {
    one.start < other.end && other.start < one.end
}
