//! What the import tells the person, beside the document.

use serde::Serialize;

use crate::diagnostics::Severity;

/// The report of an import; its JSON is the one in the contract of the command line.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The elements that were imported, with the name of the policy that each became.
    pub policies: Vec<ImportedPolicy>,
    /// The Envoy clusters that the document names.
    pub clusters: Vec<Cluster>,
    /// What could not be imported, or was read more strictly.
    pub notes: Vec<Note>,
}

/// An element that became a policy, or part of one.
#[derive(Clone, Debug, Serialize)]
pub struct ImportedPolicy {
    /// The policy's name in the document.
    pub name: String,
    /// The file as it was named on the command line.
    pub file: String,
    /// The line of the element.
    pub line: usize,
}

/// A cluster that the document names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// Its name in Envoy.
    pub name: String,
    /// The host that it must reach.
    pub host: String,
    /// The port that it must reach.
    pub port: u16,
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// An error is something that could not be imported.
    pub severity: Severity,
    /// The file as it was named on the command line.
    pub file: String,
    /// The line; null when the remark is about the whole file.
    pub line: Option<usize>,
    /// The element or attribute that the remark is about.
    pub item: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Report {
    /// Whether anything could not be imported.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.notes
            .iter()
            .any(|note| note.severity == Severity::Error)
    }
}
