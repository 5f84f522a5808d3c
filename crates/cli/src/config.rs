//! From a document with places to the core's checked configuration, and the findings of both with their places.

use validate_jwt::config::{self, Config, MAX_DOCUMENT_BYTES, Node};

use crate::diagnostics::{Diagnostic, Severity};
use crate::document::{Carried, Tree, Value};
use crate::source::Source;

/// Outcome of checking one carried document.
#[derive(Debug)]
pub struct Checked {
    /// The configuration, if the core found no error.
    pub config: Option<Config>,
    /// The document as the core read it.
    pub node: Node,
    /// What the core found, with places in the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether something in the document is wrong.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Checks a document with the very check that the filter makes when it is configured.
#[must_use]
pub fn check(source: &Source, carried: &Carried) -> Checked {
    let mut diagnostics = Vec::new();
    let node = node(&carried.tree, &mut diagnostics);
    // A document cannot be longer than the file by much; most files need not be written out to know.
    if source.text.len() > MAX_DOCUMENT_BYTES.div_euclid(2) {
        let bytes = serde_json::to_vec(&node).map_or(0, |text| text.len());
        if bytes > MAX_DOCUMENT_BYTES {
            let message = format!("the document has {bytes} bytes");
            let place = carried.tree.place("");
            diagnostics
                .push(Diagnostic::error(message, Some(place)).with_help("write at most 4 MiB"));
        }
    }
    let config::Checked {
        config,
        diagnostics: found,
    } = config::check(&node);
    let is_markup =
        matches!(&carried.tree.value, Value::String(text) if text.trim_start().starts_with('<'));
    diagnostics.extend(found.into_iter().map(|finding| Diagnostic {
        severity: match finding.severity {
            config::Severity::Error => Severity::Error,
            config::Severity::Warning => Severity::Warning,
        },
        message: finding.message,
        help: if finding.path.is_empty() && is_markup {
            Some("a policy of API Management is read by `validate-jwt import`".to_owned())
        } else {
            finding.help
        },
        span: Some(if finding.is_about_name {
            carried.tree.place_of_name(&finding.path)
        } else {
            carried.tree.place(&finding.path)
        }),
        path: Some(finding.path).filter(|path| !path.is_empty()),
    }));
    Checked {
        config,
        node,
        diagnostics,
    }
}

/// The tree as the core reads it. Of two members with one name only the first goes on: the reader has reported the second.
fn node(tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Node {
    match &tree.value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Bool(*value),
        Value::Number(text) => match serde_json::from_str(text) {
            Ok(number) => Node::Number(number),
            Err(_) => {
                let message = format!("the number {text} is beyond what can be read");
                diagnostics.push(Diagnostic::error(message, Some(tree.span.clone())));
                Node::Null
            }
        },
        Value::String(text) => Node::String(text.clone()),
        Value::Array(elements) => Node::Array(
            elements
                .iter()
                .map(|element| node(element, diagnostics))
                .collect(),
        ),
        Value::Object(members) => {
            let mut seen = std::collections::HashSet::with_capacity(members.len());
            let first = members
                .iter()
                .filter(|member| seen.insert(member.key.as_str()));
            Node::Object(
                first
                    .map(|member| (member.key.clone(), node(&member.value, diagnostics)))
                    .collect(),
            )
        }
    }
}
