//! Configuration documents, and the files that carry them, with the place of every value.
//!
//! The readers of serde drop the places, and JSON inside a YAML string has none of its own; here each value keeps the
//! bytes of the file that it came from, so that a finding in it can be shown where a person must change it.

mod align;
mod carrier;
mod envoy;
mod json;
mod scalar;
mod tree;
mod yaml;

pub use carrier::{Carried, Carrier};
pub use envoy::{Bootstrap, EnvoyCluster, Matched, RequestPart};
pub use tree::{Member, Tree, Value, member_path};

use crate::diagnostics::Diagnostic;
use crate::source::Source;

/// What a file holds.
#[derive(Debug)]
pub struct Contents {
    /// The configuration documents, in the order of the file.
    pub carried: Vec<Carried>,
    /// What is wrong with the file itself: syntax, members that are there twice, no configuration at all.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file as JSON or YAML and finds the configuration documents in it.
#[must_use]
pub fn read(source: &Source) -> Contents {
    let mut diagnostics = Vec::new();
    let documents = parse(source, &mut diagnostics);
    let is_readable = documents.is_some();
    let mut carried = Vec::new();
    for document in documents.unwrap_or_default() {
        carried.extend(carrier::find(source, document, &mut diagnostics));
    }
    if carried.is_empty() && is_readable && diagnostics.is_empty() {
        let help = "expected a configuration document, an Envoy bootstrap or listener with a Wasm filter whose name, root_id or module \
                    names validate_jwt, a WasmPlugin or an EnvoyExtensionPolicy";
        diagnostics.push(
            Diagnostic::error("this file holds no configuration of the filter", None)
                .with_help(help),
        );
    }
    Contents {
        carried,
        diagnostics,
    }
}

/// A file is JSON when it is named so or reads as JSON; else it is YAML. `None` after a syntax error.
fn parse(source: &Source, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Tree>> {
    let is_named_json = source.name.to_ascii_lowercase().ends_with(".json");
    let looks_like_json = source.text.trim_start().starts_with('{');
    if is_named_json || looks_like_json {
        let mut found = Vec::new();
        match json::parse(&source.text, &|offset| offset, &mut found) {
            Ok(tree) => {
                diagnostics.append(&mut found);
                return Some(vec![tree]);
            }
            Err(error) if is_named_json => {
                diagnostics.push(error);
                return None;
            }
            // A flow mapping of YAML also begins with a brace.
            Err(error) => {
                return match yaml::parse(source, &mut found) {
                    Ok(documents) => {
                        diagnostics.append(&mut found);
                        Some(documents)
                    }
                    Err(_) => {
                        diagnostics.push(error);
                        None
                    }
                };
            }
        }
    }
    yaml::parse(source, diagnostics)
        .map_err(|error| diagnostics.push(error))
        .ok()
}
