//! The configuration: from a JSON document to checked types, every mistake with its place.

mod answers;
mod diagnostics;
mod document;
mod key_use;
mod node;
mod policy;
mod protobuf;
mod raw;
mod reader;
mod rules;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod sources;
mod static_keys;
mod upstream;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use diagnostics::{Diagnostic, Severity};
pub use node::Node;
pub use raw::{CorsPreflight, ErrorBody, Match, Mode};
#[cfg(feature = "schema")]
pub use schema::json_schema;

use crate::keys::{KeyTimes, Source};
use crate::policy::Policy;
use crate::rules::{PolicyId, Rules};

use diagnostics::{Diagnostics, Path};

/// Longest document that is read: a thousand policies with room to spare.
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// Name of the policy that stands at the top level of its document.
pub const TOP_LEVEL_POLICY: &str = "default";

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// The policies; [`PolicyId`] is the place.
    pub policies: Vec<Policy>,
    /// Which policy a request falls under.
    pub rules: Rules,
    /// The key sources of all policies, each once; [`crate::keys::SourceId`] is the place.
    pub sources: Vec<Source>,
    /// When keys are fetched.
    pub keys: KeyTimes,
    /// Memory for verified tokens in each worker, in bytes.
    pub token_cache_bytes: usize,
    /// Whether signatures are verified by the host where it can.
    pub use_host_crypto: bool,
    /// Headers that some policy sets, in lower case.
    pub managed_headers: Vec<String>,
}

impl Config {
    /// The policy of this name.
    pub fn policy_named(&self, name: &str) -> Option<PolicyId> {
        self.policies
            .iter()
            .position(|policy| policy.name == name)
            .map(PolicyId)
    }
}

/// Outcome of checking a document: the configuration unless there is an error, and all that was found.
#[derive(Debug)]
pub struct Checked {
    /// The configuration, if the document is without errors.
    pub config: Option<Config>,
    /// Errors and warnings, in the order of the document's parts.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a JSON document.
pub fn check_json(document: &[u8]) -> Checked {
    let refuse = |message: String, help: &str| {
        let mut found = Diagnostics::default();
        found.error(&Path::default(), message, help);
        Checked {
            config: None,
            diagnostics: found.into_vec(),
        }
    };
    if document.len() > MAX_DOCUMENT_BYTES {
        return refuse(
            alloc::format!("the document has {} bytes", document.len()),
            "write at most 4 MiB",
        );
    }
    if document.trim_ascii().is_empty() {
        return refuse(
            "the document is empty".to_string(),
            "write a policy, for example {\"azure_ad\": {…}, \"audiences\": […]}",
        );
    }
    match serde_json::from_slice(document) {
        Ok(node) => check(&node),
        Err(error) => refuse(alloc::format!("the document is not JSON: {error}"), ""),
    }
}

/// Checks a document as Envoy hands it over: JSON text, or a binary `google.protobuf.Struct`.
pub fn check_document(document: &[u8]) -> Checked {
    // A struct begins with the byte 0x0a, which to JSON is white space: JSON first.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(document).is_ok();
    match protobuf::read_struct(document) {
        Some(node) if !is_json && !document.is_empty() => check(&node),
        Some(_) | None => check_json(document),
    }
}

/// Checks a document that has been read already.
pub fn check(document: &Node) -> Checked {
    let mut found = Diagnostics::default();
    let config = document::check(document, &mut found);
    let config = if found.has_errors() { None } else { config };
    Checked {
        config,
        diagnostics: found.into_vec(),
    }
}
